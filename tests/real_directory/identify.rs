//! `guidpost identify`: who is there.

use crate::host::Output;
use crate::lab::{FILE_SERVER, lab};
use crate::report::Workplace;

#[track_caller]
fn expect(place: &Workplace<'_>, what: &str, facts: &[&str]) {
    let Output { code, stdout, stderr } = place.run(&["identify", what]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "identify {what}:\n{stdout}");
    let said = stdout.to_lowercase();
    for fact in facts {
        assert!(said.contains(fact), "identify {what} does not say {fact}:\n{stdout}");
    }
}

#[test]
fn an_address_a_name_and_a_guid_lead_to_the_same_dc() {
    let lab = lab();
    let own = [lab.dc1.machine.address.as_str()];
    let place = Workplace::new(&lab, &[lab.dc1.described(&own)]);
    let facts = [lab.dc1.host.as_str(), lab.dc1.guid.as_str()];
    for what in [own[0], &lab.dc1.host, &lab.dc1.guid] {
        expect(&place, what, &facts);
    }
}

#[test]
fn machines_that_no_configuration_knows_are_named() {
    let lab = lab();
    let own = [lab.dc1.machine.address.as_str()];
    let place = Workplace::new(&lab, &[lab.dc1.described(&own)]);
    expect(&place, &lab.member.address, &[FILE_SERVER, "1753"]);
    expect(&place, &lab.foreign.machine.address, &[&lab.foreign.host, &lab.foreign.guid]);
}
