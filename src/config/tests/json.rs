//! The configuration as JSON reads back as what it was.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnetwork::IpNetwork;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::base::guid::Guid;
use crate::base::name::DnsName;
use crate::report::Severity;

fn any_name() -> impl Strategy<Value = DnsName> {
    "[a-zé0-9_]([a-z0-9-]{0,8}[a-z0-9])?(\\.[a-z0-9-]{1,6}){0,2}\\.[a-z]{2,5}"
        .prop_map(|text| name(&text).expect("the pattern makes names"))
}

fn any_guid() -> impl Strategy<Value = Guid> {
    (1u128..).prop_map(|number| {
        let digits = format!("{number:032x}");
        let groups = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
        guid(&groups.join("-")).expect("a GUID")
    })
}

fn any_network() -> impl Strategy<Value = IpNetwork> {
    (any::<IpAddr>(), 0u8..=128).prop_map(|(address, length)| {
        let length = if address.is_ipv4() { length % 33 } else { length };
        let network = IpNetwork::new(address, length).expect("a good length");
        IpNetwork::new(network.network(), length).expect("a good length")
    })
}

fn networks() -> impl Strategy<Value = Vec<IpNetwork>> {
    btree_set(any_network(), 0..4).prop_map(Vec::from_iter)
}

fn names() -> impl Strategy<Value = Vec<DnsName>> {
    btree_set(any_name(), 0..3).prop_map(Vec::from_iter)
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,6}[a-z\"'#:{}]\\PC{0,6}".prop_map(|text| text.trim().to_owned())
}

fn span(most: u64) -> impl Strategy<Value = Duration> {
    (1..=most).prop_map(Duration::from_millis)
}

/// A server whose name is its place in the list, so that no two are called the same.
fn any_server() -> impl Strategy<Value = DnsServer> {
    let ip = any::<IpAddr>().prop_filter("of one machine", |ip| {
        !ip.is_unspecified() && !ip.is_multicast() && *ip != IpAddr::from([255; 4])
    });
    let address = prop_oneof![
        (ip, option::of("[a-z0-9]{1,5}")).prop_map(|(address, scope)| {
            let scope = scope.filter(|_| address.is_ipv6());
            ServerAddress::Ip { address, scope }
        }),
        any_name().prop_map(ServerAddress::Host),
        Just(ServerAddress::Host(name("system").expect("a name"))),
        Just(ServerAddress::System),
    ];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (address, 1u16.., flags, option::of(any_name()), names()).prop_map(
        |(address, port, (named, authoritative, secondary), dc, zones)| {
            let name = named.then(String::new);
            DnsServer { name, address, port, authoritative, secondary, dc, zones, master: None }
        },
    )
}

fn any_controller() -> impl Strategy<Value = DomainController> {
    let roles = subsequence(vec![Role::Gc, Role::Pdc, Role::Rodc, Role::Dns], 0..=4);
    let records = subsequence(keys::MNEMONICS.to_vec(), 0..4);
    let resolvers = btree_set(any::<IpAddr>(), 0..3);
    let site = option::of("[!-\\-/-~é東][ -\\-/-~é東]{0,15}[!-\\-/-~é東]");
    (option::of(any_guid()), option::of(any_name()), site, networks(), names(), roles, resolvers, records).prop_map(
        |(guid, domain, site, addresses, other_names, roles, resolvers, records)| DomainController {
            host: None,
            guid,
            addresses,
            domain,
            site,
            other_names,
            roles,
            resolvers: resolvers.into_iter().collect(),
            avoid_records: records.into_iter().map(str::to_owned).collect(),
        },
    )
}

fn any_query() -> impl Strategy<Value = Query> {
    (span(60_000), 1u32..=10, 1u32..=4096, 0u32..=1_000_000, option::of(span(86_400_000))).prop_map(
        |(timeout, tries, window, max_queries_per_second, deadline)| Query {
            timeout,
            tries,
            window,
            max_queries_per_second,
            deadline,
        },
    )
}

fn any_probe() -> impl Strategy<Value = Probe> {
    let target =
        option::of((any::<IpAddr>(), 0u16..=65_090).prop_map(|(address, port)| SocketAddr::new(address, port)));
    let protocols = subsequence(Probe::default().protocols, 0..=5);
    (any::<bool>(), span(60_000), protocols, networks(), btree_map(any::<IpAddr>(), target, 0..3)).prop_map(
        |(enabled, timeout, protocols, exclude, redirect)| Probe { enabled, timeout, protocols, exclude, redirect },
    )
}

fn any_severity() -> impl Strategy<Value = Option<Severity>> {
    option::of(select(vec![Severity::Info, Severity::Warning, Severity::Critical]))
}

