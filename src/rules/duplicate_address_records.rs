use std::net::IpAddr;

use crate::findings::{Draft, Sink, Subject};
use crate::inventory::Dc;
use crate::report::Identity;
use crate::view::{Experience, Ownership, View};

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
    "duplicate-address-records", Host, Warning, needs: [Hosts, Identity], predicts: [ENDPOINT_NOT_REGISTERED],
    items: ["partners-proven"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, host, server) in view.hosts() {
        for (rtype, look) in view.host(dc, server).by_type() {
            let Some(present) = look.present() else { continue };
            let subject = Subject::record(dc, server, host, rtype);
            // Whoever said that it is another machine has a finding of its own.
            let unclear: Vec<IpAddr> =
                present.list.iter().copied().filter(|&address| is_unclear(view, dc, address)).collect();
            let own = present.list.iter().filter(|&&address| view.ownership(dc, address) == Ownership::Own).count();
            if unclear.is_empty() || unclear.len() + own < 2 {
                sink.pass(subject);
                continue;
            }
            let listed = super::texts(&unclear);
            sink.fail(
                subject,
                Draft {
                    actual: super::texts(&present.list),
                    message: sentence(own, &listed),
                    predicts: super::codes(&RULE),
                    remedy: super::mend(view, dc, server, host, rtype, present, &unclear).remedy,
                    ..Draft::default()
                },
            );
        }
    }
}

/// Nothing says whose the address is: neither the configuration, nor the machine itself. Silence is no answer.
fn is_unclear(view: &View<'_>, dc: &Dc, address: IpAddr) -> bool {
    let quiet = matches!(view.identity(dc, address), Identity::Silent | Identity::Unreachable);
    let unclear = quiet || view.experience(dc, address) == Experience::Unclear;
    view.ownership(dc, address) == Ownership::Unknown && unclear
}

fn sentence(own: usize, unclear: &[String]) -> String {
    let listed = unclear.join(", ");
    if own > 0 {
        return format!("one machine proved to be the DC, and nothing says that it owns these too: {listed}");
    }
    format!("{} addresses stand there, and nothing says that one machine owns them all: {listed}", unclear.len())
}

#[cfg(test)]
mod tests {
    use crate::testing::machines::{GUID2, dc, silent, without_directory};
    use crate::testing::{World, config_without_addresses, row};

    fn two() -> World {
        World::with(&config_without_addresses()).add("dc2", "dc2.contoso.com 1200 A 192.0.2.99")
    }

    #[test]
    fn fires_where_nothing_says_whose_they_are_and_tells_to_look_first() {
        let finding = two().finding("duplicate-address-records");
        assert_eq!(row(&finding), "fail warning dc2.contoso.com A @dc2");
        assert_eq!(finding.actual, ["192.0.2.11", "192.0.2.99"]);
        assert!(finding.remedy.iter().all(|line| line.starts_with('#')), "{:?}", finding.remedy);
        assert!(finding.remedy.iter().any(|line| line.contains("look first, on dc2")), "{:?}", finding.remedy);
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

    #[test]
    fn one_machine_that_proves_to_own_them_all_is_right() {
        let own = || dc("dc2.contoso.com", GUID2);
        let world = two().machine("192.0.2.11", own()).machine("192.0.2.99", own());
        assert_eq!(world.rows("duplicate-address-records"), [""; 0]);
        let finding = two().machine("192.0.2.11", own()).finding("duplicate-address-records");
        assert_eq!(
            finding.message,
            "one machine proved to be the DC, and nothing says that it owns these too: 192.0.2.99"
        );
        let quiet = two().machine("192.0.2.11", own()).machine("192.0.2.99", silent());
        assert_eq!(quiet.rows("duplicate-address-records"), ["fail warning dc2.contoso.com A @dc2"]);
        let wrong = two().machine("192.0.2.11", own()).machine("192.0.2.99", without_directory("FILES01.contoso.com"));
        assert_eq!(wrong.rows("duplicate-address-records"), [""; 0], "wrong-machine knows better");
    }
}
