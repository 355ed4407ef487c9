use std::time::Duration;

use super::*;

#[test]
fn two_keys_are_enough() {
    let config = fine("forest: Contoso.COM.\ndns_servers: [192.0.2.10]");
    assert_eq!(config.forest.as_str(), "contoso.com");
    assert!(config.domain_controllers.is_empty());
    assert_eq!(config.query, Query::default());
    assert_eq!(config.probe, Probe::default());
}

#[test]
fn servers_are_written_in_many_ways() {
    let config = fine(
        "forest: contoso.com
dns_servers:
  - 192.0.2.10
  - 192.0.2.1:5353
  - '[2001:db8::1]:5353'
  - 2001:db8::1
  - fe80::1%eth0
  - '[fe80::1%3]:54'
  - ns1.contoso.com
  - ns2.contoso.com:5353
  - system
  - { address: '192.0.2.2:54' }
  - { address: '::1', port: 55, name: local }",
    );
    let shown: Vec<String> =
        config.dns_servers.iter().map(|server| format!("{} {}", server.address, server.port)).collect();
    assert_eq!(
        shown,
        [
            "192.0.2.10 53",
            "192.0.2.1 5353",
            "2001:db8::1 5353",
            "2001:db8::1 53",
            "fe80::1%eth0 53",
            "fe80::1%3 54",
            "ns1.contoso.com 53",
            "ns2.contoso.com 5353",
            "system 53",
            "192.0.2.2 54",
            "::1 55",
        ]
    );
    assert_eq!(config.dns_servers[10].name.as_deref(), Some("local"));
}

#[test]
fn the_domain_follows_from_the_host() {
    let config = fine(&with("domain_controllers: [{ host: DC1.emea.contoso.com }]"));
    let dc = &config.domain_controllers[0];
    assert_eq!(dc.host.as_ref().map(DnsNameText::text), Some("dc1.emea.contoso.com"));
    assert_eq!(dc.domain.as_ref().map(DnsNameText::text), Some("emea.contoso.com"));
}

/// Shorter than a closure at each use.
trait DnsNameText {
    fn text(&self) -> &str;
}

impl DnsNameText for crate::base::name::DnsName {
    fn text(&self) -> &str {
        self.as_str()
    }
}

#[test]
fn time_spans_have_units() {
    let config = fine(&with("query: { timeout: 1500ms, deadline: 1m }\nprobe: { timeout: 3 s }"));
    assert_eq!(config.query.timeout, Duration::from_millis(1500));
    assert_eq!(config.query.deadline, Some(Duration::from_secs(60)));
    assert_eq!(config.probe.timeout, Duration::from_secs(3));
}

#[test]
fn anchors_and_aliases_work_and_merge_keys_are_refused() {
    let config = fine(&with(
        "domain_controllers:\n  - { host: a.contoso.com, resolvers: &r [192.0.2.1] }\n  - { host: b.contoso.com, resolvers: *r }",
    ));
    assert_eq!(config.domain_controllers[0].resolvers, config.domain_controllers[1].resolvers);
    let text = with("query: &q { tries: 3 }\nprobe:\n  <<: *q\n");
    assert_eq!(wrong(&text), ["5:3 merge keys (`<<`) are not supported"]);
}

#[test]
fn a_waiver_may_name_a_resolver_of_a_dc() {
    let waiver = |server: &str| {
        with(&format!(
            "domain_controllers:\n  - {{ host: a.contoso.com, resolvers: [192.0.2.53] }}\n\
             waivers:\n  - {{ rule: stale-address, server: {server}, reason: x }}"
        ))
    };
    assert_eq!(fine(&waiver("192.0.2.53")).waivers.len(), 1);
    assert_eq!(wrong(&waiver("192.0.2.54")).len(), 1);
}

#[test]
fn severity_off_and_redirect_none_are_words() {
    let config = fine(&with(
        "rules: { ttl-unusual: { severity: off } }\nprobe: { redirect: { 192.0.2.1: none, 192.0.2.2: 10.0.0.1 } }",
    ));
    assert_eq!(config.rules["ttl-unusual"].severity, None);
    assert_eq!(config.probe.redirect.values().copied().collect::<Vec<_>>(), [None, "10.0.0.1:0".parse().ok()]);
}

#[test]
fn nothing_left_of_a_list_is_an_empty_one_and_null_is_a_missing_key() {
    let config = fine(&with("retired:\n  # - old.contoso.com\nquery: { deadline: null }\nprobe:\n"));
    assert!(config.retired.is_empty());
    assert_eq!(config.query, Query::default());
    let text = with("domain_controllers:\n  - host: dc1.contoso.com\n    guid: #3dab7f9b\n");
    assert_eq!(wrong(&text), ["5:10 the key has no value (a `#` behind a space begins a comment)"]);
}

#[test]
fn a_waiver_may_name_what_only_the_run_finds() {
    let waiver = |server: &str| {
        format!(
            "forest: contoso.com\ndns_servers: [system, ns.contoso.com, 192.0.2.1]\n\
             waivers: [{{ rule: stale-address, server: '{server}', reason: known }}]"
        )
    };
    for server in ["192.0.2.77", "ns.contoso.com#192.0.2.5", "NS.contoso.com", "192.0.2.1:53"] {
        fine(&waiver(server));
    }
    assert_eq!(wrong(&waiver("ns9.contoso.com")).len(), 1);
}

#[test]
fn line_ends_and_marks_of_windows_change_nothing() {
    let text = "forest: contoso.com\ndns_servers:\n  - 192.0.2.10\n";
    assert_eq!(fine(&text.replace('\n', "\r\n")), fine(text));
    assert_eq!(fine(&format!("\u{feff}{text}")), fine(text));
    let units = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(unit).collect()
    };
    let directory = tempfile::tempdir().expect("a directory");
    for (index, bytes) in [units(u16::to_le_bytes), units(u16::to_be_bytes)].into_iter().enumerate() {
        let path = directory.path().join(format!("{index}.yaml"));
        let mut file = files::OutputFile::create(&path).expect("created");
        std::io::Write::write_all(&mut file, &bytes).expect("written");
        file.commit().expect("renamed");
        assert_eq!(load(&path, RULES).expect("valid"), fine(text));
    }
    assert_eq!(wrong(&text.replace('\n', "\r\n").replace("2.10", "2.300")).len(), 1);
}

#[test]
fn a_missing_file_is_told_from_a_wrong_one() {
    let error = load("missing.yaml".as_ref(), RULES).expect_err("no such file");
    assert!(matches!(&error, LoadError::File(error) if error.is_not_found()), "{error}");
}

#[test]
fn a_site_is_any_label() {
    let longest = "x".repeat(63);
    for site in ["HQ", "Head Office", "Büro Zürich", "R&D (2nd floor) / \u{2013}", r"a\b", "สำนักงาน", &longest]
    {
        let config = fine(&with(&format!("domain_controllers: [{{ host: dc1.contoso.com, site: '{site}' }}]")));
        assert_eq!(config.domain_controllers[0].site.as_deref(), Some(site));
    }
}
