use crate::config::Waiver;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::Server;
use crate::report::{Finding, Outcome};
use crate::view::{Standing, View};

rule! {
    /// A waiver covers nothing.
    ///
    /// # What it checks
    /// Whether a waiver that has not expired matches at least one finding. A waiver whose server could not be judged, or
    /// whose rule does not run or whose DC is left out this time, is not called unused.
    ///
    /// # Why it matters
    /// A waiver that outlives its defect hides the next one of the same kind.
    ///
    /// # How to fix
    /// Delete it.
    ///
    /// # References
    /// Section `waivers` of the configuration file.
    "waiver-unused", Run, Warning, needs: [], predicts: [],
    flags: [last]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for waiver in &view.evidence.config.waivers {
        if waiver.until.is_some_and(|until| until < view.today) {
            continue;
        }
        let covers = |finding: &Finding| {
            finding.outcome != Outcome::Pass && super::waiver_covers(view.inventory, waiver, finding)
        };
        let used = sink.findings().iter().any(covers);
        if used {
            sink.pass(Subject::default());
        } else if may_be_hidden(view, waiver) {
            sink.not_applicable("the waiver's rule, DC or server is not part of this run, or could not be seen");
        } else {
            sink.fail(
                Subject::default(),
                Draft {
                    expected: vec!["a finding that it covers".into()],
                    message: format!(
                        "the waiver of {} covers nothing; its reason was: {}",
                        super::waiver_scope(waiver),
                        waiver.reason
                    ),
                    remedy: vec!["# delete the waiver".into()],
                    ..Draft::default()
                },
            );
        }
    }
}

/// Whether this run could not have seen what the waiver is about.
fn may_be_hidden(view: &View<'_>, waiver: &Waiver) -> bool {
    let rule_off = super::find(&waiver.rule).is_none_or(|rule| super::switched_off(rule, view.evidence).is_some());
    let dc_left_out = waiver.dc.as_ref().is_some_and(|dc| !view.dcs().any(|other| super::names_dc(dc, other)));
    let servers = &view.inventory.servers;
    let hidden = |server: &Server| *view.standing(server) != Standing::Good;
    let server_hidden = match &waiver.server {
        Some(name) => servers.iter().find(|server| super::names_server(name, server)).is_none_or(hidden),
        None => servers.iter().any(hidden),
    };
    rule_off || dc_left_out || server_hidden
}

#[cfg(test)]
mod tests {
    use crate::testing::{ALIAS2, CONFIG, Reply, World, row};

    fn waiver(what: &str) -> World {
        World::with(&format!("{CONFIG}waivers: [{{{what}, reason: 'ticket 7'}}]\n"))
    }

    #[test]
    fn fires_where_nothing_is_covered() {
        let finding = waiver("rule: alias-missing, dc: dc2.contoso.com, server: dc2").finding("waiver-unused");
        assert_eq!(row(&finding), "fail warning");
        assert!(finding.message.contains("alias-missing for dc2.contoso.com at dc2"), "{}", finding.message);
    }

    #[test]
    fn a_guid_another_spelling_and_an_address_name_dc_and_server_too() {
        for what in ["dc: 22222222-2222-4222-8222-222222222222", "dc: DC2.Contoso.Com, server: dc2", "server: dc2"] {
            let report = waiver(&format!("rule: alias-missing, {what}")).remove("dc2", ALIAS2).report();
            assert_eq!((report.counts.waived, report.counts.warning), (1, 0), "{what}");
        }
    }

    #[test]
    fn is_quiet_where_the_rule_the_dc_or_the_server_is_not_judged() {
        let quiet = |world: World| assert_eq!(world.rows("waiver-unused"), [""; 0]);
        quiet(waiver("rule: alias-missing, server: dc2").reply("dc2", "", Reply::Timeout));
        quiet(waiver("rule: alias-missing").reply("dc2", "", Reply::Timeout));
        let mut skipped = waiver("rule: alias-missing");
        skipped.evidence.selection.skip = vec!["alias-missing".into()];
        quiet(skipped);
        let mut other_dc = waiver("rule: alias-missing, dc: dc2.contoso.com");
        other_dc.evidence.selection.dcs = vec!["dc1".into()];
        quiet(other_dc);
    }
}