prop_compose! {
    fn any_config()(
        forest in any_name(),
        mut servers in vec(any_server(), 1..5),
        mut controllers in vec(any_controller(), 0..5),
        hosts in btree_set(any_name(), 5),
        retired in btree_set(any_guid(), 0..3),
        flags in (any::<bool>(), any::<bool>()),
        domains in btree_map(any_name(), option::of("[A-Z0-9-]{1,15}"), 0..2),
        expected_ttls in btree_set(0u32..=0x7fff_ffff, 0..4),
        site_plan in btree_map(any_network(), any::<bool>(), 0..3),
        avoid_networks in networks(),
        rules in btree_map(select(RULES.to_vec()), any_severity(), 0..3),
        waivers in vec((select(RULES.to_vec()), any::<(bool, bool)>(), option::of((2020i16..2100, 1i8..=12)), text()), 0..3),
        query in any_query(),
        probe in any_probe(),
    ) -> Config {
        // What must be unique, or refer to something, is made so.
        let mut labels = BTreeSet::new();
        servers.retain_mut(|server| {
            server.name = server.name.take().map(|_| format!("server {}", labels.len()));
            labels.insert((server.name.clone(), server.address.to_string(), server.port))
        });
        let with_name = servers.iter().find_map(|server| server.name.clone());
        for server in &mut servers {
            server.master = with_name.clone().filter(|name| server.secondary && server.name.as_ref() != Some(name));
        }
        let mut guids = BTreeSet::new();
        for (dc, host) in controllers.iter_mut().zip(hosts) {
            dc.guid = dc.guid.filter(|guid| guids.insert(*guid) && !retired.contains(guid));
            if dc.guid.is_none() || dc.domain.is_some() {
                dc.domain = dc.domain.take().or_else(|| host.parent());
                dc.host = Some(host);
            }
        }
        let waivers = waivers.into_iter().map(|(rule, (dc, server), until, reason)| Waiver {
            rule: rule.to_owned(),
            dc: controllers.iter().filter(|_| dc).find_map(|dc| dc.host.as_ref().map(DnsName::to_string)),
            server: with_name.clone().filter(|_| server),
            until: until.map(|(year, month)| jiff::civil::date(year, month, 28)),
            reason,
        }).collect();
        Config {
            forest,
            dns_servers: servers,
            domain_controllers: controllers,
            retired: retired.into_iter().map(Retired::Guid).collect(),
            complete: flags.0,
            locator_records: flags.1,
            domains: domains.into_iter().take(1).map(|(name, netbios)| Domain { name, guid: None, netbios }).collect(),
            expected_ttls: expected_ttls.into_iter().collect(),
            networks: site_plan.into_iter().enumerate().map(|(index, (cidr, named))| {
                Network { name: named.then(|| format!("network {index}")), cidr }
            }).collect(),
            avoid_networks,
            rules: rules.into_iter().map(|(name, severity)| (name.to_owned(), RuleSetting { severity })).collect(),
            waivers,
            query,
            probe,
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(config in any_config()) {
        let json = config.to_json();
        match from_json(&json, RULES) {
            Ok(read) => prop_assert_eq!(read, config.clone()),
            Err(errors) => prop_assert!(false, "{}", errors),
        }
        // JSON is YAML: the configuration in an evidence file can be copied into a file of its own.
        match parse(&json.to_string(), "x", RULES) {
            Ok(read) => prop_assert_eq!(read, config),
            Err(errors) => prop_assert!(false, "{}", errors),
        }
    }
}

#[test]
fn every_key_is_written_out() {
    let config = fine(&with(
        "domain_controllers: [{ host: dc1.contoso.com }]
domains: [{ name: contoso.com }]
networks: [192.0.2.0/24]
rules: { ttl-unusual: { severity: off } }
waivers: [{ rule: ttl-unusual, reason: known }]",
    ));
    assert_eq!(crate::config::schema::paths_of_value(&config.to_json()), crate::config::schema::paths());
}

#[test]
fn the_defaults_of_the_schema_are_the_defaults() {
    let defaults = |keys: &[keys::Key]| -> serde_json::Value {
        let values = keys.iter().filter_map(|key| match key.need {
            keys::Need::Default(value) => {
                Some((key.name.to_owned(), serde_json::from_str::<serde_json::Value>(value).expect("JSON")))
            }
            _ => None,
        });
        values.collect()
    };
    let mut json = defaults(keys::ROOT);
    json["forest"] = "contoso.com".into();
    let mut server = defaults(keys::SERVER);
    server["address"] = "192.0.2.10".into();
    json["dns_servers"] = vec![server].into();
    let mut dc = defaults(keys::CONTROLLER);
    dc["host"] = "dc1.contoso.com".into();
    json["domain_controllers"] = vec![dc].into();
    json["query"] = defaults(keys::QUERY);
    json["probe"] = defaults(keys::PROBE);
    let read = from_json(&json, RULES).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(read, fine(&with("domain_controllers: [{ host: dc1.contoso.com }]")));
}
