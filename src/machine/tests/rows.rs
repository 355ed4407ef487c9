//! The rows of the table.

use super::*;

#[test]
fn owner_proven_by_the_guid_of_the_alias() {
    let replies = AddressReplies {
        cldap: pinged(ping("DC1.contoso.com")),
        rootdse: answer(root("DC1.contoso.com", Some(ALIAS))),
        epm: registered(),
        drsuapi_port: answer(Connected { port: 49_153 }),
        ..AddressReplies::default()
    };
    let verdict = verdict(&replies);
    assert_eq!(verdict.identity, Identity::OwnerProven);
    assert_eq!(verdict.who.as_deref(), Some("DC1.contoso.com"));
    assert_eq!(verdict.state, State::default());
    assert_eq!(
        verdict.evidence,
        [
            "cldap: DC1.contoso.com, forest contoso.com, site HQ, domain GUID 0b1c0000-0000-4000-8000-000000000002, \
             flags 0x000013fd",
            "rootdse: DC1.contoso.com, NTDS Settings GUID 821e4ae3-3a83-455f-a499-72ea90a025b7, configuration GUID \
             0b1c0000-0000-4000-8000-000000000001",
            "epm: DRSUAPI on port 49153",
            "drsuapi: port 49153 is open",
        ]
    );
    assert!(is_confirmed(verdict.identity) && !is_wrong(verdict.identity));
}

#[test]
fn an_owner_may_be_unready_without_replication_or_late() {
    let clock =
        Clock { theirs: "2026-11-20T12:00:00Z".parse().unwrap(), ours: "2026-11-20T12:10:00Z".parse().unwrap() };
    let mut replies = AddressReplies {
        rootdse: answer(RootDse {
            synchronized: Some(false),
            clock: Some(clock),
            ..root("dc1.contoso.com", Some(ALIAS))
        }),
        epm: not_registered(),
        ..silent()
    };
    let seen = verdict(&replies);
    assert_eq!(seen.identity, Identity::OwnerProven);
    let late = State { not_ready: true, no_replication: true, clock_ahead: Some(-600), ..State::default() };
    assert_eq!(seen.state, late);
    replies.rootdse = answer(root("dc1.contoso.com", Some(ALIAS)));
    replies.cldap = pinged(Netlogon { state: PingState::Paused, ..ping("dc1.contoso.com") });
    replies.epm = registered();
    replies.drsuapi_port = failed(Failure::Timeout);
    let seen = verdict(&replies);
    assert_eq!(seen.identity, Identity::OwnerProven);
    assert_eq!(seen.state, State { not_ready: true, port_blocked: true, ..State::default() });
}

#[test]
fn the_guid_outweighs_names() {
    let replies = AddressReplies {
        cldap: pinged(ping("renamed.contoso.com")),
        rootdse: answer(root("renamed.contoso.com", Some(ALIAS))),
        netbios: answer(status("OLDNAME", "CONTOSO")),
        ..silent()
    };
    assert_eq!(identity(&replies), Identity::OwnerProven);
}

#[test]
fn owner_by_the_directorys_name() {
    for host in ["dc1.contoso.com", "DC1.Contoso.Com.", "dc1.corp.example"] {
        let by_ping = AddressReplies { cldap: pinged(ping(host)), ..silent() };
        assert_eq!(identity(&by_ping), Identity::Owner, "{host}");
        let denial = Denial::Ldap { code: 1, text: "000004DC".into() };
        let refused = RootDse { control_refused: Some(denial), ..root(host, None) };
        let by_root = AddressReplies { rootdse: answer(refused), ..silent() };
        assert_eq!(identity(&by_root), Identity::Owner, "{host}");
    }
    // The mapper's word changes what replication meets there, not who it is.
    let replies = AddressReplies { cldap: pinged(ping("dc1.contoso.com")), epm: not_registered(), ..silent() };
    assert_eq!(identity(&replies), Identity::Owner);
    assert!(verdict(&replies).state.no_replication);
}

#[test]
fn owner_when_no_guid_is_expected() {
    let expected = Expected { guid: None, ..expected() };
    let replies = AddressReplies { rootdse: answer(root("dc1.contoso.com", Some(STRANGE))), ..silent() };
    assert_eq!(identify(&replies, &expected, &known()).identity, Identity::Owner);
}

