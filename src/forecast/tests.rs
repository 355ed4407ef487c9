//! Every step of the walk: alias, host name, addresses, machine.

use super::*;
use crate::report::Report;
use crate::testing::machines::{
    GUID1, GUID2, STRANGE, dc, inconclusive, refusing, silent, without_directory, without_settings,
};
use crate::testing::{ALIAS2, CONFIG, Reply, World, config_with, config_without_addresses};

/// What dc1 and others experience with dc2 through the server dc2.
fn cell(world: World) -> ForecastRow {
    let report = world.report();
    let mut rows = report.forecast.into_iter();
    rows.find(|row| row.source == "dc2.contoso.com" && row.server == "dc2").expect("a row for dc2 at dc2")
}

/// The same in short.
fn short(world: World) -> String {
    let row = cell(world);
    format!("{:?} {:?} {}", row.outcome, row.errors, row.rules.join(" "))
}

fn dc2_holds(config: &str, records: &[&str]) -> World {
    let empty = World::with(config).remove("dc2", "dc2.contoso.com");
    records.iter().fold(empty, |world, record| world.add("dc2", &format!("dc2.contoso.com 1200 {record}")))
}

fn alias_to(targets: &[&str]) -> World {
    let empty = World::new().remove("dc2", ALIAS2);
    targets.iter().fold(empty, |world, target| world.add("dc2", &format!("{ALIAS2} 600 CNAME {target}")))
}

#[test]
fn one_row_per_source_and_server_and_none_for_a_read_only_dc() {
    let rows = |report: Report| -> Vec<String> {
        report.forecast.iter().map(|row| format!("{} {}", row.source, row.server)).collect()
    };
    assert_eq!(
        rows(World::new().report()),
        ["dc1.contoso.com dc1", "dc1.contoso.com dc2", "dc2.contoso.com dc1", "dc2.contoso.com dc2"]
    );
    let read_only = World::with(&config_with("addresses: [192.0.2.11], roles: [rodc]"));
    assert_eq!(rows(read_only.report()), ["dc1.contoso.com dc1", "dc1.contoso.com dc2"]);
    let mut one = World::new();
    one.evidence.selection.dcs = vec!["dc2".into()];
    assert_eq!(rows(one.report()), ["dc2.contoso.com dc1", "dc2.contoso.com dc2"]);
}

#[test]
fn addresses_of_the_dc_are_right_singly_or_by_network() {
    assert_eq!(short(World::new()), "Ok [] ");
    assert_eq!(short(World::with(&config_with("addresses: [192.0.2.0/28]"))), "Ok [] ");
    let row = cell(World::new());
    assert_eq!((row.wrong_addresses, row.addresses, row.delay_only), (0, 1, false));
    assert_eq!(row.certainty, Certainty::Inferred);
}

#[test]
fn a_server_that_does_not_answer_says_nothing() {
    assert_eq!(short(World::new().reply("dc2", "", Reply::Timeout)), "Unknown [] server-silent");
    assert_eq!(short(World::new().reply("dc2", "", Reply::Rcode(5))), "Unknown [] server-refusing");
    let row = crate::judge::judge(&World::new().evidence, false).forecast.pop().expect("a row");
    assert_eq!((row.outcome, row.rules.len()), (ForecastOutcome::Unknown, 0), "not asked at all");
}

#[test]
fn nxdomain_of_a_server_outside_the_forest_is_final() {
    let row = cell(World::new().reply("dc2", "", Reply::NxDomain));
    assert_eq!((row.outcome, row.errors), (ForecastOutcome::Fails, vec![8524]));
    assert_eq!((row.rules, row.fallback), (vec!["server-outside-forest".into()], Some(Fallback::None)));
}

#[test]
fn a_missing_alias_fails_and_the_host_name_decides_the_fallback() {
    let missing = || World::new().remove("dc2", ALIAS2);
    assert_eq!(short(missing()), "Fails [8524] alias-missing");
    let row = cell(missing());
    assert_eq!(row.fallback, Some(Fallback::Fqdn));
    assert!(row.message.contains("event 2088"), "{}", row.message);
    let row = cell(missing().remove("dc2", "dc2.contoso.com"));
    assert_eq!(row.fallback, Some(Fallback::None));
    assert!(row.message.contains("event 2087"), "{}", row.message);
    let row = cell(missing().reply("dc2", "dc2.contoso.com A", Reply::Timeout));
    assert_eq!(row.fallback, Some(Fallback::Unknown));
}

