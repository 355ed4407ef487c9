//! The command itself.

use guidpost::demo::RunningScenario;

use crate::world::{MACHINES, RECORDS, World};

fn guidpost(arguments: &[&str]) -> std::process::Output {
    let folder = tempfile::tempdir().expect("a folder without guidpost.yaml");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_guidpost"));
    command.current_dir(folder.path()).args(arguments);
    crate::start::program(|| command.output())
}

/// One DNS server, whose forest has DCs that nobody is to knock at.
fn dns_alone() -> (RunningScenario, String) {
    let records: Vec<&str> = RECORDS.lines().filter(|line| !line.contains(" NS ")).collect();
    let world = World::new(&records.join("\n"), "[{ name: dc1 }]", MACHINES);
    let address = world.running.server_addresses()[0].to_string();
    (world.running, address)
}

#[test]
fn the_command_finds_the_forest_without_a_file() {
    let (_running, address) = dns_alone();
    let begin = ["--forest", "contoso.com", "--from", &address, "--no-probe"];
    let output = guidpost(&[&["check", "-f", "json"], &begin[..]].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["forest"], "contoso.com");
    let assumed = report["assumed"].as_array().expect("a list");
    assert!(assumed.iter().any(|row| row["what"] == "dc" && row["value"] == "dc2.contoso.com"), "{assumed:?}");
    assert_eq!(output.stderr, b"");

    let output = guidpost(&[&["check"], &begin[..]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nAssumed, because no configuration says it\n  forest contoso.com: --forest"), "{text}");

    // --dc and --server speak of what is found.
    let output = guidpost(&[&["check", "--dc", "dc1", "-f", "json"], &begin[..]].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    let findings = report["findings"].as_array().expect("a list");
    assert!(findings.iter().all(|finding| finding["dc"] != "dc2.contoso.com"), "{findings:?}");
    let output = guidpost(&[&["check", "--dc", "dc9"], &begin[..]].concat());
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no domain controller `dc9`"));
}

#[test]
fn the_command_says_what_it_tried() {
    let (_running, address) = dns_alone();
    let output = guidpost(&["check", "--forest", "example.org", "--from", &address, "--no-probe"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(3), &b""[..]));
    assert!(said.contains("no domain controller of example.org was found") && said.contains(&address), "{said}");
    let named = guidpost(&["check", "-c", "no-such-file.yaml"]);
    assert_eq!(named.status.code(), Some(3), "a file that is named has to be there");
}

#[test]
fn init_writes_a_file_and_overwrites_none() {
    let (_running, address) = dns_alone();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("guidpost.yaml");
    let path = file.to_str().unwrap();
    let begin = ["--forest", "contoso.com", "--from", &address, "--no-probe"];
    let init = |more: &[&str]| guidpost(&[&["init"], &begin[..], more].concat());
    let output = init(&["-o", path]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("dc1.contoso.com: no GUID"), "{said}");
    assert_eq!(guidpost(&["config", "check", "-c", path]).status.code(), Some(0));

    std::fs::write(&file, "mine").unwrap();
    let output = init(&["-o", path]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("exists already; --force overwrites it"));
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    let failed =
        guidpost(&["init", "--force", "-o", path, "--forest", "example.org", "--from", &address, "--no-probe"]);
    assert_eq!(failed.status.code(), Some(3));
    assert_eq!(std::fs::read(&file).unwrap(), b"mine", "a run that finds nothing writes nothing");
    assert_eq!(init(&["-o", path, "--force", "-q"]).stderr, b"");
    assert!(std::fs::read_to_string(&file).unwrap().contains("forest: contoso.com"));
    let printed = init(&["-o", "-"]);
    assert!(String::from_utf8_lossy(&printed.stdout).contains("\ndomain_controllers:\n"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}
