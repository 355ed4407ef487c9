//! The files of a machine, good and bad.

use proptest::prelude::*;

use super::names::MAX_NAMES;
use super::*;
use crate::evidence::LocalView;

fn view(parse: impl FnOnce(&mut LocalView)) -> LocalView {
    let mut view = LocalView::default();
    parse(&mut view);
    view
}

fn from_hosts(octets: impl AsRef<[u8]>) -> LocalView {
    view(|view| hosts(octets.as_ref(), "hosts", view))
}

/// `line address names` of every line that counts.
fn names(view: &LocalView) -> Vec<String> {
    view.names.iter().map(|line| format!("{} {} {}", line.line, line.address, line.names.join(" "))).collect()
}

/// `line name [ttl] TYPE data` of every record.
fn records(view: &LocalView) -> Vec<String> {
    let text = |record: &crate::evidence::LocalRecord| {
        let ttl = record.ttl.map(|ttl| format!("{ttl} ")).unwrap_or_default();
        format!("{} {} {ttl}{} {}", record.line, record.name, record.rtype, record.data)
    };
    view.records.iter().map(text).collect()
}

#[test]
fn a_hosts_file_of_any_editor_is_read() {
    let text = "# Copyright (c) 1993-2009 Microsoft Corp.\r\n\r\n192.0.2.10\tDC1.contoso.com  dc1 # moved\r\n\
                \u{20}fe80::1%eth0 dc2\r\n::1 localhost";
    let expected = ["3 192.0.2.10 DC1.contoso.com dc1", "4 fe80::1 dc2", "5 ::1 localhost"];
    assert_eq!(names(&from_hosts(text)), expected);
    let marked = from_hosts(format!("\u{feff}{text}"));
    assert_eq!((names(&marked).len(), marked.troubles.len()), (3, 0));
    for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect();
        let wide = from_hosts(wide);
        assert_eq!(names(&wide), expected);
        assert_eq!(wide.troubles, ["hosts: it is UTF-16, which the system itself may not read"]);
    }
}

#[test]
fn one_bad_line_of_a_hosts_file_hides_no_other() {
    let octets = b"192.0.2.1 a\n# Geb\xe4ude 7\n192.0.2.2 b\xfc b\n192.0.2 c\n192.0.2.3\n192.0.2.4%1 d\n192.0.2.5 e";
    let view = from_hosts(octets);
    assert_eq!(names(&view), ["1 192.0.2.1 a", "3 192.0.2.2 b\u{fffd} b", "7 192.0.2.5 e"]);
    assert_eq!(view.troubles, ["hosts: 3 lines cannot be read, the first is line 4"]);
    let one = from_hosts(format!("192.0.2.1 a {} b", "x".repeat(256)));
    assert_eq!(names(&one), ["1 192.0.2.1 a b"]);
    assert_eq!(one.troubles, ["hosts: line 1 cannot be read"]);
    let long = from_hosts(format!("192.0.2.1 a\n192.0.2.2 {}\n192.0.2.3 c", "x ".repeat(40_000)));
    assert_eq!(names(&long), ["1 192.0.2.1 a", "3 192.0.2.3 c"]);
}

#[test]
fn a_hosts_file_of_10_mb_or_of_any_octets_is_read_in_bounds() {
    let list = from_hosts("0.0.0.0 advertising.example\n".repeat(360_000));
    assert_eq!(list.names.len(), MAX_NAMES);
    assert_eq!(
        list.troubles,
        ["hosts: 310000 lines are left out, because the file is too long, the first is line 50001"]
    );
    let wide = from_hosts(format!("0.0.0.0{}\n", " a".repeat(30_000)).repeat(4));
    assert_eq!(wide.names.iter().map(|line| line.names.len()).sum::<usize>(), MAX_NAMES);
    // Every octet, in every order that this makes.
    let mut octet = 0_u32;
    let binary: Vec<u8> = std::iter::repeat_with(|| {
        octet = octet.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        octet.to_be_bytes()[0]
    })
    .take(10_000_000)
    .collect();
    let binary = from_hosts(binary);
    assert_eq!((binary.names.len(), binary.troubles.len()), (0, 1), "{:?}", binary.troubles);
    assert_eq!(from_hosts(vec![b'x'; 10_000_000]).troubles, ["hosts: line 1 cannot be read"]);
}

