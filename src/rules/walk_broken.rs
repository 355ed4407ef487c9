use std::collections::BTreeSet;

use crate::base::dns::RecordType;
use crate::findings::remedy;
use crate::findings::{Draft, Rule, Sink, Subject};
use crate::inventory::{Dc, Server};
use crate::report::{Finding, ForecastOutcome, ForecastRow, Outcome, Severity};
use crate::view::View;

rule! {
    /// Replication from a DC fails through a server, and no other rule says why.
    ///
    /// # What it checks
    /// The forecast walks the way of a destination DC: alias, host name, addresses, machine. Where it fails, or fails by
    /// chance, without a critical finding of another rule for that DC at that server, this rule reports it, so that no
    /// verdict is better than its own forecast. It does not apply where a rule that would explain the walk is switched
    /// off, and to addresses that only cost time.
    ///
    /// # Why it matters
    /// A destination DC that asks this server cannot replicate from the DC, or only sometimes.
    ///
    /// # How to fix
    /// Follow the chain by hand: the alias, what it leads to, the addresses, and who answers there. The message says where
    /// it ends.
    ///
    /// # References
    /// Microsoft KB 2021446; MS-DRSR 2.2.3.2.
    "walk-broken", Alias, Critical, needs: [Alias, Hosts],
    predicts: [DNS_LOOKUP_FAILURE, ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE, WRONG_PRINCIPAL, WRONG_TARGET_NAME,
        BAD_DN, NOT_ENOUGH_MEMORY],
    flags: [last, owns_rest]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let owned = Owned::of(sink.findings());
    let mut orphans = Vec::new();
    for dc in view.dcs() {
        for server in &view.inventory.servers {
            let broken = sink.broken_walk(dc, server);
            orphans.extend(broken.filter(|row| !owned.has(row) && !is_off(view, row)).map(|row| (dc, server, row)));
        }
    }
    for (dc, server, row) in orphans {
        sink.fail(subject(dc, server), draft(row, dc, server));
    }
}

/// What critical findings speak of.
struct Owned<'f> {
    /// DC and server.
    cells: BTreeSet<(&'f str, &'f str)>,
    /// Rule and server, of findings about a server as a whole.
    servers: BTreeSet<(&'f str, &'f str)>,
}

impl<'f> Owned<'f> {
    fn of(findings: &'f [Finding]) -> Self {
        let mut owned = Self { cells: BTreeSet::new(), servers: BTreeSet::new() };
        for finding in findings {
            let Some(server) = finding.server.as_deref() else { continue };
            if finding.outcome == Outcome::Fail && finding.severity == Severity::Critical {
                match &finding.dc {
                    Some(dc) => owned.cells.insert((dc, server)),
                    None => owned.servers.insert((&finding.rule, server)),
                };
            }
        }
        owned
    }

    fn has(&self, row: &ForecastRow) -> bool {
        self.cells.contains(&(&row.source, &row.server))
            || row.rules.iter().any(|rule| self.servers.contains(&(rule, &row.server)))
    }
}

/// Whether a rule that would explain the walk does not run: then nobody wanted to hear of it.
fn is_off(view: &View<'_>, row: &ForecastRow) -> bool {
    let off = |rule: &Rule| super::switched_off(rule, view.evidence).is_some();
    row.rules.iter().filter_map(|rule| super::find(rule)).any(off)
}

fn subject<'a>(dc: &'a Dc, server: &'a Server) -> Subject<'a> {
    let subject = Subject { dc: Some(dc), ..Subject::server(server) };
    match (&dc.alias, &dc.host) {
        (Some(alias), _) => Subject { name: Some(alias), rtype: Some(RecordType::CNAME), ..subject },
        (None, host) => Subject { name: host.as_ref(), ..subject },
    }
}

fn draft(row: &ForecastRow, dc: &Dc, server: &Server) -> Draft {
    let fails = if row.outcome == ForecastOutcome::Fails { "fails" } else { "fails by chance" };
    let names: Vec<&str> = dc.alias.iter().chain(&dc.host).map(crate::base::name::DnsName::as_str).collect();
    let at = server.command_name();
    let mut remedy = vec!["# follow the chain at this server, then ask who answers at its end:".to_owned()];
    remedy.extend(names.iter().map(|name| format!("nslookup -type=A {} {}", remedy::shell(name), remedy::shell(&at))));
    Draft {
        expected: dc.host.iter().map(ToString::to_string).collect(),
        message: format!(
            "replication from the DC through this server {fails}, and no other rule says why: {}",
            row.message
        ),
        predicts: row.errors.clone(),
        remedy,
        ..Draft::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::report::{ForecastOutcome, Verdict};
    use crate::testing::machines::without_directory;
    use crate::testing::{ALIAS2, World, config_with, row};

    /// The alias leads to another name of dc2, which is right by the configuration but for its address.
    fn stale_behind_another_name(more: &str) -> World {
        let config = config_with("addresses: [192.0.2.11], other_names: [dc2b.contoso.com]") + more;
        let world = World::with(&config).remove("dc2", ALIAS2).add("dc2", "dc2b.contoso.com 1200 A 192.0.2.99");
        let world = world.add("dc2", &format!("{ALIAS2} 600 CNAME dc2b.contoso.com"));
        world.machine("192.0.2.99", without_directory("FILES01.contoso.com"))
    }

    #[test]
    fn no_verdict_is_better_than_its_forecast() {
        let report = stale_behind_another_name("").report();
        assert_eq!(report.verdict, Verdict::Critical);
        let finding = report.findings.iter().find(|finding| finding.rule == "walk-broken").expect("the walk's owner");
        assert_eq!(row(finding), "fail critical dc2.contoso.com CNAME @dc2");
        assert_eq!(finding.name.as_deref(), Some(ALIAS2));
        assert_eq!(finding.predicts, [1753]);
        assert!(finding.message.contains("dc2b.contoso.com leads to 192.0.2.99"), "{}", finding.message);
        let cell = report.forecast.iter().find(|cell| cell.outcome == ForecastOutcome::Fails).expect("a broken walk");
        assert_eq!(cell.rules, ["walk-broken"], "a row names only rules that have a finding there");
    }

    #[test]
    fn an_owned_walk_and_a_switched_off_owner_are_left_alone() {
        let owned = World::new().remove("dc2", "dc2.contoso.com").add("dc2", "dc2.contoso.com 1200 A 192.0.2.99");
        assert_eq!(owned.rows("walk-broken"), [""; 0]);
        let off = stale_behind_another_name("rules: {stale-address: {severity: off}}\n");
        assert_eq!(off.rows("walk-broken"), [""; 0]);
        let lowered = World::with(&(crate::testing::CONFIG.to_owned() + "rules: {alias-missing: {severity: info}}\n"));
        assert_eq!(lowered.remove("dc2", ALIAS2).rows("walk-broken"), [""; 0], "lowered on purpose");
    }

    #[test]
    fn a_waiver_accepts_it() {
        let waiver = "waivers: [{rule: walk-broken, dc: dc2.contoso.com, reason: known}]\n";
        let report = stale_behind_another_name(waiver).report();
        assert_eq!((report.counts.critical, report.counts.waived), (0, 1));
        assert_ne!(report.verdict, Verdict::Critical);
    }
}
