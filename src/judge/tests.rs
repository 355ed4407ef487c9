//! The rows of the report.

use super::groups::letters;
use super::judge;
use crate::report::{Outcome, ServerStatus, Verdict};
use crate::testing::{ALIAS2, CONFIG, Reply, World};

/// The letters of the servers, in their order.
fn groups_of(world: World) -> Vec<String> {
    world.report().servers.into_iter().map(|server| server.group.unwrap_or_else(|| "-".into())).collect()
}

fn three_servers() -> World {
    World::with(&CONFIG.replace("[{name: dc1", "[{name: dc3, address: 192.0.2.12}, {name: dc1"))
}

#[test]
fn servers_with_the_same_data_share_a_letter() {
    assert_eq!(groups_of(three_servers()), ["A", "A", "A"]);
    assert_eq!(groups_of(three_servers().remove("dc2", ALIAS2)), ["A", "B", "A"], "an island");
    assert_eq!(groups_of(three_servers().reply("dc2", "", Reply::Timeout)), ["A", "-", "A"]);
    let unseen = three_servers().remove("dc1", ALIAS2).reply("dc2", "dc2.contoso.com A", Reply::Timeout);
    assert_eq!(groups_of(unseen), ["A", "B", "B"], "what was not seen contradicts nothing");
    let ttl = three_servers().remove("dc2", "dc2.contoso.com").add("dc2", "DC2.contoso.com 77 A 192.0.2.11");
    assert_eq!(groups_of(ttl), ["A", "A", "A"], "case and TTL are no data");
}

#[test]
fn letters_go_on_after_z() {
    let named: Vec<String> = [0, 25, 26, 51, 52, 701, 702].into_iter().map(letters).collect();
    assert_eq!(named, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
}

#[test]
fn servers_say_how_they_behaved() {
    let report = three_servers()
        .reply("dc1", "", Reply::Rcode(5))
        .reply("dc2", "dc1.contoso.com A", Reply::Timeout)
        .reply("dc3", "", Reply::Timeout)
        .report();
    let status: Vec<ServerStatus> = report.servers.iter().map(|server| server.status).collect();
    assert_eq!(status, [ServerStatus::Refusing, ServerStatus::Partial, ServerStatus::Silent]);
    let partial = &report.servers[1];
    assert_eq!((partial.questions - partial.answers, partial.rtt_ms), (1, Some(0.4)));
    assert_eq!(report.servers[2].rtt_ms, None);
}

#[test]
fn addresses_are_listed_under_the_names_that_hold_them() {
    let report = World::new().add("dc2", "dc2.contoso.com 1200 A 192.0.2.99").report();
    let rows: Vec<String> =
        report.addresses.iter().map(|row| format!("{} {} {}", row.dc, row.address, row.names.join(" "))).collect();
    assert_eq!(
        rows,
        [
            "dc1.contoso.com 192.0.2.10 dc1.contoso.com",
            "dc2.contoso.com 192.0.2.11 dc2.contoso.com",
            "dc2.contoso.com 192.0.2.99 dc2.contoso.com",
        ]
    );
}

#[test]
fn a_server_that_had_no_time_to_answer_counts_as_silent_and_unknown() {
    use crate::base::dns::RecordType;
    use crate::evidence::{Answer, NotAsked, Outcome as Ended};
    let mut cut = crate::testing::evidence(CONFIG);
    let question = cut.intern_question(&crate::testing::name("contoso.com"), RecordType::SOA, true);
    let answer = Answer::without_reply(Ended::NotAsked(NotAsked::Deadline), 1);
    cut.column_mut("192.0.2.10:53".parse().unwrap()).settle(question, answer);
    let report = judge(&cut, false);
    assert_eq!(report.servers[0].status, ServerStatus::Silent);
    assert!(report.findings.iter().all(|finding| finding.outcome == Outcome::Unknown), "{:?}", report.findings);
    assert_eq!(report.verdict, Verdict::Unknown);
}
