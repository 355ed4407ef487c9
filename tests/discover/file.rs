//! What goes into a configuration file.

use std::net::IpAddr;

use guidpost::discover::{self};

use crate::world::{MACHINES, RECORDS, SERVERS, World, dcs, name, written};

#[test]
fn the_file_holds_what_was_found_and_only_what_was_proven() {
    let found = World::healthy().find().unwrap();
    let (text, config) = written(&found);
    assert_eq!(dcs(&config), dcs(&found.config));
    assert_eq!(config.forest, found.config.forest);
    assert_eq!(config.dns_servers, found.config.dns_servers);
    assert_eq!(config.domains, found.config.domains);
    let owned: Vec<_> = config.domain_controllers.iter().map(|dc| dc.addresses[0].ip().to_string()).collect();
    assert_eq!(owned, ["192.0.2.10", "192.0.2.11"]);
    let sites: Vec<_> = config.domain_controllers.iter().map(|dc| dc.site.as_deref()).collect();
    assert_eq!(sites, [Some("HQ"); 2]);
    assert!(
        text.contains("# /etc/krb5.conf; dc1.contoso.com, dc2.contoso.com say that contoso.com is the root"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.len() <= 120), "{text}");
}

#[test]
fn odd_targets_are_left_out_and_nothing_else() {
    let long = format!("{0}.{0}.{0}.contoso.com", "a".repeat(60));
    let mut odd: Vec<String> =
        ["a,b.contoso.com", r"\027x.contoso.com", r"a\.b.contoso.com", "x.1", "192.0.2.10"].map(String::from).into();
    let records: String = odd
        .iter()
        .chain([&long])
        .flat_map(|target| {
            [
                format!("\n_ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 {target}"),
                format!("\n_gc._tcp.contoso.com 600 SRV 0 100 3268 {target}"),
                format!("\ncontoso.com 3600 NS {target}"),
            ]
        })
        .collect();
    let found = World::new(&format!("{RECORDS}{records}"), SERVERS, MACHINES).find().unwrap();
    let hosts: Vec<_> = found.controllers.iter().map(|dc| dc.host.to_string()).collect();
    assert_eq!(hosts, [long.as_str(), "dc1.contoso.com", "dc2.contoso.com"], "a long name is a name");
    let mut left: Vec<&str> = found.assumed.iter().filter(|a| a.what == "left-out").map(|a| a.value.as_str()).collect();
    left.retain(|value| *value != long);
    left.sort_unstable();
    odd.sort();
    assert_eq!(left, odd);
    written(&found);
}

#[test]
fn sites_are_written_whatever_their_names_hold() {
    let mut found = World::healthy().find().unwrap();
    for site in ["Head Office", "no", "8001", "- x: \"y\" # 'z'", "Büro Zürich (東京) 🏢", r"a\032b", "{}", "*a &b"]
    {
        for dc in &mut found.controllers {
            dc.site = Some(site.into());
        }
        let (text, config) = written(&found);
        assert!(config.domain_controllers.iter().all(|dc| dc.site.as_deref() == Some(site)), "{text}");
    }
}

#[test]
fn hostile_text_stays_text() {
    let mut found = World::healthy().find().unwrap();
    let attack = "x\nforest: evil.example\r\n\u{1b}[2J\u{202e}# ";
    for assumed in &mut found.assumed {
        assumed.from.push_str(attack);
    }
    found.assumed.push(guidpost::evidence::Assumption {
        what: "left-out".into(),
        value: attack.into(),
        from: attack.into(),
    });
    for dc in &mut found.controllers {
        dc.from.push_str(attack);
        dc.addresses.push((IpAddr::from([192, 0, 2, 77]), discover::Address::Doubtful(attack.into())));
    }
    let (text, config) = written(&found);
    assert_eq!(config.forest, name("contoso.com"));
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']), "{text}");
}
