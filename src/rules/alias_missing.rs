use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::findings::remedy::{self, Place};
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::{Dc, Server};
use crate::view::{Absence, Alias, View};

rule! {
    /// The alias of a DC does not exist at a server.
    ///
    /// # What it checks
    /// Asks each server for the CNAME of `<guid>._msdcs.<forest>`. Missing means NXDOMAIN, or a name that holds neither an
    /// alias nor an address, said with authority or with the zone's SOA. A bare NOERROR or an error code is no such word
    /// and is reported as unknown.
    ///
    /// # Why it matters
    /// A destination DC finds its source by this name alone. It fails with error 8524 (Windows sockets error 11001 in the
    /// event); where the source's host name still resolves, Windows falls back to it and logs event 2088, else 2087.
    ///
    /// # How to fix
    /// On the DC itself register again: `nltest /dsregdns` or restart Netlogon (Samba: `samba_dnsupdate`). See that the DC's
    /// own DNS server accepts the update (event 5774 says why not), and that the zone replicates to this server.
    ///
    /// # References
    /// MS-ADTS 6.3.2.3 (DsaCname); Microsoft KB 2021446.
    "alias-missing", Alias, Critical, needs: [Alias, Hosts], predicts: [DNS_LOOKUP_FAILURE],
    owns: [AliasMissing]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, server) in view.cells() {
        match &dc.alias {
            Some(alias) => judge(view, sink, dc, server, alias),
            None => sink.unknown(
                Subject { dc: Some(dc), server: Some(server), ..Subject::default() },
                "its alias could not be asked: the GUID of its NTDS Settings object is not known (guid: in the configuration)",
            ),
        }
    }
}

fn judge(view: &View<'_>, sink: &mut Sink<'_>, dc: &Dc, server: &Server, alias: &DnsName) {
    let subject = Subject::record(dc, server, alias, RecordType::CNAME);
    let absence = match *view.alias(dc, server) {
        Alias::Unknown(why) => return sink.unknown(subject, format!("the alias could not be seen: {why}")),
        Alias::Targets { .. } | Alias::Holds { .. } => return sink.pass(subject),
        Alias::Absent(absence) => absence,
    };
    let what = if absence.nxdomain { "does not exist" } else { "exists, but holds neither an alias nor an address" };
    let cached =
        view.cached_note(absence, |other| matches!(view.alias(dc, other), Alias::Targets { authoritative: true, .. }));
    let fallback = match view.fallback(dc, server) {
        Some(true) => "; Windows falls back to the host name, which is right here (event 2088)",
        Some(false) => "; the host name does not lead there either (event 2087)",
        None => "",
    };
    let mut remedy = Vec::new();
    if cached.is_none() {
        remedy.extend(remedy::register_again(dc, RecordType::CNAME));
    }
    match &dc.host {
        // A server without authority holds no zone to add to.
        _ if !absence.authoritative => remedy.extend(remedy::clear_cache(server, alias)),
        Some(host) => {
            let place = Place::of(view, server, dc, alias);
            let looks = looks(view, dc, server, absence);
            if looks.is_empty() {
                remedy.extend(place.add(RecordType::CNAME, host.as_str()));
            } else {
                remedy.extend(looks);
                remedy.extend(place.add_after_look(RecordType::CNAME, host.as_str()));
            }
        }
        None => {}
    }
    sink.fail(
        subject,
        Draft {
            expected: dc.host.iter().map(DnsName::to_string).collect(),
            message: format!("the alias {what}{}{fallback}", cached.unwrap_or_default()),
            predicts: super::codes(&RULE),
            remedy,
            ..Draft::default()
        },
    );
}

/// What to look at before the alias is added.
fn looks(view: &View<'_>, dc: &Dc, server: &Server, absence: Absence) -> Vec<String> {
    let mut looks: Vec<String> = super::read_only_note(view, server).into_iter().collect();
    if !absence.nxdomain {
        looks.push("# look first what else stands at the name: an alias stands alone".into());
    }
    if super::guid_is_disproved(view, dc) {
        looks.extend(super::look_at_guid(dc));
    }
    looks
}

#[cfg(test)]
mod tests {
    use crate::testing::machines::{GUID2, STRANGE, dc, without_settings};
    use crate::testing::{ALIAS2, CONFIG, Reply, World, config_with, row, samba};

