//! `guidpost identify` from outside: machines and DNS servers on loopback, exit codes, streams.
#![expect(clippy::disallowed_types, reason = "the machines of these tests are sockets")]
#![expect(clippy::disallowed_methods, reason = "the tests write their own files")]
#![expect(clippy::unwrap_used, reason = "a machine of a test that cannot start fails the test")]

#[expect(dead_code, reason = "this is a part of what the tests of the probes need")]
#[path = "probe/machine.rs"]
mod machine;
mod start;

use std::process::Output;

use assert_cmd::Command;
use assert_cmd::assert::OutputAssertExt as _;
use guidpost::base::name::DnsName;
use guidpost::demo::{Records, RunningServer, Scenario, Server, Spec};
use machine::{DRSUAPI, Machine, hear, replay, replies};
use serde_json::Value;
use tempfile::TempDir;

/// What the captured DC says of itself.
const GUID: &str = "1912bc1a-e924-4a2e-b14a-07e00e656674";
const OTHER: &str = "a71c4a0e-5d0f-4b0a-9c53-0e6f1d6c2b58";

/// What the command says in this folder, so that no other guidpost.yaml is found by chance.
fn identify(folder: &TempDir, arguments: &[&str]) -> Output {
    identify_pasted(folder, arguments, "")
}

/// The same with something on standard input.
fn identify_pasted(folder: &TempDir, arguments: &[&str], input: impl Into<Vec<u8>>) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("guidpost"));
    command.current_dir(folder.path()).arg("identify").args(arguments);
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("FORCE_COLOR");
    command.write_stdin(input);
    start::program(|| command.output())
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

/// The answer as JSON, with its exit code.
fn json(folder: &TempDir, arguments: &[&str]) -> (Value, i32) {
    let output = identify(folder, &[arguments, &["-f", "json"]].concat());
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code().unwrap())
}

/// dc1 of contoso.test, on loopback behind 192.0.2.5.
fn dc1() -> u16 {
    let machine = Machine::default().tcp(389, replay(replies("ldap-rootdse-extdn", "dc1")));
    let machine = machine.tcp(135, replay(replies("epm-map-drsuapi", "dc1")));
    machine.tcp(DRSUAPI, |stream| hear(stream).map(drop)).start()
}

/// A file server on loopback.
fn member() -> u16 {
    Machine::default().tcp(135, replay(replies("epm-map-drsuapi", "mem"))).start()
}

fn dns() -> RunningServer {
    let records = format!(
        "dc1.contoso.test 600 A 192.0.2.5\ndc2.contoso.test 600 A 192.0.2.6\n\
         {GUID}._msdcs.contoso.test 600 CNAME dc1.contoso.test\n{OTHER}._msdcs.contoso.test 600 CNAME dc2.contoso.test\n"
    );
    Server::start(Spec {
        name: "dc1".into(),
        primary: "dc1.contoso.test".into(),
        zones: ["contoso.test", "_msdcs.contoso.test"].map(|zone| DnsName::parse(zone).unwrap()).to_vec(),
        records: Records::parse(&records).unwrap(),
        ..Spec::default()
    })
    .unwrap()
}

