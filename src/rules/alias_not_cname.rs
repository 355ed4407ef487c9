use super::Misplaced;
use crate::base::address::address_type;
use crate::base::dns::RecordType;
use crate::findings::{Draft, Sink, Subject};
use crate::report::Severity;
use crate::view::{Alias, View};

rule! {
    /// The name of a DC's alias holds addresses instead of an alias.
    ///
    /// # What it checks
    /// Whether A or AAAA records stand at `<guid>._msdcs.<forest>` itself.
    ///
    /// # Why it matters
    /// Replication works as long as the addresses are right, but nobody keeps them so: the DC renews its alias and its host
    /// record, not these. The forecast goes on with the addresses found; where it fails the finding is critical.
    ///
    /// # How to fix
    /// Delete the addresses and let the DC register its alias: `nltest /dsregdns` (Samba: `samba_dnsupdate`).
    ///
    /// # References
    /// MS-ADTS 6.3.2.3 (DsaCname).
    "alias-not-cname", Alias, Warning, needs: [Alias, Identity],
    predicts: [ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE, WRONG_PRINCIPAL, WRONG_TARGET_NAME, BAD_DN, NOT_ENOUGH_MEMORY],
    owns: [AliasNotCname]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, alias, server) in view.aliases() {
        let subject = Subject::record(dc, server, alias, RecordType::CNAME);
        let (addresses, authoritative) = match view.alias(dc, server) {
            Alias::Targets { .. } => {
                sink.pass(subject);
                continue;
            }
            Alias::Holds { addresses, authoritative } => (addresses, *authoritative),
            Alias::Absent(_) | Alias::Unknown(_) => continue,
        };
        let actual: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let wrong = addresses.iter().map(|&address| (address_type(address), address.to_string())).collect();
        let cure =
            super::mend_alias(view, dc, server, &Misplaced { alias, wrong, right_remains: false, authoritative });
        let broken = sink.broken_walk(dc, server);
        sink.fail(
            subject,
            Draft {
                severity: broken.map(|_| Severity::Critical),
                predicts: broken.map(|row| row.errors.clone()).unwrap_or_default(),
                expected: dc.host.iter().map(ToString::to_string).collect(),
                message: format!("the name holds addresses instead of an alias: {}{}", actual.join(", "), cure.note),
                actual,
                remedy: cure.remedy,
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{ALIAS2, Reply, World, row, samba};

    #[test]
    fn fires_on_addresses_at_the_name_and_the_forecast_goes_on() {
        let world = World::new().remove("dc2", ALIAS2).add("dc2", &format!("{ALIAS2} 600 A 192.0.2.11"));
        let report = world.report();
        let rows: Vec<String> = report.findings.iter().map(row).collect();
        assert_eq!(rows, ["fail warning dc2.contoso.com CNAME @dc2"]);
        let label = "_msdcs.contoso.com 22222222-2222-4222-8222-222222222222";
        assert_eq!(
            samba(&report.findings[0]),
            [
                format!("# delete 192.0.2.11 {label} A 192.0.2.11"),
                format!("# add 192.0.2.11 {label} CNAME dc2.contoso.com.")
            ]
        );
        assert!(report.forecast.iter().all(|row| row.outcome == crate::report::ForecastOutcome::Ok));
    }

    #[test]
    fn a_wildcard_is_removed_instead_of_a_record_that_does_not_exist() {
        let world = World::new().remove("dc2", ALIAS2).add("dc2", "*._msdcs.contoso.com 600 A 192.0.2.80");
        let finding = world.finding("alias-not-cname");
        assert!(finding.message.ends_with("synthesized by a wildcard"), "{}", finding.message);
        assert_eq!(samba(&finding)[0], "# delete 192.0.2.11 _msdcs.contoso.com '*' A 192.0.2.80");
    }

    #[test]
    fn what_a_cache_says_is_cured_elsewhere() {
        let held = Reply::Cached("22222222-2222-4222-8222-222222222222._msdcs.contoso.com 7 A 192.0.2.11");
        let world = World::new().remove("dc2", ALIAS2).reply("dc2", &format!("{ALIAS2} A"), held);
        let finding = world.finding("alias-not-cname");
        assert_eq!(samba(&finding), [""; 0]);
        assert!(finding.remedy.iter().any(|line| line.starts_with("Clear-DnsServerCache")));
    }

    #[test]
    fn an_alias_with_addresses_beside_it_is_alias_duplicates_business() {
        let world = World::new().add("dc2", &format!("{ALIAS2} 600 A 192.0.2.11"));
        assert_eq!(world.rows("alias-not-cname"), [""; 0]);
    }
}
