//! Servers that are dead, closed or out of reach, and runs that end early.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use guidpost::config::Query;
#[cfg(target_os = "linux")]
use guidpost::demo::Port;
use guidpost::evidence::Plan;
use guidpost::evidence::{Lost, NotAsked, Outcome};
use guidpost::observe::{self, Session, SessionOptions};
use guidpost::report::Incomplete;

use crate::liar::{Act, Liar, ask_all, ask_one, evidence, honest, questions, quick};

fn count(seen: &crate::liar::Seen, outcome: Outcome) -> usize {
    seen.answers().iter().filter(|answer| answer.outcome == outcome).count()
}

#[test]
fn a_silent_server_costs_the_same_for_any_number_of_questions() {
    let server = Liar::new(|_, _| Vec::new());
    let seen = ask_all(server.address, questions(1000), quick());
    // 300 ms to the second send, 300 ms more, and some for a busy machine; 1,000 questions one after another take minutes.
    assert!((580..5000).contains(&seen.elapsed.as_millis()), "{:?}", seen.elapsed);
    let lost = count(&seen, Outcome::Lost(Lost::Timeout));
    assert!((3..=32).contains(&lost), "{lost}");
    assert_eq!(count(&seen, Outcome::NotAsked(NotAsked::Silent)), 1000 - lost);
    assert!(server.seen().len() <= 64, "{}", server.seen().len());
}

#[test]
fn with_default_timings_a_dead_server_costs_two_and_a_half_seconds() {
    let server = Liar::new(|_, _| Vec::new());
    let seen = ask_all(server.address, questions(500), Query::default());
    assert!((2450..4900).contains(&seen.elapsed.as_millis()), "{:?}", seen.elapsed);
}

#[test]
fn few_questions_time_out_by_themselves() {
    let server = Liar::new(|_, _| Vec::new());
    let seen = ask_all(server.address, questions(2), quick());
    assert_eq!(count(&seen, Outcome::Lost(Lost::Timeout)), 2);
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn a_server_that_dies_half_way_does_not_hold_up_the_run() {
    let server = Liar::new(|n, query| if n < 500 { vec![Act::Send(honest(query))] } else { Vec::new() });
    let query = Query { timeout: Duration::from_secs(1), ..Query::default() };
    let seen = ask_all(server.address, questions(5000), query);
    // Window after window it would take half a minute.
    assert!(seen.elapsed < Duration::from_secs(10), "{:?}", seen.elapsed);
    assert_eq!(count(&seen, Outcome::Reply), 500);
    assert!(count(&seen, Outcome::NotAsked(NotAsked::Silent)) > 4000);
    assert_eq!(seen.answers().len(), 5000);
}

// Only Linux tells of a closed port on every machine: others do so from the second datagram on, and Wine never.
#[cfg(target_os = "linux")]
#[test]
fn a_closed_port_is_known_at_once() {
    let closed = Port::take([127, 0, 0, 1].into(), 0).unwrap().close().unwrap();
    let seen = ask_all(closed.address(), questions(1000), Query::default());
    assert!(seen.elapsed < Duration::from_millis(500), "{:?}", seen.elapsed);
    assert_eq!(count(&seen, Outcome::Lost(Lost::Closed)), 1);
    assert_eq!(count(&seen, Outcome::NotAsked(NotAsked::Closed)), 999);
    let trouble = seen.column().trouble.as_deref().unwrap();
    assert!(trouble.ends_with(": Connection refused"), "{trouble}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_is_just_being_restarted_is_not_closed() {
    // What is held cannot become free again. So this is an address that nobody else on the machine uses, by the id of
    // this process, and a port below those that systems give to whoever asks for none.
    let [_, a, b, c] = std::process::id().to_be_bytes();
    let address = SocketAddr::from(([127, 0x80 | a, b, c], 2053));
    let restart = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        Liar::at(address, |_, query| vec![Act::Send(honest(query))])
    });
    let seen = ask_all(address, questions(20), Query::default());
    restart.join().unwrap();
    assert_eq!(count(&seen, Outcome::Reply), 20);
}

#[test]
fn an_address_without_a_way_is_unreachable() {
    // Link-local without an interface: no system sends there.
    let seen = ask_one("[fe80::1]:53".parse().unwrap());
    assert_eq!(seen.answer().outcome, Outcome::NotAsked(NotAsked::Unreachable));
    let trouble = seen.column().trouble.as_deref().unwrap();
    assert!(trouble.starts_with("sending to [fe80::1]:53: ") && !trouble.contains("os error"), "{trouble}");
}

/// Before a silent server is given up, which takes two and a half seconds.
const DONE: Duration = Duration::from_secs(2);

fn stopped(query: Query, interrupt_after: Option<Duration>) -> (guidpost::evidence::Evidence, SocketAddr) {
    let server = Liar::new(|n, query| if n == 0 { vec![Act::Send(honest(query))] } else { Vec::new() });
    let mut evidence = evidence();
    let start = Instant::now();
    observe::run(async {
        let mut session = Session::new(SessionOptions { query, family: None });
        let interrupter = session.interrupter();
        if let Some(after) = interrupt_after {
            std::thread::spawn(move || {
                std::thread::sleep(after);
                interrupter.interrupt();
            });
        }
        let plan = |range: std::ops::Range<usize>| {
            let asks = questions(range.end).split_off(range.start);
            Plan { dns: vec![(server.address, asks)], ..Plan::default() }
        };
        session.ask(plan(0..100), &mut evidence, &|_, _| Vec::new(), &|_| ()).await;
        session.ask(plan(100..200), &mut evidence, &|_, _| Vec::new(), &|_| ()).await;
    })
    .unwrap();
    assert!(start.elapsed() < DONE, "{:?}", start.elapsed());
    (evidence, server.address)
}

#[test]
fn the_deadline_and_an_interruption_end_everything_that_is_left() {
    // Long enough for the first answer on a machine that has much else to do.
    let after = Duration::from_millis(500);
    let deadline = Query { deadline: Some(after), ..Query::default() };
    for (query, interrupt, expected, not_asked) in [
        (deadline, None, Incomplete::Deadline, NotAsked::Deadline),
        (Query::default(), Some(after), Incomplete::Interrupted, NotAsked::Interrupted),
    ] {
        let (evidence, address) = stopped(query, interrupt);
        assert_eq!(evidence.incomplete, Some(expected));
        let answers: Vec<_> = evidence.column(address).unwrap().answers().collect();
        assert_eq!(answers.len(), 200);
        let left = answers.iter().filter(|(_, answer)| answer.outcome == Outcome::NotAsked(not_asked)).count();
        assert_eq!(left, 199);
        assert!(evidence.elapsed >= after && evidence.elapsed < DONE);
    }
}
