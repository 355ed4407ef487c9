//! Machines in a folder of their own.

use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{PermissionsExt, symlink};

use if_addrs::{IfOperStatus, Ifv4Addr, Ifv6Addr};

use super::*;
use crate::evidence::Resolved;
use crate::observe::local::scope_id;

struct Machine(tempfile::TempDir);

impl Machine {
    fn new(files: &[(&str, &str)]) -> Self {
        let machine = Self(tempfile::tempdir().expect("a folder for the test"));
        for (path, text) in files {
            machine.write(path, text.as_bytes());
        }
        machine
    }

    fn path(&self, path: &str) -> PathBuf {
        let path = Root(self.0.path()).path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for the test");
        path
    }

    fn write(&self, path: &str, octets: &[u8]) {
        std::fs::write(self.path(path), octets).expect("a file for the test");
    }

    fn view(&self) -> LocalView {
        let mut view = LocalView::default();
        configuration(&Root(self.0.path()), &mut view);
        view
    }

    fn resolvers(&self) -> Resolved {
        resolvers(self.0.path())
    }
}

const RESOLV: &str = "/etc/resolv.conf";
const BEHIND: &str = "/run/systemd/resolve/resolv.conf";
const HOST: &str = "/proc/sys/kernel/hostname";
const SMB: &str = "/etc/samba/smb.conf";

fn listed(view: &LocalView) -> Vec<String> {
    view.resolvers.iter().map(|resolver| resolver.address.to_string()).collect()
}

fn hints(view: &LocalView) -> Vec<String> {
    view.domains.iter().map(|hint| format!("{}: {}", hint.domain, hint.source)).collect()
}

fn once(list: &[&str]) -> Resolved {
    Resolved::Addresses(list.iter().map(|address| address.parse::<SocketAddr>().expect("an address")).collect())
}

#[test]
fn resolvers_stand_in_their_order_as_often_as_they_are_listed() {
    let text = "# x\nnameserver 192.0.2.2\nnameserver bad\nnameserver 192.0.2.1\nnameserver fe80::1%7\n\
                nameserver 192.0.2.2\nnameserver 192.0.2.2\nsearch contoso.com\noptions trust-ad new-option\n";
    let machine = Machine::new(&[(RESOLV, text)]);
    let view = machine.view();
    assert_eq!(listed(&view), ["192.0.2.2:53", "192.0.2.1:53", "[fe80::1%7]:53", "192.0.2.2:53", "192.0.2.2:53"]);
    assert_eq!(view.troubles, ["/etc/resolv.conf: line 3 cannot be read"]);
    assert_eq!(machine.resolvers(), once(&["192.0.2.2:53", "192.0.2.1:53", "[fe80::1%7]:53"]));
}

#[test]
fn servers_behind_the_local_stub_are_listed_too() {
    let behind = "nameserver 192.0.2.1\nsearch other.example\n";
    let machine = Machine::new(&[(RESOLV, "nameserver 127.0.0.53\nsearch a.example\n"), (BEHIND, behind)]);
    assert_eq!(machine.resolvers(), once(&["127.0.0.53:53", "192.0.2.1:53"]));
    let view = machine.view();
    assert_eq!((listed(&view).len(), view.suffixes), (2, vec!["a.example".into()]));
    let plain = Machine::new(&[(RESOLV, "nameserver 192.0.2.9\n"), (BEHIND, behind)]);
    assert_eq!(plain.resolvers(), once(&["192.0.2.9:53"]));
}

#[test]
fn an_empty_a_bad_and_a_missing_list_are_said_to_be_so() {
    let failed = |machine: &Machine| match machine.resolvers() {
        Resolved::Failed(text) => text,
        Resolved::Addresses(addresses) => panic!("{addresses:?}"),
    };
    let none = Machine::new(&[(RESOLV, "search contoso.com\n")]);
    assert_eq!(failed(&none), "/etc/resolv.conf: it names no server");
    assert_eq!((none.view().resolvers, none.view().troubles), (vec![], vec![]));
    assert_eq!(failed(&Machine::new(&[])), "/etc/resolv.conf: there is no such file");
    assert_eq!(failed(&Machine::new(&[(RESOLV, "nameserver x\n")])), "/etc/resolv.conf: line 1 cannot be read");
    let folder = Machine::new(&[("/etc/resolv.conf/file", "")]);
    assert!(failed(&folder).ends_with("it is no regular file"), "{}", failed(&folder));
}

