//! What is said of a forest in memory, and of machines that tests make up.

use super::*;
use crate::base::guid::Guid;
use crate::base::texts::{Subject, of_arguments};
use crate::evidence::probe::{
    AddressReplies, Challenge, DirectoryName, Endpoint, Failure, Flags, Mapping, Netlogon, Ping, PingState, Reply,
    RootDse,
};
use crate::evidence::{Machine as Asked, Selection};
use crate::report::Identity;
use crate::testing::machines::without_settings;
use crate::testing::{ALIAS2, CONFIG, World};

const GUID1: &str = "11111111-1111-4111-8111-111111111111";
const GUID2: &str = "22222222-2222-4222-8222-222222222222";
const STRANGE: &str = "99999999-9999-4999-8999-999999999999";

/// Private addresses may be asked even where no configuration lists them.
const HERE: &str = "192.0.2.11";

/// A DC of contoso.com as Windows answers.
fn dc(host: &str, guid: &str) -> AddressReplies {
    let dn = |dn: &str| Some(DirectoryName { guid: None, sid: None, dn: dn.into() });
    let ntds = "CN=NTDS Settings,CN=X,CN=Servers,CN=HQ,CN=Sites,CN=Configuration,DC=contoso,DC=com";
    AddressReplies {
        cldap: Some(Reply::Answer(Ping::Netlogon(Box::new(Netlogon {
            state: PingState::Ready,
            flags: Flags(0x1 | 0x4 | 0x100),
            domain_guid: Guid::parse(STRANGE).unwrap(),
            forest: Some("contoso.com".into()),
            domain: Some("contoso.com".into()),
            host: Some(host.into()),
            netbios_domain: Some("CONTOSO".into()),
            netbios_host: None,
            site: Some("HQ".into()),
            client_site: None,
            next_closest_site: None,
            own_address: None,
        })))),
        rootdse: Some(Reply::Answer(RootDse {
            ntds_settings: Some(DirectoryName { guid: Guid::parse(guid).ok(), sid: None, dn: ntds.into() }),
            host: Some(host.into()),
            domain: dn("DC=contoso,DC=com"),
            root_domain: dn("DC=contoso,DC=com"),
            ..RootDse::default()
        })),
        epm: Some(Reply::Answer(Mapping::Registered(Endpoint { port: 49_153, address: None }))),
        ..AddressReplies::default()
    }
}

/// A file server: an endpoint mapper without DRSUAPI, and a name.
fn member() -> AddressReplies {
    let challenge = Challenge { host: Some("files01.contoso.com".into()), ..Challenge::default() };
    AddressReplies {
        cldap: Some(Reply::Failure(Failure::Timeout)),
        rootdse: Some(Reply::Failure(Failure::Refused)),
        epm: Some(Reply::Answer(Mapping::NotRegistered)),
        ntlm_rpc: Some(Reply::Answer(challenge)),
        ..AddressReplies::default()
    }
}

fn silent() -> AddressReplies {
    AddressReplies {
        cldap: Some(Reply::Failure(Failure::Timeout)),
        rootdse: Some(Reply::Failure(Failure::Timeout)),
        epm: Some(Reply::Failure(Failure::Timeout)),
        ..AddressReplies::default()
    }
}

/// Prepares the world for these subjects, observes it, and judges.
fn answer(world: World, config: &str, words: &[&str]) -> Identification {
    let words: Vec<String> = words.iter().map(|&word| word.into()).collect();
    let subjects = of_arguments(&words).unwrap();
    let parsed = crate::config::parse(config, "test.yaml", &crate::rules::names()).unwrap();
    let (config, dcs) = prepare(parsed, &subjects).unwrap();
    let mut world = world;
    world.evidence.config = config;
    world.evidence.selection = Selection { dcs, ..Selection::default() };
    judge(&world.observe(), &subjects, true)
}

fn only(answer: &Identification) -> &Target {
    assert_eq!(answer.targets.len(), 1, "{answer:#?}");
    &answer.targets[0]
}

fn says(target: &Target, words: &str) -> bool {
    target.meaning.iter().any(|sentence| sentence.contains(words))
}

