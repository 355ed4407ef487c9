use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::base::name::DnsName;
use crate::evidence::LookedUp;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::{Dc, Server};
use crate::view::MAX_DCS;
use crate::view::{Alias, View};

rule! {
    /// What this machine resolves for a DC is not what its DNS servers return.
    ///
    /// # What it checks
    /// Has the system resolve the alias and the host name of each DC, as every program on this machine does, and compares
    /// with what the DNS servers return that the machine is configured with. Addresses that none of them returns are
    /// wrong, and so is "no such name" where all of them return addresses. A look-up that failed is unknown. What the
    /// hosts file explains is reported by hosts-file-override alone; the machine's own addresses under its own name are
    /// right. Of large forests the first 100 DCs are resolved.
    ///
    /// # Why it matters
    /// A destination DC resolves its source by the system. A cache, the hosts file, another name service or a local
    /// resolver may stand between it and the DNS servers, and then good records do not help.
    ///
    /// # How to fix
    /// Clear the cache (`ipconfig /flushdns`, `resolvectl flush-caches`), then look for what else answers: `hosts` in
    /// `/etc/nsswitch.conf`, the name resolution policy table (`Get-DnsClientNrptPolicy`), a security product.
    ///
    /// # References
    /// Microsoft KB 2021446; nsswitch.conf(5).
    "local-resolution-differs", Local, Critical, needs: [Alias, Hosts, Local, Lookups], predicts: [DNS_LOOKUP_FAILURE]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let (servers, strangers) = view.own_resolvers();
    if servers.is_empty() {
        return sink.not_applicable("none of this machine's resolvers is asked in this run");
    }
    for (position, dc) in view.dcs().enumerate() {
        if position >= MAX_DCS {
            sink.not_applicable("this machine resolves the names of the first 100 domain controllers only");
            continue;
        }
        for name in dc.alias.iter().chain(&dc.host) {
            judge(view, sink, dc, name, &servers, strangers);
        }
    }
}

/// What all DNS servers of this machine return together.
#[derive(Default)]
struct Returned {
    addresses: BTreeSet<IpAddr>,
    /// One of them says that there is no address.
    absent: bool,
    /// One of them could not be seen.
    unseen: bool,
}

impl Returned {
    fn add(&mut self, view: &View<'_>, server: &Server, name: &DnsName) {
        let both = view.both(server, name);
        self.addresses.extend(both.addresses());
        match both.together() {
            Ok(_) => {}
            Err(Ok(_)) => self.absent = true,
            Err(Err(_)) => self.unseen = true,
        }
    }

    fn add_alias(&mut self, view: &View<'_>, server: &Server, dc: &Dc) {
        match view.alias(dc, server) {
            Alias::Absent(_) => self.absent = true,
            Alias::Unknown(_) => self.unseen = true,
            Alias::Holds { addresses, .. } => self.addresses.extend(addresses),
            Alias::Targets { names, beside, .. } => {
                self.addresses.extend(beside);
                for target in names {
                    self.add(view, server, target);
                }
            }
        }
    }
}

fn judge(view: &View<'_>, sink: &mut Sink<'_>, dc: &Dc, name: &DnsName, servers: &[&Server], strangers: usize) {
    let subject = Subject { dc: Some(dc), name: Some(name), ..Subject::default() };
    let found = match view.evidence.lookups.get(name.as_str()) {
        None => {
            let why =
                "this machine was not asked to resolve it: its DNS servers are silent, or it failed at other names";
            return sink.unknown(subject, why);
        }
        Some(LookedUp::Failed(why)) => {
            return sink.unknown(subject, format!("this machine could not resolve it: {why}"));
        }
        Some(LookedUp::Missing) => Vec::new(),
        Some(LookedUp::Addresses(addresses)) => addresses.clone(),
    };
    let mut dns = Returned { unseen: strangers > 0, ..Returned::default() };
    for server in servers {
        if dc.alias.as_ref() == Some(name) {
            dns.add_alias(view, server, dc);
        } else {
            dns.add(view, server, name);
        }
    }
    let is_here = view.here().is_some_and(|here| here.index == dc.index);
    let explained = |address: &IpAddr| {
        dns.addresses.contains(address) || (is_here && (view.is_own_address(*address) || dc.owns_exactly(*address)))
    };
    let strange: Vec<IpAddr> = found.iter().copied().filter(|address| !explained(address)).collect();
    let from_file: BTreeSet<IpAddr> = view.name_lines(name.as_str()).map(|line| line.address).collect();
    let message = if found.is_empty() {
        if dns.absent {
            return sink.pass(subject);
        }
        if dns.unseen {
            return sink
                .unknown(subject, "this machine finds no address, and not all of its DNS servers could be seen");
        }
        "this machine finds no address, although all of its DNS servers return one".to_owned()
    } else if strange.is_empty() {
        return sink.pass(subject);
    } else if strange.iter().all(|address| from_file.contains(address)) {
        return sink.not_applicable("a line of this machine's hosts file decides (hosts-file-override)");
    } else if dns.unseen {
        return sink.unknown(
            subject,
            format!(
                "this machine finds {}, and not all of its DNS servers could be seen",
                super::texts(&found).join(", ")
            ),
        );
    } else {
        format!("this machine finds {}, which none of its DNS servers returns", super::texts(&strange).join(", "))
    };
    sink.fail(
        subject,
        Draft {
            expected: dns.addresses.iter().map(ToString::to_string).collect(),
            actual: super::texts(&found),
            message,
            predicts: if found.is_empty() { super::codes(&RULE) } else { Vec::new() },
            remedy: vec![
                "# on this machine, clear the cache and look again: ipconfig /flushdns, or resolvectl flush-caches"
                    .into(),
                "# then look for what answers before DNS: /etc/nsswitch.conf, or Get-DnsClientNrptPolicy".into(),
            ],
            ..Draft::default()
        },
    );
}

