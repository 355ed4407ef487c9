//! The right machine, whose directory service does not run.

use crate::host::Host;
use crate::lab::lab;
use crate::oracle;
use crate::report::{Workplace, text};
use crate::samba::Dc;

/// Starts the directory again when dropped.
struct Down<'a>(&'a Dc, &'a Host);

impl<'a> Down<'a> {
    fn take(dc: &'a Dc, client: &'a Host) -> Self {
        let down = Self(dc, client);
        dc.restart_without_directory(client).unwrap_or_else(|e| panic!("{e}"));
        down
    }
}

impl Drop for Down<'_> {
    fn drop(&mut self) {
        // A second panic would end the whole run without a word about the first.
        if let (Err(e), false) = (self.0.restart(self.1), std::thread::panicking()) {
            panic!("{e}");
        }
    }
}

#[test]
fn a_dc_whose_directory_is_stopped_is_no_wrong_machine() {
    let lab = lab();
    let own = [lab.dc2.machine.address.as_str()];
    let dc = lab.dc2.described(&own);
    let down = Down::take(&lab.dc2, &lab.client);
    assert_eq!(oracle::ntds_guid(&lab.client, own[0]), None, "the directory is stopped");
    let report = Workplace::new(&lab, &[lab.dc2.described(&own)]).check(&[]);

    let finding = report.only_finding("directory-not-running", &dc);
    assert!(text(finding, "message").contains(dc.host), "{finding:#}");
    let row = report.address(own[0], &dc);
    assert_eq!(row["identity"], "right-host-no-directory", "{row:#}");
    assert_eq!(report.predicts(&dc), "fails [1753] probed, 1 of 1 wrong");
    report.expect_verdict("critical", 2);

    // And back: nothing is left of it in what guidpost says.
    drop(down);
    let report = Workplace::new(&lab, &[lab.dc2.described(&own)]).check(&[]);
    assert_eq!(report.findings(), [""; 0], "{:#}", report.json);
}
