use std::net::IpAddr;

use crate::findings::{Draft, Sink};
use crate::report::Identity;
use crate::view::View;

rule! {
    /// The right host answers, but its NTDS Settings object has another GUID than the alias.
    ///
    /// # What it checks
    /// Compares the GUID that the directory gives of its own NTDS Settings object with the label of the DC's alias, where
    /// the host name is right.
    ///
    /// # Why it matters
    /// The DC was demoted and promoted again, and its former alias, or the GUID in the configuration, is left over. A
    /// destination that still knows the former GUID asks for a Kerberos service that nobody has: error -2146893022 or 1396;
    /// 8589 with event 1411 where its directory has lost the server reference as well.
    ///
    /// # How to fix
    /// Put the new GUID into the configuration; remove the former NTDS Settings object from the directory (metadata
    /// cleanup) and its alias from DNS.
    ///
    /// # References
    /// MS-DRSR 2.2.3.2 and 2.2.4.2; MS-ADTS 3.1.1.3.4.1.5; Microsoft KB 938704.
    "guid-mismatch", Machine, Critical, needs: [Alias, Hosts, Identity], predicts: [WRONG_PRINCIPAL, WRONG_TARGET_NAME],
    owns: [GuidMismatch], items: ["partners-proven"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    super::machines(view, |subject, dc, addresses, _| {
        // A GUID that belongs to no object any more is none to put into the configuration: ntds-settings-missing.
        let other = |address: &&IpAddr| {
            view.identity(dc, **address) == Identity::ReinstalledDc && view.lost_settings(dc, **address).is_none()
        };
        let Some(&address) = addresses.iter().find(other) else {
            let proven = |address: &IpAddr| view.identity(dc, *address) == Identity::OwnerProven;
            return if addresses.iter().any(proven) {
                sink.pass(subject)
            } else {
                sink.not_applicable(super::NOBODY_PROVEN)
            };
        };
        let own = view
            .evidence
            .machines
            .get(&address)
            .and_then(|machine| machine.replies.rootdse.as_ref()?.answer()?.ntds_guid());
        let own = own.map(|guid| guid.to_string()).unwrap_or_default();
        let expected = dc.guid.map(|guid| guid.to_string()).unwrap_or_default();
        sink.fail(
            subject,
            Draft {
                message: format!(
                    "{} answers at {address}, but its NTDS Settings object has the GUID {own}, not {expected}: it was promoted \
                     again, and the former GUID is left over",
                    dc.label
                ),
                remedy: vec![
                    format!("# if {own} is right: put it into the configuration as `guid` of {}, then run again", dc.label),
                    format!("# and clean up what is left of {expected}: guidpost explain guid-mismatch"),
                ],
                expected: vec![expected],
                actual: vec![own],
                predicts: super::codes(&RULE),
                ..Draft::default()
            },
        );
    });
}

#[cfg(test)]
mod tests {
    use crate::testing::machines::{GUID1, GUID2, STRANGE, dc, silent};
    use crate::testing::{World, row};

    fn rows(guid: &str) -> Vec<String> {
        World::new().machine("192.0.2.11", dc("dc2.contoso.com", guid)).rows("guid-mismatch")
    }

    #[test]
    fn names_both_guids() {
        let finding =
            World::new().machine("192.0.2.11", dc("dc2.contoso.com", STRANGE)).findings("guid-mismatch").remove(0);
        assert_eq!(row(&finding), "fail critical dc2.contoso.com A @dc1");
        assert_eq!((&finding.expected[..], &finding.actual[..]), (&[GUID2.to_owned()][..], &[STRANGE.to_owned()][..]));
        assert_eq!(finding.predicts, [-2_146_893_022, 1396]);
    }

    #[test]
    fn another_dc_and_an_unreadable_guid_are_none() {
        assert_eq!(rows(GUID2), [""; 0]);
        assert_eq!(rows(GUID1), [""; 0], "the GUID of a DC that is known: wrong-machine");
        assert_eq!(rows("unreadable"), [""; 0]);
        assert_eq!(World::new().machine("192.0.2.11", silent()).rows("guid-mismatch"), [""; 0]);
    }
}
