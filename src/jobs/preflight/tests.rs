//! Every item of the checklist: right, wrong, and not seen.

use std::collections::BTreeSet;

use crate::evidence::probe::{Failure, Reply as Said};
use crate::evidence::{Layer, LocalResolver, LocalView, PortState};
use crate::observe::Local;
use crate::report::{ChecklistItem, ItemStatus, Report, Verdict};
use crate::testing::machines::{
    GUID1, GUID2, STRANGE, dc, dc_ahead, refusing, silent, without_directory, without_settings,
};
use crate::testing::{ALIAS2, CONFIG, Reply, World, candidate};

/// A healthy forest whose machines answer, and a member server that is to become its third DC.
fn world() -> World {
    with(CONFIG)
}

fn with(config: &str) -> World {
    World::with(config)
        .preflight(candidate("dc3.contoso.com", &["192.0.2.12"]))
        .machine("192.0.2.10", dc("dc1.contoso.com", GUID1))
        .machine("192.0.2.11", dc("dc2.contoso.com", GUID2))
        .machine("192.0.2.12", without_directory("dc3.contoso.com"))
}

fn on_the_candidate() -> World {
    let mut world = world();
    if let crate::evidence::Purpose::Preflight(candidate) = &mut world.evidence.purpose {
        candidate.here = true;
    }
    let resolver = |text: &str| LocalResolver { address: text.parse().unwrap(), interface: None };
    let view =
        LocalView { resolvers: vec![resolver("192.0.2.10:53"), resolver("192.0.2.11:53")], ..LocalView::default() };
    world.local(Local { view, ..Local::default() })
}

fn item(report: &Report, id: &str) -> ChecklistItem {
    report.checklist.iter().find(|item| item.item == id).unwrap_or_else(|| panic!("no item {id}")).clone()
}

/// How an item ends; whatever fails has a finding of one of its rules behind it.
fn status(world: World, id: &str) -> ItemStatus {
    let report = world.report();
    let item = item(&report, id);
    if item.status == ItemStatus::Fail {
        let behind = |rule: &String| report.findings.iter().any(|finding| finding.rule == *rule);
        assert!(item.rules.iter().any(behind), "{item:#?}");
        assert!(report.verdict >= Verdict::Warning, "{id}");
    }
    assert!(item.status == ItemStatus::Pass || !item.reason.is_empty(), "{item:#?}");
    assert!(item.status != ItemStatus::NotChecked || report.verdict >= Verdict::Unknown, "{id}");
    item.status
}

use ItemStatus::{Fail, NotChecked, Pass};

#[test]
fn all_items_of_a_healthy_forest_pass_but_what_only_the_candidate_knows() {
    let report = world().report();
    let open: Vec<_> = report.checklist.iter().filter(|item| item.status != Pass).collect();
    assert_eq!(open.iter().map(|item| item.item.as_str()).collect::<Vec<_>>(), ["resolvers"], "{open:#?}");
    assert_eq!(report.verdict, Verdict::Unknown);
    assert_eq!(report.unverified, ["the item resolvers of the checklist"]);
    assert!(World::new().report().checklist.is_empty(), "a check has none");
}

#[test]
fn every_rule_names_items_that_exist_and_each_is_named() {
    let report = world().report();
    let known: BTreeSet<&str> = report.checklist.iter().map(|item| item.item.as_str()).collect();
    let named: BTreeSet<&str> = crate::rules::all().iter().flat_map(|rule| rule.traits.items).copied().collect();
    assert!(named.is_subset(&known), "{named:?} {known:?}");
    let unnamed: Vec<&str> = known.difference(&named).copied().collect();
    assert_eq!(unnamed, ["partners-resolvable"], "it rests on the forecast");
}

