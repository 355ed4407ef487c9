use super::{Draft, Misplaced, Sink, Subject, View};
use crate::evidence::RecordType;

rule! {
    /// The alias of a DC points to a name without any address.
    ///
    /// # What it checks
    /// Whether a target that is not the DC's own host name has at least an A or an AAAA record at the same server. A DC's
    /// own host name without address is reported by host-missing.
    ///
    /// # Why it matters
    /// The destination DC finds the alias and then no address: error 8524, with Windows sockets error 11004 in the event.
    /// Typically the DC was renamed and the alias still names the old host.
    ///
    /// # How to fix
    /// Delete the alias and let the DC register it again: `nltest /dsregdns` (Samba: `samba_dnsupdate`).
    ///
    /// # References
    /// Microsoft KB 2021446.
    "alias-dangling", Alias, Critical, needs: [Alias, Hosts], predicts: [DNS_LOOKUP_FAILURE]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, alias, server) in view.aliases() {
        let Some(target) = view.single_target(server, alias) else { continue };
        let another_dcs = view.dc_named(target.as_str()).is_some_and(|other| other.index != dc.index);
        if dc.host.as_ref() == Some(&target) || another_dcs {
            continue;
        }
        let subject = Subject::record(dc, server, alias, RecordType::CNAME);
        let absence = match view.both(server, &target).together() {
            Ok(_) => {
                sink.pass(subject);
                continue;
            }
            // alias-wrong-target says that it could not be seen, if the host name is known at all.
            Err(Err(_)) => continue,
            Err(Ok(absence)) => absence,
        };
        let what = if absence.nxdomain { "does not exist" } else { "has no address" };
        let wrong = vec![(RecordType::CNAME, target.to_string())];
        let authoritative = view.is_authoritative_alias(server, alias);
        let cure =
            super::mend_alias(view, dc, server, &Misplaced { alias, wrong, right_remains: false, authoritative });
        sink.fail(
            subject,
            Draft {
                expected: dc.names().map(ToString::to_string).collect(),
                actual: vec![target.to_string()],
                message: format!("the alias points to {target}, which {what} at this server{}", cure.note),
                predicts: super::codes(&RULE),
                remedy: cure.remedy,
                ..Draft::default()
            },
        );
    }
}
