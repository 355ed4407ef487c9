//! How often servers are asked, in which ids, and in how many rounds.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use guidpost::base::name::DnsName;
use guidpost::config::Query;
use guidpost::evidence::Plan;
use guidpost::evidence::{Evidence, Outcome, Resolved};
use guidpost::observe::{self, Progress, Session, SessionOptions};

use crate::liar::{Act, Liar, ask_all, evidence, honest, question, questions, quick, reply};

#[test]
fn a_server_that_answers_gets_one_datagram_per_question() {
    for rcode in [0, 2, 3, 5] {
        let server = Liar::new(move |_, query| vec![Act::Send(reply(query, rcode, &[]))]);
        let seen = ask_all(server.address, questions(1000), Query::default());
        assert!(seen.answers().iter().all(|answer| answer.outcome == Outcome::Reply && answer.tries == 1));
        assert_eq!(server.seen().len(), 1000, "rcode {rcode}");
    }
}

#[test]
fn ids_are_random_and_only_queries_are_sent() {
    let server = Liar::new(|_, query| vec![Act::Send(honest(query))]);
    ask_all(server.address, questions(500), Query::default());
    let sent = server.seen();
    let ids: Vec<u16> = sent.iter().map(|query| u16::from_be_bytes([query[0], query[1]])).collect();
    assert!(ids.iter().collect::<BTreeSet<_>>().len() > 480);
    assert!(ids.windows(2).filter(|pair| pair[1] == pair[0].wrapping_add(1)).count() < 5);
    // QR 0, opcode QUERY, RD as asked; one question; EDNS.
    assert!(sent.iter().all(|query| query[2..12] == [1, 0, 0, 1, 0, 0, 0, 0, 0, 1]));
}

#[test]
fn every_try_has_an_id_of_its_own() {
    let server = Liar::new(|_, _| Vec::new());
    ask_all(server.address, questions(1), quick());
    let sent = server.seen();
    assert_eq!(sent.len(), 2);
    assert_ne!(sent[0][..2], sent[1][..2]);
    assert_eq!(sent[0][2..11], sent[1][2..11], "the same question");
    assert_eq!((sent[0][11], sent[1][11]), (1, 0), "and without EDNS, which the server may throw away");
}

#[test]
fn recursion_is_asked_for_only_where_wanted() {
    let server = Liar::new(|_, query| vec![Act::Send(honest(query))]);
    let mut ask = question("dc1.contoso.test");
    ask.recursion = false;
    ask_all(server.address, vec![ask, question("dc1.contoso.test")], Query::default());
    let flags: Vec<u8> = server.seen().iter().map(|query| query[2]).collect();
    assert_eq!(flags, [0, 1]);
}

#[test]
fn the_cap_on_questions_per_second_is_kept() {
    let server = Liar::new(|_, query| vec![Act::Send(honest(query))]);
    let query = Query { max_queries_per_second: 100, ..Query::default() };
    let seen = ask_all(server.address, questions(50), query);
    assert!(seen.elapsed >= Duration::from_millis(480), "{:?}", seen.elapsed);
    assert!(seen.elapsed < Duration::from_secs(4), "{:?}", seen.elapsed);
    assert_eq!(server.seen().len(), 50);
}

#[test]
fn what_follows_is_asked_server_by_server() {
    let quick_server = Liar::new(|_, query| vec![Act::Send(honest(query))]);
    let slow_server = Liar::new(|_, query| vec![Act::Later(Duration::from_millis(400), honest(query))]);
    let rounds = RefCell::new(Vec::new());
    let told = Cell::new(Progress::default());
    let mut evidence = evidence();
    observe::run(async {
        let mut session = Session::new(SessionOptions { query: Query::default(), family: None });
        let dns = [&quick_server, &slow_server].map(|server| (server.address, questions(1)));
        // An endless chain: it must be cut.
        let follow = |evidence: &Evidence, address| {
            rounds.borrow_mut().push(address);
            let asked = evidence.column(address).unwrap().answers().count();
            let more = address == quick_server.address;
            if more { vec![question(&format!("next{asked}.contoso.test"))] } else { Vec::new() }
        };
        session.ask(Plan { dns: dns.into(), ..Plan::default() }, &mut evidence, &follow, &|p| told.set(p)).await;
    })
    .unwrap();
    let rounds = rounds.into_inner();
    assert_eq!(rounds.last(), Some(&slow_server.address), "the quick one did not wait");
    assert_eq!(quick_server.seen().len(), 8);
    assert_eq!((told.get().settled, told.get().planned), (9, 9));
}

#[test]
fn host_names_are_looked_up_at_the_resolvers() {
    let resolver = Liar::new(|_, query| {
        let aaaa = query[query.len() - 15..query.len() - 13] == [0, 28] || query[query.len() - 3] == 28;
        let known = query[12..].starts_with(b"\x03dc1");
        vec![Act::Send(if known && !aaaa { honest(query) } else { reply(query, if known { 0 } else { 3 }, &[]) })]
    });
    let names = ["dc1.contoso.test", "nobody.contoso.test", "localhost"].map(|name| DnsName::parse(name).unwrap());
    let mut evidence = evidence();
    observe::run(async {
        let options = SessionOptions { query: Query::default(), family: None };
        let mut session = Session::new(options).with_resolvers(vec![resolver.address]);
        let plan = Plan { system: true, hosts: names.to_vec(), ..Plan::default() };
        session.ask(plan, &mut evidence, &|_, _| Vec::new(), &|_| ()).await;
    })
    .unwrap();
    let addresses = |list: &[&str]| Resolved::Addresses(list.iter().map(|text| text.parse().unwrap()).collect());
    assert_eq!(evidence.hosts[&names[0]], addresses(&["192.0.2.1:0"]));
    let Resolved::Failed(text) = &evidence.hosts[&names[1]] else { panic!("{:?}", evidence.hosts) };
    assert_eq!(text, "looking up nobody.contoso.test: Non-Existent Domain");
    assert_eq!(evidence.hosts[&names[2]], addresses(&["127.0.0.1:0", "[::1]:0"]));
    assert_eq!(evidence.system, Some(Resolved::Addresses(vec![resolver.address])));
}
