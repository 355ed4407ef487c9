use std::net::IpAddr;

use crate::base::name::DnsName;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::{Dc, Server};
use crate::report::{Identity, Severity};
use crate::view::{Ownership, View};

rule! {
    /// The host name of a DC holds an address of another DC.
    ///
    /// # What it checks
    /// Whether an address under the DC's name belongs to another DC: by the configuration, or because it stands under that
    /// DC's own name and nothing is known against it. The finding is about the DC whose name wrongly holds the address. An
    /// address that the configuration gives to both (a cluster address) is information only. Where of neither DC is known
    /// what it owns, both are named: at most one can be right.
    ///
    /// # Why it matters
    /// The destination DC reaches a DC that cannot decrypt a ticket for the source: error -2146893022 (the target principal
    /// name is incorrect).
    ///
    /// # How to fix
    /// Delete the address under the name of the DC that does not own it. It comes from DHCP, from a cloned machine, or from
    /// a DC that changed its address.
    ///
    /// # References
    /// Microsoft KB 2090913.
    "shared-address", Host, Critical, needs: [Hosts, Identity], predicts: [WRONG_PRINCIPAL],
    owns: [SharedAddress], items: ["partners-proven"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, host, server) in view.hosts() {
        for (rtype, look) in view.host(dc, server).by_type() {
            let Some(present) = look.present() else { continue };
            let subject = Subject::record(dc, server, host, rtype);
            let judged: Vec<(IpAddr, Shared<'_>)> =
                present.list.iter().filter_map(|&address| Some((address, shared(view, dc, address)?))).collect();
            let Some(worst) = judged.iter().map(|(_, shared)| shared.severity()).max() else {
                sink.pass(subject);
                continue;
            };
            // Rows say one thing only: what is wrong hides what is merely worth knowing.
            let worst_ones: Vec<&(IpAddr, Shared<'_>)> =
                judged.iter().filter(|(_, shared)| shared.severity() == worst).collect();
            let sentence = |(address, shared): &&(IpAddr, Shared<'_>)| {
                let there = view.identity(dc, *address) == Identity::OtherDc && matches!(shared, Shared::Others(_));
                format!("{}{}", shared.sentence(*address), if there { ", which answers there" } else { "" })
            };
            let sentences: Vec<String> = worst_ones.iter().map(sentence).collect();
            let addresses: Vec<IpAddr> = worst_ones.iter().map(|(address, _)| *address).collect();
            let wrong = worst == Severity::Critical;
            let contested = worst_ones.iter().any(|(_, shared)| matches!(shared, Shared::Contested(_)));
            let cure = if wrong {
                remedy(view, dc, server, host, rtype, present, &addresses, contested)
            } else {
                super::Cure::default()
            };
            sink.fail(
                subject,
                Draft {
                    severity: Some(worst),
                    expected: super::owned(dc, Some(rtype)),
                    actual: super::texts(&present.list),
                    message: format!("{}{}", sentences.join("; "), cure.note),
                    predicts: if wrong { super::codes(&RULE) } else { Vec::new() },
                    remedy: cure.remedy,
                },
            );
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "the place of the record, and what is wrong with it")]
fn remedy(
    view: &View<'_>,
    dc: &Dc,
    server: &Server,
    host: &DnsName,
    rtype: crate::base::dns::RecordType,
    present: &crate::view::Addresses,
    addresses: &[IpAddr],
    contested: bool,
) -> super::Cure {
    let mut cure = super::mend(view, dc, server, host, rtype, present, addresses);
    if contested {
        cure.remedy
            .insert(0, format!("# first find out who owns it (`hostname` on both); only if it is not {}:", dc.label));
    }
    cure
}

enum Shared<'a> {
    Others(Vec<&'a Dc>),
    Contested(Vec<&'a Dc>),
    Both(Vec<&'a Dc>),
}

impl Shared<'_> {
    fn severity(&self) -> Severity {
        match self {
            Self::Others(_) | Self::Contested(_) => Severity::Critical,
            Self::Both(_) => Severity::Info,
        }
    }

    fn sentence(&self, address: IpAddr) -> String {
        let names = |dcs: &[&Dc]| dcs.iter().map(|dc| dc.label.as_str()).collect::<Vec<_>>().join(", ");
        match self {
            Self::Others(owners) => format!("{address} belongs to {}", names(owners)),
            Self::Contested(others) => {
                format!("{address} stands under the name of {} too, and only one of them can own it", names(others))
            }
            Self::Both(others) => format!("by the configuration {address} belongs to {} as well", names(others)),
        }
    }
}

fn shared<'a>(view: &View<'a>, dc: &Dc, address: IpAddr) -> Option<Shared<'a>> {
    match view.ownership(dc, address) {
        Ownership::Others(owners) => Some(Shared::Others(owners)),
        Ownership::Contested(others) => Some(Shared::Contested(others)),
        Ownership::OwnAndOthers(others) => Some(Shared::Both(others)),
        Ownership::Own | Ownership::Unusable(_) | Ownership::Nobody | Ownership::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::machines::{GUID1, GUID2, dc};
    use crate::testing::{CONFIG, World, config_with, config_without_addresses, row, samba};

    fn dc2_holds(config: &str, address: &str) -> World {
        World::with(config).remove("dc2", "dc2.contoso.com").add("dc2", &format!("dc2.contoso.com 1200 A {address}"))
    }

    #[test]
    fn names_the_owner_and_puts_the_right_address_in_place() {
        let finding = dc2_holds(CONFIG, "192.0.2.10").finding("shared-address");
        assert_eq!(row(&finding), "fail critical dc2.contoso.com A @dc2");
        assert_eq!(finding.message, "192.0.2.10 belongs to dc1.contoso.com");
        assert_eq!(finding.predicts, [-2_146_893_022]);
        assert_eq!(
            samba(&finding),
            ["add 192.0.2.11 contoso.com dc2 A 192.0.2.11", "# delete 192.0.2.11 contoso.com dc2 A 192.0.2.10"]
        );
    }

    #[test]
    fn a_single_address_of_another_dc_says_more_than_a_network_that_contains_it() {
        let finding = dc2_holds(&config_with("addresses: [192.0.2.0/24]"), "192.0.2.10").finding("shared-address");
        assert_eq!(row(&finding), "fail critical dc2.contoso.com A @dc2");
    }

    #[test]
    fn an_address_of_both_is_information() {
        let config = config_with("addresses: [192.0.2.11, 192.0.2.10]");
        let report = World::with(&config).add("dc2", "dc2.contoso.com 1200 A 192.0.2.10").report();
        let finding = report
            .findings
            .iter()
            .find(|finding| finding.dc.as_deref() == Some("dc2.contoso.com") && finding.rule == "shared-address");
        let finding = finding.expect("a finding about dc2");
        assert_eq!(row(finding), "fail info dc2.contoso.com A @dc2");
        assert_eq!((finding.predicts.len(), finding.remedy.len()), (0, 0));
    }

    #[test]
    fn where_nobodys_addresses_are_known_both_claimants_are_named() {
        let config = config_without_addresses().replace(", addresses: [192.0.2.10]", "");
        let findings = dc2_holds(&config, "192.0.2.10").findings("shared-address");
        let rows: Vec<String> = findings.iter().map(row).collect();
        let of = |dc: &str, server: &str| format!("fail critical {dc}.contoso.com A @{server}");
        assert_eq!(rows, [of("dc1", "dc1"), of("dc1", "dc2"), of("dc2", "dc2")]);
        assert!(findings.iter().all(|finding| finding.remedy[0].starts_with("# first find out who owns it")));
    }

    #[test]
    fn the_machine_itself_tells_whose_the_address_is() {
        let proven = dc2_holds(CONFIG, "192.0.2.99").machine("192.0.2.99", dc("DC1.contoso.com", GUID1));
        let finding = proven.finding("shared-address");
        assert_eq!(row(&finding), "fail critical dc2.contoso.com A @dc2");
        assert_eq!(finding.message, "192.0.2.99 belongs to dc1.contoso.com, which answers there");
        let own = dc2_holds(CONFIG, "192.0.2.99").machine("192.0.2.99", dc("dc2.contoso.com", GUID2));
        assert_eq!(own.rows("shared-address"), [""; 0]);
    }
}
