//! What a client does with the resolvers that it has.

use super::{profiles, sources, up_to};
use crate::observe::Local;
use crate::report::{DestinationRow, Fallback};
use crate::testing::machines::without_directory;
use crate::testing::{ALIAS2, CONFIG, Reply, World, candidate, config_with, local};
use crate::view::View;

/// dc1 uses these resolvers.
fn dc1_uses(resolvers: &str) -> World {
    World::with(&CONFIG.replace("[192.0.2.10]}", &format!("[192.0.2.10], resolvers: [{resolvers}]}}")))
}

fn rows(world: World) -> Vec<DestinationRow> {
    world.report().destinations
}

/// `destination<-source outcome errors server delay`.
fn short(world: World) -> Vec<String> {
    let text = |row: DestinationRow| {
        let outcome = format!("{:?}", row.outcome).to_lowercase();
        let server = row.server.unwrap_or("-".into());
        let name = |label: &str| label.trim_end_matches(".contoso.com").to_owned();
        format!("{}<-{} {outcome} {:?} {server} {}", name(&row.destination), name(&row.source), row.errors, row.delay_s)
    };
    rows(world).into_iter().map(text).collect()
}

fn silent(world: World, server: &str) -> World {
    world.reply(server, "", Reply::Timeout)
}

#[test]
fn there_are_none_without_resolvers() {
    assert_eq!(short(World::new()), [""; 0]);
}

#[test]
fn the_first_server_that_answers_decides() {
    let both = || dc1_uses("192.0.2.11, 192.0.2.10");
    assert_eq!(short(both()), ["dc1<-dc2 ok [] dc2 0"], "and dc1 never replicates from itself");
    assert_eq!(short(both().remove("dc2", ALIAS2)), ["dc1<-dc2 fails [8524] dc2 0"]);
    assert_eq!(short(both().remove("dc1", ALIAS2)), ["dc1<-dc2 ok [] dc2 0"]);
    assert_eq!(short(both().reply("dc2", "", Reply::NxDomain)), ["dc1<-dc2 fails [8524] dc2 0"], "it is final");
}

#[test]
fn silence_moves_on_and_costs_time() {
    let dead = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"];
    let with = |number: usize| {
        let world = dc1_uses("192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5, 192.0.2.11");
        short(dead[..number].iter().fold(world, |world, server| silent(world, server))).remove(0)
    };
    for (number, expected) in
        ["192.0.2.1 0", "192.0.2.2 1", "192.0.2.3 2", "192.0.2.4 4", "192.0.2.5 8", "dc2 8"].into_iter().enumerate()
    {
        assert_eq!(with(number), format!("dc1<-dc2 ok [] {expected}"), "{number} are silent");
    }
    let row = rows(silent(dc1_uses("192.0.2.10, 192.0.2.11"), "dc1")).remove(0);
    assert_eq!(row.rules, ["server-silent"]);
    assert!(row.message.starts_with("dc1 does not answer; "), "{}", row.message);
    assert_eq!(row.resolvers, ["dc1", "dc2"]);
}

#[test]
fn where_nobody_answers_nothing_can_be_resolved() {
    let row = rows(silent(silent(dc1_uses("192.0.2.10, 192.0.2.11"), "dc1"), "dc2")).remove(0);
    assert_eq!((row.errors, row.server, row.delay_s), (vec![8524], None, 10.0));
    assert_eq!(row.fallback, Some(Fallback::None));
}

#[test]
fn a_refusal_is_unknown_unless_it_makes_no_difference() {
    let refusing = || dc1_uses("192.0.2.10, 192.0.2.11").reply("dc1", "", Reply::Rcode(5));
    assert_eq!(short(refusing()), ["dc1<-dc2 unknown [] - 0"]);
    assert_eq!(short(refusing().remove("dc2", ALIAS2)), ["dc1<-dc2 fails [8524] - 0"]);
    assert_eq!(short(refusing().reply("dc2", "", Reply::Rcode(2))), ["dc1<-dc2 fails [8524] - 10"]);
}

#[test]
fn loopback_is_the_dns_server_on_the_dc_itself() {
    assert_eq!(short(dc1_uses("127.0.0.1").remove("dc1", ALIAS2)), ["dc1<-dc2 fails [8524] dc1 0"]);
    let elsewhere = CONFIG
        .replace("dns_servers: [{name: dc1, address: 192.0.2.10}, ", "dns_servers: [")
        .replace("[192.0.2.10]}", "[192.0.2.10], resolvers: ['::1']}");
    let row = rows(World::with(&elsewhere)).remove(0);
    assert_eq!((row.resolvers, row.server), (vec!["::1".into()], None));
    assert!(row.message.contains("on dc1.contoso.com itself"), "{}", row.message);
}

#[test]
fn a_resolver_that_is_no_server_is_asked_unless_others_were_chosen() {
    let unlisted = || dc1_uses("192.0.2.53");
    assert_eq!(short(unlisted()), ["dc1<-dc2 ok [] 192.0.2.53 0"]);
    assert_eq!(short(unlisted().remove("192.0.2.53", ALIAS2)), ["dc1<-dc2 fails [8524] 192.0.2.53 0"]);
    let mut chosen = unlisted();
    chosen.evidence.selection.servers = vec!["dc2".into()];
    let row = rows(chosen).remove(0);
    assert_eq!(row.message, "its resolver 192.0.2.53 is not asked in this run");
    assert_eq!(row.resolvers, ["192.0.2.53"]);
}