/// A folder whose guidpost.yaml knows this server, and where to reach the machines.
fn folder(dns: Option<&RunningServer>, redirects: &[(&str, u16)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let port = dns.map_or(1, |dns| dns.addr().port());
    let redirects: String = redirects
        .iter()
        .map(|(address, base)| match base {
            0 => format!("    {address}: none\n"),
            base => format!("    {address}: 127.0.0.1:{base}\n"),
        })
        .collect();
    let config = format!(
        "forest: contoso.test\ndns_servers: [{{ name: dns, address: 127.0.0.1, port: {port} }}]\n\
         query: {{ timeout: 5s }}\nprobe:\n  timeout: 5s\n  protocols: [ldap, epm]\n  redirect:\n{redirects}"
    );
    std::fs::write(folder.path().join("guidpost.yaml"), config).unwrap();
    folder
}

#[test]
fn a_dc_is_recognised_by_its_address() {
    let folder = folder(None, &[("192.0.2.5", dc1())]);
    let (answer, code) = json(&folder, &["192.0.2.5"]);
    let machine = &answer["targets"][0]["addresses"][0]["machine"];
    assert_eq!((code, &answer["result"]), (0, &Value::from("identified")), "{answer:#}");
    assert_eq!(machine["kind"], "domain-controller");
    assert_eq!(machine["host"], "dc1.contoso.test");
    assert_eq!(machine["alias"], format!("{GUID}._msdcs.contoso.test"));
    assert_eq!(machine["drsuapi_registered"], true);
    let table = text(&identify(&folder, &["192.0.2.5"]).assert().code(0).get_output().stdout);
    for words in ["IDENTIFIED  address 192.0.2.5", "  a domain controller", GUID, "registered, port"] {
        assert!(table.contains(words), "{words}: {table}");
    }
    assert!(table.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)), "{table}");
    let coloured = identify(&folder, &["192.0.2.5", "--color", "always"]).assert().code(0).get_output().clone();
    assert!(text(&coloured.stdout).contains("\u{1b}[32mIDENTIFIED"), "{}", text(&coloured.stdout));
}

#[test]
fn every_label_is_followed_by_a_blank() {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/file-server-tells-its-version.yaml");
    let running = Scenario::parse(&std::fs::read_to_string(path).unwrap()).unwrap().start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("guidpost.yaml"), running.config_yaml()).unwrap();
    let output = identify(&folder, &["192.0.2.99", "192.0.2.10"]);
    let table = text(&output.stdout);
    assert!(table.contains("\n    OS version  10.0.20348\n"), "{table}");
    // Fields are indented by four, values stand at one column.
    let fields: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
        .collect();
    assert!(fields.len() > 10, "{table}");
    for field in fields {
        let (label, value) = field.split_at(12);
        assert!(label.ends_with(' ') && !value.starts_with(' '), "{field}");
    }
}

#[test]
fn the_guids_of_a_pasted_event_are_followed_to_their_machines() {
    let dns = dns();
    let folder = folder(Some(&dns), &[("192.0.2.5", dc1()), ("192.0.2.6", member())]);
    let (answer, code) = json(&folder, &[GUID]);
    let target = &answer["targets"][0];
    assert_eq!((code, &target["addresses"][0]["identity"]), (0, &Value::from("owner-proven")), "{answer:#}");
    assert_eq!(target["servers"][0]["records"][0]["data"][0], "dc1.contoso.test");

    let event =
        format!("Event 1411: no SPN for\r\n{{{}}}\r\n{GUID}._msdcs.contoso.test, 8589\r\n", OTHER.to_uppercase());
    let output = identify_pasted(&folder, &["-", "-f", "json"], event.clone());
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = |answer: &Value| {
        let targets = answer["targets"].as_array().unwrap().iter();
        targets.map(|target| format!("{} {}", target["input"], target["result"]).replace('"', "")).collect::<Vec<_>>()
    };
    // The address of dc2 belongs to a file server without directory: error 1753.
    assert_eq!(results(&answer), [format!("{OTHER} wrong"), format!("{GUID} identified")], "{answer:#}");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(answer["targets"][0]["addresses"][0]["errors"][0], 1753);
    let (answer, code) = json(&folder, &[&event]);
    assert_eq!((code, results(&answer).len()), (2, 2));
    let table = text(&identify(&folder, &[OTHER]).assert().code(2).get_output().stdout);
    assert!(table.contains("WRONG  GUID") && table.contains("serverReference"), "{table}");
}

