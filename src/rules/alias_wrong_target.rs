use super::{Draft, Misplaced, Ownership, Sink, Subject, View, codes};
use crate::codes::WRONG_PRINCIPAL;
use crate::evidence::RecordType;
use crate::inventory::{Dc, Server};
use crate::name::DnsName;
use crate::report::Severity;

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
    predicts: [WRONG_PRINCIPAL, ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, alias, server) in view.aliases() {
        let Some(target) = view.single_target(server, alias) else { continue };
        let subject = Subject::record(dc, server, alias, RecordType::CNAME);
        if dc.host.is_none() {
            sink.unknown(
                subject,
                format!("the alias points to {target}; the DC's host name is not known (`host` in the configuration)"),
            );
        } else if dc.is_named(target.as_str()) {
            sink.pass(subject);
        } else {
            judge(view, sink, dc, server, alias, &target);
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
        _ if harmless => ("whose addresses are this DC's".to_owned(), Vec::new()),
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
    let authoritative = view.is_authoritative_alias(server, alias);
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