#[test]
fn lmhosts_names_machines_with_and_without_tags() {
    let text = "#PRE\n192.0.2.10 DC1 #PRE #DOM:CONTOSO\n192.0.2.11 \"CONTOSO        \\0x1b\" #PRE\n\
                192.0.2.12 DC2#20\n#BEGIN_ALTERNATE\n#INCLUDE \\\\srv\\public\\lmhosts\n#END_ALTERNATE\n\
                2001:db8::1 DC3\n192.0.2.13 \"broken\n192.0.2.14 dc4.contoso.com\n192.0.2.15 #PRE\n";
    let view = view(|view| lmhosts(text.as_bytes(), "lmhosts", view));
    let expected = ["2 192.0.2.10 DC1", "3 192.0.2.11 CONTOSO", "4 192.0.2.12 DC2", "10 192.0.2.14 dc4.contoso.com"];
    assert_eq!(names(&view), expected);
    let troubles = [
        "lmhosts: 3 lines cannot be read, the first is line 8",
        "lmhosts: line 6 takes in what stands elsewhere, which was not read",
    ];
    assert_eq!(view.troubles, troubles);
}

#[test]
fn netlogon_dns_gives_the_records_of_a_windows_dc() {
    let text = "contoso.local. 600 IN A 192.0.2.10\r\n\
                2A754031-e5c5-4e88-bb09-09aae693753c._msdcs.CONTOSO.local. 600 IN CNAME DC01.CONTOSO.local.\r\n\
                _ldap._tcp.Old\\ Site._sites.contoso.local. 600 IN SRV 0 100 389 dc01.contoso.local. ; old\r\n\
                ; _gc._tcp.contoso.local. 600 IN SRV 0 100 3268 dc01.contoso.local.\r\n\
                gc._msdcs.contoso.local. IN 900 AAAA 2001:DB8::1\r\n\r\ncontoso.local. in NS dc01.contoso.local.";
    let view = view(|view| netlogon_dns(text.as_bytes(), "netlogon.dns", view));
    let expected = [
        "1 contoso.local 600 A 192.0.2.10",
        "2 2a754031-e5c5-4e88-bb09-09aae693753c._msdcs.contoso.local 600 CNAME dc01.contoso.local",
        "3 _ldap._tcp.old\\032site._sites.contoso.local 600 SRV 0 100 389 dc01.contoso.local",
        "5 gc._msdcs.contoso.local 900 AAAA 2001:db8::1",
        "7 contoso.local NS dc01.contoso.local",
    ];
    assert_eq!(records(&view), expected);
    assert_eq!(view.troubles, [""; 0]);
}

#[test]
fn lines_of_netlogon_dns_that_are_no_records_are_counted() {
    let bad: [&[u8]; 10] = [
        b"contoso.local. 600 IN A 192.0.2.999",
        b"contoso.local. 600 IN AAAA fe80::1%2",
        b"contoso.local. 600 IN",
        b"contoso.local.",
        b"_ldap._tcp.contoso.local. 600 IN SRV 0 100 dc01.contoso.local.",
        b"_ldap._tcp.contoso.local. 600 IN SRV 0 100 65536 dc01.contoso.local.",
        b"contoso..local. 600 IN A 192.0.2.1",
        b"b\xfcro.contoso.local. 600 IN A 192.0.2.1",
        b"contoso.local. 600 IN A 192.0.2.1 192.0.2.2",
        b"contoso.local. 600 900 IN A 192.0.2.1",
    ];
    for line in bad {
        let octets = [b"a.b. 1 IN A 192.0.2.1\n", line, b"\na.b. 2 IN A 192.0.2.2\n"].concat();
        let view = view(|view| netlogon_dns(&octets, "f", view));
        assert_eq!(records(&view), ["1 a.b 1 A 192.0.2.1", "3 a.b 2 A 192.0.2.2"]);
        assert_eq!(view.troubles, ["f: line 2 cannot be read"]);
    }
}

