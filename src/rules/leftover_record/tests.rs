use crate::base::guid::Guid;
use crate::evidence::{Departed, Purpose};
use crate::report::{Finding, ItemStatus, Report, Verdict};
use crate::testing::{CONFIG, Reply, World, name, samba};

const GUID: &str = "99999999-9999-4999-8999-999999999999";
const ALIAS: &str = "99999999-9999-4999-8999-999999999999._msdcs.contoso.com";
const HOST: &str = "dc9.contoso.com";
const ADDRESS: &str = "192.0.2.19";
const PTR: &str = "19.2.0.192.in-addr.arpa";

/// A run about a former DC, by all that is known of it.
fn about(config: &str, guids: &[&str], hosts: &[&str], addresses: &[&str]) -> World {
    let mut world = World::with(config);
    world.evidence.purpose = Purpose::Gone(Departed {
        guids: guids.iter().map(|guid| Guid::parse(guid).unwrap()).collect(),
        hosts: hosts.iter().map(|host| name(host)).collect(),
        addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
    });
    world
}

fn gone() -> World {
    about(CONFIG, &[GUID], &[HOST], &[ADDRESS])
}

/// `outcome type name actual @server` of each finding.
fn rows(world: World) -> Vec<String> {
    let row = |finding: &Finding| {
        let text = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".into());
        let outcome = format!("{:?}", finding.outcome).to_lowercase();
        let words = [
            outcome,
            text(&finding.rtype),
            text(&finding.name),
            finding.actual.join(","),
            format!("@{}", text(&finding.server)),
        ];
        words.join(" ")
    };
    let report = world.report();
    assert!(report.findings.iter().all(|finding| finding.rule == "leftover-record"), "{:#?}", report.findings);
    report.findings.iter().map(row).collect()
}

fn status(report: &Report, item: &str) -> ItemStatus {
    report.checklist.iter().find(|row| row.item == item).unwrap_or_else(|| panic!("no item {item}")).status
}

#[test]
fn nothing_left_is_a_proof() {
    let report = gone().report();
    assert_eq!((report.verdict, report.findings.len()), (Verdict::Ok, 0), "{:#?}", report.findings);
    assert!(report.forecast.is_empty() && report.addresses.is_empty() && report.unverified.is_empty());
    for item in ["alias", "host", "apex", "gc", "srv", "ns", "ptr"] {
        assert_eq!(status(&report, item), ItemStatus::Pass, "{item}");
    }
    assert_eq!(status(&report, "transfer"), ItemStatus::NotChecked, "nobody gives away zones");
    let transferred = gone().transferable("dc1").transferable("dc2").report();
    assert_eq!(status(&transferred, "transfer"), ItemStatus::Pass, "{:#?}", transferred.checklist);
    let unserved = gone().reply("dc1", &format!("{PTR} PTR"), Reply::Bare);
    let unserved = unserved.reply("dc2", &format!("{PTR} PTR"), Reply::Rcode(5)).report();
    assert_eq!(status(&unserved, "ptr"), ItemStatus::NotChecked, "no server has the reverse zone");
    assert_eq!(unserved.verdict, Verdict::Ok, "{:#?}", unserved.findings);
    // The domain controllers may be unknown.
    let none = CONFIG.split("domain_controllers").next().unwrap();
    assert_eq!(about(none, &[GUID], &[HOST], &[ADDRESS]).report().verdict, Verdict::Ok);
}

