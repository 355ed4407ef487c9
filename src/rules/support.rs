//! What several rules say in the same way.

use std::net::IpAddr;

use crate::base::address::address_type;
use crate::base::address::is_single;
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::config::Waiver;
use crate::findings::remedy::{self, Place};
use crate::findings::{Rule, Subject};
use crate::inventory::{Dc, Inventory, Server};
use crate::machine::is_wrong;
use crate::report::{Finding, Identity};
use crate::view::{Addresses, Ownership, View};

/// All that a rule may predict.
pub(super) fn codes(rule: &Rule) -> Vec<i64> {
    rule.predicts.to_vec()
}

/// Addresses as text, in their order.
pub(super) fn texts(addresses: &[IpAddr]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}

/// What a DC owns, of one record type or of both, as reports show it.
pub(super) fn owned(dc: &Dc, rtype: Option<RecordType>) -> Vec<String> {
    let mut owned: Vec<_> =
        dc.owns.iter().filter(|network| rtype.is_none_or(|rtype| address_type(network.ip()) == rtype)).collect();
    owned.sort_unstable();
    owned.dedup();
    let text = |network: &&ipnetwork::IpNetwork| {
        if is_single(network) { network.ip().to_string() } else { network.to_string() }
    };
    owned.iter().map(text).collect()
}

/// Why a rule about a machine says nothing.
pub(super) const NOBODY_PROVEN: &str =
    "no machine proved to be the DC (not asked, silent, unclear, or told by another rule)";

/// Why a rule about a machine that is to become a DC says nothing.
pub(super) const NO_CANDIDATE: &str = "for the command preflight";

/// Runs a rule about machines: for each RRset of addresses under a host name, with those addresses that the DC owns, or
/// of which nobody says whose they are; whatever belongs to others has rules of its own.
pub(super) fn machines<'a>(view: &View<'a>, mut judge: impl FnMut(Subject<'a>, &'a Dc, &[IpAddr], &[IpAddr])) {
    for (dc, host, server) in view.hosts() {
        for (rtype, look) in view.host(dc, server).by_type() {
            let Some(present) = look.present() else { continue };
            let concerned: Vec<IpAddr> =
                present.list.iter().copied().filter(|&address| concerns_machine(view, dc, address)).collect();
            if !concerned.is_empty() {
                judge(Subject::record(dc, server, host, rtype), dc, &concerned, &present.list);
            }
        }
    }
}

/// Whether no rule about records speaks of an address already.
pub(super) fn concerns_machine(view: &View<'_>, dc: &Dc, address: IpAddr) -> bool {
    matches!(view.ownership(dc, address), Ownership::Own | Ownership::OwnAndOthers(_) | Ownership::Unknown)
}

/// How wrong addresses under a host name are mended.
#[derive(Default)]
pub(super) struct Cure {
    /// Goes into the message: where the addresses come from, if not from a record of this server.
    pub(super) note: String,
    /// Commands and notes.
    pub(super) remedy: Vec<String>,
}

/// Commands that add addresses of a DC under its host name. What this run saw to be another machine's is not added, and
/// what the configuration gives to another DC too, or where something stands in the way, only after a look.
pub(super) fn additions(
    view: &View<'_>,
    dc: &Dc,
    server: &Server,
    host: &DnsName,
    addresses: &[IpAddr],
) -> Vec<String> {
    let place = Place::of(view, server, dc, host);
    let obstacle = obstacle(view, server, host);
    let mut lines: Vec<String> = obstacle.iter().cloned().collect();
    for &address in addresses {
        let (rtype, data) = (address_type(address), address.to_string());
        let ownership = view.ownership(dc, address);
        match ownership {
            _ if is_wrong(view.identity(dc, address)) || matches!(ownership, Ownership::Others(_)) => {
                lines.push(format!("# not to be added: {}", view.who_answers(dc, address)));
            }
            Ownership::OwnAndOthers(others) => {
                let names: Vec<&str> = others.iter().map(|other| other.label.as_str()).collect();
                lines.push(format!("# look first which DC owns {data} ({} is said to as well):", names.join(", ")));
                lines.extend(place.add_after_look(rtype, &data));
            }
            Ownership::Own if obstacle.is_some() => lines.extend(place.add_after_look(rtype, &data)),
            Ownership::Own => lines.extend(place.add(rtype, &data)),
            Ownership::Unusable(_)
            | Ownership::Others(_)
            | Ownership::Contested(_)
            | Ownership::Nobody
            | Ownership::Unknown => {}
        }
    }
    lines
}

