//! A forest in order, and whether all witnesses see the same of it.

use crate::lab::{FILE_SERVER, lab};
use crate::oracle;
use crate::report::{Workplace, evidence, rows, text};

#[test]
fn a_healthy_forest_is_ok_by_dns_alone() {
    let lab = lab();
    let (first, second) = ([lab.dc1.machine.address.as_str()], [lab.dc2.machine.address.as_str()]);
    let dcs = [lab.dc1.described(&first), lab.dc2.described(&second)];
    let report = Workplace::new(&lab, &dcs).check(&["--no-probe"]);
    assert_eq!(report.findings(), [""; 0], "{:#}", report.json);
    report.expect_verdict("ok", 0);
    assert!(report.json["counts"]["passed"].as_u64() > Some(0), "{:#}", report.json["counts"]);
    for dc in &dcs {
        assert_eq!(report.predicts(dc), "ok [] inferred, 0 of 1 wrong");
    }
    assert_eq!(rows(&report.json, "forecast").len(), dcs.len());
}

#[test]
fn a_healthy_dc_proves_that_the_alias_is_its_own() {
    let lab = lab();
    let (first, second) = ([lab.dc1.machine.address.as_str()], [lab.dc2.machine.address.as_str()]);
    let dcs = [lab.dc1.described(&first), lab.dc2.described(&second)];
    let report = Workplace::new(&lab, &dcs).check(&[]);
    assert_eq!(report.findings(), [""; 0], "{:#}", report.json);
    report.expect_verdict("ok", 0);
    for dc in &dcs {
        let row = report.address(dc.owns[0], dc);
        assert_eq!(row["identity"], "owner-proven", "{row:#}");
        let evidence = evidence(row).to_lowercase();
        for fact in [dc.guid, dc.host, "default-first-site-name"] {
            assert!(evidence.contains(fact), "no {fact} in the evidence:\n{evidence}");
        }
        assert_eq!(report.predicts(dc), "ok [] probed, 0 of 1 wrong");
    }
}

/// Without addresses in the configuration the machines themselves are the proof.
#[test]
fn addresses_are_learned_from_machines_that_prove_to_be_the_dc() {
    let lab = lab();
    let dc = lab.dc1.described(&[]);
    let report = Workplace::new(&lab, &[lab.dc1.described(&[])]).check(&[]);
    assert!(!report.findings().iter().any(|line| line.starts_with("fail")), "{:#}", report.json);
    assert_eq!(report.address(&lab.dc1.machine.address, &dc)["identity"], "owner-proven");
    assert_eq!(report.predicts(&dc), "ok [] probed, 0 of 1 wrong");
}

/// The directory's own database, ldapsearch, dig, nmblookup and rpcclient agree about who is who. If they did not, the
/// other tests here would prove nothing.
#[test]
fn all_witnesses_agree_about_the_machines() {
    let lab = lab();
    println!("two forests and a file server took {:?}", lab.built_in);
    for dc in [&lab.dc1, &lab.dc2, &lab.foreign] {
        let address = dc.machine.address.as_str();
        assert_eq!(oracle::ntds_guid(&lab.client, address).as_deref(), Some(dc.guid.as_str()), "{}", dc.host);
        assert_eq!(oracle::records(&lab.client, address, &dc.alias(), "CNAME"), [dc.host.as_str()]);
        assert_eq!(oracle::records(&lab.client, address, &dc.host, "A"), [address]);
        assert!(oracle::netbios_names(&lab.client, address).contains(&dc.machine.name.to_uppercase()), "{}", dc.host);
        assert_eq!(oracle::maps_drsuapi(&lab.client, address), Some(true), "{}", dc.host);
    }
    let address = lab.member.address.as_str();
    assert_eq!(oracle::ntds_guid(&lab.client, address), None, "the file server is no DC");
    assert!(oracle::netbios_names(&lab.client, address).contains(&FILE_SERVER.to_uppercase()));
    assert_eq!(oracle::maps_drsuapi(&lab.client, address), Some(false), "the file server is no DC");
}

/// What guidpost says of the machines is what the other programs say.
#[test]
fn guidpost_sees_what_the_other_witnesses_see() {
    let lab = lab();
    let (address, file_server) = (lab.dc2.machine.address.as_str(), lab.member.address.as_str());
    let owns = [address, file_server];
    let dc = lab.dc2.described(&owns);
    let _broken = lab.replace(&lab.dc2.host, "A", &owns);
    let report = Workplace::new(&lab, &[lab.dc2.described(&owns)]).check(&[]);

    let guid = oracle::ntds_guid(&lab.client, address).expect("ldapsearch sees a GUID");
    let row = report.address(address, &dc);
    assert!(evidence(row).to_lowercase().contains(&guid), "no {guid} in {row:#}");
    let row = report.address(file_server, &dc);
    let names = oracle::netbios_names(&lab.client, file_server);
    let who = text(row, "who").to_uppercase();
    assert!(names.iter().any(|name| who.contains(name)), "none of {names:?} in {row:#}");
}