#[test]
fn every_kind_of_record_is_found_once_with_its_removal() {
    let lines = [
        format!("{ALIAS} 600 CNAME DC9.contoso.com"),
        format!("{HOST} 1200 A {ADDRESS}"),
        format!("contoso.com 600 A {ADDRESS}"),
        format!("gc._msdcs.contoso.com 600 A {ADDRESS}"),
        format!("domaindnszones.contoso.com 600 A {ADDRESS}"),
        "_ldap._tcp.contoso.com 600 SRV 0,100,389,DC9.Contoso.com".to_owned(),
        format!("_ldap._tcp.default-first-site-name._sites.dc._msdcs.contoso.com 600 SRV 0,100,389,{HOST}"),
        format!("_msdcs.contoso.com 3600 NS {HOST}"),
        format!("{PTR} 1200 PTR {HOST}"),
        "2.0.192.in-addr.arpa 3600 SOA dc1.contoso.com".to_owned(),
    ];
    let world = || lines.iter().fold(gone(), |world, line| world.add("dc2", line));
    let expected = [
        format!("fail PTR {PTR} {HOST} @dc2"),
        format!("fail CNAME {ALIAS} {HOST} @dc2"),
        format!("fail SRV _ldap._tcp.contoso.com 0 100 389 {HOST} @dc2"),
        format!("fail SRV _ldap._tcp.default-first-site-name._sites.dc._msdcs.contoso.com 0 100 389 {HOST} @dc2"),
        format!("fail NS _msdcs.contoso.com {HOST} @dc2"),
        format!("fail A contoso.com {ADDRESS} @dc2"),
        format!("fail A {HOST} {ADDRESS} @dc2"),
        format!("fail A domaindnszones.contoso.com {ADDRESS} @dc2"),
        format!("fail A gc._msdcs.contoso.com {ADDRESS} @dc2"),
    ];
    assert_eq!(rows(world()), expected);
    // What a transfer shows, too, is the same finding.
    assert_eq!(rows(world().transferable("dc2")), expected);
    let report = world().report();
    assert_eq!(report.verdict, Verdict::Warning);
    for item in ["alias", "host", "apex", "gc", "srv", "ns", "ptr"] {
        assert_eq!(status(&report, item), ItemStatus::Fail, "{item}");
    }
    let commands: Vec<String> = report.findings.iter().flat_map(samba).collect();
    let expected = [
        "# delete 192.0.2.11 2.0.192.in-addr.arpa 19 PTR dc9.contoso.com.",
        "# delete 192.0.2.11 _msdcs.contoso.com 99999999-9999-4999-8999-999999999999 CNAME dc9.contoso.com.",
        "# delete 192.0.2.11 contoso.com _ldap._tcp SRV 'dc9.contoso.com. 389 0 100'",
        "# delete 192.0.2.11 _msdcs.contoso.com _ldap._tcp.default-first-site-name._sites.dc SRV 'dc9.contoso.com. 389 0 100'",
        "# delete 192.0.2.11 _msdcs.contoso.com '@' NS dc9.contoso.com.",
        "# delete 192.0.2.11 contoso.com '@' A 192.0.2.19",
        "# delete 192.0.2.11 contoso.com dc9 A 192.0.2.19",
        "# delete 192.0.2.11 contoso.com domaindnszones A 192.0.2.19",
        "# delete 192.0.2.11 _msdcs.contoso.com gc A 192.0.2.19",
    ];
    assert_eq!(commands, expected);
}

#[test]
fn what_others_have_is_no_leftover() {
    // A live DC has the address now, by the configuration or by its host record.
    let config = CONFIG.replace("addresses: [192.0.2.11]", "addresses: [192.0.2.11, 192.0.2.19]");
    let apex = format!("contoso.com 600 A {ADDRESS}");
    assert_eq!(rows(about(&config, &[GUID], &[HOST], &[ADDRESS]).add("dc1", &apex)), [""; 0]);
    let record = format!("dc2.contoso.com 1200 A {ADDRESS}");
    assert_eq!(rows(gone().add("dc1", &apex).add("dc2", &record)), [""; 0]);
    // A file server has it now, with its own reverse record.
    let files = gone().add("dc1", &format!("files.contoso.com 1200 A {ADDRESS}"));
    let files = files.add("dc1", &format!("{PTR} 1200 PTR files.contoso.com")).transferable("dc1");
    assert_eq!(rows(files), [""; 0]);
    // A name that only ends in the same letters.
    let other = gone().add("dc1", "_ldap._tcp.contoso.com 600 SRV 0,100,389,xdc9.contoso.com").transferable("dc1");
    assert_eq!(rows(other), [""; 0]);
    // A wildcard makes every name.
    let wildcard =
        gone().add("dc1", "*.contoso.com 600 A 192.0.2.77").add("dc1", "*._msdcs.contoso.com 600 CNAME x.contoso.com");
    assert_eq!(rows(wildcard), [""; 0]);
}

