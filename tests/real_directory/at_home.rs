//! guidpost on a destination DC: its own resolvers, hosts file and addresses count.

use serde_json::Value;

use crate::etc;
use crate::host::Host;
use crate::lab::{FILE_SERVER, FOREST, Lab, lab};
use crate::report::{Report, Workplace, rows, text};

/// A configuration that names both DCs with their addresses, and this machine's own resolvers.
fn configuration(lab: &Lab) -> String {
    let dc = |dc: &crate::samba::Dc| {
        format!("  - {{ host: {}, guid: {}, addresses: [{}] }}\n", dc.host, dc.guid, dc.machine.address)
    };
    format!(
        "forest: {FOREST}\nlocator_records: false\ndns_servers: [system]\ndomain_controllers:\n{}{}",
        dc(&lab.dc1),
        dc(&lab.dc2)
    )
}

/// The resolver list of a destination as it should be: both DNS servers.
fn both(lab: &Lab) -> String {
    format!("nameserver {}\nnameserver {}\n", lab.dc1.machine.address, lab.dc2.machine.address)
}

/// The findings about a line of the hosts file, one for each name in it, and no others; the last is about the full name.
#[track_caller]
fn override_of(report: &Report) -> &Value {
    let fails: Vec<String> = report.findings().into_iter().filter(|line| line.starts_with("fail")).collect();
    assert!(fails.iter().all(|line| line.starts_with("fail hosts-file-override")), "{fails:?}");
    let found = report.of_rule("hosts-file-override");
    found.last().unwrap_or_else(|| panic!("no finding: {:#}", report.json))
}

/// The example of the article about error 1753: a DC moved, a member took its former address, and the hosts file of the
/// destination still says the former one. Then the member becomes a DC itself.
#[test]
fn a_line_of_the_hosts_file_that_is_out_of_date_is_1753_and_then_the_wrong_principal() {
    let lab = lab();
    let destination = &lab.client;
    let _resolvers = etc::change(destination, "resolv.conf", &both(&lab));
    let place = Workplace::with(&lab, &configuration(&lab));
    let report = place.check_on(destination, &[]);
    assert_eq!(report.findings(), [""; 0], "without the line all is well: {:#}", report.json);

    for (former, error, who) in
        [(&lab.member.address, 1753, FILE_SERVER), (&lab.foreign.machine.address, -2_146_893_022, "dc9.fabrikam.test")]
    {
        let lines = format!("127.0.0.1 localhost\n{former}\t{} # \u{fc}\n", lab.dc2.host);
        let _hosts = etc::change(destination, "hosts", &lines);
        let report = place.check_on(destination, &[]);
        let finding = override_of(&report);
        assert_eq!(finding["severity"], "critical", "{finding:#}");
        assert_eq!(text(finding, "dc"), lab.dc2.host, "{finding:#}");
        assert!(rows(finding, "predicts").contains(&error.into()), "{error} in {finding:#}");
        let said = text(finding, "message").to_lowercase();
        for fact in ["/etc/hosts", former.as_str(), who] {
            assert!(said.contains(fact), "no {fact} in {finding:#}");
        }
        report.expect_verdict("critical", 2);
    }
}

/// Nothing is said of a line that names this machine's own address, nor of other machines.
#[test]
fn lines_of_the_hosts_file_about_others_are_nobodys_business() {
    let lab = lab();
    let _resolvers = etc::change(&lab.client, "resolv.conf", &both(&lab));
    let lines = format!("127.0.0.1 localhost\n{} printer.{FOREST} printer\n", lab.member.address);
    let _hosts = etc::change(&lab.client, "hosts", &lines);
    let report = Workplace::with(&lab, &configuration(&lab)).check_on(&lab.client, &[]);
    assert_eq!(report.findings(), [""; 0], "{:#}", report.json);
}

/// Runs without any configuration, in a folder where none lies.
fn without_configuration(machine: &Host, args: &[&str]) -> crate::host::Output {
    let program = env!("CARGO_BIN_EXE_guidpost");
    machine.run(&[&["sh", "-c", "cd /run && exec \"$@\"", "sh", program], args].concat())
}

/// On a DC itself nothing needs to be written: the forest, its DCs, their GUIDs and DNS servers are found.
#[test]
fn a_dc_needs_no_configuration() {
    let lab = lab();
    let report = Report::of(without_configuration(&lab.dc1.machine, &["check", "-f", "json"]));
    assert_eq!(report.json["forest"], FOREST);
    for dc in [&lab.dc1, &lab.dc2] {
        let of_dc = |row: &&Value| row["source"] == dc.host.as_str();
        let rows: Vec<&Value> = rows(&report.json, "forecast").iter().filter(of_dc).collect();
        assert!(!rows.is_empty(), "no forecast for {} in {:#}", dc.host, report.json);
        for row in rows {
            assert_eq!((&row["guid"], &row["outcome"]), (&dc.guid.as_str().into(), &"ok".into()), "{row:#}");
        }
    }
    let assumed: Vec<&str> = rows(&report.json, "assumed").iter().map(|row| text(row, "what")).collect();
    for what in ["forest", "dc", "server"] {
        assert!(assumed.contains(&what), "no {what} in {:#}", report.json["assumed"]);
    }
    // The machine's only resolver is itself.
    assert!(!report.of_rule("resolver-list").is_empty(), "{:#}", report.json);
    let fails = report.findings().into_iter().filter(|line| line.starts_with("fail"));
    let others: Vec<String> = fails.filter(|line| !line.contains(" resolver-list ")).collect();
    assert_eq!(others, [""; 0], "{:#}", report.json);
}

/// A machine that is told an address finds the forest behind it; what `init` writes is what `check` takes.
#[test]
fn init_writes_a_configuration_that_check_takes() {
    let lab = lab();
    let from = lab.dc2.machine.address.as_str();
    let file = "/run/written.yaml";
    let written = without_configuration(&lab.client, &["init", "--from", from, "-o", file]);
    assert_eq!(written.code, Some(0), "{}{}", written.stdout, written.stderr);
    let again = without_configuration(&lab.client, &["init", "--from", from, "-o", file]);
    assert_eq!(again.code, Some(3), "an existing file is not overwritten");
    let config = lab.client.must(&["cat", file]).unwrap_or_else(|e| panic!("{e}"));
    for dc in [&lab.dc1, &lab.dc2] {
        assert!(config.contains(&dc.host) && config.contains(&dc.guid), "{} in\n{config}", dc.host);
    }
    let report = Report::of(without_configuration(&lab.client, &["check", "-f", "json", "-c", file]));
    for dc in [&lab.dc1, &lab.dc2] {
        assert!(rows(&report.json, "forecast").iter().any(|row| row["source"] == dc.host.as_str()));
    }
    assert!(rows(&report.json, "forecast").iter().all(|row| row["outcome"] == "ok"), "{:#}", report.json);
}