#[test]
fn every_suffix_counts() {
    let suffixes: Vec<String> = (0..50).map(|number| format!("s{number}.example")).collect();
    let text = format!("domain first.example\nsearch {}\n", suffixes.join(" "));
    let view = Machine::new(&[(RESOLV, &text), (HOST, "pc\n")]).view();
    assert_eq!(view.suffixes, suffixes);
    assert_eq!((view.host.as_deref(), view.domain.as_deref()), (Some("pc.s0.example"), Some("s0.example")));
    assert_eq!((view.domains.len(), &hints(&view)[0][..]), (50, "s0.example: domain or search in /etc/resolv.conf"));
    let last = Machine::new(&[(RESOLV, "search a.example b.example\ndomain c.example\n")]).view();
    assert_eq!(last.suffixes, ["c.example"], "the last line counts");
    let root = Machine::new(&[(RESOLV, "search .\n"), (HOST, "pc")]).view();
    assert_eq!((root.suffixes, root.domain, root.host.as_deref()), (vec![], None, Some("pc")));
}

#[test]
fn lists_without_end_are_read_in_bounds() {
    let servers: String =
        (0..40_000_u32).map(|number| format!("nameserver {}\n", std::net::Ipv4Addr::from(number))).collect();
    let suffixes: String = (0..40_000).map(|number| format!(" s{number}.example a/{number}")).collect();
    let files = [(RESOLV, format!("{servers}search{suffixes}\n")), (HOST, "x".repeat(1_000_000))];
    let machine = Machine::new(&files.each_ref().map(|(path, text)| (*path, text.as_str())));
    let view = machine.view();
    assert_eq!((view.resolvers.len(), view.suffixes.len(), view.domains.len()), (1000, 1000, 500));
    let [servers, suffixes, host, names] = &view.troubles[..] else { panic!("{:?}", view.troubles) };
    assert_eq!(servers, "/etc/resolv.conf: only the first 1000 of 40000 servers count");
    assert_eq!(suffixes, "/etc/resolv.conf: only the first 1000 of 80000 suffixes count");
    assert!(host.len() < 200 && host.ends_with("is no DNS name"), "{host}");
    let text = "domain or search in /etc/resolv.conf: 500 suffixes are no DNS names, the first is `a/0`";
    assert_eq!(names, text);
}

#[test]
fn the_hosts_file_completes_the_host_name() {
    let hosts = "127.0.0.1 localhost pc.localdomain\n192.0.2.7 PC.corp.example pc\n";
    let files = [(HOST, "pc\n"), ("/etc/hosts", hosts), (RESOLV, "search other.example corp\n")];
    let view = Machine::new(&files).view();
    assert_eq!((view.host.as_deref(), view.domain.as_deref()), (Some("PC.corp.example"), Some("corp.example")));
    let domain = "domain or search in /etc/resolv.conf";
    let expected = [
        "corp.example: the host name PC.corp.example".into(),
        format!("other.example: {domain}"),
        format!("corp: {domain}"),
    ];
    assert_eq!(hints(&view), expected);
    assert_eq!(view.names.len(), 2);

    let odd = "192.0.2.7 pc. pc..example pc.b\u{fc}ro\u{202e}.example pc.corp.example\n";
    let view = Machine::new(&[(HOST, "pc"), ("/etc/hosts", odd)]).view();
    assert_eq!(view.host.as_deref(), Some("pc.corp.example"), "no name completes another");

    let full = Machine::new(&[("/etc/hostname", "# here\npc.own.example\n"), ("/etc/hosts", hosts)]).view();
    assert_eq!(full.host.as_deref(), Some("pc.own.example"));
    let bad = Machine::new(&[(HOST, "(none)\n")]).view();
    assert_eq!((bad.host, bad.troubles), (None, vec!["the host name `(none)` is no DNS name".into()]));
    assert_eq!(Machine::new(&[]).view(), LocalView::default(), "what is not there is no trouble");
}

