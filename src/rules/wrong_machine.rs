use std::net::IpAddr;

use crate::findings::{Draft, Sink, Subject};
use crate::report::Identity;
use crate::view::{Experience, View};

rule! {
    /// At an address of a DC answers another machine.
    ///
    /// # What it checks
    /// Asks the machine behind every address who it is, without credentials: its directory for the GUID of its own NTDS
    /// Settings object, its endpoint mapper, then NTLM and NetBIOS for its name. Fails where that is another DC, another
    /// host, or no DC at all, for addresses that the DC is said to own or of which nobody says whose they are. Silence
    /// never fails this rule.
    ///
    /// # Why it matters
    /// A destination DC that reaches another DC fails with error -2146893022, one that reaches a machine without directory
    /// with 1753, one that reaches a machine without RPC with 1722.
    ///
    /// # How to fix
    /// Find out which is wrong, the record or the machine: delete the record where the DC has moved, or free the address
    /// where somebody took it (DHCP, a clone). `guidpost identify ADDRESS` shows all that the machine says.
    ///
    /// # References
    /// MS-ADTS 3.1.1.3.4.1.5 and 6.3.3, MS-RPCE 2.2.1.2.5, MS-NLMP 2.2.1.2; Microsoft's article on replication error 1753.
    "wrong-machine", Machine, Critical, needs: [Alias, Hosts, Identity],
    predicts: [WRONG_PRINCIPAL, ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE],
    owns: [WrongMachine], items: ["partners-proven"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, host, server) in view.hosts() {
        for (rtype, look) in view.host(dc, server).by_type() {
            let Some(present) = look.present() else { continue };
            let subject = Subject::record(dc, server, host, rtype);
            let own: Vec<IpAddr> =
                present.list.iter().copied().filter(|&address| super::concerns_machine(view, dc, address)).collect();
            if own.is_empty() {
                continue;
            }
            let wrong: Vec<IpAddr> =
                own.iter().copied().filter(|&address| is_other(view.identity(dc, address))).collect();
            // A machine that refuses everything and says no name may be the DC itself, starting or stopping.
            let unclear = own.iter().find(|&&address| {
                matches!(view.identity(dc, address), Identity::Inconclusive | Identity::NotADcUnnamed)
            });
            if !wrong.is_empty() {
                let mut predicts: Vec<i64> = Vec::new();
                for &address in &wrong {
                    if let Experience::Wrong(codes) = view.experience(dc, address) {
                        predicts.extend(codes);
                    }
                }
                let sentences: Vec<String> = wrong.iter().map(|&address| view.who_answers(dc, address)).collect();
                sink.fail(
                    subject,
                    Draft {
                        expected: vec![dc.label.clone()],
                        actual: wrong.iter().map(|&address| view.caller(dc, address)).collect(),
                        message: sentences.join("; "),
                        predicts,
                        remedy: super::mend(view, dc, server, host, rtype, present, &wrong).remedy,
                        ..Draft::default()
                    },
                );
            } else if let Some(&address) = unclear {
                sink.unknown(
                    subject,
                    format!("who answers at {address} could not be told{}", view.grounds(dc, address)),
                );
            } else if own.iter().any(|&address| {
                matches!(view.identity(dc, address), Identity::OwnerProven | Identity::Owner | Identity::OwnerByName)
            }) {
                sink.pass(subject);
            } else {
                sink.not_applicable(
                    "the machine behind the address was not asked, is silent, or is told by another rule",
                );
            }
        }
    }
}

fn is_other(identity: Identity) -> bool {
    use Identity::{ForeignDc, NotADc, OtherDc, OtherHost};
    matches!(identity, OtherDc | ForeignDc | NotADc | OtherHost)
}

#[cfg(test)]
mod tests {
    use crate::testing::machines::{GUID1, GUID2, STRANGE, dc, inconclusive, refusing, silent, without_directory};
    use crate::testing::{World, config_without_addresses, row, samba};

    /// dc2 has the address 192.0.2.11 everywhere, and this machine answers there.
    fn answers(replies: crate::evidence::probe::AddressReplies) -> World {
        World::new().machine("192.0.2.11", replies)
    }

    #[test]
    fn names_whoever_answers_at_an_own_address() {
        let findings = answers(without_directory("FILES01.contoso.com")).findings("wrong-machine");
        let rows: Vec<String> = findings.iter().map(row).collect();
        assert_eq!(rows, ["fail critical dc2.contoso.com A @dc1", "fail critical dc2.contoso.com A @dc2"]);
        assert_eq!(findings[0].message, "192.0.2.11 leads to FILES01.contoso.com, which is no domain controller");
        assert_eq!(findings[0].actual, ["FILES01.contoso.com"]);
        assert_eq!(findings[0].predicts, [1753]);
        // The configured address is not offered again: another machine answers there.
        assert_eq!(samba(&findings[0]), ["# delete 192.0.2.10 contoso.com dc2 A 192.0.2.11"]);
        assert!(
            findings[0].remedy[0].starts_with("# not to be added: 192.0.2.11 leads to FILES01"),
            "{:?}",
            findings[0].remedy
        );
        assert!(findings[0].remedy.iter().any(|line| line.contains("registers again: ipconfig /registerdns")));
        let predicts = |replies| answers(replies).findings("wrong-machine")[0].predicts.clone();
        assert_eq!(predicts(dc("dc1.contoso.com", GUID1)), [-2_146_893_022]);
        assert_eq!(predicts(dc("dc7.contoso.com", STRANGE)), [-2_146_893_022]);
        assert_eq!(predicts(refusing("pc7.contoso.com")), [1722]);
    }

    #[test]
    fn without_known_addresses_the_machine_alone_tells() {
        let world =
            World::with(&config_without_addresses()).machine("192.0.2.11", without_directory("FILES01.contoso.com"));
        let findings = world.findings("wrong-machine");
        assert_eq!(findings.len(), 2);
        assert!(samba(&findings[0]).iter().any(|line| line.ends_with("contoso.com dc2 A 192.0.2.11")));
    }

    #[test]
    fn silence_is_not_wrong_and_a_refusal_is_unknown() {
        assert_eq!(answers(silent()).rows("wrong-machine"), [""; 0]);
        assert_eq!(answers(dc("dc2.contoso.com", GUID2)).rows("wrong-machine"), [""; 0]);
        let unknown = ["unknown critical dc2.contoso.com A @dc1", "unknown critical dc2.contoso.com A @dc2"];
        assert_eq!(answers(inconclusive()).rows("wrong-machine"), unknown);
    }

    #[test]
    fn what_the_records_rules_report_is_theirs() {
        let stale = World::new().add("dc2", "dc2.contoso.com 1200 A 192.0.2.99");
        let report = stale.machine("192.0.2.99", without_directory("FILES01.contoso.com")).report();
        let rules: Vec<&str> = report.findings.iter().map(|finding| finding.rule.as_str()).collect();
        assert_eq!(rules, ["stale-address"]);
    }
}
