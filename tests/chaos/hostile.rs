//! Every lie of the table, in a run over an otherwise honest server: the liar's name is judged as it must be, and the
//! names beside it as if nothing had happened.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use guidpost::report::{ForecastOutcome, Outcome, Report, Verdict};

use crate::forest::{Forest, fails, start};
use crate::lies::{Case, Expect, On, cases};
use crate::message::{dotted, question};
use crate::relay::{Relay, later, now};

const FOREST: Forest = Forest { dcs: 3 };
/// More than the processors: most cases only wait. Wine serves all of them by one thread of its server, in turn.
const THREADS: usize = if cfg!(windows) { 8 } else { 32 };
/// How long a reply is waited for when many cases run at the same time, and when one runs alone.
const TOGETHER: Duration = Duration::from_secs(1);
const ALONE: Duration = Duration::from_secs(4);
/// When the truth follows a lie.
const TRUTH_AFTER: u64 = 40;

impl On {
    /// Whether the case is about this question.
    fn fits(self, query: &[u8]) -> bool {
        let (asked, about) = match self {
            Self::Host => (question(query), [dotted(&Forest::host(2)), vec![0, 1, 0, 1]].concat()),
            Self::Alias => {
                let asked = question(query);
                (&asked[..asked.len() - 4], dotted(&Forest::alias(2)))
            }
        };
        asked.eq_ignore_ascii_case(&about)
    }
}

fn run(case: &Case, server: SocketAddr, timeout: Duration) -> Report {
    let (on, lie, truth) = (case.on, case.lie.clone(), case.truth);
    let relay = Relay::new(server, move |_, query, behind| {
        if !on.fits(query) {
            return vec![now(behind.ask(query))];
        }
        let mut parcels = vec![now(lie(query))];
        parcels.extend(truth.then(|| later(TRUTH_AFTER, behind.ask(query))));
        parcels
    });
    let relay = match &case.tcp {
        Some(carry) => relay.with_tcp(server, {
            let carry = carry.clone();
            move |query, behind| carry(query, behind)
        }),
        None => relay,
    };
    FOREST.check(&[relay.address], &format!("timeout: {}s, tries: 1", timeout.as_secs()))
}

fn failed_rules(report: &Report) -> BTreeSet<String> {
    fails(report).iter().map(|fail| fail.split(' ').next().unwrap_or_default().to_owned()).collect()
}

/// Whether a report says too little at worst, and nothing that is not so: a busy machine, on which honest replies come too
/// late, makes no other.
fn only_lacks(case: &Case, report: &Report) -> bool {
    let expected = if let Expect::Wrong(rules) = case.expect { rules } else { &[] };
    let so = |rule: &String| rule == "server-silent" || expected.contains(&rule.as_str());
    report.verdict != Verdict::Ok && failed_rules(report).iter().all(so)
}

/// Runs a case; gives what is wrong with its report, and whether that may be for lack of time.
fn try_out(case: &Case, server: SocketAddr, timeout: Duration) -> Result<(), (String, bool)> {
    let begun = std::time::Instant::now();
    let report = run(case, server, timeout);
    let complaint = if begun.elapsed() > timeout * 20 { Some("hangs".into()) } else { complaint(case, &report) };
    complaint.map_or(Ok(()), |complaint| {
        Err((format!("{} ({:?}): {complaint}", case.name, case.expect), only_lacks(case, &report)))
    })
}

/// What is wrong with the report of a case.
fn complaint(case: &Case, report: &Report) -> Option<String> {
    let host = Forest::host(2);
    let about_others =
        report.findings.iter().find(|f| f.dc.as_ref() != Some(&host) && f.rule != "server-truncates-without-tcp");
    if let Some(finding) = about_others {
        return Some(format!("about another: {finding:?}"));
    }
    if let Some(row) = report.forecast.iter().find(|row| row.source != host && row.outcome != ForecastOutcome::Ok) {
        return Some(format!("about another: {row:?}"));
    }
    let rules = failed_rules(report);
    let unknown = report.findings.iter().any(|finding| finding.outcome == Outcome::Unknown);
    let right = report.verdict == Verdict::Ok && report.findings.is_empty();
    let not_seen = report.verdict == Verdict::Unknown && rules.is_empty() && unknown;
    let as_expected = match case.expect {
        Expect::Right => right,
        Expect::Unknown => not_seen,
        Expect::Harmless => right || not_seen,
        Expect::Wrong(expected) => rules == expected.iter().map(|rule| (*rule).to_owned()).collect(),
    };
    let rows: Vec<String> =
        report.findings.iter().map(|f| format!("{:?} {} ~ {}", f.outcome, f.rule, f.message)).collect();
    (!as_expected).then(|| format!("{:?} {rows:?}", report.verdict))
}

#[test]
fn every_lie_is_seen_through_or_unknown() {
    let cases = cases();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "two cases have the same name");
    assert!(cases.len() >= 200, "only {} cases", cases.len());

    let fleet = start(vec![FOREST.healthy()]);
    let server = fleet.addresses()[0];
    let next = AtomicUsize::new(0);
    let complaints = Mutex::new(Vec::new());
    let again = Mutex::new(Vec::new());
    let begun = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match try_out(case, server, TOGETHER) {
                        Ok(()) => {}
                        Err((_, true)) => again.lock().unwrap().push(case),
                        Err((complaint, false)) => complaints.lock().unwrap().push(complaint),
                    }
                }
            });
        }
    });
    // What the load of the machine hid shows when the case runs alone; a lie that is not seen through is not so again.
    let (mut complaints, again) = (complaints.into_inner().unwrap(), again.into_inner().unwrap());
    complaints.extend(again.iter().filter_map(|case| Some(try_out(case, server, ALONE).err()?.0)));
    println!("{} cases in {:?}, {} of them twice", cases.len(), begun.elapsed(), again.len());
    assert!(complaints.is_empty(), "{} complaints\n{}", complaints.len(), complaints.join("\n"));
}
