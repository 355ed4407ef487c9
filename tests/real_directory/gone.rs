//! `guidpost gone` at Samba's own DNS server: what is left is found, and the printed commands remove it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::host::Output;
use crate::lab::{FOREST, Lab, lab};
use crate::report::{Workplace, rows, text};
use crate::samba;

const GUID: &str = "99999999-9999-4999-8999-999999999999";
const ADDRESS: &str = "192.0.2.77";

/// The report about a former DC, with the exit code.
fn gone(place: &Workplace<'_>, words: &[&str]) -> (Value, Option<i32>) {
    let Output { code, stdout, stderr } = place.run(&[&["gone", "-f", "json"], words].concat());
    assert_eq!(stderr, "", "stderr belongs to troubles of the run itself");
    let json = serde_json::from_str(&stdout).unwrap_or_else(|e| panic!("no JSON report ({e}); {code:?}\n{stdout}"));
    (json, code)
}

/// `name TYPE` of all that is left.
fn left(report: &Value) -> BTreeSet<String> {
    let fails = rows(report, "findings").iter().filter(|finding| finding["outcome"] == "fail");
    fails.map(|finding| format!("{} {}", text(finding, "name"), text(finding, "type"))).collect()
}

/// Registers what a DC registers, beside what is there.
fn register(lab: &Lab, host: &str) {
    let lines = [
        format!("zone {FOREST}"),
        format!("update add {host} 900 A {ADDRESS}"),
        format!("update add {FOREST} 900 A {ADDRESS}"),
        format!("update add _ldap._tcp.{FOREST} 900 SRV 0 100 389 {host}."),
        format!("update add _ldap._tcp.default-first-site-name._sites.{FOREST} 900 SRV 0 100 389 {host}."),
        "send".into(),
        format!("zone _msdcs.{FOREST}"),
        format!("update add {GUID}._msdcs.{FOREST} 900 CNAME {host}."),
        format!("update add gc._msdcs.{FOREST} 900 A {ADDRESS}"),
        "send".into(),
    ];
    let script = format!("nsupdate -t 5 <<END\nserver {}\n{}\nEND", lab.dc1.machine.address, lines.join("\n"));
    lab.client.shell(&script).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn the_printed_commands_remove_what_a_former_dc_left() {
    let lab = lab();
    let (first, second) = ([lab.dc1.machine.address.as_str()], [lab.dc2.machine.address.as_str()]);
    let place = Workplace::new(&lab, &[lab.dc1.described(&first), lab.dc2.described(&second)]);
    let host = format!("dc77.{FOREST}");
    let words = [GUID, &host, ADDRESS];
    register(&lab, &host);
    let (before, code) = gone(&place, &words);
    assert_eq!(code, Some(1), "{before:#}");
    let expected = [
        format!("{GUID}._msdcs.{FOREST} CNAME"),
        format!("{host} A"),
        format!("{FOREST} A"),
        format!("gc._msdcs.{FOREST} A"),
        format!("_ldap._tcp.{FOREST} SRV"),
        format!("_ldap._tcp.default-first-site-name._sites.{FOREST} SRV"),
    ];
    assert_eq!(left(&before), BTreeSet::from(expected));
    samba::do_as_told(&lab, rows(&before, "findings"));
    let (after, code) = gone(&place, &words);
    assert_eq!((code, rows(&after, "findings")), (Some(0), &[][..]), "{after:#}");
    // This server has no reverse zone, and gives away none.
    let items = rows(&after, "checklist").iter().filter(|item| item["item"] != "ptr" && item["item"] != "transfer");
    let failed: Vec<&str> = items.filter(|item| item["status"] != "pass").map(|item| text(item, "item")).collect();
    assert_eq!(failed, [""; 0]);
    // What the others have under the same names stayed.
    for dc in [&lab.dc1, &lab.dc2] {
        assert_eq!(lab.records(&dc.host, "A"), [dc.machine.address.as_str()]);
    }
}

/// A DC that still lives, seen as if it were gone: all that a real one registers is found.
#[test]
fn everything_that_a_real_dc_registered_would_be_found() {
    let lab = lab();
    let first = [lab.dc1.machine.address.as_str()];
    let place = Workplace::new(&lab, &[lab.dc1.described(&first)]);
    let dc = &lab.dc2;
    let (report, code) = gone(&place, &[&dc.guid, &dc.host, &dc.machine.address]);
    assert_eq!(code, Some(1), "{report:#}");
    let left = left(&report);
    for record in [format!("{} CNAME", dc.alias()), format!("{} A", dc.host)] {
        assert!(left.contains(&record), "{record} is not in {left:?}");
    }
    // Samba keeps a list of what it registered, once that is done.
    let read = "cat /var/lib/samba/private/dns_update_cache 2>/dev/null || true";
    let cache = dc.machine.shell(read).unwrap_or_else(|e| panic!("{e}"));
    for line in cache.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [rtype, name, ..] = words[..] else { continue };
        let (name, rtype) = (name.to_lowercase(), rtype.to_uppercase());
        if !lab.records(&name, &rtype).is_empty() {
            assert!(left.contains(&format!("{name} {rtype}")), "{name} {rtype} is not in {left:?}");
        }
    }
}
