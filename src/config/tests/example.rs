use super::*;

const EXAMPLE: &str = include_str!("../../../config.example.yaml");

#[test]
fn what_the_example_shows_as_defaults_is_the_default() {
    let minimal = "
        forest: contoso.com
        dns_servers: [192.0.2.10, { name: dc2, address: 192.0.2.11 }]
        domain_controllers:
          - { host: dc1.contoso.com, guid: 3dab7f9b-92e7-4391-b8db-71df532c1493, addresses: [192.0.2.10, '2001:db8::10'] }
          - { host: dc2.contoso.com, guid: 8f0b2d3c-51a4-4c0e-9d57-2b6f1e7a9c44, addresses: [192.0.2.11] }";
    assert_eq!(fine(EXAMPLE), fine(minimal));
}

/// The example with its other values: `#:` lines count, the defaults that they replace do not.
fn illustrated() -> String {
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let replaced = lines.get(index + 1).is_some_and(|next| next.starts_with("#:"));
        let line = line.strip_prefix("#:").map_or_else(|| (*line).to_owned(), |shown| format!("  {shown}"));
        let empty = [": []", ": {}"].into_iter().find_map(|empty| line.strip_suffix(empty));
        match empty.filter(|_| replaced) {
            Some(key) => text.push_str(&format!("{key}:\n")),
            None => text.push_str(&format!("{line}\n")),
        }
    }
    text
}

#[test]
fn every_other_value_that_the_example_shows_is_valid() {
    let text = illustrated();
    let config = fine(&text);
    assert_eq!(config.dns_servers.len(), 5, "{text}");
    assert_eq!(config.dns_servers[1].dc, config.domain_controllers[1].host);
    assert_eq!(config.domain_controllers[1].avoid_records, ["LdapIpAddress", "Gc"]);
    assert_eq!(config.retired.len(), 2);
    assert_eq!(config.domains.len(), 1);
    assert_eq!(config.networks.len(), 2);
    assert_eq!(config.rules.len(), 2);
    assert_eq!(config.waivers.len(), 1);
    assert!(config.query.deadline.is_some());
    assert_eq!(config.probe.redirect.len(), 2);
}

#[test]
fn the_example_shows_every_key() {
    let value: serde_json::Value = serde_yaml::from_str(&illustrated()).expect("valid, as tested above");
    let keys = crate::config::schema::paths_of_value(&value);
    for path in crate::config::schema::paths() {
        assert!(keys.contains(&path), "{path} is missing");
    }
}