#[test]
fn owner_by_name_of_ntlm_or_netbios() {
    let by_rpc = AddressReplies { epm: access_denied(), ntlm_rpc: answer(challenge("dc1.contoso.com")), ..silent() };
    let by_smb = AddressReplies { ntlm_smb: answer(challenge("DC1.CONTOSO.COM")), ..silent() };
    let short = Challenge { netbios_host: text("DC1"), ..Challenge::default() };
    let by_short = AddressReplies { ntlm_smb: answer(short), ..silent() };
    let by_netbios = AddressReplies { netbios: answer(status("DC1", "CONTOSO")), ..silent() };
    let with_drsuapi = AddressReplies { epm: registered(), ..by_smb.clone() };
    for replies in [by_rpc, by_smb, by_short, by_netbios, with_drsuapi] {
        assert_eq!(identity(&replies), Identity::OwnerByName, "{replies:?}");
    }
    assert!(!is_confirmed(Identity::OwnerByName) && !is_wrong(Identity::OwnerByName));
}

#[test]
fn reinstalled_dc_has_the_name_and_another_guid() {
    let replies = AddressReplies {
        cldap: pinged(ping("dc1.contoso.com")),
        rootdse: answer(root("dc1.contoso.com", Some(STRANGE))),
        epm: registered(),
        ..silent()
    };
    assert_eq!(identity(&replies), Identity::ReinstalledDc);
    assert!(is_wrong(Identity::ReinstalledDc));
    // The GUID is that of a DC that we know: whatever the name says.
    let replies = AddressReplies { rootdse: answer(root("dc1.contoso.com", Some(OTHER))), ..replies };
    assert_eq!(identity(&replies), Identity::OtherDc);
}

/// The rootDSE of a DC whose directory no longer has the NTDS Settings object of this GUID.
fn lost<T>(own: &str) -> Option<Reply<T>> {
    let text = format!("Failed to find full DN for dsServiceName: <GUID={own}>");
    failed(Failure::Denied(Denial::Ldap { code: 1, text }))
}

#[test]
fn a_directory_that_has_lost_its_settings_still_says_whose_they_were() {
    // As Samba answers in that state: without names over LDAP.
    let by_guid = AddressReplies { cldap: answer(Ping::Empty), rootdse: lost(ALIAS), epm: registered(), ..silent() };
    let seen = verdict(&by_guid);
    assert_eq!((seen.identity, seen.who.as_deref()), (Identity::OwnerProven, Some("dc1.contoso.com")));
    assert_eq!(seen.state, State { lost_settings: Some(guid(ALIAS)), ..State::default() });
    let line = format!("rootdse: denied: LDAP result 1 \"Failed to find full DN for dsServiceName: <GUID={ALIAS}>\"");
    assert!(seen.evidence.contains(&line), "{:?}", seen.evidence);

    let of = |own: &str, host: &str| AddressReplies {
        rootdse: lost(own),
        ntlm_rpc: answer(challenge(host)),
        ..by_guid.clone()
    };
    assert_eq!(identity(&of(STRANGE, "DC1.contoso.com")), Identity::ReinstalledDc, "the right name, another object");
    assert_eq!(identity(&of(STRANGE, "dc7.contoso.com")), Identity::OtherDc);
    assert_eq!(identity(&of(OTHER, "dc1.contoso.com")), Identity::OtherDc, "the GUID of a DC that we know");
    assert_eq!(identity(&AddressReplies { rootdse: lost(STRANGE), ..silent() }), Identity::OtherDc, "nameless");
    let unknown = Expected { guid: None, ..expected() };
    let judge = |replies: &AddressReplies| identify(replies, &unknown, &known()).identity;
    assert_eq!(judge(&of(STRANGE, "dc1.contoso.com")), Identity::OwnerByName);
    assert_eq!(judge(&of(STRANGE, "dc7.contoso.com")), Identity::OtherDc);
    assert_eq!(judge(&AddressReplies { rootdse: lost(STRANGE), ..silent() }), Identity::Inconclusive);
    // Its directory runs, whatever the mapper says.
    let unregistered = AddressReplies { epm: not_registered(), ..of(STRANGE, "dc1.contoso.com") };
    assert_eq!(judge(&unregistered), Identity::OwnerByName);
}