#[test]
fn read_only_dcs_are_destinations_and_no_sources() {
    let config = config_with("addresses: [192.0.2.11], roles: [rodc], resolvers: [192.0.2.10]");
    assert_eq!(short(World::with(&config)), ["dc2<-dc1 ok [] dc1 0"]);
    let config = config.replace("addresses: [192.0.2.10]}", "addresses: [192.0.2.10], resolvers: [192.0.2.10]}");
    assert_eq!(short(World::with(&config)), ["dc2<-dc1 ok [] dc1 0"]);
}

/// This machine is dc1.
fn at_home(change: impl FnOnce(&mut Local)) -> World {
    let mut own = local::dc1();
    change(&mut own);
    dc1_uses("192.0.2.99").local(own)
}

#[test]
fn this_machines_own_list_counts_more_than_what_is_configured() {
    assert_eq!(short(at_home(|_| ())), ["dc1<-dc2 ok [] dc2 0"]);
    let loopback = at_home(|own| local::resolvers(own, &["127.0.0.1:53", "192.0.2.10:53"]));
    assert_eq!(short(loopback), ["dc1<-dc2 ok [] 127.0.0.1 0"]);
    assert_eq!(short(at_home(|own| local::resolvers(own, &[]))), ["dc1<-dc2 unknown [] - 0"]);
}

#[test]
fn a_machine_that_is_no_dc_replicates_from_all() {
    let config = CONFIG.replace("dns_servers: [", "dns_servers: [system, ");
    let mut own = local::named("NEW.contoso.com", &["192.0.2.77"]);
    local::resolvers(&mut own, &["192.0.2.11:53"]);
    assert_eq!(short(World::with(&config).local(own)), ["new<-dc1 ok [] dc2 0", "new<-dc2 ok [] dc2 0"]);
}

#[test]
fn several_adapters_must_agree() {
    let two_adapters = |own: &mut Local| {
        own.view.resolvers[0].interface = Some("eth0".into());
        own.view.resolvers[1].interface = Some("eth1".into());
    };
    assert_eq!(short(at_home(two_adapters)), ["dc1<-dc2 ok [] - 0"]);
    let row = rows(at_home(two_adapters).remove("dc1", ALIAS2)).remove(0);
    assert!(
        row.message.contains("eth0: ") && row.message.contains("eth1: the alias does not exist"),
        "{}",
        row.message
    );
    assert_eq!(row.outcome, crate::report::ForecastOutcome::Unknown);
}

#[test]
fn a_hosts_file_that_names_the_alias_comes_first() {
    let with = || at_home(|own| local::hosts(own, "192.0.2.98", &[ALIAS2]));
    assert_eq!(short(with()), ["dc1<-dc2 fails [1722, 1753] - 0"]);
    let probed = with().machine("192.0.2.98", without_directory("FILES01.contoso.com"));
    let row = rows(probed).remove(0);
    assert_eq!((row.errors, row.rules), (vec![1753], vec!["hosts-file-override".to_owned()]));
}

#[test]
fn a_hosts_file_that_names_the_host_alone_is_mentioned() {
    let row = rows(at_home(|own| local::hosts(own, "192.0.2.98", &["dc2.contoso.com"]))).remove(0);
    assert_eq!(row.outcome, crate::report::ForecastOutcome::Ok);
    assert!(
        row.message.ends_with("dc2.contoso.com is 192.0.2.98 here, as line 1 of /etc/hosts says"),
        "{}",
        row.message
    );
}

#[test]
fn beside_a_candidate_this_machine_is_no_destination() {
    let config = CONFIG.replace("dns_servers: [", "dns_servers: [system, ");
    let pc = || World::with(&config).local(local::named("pc7.contoso.com", &["192.0.2.77"]));
    assert_eq!(rows(pc()).len(), 2);
    assert!(rows(pc().preflight(candidate("dc3.contoso.com", &["192.0.2.12"]))).is_empty());
}

#[test]
fn what_destinations_experience_does_not_change_the_verdict() {
    let world = silent(dc1_uses("192.0.2.10"), "dc1");
    let without = silent(World::new(), "dc1");
    assert_eq!(world.report().counts, without.report().counts);
}

#[test]
fn where_the_rows_are_too_many_those_that_are_ok_are_counted() {
    let world = dc1_uses("192.0.2.11").remove("dc2", ALIAS2);
    let evidence = world.observe();
    let inventory = crate::inventory::derive(&evidence);
    let view = View::new(&inventory, &evidence);
    let owner = crate::rules::owner;
    let cells = crate::forecast::run(&view, owner);
    let listed = |limit| {
        let (rows, left_out) = up_to(limit, &view, &cells, owner);
        (rows.len(), left_out)
    };
    let pairs = profiles(&view).len() * sources(&view).count();
    assert_eq!((pairs, listed(pairs), listed(1), listed(0)), (2, (1, 0), (1, 0), (0, 1)));
    let healthy = dc1_uses("192.0.2.11").observe();
    let inventory = crate::inventory::derive(&healthy);
    let view = View::new(&inventory, &healthy);
    assert_eq!(up_to(1, &view, &crate::forecast::run(&view, owner), owner), (Vec::new(), 1));
}
