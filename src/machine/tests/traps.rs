//! Statements that look like identity and are none, and machines that contradict themselves.

use super::*;

#[test]
fn the_dcs_own_idea_of_its_address_is_no_identity() {
    for own in ["127.0.0.1", "192.0.2.99"] {
        let netlogon = Netlogon { own_address: Some(own.parse().unwrap()), ..ping("dc1.contoso.com") };
        assert_eq!(identity(&AddressReplies { cldap: pinged(netlogon), ..silent() }), Identity::Owner);
    }
    let elsewhere = Endpoint { port: 49_153, address: Some("192.0.2.99".parse().unwrap()) };
    let replies = AddressReplies {
        cldap: pinged(ping("dc1.contoso.com")),
        epm: answer(Mapping::Registered(elsewhere)),
        ..silent()
    };
    let verdict = verdict(&replies);
    assert_eq!(verdict.identity, Identity::Owner);
    assert!(verdict.evidence.contains(&"epm: DRSUAPI on port 49153, own address 192.0.2.99".into()));
}

#[test]
fn the_guid_of_the_server_object_proves_nothing() {
    // The server object has the GUID of the alias in all of these; only that of NTDS Settings counts.
    let other = AddressReplies { rootdse: answer(root("dc2.contoso.com", Some(OTHER))), ..silent() };
    assert_eq!(identity(&other), Identity::OtherDc);
    let unreadable = AddressReplies { rootdse: answer(root("dc1.contoso.com", None)), ..silent() };
    assert_eq!(identity(&unreadable), Identity::Owner);
}

#[test]
fn a_lightweight_directory_on_a_member_server_is_no_foreign_dc() {
    let lds = RootDse {
        ntds_settings: dn(Some(STRANGE), "CN=NTDS Settings,CN=FILES01$adam,CN=Servers,CN=X,CN=Sites"),
        host: text("files01.contoso.com"),
        configuration: dn(Some(OTHER), "CN=Configuration"),
        capabilities: vec![capability::ADAM.into()],
        ..RootDse::default()
    };
    let replies = AddressReplies { rootdse: answer(lds.clone()), epm: not_registered(), ..silent() };
    assert_eq!(identity(&replies), Identity::NotADc);
    let replies = AddressReplies { rootdse: answer(lds), epm: failed(Failure::Refused), ..silent() };
    assert_eq!(identity(&replies), Identity::OtherHost);
}

#[test]
fn a_better_name_outweighs_a_short_one() {
    // The same short name in another domain.
    let mut other = challenge("dc1.fabrikam.com");
    other.netbios_domain = text("FABRIKAM");
    let replies = AddressReplies { epm: not_registered(), ntlm_rpc: answer(other), ..silent() };
    assert_eq!(identity(&replies), Identity::NotADc);
    // The short name was never changed, the full one is right.
    let renamed = Challenge { netbios_host: text("OLD"), ..challenge("dc1.contoso.com") };
    let replies = AddressReplies { ntlm_smb: answer(renamed), ..silent() };
    assert_eq!(identity(&replies), Identity::OwnerByName);
    let replies = AddressReplies { netbios: answer(status("FILES01", "CONTOSO")), ..replies };
    assert_eq!(identity(&replies), Identity::OwnerByName);
}

#[test]
fn the_same_short_name_in_another_domain_is_another_host() {
    let replies = AddressReplies { epm: not_registered(), netbios: answer(status("DC1", "WORKGROUP")), ..silent() };
    assert_eq!(identity(&replies), Identity::NotADc);
    let unknown = Expected { netbios_domain: None, ..expected() };
    assert_eq!(identify(&replies, &unknown, &known()).identity, Identity::RightHostNoDirectory);
    // A computer outside any domain says its bare name as DNS name, too.
    let alone =
        Challenge { netbios_host: text("MEM"), netbios_domain: text("MEM"), host: text("mem"), ..Challenge::default() };
    let replies = AddressReplies { epm: not_registered(), ntlm_rpc: answer(alone), ..silent() };
    let verdict = verdict(&replies);
    assert_eq!((verdict.identity, verdict.who.as_deref()), (Identity::NotADc, Some("MEM")));
}