#[test]
fn a_rule_that_is_off_is_named_with_its_reason() {
    let mut skipped = world();
    skipped.evidence.selection.skip = vec!["clock-skew".into()];
    let clock = item(&skipped.report(), "clock");
    assert_eq!((clock.status, clock.rules), (NotChecked, vec!["clock-skew".to_owned()]));
    assert_eq!(clock.reason, "the rule clock-skew was not applied: left out by --skip");
}

#[test]
fn name_free() {
    assert_eq!(status(world().add("dc1", "dc3.contoso.com 1200 A 192.0.2.77"), "name-free"), Fail);
    assert_eq!(status(world().machine("192.0.2.12", dc("dc3.contoso.com", STRANGE)), "name-free"), Fail);
    assert_eq!(status(world().reply("dc1", "dc3.contoso.com A", Reply::Timeout), "name-free"), NotChecked);
    assert_eq!(status(world().reply("dc1", "", Reply::Timeout), "name-free"), NotChecked, "a silent server");
    let mut skipped = world();
    skipped.evidence.selection.skip = vec!["name-in-use".into()];
    assert_eq!(status(skipped, "name-free"), NotChecked);
    let long = candidate("headquarters-dc03.contoso.com", &["192.0.2.12"]);
    let report = world().preflight(long).machine("192.0.2.12", silent()).report();
    let item = item(&report, "name-free");
    assert_eq!(item.status, Pass);
    assert!(item.details[0].contains("HEADQUARTERS-DC"), "{item:?}");
}

#[test]
fn address_free() {
    assert_eq!(status(world().add("dc1", "gc._msdcs.contoso.com 600 A 192.0.2.12"), "address-free"), Fail);
    assert_eq!(status(world().machine("192.0.2.12", refusing("pc7.contoso.com")), "address-free"), Fail);
    assert_eq!(status(world().machine("192.0.2.12", silent()), "address-free"), Pass);
    let mut unasked = world();
    unasked.evidence.config.probe.enabled = false;
    assert_eq!(status(unasked, "address-free"), NotChecked);
}

#[test]
fn no_leftovers() {
    let left = "_kerberos._tcp.dc._msdcs.contoso.com 600 SRV 0,100,88,dc3.contoso.com";
    assert_eq!(status(world().add("dc2", left), "no-leftovers"), Fail);
    assert_eq!(status(world().add("dc2", left), "name-free"), Pass, "the name itself is free");
    assert_eq!(status(world().reply("dc2", "contoso.com NS", Reply::Rcode(2)), "no-leftovers"), NotChecked);
}

#[test]
fn resolvers() {
    let elsewhere = item(&world().report(), "resolvers");
    assert!(elsewhere.reason.contains("does not run on the candidate"), "{elsewhere:?}");
    assert_ne!(item(&on_the_candidate().report(), "resolvers").reason, elsewhere.reason);
}

#[test]
fn zones_authoritative() {
    assert_eq!(status(world().reply("dc2", "", Reply::Timeout), "zones-authoritative"), Fail);
    let cached = || world().reply("dc2", "contoso.com SOA", Reply::Cached("contoso.com 77 SOA dc1.contoso.com"));
    assert_eq!(status(cached(), "zones-authoritative"), Fail);
    let lost = world().reply("dc2", "_msdcs.contoso.com SOA", Reply::Timeout);
    assert_eq!(status(lost, "zones-authoritative"), NotChecked);
    let subtree = world().remove("dc1", "_msdcs.contoso.com").remove("dc2", "_msdcs.contoso.com");
    assert_eq!(status(subtree, "zones-authoritative"), Pass);
    let mut strange = candidate("dc3.fabrikam.com", &["192.0.2.12"]);
    strange.domain = crate::testing::name("fabrikam.com");
    let strange = world().preflight(strange).machine("192.0.2.12", silent());
    assert_eq!(status(strange, "zones-authoritative"), NotChecked, "nobody knows the domain");
    let elsewhere =
        CONFIG.replace("192.0.2.11}]", "192.0.2.111}]").replace("address: 192.0.2.10", "address: 192.0.2.110");
    assert_eq!(status(with(&elsewhere), "zones-authoritative"), NotChecked, "no server stands on a partner");
}

