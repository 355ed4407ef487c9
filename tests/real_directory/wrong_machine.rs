//! Records that lead to a machine that is not the DC.

use crate::lab::{FILE_SERVER, FOREST, lab};
use crate::report::{Described, Workplace, text};

/// A GUID that no machine here has.
const FORMER_GUID: &str = "0b1c2d3e-4f50-4617-8a9b-acbdcedfe0f1";
/// An address of the network that no machine has.
const NOBODY: &str = "10.77.1.66";

/// The classic: a DC moved, and its old address went to a member server.
#[test]
fn a_stale_address_at_a_file_server_is_one_finding_that_names_it() {
    let lab = lab();
    let (own, stale) = ([lab.dc1.machine.address.as_str()], lab.member.address.as_str());
    let dc = lab.dc1.described(&own);
    let _broken = lab.replace(dc.host, "A", &[stale]);
    let report = Workplace::new(&lab, &[lab.dc1.described(&own)]).check(&[]);

    let finding = report.only_finding("stale-address", &dc);
    assert!(text(finding, "message").to_lowercase().contains(FILE_SERVER), "{finding:#}");
    let row = report.address(stale, &dc);
    assert_eq!(row["identity"], "not-a-dc", "{row:#}");
    assert!(text(row, "who").to_lowercase().contains(FILE_SERVER), "{row:#}");
    assert_eq!(report.predicts(&dc), "fails [1753] probed, 1 of 1 wrong");
    report.expect_verdict("critical", 2);
}

/// Nobody said which addresses the DC owns; the machine itself shows that it is another.
#[test]
fn a_file_server_is_found_without_knowing_the_dcs_addresses() {
    let lab = lab();
    let stale = lab.member.address.as_str();
    let dc = lab.dc1.described(&[]);
    let _broken = lab.replace(dc.host, "A", &[stale]);
    let report = Workplace::new(&lab, &[lab.dc1.described(&[])]).check(&[]);

    let finding = report.only_finding("wrong-machine", &dc);
    assert!(text(finding, "message").to_lowercase().contains(FILE_SERVER), "{finding:#}");
    assert_eq!(report.address(stale, &dc)["identity"], "not-a-dc");
    assert_eq!(report.predicts(&dc), "fails [1753] probed, 1 of 1 wrong");
}

#[test]
fn an_address_of_another_dc_of_the_forest_is_known_by_its_guid() {
    let lab = lab();
    let (own, other) = ([lab.dc2.machine.address.as_str()], lab.dc1.machine.address.as_str());
    let dc = lab.dc2.described(&own);
    let _broken = lab.replace(dc.host, "A", &[other]);
    let report = Workplace::new(&lab, &[lab.dc2.described(&own)]).check(&[]);

    let finding = report.only_finding("stale-address", &dc);
    assert!(text(finding, "message").contains(&lab.dc1.host), "{finding:#}");
    let row = report.address(other, &dc);
    assert_eq!(row["identity"], "other-dc", "{row:#}");
    assert!(text(row, "who").contains(&lab.dc1.host), "{row:#}");
    assert_eq!(report.predicts(&dc), "fails [-2146893022] probed, 1 of 1 wrong");
}

/// The same, with the owner in the configuration: it is the finding about shared addresses then.
#[test]
fn an_address_of_a_configured_dc_is_shared() {
    let lab = lab();
    let (own, other) = ([lab.dc2.machine.address.as_str()], [lab.dc1.machine.address.as_str()]);
    let dc = lab.dc2.described(&own);
    let _broken = lab.replace(dc.host, "A", &other);
    let report = Workplace::new(&lab, &[lab.dc1.described(&other), lab.dc2.described(&own)]).check(&[]);

    let finding = report.only_finding("shared-address", &dc);
    assert!(text(finding, "message").contains(&lab.dc1.host), "{finding:#}");
    assert_eq!(report.address(other[0], &dc)["identity"], "other-dc");
    assert_eq!(report.predicts(&dc), "fails [-2146893022] probed, 1 of 1 wrong");
    assert_eq!(report.predicts(&lab.dc1.described(&other)), "ok [] probed, 0 of 1 wrong");
}

#[test]
fn a_dc_of_another_forest_is_told_from_one_of_this() {
    let lab = lab();
    let (own, foreign) = ([lab.dc2.machine.address.as_str()], lab.foreign.machine.address.as_str());
    let dc = lab.dc2.described(&own);
    let _broken = lab.replace(dc.host, "A", &[foreign]);
    let report = Workplace::new(&lab, &[lab.dc2.described(&own)]).check(&[]);

    report.only_finding("stale-address", &dc);
    let row = report.address(foreign, &dc);
    assert_eq!(row["identity"], "foreign-dc", "{row:#}");
    assert!(text(row, "who").contains(&lab.foreign.host), "{row:#}");
    assert_eq!(report.predicts(&dc), "fails [-2146893022] probed, 1 of 1 wrong");
}

/// The alias of a DC's earlier life still leads to the right host, which has another GUID now.
#[test]
fn the_alias_of_an_earlier_promotion_is_no_wrong_machine() {
    let lab = lab();
    let own = [lab.dc2.machine.address.as_str()];
    let dc = Described { host: &lab.dc2.host, guid: FORMER_GUID, owns: &own };
    let target = format!("{}.", lab.dc2.host);
    let _left = lab.replace(&format!("{FORMER_GUID}._msdcs.{FOREST}"), "CNAME", &[&target]);
    let report = Workplace::new(&lab, &[Described { host: dc.host, guid: dc.guid, owns: &own }]).check(&[]);

    let finding = report.only_finding("guid-mismatch", &dc);
    assert!(text(finding, "message").contains(&lab.dc2.guid), "{finding:#}");
    assert_eq!(report.address(own[0], &dc)["identity"], "reinstalled-dc");
    assert_eq!(report.predicts(&dc), "fails [-2146893022, 1396] probed, 1 of 1 wrong");
}

/// A machine that accepts the connection makes the attempt fail for good; one that is silent only delays it.
#[test]
fn one_wrong_address_of_two_fails_now_and_then() {
    let lab = lab();
    let own = [lab.dc2.machine.address.as_str()];
    let dc = lab.dc2.described(&own);
    for (wrong, error, delay_only) in [(lab.member.address.as_str(), 1753, false), (NOBODY, 1722, true)] {
        let _broken = lab.replace(dc.host, "A", &[own[0], wrong]);
        let report = Workplace::new(&lab, &[lab.dc2.described(&own)]).check(&[]);
        report.only_finding("stale-address", &dc);
        assert_eq!(report.address(own[0], &dc)["identity"], "owner-proven");
        assert_eq!(report.predicts(&dc), format!("intermittent [{error}] probed, 1 of 2 wrong"));
        let row = report.forecast(&dc);
        assert_eq!(row["delay_only"].as_bool().unwrap_or(false), delay_only, "{row:#}");
    }
}