#[test]
fn an_alias_that_was_not_seen_or_not_asked_is_unknown() {
    let lost = ["CNAME", "A"]
        .into_iter()
        .fold(World::new(), |world, rtype| world.reply("dc2", &format!("{ALIAS2} {rtype}"), Reply::Timeout));
    assert_eq!(short(lost), "Unknown [] alias-missing");
    let config = CONFIG.replace("guid: 22222222-2222-4222-8222-222222222222, ", "");
    assert_eq!(short(World::with(&config)), "Unknown [] alias-missing");
}

#[test]
fn a_target_without_addresses_fails_by_the_rule_that_reports_it() {
    assert_eq!(short(dc2_holds(CONFIG, &[])), "Fails [8524] host-missing");
    assert_eq!(short(alias_to(&["old.contoso.com"])), "Fails [8524] alias-dangling");
    assert_eq!(cell(alias_to(&["old.contoso.com"])).fallback, Some(Fallback::Fqdn));
    let other = alias_to(&["dc1.contoso.com"]).remove("dc2", "dc1.contoso.com");
    assert_eq!(short(other), "Fails [8524] alias-wrong-target");
    let lost = dc2_holds(CONFIG, &[]).reply("dc2", "dc2.contoso.com AAAA", Reply::Timeout);
    assert_eq!(short(lost), "Unknown [] host-missing");
}

#[test]
fn a_foreign_target_is_explained_by_the_rule_about_the_alias() {
    assert_eq!(short(alias_to(&["dc1.contoso.com"])), "Fails [-2146893022] alias-wrong-target");
    let behind = |address: &str| alias_to(&["x.example"]).add("dc2", &format!("x.example 600 A {address}"));
    assert_eq!(short(behind("192.0.2.99")), "Fails [1722, 1753] alias-wrong-target");
    assert_eq!(short(behind("192.0.2.11")), "Ok [] alias-wrong-target");
}

#[test]
fn addresses_at_the_alias_are_walked() {
    let holds = |address: &str| World::new().remove("dc2", ALIAS2).add("dc2", &format!("{ALIAS2} 600 A {address}"));
    assert_eq!(short(holds("192.0.2.11")), "Ok [] alias-not-cname");
    assert_eq!(short(holds("192.0.2.99")), "Fails [1722, 1753] alias-not-cname");
}

#[test]
fn each_kind_of_wrong_address_has_its_codes() {
    let outcome = |address: &str| short(dc2_holds(CONFIG, &[address]));
    assert_eq!(outcome("A 192.0.2.99"), "Fails [1722, 1753] stale-address", "nobody's");
    assert_eq!(outcome("A 192.0.2.10"), "Fails [-2146893022] shared-address", "another DC's");
    assert_eq!(outcome("A 127.0.0.1"), "Fails [-2146893022] unusable-address", "the destination itself");
    assert_eq!(outcome("A 169.254.1.1"), "Fails [1722] unusable-address", "link-local");
    assert_eq!(outcome("AAAA fe80::1"), "Fails [1722] unusable-address", "link-local");
}

#[test]
fn some_wrong_addresses_fail_by_chance() {
    let row = cell(dc2_holds(CONFIG, &["A 192.0.2.11", "A 192.0.2.98", "A 192.0.2.10"]));
    assert_eq!((row.outcome, row.wrong_addresses, row.addresses), (ForecastOutcome::Intermittent, 2, 3));
    assert_eq!(row.errors, [-2_146_893_022, 1722, 1753]);
    assert_eq!(row.rules, ["shared-address", "stale-address"]);
    assert!(row.message.starts_with("2 of 3 addresses"), "{}", row.message);
}

#[test]
fn without_knowing_what_the_dc_owns_nothing_is_said_unless_it_is_certainly_wrong() {
    let config = config_without_addresses();
    assert_eq!(short(World::with(&config)), "Unknown [] ");
    assert_eq!(short(dc2_holds(&config, &["A 192.0.2.10"])), "Fails [-2146893022] shared-address");
    let row = cell(dc2_holds(&config, &["A 192.0.2.10", "A 192.0.2.99"]));
    assert_eq!((row.outcome, row.wrong_addresses), (ForecastOutcome::Intermittent, 1));
}