#[test]
fn partners_resolvable() {
    assert_eq!(status(world().remove("dc2", ALIAS2), "partners-resolvable"), Fail);
    let unseen = |world: World, rtype| world.reply("dc2", &format!("{ALIAS2} {rtype}"), Reply::Timeout);
    assert_eq!(status(unseen(unseen(world(), "CNAME"), "A"), "partners-resolvable"), NotChecked);
    let mut skipped = world().remove("dc2", ALIAS2);
    skipped.evidence.selection.skip = vec!["alias-missing".into()];
    assert_eq!(status(skipped, "partners-resolvable"), NotChecked, "nobody judges it");
    assert_eq!(status(on_the_candidate(), "partners-resolvable"), Pass);
    let mut local = Local::default();
    local.view.resolvers = vec![LocalResolver { address: "192.0.2.53:53".parse().unwrap(), interface: None }];
    let mut unasked = on_the_candidate().local(local);
    unasked.evidence.selection.servers = vec!["dc1".into(), "dc2".into()];
    assert_eq!(status(unasked, "partners-resolvable"), NotChecked, "its resolver is left out of the run");
    let waived = format!("{CONFIG}waivers: [{{rule: alias-missing, dc: dc2.contoso.com, reason: known}}]\n");
    assert_eq!(status(with(&waived).remove("dc2", ALIAS2), "partners-resolvable"), Pass);
}

#[test]
fn partners_proven() {
    let at = |replies| status(world().machine("192.0.2.11", replies), "partners-proven");
    assert_eq!(at(dc("dc9.contoso.com", STRANGE)), Fail);
    assert_eq!(at(silent()), Fail);
    assert_eq!(at(dc("dc2.contoso.com", STRANGE)), Fail, "another GUID");
    assert_eq!(at(without_settings("dc2.contoso.com", GUID2)), Fail, "it cannot be replicated from");
    assert_eq!(at(dc("dc2.contoso.com", "unreadable")), NotChecked);
    assert_eq!(at(refusing("dc2.contoso.com")), NotChecked);
    let mut unasked = world();
    unasked.evidence.config.probe.enabled = false;
    assert_eq!(status(unasked, "partners-proven"), NotChecked);
}

#[test]
fn ports() {
    let with = |port, state| world().port("192.0.2.11", Layer::Tcp, port, state);
    assert_eq!(status(with(88, PortState::Closed), "ports"), Fail);
    assert_eq!(status(with(88, PortState::Untried("no sockets".into())), "ports"), NotChecked);
    assert_eq!(status(world().machine("192.0.2.11", silent()), "ports"), NotChecked);
    let report = with(3268, PortState::Closed).report();
    let item = item(&report, "ports");
    assert_eq!(item.status, Pass);
    assert!(item.details.iter().any(|line| line.contains("may be no global catalog")), "{item:?}");
    let udp = world().port("192.0.2.11", Layer::Udp, 88, PortState::Silent);
    assert_eq!(status(udp, "ports"), Pass, "silence over UDP says nothing");
}

#[test]
fn replication_port() {
    let at = |reply| {
        let replies = crate::evidence::probe::AddressReplies { drsuapi_port: reply, ..dc("dc2.contoso.com", GUID2) };
        status(world().machine("192.0.2.11", replies), "replication-port")
    };
    assert_eq!(at(Some(Said::Failure(Failure::Refused))), Fail);
    assert_eq!(at(Some(Said::Failure(Failure::Local("no sockets".into())))), NotChecked);
    assert_eq!(at(None), NotChecked);
    assert_eq!(status(world().machine("192.0.2.11", silent()), "replication-port"), NotChecked);
}

