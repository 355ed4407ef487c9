//! After a demotion: what a former DC was, where its records may be left, and the checklist that says where none is.

mod former;
mod names;
mod subject;

use crate::base::dns::RecordType;
use crate::base::dns::rcode_name;
use crate::base::name::DnsName;
use crate::evidence::Transfer;
use crate::findings::Outcomes;
use crate::inventory::Inventory;
use crate::report::{ChecklistItem, Finding, ItemStatus, Outcome};
use crate::view::View;
use crate::view::{apex, is_whole};
pub use former::{Former, is_synthesized};
pub use names::Item;
pub use subject::{DepartedError, check_words, departed, departed_of};

/// What could not be looked for, because nobody knows it: a name and type that stands for it, and why.
pub fn gaps(view: &View<'_>, former: &Former) -> Vec<(DnsName, RecordType, String)> {
    let inventory = view.inventory;
    let mut gaps = Vec::new();
    if former.hosts.is_empty() {
        let why = "no host name of the former DC is known, so its host, service and name server records could not be \
                   looked for: nothing in them names a GUID or an address; name the host, too";
        gaps.push((inventory.msdcs.child("dc").child("_tcp").child("_ldap"), RecordType::SRV, why.to_owned()));
    }
    if former.aliases.is_empty() && !former.hosts.is_empty() {
        let hidden: Vec<&str> = view
            .good_servers()
            .filter(|server| {
                let zone =
                    server.address.and_then(|address| Some((address, apex(view.evidence, address, &inventory.msdcs)?)));
                !zone.is_some_and(|(address, zone)| is_whole(view.evidence, address, &zone))
            })
            .map(|server| server.name.as_str())
            .collect();
        if !hidden.is_empty() {
            let why = format!(
                "the GUID of the former DC is not known, and {} {} nobody see all of {}: its alias could not be looked for; \
                 name the GUID, too",
                hidden.join(", "),
                if hidden.len() == 1 { "lets" } else { "let" },
                inventory.msdcs
            );
            gaps.push((inventory.msdcs.clone(), RecordType::CNAME, why));
        }
    }
    if former.addresses.is_empty() && former.passed_on.is_empty() {
        let why = "no address of the former DC is known, so its addresses under the names that DCs share, and its reverse \
                   records, could not be looked for; name its addresses, too";
        gaps.push((inventory.forest.clone(), RecordType::A, why.to_owned()));
    }
    gaps
}

/// The checklist: one item for each kind of record, and one about the zones that were seen as a whole.
pub fn checklist(view: &View<'_>, findings: &[Finding], outcomes: &Outcomes) -> Vec<ChecklistItem> {
    let Some(rule) = outcomes.rules.iter().find(|rule| rule.traits.about_departed).map(|rule| rule.name) else {
        return Vec::new();
    };
    let Some(former) = Former::of(view).filter(|_| !outcomes.off.contains_key(rule)) else { return Vec::new() };
    let findings: Vec<&Finding> = findings.iter().filter(|finding| finding.rule == rule).collect();
    let mut items: Vec<ChecklistItem> =
        Item::ALL.into_iter().map(|item| of_records(view, &former, item, &findings)).collect();
    items.push(of_transfers(view));
    items.into_iter().map(|item| ChecklistItem { rules: vec![rule.into()], ..item }).collect()
}

fn of_records(view: &View<'_>, former: &Former, item: Item, findings: &[&Finding]) -> ChecklistItem {
    let about = |finding: &&&Finding| item_of(view.inventory, former, finding).is_none_or(|of| of == item);
    let chosen = |outcome| findings.iter().filter(about).filter(move |finding| finding.outcome == outcome);
    let at = |finding: &Finding| finding.server.as_ref().map(|server| format!(" at {server}")).unwrap_or_default();
    let mut details: Vec<String> = chosen(Outcome::Fail)
        .map(|finding| {
            let (name, rtype) = (finding.name.as_deref().unwrap_or("?"), finding.rtype.as_deref().unwrap_or("?"));
            format!("{name} {rtype} {}{}", finding.actual.join(", "), at(finding))
        })
        .collect();
    let (left, unseen) = (details.len(), chosen(Outcome::Unknown).count());
    let mut reasons: Vec<String> =
        chosen(Outcome::Unknown).map(|finding| format!("{}{}", finding.message, at(finding))).collect();
    reasons.sort();
    reasons.dedup();
    let (status, reason) = match (left, unseen) {
        (1.., 0) => (ItemStatus::Fail, format!("{left} left")),
        (1.., _) => (ItemStatus::Fail, format!("{left} left, and not all could be seen: {}", summary(&reasons))),
        (0, 1..) => (ItemStatus::NotChecked, summary(&reasons)),
        (0, 0) if view.good_servers().next().is_none() => (ItemStatus::NotChecked, "no server can be judged".into()),
        (0, 0) if item == Item::Ptr && !is_reverse_served(view, former) => {
            (ItemStatus::NotChecked, "no server of this run has the reverse zone of its addresses".into())
        }
        (0, 0) => (ItemStatus::Pass, String::new()),
    };
    details.sort();
    details.extend(notes(former, item));
    let (name, title) = words(item);
    ChecklistItem { item: name.into(), title: title.into(), status, reason, details, rules: Vec::new() }
}

