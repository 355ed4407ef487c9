//! The checklist of a command that has one.

use insta::assert_snapshot;

use super::{plain, table, text};
use crate::render::{Format, RenderOptions, sample};

/// What stands between the head and the forecast.
fn shown(width: usize) -> String {
    let out = table(&sample::preflight(), width);
    let (_, rest) = out.split_once("\nChecklist for ").expect("a checklist");
    rest.split_once("\nForecast").expect("the forecast after it").0.to_owned()
}

#[test]
fn items_come_first_and_are_aligned() {
    assert_snapshot!(shown(80), @r"
    dc3.contoso.com, 192.0.2.12
      [pass]         The name dc3.contoso.com is free
      [FAIL]         Nothing is left of an earlier dc3.contoso.com
                     _ldap._tcp.dc._msdcs.contoso.com SRV at dc1: the name stands
                     among the servers of the service: left from an earlier domain
                     controller, or in use
                     - contoso.com NS at dc2: the name stands among the name servers
                       of the zone
                     - and 3 more
      [not checked]  The candidate asks the right DNS servers
                     guidpost does not run on the candidate, whose resolvers are
                     therefore not known
    ");
    for width in [30, 60, 100] {
        let wide = |line: &&str| line.chars().count() > width && line.split_whitespace().all(|word| word.len() < 12);
        assert_eq!(shown(width).lines().find(wide), None, "at {width}");
    }
}

#[test]
fn colour_marks_items_and_moves_nothing() {
    let options = RenderOptions { color: true, ..plain(80) };
    let out = text(Format::Table, &sample::preflight(), options);
    assert!(out.contains("  \x1b[1;31m[FAIL]\x1b[0m         Nothing is left"), "{out}");
}

#[test]
fn the_whole_checklist_stands_in_json_and_none_where_there_is_none() {
    let json = |report: crate::report::Report| {
        serde_json::from_str::<serde_json::Value>(&text(Format::Json, &report, plain(80))).unwrap()
    };
    let items = &json(sample::preflight())["checklist"];
    let statuses: Vec<_> = items.as_array().unwrap().iter().map(|item| item["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["pass", "fail", "not-checked"]);
    assert_eq!(json(sample::clean()).get("checklist"), None);
    assert!(!table(&sample::clean(), 80).contains("Checklist"));
}

#[test]
fn a_plugin_names_what_could_not_be_verified() {
    let mut report = sample::clean();
    report.verdict = crate::report::Verdict::Unknown;
    report.unverified = ["a", "b", "c", "d", "e", "f|g", "h"].map(String::from).to_vec();
    let out = text(Format::Nagios, &report, plain(80));
    assert!(out.starts_with("GUIDPOST UNKNOWN - 7 not verified, "), "{out}");
    assert!(out.contains("\nnot verified: a, b, c, d, e, and 2 more\n"), "{out}");
}
