use crate::base::dns::RecordType;
use crate::findings::{Draft, Sink, Subject};
use crate::view::Alias;
use crate::view::View;

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
    "ttl-unusual", Host, Info, needs: [Alias, Hosts], predicts: [],
    explains: Nothing
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let mut usual: Vec<u32> = WRITERS.iter().map(|(ttl, _)| *ttl).collect();
    usual.extend(&view.evidence.config.expected_ttls);
    usual.sort_unstable();
    usual.dedup();
    for (dc, server) in view.cells() {
        if let Some(alias) = &dc.alias
            && let Alias::Targets { ttls, authoritative: true, .. } = view.alias(dc, server)
        {
            judge(sink, Subject::record(dc, server, alias, RecordType::CNAME), &usual, ttls);
        }
        let Some(host) = &dc.host else { continue };
        for (rtype, look) in view.host(dc, server).by_type() {
            if let Some(present) = look.present().filter(|present| present.authoritative) {
                judge(sink, Subject::record(dc, server, host, rtype), &usual, &present.ttls);
            }
        }
    }
}

fn judge(sink: &mut Sink<'_>, subject: Subject<'_>, usual: &[u32], ttls: &[u32]) {
    let odd: Vec<u32> = ttls.iter().copied().filter(|ttl| !usual.contains(ttl)).collect();
    if odd.is_empty() && ttls.len() == 1 {
        return sink.pass(subject);
    }
    let described: Vec<String> = ttls.iter().map(|ttl| format!("{ttl} ({})", writer(*ttl))).collect();
    let message = if ttls.len() > 1 {
        format!("the records of one RRset have different TTLs, from different writers: {}", described.join(", "))
    } else {
        format!("TTL {} is none of those that the services of a DC give: the record was probably made by hand", odd[0])
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

#[cfg(test)]
mod tests {
    use crate::testing::{CONFIG, Reply, World, config_with, row};

    fn with_ttl(config: &str, ttl: u32) -> World {
        World::with(config).remove("dc2", "dc2.contoso.com").add("dc2", &format!("dc2.contoso.com {ttl} A 192.0.2.11"))
    }

    #[test]
    fn fires_on_a_ttl_that_nobody_gives() {
        let report = with_ttl(CONFIG, 77).report();
        assert_eq!(report.findings.iter().map(row).collect::<Vec<_>>(), ["fail info dc2.contoso.com A @dc2"]);
        assert_eq!(report.findings[0].actual, ["77"]);
        assert_eq!(report.verdict, crate::report::Verdict::Ok, "info changes no verdict");
    }

    #[test]
    fn expected_usual_and_cached_ttls_are_right() {
        assert_eq!(with_ttl(&format!("{CONFIG}expected_ttls: [77]\n"), 77).rows("ttl-unusual"), [""; 0]);
        for ttl in [600, 900, 1200, 3600] {
            assert_eq!(with_ttl(CONFIG, ttl).rows("ttl-unusual"), [""; 0], "{ttl}");
        }
        let cached = Reply::Cached("dc2.contoso.com 77 A 192.0.2.11");
        assert_eq!(World::new().reply("dc2", "dc2.contoso.com A", cached).rows("ttl-unusual"), [""; 0]);
    }

    #[test]
    fn two_ttls_name_both_writers() {
        let world = World::with(&config_with("addresses: [192.0.2.11, 192.0.2.12]"));
        let world =
            world.add("dc1", "dc2.contoso.com 600 A 192.0.2.12").add("dc2", "dc2.contoso.com 1200 A 192.0.2.12");
        let finding = world.finding("ttl-unusual");
        assert_eq!(row(&finding), "fail info dc2.contoso.com A @dc1");
        assert!(finding.message.ends_with("600 (Netlogon), 1200 (DNS client)"), "{}", finding.message);
    }
}
