use super::Alias;
use super::{Draft, Sink, Subject, View};
use crate::evidence::RecordType;
use crate::inventory::{Dc, Server};
use crate::name::DnsName;

rule! {
    /// A locator record has a TTL that none of its usual writers gives.
    ///
    /// # What it checks
    /// TTLs in answers with authority: 600 (Netlogon), 1200 (DNS client), 3600 (DNS service), 900 (Samba), or one of
    /// `expected_ttls`. Two TTLs inside one RRset are two writers. Cached answers count down and are not judged.
    ///
    /// # Why it matters
    /// An unusual TTL is the mark of a record that somebody made by hand. Such a record is never renewed, never scavenged,
    /// and stays when the DC changes its address.
    ///
    /// # How to fix
    /// Delete the record and let the DC register it, or add the TTL to `expected_ttls` where it is intended.
    ///
    /// # References
    /// RFC 2181 section 5.2; Microsoft KB 246804, KB 275554.
    "ttl-unusual", Host, Info, needs: [Alias, Hosts], predicts: []
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, server) in view.cells() {
        if let Some(alias) = &dc.alias
            && let Alias::Targets { ttls, authoritative: true, .. } = view.alias(server, alias)
        {
            judge(view, sink, dc, server, alias, RecordType::CNAME, &ttls);
        }
        let Some(host) = &dc.host else { continue };
        for (rtype, look) in view.both(server, host).by_type() {
            if let Some(present) = look.present().filter(|present| present.authoritative) {
                judge(view, sink, dc, server, host, rtype, &present.ttls);
            }
        }
    }
}

fn judge(
    view: &View<'_>,
    sink: &mut Sink<'_>,
    dc: &Dc,
    server: &Server,
    name: &DnsName,
    rtype: RecordType,
    ttls: &[u32],
) {
    let subject = Subject::record(dc, server, name, rtype);
    let mut usual: Vec<u32> = WRITERS.iter().map(|(ttl, _)| *ttl).collect();
    usual.extend(&view.evidence.config.expected_ttls);
    usual.sort_unstable();
    usual.dedup();
    let odd: Vec<u32> = ttls.iter().copied().filter(|ttl| !usual.contains(ttl)).collect();
    if odd.is_empty() && ttls.len() == 1 {
        return sink.pass(subject);
    }
    let described: Vec<String> = ttls.iter().map(|ttl| format!("{ttl} ({})", writer(*ttl))).collect();
    let message = if ttls.len() > 1 {
        format!("the records of one RRset have different TTLs, from different writers: {}", described.join(", "))
    } else {
        format!("TTL {} is none of those that a DC's services give: the record was probably made by hand", odd[0])
    };
    sink.fail(
        subject,
        Draft {
            expected: usual.iter().map(ToString::to_string).collect(),
            actual: ttls.iter().map(ToString::to_string).collect(),
            message,
            remedy: vec!["# delete the record that was made by hand and let the DC register it, or list the TTL under `expected_ttls`".into()],
            ..Draft::default()
        },
    );
}

/// The TTLs in seconds that the services of a DC give.
const WRITERS: [(u32, &str); 4] = [(600, "Netlogon"), (900, "Samba"), (1200, "DNS client"), (3600, "DNS service")];

fn writer(ttl: u32) -> &'static str {
    WRITERS.iter().find(|(usual, _)| *usual == ttl).map_or("by hand", |(_, writer)| writer)
}