#[test]
fn netbios_names_are_cut_at_fifteen_characters() {
    let long = Expected { host: Some(name("headquarters-dc01.contoso.com")), ..expected() };
    let of = |short: &str| AddressReplies { netbios: answer(status(short, "CONTOSO")), ..silent() };
    assert_eq!(identify(&of("HEADQUARTERS-DC"), &long, &[]).identity, Identity::OwnerByName);
    assert_eq!(identify(&of("HEADQUARTERS-D"), &long, &[]).identity, Identity::OtherHost);
    assert_eq!(identity(&of("DC")), Identity::OtherHost);
    assert_eq!(identity(&of("DC11")), Identity::OtherHost);
}

#[test]
fn two_machines_behind_one_address_are_inconclusive() {
    let replies = AddressReplies {
        cldap: pinged(ping("dc1.contoso.com")),
        rootdse: answer(root("dc2.contoso.com", None)),
        ..silent()
    };
    assert_eq!(identity(&replies), Identity::Inconclusive);
    let replies = AddressReplies {
        cldap: pinged(ping("dc1.contoso.com")),
        ntlm_rpc: answer(challenge("files01.contoso.com")),
        epm: not_registered(),
        ..silent()
    };
    assert_eq!(identity(&replies), Identity::Inconclusive);
}

#[test]
fn several_names_of_a_cluster_are_no_contradiction() {
    let mut cluster = status("DC1", "CONTOSO");
    cluster.names.push(NetbiosName { name: "CLUSTER".into(), suffix: 0x20, group: false });
    assert_eq!(identity(&AddressReplies { netbios: answer(cluster), ..silent() }), Identity::OwnerByName);
}

#[test]
fn a_dc_known_by_its_guid_alone_is_not_judged_by_names() {
    let by_guid = Expected { host: None, other_names: Vec::new(), ..expected() };
    let judge = |replies: &AddressReplies| identify(replies, &by_guid, &known()[1..]).identity;
    let proven = AddressReplies { rootdse: answer(root("dc1.contoso.com", Some(ALIAS))), ..silent() };
    assert_eq!(judge(&proven), Identity::OwnerProven);
    let named = AddressReplies { cldap: pinged(ping("dc7.contoso.com")), epm: registered(), ..silent() };
    assert_eq!(judge(&named), Identity::Inconclusive);
    let down = AddressReplies { epm: not_registered(), ntlm_rpc: answer(challenge("dc7.contoso.com")), ..silent() };
    assert_eq!(judge(&down), Identity::Inconclusive);
    let other = AddressReplies { cldap: pinged(ping("dc2.contoso.com")), epm: registered(), ..silent() };
    assert_eq!(judge(&other), Identity::OtherDc);
}

#[test]
fn a_tree_or_child_domain_of_the_forest_is_not_foreign() {
    let netlogon = Netlogon { domain: text("tree.example"), domain_guid: guid(STRANGE), ..ping("dc1.tree.example") };
    let replies = AddressReplies { cldap: pinged(netlogon), epm: registered(), ..silent() };
    assert_eq!(identity(&replies), Identity::OtherDc);
}

#[test]
fn hostile_names_match_nothing() {
    for host in ["dc1.contoso.com\u{1b}[2J", "dc1 .contoso.com", "", "..", &"a.".repeat(600)] {
        let replies = AddressReplies { cldap: pinged(ping(host)), ..silent() };
        assert_ne!(identity(&replies), Identity::Owner, "{host:?}");
    }
}

/// Every kind of failure for every protocol: without an answer nothing is ever wrong, and nothing is confirmed.
#[test]
fn without_answers_nothing_is_wrong() {
    let failures = [
        None,
        Some(Failure::Timeout),
        Some(Failure::Stalled),
        Some(Failure::Refused),
        Some(Failure::Unreachable),
        Some(Failure::Closed),
        Some(Failure::Malformed("x".into())),
        Some(Failure::Denied(Denial::Fault(Status(5)))),
        Some(Failure::Local("x".into())),
    ];
    let reply = |position: usize| failures.get(position).cloned().flatten();
    for (cldap, rootdse, epm, ntlm) in (0..9 * 9 * 9 * 9).map(|n| (n % 9, n / 9 % 9, n / 81 % 9, n / 729)) {
        let replies = AddressReplies {
            cldap: reply(cldap).map(Reply::Failure),
            rootdse: reply(rootdse).map(Reply::Failure),
            epm: reply(epm).map(Reply::Failure),
            ntlm_smb: reply(ntlm).map(Reply::Failure),
            ..AddressReplies::default()
        };
        let identity = identity(&replies);
        assert!(!is_wrong(identity) && !is_confirmed(identity), "{replies:?}");
    }
}
