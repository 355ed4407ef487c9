//! What must hold for every forest, whatever its servers say: small random forests, through the whole way from the plan
//! to the report.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::evidence::probe::AddressReplies;
use crate::evidence::{Evidence, file};
use crate::findings::Group;
use crate::render::tests::plugin_text;
use crate::render::{Format, RenderOptions, render};
use crate::report::{Finding, Outcome, Report, Severity, Verdict};
use crate::rules;
use crate::testing::{Reply, World, machines};
use crate::{forecast, judge};

/// A random forest; DCs and servers are called by their numbers.
#[derive(Clone, Debug)]
struct Forest {
    /// What each DC owns, and whether it is read-only.
    dcs: Vec<(&'static str, bool)>,
    servers: usize,
    /// Server and record: on top of what a healthy server holds.
    added: Vec<(Index, String)>,
    /// Server and name: a healthy server would hold it.
    removed: Vec<(Index, String)>,
    /// Server and question, and what is said to it.
    replies: Vec<(Index, String, Reply)>,
    /// Of each server: whether it is a secondary, and whether it runs on the DC of its number.
    marks: [(bool, bool); MAX_DCS],
    /// Address, and who answers there.
    machines: Vec<(&'static str, Machine)>,
}

/// Who answers at an address; DCs by their numbers.
#[derive(Clone, Copy, Debug)]
enum Machine {
    /// A DC of this host name and this GUID.
    Dc(usize, usize),
    /// One whose NTDS Settings object is gone.
    WithoutSettings(usize),
    /// It goes by a DC's name, or by another one, and serves no directory.
    WithoutDirectory(Option<usize>),
    Refusing(usize),
    Inconclusive,
    Silent,
}

impl Machine {
    fn replies(self) -> AddressReplies {
        match self {
            Self::Dc(name, number) => machines::dc(&host(name), &guid(number)),
            Self::WithoutSettings(number) => machines::without_settings(&host(number), &guid(number)),
            Self::WithoutDirectory(name) => machines::without_directory(&name.map_or("files.contoso.com".into(), host)),
            Self::Refusing(name) => machines::refusing(&host(name)),
            Self::Inconclusive => machines::inconclusive(),
            Self::Silent => machines::silent(),
        }
    }

    /// Whether it has said that it is another machine than a DC; a GUID proves more than a name.
    fn is_not(self, dc: usize) -> bool {
        match self {
            Self::Dc(_, own) | Self::WithoutSettings(own) | Self::WithoutDirectory(Some(own)) => own != dc,
            Self::WithoutDirectory(None) => true,
            Self::Refusing(_) | Self::Inconclusive | Self::Silent => false,
        }
    }
}

fn residents() -> impl Strategy<Value = (&'static str, Machine)> {
    let dc = 0..=MAX_DCS;
    let machine = prop_oneof![
        3 => dc.clone().prop_map(|dc| Machine::Dc(dc, dc)),
        1 => (dc.clone(), dc.clone()).prop_map(|(name, number)| Machine::Dc(name, number)),
        1 => dc.clone().prop_map(Machine::WithoutSettings),
        2 => proptest::option::of(dc.clone()).prop_map(Machine::WithoutDirectory),
        1 => dc.prop_map(Machine::Refusing),
        1 => Just(Machine::Inconclusive),
        1 => Just(Machine::Silent),
    ];
    let addresses =
        ["192.0.2.10", "192.0.2.11", "192.0.2.12", "192.0.2.99", "10.9.0.1", "2001:db8::10", "2002:c000:201::1"];
    (select(addresses.to_vec()), machine)
}

const MAX_DCS: usize = 4;

fn guid(dc: usize) -> String {
    format!("{dc:08x}-0000-4000-8000-000000000000")
}

fn alias(dc: usize) -> String {
    format!("{}._msdcs.contoso.com", guid(dc))
}

fn host(dc: usize) -> String {
    format!("dc{dc}.contoso.com")
}

/// Names that matter, and one that does not.
fn names() -> impl Strategy<Value = String> {
    let dc = 0..MAX_DCS;
    prop_oneof![
        4 => dc.clone().prop_map(host),
        4 => dc.prop_map(alias),
        1 => Just("old.example".to_owned()),
        1 => select(vec!["*.contoso.com", "*._msdcs.contoso.com", "_msdcs.contoso.com", "contoso.com"]).prop_map(String::from),
    ]
}

fn data() -> impl Strategy<Value = String> {
    let v4 =
        select(vec!["192.0.2.10", "192.0.2.11", "192.0.2.12", "192.0.2.99", "169.254.1.1", "127.0.0.1", "10.9.0.1"]);
    let v6 = select(vec!["2001:db8::10", "fe80::1", "2002:c000:201::1", "64:ff9b::1"]);
    let target = prop_oneof![names(), (0..MAX_DCS).prop_map(|dc| host(dc).to_uppercase())];
    prop_oneof![
        v4.prop_map(|address| format!("A {address}")),
        v6.prop_map(|address| format!("AAAA {address}")),
        target.prop_map(|target| format!("CNAME {target}")),
    ]
}

fn records() -> impl Strategy<Value = String> {
    (names(), select(vec![7, 600, 1200]), data()).prop_map(|(name, ttl, data)| format!("{name} {ttl} {data}"))
}

fn replies() -> impl Strategy<Value = (Index, String, Reply)> {
    let question =
        (names(), select(vec!["A", "AAAA", "CNAME", "SOA"])).prop_map(|(name, rtype)| format!("{name} {rtype}"));
    let question = prop_oneof![6 => question, 1 => Just(String::new())];
    let lines = select(vec![
        "dc1.contoso.com 7 A 192.0.2.99",
        "dc1.contoso.com 600 CNAME dc1.contoso.com",
        "dc1.contoso.com 600 CNAME dc0.contoso.com\ndc0.contoso.com 600 CNAME dc1.contoso.com",
        "00000001-0000-4000-8000-000000000000._msdcs.contoso.com 600 CNAME dc1.contoso.com",
        "contoso.com 600 SOA dc1.contoso.com",
    ]);
    let reply = prop_oneof![
        Just(Reply::Timeout),
        select(vec![1, 2, 3, 5, 9, 17]).prop_map(Reply::Rcode),
        Just(Reply::Bare),
        Just(Reply::NxDomain),
        Just(Reply::Denied),
        Just(Reply::Truncated),
        lines.clone().prop_map(Reply::Cached),
        lines.prop_map(Reply::Records),
    ];
    (any::<Index>(), question, reply)
}

fn forests() -> impl Strategy<Value = Forest> {
    let owned = select(vec!["[]", "[192.0.2.10]", "[192.0.2.11, '2001:db8::10']", "[192.0.2.12]", "[192.0.2.0/28]"]);
    let some = |max| 0..max;
    (
        proptest::collection::vec((owned, proptest::bool::weighted(0.3)), 2..=MAX_DCS),
        1..=4usize,
        proptest::collection::vec((any::<Index>(), records()), some(6)),
        proptest::collection::vec((any::<Index>(), names()), some(4)),
        proptest::collection::vec(replies(), some(5)),
        proptest::array::uniform4((proptest::bool::weighted(0.2), proptest::bool::weighted(0.3))),
        proptest::collection::vec(residents(), some(6)),
    )
        .prop_map(|(dcs, servers, added, removed, replies, marks, machines)| Forest {
            dcs,
            servers,
            added,
            removed,
            replies,
            marks,
            machines,
        })
}

/// Records of a DC that no random record touches.
const NEW_DC: usize = 9;

impl Forest {
    fn config(&self, reversed: bool, with_new_dc: bool) -> String {
        let mut servers: Vec<String> = (0..self.servers).map(|server| self.server(server)).collect();
        let mut dcs: Vec<String> = self.dcs.iter().zip(0..).map(|(dc, number)| entry(number, *dc)).collect();
        if with_new_dc {
            dcs.push(entry(NEW_DC, ("[203.0.113.9]", false)));
        }
        if reversed {
            servers.reverse();
            dcs.reverse();
        }
        format!(
            "forest: contoso.com\ndns_servers: [{}]\ndomain_controllers: [{}]\navoid_networks: [10.9.0.0/16]\n",
            servers.join(", "),
            dcs.join(", ")
        )
    }

    /// The forest, everything in it in the other order if `reversed`.
    fn world(&self, reversed: bool, with_new_dc: bool) -> World {
        let mut world = World::with(&self.config(reversed, with_new_dc)).reversed(reversed);
        let server = |index: &Index| format!("s{}", index.index(self.servers));
        let mut healthy: Vec<String> =
            ["contoso.com", "_msdcs.contoso.com"].map(|zone| format!("{zone} 3600 SOA {}", host(0))).into();
        for (number, (owned, _)) in self.dcs.iter().enumerate() {
            healthy.push(format!("{} 600 CNAME {}", alias(number), host(number)));
            let address = owned.trim_matches(['[', ']']).split([',', '/']).next().filter(|text| !text.is_empty());
            healthy.push(format!("{} 1200 A {}", host(number), address.unwrap_or("192.0.2.99")));
        }
        if with_new_dc {
            healthy.push(format!("{} 600 CNAME {}", alias(NEW_DC), host(NEW_DC)));
            healthy.push(format!("{} 1200 A 203.0.113.9", host(NEW_DC)));
        }
        for number in 0..self.servers {
            let name = format!("s{number}");
            world = world.clear(&name);
            world = healthy.iter().fold(world, |world, line| world.add(&name, line));
        }
        for (index, name) in &self.removed {
            world = world.remove(&server(index), name);
        }
        for (index, line) in &self.added {
            world = world.add(&server(index), line);
        }
        for (index, question, reply) in &self.replies {
            world = world.reply(&server(index), question, reply.clone());
        }
        world
    }

    fn server(&self, number: usize) -> String {
        let (secondary, on_dc) = self.marks[number];
        let on = if on_dc && number < self.dcs.len() { format!(", dc: {}", host(number)) } else { String::new() };
        format!("{{name: s{number}, address: 198.51.100.{number}, secondary: {secondary}{on}}}")
    }

    /// The forest, and who answers at its addresses.
    fn inhabited(&self) -> World {
        let machines = self.machines.iter();
        machines.fold(self.world(false, false), |world, (address, machine)| world.machine(address, machine.replies()))
    }

    /// Why a command that adds a record would do harm, if it would.
    fn harm(&self, world: &World, finding: &Finding, name: &str, rtype: &str, data: &str) -> Option<&'static str> {
        let server = finding.server.as_deref()?;
        let number: usize = server.strip_prefix('s')?.parse().ok()?;
        let (secondary, on_dc) = self.marks[number];
        if secondary || (on_dc && self.dcs.get(number).is_some_and(|(_, read_only)| *read_only)) {
            return Some("the server takes no change");
        }
        let answers_otherwise = self.replies.iter().any(|(index, ..)| index.index(self.servers) == number);
        let held = world.types_at(server, name);
        if !answers_otherwise && held.iter().any(|held| held == "CNAME" || rtype == "CNAME") {
            return Some("something else stands there");
        }
        let dc = (0..MAX_DCS).find(|dc| finding.dc.as_deref() == Some(&*host(*dc)))?;
        let last = self.machines.iter().rev().find(|(address, _)| *address == data);
        last.is_some_and(|(_, machine)| machine.is_not(dc)).then_some("another machine has that address")
    }

    fn observe(&self) -> Evidence {
        self.inhabited().observe()
    }
}

fn entry(number: usize, (owned, read_only): (&str, bool)) -> String {
    let roles = if read_only { "[rodc]" } else { "[]" };
    format!("{{host: {}, guid: {}, addresses: {owned}, roles: {roles}}}", host(number), guid(number))
}

fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).expect("a report is JSON")
}

