use super::{Draft, Ownership, Sink, Subject, View};

rule! {
    /// The host name of a DC has several addresses of one family, and nothing says that it owns them all.
    ///
    /// # What it checks
    /// Several A, or several AAAA, where the configuration does not say which addresses the DC owns. Several addresses of
    /// one machine are legitimate: list them under `addresses`.
    ///
    /// # Why it matters
    /// One of them is often a leftover of a former address. Clients pick by chance, and replication fails whenever they pick
    /// that one (error 1753 or 1722).
    ///
    /// # How to fix
    /// Compare with `ipconfig /all` (Samba: `ip address`) on the DC, delete what it does not own, and list the rest under
    /// `addresses`.
    ///
    /// # References
    /// Microsoft KB 272294, KB 2023004.
    "duplicate-address-records", Host, Warning, needs: [Hosts], predicts: [ENDPOINT_NOT_REGISTERED]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, host, server) in view.hosts() {
        for (rtype, look) in view.both(server, host).by_type() {
            let Some(present) = look.present() else { continue };
            let subject = Subject::record(dc, server, host, rtype);
            let unclear: Vec<_> = present
                .list
                .iter()
                .copied()
                .filter(|&address| view.ownership(dc, address) == Ownership::Unknown)
                .collect();
            if unclear.len() < 2 {
                sink.pass(subject);
                continue;
            }
            let listed = super::texts(&unclear);
            sink.fail(
                subject,
                Draft {
                    actual: super::texts(&present.list),
                    message: format!(
                        "{} addresses stand there, and nothing says that one machine owns them all: {}",
                        unclear.len(),
                        listed.join(", ")
                    ),
                    predicts: super::codes(&RULE),
                    remedy: super::mend(view, dc, server, host, rtype, present, &unclear).only_if_foreign(dc),
                    ..Draft::default()
                },
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{World, config_without_addresses, row};

    fn two() -> World {
        World::with(&config_without_addresses()).add("dc2", "dc2.contoso.com 1200 A 192.0.2.99")
    }

    #[test]
    fn fires_where_nothing_says_whose_they_are_and_tells_to_look_first() {
        let finding = two().finding("duplicate-address-records");
        assert_eq!(row(&finding), "fail warning dc2.contoso.com A @dc2");
        assert_eq!(finding.actual, ["192.0.2.11", "192.0.2.99"]);
        assert!(finding.remedy[0].starts_with("# compare with `ipconfig /all`"), "{:?}", finding.remedy);
    }

    #[test]
    fn one_of_each_family_and_known_owners_are_right() {
        let world = World::with(&config_without_addresses()).add("dc2", "dc2.contoso.com 1200 AAAA 2001:db8::11");
        assert_eq!(world.rows("duplicate-address-records"), [""; 0]);
        let world = World::new().add("dc2", "dc2.contoso.com 1200 A 192.0.2.99");
        assert_eq!(world.rows("duplicate-address-records"), [""; 0], "stale-address knows better");
        let world = World::with(&config_without_addresses()).add("dc2", "dc2.contoso.com 1200 A 192.0.2.10");
        assert_eq!(world.rows("duplicate-address-records"), [""; 0], "shared-address knows better");
    }
}
