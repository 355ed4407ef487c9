use super::{Alias, Draft, Misplaced, Sink, Subject, View};
use crate::evidence::RecordType;
use crate::remedy::address_type;

rule! {
    /// The name of a DC's alias holds addresses instead of an alias.
    ///
    /// # What it checks
    /// Whether A or AAAA records stand at `<guid>._msdcs.<forest>` itself.
    ///
    /// # Why it matters
    /// Replication works as long as the addresses are right, but nobody keeps them so: the DC renews its alias and its host
    /// record, not these. The forecast goes on with the addresses found.
    ///
    /// # How to fix
    /// Delete the addresses and let the DC register its alias: `nltest /dsregdns` (Samba: `samba_dnsupdate`).
    ///
    /// # References
    /// MS-ADTS 6.3.2.3 (DsaCname).
    "alias-not-cname", Alias, Warning, needs: [Alias], predicts: []
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, alias, server) in view.aliases() {
        let subject = Subject::record(dc, server, alias, RecordType::CNAME);
        let (addresses, authoritative) = match view.alias(server, alias) {
            Alias::Targets { .. } => {
                sink.pass(subject);
                continue;
            }
            Alias::Holds { addresses, authoritative } => (addresses, authoritative),
            Alias::Absent(_) | Alias::Unknown(_) => continue,
        };
        let actual: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let wrong = addresses.iter().map(|&address| (address_type(address), address.to_string())).collect();
        let cure =
            super::mend_alias(view, dc, server, &Misplaced { alias, wrong, right_remains: false, authoritative });
        sink.fail(
            subject,
            Draft {
                expected: dc.host.iter().map(ToString::to_string).collect(),
                message: format!("the name holds addresses instead of an alias: {}{}", actual.join(", "), cure.note),
                actual,
                remedy: cure.remedy,
                ..Draft::default()
            },
        );
    }
}