#[test]
fn other_dc_by_guid_by_name_or_by_replication() {
    let by_guid =
        AddressReplies { rootdse: answer(root("dc2.contoso.com", Some(OTHER))), epm: registered(), ..silent() };
    let unknown = AddressReplies { rootdse: answer(root("dc9.contoso.com", Some(STRANGE))), ..silent() };
    let by_ping = AddressReplies { cldap: pinged(ping("dc2.contoso.com")), epm: registered(), ..silent() };
    let by_ntlm = AddressReplies { epm: registered(), ntlm_rpc: answer(challenge("dc2.contoso.com")), ..silent() };
    for replies in [&by_guid, &unknown, &by_ping, &by_ntlm] {
        assert_eq!(identity(replies), Identity::OtherDc, "{replies:?}");
    }
    let nameless = RootDse { host: None, ..root("", Some(OTHER)) };
    let verdict = verdict(&AddressReplies { rootdse: answer(nameless), ..silent() });
    assert_eq!((verdict.identity, verdict.who.as_deref()), (Identity::OtherDc, Some("dc2.contoso.com")));
}

#[test]
fn another_dc_whose_replication_is_down_gives_1753() {
    let replies = AddressReplies { epm: not_registered(), ntlm_rpc: answer(challenge("dc2.contoso.com")), ..silent() };
    assert_eq!(identity(&replies), Identity::NotADc);
    let replies = AddressReplies { rootdse: answer(root("dc2.contoso.com", Some(OTHER))), ..replies };
    assert_eq!(identity(&replies), Identity::NotADc);
}

#[test]
fn foreign_dc_by_configuration_forest_or_domain_guid() {
    let mut rebuilt = root("dc1.contoso.com", Some(STRANGE));
    rebuilt.configuration = dn(Some(OTHER), "CN=Configuration,DC=contoso,DC=com");
    let by_configuration = AddressReplies { rootdse: answer(rebuilt), ..silent() };
    let mut elsewhere = root("dc1.fabrikam.com", Some(STRANGE));
    elsewhere.configuration = None;
    elsewhere.root_domain = dn(None, "DC=fabrikam,DC=com");
    let by_root = AddressReplies { rootdse: answer(elsewhere), ..silent() };
    let netlogon = Netlogon { forest: text("fabrikam.com"), ..ping("dc1.fabrikam.com") };
    let by_ping = AddressReplies { cldap: pinged(netlogon), epm: registered(), ..silent() };
    let netlogon = Netlogon { domain_guid: guid(STRANGE), ..ping("dc1.contoso.com") };
    let by_domain = AddressReplies { cldap: pinged(netlogon), ..silent() };
    let elsewhere = Challenge { forest: text("fabrikam.com"), ..challenge("dc1.fabrikam.com") };
    let by_ntlm = AddressReplies { epm: registered(), ntlm_rpc: answer(elsewhere.clone()), ..silent() };
    for replies in [&by_configuration, &by_root, &by_ping, &by_domain, &by_ntlm] {
        assert_eq!(identity(replies), Identity::ForeignDc, "{replies:?}");
    }
    // A member server of another forest is no DC of it.
    let member = AddressReplies { epm: not_registered(), ntlm_rpc: answer(elsewhere), ..silent() };
    assert_eq!(identity(&member), Identity::NotADc);
}

#[test]
fn right_host_no_directory_is_named_and_not_registered() {
    let by_ntlm = AddressReplies {
        cldap: failed(Failure::Refused),
        rootdse: failed(Failure::Refused),
        epm: not_registered(),
        ntlm_rpc: answer(challenge("dc1.contoso.com")),
        ..AddressReplies::default()
    };
    // In restore mode a DC names itself as its domain.
    let by_netbios = AddressReplies { epm: not_registered(), netbios: answer(status("DC1", "DC1")), ..silent() };
    for replies in [by_ntlm, by_netbios] {
        let verdict = verdict(&replies);
        assert_eq!(verdict.identity, Identity::RightHostNoDirectory);
        assert!(verdict.state.no_replication && !is_wrong(verdict.identity));
    }
}

#[test]
fn not_a_dc_is_named_otherwise_and_not_registered() {
    let by_netbios = AddressReplies {
        cldap: failed(Failure::Refused),
        rootdse: failed(Failure::Refused),
        epm: not_registered(),
        ntlm_rpc: access_denied(),
        netbios: answer(status("FILES01", "CONTOSO")),
        ..AddressReplies::default()
    };
    let seen = verdict(&by_netbios);
    assert_eq!((seen.identity, seen.who.as_deref()), (Identity::NotADc, Some("FILES01")));
    assert!(seen.evidence.contains(&"epm: 0x16c9a0d6".into()), "{:?}", seen.evidence);
    let by_ntlm = AddressReplies { ntlm_rpc: answer(challenge("FILES01.contoso.com")), ..by_netbios };
    let seen = verdict(&by_ntlm);
    assert_eq!((seen.identity, seen.who.as_deref()), (Identity::NotADc, Some("FILES01.contoso.com")));
}

