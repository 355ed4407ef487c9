use std::net::IpAddr;

use super::{Draft, Ownership, Sink, Subject, View};
use crate::inventory::{Dc, Server};
use crate::name::DnsName;

rule! {
    /// The host name of a DC holds an address that the DC does not own.
    ///
    /// # What it checks
    /// Compares the addresses under the host name with those that the DC owns. Addresses of another DC and addresses that
    /// nobody can use have rules of their own. Where it is not known what the DC owns, the result is unknown.
    ///
    /// # Why it matters
    /// The destination DC reaches a machine that is no DC (error 1753, no more endpoints available from the endpoint mapper)
    /// or nobody (error 1722). If there are right addresses beside the wrong one, replication fails by chance. On a partner
    /// of a DC that changed its address this is what event 6702 warns of.
    ///
    /// # How to fix
    /// Delete the address on every server that holds it. If it comes back, find its writer: its TTL tells (600 Netlogon,
    /// 1200 the DNS client, 3600 the DNS service, 900 Samba).
    ///
    /// # References
    /// Microsoft's article on replication error 1753; DNS event 6702; KB 2023004.
    "stale-address", Host, Critical, needs: [Hosts],
    predicts: [ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE, EVENT_ADDRESS_NOT_PUSHED]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, host, server) in view.hosts() {
        judge(view, sink, dc, server, host);
    }
}

fn judge(view: &View<'_>, sink: &mut Sink<'_>, dc: &Dc, server: &Server, host: &DnsName) {
    for (rtype, look) in view.both(server, host).by_type() {
        let Some(present) = look.present() else { continue };
        let subject = Subject::record(dc, server, host, rtype);
        let of = |wanted: Ownership<'_>| -> Vec<IpAddr> {
            present.list.iter().copied().filter(|&address| view.ownership(dc, address) == wanted).collect()
        };
        let (stale, unknown) = (of(Ownership::Nobody), of(Ownership::Unknown));
        if !unknown.is_empty() {
            let listed = super::texts(&unknown).join(", ");
            sink.unknown(subject, format!("whether it owns {listed} is not known (`addresses` in the configuration)"));
            continue;
        }
        if stale.is_empty() {
            sink.pass(subject);
            continue;
        }
        let cure = super::mend(view, dc, server, host, rtype, present, &stale);
        sink.fail(
            subject,
            Draft {
                expected: super::owned(dc, Some(rtype)),
                actual: super::texts(&present.list),
                message: format!("{}{}", sentence(&stale, present.list.len()), cure.note),
                predicts: super::codes(&RULE),
                remedy: cure.remedy,
                ..Draft::default()
            },
        );
    }
}

fn sentence(stale: &[IpAddr], total: usize) -> String {
    let listed = super::texts(stale).join(", ");
    match (stale.len(), total) {
        (1, 1) => format!("{listed} is not its own address"),
        (wrong, _) if wrong == total => format!("none of its {total} addresses is its own: {listed}"),
        (wrong, _) => format!("{wrong} of {total} addresses not its own: {listed}"),
    }
}
