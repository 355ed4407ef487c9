use crate::base::dns::RecordType;
use crate::evidence::Rdata;
use crate::findings::remedy;
use crate::findings::{Draft, Sink, Subject};
use crate::view::{Look, View};

rule! {
    /// A server that follows the alias itself arrives at other addresses than its records say one by one.
    ///
    /// # What it checks
    /// Compares the addresses in the server's reply to A at the alias with its reply to A at the alias's target. A reply
    /// that stops at the alias, NXDOMAIN behind a right alias, and whatever could not be seen are no difference.
    ///
    /// # Why it matters
    /// Clients ask for the address at the alias and take what the server found on its way; nobody looks at the two records
    /// that an administrator would look at. A stale cache inside the server, or a view of another zone, hides there.
    ///
    /// # How to fix
    /// Clear the server's cache; if the difference comes back, look for a second copy of the host's zone on that server or
    /// on the one that it forwards to.
    ///
    /// # References
    /// RFC 1034 section 3.6.2.
    "alias-path-differs", Alias, Warning, needs: [Alias, Hosts], predicts: [],
    explains: Nothing
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, alias, server) in view.aliases() {
        let Some(target) = view.single_target(dc, server) else { continue };
        let Ok((_, body)) = view.usable(server, alias, RecordType::A) else { continue };
        let subject = Subject::record(dc, server, alias, RecordType::A);
        let mut followed: Vec<_> = body
            .answers
            .iter()
            .filter(|record| {
                matches!(record.data, Rdata::A(_)) && view.evidence.store.lower(record.owner) != alias.as_str()
            })
            .filter_map(|record| record.data.address())
            .collect();
        followed.sort_unstable();
        followed.dedup();
        if followed.is_empty() {
            continue;
        }
        let both = view.both(server, target);
        let direct = match &both.a {
            Look::Unknown(_) => continue,
            Look::Absent(_) => &[][..],
            Look::Present(addresses) => &addresses.list,
        };
        if followed == direct {
            sink.pass(subject);
            continue;
        }
        let text = |addresses: &[std::net::IpAddr]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>();
        sink.fail(
            subject,
            Draft {
                message: format!(
                    "asked for A at the alias, the server ends at {}; asked for A of {target}, it says {}",
                    text(&followed).join(", "),
                    if direct.is_empty() { "that there is none".into() } else { text(direct).join(", ") },
                ),
                expected: text(direct),
                actual: text(&followed),
                remedy: remedy::clear_cache(server, target).into(),
                ..Draft::default()
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{ALIAS2, Reply, World, row};

    const FOLLOWED: &str = "22222222-2222-4222-8222-222222222222._msdcs.contoso.com 600 CNAME dc2.contoso.com
        dc2.contoso.com 1200 A 192.0.2.99";

    #[test]
    fn fires_where_the_servers_own_way_ends_elsewhere() {
        let world = World::new().reply("dc2", &format!("{ALIAS2} A"), Reply::Records(FOLLOWED));
        let finding = world.finding("alias-path-differs");
        assert_eq!(row(&finding), "fail warning dc2.contoso.com A @dc2");
        assert_eq!((finding.expected, finding.actual), (vec!["192.0.2.11".into()], vec!["192.0.2.99".into()]));
    }

    #[test]
    fn a_reply_that_stops_or_denies_the_target_is_no_difference() {
        let stops = "22222222-2222-4222-8222-222222222222._msdcs.contoso.com 600 CNAME dc2.contoso.com";
        let world = World::new().reply("dc2", &format!("{ALIAS2} A"), Reply::Records(stops));
        assert_eq!(world.rows("alias-path-differs"), [""; 0]);
        let world = World::new().reply("dc2", &format!("{ALIAS2} A"), Reply::Records(FOLLOWED));
        assert_eq!(world.reply("dc2", "dc2.contoso.com A", Reply::Timeout).rows("alias-path-differs"), [""; 0]);
    }
}
