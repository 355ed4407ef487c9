//! Text that whoever holds a DNS server or a machine may choose, from the wire to every format: nothing in the output
//! moves a cursor, hides, turns a line round, or forges one.

use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Command, Output};

use guidpost::demo::Fleet;
use serde_json::Value;
use tempfile::TempDir;

use crate::forest::{Forest, start};
use crate::machine::{DRSUAPI, Machine, hear, replay, replies};
use crate::message::{A, ASKED, CNAME, Draft, IN, TXT, a, name, question, record};
use crate::plugin_text;
use crate::relay::{Relay, now};

const FOREST: Forest = Forest { dcs: 3 };

/// Labels that somebody would like to see printed.
const LABELS: &[&[u8]] = &[
    b"\x1b[2J\x1b[1;31mCRITICAL\x1b[0m",
    b"\x1b]0;owned\x07\x1b]8;;http://evil/\x1b\\click",
    b"a\nOK - all is well | x=0",
    b"a\r\x08\x08\x08\x7f\x00b",
    b"a|b=1;;;\t'\"`$(id)&;\\",
    b"<script>alert(1)</script>&amp;",
    // U+202E turns the reading direction, U+2066 isolates, U+200B is invisible, U+FEFF too.
    b"\xe2\x80\xaetxt.exe\xe2\x81\xa6\xe2\x80\x8b\xef\xbb\xbf",
    // CSI as one octet of Latin-1 and as UTF-8, and octets that are no UTF-8.
    b"\x9b31m\xc2\x9b31m\xff\xfe\xc0\x80",
    b"[OK] dc2.contoso.test",
    b"{\"verdict\": \"ok\"}",
];

/// Those of the tests in which each label costs ten starts and more. What is printed is the same everywhere, and starting
/// a program takes Wine a fifth of a second: every third is enough there.
fn printed() -> impl Iterator<Item = &'static [u8]> {
    LABELS.iter().copied().step_by(if cfg!(windows) { 3 } else { 1 })
}

/// A relay that answers for dc2 with one of the labels wherever there is room for a name.
fn relay(fleet: &Fleet, label: &'static [u8]) -> Relay {
    Relay::new(fleet.addresses()[0], move |_, query, behind| {
        let asked = question(query);
        let about = |text: &str| asked.starts_with(&crate::message::dotted(text));
        let evil = name(&[label, b"contoso", b"test"]);
        let txt = [&[label.len() as u8][..], label].concat();
        if about(&Forest::alias(2)) {
            let mut draft = Draft::new(query, &[record(ASKED, CNAME, IN, 600, &evil)]);
            draft.answers.push(record(&evil, TXT, IN, 600, &txt));
            draft.answers.push(record(&evil, A, IN, 600, &[203, 0, 113, 66]));
            draft.authority.push(record(&evil, 2, IN, 600, &evil));
            return vec![now(draft.octets(query))];
        }
        if asked.starts_with(&evil) {
            return vec![now(
                Draft::new(query, &[a([203, 0, 113, 66]), record(ASKED, TXT, IN, 600, &txt)]).octets(query)
            )];
        }
        vec![now(behind.ask(query))]
    })
}

fn folder(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("guidpost.yaml"), config).unwrap();
    folder
}

fn guidpost(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guidpost"));
    command.current_dir(folder).args(arguments);
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("FORCE_COLOR");
    crate::start::program(|| command.output())
}

/// Whether a character of another script is what it seems.
fn deceives(c: char) -> bool {
    let invisible =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    invisible || (c.is_control() && c != '\n')
}

#[track_caller]
fn assert_harmless(output: &[u8], ascii: bool, what: &str) -> String {
    let text = std::str::from_utf8(output).unwrap_or_else(|_| panic!("{what}: no UTF-8"));
    let bad = text.chars().find(|&c| deceives(c) || (ascii && !c.is_ascii()));
    assert_eq!(bad, None, "{what}: {text}");
    for forged in ["OK - all is well", "[OK]", "{\"verdict\": \"ok\"}"] {
        assert!(!text.lines().any(|line| line.starts_with(forged)), "{what} lets a line be forged: {text}");
    }
    text.to_owned()
}

/// All formats of one command, each to standard output; JSON for files too.
fn all_formats(folder: &Path, command: &[&str], formats: &[&str], what: &str) -> Value {
    let mut json = Value::Null;
    for format in formats {
        for ascii in [true, false] {
            let mut arguments = [command, &["-f", format]].concat();
            arguments.extend(ascii.then_some("--ascii"));
            let output = guidpost(folder, &arguments);
            let what = format!("{what}, {format}");
            let always = ascii || *format != "table";
            let text = assert_harmless(&output.stdout, always, &what);
            assert_harmless(&output.stderr, false, &what);
            assert!(!text.is_empty(), "{what}");
            match *format {
                "json" => json = serde_json::from_str(&text).unwrap(),
                "nagios" => {
                    plugin_text::assert_output(&text);
                    plugin_text::assert_mailed_whole(&text);
                }
                _ => {}
            }
        }
    }
    json
}

