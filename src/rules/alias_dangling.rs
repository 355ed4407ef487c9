use super::Misplaced;
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::{Dc, Server};
use crate::view::View;

rule! {
    /// The alias of a DC points to a name without any address.
    ///
    /// # What it checks
    /// Whether a target that is not the DC's own host name has at least an A or an AAAA record at the same server. A DC's
    /// own host name without address is reported by host-missing.
    ///
    /// # Why it matters
    /// The destination DC finds the alias and then no address: error 8524, with Windows sockets error 11004 in the event.
    /// Typically the DC was renamed and the alias still names the old host.
    ///
    /// # How to fix
    /// Delete the alias and let the DC register it again: `nltest /dsregdns` (Samba: `samba_dnsupdate`).
    ///
    /// # References
    /// Microsoft KB 2021446.
    "alias-dangling", Alias, Critical, needs: [Alias, Hosts], predicts: [DNS_LOOKUP_FAILURE],
    owns: [AliasDangling]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, alias, server) in view.aliases() {
        let subject = Subject::record(dc, server, alias, RecordType::CNAME);
        if view.leads_to_root(dc, server) {
            // Its text without the final dot is empty.
            dangles(view, sink, dc, server, alias, "", "the root, which is no host");
            continue;
        }
        let Some(target) = view.single_target(dc, server) else { continue };
        let another_dcs = view.dc_named(target.as_str()).is_some_and(|other| other.index != dc.index);
        if dc.host.as_ref() == Some(target) || another_dcs {
            continue;
        }
        let absence = match view.both(server, target).together() {
            Ok(_) => {
                sink.pass(subject);
                continue;
            }
            // alias-wrong-target says that it could not be seen, if the host name is known at all.
            Err(Err(_)) => continue,
            Err(Ok(absence)) => absence,
        };
        let what = if absence.nxdomain { "does not exist" } else { "has no address" };
        let whither = format!("{target}, which {what} at this server");
        dangles(view, sink, dc, server, alias, target.as_str(), &whither);
    }
}

fn dangles(
    view: &View<'_>,
    sink: &mut Sink<'_>,
    dc: &Dc,
    server: &Server,
    alias: &DnsName,
    target: &str,
    whither: &str,
) {
    let subject = Subject::record(dc, server, alias, RecordType::CNAME);
    let wrong = vec![(RecordType::CNAME, target.to_owned())];
    let authoritative = view.is_authoritative_alias(dc, server);
    let cure = super::mend_alias(view, dc, server, &Misplaced { alias, wrong, right_remains: false, authoritative });
    sink.fail(
        subject,
        Draft {
            expected: dc.names().map(ToString::to_string).collect(),
            actual: vec![if target.is_empty() { ".".into() } else { target.into() }],
            message: format!("the alias points to {whither}{}", cure.note),
            predicts: super::codes(&RULE),
            remedy: cure.remedy,
            ..Draft::default()
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
    fn fires_on_a_former_name() {
        let finding = to("old.contoso.com").finding("alias-dangling");
        assert_eq!(row(&finding), "fail critical dc2.contoso.com CNAME @dc2");
        assert_eq!(finding.actual, ["old.contoso.com"]);
        assert!(finding.message.contains("old.contoso.com, which does not exist"), "{}", finding.message);
        assert_eq!(finding.predicts, [8524]);
        assert!(samba(&finding)[0].ends_with(" CNAME old.contoso.com."));
    }

    #[test]
    fn an_ipv6_address_is_enough_and_half_an_answer_is_none() {
        let world = to("old.contoso.com").add("dc2", "old.contoso.com 600 AAAA 2001:db8::1");
        assert_eq!(world.rows("alias-dangling"), [""; 0]);
        let world = to("old.contoso.com").reply("dc2", "old.contoso.com AAAA", Reply::Timeout);
        assert_eq!(world.rows("alias-dangling"), [""; 0]);
    }

    #[test]
    fn the_own_host_and_another_dcs_are_others_business() {
        assert_eq!(World::new().remove("dc2", "dc2.contoso.com").rows("alias-dangling"), [""; 0]);
        assert_eq!(to("dc1.contoso.com").remove("dc2", "dc1.contoso.com").rows("alias-dangling"), [""; 0]);
    }

    #[test]
    fn another_name_of_the_dc_needs_an_address_too() {
        let config = config_with("addresses: [192.0.2.11], other_names: [dc2.corp.example]");
        let world = World::with(&config).remove("dc2", ALIAS2);
        let report = world.add("dc2", &format!("{ALIAS2} 600 CNAME dc2.corp.example")).report();
        let rules: Vec<&str> = report.findings.iter().map(|finding| finding.rule.as_str()).collect();
        assert_eq!(rules, ["alias-dangling"]);
        let cell = report.forecast.iter().find(|cell| cell.source == "dc2.contoso.com" && cell.server == "dc2");
        assert_eq!(cell.map(|cell| cell.rules.as_slice()), Some(&["alias-dangling".to_owned()][..]));
    }

    #[test]
    fn the_root_is_no_host() {
        let finding = to(".").finding("alias-dangling");
        assert!(finding.message.starts_with("the alias points to the root, which is no host"), "{}", finding.message);
        assert_eq!(finding.actual, ["."]);
        assert!(samba(&finding)[0].ends_with(" CNAME ."), "{:?}", samba(&finding));
    }
}
