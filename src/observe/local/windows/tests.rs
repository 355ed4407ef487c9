use std::collections::BTreeMap;

use super::*;

/// What a made-up machine tells.
#[derive(Clone, Default)]
struct Told {
    adapters: Vec<Adapter>,
    registry: BTreeMap<(&'static str, &'static str), &'static str>,
    membership: Membership,
    files: BTreeMap<&'static str, Result<&'static str, &'static str>>,
}

impl Machine for Told {
    fn adapters(&self) -> Result<Vec<Adapter>, String> {
        Ok(self.adapters.clone())
    }

    fn registry(&self, key: &str, value: &str) -> Result<Option<String>, String> {
        let found = self.registry.iter().find(|((at, name), _)| (*at, *name) == (key, value));
        Ok(found.map(|(_, text)| (*text).to_owned()))
    }

    fn host(&self) -> Result<String, String> {
        Ok("DC1.contoso.com".into())
    }

    fn membership(&self) -> Result<Membership, String> {
        Ok(self.membership.clone())
    }

    fn variable(&self, name: &str) -> Option<String> {
        name.eq_ignore_ascii_case("SystemRoot").then(|| r"C:\Windows".into())
    }

    fn file(&self, path: &str, view: &mut LocalView) -> Option<Vec<u8>> {
        told(self.files.get(path).copied()?.map_err(str::to_owned), view).map(|text| text.as_bytes().to_vec())
    }
}

/// Everything fails.
struct Mute;

impl Machine for Mute {
    fn adapters(&self) -> Result<Vec<Adapter>, String> {
        Err("no adapters".into())
    }

    fn registry(&self, _: &str, value: &str) -> Result<Option<String>, String> {
        Err(format!("no {value}"))
    }

    fn host(&self) -> Result<String, String> {
        Err("no host".into())
    }

