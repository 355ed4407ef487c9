use super::{Misplaced, codes};
use crate::base::codes::WRONG_PRINCIPAL;
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::{Dc, Server};
use crate::report::Severity;
use crate::view::{Ownership, View};

rule! {
    /// The alias of a DC points to a host that is not this DC.
    ///
    /// # What it checks
    /// Whether the target is the DC's host name or one of its `other_names`. A foreign target that has no address is
    /// reported by alias-dangling. Where all addresses of the target belong to this DC, it is a warning.
    ///
    /// # Why it matters
    /// The destination DC connects to the wrong machine: error -2146893022 if that is another DC, else 1753 (no DC) or 1722
    /// (nobody).
    ///
    /// # How to fix
    /// Delete the alias and let the DC register it again: `nltest /dsregdns` (Samba: `samba_dnsupdate`). If the DC was
    /// renamed, check the GUID in the configuration first.
    ///
    /// # References
    /// MS-ADTS 6.3.2.3 (DsaCname); Microsoft KB 2090913.
    "alias-wrong-target", Alias, Critical, needs: [Alias, Hosts],
    predicts: [WRONG_PRINCIPAL, ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE],
    owns: [AliasWrongTarget]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, alias, server) in view.aliases() {
        let Some(target) = view.single_target(dc, server) else { continue };
        let subject = Subject::record(dc, server, alias, RecordType::CNAME);
        if dc.host.is_none() {
            sink.unknown(
                subject,
                format!(
                    "the alias points to {target}; the host name of the DC is not known (host: in the configuration)"
                ),
            );
        } else if dc.is_named(target.as_str()) {
            sink.pass(subject);
        } else {
            judge(view, sink, dc, server, alias, target);
        }
    }
}

fn judge(view: &View<'_>, sink: &mut Sink<'_>, dc: &Dc, server: &Server, alias: &DnsName, target: &DnsName) {
    let subject = Subject::record(dc, server, alias, RecordType::CNAME);
    let owner = view.dc_named(target.as_str());
    let addresses = match (view.both(server, target).together(), owner) {
        (Ok(addresses), _) => addresses,
        (Err(_), Some(_)) => Vec::new(),
        // A foreign target without any address is alias-dangling's.
        (Err(Ok(_)), None) => return,
        (Err(Err(why)), None) => {
            return sink
                .unknown(subject, format!("the alias points to {target}, whose addresses could not be seen: {why}"));
        }
    };
    let own = |address: &std::net::IpAddr| {
        matches!(view.ownership(dc, *address), Ownership::Own | Ownership::OwnAndOthers(_))
    };
    let harmless = !addresses.is_empty() && addresses.iter().all(own);
    let (whose, predicts) = match owner {
        _ if harmless => ("whose addresses are those of this DC".to_owned(), Vec::new()),
        Some(other) => (format!("the host name of another DC, {}", other.label), vec![WRONG_PRINCIPAL]),
        None => {
            let foreign = addresses.iter().find_map(|&address| match view.ownership(dc, address) {
                Ownership::Others(owners) => Some(owners),
                _ => None,
            });
            match foreign {
                Some(owners) => {
                    (format!("whose address belongs to another DC, {}", owners[0].label), vec![WRONG_PRINCIPAL])
                }
                None => (
                    "the host name of no known DC".to_owned(),
                    codes(&RULE).into_iter().filter(|&code| code != WRONG_PRINCIPAL).collect(),
                ),
            }
        }
    };
    let wrong = vec![(RecordType::CNAME, target.to_string())];
    let authoritative = view.is_authoritative_alias(dc, server);
    let cure = super::mend_alias(view, dc, server, &Misplaced { alias, wrong, right_remains: false, authoritative });
    let listed: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let leads = if listed.is_empty() { String::new() } else { format!(" ({})", listed.join(", ")) };
    sink.fail(
        subject,
        Draft {
            severity: harmless.then_some(Severity::Warning),
            expected: dc.names().map(ToString::to_string).collect(),
            actual: vec![target.to_string()],
            message: format!("the alias points to {target}{leads}, {whose}{}", cure.note),
            predicts,
            remedy: cure.remedy,
        },
    );
}

#[cfg(test)]
mod tests {
    use crate::testing::{ALIAS2, Reply, World, config_with, row, samba};

    fn to(target: &str) -> World {
        World::new().remove("dc2", ALIAS2).add("dc2", &format!("{ALIAS2} 600 CNAME {target}"))
    }

    #[test]
    fn names_the_other_dc() {
        let finding = to("dc1.contoso.com").finding("alias-wrong-target");
        assert_eq!(row(&finding), "fail critical dc2.contoso.com CNAME @dc2");
        assert!(finding.message.ends_with("the host name of another DC, dc1.contoso.com"), "{}", finding.message);
        assert_eq!(finding.predicts, [-2_146_893_022]);
        let label = "_msdcs.contoso.com 22222222-2222-4222-8222-222222222222";
        assert_eq!(
            samba(&finding),
            [
                format!("# delete 192.0.2.11 {label} CNAME dc1.contoso.com."),
                format!("# add 192.0.2.11 {label} CNAME dc2.contoso.com.")
            ]
        );
    }

    #[test]
    fn severity_and_prediction_follow_the_addresses_behind_the_target() {
        let behind = |address: &str| to("old.contoso.com").add("dc2", &format!("old.contoso.com 600 A {address}"));
        let finding = behind("192.0.2.11").finding("alias-wrong-target");
        assert_eq!(row(&finding), "fail warning dc2.contoso.com CNAME @dc2");
        assert_eq!(finding.predicts, [0; 0]);
        assert_eq!(behind("192.0.2.10").finding("alias-wrong-target").predicts, [-2_146_893_022]);
        assert_eq!(behind("192.0.2.99").finding("alias-wrong-target").predicts, [1722, 1753]);
    }

    #[test]
    fn other_names_in_any_case_are_right() {
        let config = config_with("addresses: [192.0.2.11], other_names: [dc2.corp.example]");
        let world = World::with(&config).remove("dc2", ALIAS2);
        let world = world.add("dc2", &format!("{ALIAS2} 600 CNAME DC2.corp.example"));
        assert_eq!(world.add("dc2", "dc2.corp.example 600 A 192.0.2.11").rows("alias-wrong-target"), [""; 0]);
        assert_eq!(to("DC2.CONTOSO.COM").rows("alias-wrong-target"), [""; 0]);
    }

    #[test]
    fn a_target_without_addresses_is_alias_danglings_business_and_an_unseen_one_unknown() {
        assert_eq!(to("old.contoso.com").rows("alias-wrong-target"), [""; 0]);
        let world = to("old.contoso.com").reply("dc2", "old.contoso.com A", Reply::Timeout);
        assert_eq!(world.rows("alias-wrong-target"), ["unknown critical dc2.contoso.com CNAME @dc2"]);
    }

    #[test]
    fn a_wildcard_is_removed_instead_of_a_record_that_does_not_exist() {
        let world = World::new().remove("dc2", ALIAS2).add("dc2", "*._msdcs.contoso.com 600 CNAME dc1.contoso.com");
        let finding = world.finding("alias-wrong-target");
        assert!(finding.message.ends_with("synthesized by a wildcard"), "{}", finding.message);
        assert_eq!(samba(&finding)[0], "# delete 192.0.2.11 _msdcs.contoso.com '*' CNAME dc1.contoso.com.");
    }
}