#[test]
fn a_wildcard_that_leads_there_is_reported_as_what_it_is() {
    let address = gone()
        .add("dc1", &format!("*.contoso.com 600 A {ADDRESS}"))
        .add("dc1", &format!("contoso.com 600 A {ADDRESS}"));
    let expected = [format!("fail A *.contoso.com {ADDRESS} @dc1"), format!("fail A contoso.com {ADDRESS} @dc1")];
    assert_eq!(rows(address), expected);
    let alias = gone().add("dc1", &format!("*._msdcs.contoso.com 600 CNAME {HOST}"));
    let finding = alias.finding("leftover-record");
    assert_eq!(finding.name.as_deref(), Some("*._msdcs.contoso.com"));
    assert_eq!(
        samba(&finding),
        ["# delete 192.0.2.11 _msdcs.contoso.com '*' CNAME dc9.contoso.com.".replace(".11", ".10")]
    );
}

#[test]
fn what_a_passed_on_address_still_says_of_the_former_dc_is_found() {
    let config = CONFIG.replace("addresses: [192.0.2.11]", "addresses: [192.0.2.11, 192.0.2.19]");
    let world = || about(&config, &[GUID], &[HOST], &[ADDRESS]);
    let left = world().add("dc1", &format!("{PTR} 1200 PTR {HOST}"));
    assert_eq!(rows(left), [format!("fail PTR {PTR} {HOST} @dc1")]);
    for reply in [Reply::Rcode(5), Reply::Bare] {
        assert_eq!(rows(world().reply("dc2", &format!("{PTR} PTR"), reply)), [""; 0], "it does not serve the zone");
    }
    let lost = world().reply("dc2", &format!("{PTR} PTR"), Reply::Timeout);
    assert_eq!(rows(lost), [format!("unknown PTR {PTR}  @dc2")]);
}

#[test]
fn hostile_names_stay_one_word_of_a_command() {
    let world = gone().add("dc1", &format!("a'$(id);b.contoso.com 600 CNAME {HOST}")).transferable("dc1");
    let finding = world.finding("leftover-record");
    // In presentation form, as the servers' tools take it, and quoted for the shell.
    let name = r"'a'\''\$\(id\)\;b'";
    assert_eq!(samba(&finding), [format!("# delete 192.0.2.10 contoso.com {name} CNAME dc9.contoso.com.")]);
    assert!(finding.remedy[1].contains(r"-Name 'a''\$\(id\)\;b' -RRType"), "{}", finding.remedy[1]);
}

#[test]
fn a_host_teaches_its_addresses_and_aliases() {
    let alias = format!("{ALIAS} 600 CNAME {HOST}");
    let host = format!("{HOST} 1200 A {ADDRESS}");
    let apex = format!("contoso.com 600 A {ADDRESS}");
    let world = || about(CONFIG, &[], &[HOST], &[]).add("dc1", &alias).add("dc1", &host).add("dc2", &apex);
    // Only a transfer shows the alias, and then it is looked for at every server.
    let seen = rows(world().transferable("dc1").add("dc2", &alias));
    let fails: Vec<&String> = seen.iter().filter(|row| row.starts_with("fail")).collect();
    let expected = [
        format!("fail CNAME {ALIAS} {HOST} @dc1"),
        format!("fail CNAME {ALIAS} {HOST} @dc2"),
        format!("fail A contoso.com {ADDRESS} @dc2"),
        format!("fail A {HOST} {ADDRESS} @dc1"),
    ];
    assert_eq!(fails, expected.iter().collect::<Vec<_>>());
    let unseen = rows(world());
    assert!(unseen.contains(&"unknown CNAME _msdcs.contoso.com  @-".to_owned()), "{unseen:?}");
    assert!(!unseen.iter().any(|row| row.contains(ALIAS)), "{unseen:?}");
}

#[test]
fn a_site_of_a_transfer_is_asked_for_everywhere() {
    let site = "_ldap._tcp.branch._sites.contoso.com 600 SRV 0,100,389";
    let world = gone().add("dc1", &format!("{site},dc1.contoso.com")).add("dc2", &format!("{site},{HOST}"));
    assert_eq!(
        rows(world.transferable("dc1")),
        [format!("fail SRV _ldap._tcp.branch._sites.contoso.com 0 100 389 {HOST} @dc2")]
    );
}