/// Whether some server answers for the reverse name of each address.
fn is_reverse_served(view: &View<'_>, former: &Former) -> bool {
    former.addresses.iter().all(|&address| {
        let name = DnsName::reverse(address);
        view.good_servers().any(|server| view.why_unseen(server, &name, RecordType::PTR).is_none())
    })
}

/// The first reason, and how many others there are.
fn summary(reasons: &[String]) -> String {
    match reasons {
        [] => String::new(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

/// The item that a finding belongs to; `None` for one about a whole server, or about the subject itself.
fn item_of(inventory: &Inventory, former: &Former, finding: &Finding) -> Option<Item> {
    let name = DnsName::from_presentation(finding.name.as_deref()?).ok()?;
    let rtype = RecordType::parse(finding.rtype.as_deref()?)?;
    Some(Item::of(inventory, former, &name, rtype))
}

fn words(item: Item) -> (&'static str, &'static str) {
    match item {
        Item::Alias => ("alias", "No alias of its GUID is left"),
        Item::Host => ("host", "No address stands under its host name, and no alias leads there"),
        Item::Apex => ("apex", "Its addresses stand under no name of the forest, a domain or an application partition"),
        Item::Gc => ("gc", "Its addresses are not among those of the global catalogs"),
        Item::Srv => ("srv", "No service record names it, generic or of a known site"),
        Item::Ns => ("ns", "It is name server of no zone"),
        Item::Ptr => ("ptr", "No reverse record of its addresses names it"),
    }
}

/// What was looked for, and what was left alone.
fn notes(former: &Former, item: Item) -> Vec<String> {
    let mut notes = Vec::new();
    match item {
        Item::Alias => {
            notes.extend(former.aliases.iter().map(|alias| format!("looked for {alias}")));
            notes.extend(former.retired.iter().map(|what| format!("{what} is listed under `retired:`")));
        }
        Item::Host => notes.extend(former.hosts.iter().map(|host| format!("looked for {host}"))),
        Item::Srv if !former.hosts.is_empty() => {
            let sites: Vec<&str> = former.sites.iter().map(String::as_str).collect();
            notes.push(format!("sites: {}", sites.join(", ")));
        }
        Item::Apex | Item::Ptr => {
            notes.extend(former.addresses.iter().map(|address| format!("looked for {address}")));
            let passed_on = former.passed_on.iter();
            notes.extend(passed_on.map(|(address, dc)| format!("{address} belongs to {dc} now, and was left alone")));
        }
        Item::Srv | Item::Gc | Item::Ns => {}
    }
    notes
}

/// At how many servers every zone that they have authority for was seen as a whole.
fn of_transfers(view: &View<'_>) -> ChecklistItem {
    let servers = &view.inventory.servers;
    let mut whole = 0;
    let mut details = Vec::new();
    for server in servers {
        let here = view.evidence.transfers.iter().filter(|((at, _), _)| Some(*at) == server.address);
        let (mut all, mut any) = (true, false);
        for ((_, zone), transfer) in here {
            let ended = match transfer {
                Transfer::Whole(records) => format!("all {} records seen", records.len()),
                Transfer::Refused(rcode) => format!("not allowed ({})", rcode_name(*rcode)),
                Transfer::Failed(why) => why.clone(),
            };
            details.push(format!("{zone} at {}: {ended}", server.name));
            (all, any) = (all && matches!(transfer, Transfer::Whole(_)), true);
        }
        whole += usize::from(all && any);
    }
    let done = whole == servers.len() && whole > 0;
    let reason = format!("whole zones were seen at {whole} of {} servers", servers.len());
    let rest = "; elsewhere only the names that guidpost knows could be asked for";
    ChecklistItem {
        item: "transfer".into(),
        title: "The zones were seen as a whole".into(),
        status: if done { ItemStatus::Pass } else { ItemStatus::NotChecked },
        reason: if done { reason } else { reason + rest },
        details,
        rules: Vec::new(),
    }
}
