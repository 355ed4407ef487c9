use super::*;
use crate::inventory;
use crate::testing::{Reply, World, name};

/// What dc2 says about A of a name.
fn look(world: World, of: &str) -> Look {
    let evidence = world.observe();
    let inventory = inventory::derive(&evidence);
    View::new(&inventory, &evidence).both(&inventory.servers[1], &name(of)).a.clone()
}

fn host(reply: Reply) -> Look {
    look(World::new().reply("dc2", "dc2.contoso.com A", reply), "dc2.contoso.com")
}

#[test]
fn absence_takes_authority_or_an_soa() {
    let absence =
        |nxdomain, authoritative, seconds_left| Look::Absent(Absence { nxdomain, authoritative, seconds_left });
    assert_eq!(host(Reply::NxDomain), absence(true, true, None));
    assert_eq!(host(Reply::Records("")), absence(false, true, None));
    assert_eq!(host(Reply::Denied), absence(true, false, Some(300)));
    assert_eq!(host(Reply::Bare), Look::Unknown(Why::Bare));
    assert_eq!(host(Reply::Rcode(3)), Look::Unknown(Why::Bare), "NXDOMAIN without AA and SOA");
}

#[test]
fn whatever_is_no_word_about_the_data_is_unknown() {
    for (reply, why) in [
        (Reply::Timeout, Why::Lost(Lost::Timeout)),
        (Reply::Truncated, Why::Truncated(Lost::Timeout)),
        (Reply::Rcode(2), Why::Rcode(2)),
        (Reply::Rcode(5), Why::Rcode(5)),
    ] {
        assert_eq!(host(reply), Look::Unknown(why));
    }
    assert_eq!(look(World::new(), "never.asked.example"), Look::Unknown(Why::NotPlanned));
}

#[test]
fn an_alias_is_followed_in_the_reply_and_then_by_the_servers_own_answers() {
    let present = |look: Look| look.present().map(|addresses| addresses.list.clone());
    let inside = Reply::Records("dc2.contoso.com 600 CNAME A.example\na.example 600 A 192.0.2.7");
    assert_eq!(present(host(inside)), Some(vec!["192.0.2.7".parse().unwrap()]));
    let stops = World::new().reply("dc2", "dc2.contoso.com A", Reply::Records("dc2.contoso.com 600 CNAME b.example"));
    let stops = stops.add("dc2", "b.example 600 A 192.0.2.8");
    assert_eq!(present(look(stops, "dc2.contoso.com")), Some(vec!["192.0.2.8".parse().unwrap()]));
}

#[test]
fn of_several_aliases_the_order_decides_nothing() {
    const ADDRESSES: &str = "a.example 600 A 192.0.2.7\nb.example 600 A 192.0.2.8";
    let [one, other] = [["a", "b"], ["b", "a"]].map(|targets| {
        let aliases = targets.map(|target| format!("dc2.contoso.com 600 CNAME {target}.example"));
        let text = format!("{}\n{ADDRESSES}", aliases.join("\n"));
        host(Reply::Records(Box::leak(text.into_boxed_str())))
    });
    assert_eq!(one, other);
    assert!(one.present().is_some());
}

#[test]
fn aliases_in_a_circle_are_unknown() {
    let circle = Reply::Records("dc2.contoso.com 600 CNAME a.example\na.example 600 CNAME dc2.contoso.com");
    assert_eq!(host(circle), Look::Unknown(Why::Loop));
    let steps = World::new()
        .reply("dc2", "dc2.contoso.com A", Reply::Records("dc2.contoso.com 600 CNAME a.example"))
        .reply("dc2", "a.example A", Reply::Records("a.example 600 CNAME dc2.contoso.com"));
    assert_eq!(look(steps, "dc2.contoso.com"), Look::Unknown(Why::Loop));
}

#[test]
fn one_family_is_enough_and_absence_needs_both() {
    let absent = Look::Absent(Absence { nxdomain: false, authoritative: true, seconds_left: None });
    let unknown = Look::Unknown(Why::Bare);
    let present = host(Reply::Records("dc2.contoso.com 600 A 192.0.2.7"));
    let together = |a: &Look, aaaa: &Look| Both { a: a.clone(), aaaa: aaaa.clone() }.together();
    assert_eq!(together(&present, &unknown).map(|list| list.len()), Ok(1));
    assert_eq!(together(&unknown, &present).map(|list| list.len()), Ok(1));
    assert_eq!(together(&absent, &unknown), Err(Err(Why::Bare)));
    assert!(matches!(together(&absent, &absent), Err(Ok(_))));
}

#[test]
fn a_subtree_shares_the_forests_zone() {
    let zone = |world: World| {
        let evidence = world.observe();
        let inventory = inventory::derive(&evidence);
        let view = View::new(&inventory, &evidence);
        let of = |of: &str| view.zone(&inventory.servers[1], &inventory.dcs[1], &name(of)).to_string();
        (of(crate::testing::ALIAS2), of("dc2.contoso.com"))
    };
    let forest = || String::from("contoso.com");
    assert_eq!(zone(World::new()), (String::from("_msdcs.contoso.com"), forest()));
    assert_eq!(zone(World::new().remove("dc2", "_msdcs.contoso.com")), (forest(), forest()));
    let unseen = World::new().reply("dc2", "_msdcs.contoso.com SOA", Reply::Timeout);
    assert_eq!(zone(unseen).0, "_msdcs.contoso.com", "the usual case where it was not seen");
}