/// Names of sites hold blanks and more, and DNS compares the letters of ASCII alone without case.
#[test]
fn a_configured_site_is_asked_for_whatever_its_name_holds() {
    for (site, label) in [("Head Office", r"head\032office"), ("ÖBB (1)", r"\195\150bb\032\(1\)")] {
        let config = CONFIG.replacen("host: dc1.contoso.com", &format!("site: '{site}', host: dc1.contoso.com"), 1);
        let owner = format!("_kerberos._tcp.{label}._sites.contoso.com");
        let world = about(&config, &[GUID], &[HOST], &[ADDRESS]);
        let seen = rows(world.add("dc2", &format!("{owner} 600 SRV 0,100,88,{HOST}")));
        assert_eq!(seen, [format!("fail SRV {owner} 0 100 88 {HOST} @dc2")], "{site}");
    }
}

#[test]
fn a_guid_alone_proves_only_its_alias() {
    let world = || about(CONFIG, &[GUID], &[], &[]);
    let report = world().report();
    assert_eq!(report.verdict, Verdict::Unknown);
    assert_eq!(status(&report, "alias"), ItemStatus::Pass);
    assert_eq!(status(&report, "srv"), ItemStatus::NotChecked);
    assert_eq!(status(&report, "apex"), ItemStatus::NotChecked);
    // The alias tells the host, and the host its address.
    let world =
        world().add("dc1", &format!("{ALIAS} 600 CNAME {HOST}")).add("dc2", &format!("{HOST} 1200 A {ADDRESS}"));
    let seen = rows(world.add("dc2", &format!("_gc._tcp.contoso.com 600 SRV 0,100,3268,{HOST}")));
    let expected = [
        format!("fail SRV _gc._tcp.contoso.com 0 100 3268 {HOST} @dc2"),
        format!("fail CNAME {ALIAS} {HOST} @dc1"),
        format!("fail A {HOST} {ADDRESS} @dc2"),
    ];
    let mut seen = seen;
    seen.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(seen, expected);
}

#[test]
fn a_live_dc_is_no_former_one() {
    let world = about(CONFIG, &[GUID], &["dc2.contoso.com"], &["192.0.2.11"]);
    let report = world.report();
    assert_eq!(report.verdict, Verdict::Unknown);
    assert!(report.findings.iter().all(|finding| finding.actual.is_empty()), "{:#?}", report.findings);
    assert!(report.findings.iter().any(|finding| finding.message.contains("still configured as a DC")));
    // Its alias still leads to a live DC's host: that host is not the former DC's.
    let reused = gone().add("dc1", &format!("{ALIAS} 600 CNAME dc2.contoso.com"));
    assert_eq!(rows(reused), [format!("fail CNAME {ALIAS} dc2.contoso.com @dc1")]);
}

#[test]
fn what_cannot_be_seen_is_unknown() {
    let silent = gone().reply("dc2", "", Reply::Timeout);
    assert_eq!(rows(silent), ["unknown - -  @dc2"]);
    let one = gone().reply("dc2", "_gc._tcp.contoso.com SRV", Reply::Rcode(2));
    assert_eq!(rows(one), ["unknown SRV _gc._tcp.contoso.com  @dc2"]);
    let report = gone().reply("dc2", "_gc._tcp.contoso.com SRV", Reply::Bare).report();
    assert_eq!((report.verdict, status(&report, "srv")), (Verdict::Unknown, ItemStatus::NotChecked));
    // A server without the reverse zone refuses what it would refuse to everybody.
    let refused = gone().reply("dc2", &format!("{PTR} PTR"), Reply::Rcode(5));
    assert_eq!(rows(refused), [""; 0]);
    let cached = gone().reply("dc2", &format!("{HOST} A"), Reply::Cached("dc9.contoso.com 30 A 192.0.2.19"));
    let finding = cached.finding("leftover-record");
    assert!(finding.remedy[0].contains("mend the record on the servers that have authority"), "{:?}", finding.remedy);
}

#[test]
fn the_rule_is_for_its_command_alone() {
    let world = World::new().add("dc1", &format!("{ALIAS} 600 CNAME {HOST}"));
    assert_eq!(world.rows("leftover-record"), [""; 0]);
    let mut world = gone().remove("dc1", "dc2.contoso.com");
    assert_eq!(rows(world), [""; 0], "what live DCs lack is not the question");
    world = gone().remove("dc1", "dc2.contoso.com");
    world.evidence.selection.only = vec!["host-missing".into()];
    let report = world.report();
    assert!(report.findings.iter().any(|finding| finding.rule == "host-missing"));
    assert!(report.checklist.is_empty());
}
