//! `guidpost gone` as a program: what it is told, what it prints, and that evidence gives the same report again.
#![expect(clippy::disallowed_methods, reason = "these tests read and write their own files")]

mod start;

use std::path::Path;
use std::process::Command;

use guidpost::demo::Scenario;
use tempfile::TempDir;

const GUID: &str = "1f3d9c52-7f0e-4e0b-9b7c-6d1a2b3c4d5e";

/// What a run gave.
struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run(place: &Path, args: &[&str]) -> Run {
    let output = start::program(|| Command::new(env!("CARGO_BIN_EXE_guidpost")).args(args).current_dir(place).output());
    let text = |octets: Vec<u8>| String::from_utf8(octets).expect("output is UTF-8");
    Run {
        code: output.status.code().expect("it ends by itself"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn scenario(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(name);
    Scenario::parse(&std::fs::read_to_string(path).expect("a scenario")).expect("a good scenario")
}

fn place(config: &str) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(dir.path().join("guidpost.yaml"), config).expect("a configuration file");
    dir
}

#[test]
fn the_report_lists_what_is_left_and_comes_again_from_evidence() {
    let running = scenario("leftover-record.yaml").start().expect("free ports on loopback");
    let place = place(&running.config_yaml());
    let words = ["gone", GUID, "DC3.contoso.com", "192.0.2.12"];
    let live = run(place.path(), &[&words[..], &["--save-evidence", "seen.json"]].concat());
    assert_eq!((live.code, live.stderr.as_str()), (1, ""), "{}", live.stdout);
    for line in ["leftover-record", "samba-tool dns delete", "Remove-DnsServerResourceRecord"] {
        assert!(live.stdout.contains(line), "no {line} in\n{}", live.stdout);
    }
    drop(running);
    let again = run(place.path(), &["gone", "--evidence", "seen.json"]);
    assert_eq!((again.code, again.stdout), (1, live.stdout), "{}", again.stderr);
    // About another one: nothing of it is there, and not all was asked for.
    let other = run(place.path(), &["gone", "dc7.contoso.com", "--evidence", "seen.json"]);
    assert_eq!(other.code, 3, "{}", other.stdout);
    let check = run(place.path(), &["check", "--evidence", "seen.json", "-q"]);
    assert_eq!((check.code, check.stdout.as_str()), (3, ""), "{}", check.stderr);
    let words = "guidpost: seen.json: this evidence was saved by another command than check: `guidpost gone --evidence` \
                 judges it\n";
    assert_eq!(check.stderr, words);
}

#[test]
fn nothing_left_ends_with_0_and_what_cannot_be_seen_with_3() {
    let running = scenario("leftover-record-not-reused.yaml").start().expect("free ports on loopback");
    let place = place(&running.config_yaml());
    let all = run(place.path(), &["gone", GUID, "dc3.contoso.com", "192.0.2.12", "-q"]);
    assert_eq!((all.code, all.stdout.lines().count()), (0, 1), "{}", all.stdout);
    let guid = run(place.path(), &["gone", GUID]);
    assert_eq!(guid.code, 3, "{}", guid.stdout);
    assert!(guid.stdout.contains("name the host, too"), "{}", guid.stdout);
}

#[test]
fn what_describes_no_former_dc_is_an_error() {
    let place = place(
        "forest: contoso.com\ndns_servers: [{name: a, address: 127.0.0.1, port: 9}]\ndomain_controllers: [{host: dc1.contoso.com}]\n",
    );
    for (words, expected) in [
        (&["dc1.contoso.com"][..], "dc1.contoso.com is still configured as a DC"),
        (&["dc9"], "give the full host name, as dc9.contoso.com"),
        (&["no such thing"], "name each by itself"),
        (&["192.0.2.300"], "a name does not end in a number"),
        (&["dc9.contoso.com", "-c", "missing.yaml"], "missing.yaml"),
        (&[], "Usage"),
        (&["dc9.contoso.com", "--evidence", "missing.json"], "missing.json"),
    ] {
        let ended = run(place.path(), &[&["gone"], words].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (3, ""), "{words:?}");
        assert!(ended.stderr.contains(expected), "{words:?}: {}", ended.stderr);
    }
    let saved = run(place.path(), &["observe", "-o", "check.json", "--timeout", "100ms", "--no-probe", "-q"]);
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    let ended = run(place.path(), &["gone", "--evidence", "check.json"]);
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.contains("saved by another command than gone"), "{}", ended.stderr);
}
