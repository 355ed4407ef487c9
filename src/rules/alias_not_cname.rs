use super::Alias;
use super::{Draft, Sink, Subject, View};
use crate::evidence::RecordType;
use crate::remedy::{Place, address_type};

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
        let addresses = match view.alias(server, alias) {
            Alias::Targets { .. } => {
                sink.pass(subject);
                continue;
            }
            Alias::Holds(addresses) => addresses,
            Alias::Absent(_) | Alias::Unknown(_) => continue,
        };
        let actual: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let synthesized = addresses.iter().any(|&address| view.is_synthesized(server, address));
        let place = Place::of(view, server, dc, alias);
        let mut remedy = Vec::new();
        if synthesized {
            let wildcard = Place::wildcard(view, server, dc, alias);
            for address in &addresses {
                remedy.extend(wildcard.delete(address_type(*address), &address.to_string()));
            }
        } else {
            for address in &addresses {
                remedy.extend(place.delete(address_type(*address), &address.to_string()));
            }
        }
        if let Some(host) = &dc.host {
            remedy.extend(place.add(RecordType::CNAME, host.as_str()));
        }
        let origin = if synthesized { ", synthesized by a wildcard" } else { "" };
        sink.fail(
            subject,
            Draft {
                expected: dc.host.iter().map(ToString::to_string).collect(),
                message: format!("the name holds addresses instead of an alias: {}{origin}", actual.join(", ")),
                actual,
                remedy,
                ..Draft::default()
            },
        );
    }
}