#[test]
fn a_host_name_is_followed_at_every_server() {
    let dns = dns();
    let folder = folder(Some(&dns), &[("192.0.2.5", dc1()), ("192.0.2.6", 0)]);
    let (answer, code) = json(&folder, &["dc1.contoso.test"]);
    let target = &answer["targets"][0];
    assert_eq!((code, &target["servers"][0]["server"]), (0, &Value::from("dns")), "{answer:#}");
    // Where the configuration has no GUID, the machine's own gives the alias.
    assert_eq!(target["alias"], format!("{GUID}._msdcs.contoso.test"));
    assert_eq!(json(&folder, &["dc9.contoso.test"]).1, 3);
    // Nobody is asked, so nobody is identified.
    let (answer, code) = json(&folder, &["dc1.contoso.test", "--no-probe"]);
    assert_eq!((code, &answer["targets"][0]["addresses"][0]["identity"]), (3, &Value::from("not-probed")));
    let (answer, code) = json(&folder, &["192.0.2.6"]);
    assert_eq!(code, 3);
    let reason = answer["targets"][0]["addresses"][0]["not_asked"].as_str().unwrap();
    assert!(reason.contains("probe: redirect"), "{reason}");
    assert!(dns.seen().iter().all(|seen| !seen.name.starts_with(b"gp-")), "no canaries are needed here");
}

#[test]
fn without_a_configuration_an_address_is_asked_and_a_name_looked_up() {
    let folder = tempfile::tempdir().unwrap();
    let (answer, _) = json(&folder, &["127.0.0.1", "--timeout", "1s"]);
    assert_eq!((&answer["schema"], answer.get("forest")), (&Value::from("guidpost.identify/1"), None));
    assert!(answer["targets"][0]["addresses"][0]["evidence"].as_array().unwrap().len() >= 3, "{answer:#}");
    let (answer, code) = json(&folder, &["localhost", "--no-probe", "-4"]);
    assert_eq!((code, &answer["targets"][0]["addresses"][0]["address"]), (3, &Value::from("127.0.0.1")));
}

/// Asks and saves, stops whoever answered, and says the same of what was saved: to the octet, and with the same exit code.
fn comes_again(folder: &TempDir, arguments: &[&str], input: &str, stop: impl FnOnce()) {
    let live = identify_pasted(folder, &[arguments, &["-f", "json", "--save-evidence", "seen.json"]].concat(), input);
    assert!(live.stderr.is_empty(), "{arguments:?}: {}", text(&live.stderr));
    let table = identify_pasted(folder, &[arguments, &["--save-evidence", "table.json"]].concat(), input);
    stop();
    // What was seen stands for itself: no configuration is read for it.
    let alone = tempfile::tempdir().unwrap();
    for (file, live, format) in [("seen.json", live, "json"), ("table.json", table, "table")] {
        std::fs::copy(folder.path().join(file), alone.path().join(file)).unwrap();
        let again = identify(&alone, &["--evidence", file, "-f", format]);
        assert!(again.stderr.is_empty(), "{arguments:?}: {}", text(&again.stderr));
        assert_eq!((text(&again.stdout), again.status.code()), (text(&live.stdout), live.status.code()));
        assert!(!live.stdout.is_empty());
    }
}

#[test]
fn the_same_comes_again_from_evidence() {
    let event = format!("Event 1411: no SPN for\r\n{OTHER}\r\n{GUID}._msdcs.contoso.test, 8589\r\n");
    for (words, input) in [
        (&["192.0.2.5", "192.0.2.6", "192.0.2.7"][..], ""),
        (&["dc1.contoso.test", "dc9.contoso.test", "dc9.elsewhere.test"], ""),
        (&[GUID, "3dab7f9b-92e7-4391-b8db-71df532c1493"], ""),
        (&["-"], event.as_str()),
        (&[&event, "192.0.2.5"], ""),
    ] {
        let dns = dns();
        let folder = folder(Some(&dns), &[("192.0.2.5", dc1()), ("192.0.2.6", member()), ("192.0.2.7", 0)]);
        comes_again(&folder, words, input, || drop(dns));
    }
    let unconfigured = tempfile::tempdir().unwrap();
    comes_again(&unconfigured, &["127.0.0.1", "--timeout", "1s"], "", || ());
    comes_again(&unconfigured, &["localhost", "no-such-host.invalid", "--no-probe", "-4"], "", || ());
}

