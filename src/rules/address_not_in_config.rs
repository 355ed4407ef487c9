use crate::findings::{Draft, Sink, Subject};
use crate::view::View;

rule! {
    /// An address leads to the right DC, but the configuration does not list it.
    ///
    /// # What it checks
    /// Whether every address under the host name that was proven to be this very DC stands in `addresses`. Without
    /// `addresses`, or without a proof of identity, the rule does not apply.
    ///
    /// # Why it matters
    /// Nothing is broken. The configuration is behind, and the next change of the DC would be judged against it.
    ///
    /// # How to fix
    /// Add the address to `addresses` of the DC.
    ///
    /// # References
    /// Section `domain_controllers` of the configuration file.
    "address-not-in-config", Host, Info, needs: [Hosts, Identity], predicts: [],
    flags: [asks_machines]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, host, server) in view.hosts().filter(|(dc, _, _)| !dc.owns.is_empty()) {
        for (rtype, look) in view.host(dc, server).by_type() {
            let Some(present) = look.present() else { continue };
            let unlisted: Vec<_> = present.list.iter().copied().filter(|&address| !dc.owns(address)).collect();
            let proven: Vec<_> = unlisted.iter().copied().filter(|&address| view.is_proven(dc, address)).collect();
            let subject = Subject::record(dc, server, host, rtype);
            if unlisted.is_empty() {
                sink.pass(subject);
            } else if proven.is_empty() {
                sink.not_applicable("nobody proved that an unlisted address is the DC's own");
            } else {
                sink.fail(
                    subject,
                    Draft {
                        expected: super::owned(dc, Some(rtype)),
                        actual: super::texts(&present.list),
                        message: format!(
                            "proven to be this DC, but not in the configuration: {}",
                            super::texts(&proven).join(", ")
                        ),
                        remedy: vec![format!(
                            "# add to `addresses` of {}: {}",
                            dc.label,
                            super::texts(&proven).join(", ")
                        )],
                        ..Draft::default()
                    },
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::machines::{GUID2, dc};
    use crate::testing::{World, row};

    #[test]
    fn without_a_proof_of_identity_it_does_not_apply() {
        let report = World::new().add("dc2", "dc2.contoso.com 1200 A 192.0.2.99").report();
        assert!(!report.findings.iter().any(|finding| finding.rule == "address-not-in-config"));
        let not_checked = report.not_checked.iter().find(|row| row.rule == "address-not-in-config");
        assert_eq!(not_checked.map(|row| row.subjects), Some(1));
    }

    #[test]
    fn listed_addresses_pass() {
        let report = crate::judge::judge(&World::new().observe(), true);
        let rows = report.findings.iter().filter(|finding| finding.rule == "address-not-in-config").map(row);
        assert_eq!(rows.count(), 4, "two DCs at two servers");
    }

    #[test]
    fn a_proven_address_is_to_be_listed() {
        let world = World::new().add("dc2", "dc2.contoso.com 1200 A 192.0.2.12");
        let finding = world.machine("192.0.2.12", dc("dc2.contoso.com", GUID2)).finding("address-not-in-config");
        assert_eq!(row(&finding), "fail info dc2.contoso.com A @dc2");
        assert_eq!(finding.message, "proven to be this DC, but not in the configuration: 192.0.2.12");
    }
}
