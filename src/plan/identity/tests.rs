//! Each address once, and none that must not be asked.

use super::*;
use crate::evidence::probe::AddressReplies;
use crate::evidence::{Evidence, Family, Machine};
use crate::testing::machines::{GUID1, GUID2, STRANGE, dc, refusing, silent, without_directory};
use crate::testing::{CONFIG, World, config_with};
use crate::{config, plan, rules};

/// What is asked first, before any server has answered or any machine.
fn first(evidence: &Evidence) -> Vec<String> {
    let plan = plan::next(&plan::Round::new(evidence, rules::needs(evidence)), evidence);
    plan.machines.iter().map(|(address, stage)| format!("{address} {stage:?}")).collect()
}

/// All machines that a whole run asked, each with the last stage.
fn asked(world: World) -> Vec<String> {
    let evidence = world.observe();
    let rows = evidence.machines.iter().map(|(address, machine)| format!("{address} {:?}", machine.stage));
    rows.collect()
}

fn with(more: &str) -> World {
    World::with(&format!("{CONFIG}{more}\n"))
}

#[test]
fn owned_addresses_come_at_once_and_each_is_asked_once() {
    assert_eq!(first(&World::new().evidence), ["192.0.2.10 Directory", "192.0.2.11 Directory"]);
    let both = World::with(&config_with("addresses: [192.0.2.11, 192.0.2.10]"));
    assert_eq!(first(&both.evidence), ["192.0.2.10 Directory", "192.0.2.11 Directory"], "of two DCs");
    let networks = World::with(&config_with("addresses: [192.0.2.0/24]"));
    assert_eq!(first(&networks.evidence), ["192.0.2.10 Directory"], "no network is searched");
    assert_eq!(asked(networks), ["192.0.2.10 Name", "192.0.2.11 Name"], "but what a record holds of it is asked");
}

#[test]
fn names_are_asked_only_where_the_directory_did_not_settle_it() {
    for (replies, stage) in [
        (dc("dc2.contoso.com", GUID2), "Directory"),
        (dc("dc7.contoso.com", STRANGE), "Directory"),
        (dc("dc2.contoso.com", "unreadable"), "Directory"),
        (dc("dc7.contoso.com", "unreadable"), "Name"),
        (without_directory("dc2.contoso.com"), "Name"),
        (refusing("dc2.contoso.com"), "Name"),
        (silent(), "Name"),
    ] {
        let world = World::new().machine("192.0.2.10", dc("dc1.contoso.com", GUID1));
        let rows = asked(world.machine("192.0.2.11", replies.clone()));
        assert_eq!(rows, ["192.0.2.10 Directory".to_owned(), format!("192.0.2.11 {stage}")], "{replies:?}");
    }
    // The record of dc2 leads to dc1, which has said who it is.
    let world = World::new().machine("192.0.2.10", dc("dc1.contoso.com", "unreadable"));
    let shared =
        world.machine("192.0.2.11", dc("dc2.contoso.com", GUID2)).add("dc2", "dc2.contoso.com 1200 A 192.0.2.10");
    assert_eq!(asked(shared), ["192.0.2.10 Directory", "192.0.2.11 Directory"]);
}

#[test]
fn addresses_in_records_are_asked_if_they_are_private() {
    let held = |address: &str| {
        let rtype = if address.contains(':') { "AAAA" } else { "A" };
        let world = World::new().add("dc2", &format!("dc2.contoso.com 1200 {rtype} {address}"));
        asked(world).iter().any(|row| row.starts_with(&format!("{address} ")))
    };
    for address in ["10.1.2.3", "192.168.7.7", "fd00::7"] {
        assert!(held(address), "{address}");
    }
    for address in ["198.51.100.7", "8.8.8.8", "2a00::7", "169.254.1.1", "127.0.0.1", "224.0.0.1", "fe80::7", "::1"] {
        assert!(!held(address), "{address}");
    }
}

#[test]
fn what_the_configuration_forbids_is_not_asked() {
    assert_eq!(first(&with("probe: {enabled: false}").evidence), [""; 0]);
    assert_eq!(first(&with("probe: {exclude: [192.0.2.11/32]}").evidence), ["192.0.2.10 Directory"]);
    assert_eq!(first(&with("probe: {redirect: {192.0.2.11: none}}").evidence), ["192.0.2.10 Directory"]);
    let both = "probe: {exclude: [192.0.2.11/32], redirect: {192.0.2.11: '127.0.0.1:2000'}}";
    assert_eq!(first(&with(both).evidence), ["192.0.2.10 Directory"], "excluded is excluded");
    assert_eq!(first(&with("avoid_networks: [192.0.2.11/32]").evidence), ["192.0.2.10 Directory"]);
    let off: Vec<String> = rules::all()
        .iter()
        .filter(|rule| rule.needs.contains(&Need::Identity))
        .map(|rule| format!("{}: {{severity: off}}", rule.name))
        .collect();
    assert_eq!(first(&with(&format!("rules: {{{}}}", off.join(", "))).evidence), [""; 0], "nobody needs it");
    assert!(config::parse(CONFIG, "test.yaml", &rules::names()).is_ok_and(|config| config.probe.enabled));
}

#[test]
fn the_command_line_restricts_the_transport() {
    let mut world = World::with(&config_with("addresses: [192.0.2.11, '2001:db8::11']"));
    world.evidence.selection.family = Some(Family::V6);
    assert_eq!(first(&world.evidence), ["2001:db8::11 Directory"]);
    world.evidence.selection.family = Some(Family::V4);
    assert_eq!(first(&world.evidence), ["192.0.2.10 Directory", "192.0.2.11 Directory"]);
    world.evidence.selection.dcs = vec!["dc2".into()];
    assert_eq!(first(&world.evidence), ["192.0.2.11 Directory"], "another DC's machine is nobody's business");
}

#[test]
fn who_was_asked_for_the_name_is_not_asked_again() {
    let mut evidence = World::new().evidence;
    for address in ["192.0.2.10", "192.0.2.11"] {
        let machine = Machine { stage: Stage::Name, replies: AddressReplies::default() };
        evidence.machines.insert(address.parse().unwrap(), machine);
    }
    assert_eq!(first(&evidence), [""; 0]);
}