    fn membership(&self) -> Result<Membership, String> {
        Err("no membership".into())
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn file(&self, path: &str, view: &mut LocalView) -> Option<Vec<u8>> {
        view.troubles.push(format!("no {path}"));
        None
    }
}

fn socket(address: &str) -> Vec<u8> {
    match address.parse().unwrap() {
        SocketAddr::V4(v4) => [&2_u16.to_ne_bytes()[..], &v4.port().to_be_bytes(), &v4.ip().octets(), &[0; 8]].concat(),
        SocketAddr::V6(v6) => {
            let (port, scope) = (v6.port().to_be_bytes(), v6.scope_id().to_ne_bytes());
            [&23_u16.to_ne_bytes()[..], &port, &[0; 4], &v6.ip().octets(), &scope].concat()
        }
    }
}

fn own(address: &str, flags: u32, state: i32) -> AdapterAddress {
    AdapterAddress { octets: socket(address), prefix: 24, flags, state }
}

fn ethernet(servers: &[&str]) -> Adapter {
    Adapter {
        name: "Ethernet".into(),
        up: true,
        flags: DDNS_ENABLED,
        index: 7,
        servers: servers.iter().map(|server| socket(server)).collect(),
        ..Adapter::default()
    }
}

fn full(told: &Told) -> LocalView {
    view(LocalStage::Configuration, told)
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn interfaces_have_their_addresses_and_what_windows_registers() {
    let preferred = 4;
    let addresses = vec![
        own("192.0.2.10:0", DNS_ELIGIBLE, preferred),
        own("192.0.2.11:0", TRANSIENT, preferred),
        own("192.0.2.12:0", DNS_ELIGIBLE, UNUSED[1]),
        AdapterAddress { octets: vec![1, 2, 3], state: preferred, ..AdapterAddress::default() },
    ];
    let adapters = vec![
        Adapter { addresses, suffix: "corp.example".into(), ..ethernet(&[]) },
        Adapter { loopback: true, flags: 0, addresses: vec![own("[::1]:0", 0, preferred)], ..ethernet(&[]) },
        Adapter { up: false, addresses: vec![own("192.0.2.99:0", DNS_ELIGIBLE, preferred)], ..ethernet(&[]) },
    ];
    let view = view(LocalStage::Addresses, &Told { adapters, ..Told::default() });
    let [wired, loopback] = &view.interfaces[..] else { panic!("one is down: {:?}", view.interfaces) };
    let found: Vec<_> =
        wired.addresses.iter().map(|own| (own.address.to_string(), own.eligible, own.transient)).collect();
    assert_eq!(
        found,
        [("192.0.2.10".to_owned(), Some(true), false), ("192.0.2.11".to_owned(), Some(false), true)],
        "a duplicate address is not used"
    );
    assert_eq!((wired.registers, wired.suffix.as_deref(), wired.loopback), (Some(true), Some("corp.example"), false));
    assert_eq!((loopback.registers, loopback.suffix.as_deref(), loopback.loopback), (Some(false), None, true));
    assert_eq!(view.troubles, ["network adapter Ethernet: an address has an unknown form"]);
    assert_eq!((view.system.as_str(), view.host), ("windows", None), "only addresses were asked for");
}

#[test]
fn resolvers_stand_in_order_with_port_and_scope_and_without_placeholders() {
    let servers =
        ["192.0.2.2:0", "[fec0:0:0:ffff::1]:0", "[fe80::1]:0", "[fe80::1%9]:53", "192.0.2.1:5353", "192.0.2.2:53"];
    let down = Adapter { up: false, ..ethernet(&["192.0.2.99:0"]) };
    let told = Told { adapters: vec![down, ethernet(&servers)], ..Told::default() };
    let all = ["192.0.2.2:53", "[fe80::1%7]:53", "[fe80::1%9]:53", "192.0.2.1:5353", "192.0.2.2:53"];
    let view = full(&told);
    assert_eq!(view.resolvers.iter().map(|server| server.address.to_string()).collect::<Vec<_>>(), all);
    assert!(view.resolvers.iter().all(|server| server.interface.as_deref() == Some("Ethernet")));
    let once = all[..4].iter().map(|address| address.parse().unwrap()).collect();
    assert_eq!(listed(&told), Resolved::Addresses(once));
}

#[test]
fn placeholders_are_just_these_three() {
    for last in 1..=3 {
        assert!(is_placeholder(format!("fec0:0:0:ffff::{last}").parse().unwrap()));
    }
    for other in ["fec0:0:0:ffff::", "fec0:0:0:ffff::4", "fec0::1", "192.0.2.1"] {
        assert!(!is_placeholder(other.parse().unwrap()), "{other}");
    }
}

#[test]
fn a_machine_without_resolvers_says_so() {
    let told = Told { adapters: vec![ethernet(&["[fec0:0:0:ffff::1]:0"])], ..Told::default() };
    let nobody = "no network adapter that is up names a DNS server";
    assert_eq!(listed(&told), Resolved::Failed(nobody.into()));
    let odd = Adapter { servers: vec![vec![9]], ..ethernet(&[]) };
    let text = format!("network adapter Ethernet: a DNS server has an unknown form; {nobody}");
    assert_eq!(listed(&Told { adapters: vec![odd], ..Told::default() }), Resolved::Failed(text));
    assert_eq!(listed(&Mute), Resolved::Failed("no adapters".into()));
}

#[test]
fn suffixes_are_those_of_the_policy_then_the_list_then_what_windows_makes_of_none() {
    let adapter = Adapter { suffix: "corp.example".into(), ..ethernet(&[]) };
    let same = Adapter { suffix: "CONTOSO.com".into(), ..ethernet(&[]) };
    let mut told = Told { adapters: vec![adapter, same], ..Told::default() };
    told.registry.insert((TCPIP, "Domain"), "contoso.com");
    assert_eq!(full(&told).suffixes, ["contoso.com", "corp.example"]);
    told.registry.insert((TCPIP, "SearchList"), "a.example, b.example\tc.example,,a.example");
    assert_eq!(full(&told).suffixes, ["a.example", "b.example", "c.example", "a.example"]);
    told.registry.insert((POLICY, "SearchList"), " ");
    assert_eq!(full(&told).suffixes[0], "a.example", "an empty policy is none");
    told.registry.insert((POLICY, "SearchList"), "policy.example");
    assert_eq!(full(&told).suffixes, ["policy.example"]);
}

#[test]
fn the_membership_is_a_surer_sign_of_the_domain_than_suffixes() {
    let mut told = Told::default();
    assert_eq!(full(&told).domains, []);
    told.registry.insert((TCPIP, "Domain"), "corp.example");
    told.registry.insert((TCPIP, "NV Domain"), "CONTOSO.com");
    told.membership = Membership { domain: Some("child.contoso.com".into()), forest: Some("contoso.com".into()) };
    let view = full(&told);
    let found: Vec<_> = view.domains.iter().map(|hint| hint.domain.as_str()).collect();
    assert_eq!(found, ["child.contoso.com", "contoso.com", "corp.example"]);
    assert!(view.domains[2].source.ends_with(r"Tcpip\Parameters\Domain"), "{}", view.domains[2].source);
    assert_eq!((view.domain.as_deref(), view.host.as_deref()), (Some("corp.example"), Some("DC1.contoso.com")));
}

#[test]
fn files_are_looked_for_where_windows_looks() {
    let denied = "cannot read: Access is denied.";
    let mut told = Told::default();
    told.files.insert(r"C:\Windows\System32\drivers\etc\hosts", Err("the usual place"));
    told.files.insert(r"C:\Windows\System32\config\netlogon.dns", Err(denied));
    assert_eq!(full(&told).troubles, ["the usual place", denied]);
    told.registry.insert((TCPIP, "DataBasePath"), r"%systemroot%\elsewhere\");
    told.files.insert(r"C:\Windows\elsewhere\hosts", Err("elsewhere"));
    told.files.insert(r"C:\Windows\elsewhere\lmhosts", Err("beside it"));
    assert_eq!(full(&told).troubles, ["elsewhere", "beside it", denied]);
    assert_eq!(full(&Told::default()).troubles, texts(&[]), "files that are not there are none");
}

#[test]
fn what_cannot_be_read_is_told_and_hides_nothing_else() {
    let view = full_mute();
    for trouble in
        ["no adapters", "no host", "no Domain", "no SearchList", "no membership", "no NV Domain", "no DataBasePath"]
    {
        assert!(view.troubles.iter().any(|told| told == trouble), "{trouble}: {:?}", view.troubles);
    }
    let unknown = r"no %SystemRoot%\System32\drivers\etc\hosts";
    assert!(view.troubles.iter().any(|told| told == unknown), "{:?}", view.troubles);
    assert_eq!(view.interfaces, []);
}

fn full_mute() -> LocalView {
    view(LocalStage::Configuration, &Mute)
}

#[test]
fn names_of_variables_are_expanded_and_other_signs_kept() {
    let variable = |name: &str| (name == "A").then(|| "100%".to_owned());
    for (text, expected) in [
        ("", ""),
        ("%A%", "100%"),
        (r"%A%\x\%A%", r"100%\x\100%"),
        ("%B%A%", "%B100%"),
        ("50% of %A%", "50% of 100%"),
        ("%", "%"),
        ("%%A%%", "%100%%"),
    ] {
        assert_eq!(expand(text, &variable), expected, "{text}");
    }
}

/// What only Windows itself can tell, or Wine in its place.
#[cfg(windows)]
mod itself {
    use super::super::api::Windows;
    use super::*;

    #[test]
    fn this_machine_has_a_name_and_a_loopback_address() {
        let view = read(LocalStage::Configuration);
        assert!(view.host.as_ref().is_some_and(|host| !host.contains('\0')));
        let loopback = view.interfaces.iter().find(|interface| interface.loopback).expect("a loopback interface");
        let v4 = loopback.addresses.iter().find(|own| own.address.is_ipv4()).expect("an IPv4 address");
        assert_eq!((v4.address.to_string().as_str(), v4.prefix, v4.eligible), ("127.0.0.1", 8, Some(false)));
        assert!(view.interfaces.iter().all(|interface| !interface.name.is_empty()));
        assert!(view.addresses().all(|address| !address.is_unspecified()));
        assert!(view.resolvers.iter().all(|server| server.address.port() != 0 && !is_placeholder(server.address.ip())));
        let unread: Vec<_> = view.troubles.iter().filter(|told| !told.contains(r"\etc\")).collect();
        assert_eq!(unread, texts(&[]).iter().collect::<Vec<_>>(), "only a line of a file may be odd");
    }

    #[test]
    fn the_list_of_adapters_is_whole_whatever_room_it_gets_first() {
        let names =
            |octets| Windows.adapters_within(octets).map(|all| all.into_iter().map(|one| one.name).collect::<Vec<_>>());
        assert_eq!(names(0), names(1 << 20));
        assert!(names(0).is_ok_and(|all| !all.is_empty()));
    }

    #[test]
    fn resolvers_are_those_of_the_view_once_each() {
        let view = read(LocalStage::Configuration);
        let all: std::collections::BTreeSet<_> = view.resolvers.iter().map(|server| server.address).collect();
        match resolvers() {
            Resolved::Addresses(once) => {
                assert_eq!(once.len(), all.len());
                assert_eq!(once.into_iter().collect::<std::collections::BTreeSet<_>>(), all);
            }
            // A machine without network.
            Resolved::Failed(_) => assert!(all.is_empty(), "{all:?}"),
        }
    }

    #[test]
    fn registry_values_are_texts_or_none_or_errors() {
        let path = Windows.registry(TCPIP, "DataBasePath").expect("it can be read").expect("every machine has it");
        assert!(path.to_lowercase().ends_with(r"\drivers\etc"), "{path}");
        assert_eq!(Windows.registry(TCPIP, "guidpost has none"), Ok(None));
        assert_eq!(Windows.registry(r"SOFTWARE\guidpost\has\none", "x"), Ok(None));
        let number = Windows.registry(r"SYSTEM\CurrentControlSet\Services\RpcSs", "Start");
        let trouble = number.expect_err("a number is no text");
        let doing = r"reading registry value HKLM\SYSTEM\CurrentControlSet\Services\RpcSs\Start: ";
        assert!(trouble.starts_with(doing), "{trouble}");
    }

    #[test]
    fn files_are_read_or_absent_or_refused() {
        let root = Windows.variable("systemroot").expect("in any case");
        let mut view = LocalView::default();
        assert!(Windows.file(&format!(r"{root}\System32\drivers\etc\hosts"), &mut view).is_some());
        assert_eq!(Windows.file(&format!(r"{root}\guidpost\has\none"), &mut view), None);
        assert_eq!(view.troubles, texts(&[]));
        assert_eq!(Windows.file(&root, &mut view), None, "a folder is no file");
        assert!(view.troubles[0].starts_with("cannot read `"), "{:?}", view.troubles);
    }
}