#[test]
fn clock() {
    assert_eq!(status(world().machine("192.0.2.11", dc_ahead("dc2.contoso.com", GUID2, 900)), "clock"), Fail);
    let nobody = world().machine("192.0.2.10", silent()).machine("192.0.2.11", silent());
    assert_eq!(status(nobody, "clock"), NotChecked);
}

#[test]
fn site_known() {
    let at = |world: World, site: &str| {
        let mut branch = candidate("dc3.contoso.com", &["192.0.2.12"]);
        branch.site = Some(site.into());
        status(world.preflight(branch), "site-known")
    };
    let record = "_ldap._tcp.branch._sites.dc._msdcs.contoso.com 600 SRV 0,100,389,dc1.contoso.com";
    assert_eq!(at(world().add("dc1", record), "Branch"), Pass);
    assert_eq!(at(world().add("dc1", record), "Brunch"), NotChecked);
    // Names of sites hold blanks and more, names in DNS their escapes.
    for (site, label) in
        [("Head Office", r"head\032office"), ("Büro (1)", r"b\195\188ro\032\(1\)"), (r"a\032b", r"a\\032b")]
    {
        let record = format!("_ldap._tcp.{label}._sites.dc._msdcs.contoso.com 600 SRV 0,100,389,dc1.contoso.com");
        assert_eq!(at(world().add("dc1", &record), site), Pass, "{site}");
        assert_eq!(at(world(), site), NotChecked, "{site}");
    }
    assert!(world().report().checklist.iter().all(|item| item.item != "site-known"), "no site was given");
}

#[test]
fn a_candidate_that_the_configuration_lists_is_no_partner() {
    let listed = CONFIG.trim_end().to_owned()
        + "\n  - {host: dc3.contoso.com, guid: 33333333-3333-4333-8333-333333333333, addresses: [192.0.2.12]}\n";
    let report = with(&listed).report();
    assert_eq!(report.counts.critical, 0, "{:#?}", report.findings);
    assert!(report.forecast.iter().all(|row| row.source != "dc3.contoso.com"));
    assert_eq!(item(&report, "partners-proven").status, Pass);
    let alias = "33333333-3333-4333-8333-333333333333._msdcs.contoso.com 600 CNAME dc3.contoso.com";
    assert_eq!(status(with(&listed).add("dc1", alias), "no-leftovers"), Fail, "its alias is there already");
    let alone = "forest: contoso.com\ndns_servers: [{name: dc1, address: 192.0.2.10}]\n";
    let nobody = World::with(alone).preflight(candidate("dc3.contoso.com", &["192.0.2.12"]));
    for id in ["partners-resolvable", "partners-proven", "ports", "replication-port", "clock"] {
        let world = World::with(alone).preflight(candidate("dc3.contoso.com", &["192.0.2.12"]));
        assert_eq!(status(world, id), NotChecked, "{id}");
    }
    assert_eq!(nobody.report().verdict, Verdict::Unknown);
}

#[test]
fn what_several_servers_say_alike_stands_in_one_line() {
    let world = world().add("dc1", "contoso.com 600 A 192.0.2.12").add("dc2", "contoso.com 600 A 192.0.2.12");
    let item = item(&world.add("dc2", "dc2.contoso.com 600 A 192.0.2.12").report(), "address-free");
    assert!(item.reason.starts_with("dc2.contoso.com A at dc2: "), "{item:#?}");
    assert_eq!(item.details.len(), 1, "{item:#?}");
    assert!(item.details[0].starts_with("contoso.com A at dc1, dc2: "), "{item:#?}");
}

#[test]
fn a_report_says_whom_it_is_about() {
    assert_eq!(world().report().about.as_deref(), Some("dc3.contoso.com, 192.0.2.12"));
    assert_eq!(on_the_candidate().report().about.as_deref(), Some("dc3.contoso.com, 192.0.2.12 (this machine)"));
    assert_eq!(World::new().report().about, None);
}