    #[test]
    fn fires_on_nxdomain_and_says_how_windows_goes_on() {
        let finding = World::new().remove("dc2", ALIAS2).finding("alias-missing");
        assert_eq!(row(&finding), "fail critical dc2.contoso.com CNAME @dc2");
        assert_eq!(finding.name.as_deref(), Some(ALIAS2));
        assert_eq!(finding.expected, ["dc2.contoso.com"]);
        assert_eq!(finding.predicts, [8524]);
        assert!(finding.message.contains("event 2088"), "{}", finding.message);
        let label = "22222222-2222-4222-8222-222222222222";
        assert_eq!(samba(&finding), [format!("add 192.0.2.11 _msdcs.contoso.com {label} CNAME dc2.contoso.com.")]);

        let world = World::new().remove("dc2", ALIAS2).remove("dc2", "dc2.contoso.com");
        assert!(world.finding("alias-missing").message.contains("event 2087"));
    }

    #[test]
    fn an_alias_that_the_machine_itself_denies_is_looked_at_first() {
        let world = World::new().remove("dc2", ALIAS2).machine("192.0.2.11", dc("dc2.contoso.com", STRANGE));
        let finding = world.finding("alias-missing");
        assert!(finding.remedy.iter().any(|line| line.starts_with("# look first, on dc2.contoso.com itself")));
        assert!(finding.remedy.iter().all(|line| line.starts_with('#')), "{:?}", finding.remedy);
    }

    #[test]
    fn the_alias_of_lost_settings_and_at_a_server_that_takes_no_change_is_looked_at_first() {
        let lost = World::new().remove("dc2", ALIAS2).machine("192.0.2.11", without_settings("dc2.contoso.com", GUID2));
        let secondary = CONFIG.replace("192.0.2.11}]", "192.0.2.11, secondary: true}]");
        let read_only = CONFIG.replace("addresses: [192.0.2.11]", "addresses: [192.0.2.11], roles: [rodc]");
        let worlds = [
            (lost, "its DSA object GUID is 22222222"),
            (World::with(&secondary).remove("dc2", ALIAS2), "dc2 holds a copy (secondary)"),
            (World::with(&read_only).remove("dc2", ALIAS2), "dc2 runs on dc2.contoso.com, a read-only DC"),
        ];
        for (world, look) in worlds {
            let finding = world.finding("alias-missing");
            assert!(finding.remedy.iter().any(|line| line.contains(look)), "{:?}", finding.remedy);
            assert!(finding.remedy.iter().all(|line| line.starts_with('#')), "{:?}", finding.remedy);
        }
    }

    #[test]
    fn an_empty_name_is_missing_and_a_bare_noerror_is_unknown() {
        let world = World::new().remove("dc2", ALIAS2).add("dc2", &format!("_ldap.{ALIAS2} 600 A 192.0.2.11"));
        let finding = world.finding("alias-missing");
        assert!(finding.message.contains("exists, but holds neither"), "{}", finding.message);
        assert!(finding.remedy.iter().all(|line| line.starts_with('#')), "other data may stand there");
        let bare = World::new().reply("dc2", &format!("{ALIAS2} CNAME"), Reply::Bare);
        let bare = bare.reply("dc2", &format!("{ALIAS2} A"), Reply::Bare);
        let bare = bare.reply("dc2", &format!("{ALIAS2} AAAA"), Reply::Bare);
        assert_eq!(bare.rows("alias-missing"), ["unknown critical dc2.contoso.com CNAME @dc2"]);
    }

    #[test]
    fn a_cached_absence_is_cured_at_the_cache() {
        let denied = |rtype| format!("{ALIAS2} {rtype}");
        let world =
            World::new().reply("dc2", &denied("CNAME"), Reply::Denied).reply("dc2", &denied("A"), Reply::Denied);
        let finding = world.finding("alias-missing");
        assert!(finding.message.contains("from a cache: 300 s left"), "{}", finding.message);
        assert!(finding.remedy.iter().any(|line| line.starts_with("Clear-DnsServerCache -ComputerName 192.0.2.11")));
        assert_eq!(samba(&finding), [""; 0], "there is no zone to add to");
    }

    #[test]
    fn the_missing_alias_of_a_read_only_dc_is_a_warning_without_prediction() {
        let config = config_with("addresses: [192.0.2.11], roles: [rodc]");
        let finding = World::with(&config).remove("dc2", ALIAS2).finding("alias-missing");
        assert_eq!(row(&finding), "fail warning dc2.contoso.com CNAME @dc2");
        assert_eq!(finding.predicts, [0; 0]);
    }

    #[test]
    fn addresses_at_the_name_are_alias_not_cnames_business() {
        let world = World::new().remove("dc2", ALIAS2).add("dc2", &format!("{ALIAS2} 600 A 192.0.2.11"));
        assert_eq!(world.rows("alias-missing"), [""; 0]);
    }
}