#[test]
fn several_aliases_lead_anywhere() {
    let world = || alias_to(&["dc1.contoso.com", "dc2.contoso.com"]);
    assert_eq!(short(world()), "Intermittent [-2146893022] alias-duplicate");
    let dead = alias_to(&["dc2.contoso.com", "gone.example"]);
    assert_eq!(short(dead), "Intermittent [8524] alias-duplicate", "one of two ends nowhere");
    let row = cell(alias_to(&["gone.example", "lost.example"]));
    assert_eq!((row.outcome, row.errors), (ForecastOutcome::Fails, vec![8524]));
    assert_eq!(row.fallback, Some(Fallback::Fqdn));
    let unseen = world().reply("dc2", "dc1.contoso.com A", Reply::Timeout);
    assert_eq!(short(unseen), "Unknown [] alias-duplicate");
    assert_eq!(short(alias_to(&["dc2.contoso.com", "DC2.contoso.com"])), "Ok [] ", "two spellings of one name");
}

#[test]
fn the_machine_itself_gives_the_exact_code() {
    for (replies, expected) in [
        (dc("dc2.contoso.com", GUID2), "Ok [] "),
        (refusing("dc2.contoso.com"), "Ok [] "),
        (without_directory("dc2.contoso.com"), "Fails [1753] directory-not-running"),
        (without_directory("FILES01.contoso.com"), "Fails [1753] wrong-machine"),
        (dc("dc1.contoso.com", GUID1), "Fails [-2146893022] wrong-machine"),
        (dc("dc2.contoso.com", STRANGE), "Fails [-2146893022, 1396] guid-mismatch"),
        (without_settings("dc2.contoso.com", GUID2), "Fails [8, 1722, 8439] ntds-settings-missing"),
        (without_settings("dc2.contoso.com", STRANGE), "Fails [8, 1722, 8439] ntds-settings-missing"),
        (without_settings("dc1.contoso.com", GUID1), "Fails [-2146893022] wrong-machine"),
        (refusing("pc7.contoso.com"), "Fails [1722] wrong-machine"),
        (silent(), "Fails [1722] address-silent"),
    ] {
        let row = cell(World::new().machine("192.0.2.11", replies.clone()));
        assert_eq!(format!("{:?} {:?} {}", row.outcome, row.errors, row.rules.join(" ")), expected, "{replies:?}");
        assert_eq!((row.certainty, row.delay_only), (Certainty::Probed, false));
    }
    let row = cell(World::new().machine("192.0.2.11", inconclusive()));
    assert_eq!((row.outcome, row.certainty), (ForecastOutcome::Ok, Certainty::Inferred), "the configuration says so");
}

#[test]
fn a_client_moves_on_only_from_an_address_that_accepts_nothing() {
    let beside = |address: &str, replies| {
        let world = dc2_holds(CONFIG, &["A 192.0.2.11", &format!("A {address}")]);
        let row = cell(world.machine("192.0.2.11", dc("dc2.contoso.com", GUID2)).machine(address, replies));
        assert_eq!((row.outcome, row.wrong_addresses, row.addresses), (ForecastOutcome::Intermittent, 1, 2));
        assert_eq!((row.certainty, &row.rules[..]), (Certainty::Probed, &["stale-address".to_owned()][..]));
        (row.errors, row.delay_only)
    };
    assert_eq!(beside("192.0.2.99", silent()), (vec![1722], true));
    assert_eq!(beside("192.0.2.99", without_directory("FILES01.contoso.com")), (vec![1753], false));
    assert_eq!(beside("192.0.2.99", refusing("pc7.contoso.com")), (vec![1722], false), "TCP 135 answers there");
    assert_eq!(beside("192.0.2.99", dc("dc7.contoso.com", STRANGE)), (vec![-2_146_893_022], false));
}

#[test]
fn without_known_addresses_the_machine_decides_and_silence_does_not() {
    let with = |replies| short(World::with(&config_without_addresses()).machine("192.0.2.11", replies));
    assert_eq!(with(dc("dc2.contoso.com", GUID2)), "Ok [] ");
    assert_eq!(with(without_directory("FILES01.contoso.com")), "Fails [1753] wrong-machine");
    assert_eq!(with(silent()), "Unknown [] ");
    assert_eq!(with(inconclusive()), "Unknown [] ");
}