#[test]
fn names_from_the_wire_are_harmless_in_every_format() {
    let fleet = start(vec![FOREST.healthy()]);
    for label in printed() {
        let relay = relay(&fleet, label);
        let folder = folder(&FOREST.config(&[relay.address], "timeout: 2s, tries: 2"));
        let what = String::from_utf8_lossy(label);
        let save = guidpost(folder.path(), &["check", "-q", "--save-evidence", "evidence.json"]);
        assert_eq!(save.status.code(), Some(2), "{what}: {}", String::from_utf8_lossy(&save.stdout));
        for from in [&["check", "-v"][..], &["check", "-v", "--evidence", "evidence.json"]] {
            let report = all_formats(folder.path(), from, &["table", "json", "nagios"], &what);
            // The name did reach the report.
            let told =
                &report["findings"].as_array().unwrap().iter().find(|f| f["outcome"] == "fail").unwrap()["actual"];
            assert!(told[0].as_str().unwrap().ends_with(".contoso.test"), "{what}: {told}");
        }
        let evidence = std::fs::read(folder.path().join("evidence.json")).unwrap();
        assert_harmless(&evidence, true, &what);
        all_formats(folder.path(), &["identify", &Forest::alias(2)[..36]], &["table", "json"], &what);
    }
}

/// Texts of an evidence file, which may come from anybody.
#[test]
fn texts_of_an_evidence_file_are_harmless_in_every_format() {
    let fleet = start(vec![FOREST.healthy()]);
    let folder = folder(&FOREST.config(fleet.addresses(), "timeout: 2s"));
    guidpost(folder.path(), &["observe", "-q", "-o", "evidence.json"]);
    let saved: Value = serde_json::from_slice(&std::fs::read(folder.path().join("evidence.json")).unwrap()).unwrap();
    for label in printed() {
        let text = String::from_utf8_lossy(label).into_owned();
        for case in 0..5 {
            let mut evidence = saved.clone();
            let answer = &mut evidence["servers"][0]["answers"][0];
            match case {
                0 => {
                    evidence["servers"][0]["trouble"] = text.clone().into();
                    evidence["servers"][0]["answers"] = Value::Array(Vec::new());
                }
                1 => answer["name"] = text.clone().into(),
                2 => answer["records"] = serde_json::json!([{ "name": &text, "ttl": 1, "type": &text, "data": &text }]),
                3 => evidence["config"]["dns_servers"][0]["name"] = text.clone().into(),
                _ => evidence["schema"] = text.clone().into(),
            }
            std::fs::write(folder.path().join("changed.json"), evidence.to_string()).unwrap();
            for format in ["table", "json", "nagios"] {
                let arguments = ["check", "-v", "-f", format, "--evidence", "changed.json"];
                let output = guidpost(folder.path(), &arguments);
                let what = format!("{text:?} in place {case}, {format}");
                assert_harmless(&output.stdout, format != "table", &what);
                assert_harmless(&output.stderr, false, &what);
                assert!(!String::from_utf8_lossy(&output.stderr).contains("internal error"), "{what}");
                if format == "nagios" {
                    let text = String::from_utf8(output.stdout).unwrap();
                    let is_report = text.lines().next().is_some_and(|line| line.contains('|'));
                    if is_report {
                        plugin_text::assert_output(&text)
                    } else {
                        plugin_text::assert_no_report(&text)
                    }
                    plugin_text::assert_mailed_whole(&text);
                }
            }
        }
    }
}

/// Puts other octets in the place of some in a captured reply, as many as there were: lengths stay right.
fn disguised(messages: Vec<Vec<u8>>, from: &[u8], to: &[u8]) -> Vec<Vec<u8>> {
    let mut padded = to[..to.len().min(from.len())].to_vec();
    padded.resize(from.len(), b'!');
    let mut changed = false;
    let disguise = |mut message: Vec<u8>| {
        while let Some(at) = message.windows(from.len()).position(|window| window.eq_ignore_ascii_case(from)) {
            message[at..at + from.len()].copy_from_slice(&padded);
            changed = true;
        }
        message
    };
    let messages = messages.into_iter().map(disguise).collect();
    assert!(changed, "the captured reply does not hold {from:?}");
    messages
}

