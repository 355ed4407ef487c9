//! What the machine that guidpost runs on is to resolve itself.

use super::{Asker, Seen, local};
use crate::evidence::{Evidence, LocalStage, LookedUp, Plan};
use crate::findings::Need;
use crate::inventory::{Dc, Inventory, Server};
use crate::view::MAX_DCS;

pub(super) const ASKER: Asker = Asker { beside: look_up, ..Asker::of(Need::Lookups) };

fn look_up(seen: &Seen<'_>, plan: &mut Plan) {
    local::read(seen, plan);
    if seen.inventory.at_home && may_resolve(seen.inventory, seen.evidence) {
        plan.lookups = names(seen.inventory, seen.evidence);
    }
}

/// Whether asking the system makes sense: one of its resolvers has answered in this run, or is none of the run's servers.
/// Otherwise it would only wait, ten seconds and more for each name.
fn may_resolve(inventory: &Inventory, evidence: &Evidence) -> bool {
    // What it is configured with is read first.
    let configured = evidence.local.as_ref().filter(|local| local.stage == LocalStage::Configuration);
    let Some(local) = configured else { return false };
    let answered = |server: &Server| {
        let column = server.address.and_then(|address| evidence.column(address));
        column.is_some_and(|column| column.answers().any(|(_, answer)| answer.replied()))
    };
    local.resolvers.is_empty()
        || local.resolvers.iter().any(|own| inventory.server_at(own.address).is_none_or(answered))
}

/// Alias, host name and single-label host name of each selected DC, those of the first DC first: where the system fails
/// at all of these, the others would only take their time.
fn names(inventory: &Inventory, evidence: &Evidence) -> Vec<String> {
    let mut dcs = inventory.dcs.iter().filter(|dc| dc.selected).take(MAX_DCS);
    let first: Vec<String> = dcs.next().map(names_of).unwrap_or_default();
    let unasked = |names: Vec<String>| -> Vec<String> {
        let mut names: Vec<String> = names.into_iter().filter(|name| !evidence.lookups.contains_key(name)).collect();
        names.sort();
        names.dedup();
        names
    };
    let failed = |name: &String| matches!(evidence.lookups.get(name), Some(LookedUp::Failed(_)));
    if first.iter().any(|name| !evidence.lookups.contains_key(name)) {
        return unasked(first);
    }
    if !first.is_empty() && first.iter().all(failed) {
        return Vec::new();
    }
    unasked(dcs.flat_map(names_of).collect())
}

fn names_of(dc: &Dc) -> Vec<String> {
    let short = dc.host.as_ref().and_then(|host| host.as_str().split('.').next()).map(String::from);
    dc.alias.iter().chain(&dc.host).map(ToString::to_string).chain(short).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ALIAS2, Reply, World, local};
    use crate::{plan, rules};

    #[test]
    fn at_home_the_names_of_every_dc_are_resolved_once() {
        let evidence = World::new().local(local::dc1()).observe();
        let asked: Vec<&str> = evidence.lookups.keys().map(String::as_str).collect();
        let alias1 = ALIAS2.replace('2', "1");
        assert_eq!(asked, [&alias1[..], ALIAS2, "dc1", "dc1.contoso.com", "dc2", "dc2.contoso.com"]);
        assert!(plan::next(&plan::Round::new(&evidence, rules::needs(&evidence)), &evidence).is_empty());
    }

    #[test]
    fn elsewhere_and_without_a_rule_that_needs_it_nothing_is_resolved() {
        let stranger = World::new().local(local::named("pc7.contoso.com", &["192.0.2.77"])).observe();
        assert!(stranger.lookups.is_empty());
        assert_eq!(stranger.local.map(|local| local.stage), Some(LocalStage::Addresses));
        let mut world = World::new().local(local::dc1());
        world.evidence.selection.only = vec!["resolver-list".into()];
        let evidence = world.observe();
        assert!(evidence.lookups.is_empty());
        assert_eq!(evidence.local.map(|local| local.stage), Some(LocalStage::Configuration));
    }

    #[test]
    fn a_system_whose_resolvers_are_silent_is_asked_for_nothing() {
        let silent = |world: World, server| world.reply(server, "", Reply::Timeout);
        let own = || World::new().local(local::dc1());
        assert_eq!(silent(own(), "dc1").observe().lookups.len(), 6, "the other one answers");
        assert!(silent(silent(own(), "dc1"), "dc2").observe().lookups.is_empty());
    }

    #[test]
    fn a_system_that_fails_at_the_first_names_is_not_asked_for_the_others() {
        let mut own = local::dc1();
        own.lookups.values_mut().for_each(|found| *found = LookedUp::Failed("try again".into()));
        assert_eq!(World::new().local(own).observe().lookups.len(), 3);
    }

    #[test]
    fn in_a_large_forest_only_some_are_resolved() {
        let dc = |number: usize| format!("  - {{host: dc{number:03}.contoso.com, addresses: [192.0.2.10]}}\n");
        let dcs: String = (0..150).map(dc).collect();
        let config = format!("forest: contoso.com\ndns_servers: [192.0.2.10]\ndomain_controllers:\n{dcs}");
        let evidence = World::with(&config).local(local::named("x.contoso.com", &["192.0.2.10"])).observe();
        assert_eq!(evidence.lookups.len(), 2 * MAX_DCS);
    }
}