#[test]
fn dns_update_cache_gives_the_records_of_a_samba_dc() {
    let text = "# comment\nA dc1.contoso.test 192.0.2.10\nAAAA dc1.contoso.test 2001:db8::10\n\
                SRV _ldap._tcp.contoso.test dc1.contoso.test 389\nCNAME 3dab._msdcs.contoso.test DC1.contoso.test\n\
                RPC contoso.test NS _msdcs.contoso.test dc1.contoso.test\n\nSRV _ldap._tcp.contoso.test dc1\n\
                TXT contoso.test x\nA dc1.contoso.test\n";
    let view = view(|view| dns_update_cache(text.as_bytes(), "cache", view));
    let expected = [
        "2 dc1.contoso.test A 192.0.2.10",
        "3 dc1.contoso.test AAAA 2001:db8::10",
        "4 _ldap._tcp.contoso.test SRV 0 100 389 dc1.contoso.test",
        "5 3dab._msdcs.contoso.test CNAME dc1.contoso.test",
        "6 _msdcs.contoso.test NS dc1.contoso.test",
    ];
    assert_eq!(records(&view), expected);
    assert_eq!(view.troubles, ["cache: 3 lines cannot be read, the first is line 8"]);
}

fn samba(text: &str) -> (SmbConf, LocalView) {
    let mut view = LocalView::default();
    let found = smb_conf(text.as_bytes(), "smb.conf", &mut view);
    (found, view)
}

/// Each was put to Samba's own testparm.
#[test]
fn smb_conf_is_read_as_samba_reads_it() {
    for (text, realm) in [
        ("realm = EARLY.COM\n[global]\nworkgroup = X\n", Some("EARLY.COM")),
        ("[GLOBAL]\n R e alm = A.COM\n", Some("A.COM")),
        ("[ global ]\nrealm = A.\\\nCOM\n", Some("A.COM")),
        ("[glo bal]\r\nrealm = A.\\\r\nCOM\r\n", Some("A.COM")),
        ("[globals]\nrealm = A.COM ; no comment\n", Some("A.COM ; no comment")),
        ("[global]\n; realm = X.COM\n# realm = Y.COM \\\nrealm = Z.COM\n", Some("Z.COM")),
        ("[share]\nrealm = S.COM\n[global]\nrealm=G.COM\nrealm=H.COM\n", Some("H.COM")),
        ("\u{feff}[global]\nrealm = A.COM\n", Some("A.COM")),
        ("[global]\nbad line\nrealm = A.COM\n", Some("A.COM")),
        ("[global]\nrealm =\n", None),
        ("[share]\nrealm = S.COM\n", None),
    ] {
        assert_eq!(samba(text).0.realm.as_deref(), realm, "{text}");
    }
}

#[test]
fn smb_conf_says_what_the_machine_is() {
    let text = "[global]\n\tnetbios name = DC1\n\trealm = CONTOSO.TEST\n\tserver role = active directory domain controller\n\
                \tworkgroup = CONTOSO\n\tprivate directory = /srv/private\n\tstate directory = /srv/state\n\
                \tinclude = /etc/samba/more.conf\n[sysvol]\n\tpath = /var/lib/samba/sysvol\n";
    let (found, view) = samba(text);
    assert!(found.is_dc());
    let texts = [&found.netbios_name, &found.workgroup, &found.private_dir, &found.state_directory];
    assert_eq!(texts.map(|text| text.as_deref().unwrap()), ["DC1", "CONTOSO", "/srv/private", "/srv/state"]);
    assert_eq!(
        (view.domains[0].domain.as_str(), view.domains[0].source.as_str()),
        ("contoso.test", "realm in smb.conf")
    );
    assert_eq!(view.troubles, ["smb.conf: line 8 takes in what stands elsewhere, which was not read"]);
    assert!(samba("server role = DC").0.is_dc() && !samba("server role = member server").0.is_dc());
    assert_eq!(samba("config backend = file").1.troubles, [""; 0]);
    assert_eq!(samba("config backend = registry").1.troubles.len(), 1);
    assert_eq!(samba("realm = A.B\nnonsense").1.troubles, ["smb.conf: line 2 cannot be read"]);
    assert_eq!(samba("realm = A.B\\").1.troubles, ["smb.conf: its last line is not finished"]);
    assert_eq!(samba("realm = A B").1.troubles, ["realm in smb.conf: `A B` is no DNS name"]);
}