/// Answers each question for names with this.
fn called(names: &[u8]) -> impl Fn(&UdpSocket, &[u8], SocketAddr) + Send + use<> {
    let names = names[2..].to_vec();
    move |socket, query, from| {
        socket.send_to(&[&query[..2], &names].concat(), from).unwrap();
    }
}

/// What machines call themselves, over LDAP and NetBIOS.
#[test]
fn names_that_machines_give_themselves_are_harmless_in_every_format() {
    let fleet = start(vec![FOREST.healthy()]);
    for label in printed() {
        let rootdse = disguised(replies("ldap-rootdse-extdn", "dc1"), b"dc1.contoso.test", label);
        let names = disguised(replies("nbstat", "mem"), b"MEM", label).remove(0);
        // No door that is knocked at is closed: Windows takes two seconds to tell of one, and Wine never does over UDP.
        let open = |stream: &mut TcpStream| hear(stream).map(drop);
        let dc = Machine::default().tcp(389, replay(rootdse)).tcp(135, replay(replies("epm-map-drsuapi", "dc1")));
        let dc = dc.tcp(445, open).tcp(DRSUAPI, open).udp(137, called(&names)).start();
        let member = Machine::default().tcp(135, replay(replies("epm-map-drsuapi", "mem"))).tcp(389, open);
        let member = member.tcp(445, open).udp(137, called(&names)).start();

        let probe = format!(
            "probe:\n  timeout: 5s\n  protocols: [ldap, epm, ntlm, netbios]\n  redirect:\n    203.0.113.1: 127.0.0.1:{dc}\n    203.0.113.2: 127.0.0.1:{member}\n    203.0.113.3: none\n"
        );
        let config = FOREST.config(fleet.addresses(), "timeout: 2s").replace("probe: { enabled: false }\n", &probe);
        let folder = folder(&config);
        let what = String::from_utf8_lossy(label);
        let report = all_formats(folder.path(), &["check", "-v"], &["table", "json", "nagios"], &what);
        let said = report["addresses"].to_string();
        assert!(said.contains("netbios") || said.contains("nbstat"), "{what}: {said}");
        all_formats(folder.path(), &["identify", "203.0.113.1", "203.0.113.2"], &["table", "json"], &what);
    }
}

/// Arguments and configuration files are foreign text, too.
#[test]
fn texts_of_arguments_and_configurations_are_harmless_in_errors() {
    for label in LABELS {
        let text = String::from_utf8_lossy(label).replace('\0', "");
        let quoted = serde_json::to_string(&text).unwrap();
        let empty = tempfile::tempdir().unwrap();
        for arguments in [
            &["check", "-c", &text][..],
            &["check", "--evidence", &text],
            &["check", "--only", &text],
            &["identify", &text],
            &["explain", &text],
        ] {
            let output = guidpost(empty.path(), arguments);
            assert_eq!(output.status.code(), Some(3), "{arguments:?}");
            assert_harmless(&output.stderr, false, &format!("{arguments:?}"));
            assert_harmless(&output.stdout, false, &format!("{arguments:?}"));
            if arguments[0] == "check" {
                let plugin = guidpost(empty.path(), &[arguments, &["-f", "nagios"]].concat());
                assert_eq!((plugin.status.code(), &plugin.stderr), (Some(3), &output.stderr), "{arguments:?}");
                plugin_text::assert_no_report(std::str::from_utf8(&plugin.stdout).unwrap());
            }
        }
        for config in [
            format!("forest: {quoted}\ndns_servers: [127.0.0.1]\n"),
            format!("forest: contoso.test\ndns_servers: [{quoted}]\n"),
            format!("forest: contoso.test\ndns_servers: [127.0.0.1]\n{quoted}: 1\n"),
            format!(
                "forest: contoso.test\ndns_servers: [127.0.0.1]\nrules: {{ {quoted}: {{ severity: {quoted} }} }}\n"
            ),
            format!("# {text}\nforest: contoso.test\ndns_servers: [127.0.0.1]\nwaivers: [{text}]\n"),
        ] {
            let folder = folder(&config);
            let output = guidpost(folder.path(), &["check", "--no-probe", "--deadline", "1s"]);
            // A name with backslashes is one in presentation form: then the server at that address is asked in vain.
            assert!(matches!(output.status.code(), Some(2 | 3)), "{config}");
            assert!(!String::from_utf8_lossy(&output.stderr).contains("internal error"), "{config}");
            assert_harmless(&output.stderr, false, &config);
            assert_harmless(&output.stdout, false, &config);
        }
    }
}
