//! Addresses where nobody is: silence proves nothing about whose they are.

use serde_json::Value;

use crate::lab::lab;
use crate::report::{Described, Report, Workplace, rows};

/// On the network of the tests, but no machine has it.
const NOBODY: &str = "10.77.1.66";
/// On a network that the client has no route to.
const NO_ROUTE: &str = "10.99.0.66";

/// Identities that accuse a record.
const ACCUSING: [&str; 5] = ["other-dc", "foreign-dc", "not-a-dc", "other-host", "reinstalled-dc"];

#[track_caller]
fn nobody_is_accused(report: &Report) {
    let of = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    for row in rows(&report.json, "addresses") {
        assert!(!ACCUSING.contains(&of(row, "identity").as_str()), "{row:#}");
    }
    let wrong =
        rows(&report.json, "findings").iter().find(|f| of(f, "rule") == "wrong-machine" && of(f, "outcome") == "fail");
    assert_eq!(wrong, None);
    // All probes of an address together take three seconds at the most; the rest is for a busy machine.
    assert!(report.json["elapsed_ms"].as_u64() < Some(5000), "took {} ms", report.json["elapsed_ms"]);
}

#[test]
fn a_dc_that_is_silent_at_its_own_address_fails_with_1722_and_is_not_accused() {
    let lab = lab();
    for (address, identities) in [(NOBODY, &["silent", "unreachable"][..]), (NO_ROUTE, &["unreachable"][..])] {
        let own = [address];
        let dc = Described { host: &lab.dc2.host, guid: &lab.dc2.guid, owns: &own };
        let _moved = lab.replace(dc.host, "A", &own);
        let report = Workplace::new(&lab, &[lab.dc2.described(&own)]).check(&[]);

        assert!(
            report.findings().contains(&format!("fail address-silent {} @dc1", dc.host)),
            "no address-silent in {:#}",
            report.json
        );
        let row = report.address(address, &dc);
        assert!(identities.iter().any(|identity| row["identity"] == *identity), "{row:#}");
        assert_eq!(report.predicts(&dc), "fails [1722] probed, 1 of 1 wrong");
        nobody_is_accused(&report);
    }
}

/// The record is stale because the configuration says so, not because of the silence.
#[test]
fn a_stale_address_where_nobody_answers_fails_with_1722() {
    let lab = lab();
    let own = [lab.dc2.machine.address.as_str()];
    let dc = lab.dc2.described(&own);
    let _moved = lab.replace(dc.host, "A", &[NOBODY]);
    let report = Workplace::new(&lab, &[lab.dc2.described(&own)]).check(&[]);

    report.only_finding("stale-address", &dc);
    assert_eq!(report.predicts(&dc), "fails [1722] probed, 1 of 1 wrong");
    nobody_is_accused(&report);
}