#[test]
fn krb5_conf_names_the_default_realm() {
    let realm = |text: &str| {
        let view = view(|view| krb5_conf(text.as_bytes(), "krb5.conf", view));
        (view.domains.first().map(|hint| hint.domain.clone()), view.troubles)
    };
    let text = "[realms]\n A.B = {\n  default_realm = X.Y\n }\n[libdefaults]\n# default_realm = C.D\n\
                \tdefault_realm = \"CONTOSO.TEST\"\n default_realm = LATER.TEST\n";
    assert_eq!(realm(text), (Some("contoso.test".into()), vec![]));
    let nested =
        "includedir /etc/krb5.conf.d/\n[libdefaults]*\n A = {\n default_realm = A.B\n }\ndefault_realm* = C.D\n";
    assert_eq!(realm(nested), (Some("c.d".into()), vec![]));
    let elsewhere = "includedir /etc/krb5.conf.d/\n[libdefaults]\n";
    assert_eq!(
        realm(elsewhere),
        (None, vec!["krb5.conf: it has no default_realm; what it includes was not read".into()])
    );
}

/// Lines that no parser here takes for anything but a bad one, or for nothing.
fn rubbish() -> impl Strategy<Value = Vec<u8>> {
    let words: [&'static [u8]; 11] =
        [b"192.0.2", b"%", b"#INCLUDE", b"\\", b"\xff\xfe", b"\"", b";", b"RPC", b"SRV", b"IN", b"\0"];
    let word = proptest::sample::select(words.to_vec());
    // The first word is neither address nor name, and keeps a byte order mark from standing at the beginning.
    proptest::collection::vec(word, 0..6).prop_map(|words| [&b"!..! "[..], &words.join(&b' ')].concat())
}

proptest! {
    #[test]
    fn good_lines_survive_any_around_them(before in proptest::collection::vec(rubbish(), 0..5),
                                          after in proptest::collection::vec(rubbish(), 0..5)) {
        let between = |good: &[u8]| {
            let mut lines: Vec<&[u8]> = before.iter().map(Vec::as_slice).collect();
            lines.push(good);
            lines.extend(after.iter().map(Vec::as_slice));
            lines.join(&b"\n"[..])
        };
        let line = before.len() + 1;
        let bad = usize::from(!before.is_empty() || !after.is_empty());
        for parse in [hosts, lmhosts] {
            let view = view(|view| parse(&between(b"192.0.2.7 dc7"), "f", view));
            prop_assert_eq!(names(&view), [format!("{line} 192.0.2.7 dc7")]);
            prop_assert_eq!(view.troubles.len(), bad);
        }
        let cache = view(|view| dns_update_cache(&between(b"A a.b 192.0.2.7"), "f", view));
        prop_assert_eq!(records(&cache), [format!("{line} a.b A 192.0.2.7")]);
        prop_assert_eq!(cache.troubles.len(), bad);
        let netlogon = view(|view| netlogon_dns(&between(b"a.b. 60 IN A 192.0.2.7"), "f", view));
        prop_assert_eq!(records(&netlogon), [format!("{line} a.b 60 A 192.0.2.7")]);
        prop_assert_eq!(netlogon.troubles.len(), bad);
    }

    #[test]
    fn no_octets_do_harm(octets in proptest::collection::vec(any::<u8>(), 0..400),
                         text in "[\\[\\]=;#\\\\\"%.a-z0-9 \n\t{}]{0,200}") {
        for octets in [octets.as_slice(), text.as_bytes()] {
            let mut view = LocalView::default();
            for parse in [hosts, lmhosts, netlogon_dns, dns_update_cache, krb5_conf] {
                parse(octets, "f", &mut view);
            }
            smb_conf(octets, "f", &mut view);
            prop_assert!(view.troubles.len() <= 30, "{:?}", view.troubles);
        }
    }
}
