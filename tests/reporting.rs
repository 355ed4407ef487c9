//! Where a report goes, and what is said where there is none: formats, files beside the report, exit codes.
#![expect(clippy::disallowed_methods, reason = "these tests read and write their own files")]

mod plugin_text;
mod start;

use std::path::Path;
use std::process::{Command, Output};

use guidpost::demo::{RunningScenario, scenarios};
use tempfile::TempDir;

const CONFIG: &str = "forest: contoso.com\ndns_servers: [{ name: ns1, address: 127.0.0.1, port: 9 }]\n\
                      domain_controllers: [{ host: dc1.contoso.com, addresses: [192.0.2.10] }]\n";

/// What the program does in this folder.
fn guidpost(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guidpost"));
    command.current_dir(folder.path()).args(arguments);
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("FORCE_COLOR");
    start::program(|| command.output())
}

fn text(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).expect("output is UTF-8")
}

/// A folder with this configuration.
fn place(config: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(folder.path().join("guidpost.yaml"), config).expect("a configuration file");
    folder
}

/// A scenario of the program's own, and a folder with its configuration.
fn scenario(name: &str) -> (RunningScenario, TempDir) {
    let found = scenarios().into_iter().find(|(known, _)| *known == name);
    let running = found.expect("a scenario").1.start().expect("free ports on loopback");
    let place = place(&running.config_yaml());
    (running, place)
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a readable folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_plugin_says_on_standard_output_why_there_is_no_report() {
    let folder = place(CONFIG);
    std::fs::write(folder.path().join("broken.yaml"), "forest: [").expect("written");
    std::fs::write(folder.path().join("seen.json"), "{\"schema\": \"<b>\"}").expect("written");
    for (line, words) in [
        ("check -c broken.yaml", "broken.yaml:2:1: this is no YAML"),
        ("check -c no-such-file.yaml", "cannot read no-such-file.yaml: "),
        ("check --only typo", "there is no rule typo; guidpost rules lists them"),
        ("check --skip a'b|c", "there is no rule a{27}b{7C}c; "),
        ("check --dc dc7", "has no domain controller dc7 (--dc takes"),
        ("check --server ns7", "has no DNS server ns7 (--server takes"),
        ("check --evidence no-such-file.json", "cannot read no-such-file.json: "),
        ("check --evidence seen.json", "seen.json: "),
        ("check --evidence .", "cannot read .: "),
        ("check --bogus", "unexpected argument --bogus found"),
        ("check --tries 0", "invalid value 0 for --tries N: 0 is not in 1..=10"),
        ("check -4 -6", "cannot be used with"),
        ("check -c", "a value is required for --config FILE"),
        ("check --forest a..b", "for --forest NAME: "),
        ("check --from 192.0.2.300", "for --from ADDRESS: "),
        ("chek", "unrecognized subcommand chek"),
        ("preflight --host dc3", "dc3 is no full host name"),
        ("preflight --host dc3.contoso.com --address x", "invalid value x for --address ADDRESS"),
        ("gone", "were not provided: GUID{7C}HOST{7C}ADDRESS..."),
        ("gone dc1.contoso.com", "dc1.contoso.com is still configured"),
        ("gone a|b", "a{7C}b"),
    ] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let plain = guidpost(&folder, &arguments);
        assert_eq!((plain.status.code(), text(&plain.stdout)), (Some(3), ""), "{line}");
        // At the end it would be the value that is missing.
        let plugin = guidpost(&folder, &[&arguments[..1], &["-f", "nagios"], &arguments[1..]].concat());
        let out = text(&plugin.stdout);
        assert_eq!(plugin.status.code(), Some(3), "{line}");
        plugin_text::assert_no_report(out);
        plugin_text::assert_mailed_whole(out);
        assert!(out.contains(words), "{line}: {out}");
        // Usage goes on with the options that were given.
        let [with, without] = [&plugin, &plain].map(|output| text(&output.stderr).split("\nUsage: ").next());
        assert!(line == "chek" || with == without, "{line}: the whole error stays where it was: {with:?}");
    }
}

#[test]
fn who_asked_for_no_plugin_gets_no_line_of_one() {
    let folder = place(CONFIG);
    for line in ["check -f nagios --help", "check -f nagios -h", "gone --help -f nagios"] {
        let output = guidpost(&folder, &line.split(' ').collect::<Vec<_>>());
        let out = text(&output.stdout);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{line}");
        assert!(out.contains("Examples:") && !out.contains("GUIDPOST"), "{line}: {out}");
    }
    for line in ["check -f json --bogus", "check --format table --only typo", "rules -f nagios", "observe -f nagios"] {
        let output = guidpost(&folder, &line.split(' ').collect::<Vec<_>>());
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(3), ""), "{line}");
    }
}

/// How a report begins.
const FORMATS: [(&str, &str); 3] = [("nagios", "GUIDPOST "), ("table", "guidpost "), ("json", "{\n")];

