//! A DC that runs, and whose own directory no longer has its NTDS Settings object.

use crate::host::{Host, Output, wait_until};
use crate::lab::lab;
use crate::oracle;
use crate::report::{Report, Workplace, evidence, text};
use crate::samba::{Dc, replicate};

/// Gives the DC its object back when dropped.
struct Lost<'a>(&'a Dc, &'a Host);

impl<'a> Lost<'a> {
    fn take(dc: &'a Dc, client: &'a Host) -> Self {
        let lost = Self(dc, client);
        dc.lose_settings(client).unwrap_or_else(|e| panic!("{e}"));
        lost
    }
}

impl Drop for Lost<'_> {
    fn drop(&mut self) {
        // A second panic would end the whole run without a word about the first.
        if let (Err(e), false) = (self.0.restore_settings(self.1), std::thread::panicking()) {
            panic!("{e}");
        }
    }
}

#[test]
fn a_dc_that_cannot_name_itself_is_critical_although_dns_is_right() {
    let lab = lab();
    let (dc1, dc2) = ([lab.dc1.machine.address.as_str()], [lab.dc2.machine.address.as_str()]);
    let dc = lab.dc2.described(&dc2);
    let place = Workplace::new(&lab, &[lab.dc1.described(&dc1), lab.dc2.described(&dc2)]);
    let lost = Lost::take(&lab.dc2, &lab.client);
    let refusal = format!("Failed to find full DN for dsServiceName: <GUID={}>", lab.dc2.guid);
    assert_eq!(oracle::refusal(&lab.client, dc2[0]), refusal);

    let file = place.path("evidence.json");
    let file = file.to_str().expect("the path of a temporary directory is UTF-8");
    let report = place.check(&["--save-evidence", file]);
    let finding = report.only_finding("ntds-settings-missing", &dc);
    assert_eq!(finding["severity"], "critical", "{finding:#}");
    assert!(text(finding, "message").contains(&lab.dc2.guid), "{finding:#}");
    let row = report.address(dc2[0], &dc);
    assert_eq!(row["identity"], "owner-proven", "its GUID is still that of its alias: {row:#}");
    assert!(evidence(row).contains(&refusal), "{row:#}");
    assert_eq!(report.predicts(&dc), "fails [8, 1722, 8439] probed, 1 of 1 wrong");
    assert_eq!(report.predicts(&lab.dc1.described(&dc1)), "ok [] probed, 0 of 1 wrong");
    report.expect_verdict("critical", 2);
    let again =
        Report::of(lab.client.run(&[env!("CARGO_BIN_EXE_guidpost"), "check", "-f", "json", "--evidence", file]));
    assert_eq!((again.json, again.code), (report.json, report.code), "saved evidence gives the same report");

    for what in [dc2[0], &lab.dc2.host, &lab.dc2.guid] {
        let Output { code, stdout, stderr } = place.run(&["identify", what]);
        assert_eq!((code, stderr.as_str()), (Some(2), ""), "identify {what}:\n{stdout}");
        let said = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        let fact = format!("no longer has the NTDS Settings object {}", lab.dc2.guid);
        assert!(said.contains(&fact) && said.contains("8439"), "identify {what}:\n{stdout}");
    }
    // What a partner is told that pulls from such a DC: one of the errors that are forecast.
    let pull = || replicate(&lab.dc1, &lab.dc2).stderr;
    wait_until("the error of a partner", || pull().contains("(8, 'WERR_NOT_ENOUGH_MEMORY')")).unwrap();

    // And back: nothing is left of it in what guidpost says.
    drop(lost);
    let report = place.check(&[]);
    assert_eq!(report.findings(), [""; 0], "{:#}", report.json);
    wait_until("its replication", || replicate(&lab.dc1, &lab.dc2).code == Some(0)).unwrap();
}