#[test]
fn a_samba_dc_is_called_by_its_configuration() {
    let smb = "[global]\nrealm = CONTOSO.TEST\nserver role = dc\nnetbios name = DC1\nprivate dir = /srv/private/\n";
    let krb5 = "[libdefaults]\ndefault_realm = KRB.TEST\n";
    let cache = ("/srv/private/dns_update_cache", "A dc1.contoso.test 192.0.2.10\nbad\n");
    let other = ("/var/lib/samba/private/dns_update_cache", "A other.contoso.test 192.0.2.11\n");
    let lmhosts = ("/etc/samba/lmhosts", "192.0.2.10 DC1\n");
    let host = (HOST, "box.site.example");
    let view = Machine::new(&[(SMB, smb), ("/etc/krb5.conf", krb5), cache, other, lmhosts, host]).view();
    assert_eq!((view.host.as_deref(), view.domain.as_deref()), (Some("dc1.contoso.test"), Some("contoso.test")));
    assert_eq!(
        hints(&view),
        ["contoso.test: realm in /etc/samba/smb.conf", "krb.test: default_realm in /etc/krb5.conf"]
    );
    assert_eq!(view.records.iter().map(|record| &record.name[..]).collect::<Vec<_>>(), ["dc1.contoso.test"]);
    assert_eq!(view.names[0].file, "/etc/samba/lmhosts");
    assert_eq!(view.troubles, ["/srv/private/dns_update_cache: line 2 cannot be read"]);

    let odd = smb.replace("CONTOSO.TEST", "CONTOSO TEST");
    let view = Machine::new(&[(SMB, &odd), (HOST, "box"), (RESOLV, "search a/b c.example\n")]).view();
    assert_eq!((view.host.as_deref(), view.domain.as_deref()), (Some("box"), None), "what is no name makes none");
    assert_eq!(view.troubles.len(), 2, "{:?}", view.troubles);

    let member = smb.replace("role = dc", "role = member server").replace("private dir", "# private dir");
    let view = Machine::new(&[(SMB, &member), other, host]).view();
    assert_eq!(view.host.as_deref(), Some("box.site.example"));
    assert_eq!(view.records[0].file, other.0);
    assert_eq!(hints(&view)[1], "site.example: the host name box.site.example");

    let own = Machine::new(&[
        ("/usr/local/samba/etc/smb.conf", "realm = A.B\n"),
        ("/usr/local/samba/private/dns_update_cache", cache.1),
    ]);
    assert_eq!(
        (own.view().records.len(), hints(&own.view())),
        (1, vec!["a.b: realm in /usr/local/samba/etc/smb.conf".into()])
    );
}

#[test]
fn what_cannot_be_read_says_why_and_hides_nothing() {
    let machine = Machine::new(&[(RESOLV, "nameserver 192.0.2.1\n"), ("/etc/hosts", "192.0.2.1 a\n")]);
    symlink(machine.path("/etc/krb5.conf"), machine.path("/etc/krb5.conf")).expect("a link to itself");
    symlink("/dev/zero", machine.path(LMHOSTS[0])).expect("a link to a device");
    let made = std::process::Command::new("mkfifo").arg(machine.path(SMB)).status().expect("mkfifo runs");
    assert!(made.success());
    let view = machine.view();
    assert_eq!((view.names.len(), view.resolvers.len(), view.troubles.len()), (1, 1, 3), "{:?}", view.troubles);
    assert!(view.troubles[0].contains("lmhosts") && view.troubles[0].ends_with("it is no regular file"));
    assert!(view.troubles[1].contains("smb.conf") && view.troubles[1].ends_with("it is no regular file"));
    assert!(view.troubles[2].starts_with("cannot read `") && view.troubles[2].contains("krb5.conf"));
}