#[test]
fn a_guid_is_followed_to_its_owner_and_the_directory_named_as_what_is_left() {
    let seen = answer(World::new().machine(HERE, dc("dc2.contoso.com", GUID2)), CONFIG, &[GUID2]);
    let target = only(&seen);
    assert_eq!((seen.result, target.result.code()), (Conclusion::Identified, 0));
    assert_eq!(target.addresses[0].identity, Some(Identity::OwnerProven));
    assert_eq!(target.addresses[0].servers, ["dc1", "dc2"]);
    assert_eq!(target.alias.as_deref(), Some(ALIAS2));
    assert!(says(target, "proves that this GUID is its own") && says(target, "lost serverReference"), "{target:#?}");
    assert!(target.commands.iter().any(|command| command.contains("CN=Sites,CN=Configuration,DC=contoso,DC=com")));
    assert!(!target.commands.iter().any(|command| command.contains("remove-other-dead-server")));
}

#[test]
fn a_guid_that_another_machine_answers_is_wrong() {
    let seen = answer(World::new().machine(HERE, member()), CONFIG, &[GUID2]);
    let machine = &only(&seen).addresses[0];
    assert_eq!((seen.result.code(), machine.identity), (2, Some(Identity::NotADc)));
    assert_eq!(machine.errors, [1753]);
    assert!(says(only(&seen), "files01.contoso.com"), "{seen:#?}");
    // Promoted again: right host, other GUID.
    let seen = answer(World::new().machine(HERE, dc("dc2.contoso.com", STRANGE)), CONFIG, &[GUID2]);
    assert_eq!(seen.result, Conclusion::Wrong);
    assert!(says(only(&seen), "promoted again") && says(only(&seen), "8589"), "{seen:#?}");
}

#[test]
fn a_dc_that_has_lost_its_settings_is_wrong_however_it_is_asked_for() {
    let lost = |guid| without_settings("dc2.contoso.com", guid);
    let says_it = |target: &Target, guid: &str| {
        says(target, &format!("no longer has the NTDS Settings object {guid}"))
            && target.commands.iter().any(|command| command == "guidpost explain ntds-settings-missing")
    };
    for word in [GUID2, "dc2"] {
        let seen = answer(World::new().machine(HERE, lost(GUID2)), CONFIG, &[word]);
        let machine = &only(&seen).addresses[0];
        assert_eq!((seen.result.code(), machine.identity), (2, Some(Identity::OwnerProven)), "{word}");
        assert_eq!(machine.errors, [8439, 8, 1722]);
        assert!(says_it(only(&seen), GUID2) && !says(only(&seen), "serverReference"), "{seen:#?}");
    }
    let seen = answer(World::new().machine(HERE, lost(STRANGE)), CONFIG, &[GUID2]);
    assert_eq!((seen.result, only(&seen).addresses[0].identity), (Conclusion::Wrong, Some(Identity::ReinstalledDc)));
    assert!(says_it(only(&seen), STRANGE) && says(only(&seen), &format!("the alias belongs to another one, {GUID2}")));
    assert!(!says(only(&seen), "promoted again"), "{seen:#?}");
    assert!(!only(&seen).commands.iter().any(|command| command.contains("dead-server")), "it is not dead: {seen:#?}");
    // By its address alone: nobody is expected, and it still does not replicate.
    for (guid, known) in
        [(GUID2, Some("dc2.contoso.com")), (STRANGE, Some("dc2.contoso.com")), (GUID1, Some("dc1.contoso.com"))]
    {
        let seen = bare(lost(guid));
        let machine = &only(&seen).addresses[0];
        assert_eq!((seen.result.code(), machine.dc.as_deref()), (2, known), "{guid}");
        assert_eq!(
            (machine.machine.kind, machine.machine.lost_settings.as_deref()),
            (MachineKind::DomainController, Some(guid))
        );
        assert_eq!(
            (machine.machine.guid.as_ref(), machine.machine.alias.as_ref(), machine.machine.ready),
            (None, None, None)
        );
        assert_eq!(machine.errors, [8439, 8, 1722]);
        assert!(says_it(only(&seen), guid), "{seen:#?}");
    }
    // Without a name, too.
    let nameless = AddressReplies { ntlm_rpc: None, epm: None, cldap: None, ..lost(GUID2) };
    assert_eq!(
        (bare(nameless.clone()).result, only(&bare(nameless)).addresses[0].dc.is_some()),
        (Conclusion::Wrong, true)
    );
}

