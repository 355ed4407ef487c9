use std::net::IpAddr;

use crate::findings::{Draft, Sink};
use crate::inventory::Dc;
use crate::report::Identity;
use crate::view::View;

rule! {
    /// The right machine answers, but its directory service does not run.
    ///
    /// # What it checks
    /// Whether the machine at a DC's address calls itself by the DC's name while its endpoint mapper does not know the
    /// replication interface DRSUAPI.
    ///
    /// # Why it matters
    /// Replication fails with error 1753, as it does with a stale address, but DNS is right: the remedy is another one.
    ///
    /// # How to fix
    /// Start Active Directory Domain Services on the DC, or let it leave the Directory Services Restore Mode. A DC that has
    /// just started needs a few minutes.
    ///
    /// # References
    /// MS-RPCE 2.2.1.2.5 (ept_map); Microsoft's article on replication error 1753.
    "directory-not-running", Machine, Critical, needs: [Alias, Hosts, Identity], predicts: [ENDPOINT_NOT_REGISTERED],
    owns: [DirectoryNotRunning], items: ["partners-proven", "replication-port"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    super::machines(view, |subject, dc, addresses, _| {
        let down: Vec<IpAddr> = addresses.iter().copied().filter(|&address| is_down(view, dc, address)).collect();
        if down.is_empty() {
            let up = |address: &IpAddr| view.is_proven(dc, *address);
            return if addresses.iter().any(up) {
                sink.pass(subject)
            } else {
                sink.not_applicable(super::NOBODY_PROVEN)
            };
        }
        let listed = super::texts(&down).join(", ");
        sink.fail(
            subject,
            Draft {
                expected: vec!["DRSUAPI registered".into()],
                actual: vec!["DRSUAPI not registered".into()],
                message: format!(
                    "{} answers at {listed}, but its endpoint mapper does not know the replication interface: the directory \
                     service is stopped, starting, or in restore mode",
                    dc.label
                ),
                predicts: super::codes(&RULE),
                remedy: vec![
                    format!("# on {} (Windows): Get-Service NTDS; Start-Service NTDS, or leave the restore mode", dc.label),
                    format!("# on {} (Samba): systemctl start samba-ad-dc", dc.label),
                ],
                ..Draft::default()
            },
        );
    });
}

fn is_down(view: &View<'_>, dc: &Dc, address: IpAddr) -> bool {
    // A directory that says what it has lost is running.
    view.lost_settings(dc, address).is_none()
        && view.machine(dc, address).is_some_and(|verdict| match verdict.identity {
            Identity::RightHostNoDirectory => true,
            Identity::OwnerProven | Identity::Owner | Identity::OwnerByName => verdict.state.no_replication,
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use crate::evidence::probe::{AddressReplies, Mapping, Reply};
    use crate::testing::machines::{GUID2, dc, refusing, without_directory};
    use crate::testing::{World, row};

    fn rows(replies: AddressReplies) -> Vec<String> {
        World::new().machine("192.0.2.11", replies).rows("directory-not-running")
    }

    const DOWN: [&str; 2] = ["fail critical dc2.contoso.com A @dc1", "fail critical dc2.contoso.com A @dc2"];

    #[test]
    fn the_right_name_without_replication_is_a_stopped_directory() {
        assert_eq!(rows(without_directory("dc2.contoso.com")), DOWN);
        let not_registered = Some(Reply::Answer(Mapping::NotRegistered));
        assert_eq!(rows(AddressReplies { epm: not_registered, ..dc("dc2.contoso.com", GUID2) }), DOWN);
        let world = World::new().machine("192.0.2.11", without_directory("dc2.contoso.com"));
        let finding = world.findings("directory-not-running").remove(0);
        assert_eq!(row(&finding), DOWN[0]);
        assert_eq!(finding.predicts, [1753]);
        assert!(!finding.remedy.iter().any(|line| line.contains("dns")), "no record is to be touched");
    }

    #[test]
    fn a_refusing_mapper_and_another_machine_are_none() {
        assert_eq!(rows(refusing("dc2.contoso.com")), [""; 0]);
        assert_eq!(rows(without_directory("FILES01.contoso.com")), [""; 0]);
        assert_eq!(rows(dc("dc2.contoso.com", GUID2)), [""; 0]);
    }
}
