use std::collections::{BTreeMap, BTreeSet};

use super::{MEND_ELSEWHERE, read_only_note};
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::{Flags, Outcome, Rdata, Record, Store, Transfer};
use crate::findings::remedy::{self, Place};
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::Server;
use crate::jobs::gone::{self, Former, Item};
use crate::view::apex;
use crate::view::{Standing, View};

rule! {
    /// A record still names a domain controller that was demoted.
    ///
    /// # What it checks
    /// Only in `guidpost gone`. Asks every server for the alias of the former DC's GUID, for its host name, for the names
    /// that hold the addresses of several DCs (forest, domains, application partitions, gc._msdcs), for every service
    /// record that a DC registers, generic and of each known site, for the name servers of the zones, and for the reverse
    /// records of its addresses; and transfers whole zones where a server allows it. Every record fails that has the GUID
    /// or the host name as its owner, an alias, NS, PTR or SRV record that names the host, and its address under a shared
    /// name. An address that a live DC has now is no leftover, and the same address under another host's name neither.
    ///
    /// # Why it matters
    /// Clients and replication partners go on looking for the DC and wait until they give up. Where its address has a new
    /// owner they reach the wrong machine: error 1753, or -2146893022 where that is a domain controller.
    ///
    /// # How to fix
    /// Delete the records; each finding has the command. If the DC was not demoted in an orderly way, remove its metadata
    /// first (`ntdsutil`, `samba-tool domain demote --remove-other-dead-server`), or the directory registers some of them
    /// again. `nltest /dsderegdns` leaves host and address records.
    ///
    /// # References
    /// Microsoft: Clean up Active Directory Domain Controller server metadata. MS-ADTS 6.3.2.3. Samba: remove_dc.py.
    "leftover-record", Change, Warning, needs: [Canaries, Identity, Former, Zones], predicts: [],
    flags: [about_departed]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(former) = Former::of(view) else { return };
    let everywhere = Subject { dc: Some(&former.dc), ..Subject::default() };
    if !former.live.is_empty() {
        let what = former.live.join(", ");
        sink.unknown(
            everywhere,
            format!("{what} is still configured as a DC: move it from `domain_controllers:` to `retired:` first"),
        );
    }
    for (name, rtype, why) in gone::gaps(view, &former) {
        sink.unknown(Subject { name: Some(&name), rtype: Some(rtype), ..everywhere }, why);
    }
    for server in view.blocked_servers() {
        sink.unknown(Subject { server: Some(server), ..everywhere }, blocked(view.standing(server)));
    }
    for server in view.good_servers() {
        let left = left(view, &former, server);
        for ((name, rtype), found) in &left {
            let subject = Subject { server: Some(server), name: Some(name), rtype: Some(*rtype), ..everywhere };
            sink.fail(subject, draft(view, &former, server, (name, *rtype), found));
        }
        for (name, rtype) in former.questions(view.inventory) {
            if left.contains_key(&(name.clone(), rtype)) {
                continue;
            }
            let subject = Subject { server: Some(server), name: Some(&name), rtype: Some(rtype), ..everywhere };
            match view.why_unseen(server, &name, rtype) {
                None => sink.pass(subject),
                // Whatever stands there, nobody sees it at this server.
                Some(why) if rtype == RecordType::PTR && why.is_not_served() => {
                    sink.not_applicable("the server does not answer for the reverse zone of an address");
                }
                Some(why) => sink.unknown(subject, why.to_string()),
            }
        }
    }
}

fn blocked(standing: &Standing) -> &'static str {
    match standing {
        Standing::Silent(_) => "the server does not answer: nothing could be seen there",
        Standing::Refusing { .. } => "the server refuses everything about the forest: nothing could be seen there",
        Standing::OutsideForest { .. } => "the server does not know the forest: nothing could be seen there",
        Standing::Unresolved => "the server has no address here: nothing could be seen there",
        Standing::NotAsked | Standing::Good => "the run ended before the server had answered",
    }
}

/// What is left of one RRset.
#[derive(Default)]
struct Found {
    data: BTreeSet<String>,
    authoritative: bool,
}