#[test]
fn silence_and_missing_records_are_unknown_not_wrong() {
    let seen = answer(World::new().machine(HERE, silent()), CONFIG, &[GUID2]);
    assert_eq!((seen.result.code(), only(&seen).addresses[0].identity), (3, Some(Identity::Silent)));
    // One server lacks the alias: not everything leads to the owner.
    let world = World::new().remove("dc1", ALIAS2).machine(HERE, dc("dc2.contoso.com", GUID2));
    let seen = answer(world, CONFIG, &[GUID2]);
    assert_eq!(seen.result, Conclusion::Unknown);
    assert!(says(only(&seen), "does not exist at dc1: "), "{seen:#?}");
}

#[test]
fn an_unknown_guid_is_asked_for_and_what_is_left_of_it_named() {
    let seen = answer(World::new(), CONFIG, &[STRANGE]);
    let target = only(&seen);
    assert_eq!((target.result, target.addresses.len(), target.dc.as_deref()), (Conclusion::Unknown, 0, None));
    assert!(says(target, "No DNS server knows the alias"), "{target:#?}");
    assert!(target.commands.iter().any(|command| command.contains("remove-other-dead-server")));
}

#[test]
fn whoever_is_not_asked_is_not_asked_for_a_reason() {
    let config =
        "{forest: contoso.com, dns_servers: [{name: dc1, address: 192.0.2.10}, {name: dc2, address: 192.0.2.11}]}";
    let reason = |address: &str| {
        let record = format!("dc2.contoso.com 600 A {address}");
        let world = World::new().remove("dc1", "dc2.contoso.com").add("dc1", &record);
        let world = world.remove("dc2", "dc2.contoso.com").add("dc2", &record).machine(address, member());
        only(&answer(world, config, &["dc2.contoso.com"])).addresses[0].not_asked.clone()
    };
    assert!(reason("8.8.8.8").unwrap().starts_with("it is a public address"));
    assert!(reason("169.254.1.1").unwrap().starts_with("no partner can use it"));
    assert_eq!(reason("10.1.1.1"), None);
}

#[test]
fn an_alias_that_holds_addresses_is_followed_too() {
    let held = format!("{ALIAS2} 600 A 192.0.2.11");
    let world = World::new().remove("dc1", ALIAS2).add("dc1", &held).remove("dc2", ALIAS2).add("dc2", &held);
    let config = "{forest: contoso.com, dns_servers: [{name: dc1, address: 192.0.2.10}, {name: dc2, address: 192.0.2.11}], \
                  probe: {redirect: {192.0.2.11: '127.0.0.1:20000'}}}";
    let seen = answer(world.machine(HERE, dc("dc2.contoso.com", GUID2)), config, &[GUID2]);
    let target = only(&seen);
    assert_eq!(target.addresses[0].identity, Some(Identity::OwnerProven), "{target:#?}");
    assert_eq!(target.servers[0].records[0].detail.as_deref(), Some("addresses instead of an alias"));
    // The machine is right, the record is not.
    assert_eq!(target.result, Conclusion::Unknown);
}

#[test]
fn a_host_name_is_compared_with_the_machine() {
    let world = || World::new().machine(HERE, dc("dc2.contoso.com", GUID2)).machine("192.0.2.10", member());
    for word in ["dc2.contoso.com", "dc2"] {
        let seen = answer(world(), CONFIG, &[word]);
        assert_eq!((seen.result, only(&seen).dc.as_deref()), (Conclusion::Identified, Some("dc2.contoso.com")));
        assert!(!says(only(&seen), "1411"));
    }
    let seen = answer(world(), CONFIG, &["dc1", "dc2"]);
    let results: Vec<Conclusion> = seen.targets.iter().map(|target| target.result).collect();
    assert_eq!(results, [Conclusion::Wrong, Conclusion::Identified]);
    assert_eq!(seen.result, Conclusion::Wrong);
}

#[test]
fn names_that_do_not_go_with_the_configuration_are_refused() {
    let config = || crate::config::parse(CONFIG, "test.yaml", &crate::rules::names()).unwrap();
    let refused = |word: &str| prepare(config(), &of_arguments(&[word.into()]).unwrap()).err();
    assert_eq!(refused("dc9"), Some(PrepareError::ShortName("dc9".into())));
    let other = format!("{GUID1}._msdcs.fabrikam.com");
    assert_eq!(refused(&other), Some(PrepareError::OtherForest("fabrikam.com".into(), "contoso.com".into())));
    assert_eq!(refused("dc9.contoso.com"), None);
    assert_eq!(refused(&format!("{GUID1}._msdcs.contoso.com")), None);
}