/// What to look at before an address is added under a host name, if anything stands in the way.
pub(super) fn obstacle(view: &View<'_>, server: &Server, host: &DnsName) -> Option<String> {
    let aliases = view.alias_targets(server, host);
    if !aliases.is_empty() {
        return Some(format!(
            "# {host} is itself an alias there, of {}; look first who needs it: no address may stand beside an alias",
            aliases.join(", ")
        ));
    }
    let both = view.both(server, host);
    if both.addresses().iter().any(|&address| view.is_synthesized(server, address)) {
        return Some(format!(
            "# a wildcard answers for {host}, and no longer does once a record stands there; look first what it gives:"
        ));
    }
    read_only_note(view, server)
}

/// A server that takes no change, and where to make it instead.
pub(super) fn read_only_note(view: &View<'_>, server: &Server) -> Option<String> {
    let name = &server.name;
    if server.secondary {
        return Some(format!("# {name} holds a copy (secondary): change the record at its master instead"));
    }
    let is_here = |dc: &&Dc| view.inventory.server_on(dc).is_some_and(|on| on.index == server.index);
    let read_only = view.inventory.dcs.iter().filter(|dc| dc.read_only).find(is_here)?;
    let dc = &read_only.label;
    Some(format!("# {name} runs on {dc}, a read-only DC: change the record at the server of a writable one instead"))
}

/// Commands that add what the DC owns where no right address remains, and take wrong addresses away: the latter as
/// comments, behind what to look at first.
pub(super) fn mend(
    view: &View<'_>,
    dc: &Dc,
    server: &Server,
    host: &DnsName,
    rtype: RecordType,
    present: &Addresses,
    wrong: &[IpAddr],
) -> Cure {
    let aliases = view.alias_targets(server, host);
    // A wildcard gives nothing for a name that has a record of its own (RFC 4592 section 2.2.1), so all or none is its.
    if present.list.iter().all(|&address| view.is_synthesized(server, address)) {
        let wildcard = Place::wildcard(view, server, dc, host);
        let mut remedy = vec![String::from(NO_SUCH_RECORD)];
        match &aliases[..] {
            [] => remedy.extend(wrong.iter().flat_map(|address| wildcard.delete(rtype, &address.to_string()))),
            targets => remedy.extend(targets.iter().flat_map(|target| wildcard.delete(RecordType::CNAME, target))),
        }
        return Cure { note: SYNTHESIZED.into(), remedy };
    }
    if !present.authoritative {
        let left = present.ttls.first().copied().unwrap_or_default();
        let mut remedy = vec![String::from(MEND_ELSEWHERE)];
        remedy.extend(remedy::clear_cache(server, host));
        return Cure { note: format!(" (from a cache or another server: {left} s left)"), remedy };
    }
    let place = Place::of(view, server, dc, host);
    let right = |address| {
        matches!(view.ownership(dc, address), Ownership::Own | Ownership::OwnAndOthers(_))
            && !is_wrong(view.identity(dc, address))
    };
    let owned: Vec<IpAddr> = dc.single_addresses().filter(|&address| address_type(address) == rtype).collect();
    let right_remains = present.list.iter().any(|address| !wrong.contains(address) && right(*address));
    let mut remedy = Vec::new();
    if !aliases.is_empty() {
        // The addresses stand at the alias's target: there is nothing of that type to delete here.
        remedy.push(format!(
            "# {host} is itself an alias there; look first who needs it, and put addresses in its place only together:"
        ));
        remedy.extend(aliases.iter().flat_map(|target| place.delete(RecordType::CNAME, target)));
        let own = owned.iter().filter(|&&address| right(address));
        remedy.extend(own.flat_map(|address| place.add_after_look(rtype, &address.to_string())));
        return Cure { note: String::new(), remedy };
    }
    if right_remains {
        remedy.extend(read_only_note(view, server));
    } else {
        remedy.extend(additions(view, dc, server, host, &owned));
    }
    let remains = right_remains || remedy.iter().any(|line| !line.starts_with('#'));
    if !remains {
        remedy.extend(remedy::register_again(dc, rtype));
    }
    let condition = if remains { "" } else { "and only once a right record stands there, " };
    remedy.push(format!(
        "# look first, on {} itself: `ipconfig /all` or `ip address`; {condition}delete only what it does not own:",
        dc.label
    ));
    remedy.extend(wrong.iter().flat_map(|address| place.delete(rtype, &address.to_string())));
    Cure { note: String::new(), remedy }
}

const NO_SUCH_RECORD: &str =
    "# no such record exists, a wildcard makes it; look first what else it answers for, then remove it:";
const SYNTHESIZED: &str = ", synthesized by a wildcard";

