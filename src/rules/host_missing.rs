use crate::base::dns::RecordType;
use crate::findings::remedy;
use crate::findings::{Draft, Sink, Subject};
use crate::view::View;

rule! {
    /// The host name of a DC has no address at a server.
    ///
    /// # What it checks
    /// Whether the host name has an A or an AAAA record. One family is enough. What a server does not answer, or answers
    /// with a bare NOERROR, is unknown.
    ///
    /// # Why it matters
    /// The alias is found, but leads nowhere: error 8524, with Windows sockets error 11004 in the event. When it happens
    /// after a change of the DC's address, the DC's DNS server could not tell its partners (event 6702).
    ///
    /// # How to fix
    /// On the DC itself register again: `ipconfig /registerdns` (Samba: `samba_dnsupdate`). Look whether the record was
    /// scavenged, and whether the zone replicates to this server.
    ///
    /// # References
    /// Microsoft KB 2021446, KB 275554.
    "host-missing", Host, Critical, needs: [Hosts], predicts: [DNS_LOOKUP_FAILURE, EVENT_ADDRESS_NOT_PUSHED],
    owns: [HostMissing], explains: BothFamilies
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, server) in view.cells().filter(|(dc, _)| dc.host.is_none()) {
        let subject = Subject { dc: Some(dc), server: Some(server), ..Subject::default() };
        sink.unknown(
            subject,
            "its host records could not be asked: the host name is not known (host: in the configuration)",
        );
    }
    for (dc, host, server) in view.hosts() {
        let subject = Subject::record(dc, server, host, RecordType::A);
        let absence = match view.host(dc, server).together() {
            Ok(_) => {
                sink.pass(subject);
                continue;
            }
            Err(Err(why)) => {
                sink.unknown(subject, format!("the host records could not be seen: {why}"));
                continue;
            }
            Err(Ok(absence)) => absence,
        };
        let cached = view.cached_note(absence, |other| {
            let present = view.host(dc, other);
            present.by_type().iter().any(|(_, look)| look.present().is_some_and(|addresses| addresses.authoritative))
        });
        let mut remedy = Vec::new();
        if cached.is_none() {
            remedy.extend(remedy::register_again(dc, RecordType::A));
        }
        if absence.authoritative {
            remedy.extend(super::additions(view, dc, server, host, &dc.single_addresses().collect::<Vec<_>>()));
        } else {
            // A server without authority holds no zone to add to.
            remedy.extend(remedy::clear_cache(server, host));
        }
        let what = if absence.nxdomain { "does not exist" } else { "has neither A nor AAAA" };
        sink.fail(
            subject,
            Draft {
                expected: super::owned(dc, None),
                message: format!("the host name {what}{}", cached.unwrap_or_default()),
                predicts: super::codes(&RULE),
                remedy,
                ..Draft::default()
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::machines::without_directory;
    use crate::testing::{CONFIG, Reply, World, config_with, row, samba};

    #[test]
    fn fires_where_neither_family_is_there() {
        let finding = World::new().remove("dc2", "dc2.contoso.com").finding("host-missing");
        assert_eq!(row(&finding), "fail critical dc2.contoso.com A @dc2");
        assert_eq!(finding.predicts, [6702, 8524]);
        assert_eq!(finding.expected, ["192.0.2.11"]);
        assert_eq!(samba(&finding), ["add 192.0.2.11 contoso.com dc2 A 192.0.2.11"]);
    }

    #[test]
    fn an_address_at_which_another_machine_answers_is_not_added() {
        let world = World::with(&config_with("addresses: [192.0.2.11, 192.0.2.12]")).remove("dc2", "dc2.contoso.com");
        let world = world.machine("192.0.2.12", without_directory("FILES01.contoso.com"));
        let finding = world.finding("host-missing");
        assert_eq!(samba(&finding), ["add 192.0.2.11 contoso.com dc2 A 192.0.2.11"]);
        let why = "# not to be added: 192.0.2.12 leads to FILES01.contoso.com, which is no domain controller";
        assert!(finding.remedy.iter().any(|line| line == why), "{:?}", finding.remedy);
    }

    #[test]
    fn an_address_of_two_dcs_is_looked_at_first() {
        let world = World::with(&config_with("addresses: [192.0.2.10]")).remove("dc2", "dc2.contoso.com");
        let finding = world.finding("host-missing");
        assert_eq!(samba(&finding), ["# add 192.0.2.11 contoso.com dc2 A 192.0.2.10"]);
    }

    #[test]
    fn no_address_is_added_beside_an_alias_or_where_nothing_can_be_changed() {
        let alias =
            World::new().remove("dc2", "dc2.contoso.com").add("dc2", "dc2.contoso.com 600 CNAME old.contoso.com");
        let finding = alias.finding("host-missing");
        assert_eq!(samba(&finding), ["# add 192.0.2.11 contoso.com dc2 A 192.0.2.11"]);
        let why = "# dc2.contoso.com is itself an alias there, of old.contoso.com;";
        assert!(finding.remedy.iter().any(|line| line.starts_with(why)), "{:?}", finding.remedy);
        let secondary = CONFIG.replace("192.0.2.11}]", "192.0.2.11, secondary: true}]");
        for config in [secondary, config_with("addresses: [192.0.2.11], roles: [rodc]")] {
            let finding = World::with(&config).remove("dc2", "dc2.contoso.com").finding("host-missing");
            assert_eq!(samba(&finding), ["# add 192.0.2.11 contoso.com dc2 A 192.0.2.11"]);
        }
    }

    #[test]
    fn one_family_is_enough_and_half_an_answer_is_unknown() {
        let world = World::with(&config_with("addresses: ['2001:db8::11']")).remove("dc2", "dc2.contoso.com");
        assert_eq!(world.add("dc2", "dc2.contoso.com 1200 AAAA 2001:db8::11").rows("host-missing"), [""; 0]);
        let world = World::new().remove("dc2", "dc2.contoso.com").reply("dc2", "dc2.contoso.com AAAA", Reply::Timeout);
        assert_eq!(world.rows("host-missing"), ["unknown critical dc2.contoso.com A @dc2"]);
        let world = World::new().reply("dc2", "dc2.contoso.com AAAA", Reply::Timeout);
        assert_eq!(world.rows("host-missing"), [""; 0], "A is there");
    }

    #[test]
    fn a_cached_absence_is_cured_at_the_cache() {
        let world = World::new().reply("dc2", "dc2.contoso.com A", Reply::Denied);
        let finding = world.reply("dc2", "dc2.contoso.com AAAA", Reply::Denied).finding("host-missing");
        assert!(finding.message.contains("from a cache: 300 s left"), "{}", finding.message);
        assert!(finding.remedy.iter().any(|line| line.starts_with("Clear-DnsServerCache -ComputerName 192.0.2.11")));
        assert_eq!(samba(&finding), [""; 0]);
    }
}