#[test]
fn a_file_that_cannot_be_written_keeps_no_report_from_being_made() {
    for (name, code) in [("healthy", 3), ("stale-record", 2)] {
        let (running, folder) = scenario(name);
        for (format, begins) in FORMATS {
            let arguments = ["check", "-f", format, "--output", "json=missing/r.json", "--output", "json=good.json"];
            let more = ["--save-evidence", "missing/e.json", "--output", "table=good.txt", "--output", "nagios=."];
            let output = guidpost(&folder, &[&arguments[..], &more].concat());
            let (out, err) = (text(&output.stdout), text(&output.stderr));
            assert_eq!(output.status.code(), Some(code), "{name}, {format}: {out}{err}");
            assert!(out.starts_with(begins), "{name}, {format}: {out}");
            let told: Vec<&str> = err.lines().collect();
            let files = ["--save-evidence missing/e.json", "--output json=missing/r.json", "--output nagios=."];
            assert_eq!(told.len(), files.len(), "{err}");
            for (line, file) in told.iter().zip(files) {
                assert!(line.starts_with(&format!("guidpost: {file}: cannot write it: ")), "{err}");
            }
            if format == "nagios" {
                plugin_text::assert_output(out);
            }
            let json = std::fs::read_to_string(folder.path().join("good.json")).expect("the other output");
            let report: serde_json::Value = serde_json::from_str(&json).expect("a report");
            assert_eq!(report["verdict"], if name == "healthy" { "ok" } else { "critical" });
            assert_eq!(self::files(folder.path()), ["good.json", "good.txt", "guidpost.yaml"]);
        }
        // The verdict alone decides where all is written, or asked for otherwise.
        let lax = ["check", "-q", "--fail-on", "critical", "--output", "json=missing/r.json"];
        assert_eq!(guidpost(&folder, &lax).status.code(), Some(code), "{name}");
        let fine = guidpost(&folder, &["check", "-q", "--output", "json=good.json"]);
        assert_eq!(fine.status.code(), Some(if name == "healthy" { 0 } else { 2 }), "{name}");
        drop(running);
    }
}

#[test]
fn preflight_and_gone_report_whatever_becomes_of_their_files() {
    let folder = place(CONFIG);
    let files = ["--save-evidence", "missing/e.json", "--output", "json=missing/r.json"];
    let candidate = ["preflight", "--no-probe", "--host", "dc3.contoso.com", "--address", "192.0.2.12", "-f", "nagios"];
    let former = ["gone", "dc9.contoso.com", "-f", "nagios"];
    for command in [&candidate[..], &former] {
        let plain = guidpost(&folder, command);
        let output = guidpost(&folder, &[command, &files].concat());
        assert_ne!(plain.status.code(), Some(0), "nobody answers");
        assert_eq!(output.status.code(), plain.status.code());
        plugin_text::assert_output(text(&output.stdout));
        assert_eq!(text(&output.stderr).matches("cannot write it").count(), 2, "{}", text(&output.stderr));
    }
}

/// What cannot be written is found before anybody is asked, and told even if there is no report.
#[test]
fn without_a_report_files_that_cannot_be_written_are_told_too() {
    let folder = place(CONFIG);
    let output = guidpost(&folder, &["check", "-f", "nagios", "--only", "typo", "--output", "json=missing/r.json"]);
    plugin_text::assert_no_report(text(&output.stdout));
    assert!(text(&output.stdout).contains("there is no rule typo"), "{}", text(&output.stdout));
    let err: Vec<&str> = text(&output.stderr).lines().collect();
    assert!(
        err.len() == 2 && err[0].contains("--output json=missing/r.json: ") && err[1].contains("`typo`"),
        "{err:?}"
    );
    assert_eq!(files(folder.path()), ["guidpost.yaml"]);
}

/// Standard output and standard error in one stream, as a terminal shows them.
#[cfg(unix)]
#[test]
fn the_report_comes_before_the_complaints() {
    let (_running, folder) = scenario("stale-record");
    for (format, begins) in FORMATS {
        let script = format!("\"$0\" check -f {format} --output json=missing/r.json --output table=x/y 2>&1");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_guidpost")]).current_dir(folder.path());
        let output = command.output().expect("a shell");
        let out = text(&output.stdout);
        assert!(out.starts_with(begins), "{format}: {out}");
        let last: Vec<&str> = out.lines().rev().take(2).collect();
        assert!(
            last[0].contains("--output table=x/y: ") && last[1].contains("--output json=missing/r.json: "),
            "{out}"
        );
    }
}

/// A full disk is found only when the file is written: the message says which file it was.
#[cfg(target_os = "linux")]
#[test]
fn a_device_without_room_is_named_and_hides_nothing() {
    let (_running, folder) = scenario("healthy");
    let full = ["--output", "json=/dev/full", "--save-evidence", "/dev/full", "--output", "nagios=good.txt"];
    let output = guidpost(&folder, &[&["check", "-f", "nagios"], &full[..]].concat());
    assert_eq!(output.status.code(), Some(3));
    plugin_text::assert_output(text(&output.stdout));
    assert!(text(&output.stdout).starts_with("GUIDPOST OK - "), "{}", text(&output.stdout));
    let why = "cannot write it: No space left on device (os error 28)";
    let told = format!("guidpost: --save-evidence /dev/full: {why}\nguidpost: --output json=/dev/full: {why}\n");
    assert_eq!(text(&output.stderr), told);
    let good = std::fs::read_to_string(folder.path().join("good.txt")).expect("the other output");
    plugin_text::assert_output(&good);
    let observed = guidpost(&folder, &["observe", "-o", "/dev/full"]);
    assert!(text(&observed.stderr).contains("cannot write `/dev/full`: No space"), "{}", text(&observed.stderr));

    // Where standard output itself takes nothing, the files are written all the same.
    let script = "\"$0\" check -f nagios --output json=late.json >/dev/full";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_guidpost")]).current_dir(folder.path());
    let output = command.output().expect("a shell");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("cannot write to standard output: No space"), "{}", text(&output.stderr));
    assert!(folder.path().join("late.json").exists());
}
