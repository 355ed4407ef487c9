use std::net::IpAddr;

use crate::base::address::address_type;
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::findings::remedy;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::{Dc, Server};
use crate::view::{Look, View};

rule! {
    /// An address of a DC is missing under its host name, while another of its addresses stands there.
    ///
    /// # What it checks
    /// Whether every single address of `addresses` stands in DNS. Networks under `addresses` name no single address and are
    /// not expected. Where only wrong addresses stand, stale-address and shared-address say what to add.
    ///
    /// # Why it matters
    /// Partners that can reach the DC at that address only cannot replicate from it; event 6702 asks for at least one address
    /// on the network of each partner.
    ///
    /// # How to fix
    /// On the DC register again: `ipconfig /registerdns` (Samba: `samba_dnsupdate`). If the address is left out on purpose,
    /// take it out of `addresses`.
    ///
    /// # References
    /// DNS event 6702; Microsoft KB 275554.
    "address-unregistered", Host, Warning, needs: [Hosts], predicts: [EVENT_ADDRESS_NOT_PUSHED]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, host, server) in view.hosts() {
        if dc.single_addresses().next().is_none() {
            sink.not_applicable("no single address is configured for the DC");
            continue;
        }
        for rtype in [RecordType::A, RecordType::AAAA] {
            judge(view, sink, dc, server, host, rtype);
        }
    }
}

fn judge(view: &View<'_>, sink: &mut Sink<'_>, dc: &Dc, server: &Server, host: &DnsName, rtype: RecordType) {
    let owned: Vec<IpAddr> = dc.single_addresses().filter(|&address| address_type(address) == rtype).collect();
    if owned.is_empty() {
        return;
    }
    let both = view.host(dc, server);
    let (seen, authoritative) = match both.of(rtype) {
        Look::Present(addresses) => (&addresses.list[..], addresses.authoritative),
        Look::Absent(absence) => (&[][..], absence.authoritative),
        Look::Unknown(_) => return,
    };
    let only_wrong = !seen.is_empty() && !seen.iter().any(|&address| dc.owns(address));
    let another_is_there = both.addresses().iter().any(|&address| dc.owns(address));
    if only_wrong || !another_is_there {
        return;
    }
    let subject = Subject::record(dc, server, host, rtype);
    let missing: Vec<IpAddr> = owned.into_iter().filter(|address| !seen.contains(address)).collect();
    if missing.is_empty() {
        return sink.pass(subject);
    }
    let mut remedy: Vec<String> = remedy::register_again(dc, rtype).into();
    if authoritative {
        remedy.extend(super::additions(view, dc, server, host, &missing));
    } else {
        remedy.push(super::MEND_ELSEWHERE.into());
        remedy.extend(remedy::clear_cache(server, host));
    }
    sink.fail(
        subject,
        Draft {
            expected: super::owned(dc, Some(rtype)),
            actual: super::texts(seen),
            message: format!("not registered: {}", super::texts(&missing).join(", ")),
            predicts: super::codes(&RULE),
            remedy,
            ..Draft::default()
        },
    );
}

#[cfg(test)]
mod tests {
    use crate::testing::{Reply, World, config_with, row, samba};

    fn two_addresses() -> World {
        World::with(&config_with("addresses: [192.0.2.11, 192.0.2.12]"))
    }

    #[test]
    fn names_and_adds_the_missing_address_alone() {
        let world = two_addresses().add("dc1", "dc2.contoso.com 1200 A 192.0.2.12");
        let finding = world.finding("address-unregistered");
        assert_eq!(row(&finding), "fail warning dc2.contoso.com A @dc2");
        assert_eq!(finding.message, "not registered: 192.0.2.12");
        assert_eq!(finding.predicts, [6702]);
        assert_eq!(samba(&finding), ["add 192.0.2.11 contoso.com dc2 A 192.0.2.12"]);
    }

    #[test]
    fn a_missing_family_counts_and_an_unseen_one_does_not() {
        let config = config_with("addresses: [192.0.2.11, '2001:db8::11']");
        let world = World::with(&config).add("dc1", "dc2.contoso.com 1200 AAAA 2001:db8::11");
        assert_eq!(world.rows("address-unregistered"), ["fail warning dc2.contoso.com AAAA @dc2"]);
        let world = World::with(&config).add("dc1", "dc2.contoso.com 1200 AAAA 2001:db8::11");
        let world = world.reply("dc2", "dc2.contoso.com AAAA", Reply::Timeout);
        assert_eq!(world.rows("address-unregistered"), [""; 0]);
    }

    #[test]
    fn only_wrong_addresses_and_networks_are_others_business() {
        let wrong = World::new().remove("dc2", "dc2.contoso.com").add("dc2", "dc2.contoso.com 1200 A 192.0.2.99");
        assert_eq!(wrong.rows("address-unregistered"), [""; 0]);
        assert_eq!(World::with(&config_with("addresses: [192.0.2.0/24]")).rows("address-unregistered"), [""; 0]);
    }

    #[test]
    fn no_address_is_added_beside_an_alias_or_in_the_place_of_a_wildcard() {
        let host = "dc2.contoso.com";
        let alias = two_addresses().remove("dc2", host).add("dc2", "dc2.contoso.com 600 CNAME a.contoso.com");
        let alias = alias.add("dc2", "a.contoso.com 600 A 192.0.2.11").add("dc1", "dc2.contoso.com 1200 A 192.0.2.12");
        let finding = alias.finding("address-unregistered");
        assert_eq!(samba(&finding), ["# add 192.0.2.11 contoso.com dc2 A 192.0.2.12"]);
        let wildcard = two_addresses().remove("dc2", host).add("dc2", "*.contoso.com 600 A 192.0.2.11");
        let wildcard = wildcard.add("dc1", "dc2.contoso.com 1200 A 192.0.2.12");
        let finding = wildcard.finding("address-unregistered");
        assert_eq!(samba(&finding), ["# add 192.0.2.11 contoso.com dc2 A 192.0.2.12"]);
    }

    #[test]
    fn a_cache_is_cleared() {
        let cached = Reply::Cached("dc2.contoso.com 7 A 192.0.2.11");
        let world = two_addresses().add("dc1", "dc2.contoso.com 1200 A 192.0.2.12");
        let finding = world.reply("dc2", "dc2.contoso.com A", cached).finding("address-unregistered");
        assert_eq!(samba(&finding), [""; 0]);
        assert!(finding.remedy.iter().any(|line| line.starts_with("Clear-DnsServerCache -ComputerName 192.0.2.11")));
    }
}
