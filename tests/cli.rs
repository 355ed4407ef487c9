//! The command line from outside: exit codes, streams, and what scripts rely on.

mod start;

use std::process::{Command as Process, Stdio};

use assert_cmd::Command;
use assert_cmd::assert::{Assert, OutputAssertExt as _};

fn guidpost(arguments: &[&str]) -> Assert {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("guidpost"));
    command.args(arguments).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("FORCE_COLOR");
    start::program(|| command.output()).assert().append_context("arguments", format!("{arguments:?}"))
}

fn stdout(arguments: &[&str]) -> String {
    let output = guidpost(arguments).success();
    assert!(output.get_output().stderr.is_empty(), "{arguments:?} wrote to standard error");
    String::from_utf8(output.get_output().stdout.clone()).expect("output is UTF-8")
}

fn stderr(arguments: &[&str]) -> String {
    let output = guidpost(arguments).code(3);
    assert!(output.get_output().stdout.is_empty(), "{arguments:?} wrote to standard output");
    String::from_utf8(output.get_output().stderr.clone()).expect("messages are UTF-8")
}

const COMMANDS: [&str; 12] = [
    "check",
    "preflight",
    "gone",
    "observe",
    "init",
    "identify",
    "explain",
    "rules",
    "demo",
    "config",
    "completions",
    "man",
];

#[test]
fn every_command_has_help_with_examples() {
    assert!(stdout(&["--help"]).contains("Exit codes"));
    assert!(stdout(&["--version"]).starts_with("guidpost "));
    for command in COMMANDS {
        let help = stdout(&[command, "--help"]);
        assert!(help.contains("Examples:") && help.contains(&format!("guidpost {command}")), "{help}");
    }
}