#[test]
fn other_host_is_named_otherwise_without_rpc() {
    let failures = [
        Failure::Refused,
        Failure::Timeout,
        Failure::Closed,
        Failure::Denied(Denial::Fault(Status(5))),
        Failure::Denied(Denial::BindNak(4)),
    ];
    for failure in failures {
        let replies =
            AddressReplies { epm: failed(failure.clone()), ntlm_smb: answer(challenge("pc7.contoso.com")), ..silent() };
        assert_eq!(identity(&replies), Identity::OtherHost, "{failure}");
    }
    assert!(is_wrong(Identity::OtherHost));
}

#[test]
fn not_a_dc_unnamed_refuses_both_ports_and_has_no_name() {
    let replies = AddressReplies { rootdse: failed(Failure::Refused), epm: failed(Failure::Refused), ..silent() };
    assert_eq!(identity(&replies), Identity::NotADcUnnamed);
    assert_eq!(identity(&all(Failure::Refused)), Identity::NotADcUnnamed);
    let other_ldap = AddressReplies { rootdse: answer(RootDse::default()), ..replies.clone() };
    assert_eq!(identity(&other_ldap), Identity::NotADcUnnamed, "an LDAP server of another make");
    let mapper = AddressReplies { epm: not_registered(), ..silent() };
    assert_eq!(identity(&mapper), Identity::NotADcUnnamed, "the mapper knows no DRSUAPI, and nobody says a name");
    assert!(!is_wrong(Identity::NotADcUnnamed));
    // One port alone does not do.
    let one = AddressReplies { rootdse: failed(Failure::Refused), ..silent() };
    assert_eq!(identity(&one), Identity::Inconclusive);
    let one = AddressReplies { epm: failed(Failure::Refused), ..silent() };
    assert_eq!(identity(&one), Identity::Inconclusive);
    let heard = AddressReplies { cldap: answer(Ping::Empty), ..replies };
    assert_eq!(identity(&heard), Identity::Inconclusive, "a directory answers on UDP");
}

#[test]
fn silent_unreachable_and_not_probed() {
    assert_eq!(identity(&silent()), Identity::Silent);
    assert_eq!(identity(&all(Failure::Unreachable)), Identity::Unreachable);
    let replies = AddressReplies { rootdse: failed(Failure::Unreachable), ..silent() };
    assert_eq!(identity(&replies), Identity::Unreachable);
    assert_eq!(identity(&AddressReplies::default()), Identity::NotProbed);
    let replies = AddressReplies { rootdse: failed(Failure::Refused), ..all(Failure::Unreachable) };
    assert_eq!(identity(&replies), Identity::Inconclusive);
    let verdict = verdict(&silent());
    assert_eq!((verdict.who, verdict.state), (None, State::default()));
    assert_eq!(verdict.evidence.first().map(String::as_str), Some("cldap: timeout"));
}

#[test]
fn inconclusive_when_everything_that_answers_refuses() {
    let ldap = Failure::Denied(Denial::Ldap { code: 1, text: "000004DC".into() });
    let smb = Failure::Denied(Denial::Smb(Status(0xc000_00bb)));
    let replies = AddressReplies { rootdse: failed(ldap), epm: access_denied(), ntlm_smb: failed(smb), ..silent() };
    let seen = verdict(&replies);
    assert_eq!(seen.identity, Identity::Inconclusive);
    assert!(seen.evidence.contains(&"epm: denied: fault 0x00000005".into()), "{:?}", seen.evidence);
    assert!(seen.evidence.contains(&"ntlm over smb: denied: SMB status 0xc00000bb".into()), "{:?}", seen.evidence);
    for failure in [Failure::Stalled, Failure::Closed, Failure::Malformed("x".into()), Failure::Local("x".into())] {
        let replies = AddressReplies { epm: failed(failure.clone()), ..silent() };
        assert_eq!(identity(&replies), Identity::Inconclusive, "{failure}");
    }
    let nameless = AddressReplies { epm: registered(), ..silent() };
    assert_eq!(identity(&nameless), Identity::Inconclusive, "some DC, but nobody says which");
    assert!(!is_wrong(Identity::Inconclusive) && !is_wrong(Identity::Silent) && !is_wrong(Identity::Unreachable));
}
