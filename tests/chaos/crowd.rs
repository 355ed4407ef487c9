//! Many servers, most of them dead; runs that end before everything is asked. By the program itself, for its exit codes.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use guidpost::demo::{Behaviour, Fleet, Spec};
#[cfg(unix)]
use guidpost::report::Outcome;
use guidpost::report::{Counts, Incomplete, Report, ServerStatus, Verdict};
use tempfile::TempDir;

use crate::forest::{Forest, fails, start};

const FOREST: Forest = Forest { dcs: 5 };
const ALIVE: usize = 40;
const SILENT: usize = 40;
const CLOSED: usize = 20;

/// 100 servers, the living ones first; `first` is what the first of them holds.
fn crowd(first: Spec) -> Fleet {
    let mut specs = vec![FOREST.healthy(); ALIVE];
    specs[0] = first;
    let dead = |behaviour| Spec { behaviour, ..FOREST.healthy() };
    specs.extend(vec![dead(Behaviour::Silent); SILENT]);
    specs.extend(vec![dead(Behaviour::Closed); CLOSED]);
    start(specs)
}

fn folder(servers: &Fleet, query: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("guidpost.yaml"), FOREST.config(servers.addresses(), query)).unwrap();
    folder
}

fn guidpost(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guidpost"));
    command.args(["check", "-f", "json"]).current_dir(folder.path());
    command
}

/// The report and the exit code.
fn read(output: &Output) -> (Report, i32) {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code().unwrap())
}

/// A run with this deadline.
fn check(folder: &TempDir, deadline: &str) -> (Report, i32) {
    read(&crate::start::program(|| guidpost(folder).args(["--deadline", deadline]).output()))
}

fn with_status(report: &Report, status: ServerStatus) -> usize {
    report.servers.iter().filter(|server| server.status == status).count()
}

#[test]
fn sixty_dead_servers_of_a_hundred_are_told_in_time_and_nothing_else() {
    let servers = crowd(FOREST.healthy());
    let folder = folder(&servers, "timeout: 2s, tries: 2");
    let begun = Instant::now();
    let (report, code) = check(&folder, "30s");
    let elapsed = begun.elapsed();
    assert!(elapsed < Duration::from_secs(25), "{elapsed:?}");
    assert_eq!((report.verdict, code, report.incomplete), (Verdict::Critical, 2, None));
    assert_eq!(report.servers.len(), ALIVE + SILENT + CLOSED);
    assert_eq!(with_status(&report, ServerStatus::Answering), ALIVE);
    assert_eq!(
        with_status(&report, ServerStatus::Silent) + with_status(&report, ServerStatus::Closed),
        SILENT + CLOSED
    );
    // Where the operating system tells that a port is closed.
    if cfg!(target_os = "linux") {
        assert_eq!(with_status(&report, ServerStatus::Closed), CLOSED);
    }
    let dead = (ALIVE..ALIVE + SILENT + CLOSED).map(|server| format!("server-silent @s{server}"));
    assert_eq!(fails(&report), dead.collect());
    assert_eq!(report.forecast.len(), FOREST.dcs * report.servers.len());
    assert!(report.counts.unknown > 0, "what could not be seen at the dead ones counts");
}

/// A deadline that the silent servers outlast: they are not known to be dead by then.
#[test]
fn the_deadline_leaves_what_is_known() {
    let servers = start(
        std::iter::repeat_n(FOREST.healthy(), ALIVE)
            .chain(std::iter::repeat_n(Spec { behaviour: Behaviour::Silent, ..FOREST.healthy() }, SILENT))
            .collect(),
    );
    let folder = folder(&servers, "timeout: 20s, tries: 2");
    let begun = Instant::now();
    let (report, code) = check(&folder, "4s");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!((report.verdict, code, report.incomplete), (Verdict::Unknown, 3, Some(Incomplete::Deadline)));
    assert_eq!(with_status(&report, ServerStatus::Answering), ALIVE);
    assert_eq!(fails(&report), [].into(), "a server that had no time is not silent");
    let counts = Counts { unknown: report.counts.unknown, passed: report.counts.passed, ..Counts::default() };
    assert_eq!(report.counts, counts);
    assert!(report.counts.unknown > 0 && report.counts.passed > 0);
}

/// Runs until a signal comes in the middle.
#[cfg(unix)]
fn interrupted(servers: &Fleet, signal: &str) -> (Report, i32) {
    let folder = folder(servers, "timeout: 20s, tries: 2");
    let child =
        guidpost(&folder).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    // Everybody who answers has done so by then, and the silent ones are waited for much longer.
    std::thread::sleep(Duration::from_secs(2));
    let begun = Instant::now();
    Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    read(&output)
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_what_is_known() {
    let silent = Spec { behaviour: Behaviour::Silent, ..FOREST.healthy() };
    for signal in ["-INT", "-TERM"] {
        let servers = start(vec![FOREST.healthy(), silent.clone(), silent.clone()]);
        let (report, code) = interrupted(&servers, signal);
        assert_eq!((report.verdict, code, report.incomplete), (Verdict::Unknown, 3, Some(Incomplete::Interrupted)));
        assert_eq!(report.servers[0].status, ServerStatus::Answering);
        assert!(report.findings.iter().all(|finding| finding.outcome == Outcome::Unknown), "{:?}", report.findings);
    }
}

#[cfg(unix)]
#[test]
fn what_is_known_to_be_wrong_by_then_decides() {
    let alias = format!("{} CNAME", Forest::alias(2));
    let silent = Spec { behaviour: Behaviour::Silent, ..FOREST.healthy() };
    let servers = start(vec![FOREST.server(&[&alias], ""), silent]);
    let (report, code) = interrupted(&servers, "-INT");
    assert_eq!((report.verdict, code, report.incomplete), (Verdict::Critical, 2, Some(Incomplete::Interrupted)));
    assert_eq!(fails(&report), [format!("alias-missing {} CNAME @s0", Forest::host(2))].into());
}
