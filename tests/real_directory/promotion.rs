//! Before a promotion and after a demotion, with a DC that comes and goes.

use crate::host::{Host, Output};
use crate::lab::{FOREST, lab};
use crate::report::{Report, Workplace, rows, text};
use crate::samba::{self, Dc};

const LAST: u8 = 4;

/// A DC joins, dies, is looked for, and is cleaned away; then its name is free again.
#[test]
fn what_a_dead_dc_leaves_is_found_until_it_is_cleaned_away() {
    let lab = lab();
    let (first, second) = ([lab.dc1.machine.address.as_str()], [lab.dc2.machine.address.as_str()]);
    let place = Workplace::new(&lab, &[lab.dc1.described(&first), lab.dc2.described(&second)]);
    samba::add_reverse_zone(&lab.dc1, "1.77.10.in-addr.arpa").unwrap_or_else(|e| panic!("{e}"));
    let candidate = ["preflight", "-f", "json", "--host", &format!("dc3.{FOREST}"), "--address", "10.77.1.4"];
    let preflight = || Report::of(place.run(&candidate));
    let before = preflight();
    for item in ["name-free", "address-free", "no-leftovers", "partners-resolvable", "partners-proven"] {
        assert_eq!(before.item(item), "pass", "{item}: {:#}", before.json["checklist"]);
    }

    let machine = Host::start(&lab.switch, "dc3", LAST, 1).unwrap_or_else(|e| panic!("{e}"));
    let dc3 = Dc::join(machine, &lab.dc1, FOREST, &lab.client).unwrap_or_else(|e| panic!("{e}"));
    let (host, guid, address) = (dc3.host.clone(), dc3.guid.clone(), dc3.machine.address.clone());
    samba::wait_for_registration(&lab, &dc3).unwrap_or_else(|e| panic!("{e}"));
    drop(dc3);

    let gone = || Report::of(place.run(&["gone", "-f", "json", &guid, &host, &address]));
    let left = gone();
    left.expect_verdict("warning", 1);
    let found: Vec<(&str, &str)> =
        left.of_rule("leftover-record").iter().map(|row| (text(row, "name"), text(row, "type"))).collect();
    let alias = format!("{guid}._msdcs.{FOREST}");
    let site = format!("_ldap._tcp.default-first-site-name._sites.dc._msdcs.{FOREST}");
    for record in [(alias.as_str(), "CNAME"), (host.as_str(), "A"), (FOREST, "A"), (site.as_str(), "SRV")] {
        assert!(found.contains(&record), "no {record:?} among {found:?}");
    }
    // On a DC itself no configuration is needed to see it.
    let program = env!("CARGO_BIN_EXE_guidpost");
    let script = "cd /run && exec \"$@\"";
    let bare = ["sh", "-c", script, "sh", program, "gone", "-f", "json", &guid, &host, &address];
    let there = Report::of(lab.dc1.machine.run(&bare));
    assert!(there.of_rule("leftover-record").iter().any(|row| row["name"] == alias.as_str()), "{:#}", there.json);
    let blocked = preflight();
    for item in ["address-free", "no-leftovers"] {
        assert_eq!(blocked.item(item), "fail", "{item}: {:#}", blocked.json["checklist"]);
    }
    blocked.expect_verdict("critical", 2);

    // Samba's own cleaning forgets one record, and the report says how to remove it.
    samba::remove_dead(&lab.dc1, "dc3").unwrap_or_else(|e| panic!("{e}"));
    let forgotten = gone();
    let names: Vec<&str> = forgotten.of_rule("leftover-record").iter().map(|row| text(row, "name")).collect();
    assert_eq!(names, [format!("gc._msdcs.{FOREST}")], "{:#}", forgotten.json);
    samba::do_as_told(&lab, rows(&forgotten.json, "findings"));
    let clean = gone();
    assert_eq!(clean.findings(), [""; 0], "{:#}", clean.json);
    clean.expect_verdict("ok", 0);
    assert_eq!(preflight().item("no-leftovers"), "pass");
}

/// The commands of people in a hurry: a checklist, and an exit code.
#[test]
fn the_checklist_is_readable() {
    let lab = lab();
    let (first, second) = ([lab.dc1.machine.address.as_str()], [lab.dc2.machine.address.as_str()]);
    let place = Workplace::new(&lab, &[lab.dc1.described(&first), lab.dc2.described(&second)]);
    let host = format!("dc7.{FOREST}");
    let Output { stdout, stderr, .. } = place.run(&["preflight", "--host", &host, "--address", "10.77.1.7"]);
    assert_eq!(stderr, "");
    assert!(stdout.contains("[pass]"), "{stdout}");
    let report = Report::of(place.run(&["preflight", "-f", "json", "--host", &host, "--address", "10.77.1.7"]));
    let ports =
        rows(&report.json, "checklist").iter().find(|row| row["item"] == "ports").expect("an item for the ports");
    assert_eq!(text(ports, "status"), "pass", "{ports:#}");
    assert_eq!(report.item("clock"), "pass");
}
