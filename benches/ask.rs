//! The asking engine alone, for `benches/peers`: no plan, no probes, no judging, no files but the questions.
//!
//! ```text
//! ask QUESTIONS ADDRESS...    asks each server its share of a list as dnsperf reads it, one server after the other
//! ask shares CONFIG           a whole run, and what its parts take in memory
//! ```
#![expect(clippy::print_stdout, reason = "a program of its own")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it reads the list, the clock and its own memory"
)]

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

use guidpost::base::dns::RecordType;
use guidpost::base::name::DnsName;
use guidpost::config::{self, Query};
use guidpost::evidence::{Ask, Plan};
use guidpost::evidence::{Evidence, Outcome, Selection};
use guidpost::observe::{self, Session, SessionOptions};
use guidpost::{inventory, judge, rules, run};
use jiff::Timestamp;

/// What dnsperf is told to keep in flight.
const WINDOW: u32 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [mode, config] if mode == "shares" => shares(Path::new(config)),
        [list, servers @ ..] if !servers.is_empty() => ask(Path::new(list), servers),
        _ => Err("usage: ask QUESTIONS ADDRESS... | ask shares CONFIG".into()),
    }
}

fn ask(list: &Path, servers: &[String]) -> Result<(), Box<dyn Error>> {
    let open = || Ok::<_, Box<dyn Error>>(BufReader::new(fs::File::open(list)?));
    let share = count_lines(open()?)?.div_ceil(servers.len());
    let mut lines = open()?;
    let config = config::parse("forest: contoso.test\ndns_servers: [127.0.0.1]\n", "none", &rules::names())?;
    let query = Query { window: WINDOW, ..Query::default() };
    let mut evidence = Evidence::new(config, Selection::default(), 0, Timestamp::now());
    let before = resident()?;
    observe::run(async {
        let mut session = Session::new(SessionOptions { query, family: None });
        for server in servers {
            let asks = questions(&mut lines, share)?;
            let plan = Plan { dns: vec![(server.parse()?, asks)], ..Plan::default() };
            session.ask(plan, &mut evidence, &|_, _| Vec::new(), &|_| ()).await;
        }
        Ok::<(), Box<dyn Error>>(())
    })??;
    let after = resident()?;
    let answers = || evidence.columns().iter().flat_map(|column| column.answers()).map(|(_, answer)| answer);
    let replies = answers().filter(|answer| answer.outcome == Outcome::Reply && answer.rcode == 0).count();
    let (asked, memory) = (answers().count(), evidence.memory());
    println!("{asked} questions, {replies} replies");
    println!("evidence: {memory} octets, {:.1} per answer", memory as f64 / asked as f64);
    println!("resident: {before} KiB before, {after} KiB after");
    Ok(())
}

fn count_lines(mut list: impl BufRead) -> Result<usize, Box<dyn Error>> {
    let mut count = 0;
    while list.skip_until(b'\n')? > 0 {
        count += 1;
    }
    Ok(count)
}

/// The next questions of the list, read as frugally as dnsperf does: the list is not what is measured.
fn questions(list: &mut impl BufRead, most: usize) -> Result<Vec<Ask>, Box<dyn Error>> {
    let (mut asks, mut line) = (Vec::with_capacity(most), String::new());
    while asks.len() < most && list.read_line(&mut line)? > 0 {
        asks.push(question(line.trim_end())?);
        line.clear();
    }
    Ok(asks)
}

/// `name TYPE`.
fn question(line: &str) -> Result<Ask, Box<dyn Error>> {
    let (name, rtype) = line.split_once(' ').ok_or("a line is `name TYPE`")?;
    let rtype = RecordType::parse(rtype).ok_or("a record type is not known")?;
    Ok(Ask { name: DnsName::parse(name)?, rtype, recursion: true })
}

fn shares(path: &Path) -> Result<(), Box<dyn Error>> {
    let mut last = resident()?;
    let mut tell = |what: &str| {
        let now = resident()?;
        println!("{what}: {} KiB", now as i64 - last as i64);
        last = now;
        Ok::<(), Box<dyn Error>>(())
    };
    let config = config::load(path, &rules::names())?;
    let options = SessionOptions { query: config.query.clone(), family: None };
    tell("configuration")?;
    let mut evidence = Evidence::new(config, Selection::default(), 0, Timestamp::now());
    let ought = inventory::derive(&evidence);
    tell("inventory")?;
    observe::run(run::collect(&mut Session::new(options), &mut evidence, &|_| ()))?;
    tell("asking, evidence included")?;
    let answers = evidence.columns().iter().flat_map(|column| column.answers()).count();
    println!("evidence alone: {} KiB for {answers} answers", evidence.memory() / 1024);
    let report = judge::judge(&evidence, false);
    tell("judging, report included")?;
    println!("peak: {} KiB", status("VmHWM:")?);
    println!("{} DCs, verdict {:?}", ought.dcs.len(), report.verdict);
    Ok(())
}

fn resident() -> Result<u64, Box<dyn Error>> {
    status("VmRSS:")
}

/// A line of what Linux says of this process, in KiB.
fn status(key: &str) -> Result<u64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(key)).ok_or("Linux does not say")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
