//! Loss, duplicates, reordering, delay and jitter between guidpost and healthy or broken servers.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use guidpost::demo::Fleet;
use guidpost::report::{Report, Verdict};

use crate::forest::{Forest, assert_honest, fails, start};
use crate::relay::{Behind, Parcel, Relay};

const FOREST: Forest = Forest { dcs: 10 };
/// Short enough for tests, long enough for a busy machine.
const QUERY: &str = "timeout: 500ms, tries: 2";

/// Where nothing is lost, and everything comes in the end.
const PATIENT: &str = "timeout: 5s, tries: 2";

/// What happens on the way, in percent and milliseconds.
#[derive(Clone, Copy, Default)]
struct Weather {
    loss: u64,
    duplicates: u64,
    delay: u64,
    jitter: u64,
}

/// An even draw below `limit` that depends on nothing but its arguments (SplitMix64).
fn draw(seed: u64, key: u64, limit: u64) -> u64 {
    let mut mixed = seed.wrapping_add(key.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % limit.max(1)
}

impl Weather {
    /// What becomes of the n-th send of one question: each of both ways loses and delays by itself.
    fn carry(self, seed: u64, query: &[u8], behind: Behind) -> Vec<Parcel> {
        if draw(seed, 1, 100) < self.loss {
            return Vec::new();
        }
        let copies = 1 + u64::from(draw(seed, 2, 100) < self.duplicates);
        let reply = behind.ask(query);
        let parcel = |copy| {
            let millis = self.delay + draw(seed, 4 + copy, self.jitter + 1);
            Parcel { after: Duration::from_millis(millis), octets: reply.clone() }
        };
        (0..copies).filter(|copy| draw(seed, 40 + copy, 100) >= self.loss).map(parcel).collect()
    }

    /// A relay in this weather. What happens to a question depends on the seed, the question, and how often it was sent,
    /// and not on the order of questions, which the speed of the machine decides.
    fn relay(self, server: SocketAddr, seed: u64) -> Relay {
        let mut sends: HashMap<Vec<u8>, u64> = HashMap::new();
        Relay::new(server, move |_, query, behind| {
            let question = query[12..].to_vec();
            let hash = question.iter().fold(seed, |hash, octet| draw(hash, u64::from(*octet) + 1, u64::MAX));
            let send = sends.entry(question).or_default();
            *send += 1;
            self.carry(hash.wrapping_add(*send), query, behind)
        })
    }
}

/// Three servers: all healthy, or with a stale address at one and a missing alias at another.
fn servers(broken: bool) -> Fleet {
    let stale = format!("{} 1200 A 203.0.113.99", Forest::host(3));
    let specs = if broken {
        let host = format!("{} A", Forest::host(3));
        let alias = format!("{} CNAME", Forest::alias(5));
        vec![FOREST.healthy(), FOREST.server(&[&host], &stale), FOREST.server(&[&alias], "")]
    } else {
        vec![FOREST.healthy(); 3]
    };
    start(specs)
}

fn check(fleet: &Fleet, weather: Weather, seed: u64, query: &str) -> Report {
    let relays: Vec<Relay> = fleet.addresses().iter().zip(seed..).map(|(at, seed)| weather.relay(*at, seed)).collect();
    let addresses: Vec<SocketAddr> = relays.iter().map(|relay| relay.address).collect();
    FOREST.check(&addresses, query)
}

/// Runs in one kind of weather by many seeds, all at once, over the healthy and the broken forest. Gives how many of them
/// saw everything.
fn runs(name: &str, weather: Weather, seeds: std::ops::Range<u64>, query: &str) -> usize {
    let fleets = [false, true].map(servers);
    let begun = Instant::now();
    let reports: Vec<(bool, u64, Report)> = thread::scope(|scope| {
        let runs: Vec<_> = seeds
            .flat_map(|seed| [false, true].map(|broken| (broken, seed)))
            .map(|(broken, seed)| {
                let fleet = &fleets[usize::from(broken)];
                scope.spawn(move || (broken, seed, check(fleet, weather, seed * 1000, query)))
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let clear = [false, true].map(|broken| check(&fleets[usize::from(broken)], Weather::default(), 1, query));
    assert_eq!(clear[0].verdict, Verdict::Ok);
    let broken =
        [format!("alias-missing {} CNAME @s2", Forest::host(5)), format!("stale-address {} A @s1", Forest::host(3))];
    assert_eq!(fails(&clear[1]), broken.into());
    let mut whole = 0;
    for (broken, seed, report) in &reports {
        assert_honest(report, &clear[usize::from(*broken)], &format!("{name}, seed {seed}"));
        whole += usize::from(report.counts.unknown == 0);
    }
    println!("{name}: {whole} of {} runs saw everything, {:?}", reports.len(), begun.elapsed());
    whole
}

#[test]
fn loss_gives_the_same_verdict_or_unknown() {
    let light = runs("10 % loss", Weather { loss: 10, ..Weather::default() }, 0..4, QUERY);
    let heavy = runs("30 % loss", Weather { loss: 30, ..Weather::default() }, 0..4, QUERY);
    // With two tries nobody gets through this whole: had anybody, nothing was lost.
    assert!(heavy < 8, "no loss at all");
    assert!(light >= heavy);
}

#[test]
fn more_tries_see_more_through_loss() {
    let weather = Weather { loss: 10, ..Weather::default() };
    assert_eq!(runs("10 % loss, 8 tries", weather, 10..12, "timeout: 300ms, tries: 8"), 4);
}

#[test]
fn duplicates_and_reordering_change_nothing() {
    let weather = Weather { duplicates: 60, jitter: 120, ..Weather::default() };
    assert_eq!(runs("duplicates, reordered", weather, 0..2, PATIENT), 4);
}

#[test]
fn delay_and_jitter_change_nothing() {
    let weather = Weather { delay: 300, jitter: 150, ..Weather::default() };
    assert_eq!(runs("300 ms ± jitter", weather, 0..2, PATIENT), 4);
}

#[test]
fn replies_later_than_the_timeout_are_unknown_and_never_a_fail_of_the_data() {
    let fleet = servers(true);
    let report = check(&fleet, Weather { delay: 900, ..Weather::default() }, 1, "timeout: 200ms, tries: 2");
    let silent = [0, 1, 2].map(|server| format!("server-silent @s{server}"));
    assert_eq!(fails(&report), silent.into());
}

#[test]
fn everything_at_once() {
    let weather = Weather { loss: 15, duplicates: 20, delay: 40, jitter: 100 };
    runs("everything at once", weather, 0..3, "timeout: 500ms, tries: 3");
}
