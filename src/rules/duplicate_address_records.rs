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