#[cfg(test)]
mod tests {
    use crate::evidence::LookedUp;
    use crate::observe::Local;
    use crate::testing::{ALIAS2, CONFIG, Reply, World, local, row};

    fn rows(change: impl FnOnce(&mut Local)) -> Vec<String> {
        on(World::new(), change)
    }

    fn on(world: World, change: impl FnOnce(&mut Local)) -> Vec<String> {
        let mut own = local::dc1();
        change(&mut own);
        let findings = world.local(own).findings("local-resolution-differs");
        findings
            .iter()
            .map(|finding| format!("{} {}", row(finding), finding.name.clone().unwrap_or_default()))
            .collect()
    }

    #[test]
    fn what_the_dns_servers_return_is_right() {
        assert_eq!(rows(|_| ()), [""; 0]);
        let report = World::new().local(local::dc1()).report();
        assert!(report.not_checked.iter().all(|row| row.rule != "local-resolution-differs"));
    }

    #[test]
    fn an_address_that_no_dns_server_returns_is_critical() {
        for name in ["dc2.contoso.com", ALIAS2] {
            let fired = rows(|own| local::looks_up(own, name, &["192.0.2.98", "192.0.2.11"]));
            assert_eq!(fired, [format!("fail critical dc2.contoso.com {name}")]);
        }
    }

    #[test]
    fn a_part_of_what_they_return_is_right() {
        let world = World::new().add("dc2", "dc2.contoso.com 1200 A 192.0.2.12");
        assert_eq!(on(world, |own| local::looks_up(own, "dc2.contoso.com", &["192.0.2.12"])), [""; 0]);
    }

    #[test]
    fn a_name_that_is_missing_here_alone_is_critical() {
        let missing = |own: &mut Local| local::looks_up(own, "dc2.contoso.com", &[]);
        assert_eq!(rows(missing), ["fail critical dc2.contoso.com dc2.contoso.com"]);
        assert_eq!(on(World::new().remove("dc2", "dc2.contoso.com"), missing), [""; 0], "one of them denies it");
        let unseen = World::new().reply("dc2", "dc2.contoso.com A", Reply::Timeout);
        let unseen = unseen.reply("dc2", "dc2.contoso.com AAAA", Reply::Timeout);
        assert_eq!(on(unseen, missing), ["unknown critical dc2.contoso.com dc2.contoso.com"]);
    }

    #[test]
    fn a_failure_is_unknown() {
        let failed = |own: &mut Local| {
            own.lookups.insert("dc2.contoso.com".into(), LookedUp::Failed("try again".into()));
        };
        assert_eq!(rows(failed), ["unknown critical dc2.contoso.com dc2.contoso.com"]);
    }

    #[test]
    fn the_hosts_file_has_its_own_rule() {
        let overridden = |own: &mut Local| {
            local::hosts(own, "192.0.2.98", &["DC2.contoso.com"]);
            local::looks_up(own, "dc2.contoso.com", &["192.0.2.98"]);
        };
        assert_eq!(rows(overridden), [""; 0]);
    }

    #[test]
    fn the_machines_own_addresses_are_right_under_its_own_name() {
        assert_eq!(rows(|own| local::looks_up(own, "dc1.contoso.com", &["127.0.1.1", "192.0.2.10"])), [""; 0]);
    }

    #[test]
    fn without_a_resolver_that_is_asked_there_is_nothing_to_compare() {
        let config = CONFIG.replace("dns_servers: [", "dns_servers: [{name: other, address: 192.0.2.7}, ");
        let mut world = World::with(&config);
        world.evidence.selection.servers = vec!["other".into()];
        assert_eq!(on(world, |own| local::looks_up(own, "dc2.contoso.com", &["192.0.2.98"])), [""; 0]);
    }
}