/// What stands at the name of an alias and ought not to.
pub(super) struct Misplaced<'a> {
    /// The name of the alias.
    pub(super) alias: &'a DnsName,
    /// Type and data of each wrong record.
    pub(super) wrong: Vec<(RecordType, String)>,
    /// The right alias stands there as well.
    pub(super) right_remains: bool,
    /// The reply came with AA.
    pub(super) authoritative: bool,
}

/// Commands that leave at the name of an alias nothing but the alias that belongs there.
pub(super) fn mend_alias(view: &View<'_>, dc: &Dc, server: &Server, misplaced: &Misplaced<'_>) -> Cure {
    let Misplaced { alias, wrong, right_remains, authoritative } = misplaced;
    let made = |(rtype, data): &(RecordType, String)| match *rtype {
        RecordType::CNAME => view.is_synthesized_target(server, data),
        _ => data.parse().is_ok_and(|address| view.is_synthesized(server, address)),
    };
    let place = Place::of(view, server, dc, alias);
    let delete =
        |place: &Place| -> Vec<String> { wrong.iter().flat_map(|(rtype, data)| place.delete(*rtype, data)).collect() };
    let mut cure = Cure::default();
    if !right_remains && wrong.iter().all(made) {
        cure.note = SYNTHESIZED.into();
        cure.remedy.push(NO_SUCH_RECORD.into());
        cure.remedy.extend(delete(&Place::wildcard(view, server, dc, alias)));
    } else if !authoritative {
        cure.note = " (from a cache or another server)".into();
        cure.remedy.push(MEND_ELSEWHERE.into());
        cure.remedy.extend(remedy::clear_cache(server, alias));
        return cure;
    } else {
        cure.remedy.extend(read_only_note(view, server));
        cure.remedy.extend(look_at_guid(dc));
        cure.remedy.extend(delete(&place));
    }
    if let (Some(host), false) = (&dc.host, right_remains) {
        // An alias is added where nothing else stands, so it belongs to the deletion.
        cure.remedy.extend(place.add_after_look(RecordType::CNAME, host.as_str()));
    }
    cure
}

/// What to look at before an alias is changed.
pub(super) fn look_at_guid(dc: &Dc) -> Option<String> {
    let guid = dc.guid?;
    Some(format!(
        "# look first, on {} itself: `repadmin /showrepl` (Samba: `samba-tool drs showrepl`); only if its DSA object GUID \
         is {guid}:",
        dc.label
    ))
}

/// Whether a machine that goes by a DC's name or address has said that the DC's GUID is another's, another one, or lost.
pub(super) fn guid_is_disproved(view: &View<'_>, dc: &Dc) -> bool {
    let said = |address| {
        matches!(view.identity(dc, address), Identity::ReinstalledDc | Identity::OtherDc)
            || view.lost_settings(dc, address).is_some()
    };
    view.addresses_of(dc).into_iter().any(said)
}

/// A server without authority holds no record that could be deleted or added.
pub(super) const MEND_ELSEWHERE: &str =
    "# mend the record on the servers that have authority, then clear this server's cache:";

/// Whether a waiver is about this finding.
pub fn waiver_covers(inventory: &Inventory, waiver: &Waiver, finding: &Finding) -> bool {
    let about_dc = |word: &String| {
        let mut dcs = inventory.dcs.iter().filter(|dc| finding.dc.as_ref() == Some(&dc.label));
        dcs.any(|dc| names_dc(word, dc))
    };
    let about_server = |word: &String| {
        let mut servers = inventory.servers.iter().filter(|server| finding.server.as_ref() == Some(&server.name));
        servers.any(|server| names_server(word, server))
    };
    waiver.rule == finding.rule
        && waiver.dc.as_ref().is_none_or(about_dc)
        && waiver.server.as_ref().is_none_or(about_server)
}

/// What a waiver is about, in words.
pub(super) fn waiver_scope(waiver: &Waiver) -> String {
    let dc = waiver.dc.as_ref().map(|dc| format!(" for {dc}")).unwrap_or_default();
    let server = waiver.server.as_ref().map(|server| format!(" at {server}")).unwrap_or_default();
    format!("{}{dc}{server}", waiver.rule)
}

/// Whether a waiver's `dc` means this DC.
pub(super) fn names_dc(word: &str, dc: &Dc) -> bool {
    dc.label.eq_ignore_ascii_case(word.trim_end_matches('.'))
        || dc.guid.is_some_and(|guid| guid.to_string() == word.to_ascii_lowercase())
}

/// Whether a waiver's `server` means this server.
pub(super) fn names_server(word: &str, server: &Server) -> bool {
    std::iter::once(&server.name).chain(&server.also).any(|name| {
        let host = name.split('#').next().unwrap_or(name);
        name.eq_ignore_ascii_case(word) || host.eq_ignore_ascii_case(word)
    })
}