/// Every fail, without what it says in detail.
fn fails(report: &Report) -> BTreeSet<String> {
    let fails = report.findings.iter().filter(|finding| finding.outcome == Outcome::Fail);
    fails.map(|finding| format!("{} {:?} {:?} {:?}", finding.rule, finding.dc, finding.server, finding.rtype)).collect()
}

/// An evidence file with its servers, their answers, and the records of each in another order.
fn shuffled(text: &[u8], turns: usize) -> Vec<u8> {
    fn turn(list: &mut serde_json::Value, turns: usize) -> &mut [serde_json::Value] {
        let Some(list) = list.as_array_mut() else { return &mut [] };
        list.reverse();
        if !list.is_empty() {
            let by = turns % list.len();
            list.rotate_left(by);
        }
        list
    }
    let mut file: serde_json::Value = serde_json::from_slice(text).expect("JSON");
    for server in turn(&mut file["servers"], turns) {
        for answer in turn(&mut server["answers"], turns + 1) {
            for section in ["records", "authority", "flags"] {
                if let Some(section) = answer.get_mut(section) {
                    turn(section, turns + 2);
                }
            }
        }
    }
    file.to_string().into_bytes()
}

fn group(rule: &str) -> Group {
    rules::find(rule).expect("a rule of the registry").group
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_makes_no_difference(forest in forests()) {
        let [one, other] = [false, true].map(|reversed| json(&forest.world(reversed, false).report()));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn what_is_worked_out_once_is_what_each_server_says(forest in forests()) {
        let evidence = forest.observe();
        let inventory = crate::inventory::derive(&evidence);
        let view = crate::view::View::new(&inventory, &evidence);
        for dc in &inventory.dcs {
            for server in &inventory.servers {
                let (alias, host) = (dc.alias.as_ref().expect("a GUID"), dc.host.as_ref().expect("a host"));
                prop_assert_eq!(view.alias(dc, server), &view.hear_alias(server, alias));
                prop_assert_eq!(view.host(dc, server), &view.hear_both(server, view.id(host)));
                prop_assert_eq!(&*view.both(server, host), view.host(dc, server));
                for address in view.host(dc, server).addresses() {
                    prop_assert_eq!(view.ownership(dc, address), view.find_owner(dc, address));
                }
            }
        }
        prop_assert_eq!(forecast::run(&view, rules::owner), forecast::run_each(&view, rules::owner));
    }

    #[test]
    fn a_healthy_dc_adds_no_failure(forest in forests()) {
        let before = fails(&forest.world(false, false).report());
        let after = fails(&forest.world(false, true).report());
        let about_it = |fail: &&String| !before.contains(*fail);
        let added: Vec<&String> = after.iter().filter(about_it).collect();
        // Servers that give random answers to its questions, or none of its records, are no place for a healthy DC.
        let whole = forest.replies.iter().all(|(_, question, _)| !question.is_empty());
        prop_assert!(added.is_empty() || !whole, "{:?}", added);
    }

    #[test]
    fn silence_is_no_failure_of_the_data(forest in forests()) {
        let silent = (0..forest.servers).fold(forest.world(false, false), |world, server| {
            world.no_replies(&format!("s{server}")).reply(&format!("s{server}"), "", Reply::Timeout)
        });
        for finding in silent.report().findings {
            let allowed = finding.outcome != Outcome::Fail || finding.rule == "server-silent";
            prop_assert!(allowed, "{:?}", finding);
        }
    }

    #[test]
    fn saved_evidence_gives_the_same_report(forest in forests()) {
        let evidence = forest.observe();
        let mut saved = Vec::new();
        file::write(&evidence, &mut saved).expect("memory has room");
        let back = file::read(&saved, None, &rules::names()).unwrap_or_else(|error| panic!("{error}"));
        prop_assert_eq!(json(&judge::judge(&back, true)), json(&judge::judge(&evidence, true)));
    }

    #[test]
    fn the_order_in_an_evidence_file_makes_no_difference(forest in forests(), turns in 0..7usize) {
        let mut saved = Vec::new();
        file::write(&forest.observe(), &mut saved).expect("memory has room");
        let reports = [saved.clone(), saved.clone(), shuffled(&saved, turns)].map(|text| {
            let evidence = file::read(&text, None, &rules::names()).unwrap_or_else(|error| panic!("{error}"));
            let report = judge::judge(&evidence, true);
            Format::all().iter().map(|&format| {
                let mut out = Vec::new();
                render(format, &report, &RenderOptions::default(), &mut out).expect("memory has room");
                out
            }).collect::<Vec<_>>()
        });
        prop_assert_eq!(&reports[0], &reports[1], "the same file twice");
        let text = |report: &[Vec<u8>]| -> Vec<String> {
            report.iter().map(|out| String::from_utf8(out.clone()).expect("UTF-8")).collect()
        };
        prop_assert_eq!(text(&reports[0]), text(&reports[2]), "in another order");
    }

    #[test]
    fn what_people_read_adds_up(forest in forests()) {
        crate::render::story::tests::assert_adds_up(&forest.world(false, false).report());
    }

    #[test]
    fn plugin_output_is_plain_and_our_own_words_need_no_escape(forest in forests()) {
        let mut out = Vec::new();
        let report = forest.inhabited().report();
        render(Format::Nagios, &report, &RenderOptions::default(), &mut out).expect("memory has room");
        let out = String::from_utf8(out).expect("UTF-8");
        plugin_text::assert_output(&out);
        // The only odd names of these forests are wildcards.
        prop_assert!(!out.contains('{'), "{}", out);
    }

    #[test]
    fn a_read_only_dc_is_never_critical(forest in forests()) {
        let report = forest.inhabited().report();
        for finding in &report.findings {
            let number = finding.dc.as_deref().and_then(|dc| (0..forest.dcs.len()).find(|number| host(*number) == dc));
            if number.is_some_and(|number| forest.dcs[number].1) && matches!(group(&finding.rule), Group::Alias | Group::Host) {
                prop_assert!(finding.severity < Severity::Critical && finding.predicts.is_empty(), "{:?}", finding);
            }
        }
        let sources = forest.dcs.iter().filter(|(_, read_only)| !read_only).count();
        prop_assert_eq!(report.forecast.len(), sources * forest.servers);
    }

    #[test]
    fn no_verdict_is_better_than_its_forecast(forest in forests()) {
        let report = forest.inhabited().report();
        for row in report.forecast.iter().filter(|row| row.is_broken()) {
            let owns = |finding: &&Finding| {
                finding.outcome == Outcome::Fail && finding.severity == Severity::Critical
                    && finding.server.as_deref() == Some(row.server.as_str())
                    && finding.dc.as_deref().is_none_or(|dc| dc == row.source.as_str())
            };
            prop_assert!(report.findings.iter().any(|finding| owns(&finding)), "{:?}", row);
            prop_assert_eq!(report.verdict, Verdict::Critical);
        }
    }

    #[test]
    fn what_can_be_pasted_does_no_harm(forest in forests()) {
        let world = forest.inhabited();
        let report = forest.inhabited().report();
        for finding in &report.findings {
            for line in finding.remedy.iter().filter_map(|line| line.strip_prefix("samba-tool dns add ")) {
                let words: Vec<&str> = line.split(' ').collect();
                let [_, zone, relative, rtype, data, ..] = words[..] else { panic!("{line}") };
                let harm = forest.harm(&world, finding, &format!("{relative}.{zone}"), rtype, data);
                prop_assert_eq!(harm, None, "{}: {:?}", line, finding);
            }
        }
    }

    #[test]
    fn the_forecast_names_only_rules_that_speak(forest in forests()) {
        let report = forest.inhabited().report();
        for row in &report.forecast {
            for rule in &row.rules {
                let speaks = |finding: &Finding| {
                    finding.rule == *rule && finding.outcome != Outcome::Pass
                        && finding.server.as_deref() == Some(row.server.as_str())
                        && finding.dc.as_deref().is_none_or(|dc| dc == row.source.as_str())
                };
                prop_assert!(report.findings.iter().any(speaks), "{}: {:?}", rule, row);
            }
        }
    }

    #[test]
    fn findings_are_told_apart_and_say_what_to_do(forest in forests()) {
        let report = forest.inhabited().report();
        let mut seen = BTreeSet::new();
        for finding in &report.findings {
            let row = (&finding.rule, &finding.dc, &finding.server, &finding.name, &finding.rtype);
            prop_assert!(seen.insert(row), "twice: {:?}", row);
            prop_assert!(!finding.message.is_empty());
            prop_assert!(
                finding.outcome != Outcome::Fail || finding.severity == Severity::Info || !finding.remedy.is_empty(),
                "no next step: {:?}", finding
            );
            let destroys = |line: &str| ["delete", "Remove-"].iter().any(|word| line.contains(word));
            let runnable = finding.remedy.iter().find(|line| !line.starts_with('#') && destroys(line));
            prop_assert_eq!(runnable, None, "nothing has proved that it is to go");
            let known = rules::find(&finding.rule).expect("a rule of the registry").predicts;
            prop_assert!(finding.predicts.iter().all(|code| known.contains(code)), "{:?}", finding);
        }
    }
}