#[test]
fn a_file_that_this_user_may_not_read_is_a_trouble() {
    let machine = Machine::new(&[("/etc/hosts", "192.0.2.1 a\n")]);
    let path = machine.path("/etc/hosts");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("the test's own file");
    // The superuser may read everything.
    let readable = std::fs::read(&path).is_ok();
    let view = machine.view();
    assert_eq!((view.names.len(), view.troubles.len()), if readable { (1, 0) } else { (0, 1) });
    assert!(readable || view.troubles[0].contains("Permission denied"), "{:?}", view.troubles);
}

#[test]
fn of_a_file_that_is_too_large_the_whole_lines_at_its_beginning_count() {
    let machine = Machine::new(&[]);
    let mut octets = b"192.0.2.1 a\n".to_vec();
    octets.resize(usize::try_from(super::super::FILE_LIMIT).unwrap() - 20, b'#');
    octets.extend_from_slice(b"\n192.0.2.1 dc1.contoso.com\n");
    machine.write("/etc/hosts", &octets);
    let view = machine.view();
    assert_eq!((view.names.len(), view.names[0].names[0].as_str()), (1, "a"));
    let [large, long] = &view.troubles[..] else { panic!("{:?}", view.troubles) };
    assert!(large.ends_with("it is larger than 16777216 bytes; only its beginning counts"), "{large}");
    assert_eq!(long, "/etc/hosts: line 2 cannot be read");
}

#[test]
fn an_interface_has_all_its_addresses() {
    let interface = |name: &str, addr| if_addrs::Interface {
        name: name.into(),
        addr,
        index: None,
        oper_status: IfOperStatus::Unknown,
        is_p2p: false,
    };
    let v4 = |address: [u8; 4], prefixlen| {
        IfAddr::V4(Ifv4Addr { ip: address.into(), netmask: [255, 255, 255, 0].into(), prefixlen, broadcast: None })
    };
    let v6 = IfAddr::V6(Ifv6Addr {
        ip: "fe80::1".parse().unwrap(),
        netmask: "ffff:ffff:ffff:ffff::".parse().unwrap(),
        prefixlen: 64,
        broadcast: None,
    });
    let mut view = LocalView::default();
    let found = vec![
        interface("lo", v4([127, 0, 0, 1], 8)),
        interface("eth0", v4([192, 0, 2, 10], 24)),
        interface("lo", v4([10, 0, 0, 1], 32)),
        interface("eth0", v6),
    ];
    interfaces(found, &mut view);
    let text = |interface: &Interface| {
        let own = interface.addresses.iter().map(|own| format!("{}/{}", own.address, own.prefix));
        format!("{} {} {}", interface.name, interface.loopback, own.collect::<Vec<_>>().join(" "))
    };
    let all: Vec<_> = view.interfaces.iter().map(text).collect();
    assert_eq!(all, ["lo true 127.0.0.1/8 10.0.0.1/32", "eth0 false 192.0.2.10/24 fe80::1/64"]);
}

#[test]
fn the_first_stage_reads_nothing_but_addresses() {
    let machine = Machine::new(&[(RESOLV, "nameserver 192.0.2.1\n"), (HOST, "pc")]);
    let view = read(LocalStage::Addresses, machine.0.path());
    assert_eq!((view.system.as_str(), view.stage), (std::env::consts::OS, LocalStage::Addresses));
    assert!(view.addresses().any(|address| address == IpAddr::from([127, 0, 0, 1])), "{view:?}");
    assert!(view.resolvers.is_empty() && view.host.is_none());
    let view = read(LocalStage::Configuration, machine.0.path());
    assert!(view.addresses().count() > 0 && view.resolvers.len() == 1 && view.host.is_some());
}

#[test]
fn scopes_are_numbers_or_interfaces() {
    assert_eq!(scope_id("7"), Some(7));
    assert_eq!(scope_id("../etc"), None);
    assert_eq!(scope_id("no such interface"), None);
    #[cfg(target_os = "linux")]
    assert_eq!(scope_id("lo"), Some(1));
}