#[test]
fn evidence_of_another_command_says_whose_it_is() {
    let folder = folder(None, &[("192.0.2.5", 0)]);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("guidpost"));
        command.current_dir(folder.path()).args(arguments);
        start::program(|| command.output())
    };
    let quickly = ["--timeout", "100ms", "--no-probe"];
    let candidate = ["--host", "dc3.contoso.test", "--address", "192.0.2.12"];
    for (job, arguments) in [
        ("check", &quickly[..]),
        ("preflight", &[&candidate[..], &quickly].concat()),
        ("gone", &[&["dc9.contoso.test"], &quickly[..]].concat()),
        ("identify", &["192.0.2.5"]),
    ] {
        let file = format!("{job}.json");
        run(&[&[job], arguments, &["--save-evidence", &file]].concat());
        for other in ["check", "preflight", "gone", "identify"].into_iter().filter(|other| *other != job) {
            let ended = run(&[other, "--evidence", &file]);
            let said = text(&ended.stderr);
            assert_eq!((ended.status.code(), text(&ended.stdout), said.lines().count()), (Some(3), "".into(), 1));
            assert!(
                said.contains(&format!("{file}: this evidence was saved by another command than {other}")),
                "{said}"
            );
        }
    }
    // A former DC may be named for what was seen of a forest, not for what was seen of one machine.
    let ended = run(&["gone", "dc9.contoso.test", "--evidence", "identify.json"]);
    assert!(text(&ended.stderr).contains("`guidpost identify --evidence` judges it"), "{}", text(&ended.stderr));
}

#[test]
fn a_file_that_cannot_be_saved_or_read_is_told() {
    let folder = folder(None, &[("192.0.2.5", dc1())]);
    let output = identify(&folder, &["192.0.2.5", "--save-evidence", "no/such/folder.json"]);
    assert_eq!(output.status.code(), Some(3), "all is well, but for the file");
    assert!(text(&output.stdout).contains("IDENTIFIED"), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("--save-evidence no/such/folder.json"), "{}", text(&output.stderr));
    std::fs::write(folder.path().join("other.json"), "{}").unwrap();
    for (arguments, word) in [
        (&["--evidence", "missing.json"][..], "missing.json"),
        (&["--evidence", "other.json"], "other.json"),
        (&["192.0.2.5", "--evidence", "other.json"], "cannot be used"),
        (&["--evidence", "other.json", "--save-evidence", "x.json"], "cannot be used"),
        (&["--evidence", "other.json", "-c", "guidpost.yaml"], "cannot be used"),
    ] {
        let output = identify(&folder, arguments).assert().code(3).get_output().clone();
        assert!(output.stdout.is_empty(), "{arguments:?}: {}", text(&output.stdout));
        assert!(text(&output.stderr).contains(word), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn what_cannot_be_identified_is_an_error_that_says_why() {
    let empty = tempfile::tempdir().unwrap();
    let configured = folder(None, &[("192.0.2.5", 0)]);
    for (folder, arguments, word) in [
        (&empty, &[GUID][..], "name a configuration file with -c FILE"),
        (&empty, &[""], "nothing to identify"),
        (&empty, &["no GUID is here"], "holds no GUID"),
        (&empty, &["192.0.2.300"], "neither an address nor a host name"),
        (&empty, &["dc1..x"], "a label of the name is empty"),
        (&empty, &["192.0.2.5", "--no-probe"], "--no-probe"),
        (&empty, &["-c", "missing.yaml", "127.0.0.1"], "missing.yaml"),
        (&empty, &["-4", "-6", "127.0.0.1"], "cannot be used"),
        (&empty, &[], "TARGET"),
        (&configured, &["dc1"], "give the full host name"),
        (
            &configured,
            &["a71c4a0e-5d0f-4b0a-9c53-0e6f1d6c2b58._msdcs.fabrikam.com"],
            "the configuration is of contoso.test",
        ),
    ] {
        let output = identify(folder, arguments).assert().code(3).get_output().clone();
        assert!(output.stdout.is_empty(), "{arguments:?}: {}", text(&output.stdout));
        assert!(text(&output.stderr).contains(word), "{arguments:?}: {}", text(&output.stderr));
    }
    let output = identify_pasted(&empty, &["-"], b"\xff\xfe\x00\xd8").assert().code(3).get_output().clone();
    assert!(text(&output.stderr).contains("standard input"), "{}", text(&output.stderr));
}