/// What is said of one machine without expecting anybody.
fn bare(replies: AddressReplies) -> Identification {
    let mut evidence = crate::testing::evidence(CONFIG);
    evidence.machines.insert(HERE.parse().unwrap(), Asked { stage: Stage::Name, replies });
    judge(&evidence, &[Subject::Address(HERE.parse().unwrap())], true)
}

#[test]
fn a_bare_address_is_whoever_it_says_it_is() {
    let seen = bare(dc("dc2.contoso.com", GUID2));
    let machine = &only(&seen).addresses[0];
    assert_eq!((seen.result.code(), machine.machine.kind), (0, MachineKind::DomainController));
    assert_eq!(machine.machine.alias.as_deref(), Some(ALIAS2));
    assert_eq!(machine.machine.roles, ["pdc", "gc", "writable"]);
    assert_eq!((machine.dc.as_deref(), &machine.errors[..]), (Some("dc2.contoso.com"), &[][..]));
    let seen = bare(member());
    let machine = &only(&seen).addresses[0];
    assert_eq!((seen.result.code(), machine.machine.kind), (0, MachineKind::NoDomainController));
    assert_eq!(machine.errors, [1753]);
    let seen = bare(silent());
    assert_eq!((seen.result.code(), only(&seen).addresses[0].machine.kind), (3, MachineKind::Silent));
    let seen = bare(AddressReplies::default());
    assert_eq!(only(&seen).addresses[0].machine.kind, MachineKind::NotAsked);
    // Nothing listens where the directory and RPC should be: no DC, but nobody said a name.
    let refused = AddressReplies {
        rootdse: Some(Reply::Failure(Failure::Refused)),
        epm: Some(Reply::Failure(Failure::Refused)),
        ..AddressReplies::default()
    };
    let seen = bare(refused);
    assert_eq!((seen.result.code(), only(&seen).addresses[0].machine.kind), (3, MachineKind::NoDomainController));
}

#[test]
fn only_what_was_given_is_asked_and_nothing_that_is_excluded() {
    let mut evidence = crate::testing::evidence(&format!("{CONFIG}probe: {{exclude: [10.9.0.0/16]}}\n"));
    let given = of_arguments(&["10.9.1.1", "8.8.8.8", "2001:db8::1"].map(String::from)).unwrap();
    evidence.selection.family = Some(crate::evidence::Family::V4);
    let asked = machines(&evidence, &given, true, Stage::Directory);
    assert_eq!(asked, [("8.8.8.8".parse().unwrap(), Stage::Directory)]);
    evidence.config.probe.enabled = false;
    assert_eq!(machines(&evidence, &given, true, Stage::Directory), []);
}

#[test]
fn a_looked_up_address_is_not_asked_if_it_may_be_a_strangers() {
    let mut evidence = crate::testing::evidence("{forest: invalid, dns_servers: [system]}");
    let host = DnsName::parse("dc1.contoso.com").unwrap();
    let found = ["8.8.8.8:0", "10.0.0.1:0"].map(|address| address.parse().unwrap());
    evidence.hosts.insert(host.clone(), Resolved::Addresses(found.into()));
    let subjects = [Subject::Host(host)];
    let here: IpAddr = "10.0.0.1".parse().unwrap();
    assert_eq!(machines(&evidence, &subjects, false, Stage::Directory), [(here, Stage::Directory)]);
    evidence.machines.insert(here, Asked { stage: Stage::Name, replies: dc("dc1.contoso.com", GUID1) });
    let seen = judge(&evidence, &subjects, false);
    let target = only(&seen);
    let reason = target.addresses[0].not_asked.as_deref().unwrap();
    assert!(reason.starts_with("it is a public address"), "{reason}");
    assert_eq!(target.addresses[1].identity, Some(Identity::Owner));
    assert_eq!((target.addresses[1].result, target.result), (Conclusion::Identified, Conclusion::Unknown));
}

/// Fields of `guidpost.identify/1` may be added, none may go.
#[test]
fn the_json_has_its_documented_shape() {
    let mut seen = answer(World::new().machine(HERE, member()), CONFIG, &[GUID2]);
    seen.tool.version = "0.0.0".into();
    insta::assert_snapshot!(serde_json::to_string_pretty(&seen).unwrap());
}
