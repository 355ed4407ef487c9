//! What matters on Windows alone: the program, started as a user there starts it, against a DNS server in this process.
#![cfg(windows)]
#![expect(clippy::disallowed_methods, reason = "the tests write their own files")]
#![expect(clippy::unwrap_used, reason = "a file of a test that cannot be written fails the test")]

mod start;

use std::path::Path;
use std::process::{Command, Output};

use guidpost::base::name::DnsName;
use guidpost::demo::{Behaviour, Quirks, Records, RunningServer, Server, Spec};
use serde_json::Value;

const GUID: &str = "3dab7f9b-92e7-4391-b8db-71df532c1493";

fn server(address: &str) -> RunningServer {
    let records = format!("dc1.contoso.test 600 A {address}\n{GUID}._msdcs.contoso.test 600 CNAME dc1.contoso.test\n");
    let zones = ["contoso.test", "_msdcs.contoso.test"].map(|zone| DnsName::parse(zone).unwrap()).to_vec();
    let records = Records::parse(&records).unwrap();
    let (name, primary) = ("dc1".to_owned(), "dc1.contoso.test".to_owned());
    let spec = Spec { name, primary, zones, records, behaviour: Behaviour::Answer, quirks: Quirks::default() };
    Server::start(spec).unwrap()
}

fn configuration(server: &RunningServer) -> String {
    format!(
        "forest: contoso.test\r\nlocator_records: false\r\nprobe: {{ enabled: false }}\r\n\
         dns_servers: [{{ name: dc1, address: 127.0.0.1, port: {} }}]\r\n\
         domain_controllers:\r\n  - {{ host: dc1.contoso.test, guid: {GUID}, addresses: [192.0.2.10] }}\r\n",
        server.addr().port()
    )
}

fn guidpost(folder: &Path, arguments: &[&str]) -> Output {
    start::program(|| Command::new(env!("CARGO_BIN_EXE_guidpost")).current_dir(folder).args(arguments).output())
}

/// UTF-16 with a byte order mark, as `>` and Out-File of Windows PowerShell 5.1 write it.
fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_forest_is_checked_and_the_exit_code_is_the_verdict() {
    let folder = tempfile::tempdir().unwrap();
    for (address, verdict, code) in [("192.0.2.10", "ok", 0), ("192.0.2.99", "critical", 2)] {
        let server = server(address);
        std::fs::write(folder.path().join("guidpost.yaml"), utf16(&configuration(&server))).unwrap();
        let output = guidpost(folder.path(), &["check", "-f", "json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((report["verdict"].as_str(), output.status.code()), (Some(verdict), Some(code)), "{report:#}");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn paths_may_have_backslashes_blanks_and_other_letters() {
    let folder = tempfile::tempdir().unwrap();
    let deeper = folder.path().join("Prüf berichte");
    std::fs::create_dir(&deeper).unwrap();
    let server = server("192.0.2.10");
    std::fs::write(deeper.join("guidpost.yaml"), configuration(&server)).unwrap();
    // Whatever stands there is replaced, as a scheduled task does every time.
    std::fs::write(deeper.join("bericht.json"), "old").unwrap();
    let arguments = [
        "check",
        "-c",
        r"Prüf berichte\guidpost.yaml",
        "--save-evidence",
        r"Prüf berichte\gesehen.json",
        "--output",
        r"json=Prüf berichte\bericht.json",
    ];
    let output = guidpost(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_ascii(), "what is no console has a code page of its own");
    let report: Value = serde_json::from_slice(&std::fs::read(deeper.join("bericht.json")).unwrap()).unwrap();
    assert_eq!(report["verdict"], "ok");
    drop(server);
    let replayed = guidpost(folder.path(), &["check", "--evidence", r"Prüf berichte\gesehen.json", "-f", "json"]);
    assert_eq!(serde_json::from_slice::<Value>(&replayed.stdout).unwrap(), report);
    assert_eq!(std::fs::read_dir(&deeper).unwrap().count(), 3, "no temporary file is left");
}
