//! The registry as a whole.

use std::collections::BTreeSet;

use super::{all, names, owner, owners_of_the_rest};
use crate::view::Cause;

#[test]
fn every_file_is_registered_and_every_rule_has_its_file() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
    let entries = std::fs::read_dir(folder).expect("the sources are there");
    let files = entries.map(|entry| entry.expect("a readable entry").file_name().into_string().expect("ASCII"));
    let shared = ["mod.rs", "support.rs", "tests.rs"];
    let rules: BTreeSet<String> = files
        .filter(|file| !shared.contains(&file.as_str()))
        .filter_map(|file| Some(file.strip_suffix(".rs")?.replace('_', "-")))
        .collect();
    assert_eq!(rules, names().into_iter().map(String::from).collect());
}

#[test]
fn names_are_unique_and_in_kebab_case() {
    let unique: BTreeSet<&str> = names().into_iter().collect();
    assert_eq!(unique.len(), names().len());
    for name in unique {
        assert!(name.split('-').all(|word| !word.is_empty()), "{name}");
        assert!(name.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'-'), "{name}");
    }
}

#[test]
fn manuals_have_a_summary_and_all_sections_in_order() {
    for rule in all() {
        let (name, summary, manual) = (rule.name, rule.summary(), rule.manual());
        assert!(summary.ends_with('.') && summary.chars().count() <= 100, "{name}: {summary}");
        let sections: Vec<&str> = manual.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        assert_eq!(sections, ["What it checks", "Why it matters", "How to fix", "References"], "{name}");
        for section in manual.split("\n# ").skip(1) {
            let (title, text) = section.split_once('\n').unwrap_or((section, ""));
            assert!(text.trim().ends_with('.'), "{name}: {title}");
        }
    }
}

#[test]
fn every_cause_has_one_owner() {
    for cause in Cause::ALL {
        let owners = all().iter().filter(|rule| rule.traits.owns.contains(&cause)).count();
        assert_eq!(owners, 1, "{cause:?}");
        assert!(owner(cause).is_some());
    }
    assert_eq!(owners_of_the_rest().collect::<Vec<_>>(), ["walk-broken"]);
}

/// What rests on other rules' findings must not be asked before them, nor be explained by itself.
#[test]
fn rules_that_read_findings_run_last() {
    let last: Vec<&str> = all().iter().filter(|rule| rule.traits.last).map(|rule| rule.name).collect();
    assert_eq!(last, ["servers-disagree", "walk-broken", "waiver-expired", "waiver-unused"]);
    let blocking: Vec<&str> = all().iter().filter(|rule| rule.traits.blocks_server).map(|rule| rule.name).collect();
    assert_eq!(blocking, ["server-silent", "server-refusing", "server-outside-forest"]);
}

/// A contract: names are in people's configurations, dashboards and tickets.
#[test]
fn names_and_severities_stay() {
    let list: Vec<String> =
        all().iter().map(|rule| format!("{} {:?} {:?}", rule.name, rule.group, rule.severity)).collect();
    insta::assert_snapshot!(list.join("\n"), @r"
    server-silent Servers Critical
    server-refusing Servers Critical
    server-outside-forest Servers Critical
    server-answers-anything Servers Critical
    server-truncates-without-tcp Servers Warning
    servers-disagree Servers Warning
    server-not-authoritative Servers Info
    alias-missing Alias Critical
    alias-duplicate Alias Critical
    alias-not-cname Alias Warning
    alias-wrong-target Alias Critical
    alias-dangling Alias Critical
    alias-path-differs Alias Warning
    walk-broken Alias Critical
    host-missing Host Critical
    unusable-address Host Critical
    shared-address Host Critical
    stale-address Host Critical
    duplicate-address-records Host Warning
    address-unregistered Host Warning
    address-not-in-config Host Info
    aaaa-nxdomain Host Warning
    ttl-unusual Host Info
    wrong-machine Machine Critical
    directory-not-running Machine Critical
    guid-mismatch Machine Critical
    ntds-settings-missing Machine Critical
    replication-port-blocked Machine Warning
    address-silent Machine Warning
    clock-skew Machine Warning
    hosts-file-override Local Critical
    local-resolution-differs Local Critical
    short-name-differs Local Warning
    own-address-not-registered Local Critical
    no-address-on-network Local Warning
    resolver-list Local Warning
    name-in-use Change Critical
    address-in-use Change Critical
    partner-port-blocked Change Warning
    leftover-record Change Warning
    waiver-expired Run Warning
    waiver-unused Run Warning
    ");
}