/// Every record at a server that names the former DC, whether it was asked for or came with a whole zone.
fn left(view: &View<'_>, former: &Former, server: &Server) -> BTreeMap<(DnsName, RecordType), Found> {
    let mut left: BTreeMap<(DnsName, RecordType), Found> = BTreeMap::new();
    let (evidence, store) = (view.evidence, &view.evidence.store);
    let Some(address) = server.address else { return left };
    let mut take = |owner: DnsName, record: &Record, authoritative: bool| {
        let found = left.entry((owner, record.data.rtype())).or_default();
        found.data.insert(text(store, &record.data));
        found.authoritative |= authoritative;
    };
    for (_, answer) in evidence.column(address).into_iter().flat_map(|column| column.answers()) {
        let body = answer.body.filter(|_| matches!(answer.outcome, Outcome::Reply | Outcome::Truncated(_)));
        let authoritative = answer.flags.has(Flags::AA);
        for record in body.map_or(&[][..], |body| store.body(body).answers) {
            let Ok(owner) = DnsName::from_presentation(store.lower(record.owner)) else { continue };
            // The name of a zone exists, so no wildcard answers for it; for every other name a wildcard answers only
            // where there is no record, and then it is the one that is left.
            if !former.domains.contains(&owner) && gone::is_synthesized(view, address, record) {
                if view.inventory.canaries.contains(&owner) && former.is_target_of(store, record) {
                    take(owner.parent().unwrap_or(owner).child("*"), record, authoritative);
                }
            } else if former.is_named_by(store, record) {
                take(owner, record, authoritative);
            }
        }
    }
    for ((_, _), transfer) in evidence.transfers.iter().filter(|((at, _), _)| *at == address) {
        if let Transfer::Whole(records) = transfer {
            for record in records.iter().filter(|record| former.is_named_by(store, record)) {
                if let Ok(owner) = DnsName::from_presentation(store.lower(record.owner)) {
                    take(owner, record, true);
                }
            }
        }
    }
    left
}

/// Data as removal commands take it; names in lower case.
fn text(store: &Store, data: &Rdata) -> String {
    match *data {
        Rdata::A(address) => address.to_string(),
        Rdata::Aaaa(address) => address.to_string(),
        Rdata::Cname(target) | Rdata::Ns(target) | Rdata::Ptr(target) => store.lower(target).to_owned(),
        Rdata::Srv { priority, weight, port, target } => format!("{priority} {weight} {port} {}", store.lower(target)),
        // None of these names a DC.
        Rdata::Soa(_) | Rdata::Other { .. } => String::new(),
    }
}

fn draft(
    view: &View<'_>,
    former: &Former,
    server: &Server,
    (name, rtype): (&DnsName, RecordType),
    found: &Found,
) -> Draft {
    let data: Vec<String> = found.data.iter().cloned().collect();
    let item = Item::of(view.inventory, former, name, rtype);
    let what = match item {
        Item::Alias => "the alias of the former DC is left",
        Item::Host if rtype == RecordType::CNAME && !former.hosts.contains(name) => "an alias leads to the former DC",
        Item::Host => "the host name of the former DC still has a record",
        Item::Apex | Item::Gc => "an address of the former DC is left among those of the DCs",
        Item::Srv => "a service record still names the former DC",
        Item::Ns => "the former DC is still a name server of the zone",
        Item::Ptr => "a reverse record still names the former DC",
    };
    let mut remedy = Vec::new();
    let mut note = "";
    if found.authoritative {
        remedy.extend(read_only_note(view, server));
        remedy.push(match item {
            Item::Host if rtype != RecordType::CNAME => {
                format!("# look first whether the machine lives on as {name}, as a member server; if it does not:")
            }
            Item::Alias | Item::Host => format!("# look first whether anybody still uses {name}; if nobody does:"),
            // Others use these names, or their address, as well.
            Item::Apex | Item::Gc => {
                "# look first whether another domain controller has the address now; if not:".into()
            }
            Item::Srv | Item::Ns | Item::Ptr => {
                "# look first whether the machine that it names lives on and still serves; if it does not:".into()
            }
        });
        let place = Place::within(server, &zone(view, former, server, name), name);
        remedy.extend(data.iter().flat_map(|data| place.delete(rtype, data)));
    } else {
        note = " (from a cache or another server)";
        remedy.push(MEND_ELSEWHERE.into());
        remedy.extend(remedy::clear_cache(server, name));
    }
    Draft {
        expected: vec!["no record".into()],
        message: format!("{what}: {}{note}", data.join(", ")),
        actual: data,
        remedy,
        ..Draft::default()
    }
}

/// The zone that a name stands in at a server, as far as the server shows it.
fn zone(view: &View<'_>, former: &Former, server: &Server, name: &DnsName) -> DnsName {
    let held = former.zones(view.inventory).into_iter().filter(|zone| view.holds_zone(server, zone) == Some(true));
    let transferred = view
        .evidence
        .transfers
        .iter()
        .filter(|((at, _), transfer)| Some(*at) == server.address && matches!(transfer, Transfer::Whole(_)));
    let transferred = transferred.map(|((_, zone), _)| zone.clone());
    let said = server.address.and_then(|address| apex(view.evidence, address, name));
    let zones = held.chain(transferred).chain(said).filter(|zone| name.is_within(zone));
    zones.max_by_key(|zone| zone.as_str().len()).or_else(|| name.parent()).unwrap_or_else(|| name.clone())
}

#[cfg(test)]
mod tests;