#[test]
fn usage_errors_end_with_3_and_say_why() {
    for (arguments, word) in [
        (&["chek"][..], "check"),
        (&["check", "--tries", "0"], "--tries"),
        (&["check", "--format", "yaml"], "nagios"),
        (&["check", "--output", "report.json"], "FORMAT=FILE"),
        (&["check", "-4", "-6"], "cannot be used"),
        (&["check", "-q", "-v"], "cannot be used"),
        (&["observe"], "--output"),
        (&["init"], "--output"),
        (&["check", "-c", "x.yaml", "--forest", "contoso.com"], "cannot be used"),
        (&["observe", "-o", "x", "-c", "x.yaml", "--from", "192.0.2.10"], "cannot be used"),
        (&["check", "--evidence", "x.json", "--forest", "contoso.com"], "cannot be used"),
        (&["check", "--forest", "con toso"], "' '"),
        (&["check", "--from", "192.0.2.300"], "300"),
        (&["check", "--from", "192.0.2.10:0"], "no port"),
        (&["init", "-o", "x", "--from", "system"], "leave it out"),
        (&["init", "-o", "x", "--forest", &["abcdefgh"; 26].join(".")], "too long"),
        (&["check", "--from", "192.0.2.10", "--only", "no-such-rule"], "there is no rule"),
        (&["explain"], "TOPIC"),
        (&["completions", "tcsh"], "bash"),
        (&["man", "nothing"], "guidpost --help"),
        (&[], "Usage"),
    ] {
        let message = stderr(arguments);
        assert!(message.contains(word), "{arguments:?}: {message}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test writes its own configuration")]
fn bad_candidates_are_refused_before_anybody_is_asked() {
    let with = |host: &str, more: &[&str]| stderr(&[&["preflight", "--host", host], more].concat());
    let good = ["--address", "192.0.2.12"];
    for (host, more, word) in [
        ("dc3", &good[..], "full host name"),
        ("dc_3.contoso.com", &good, "hyphens"),
        ("dc3\u{1b}[2J.contoso.com", &good, "no DNS name"),
        (&format!("{}.contoso.com", "a".repeat(64)), &good, "63 octets"),
        ("dc3.contoso.com", &["--address", "127.0.0.1"], "loopback"),
        ("dc3.contoso.com", &["--address", "192.0.2.12,169.254.7.7"], "link-local"),
        ("dc3.contoso.com", &["--address", "192.0.2"], "--address"),
        ("dc3.contoso.com", &["--address", "2001:db8::12", "-4"], "other address family"),
        ("dc3.contoso.com", &["--address", "192.0.2.12", "--domain", "fabrikam.com"], "does not lie in"),
        ("dc3.contoso.com", &["--address", "192.0.2.12", "--site", ""], "the site name is empty"),
        ("no-such-machine.contoso.com", &[], "--address"),
        ("dc3.contoso.com", &["--address", "192.0.2.12", "--evidence", "seen.json"], "cannot be used"),
    ] {
        let message = with(host, more);
        assert!(message.contains(word) && !message.contains('\u{1b}'), "{host} {more:?}: {message}");
    }
    let forest = "forest: contoso.com\ndns_servers: [{address: 127.0.0.1, port: 1}]\n";
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("forest.yaml");
    let seen = folder.path().join("seen.json");
    std::fs::write(&config, forest).unwrap();
    let (config, seen) = (config.to_str().unwrap(), seen.to_str().unwrap());
    guidpost(&["check", "-c", config, "--save-evidence", seen]).code(2);
    assert!(stderr(&["preflight", "--evidence", seen]).contains("another command"));
    let candidate = ["preflight", "-c", config, "--host", "dc3.contoso.com", "--address", "192.0.2.12", "--no-probe"];
    guidpost(&[&candidate[..], &["--save-evidence", seen]].concat()).code(2);
    let report = guidpost(&["preflight", "--evidence", seen]).code(2);
    let text = String::from_utf8(report.get_output().stdout.clone()).expect("output is UTF-8");
    assert!(text.contains("[not checked]  The name dc3.contoso.com is free"), "{text}");
}

#[test]
fn explain_takes_numbers_in_every_form() {
    for (arguments, title) in [
        (&["8524"][..], "error 8524  0x214C  ERROR_DS_DNS_LOOKUP_FAILURE"),
        (&["0x6D9"], "error 1753  0x6D9  EPT_S_NOT_REGISTERED"),
        (&["0X6d9"], "error 1753  0x6D9  EPT_S_NOT_REGISTERED"),
        (&["-2146893022"], "error -2146893022  0x80090322  SEC_E_WRONG_PRINCIPAL"),
        (&["2148074274"], "error -2146893022  0x80090322  SEC_E_WRONG_PRINCIPAL"),
        (&["0x80090322"], "error -2146893022  0x80090322  SEC_E_WRONG_PRINCIPAL"),
        (&["event", "2087"], "event 2087"),
        (&["Error 1722"], "error 1722  0x6BA  RPC_S_SERVER_UNAVAILABLE"),
        (&["rpc_s_server_unavailable"], "error 1722  0x6BA  RPC_S_SERVER_UNAVAILABLE"),
    ] {
        let page = stdout(&[&["explain"], arguments].concat());
        assert_eq!(page.lines().next(), Some(title));
    }
    for number in ["8589", "1396", "6702", "1411", "2088", "5774", "4013", "1925", "1234"] {
        assert!(stdout(&["explain", number]).contains("What to do"));
    }
}

#[test]
fn explain_helps_when_it_knows_nothing() {
    assert!(stderr(&["explain", "no-such-rule"]).contains("there is no rule, error or event `no-such-rule`"));
    assert!(stderr(&["explain", "4711"]).contains("8524"));
    let hostile = stderr(&["explain", "\u{1b}[2J\u{202e}"]);
    assert!(!hostile.contains(['\u{1b}', '\u{202e}']), "{hostile}");
}

#[test]
fn output_to_a_pipe_is_plain_ascii() {
    for arguments in [&["explain", "8524"][..], &["rules"], &["--help"], &["man"]] {
        let text = stdout(arguments);
        assert!(text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)), "{arguments:?}");
    }
    assert!(stdout(&["explain", "8524", "--color", "always"]).contains("\x1b[1m"));
}

#[test]
fn rules_are_listed_for_programs_too() {
    let rules: serde_json::Value = serde_json::from_str(&stdout(&["rules", "--format", "json"])).unwrap();
    assert!(rules.is_array());
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = stdout(&["completions", shell]);
        assert!(script.contains("fail-on") && script.contains("explain"), "{shell}");
    }
}

#[test]
fn manual_pages_are_roff() {
    let main = stdout(&["man"]);
    assert!(main.contains(".TH guidpost 1") && main.contains("guidpost\\-check"), "{main}");
    for command in COMMANDS {
        let page = stdout(&["man", command]);
        assert!(page.contains(&format!(".TH guidpost-{command} 1")), "{page}");
        assert!(page.contains("Examples"), "{command}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for arguments in [&["explain", "8524"][..], &["completions", "bash"], &["rules", "-f", "json"], &["man"]] {
        let mut command = Process::new(assert_cmd::cargo::cargo_bin!("guidpost"));
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = start::program(|| command.spawn());
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A full disk, on the other hand, is one.
#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = std::process::Command::new("sh")
        .arg("-c")
        .arg("\"$0\" explain 8524 > /dev/full")
        .arg(assert_cmd::cargo::cargo_bin!("guidpost"))
        .output()
        .unwrap();
    assert_eq!(full.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&full.stderr).contains("cannot write to standard output"));
}
