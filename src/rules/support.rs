//! What several rules say in the same way.

use std::net::IpAddr;

use super::{Addresses, Rule, View};
use crate::config::Waiver;
use crate::evidence::RecordType;
use crate::inventory::{Dc, Server, is_single};
use crate::name::DnsName;
use crate::remedy::{self, Place, address_type};
use crate::report::Finding;

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

/// How wrong addresses under a host name are mended.
#[derive(Default)]
pub(super) struct Cure {
    /// Goes into the message: where the addresses come from, if not from a record of this server.
    pub(super) note: String,
    /// Commands and notes.
    pub(super) remedy: Vec<String>,
}

impl Cure {
    /// The same commands, under the condition that a person looks first.
    pub(super) fn only_if_foreign(mut self, dc: &Dc) -> Vec<String> {
        let condition = format!(
            "# compare with `ipconfig /all` or `ip address` on {}; delete only what it does not own:",
            dc.label
        );
        self.remedy.insert(0, condition);
        self.remedy
    }
}

/// Commands that take wrong addresses away and, where no right one remains, add what the DC owns.
pub(super) fn mend(
    view: &View<'_>,
    dc: &Dc,
    server: &Server,
    host: &DnsName,
    rtype: RecordType,
    present: &Addresses,
    wrong: &[IpAddr],
) -> Cure {
    if wrong.iter().any(|&address| view.is_synthesized(server, address)) {
        let wildcard = Place::wildcard(view, server, dc, host);
        let mut remedy = vec![String::from("# no such record exists; remove the wildcard that makes it:")];
        for address in wrong {
            remedy.extend(wildcard.delete(rtype, &address.to_string()));
        }
        return Cure { note: ", synthesized by a wildcard".into(), remedy };
    }
    if !present.authoritative {
        let left = present.ttls.first().copied().unwrap_or_default();
        let mut remedy =
            vec![String::from("# mend the record on the servers that have authority, then clear this server's cache:")];
        remedy.extend(remedy::clear_cache(server, host));
        return Cure { note: format!(" (from a cache or another server: {left} s left)"), remedy };
    }
    let place = Place::of(view, server, dc, host);
    let mut remedy = Vec::new();
    for address in wrong {
        remedy.extend(place.delete(rtype, &address.to_string()));
    }
    if !present.list.iter().any(|&address| dc.owns(address)) {
        for address in dc.single_addresses().filter(|&address| address_type(address) == rtype) {
            remedy.extend(place.add(rtype, &address.to_string()));
        }
    }
    Cure { note: String::new(), remedy }
}

/// Whether a waiver is about this finding.
pub fn waiver_covers(waiver: &Waiver, finding: &Finding) -> bool {
    let same = |wanted: &Option<String>, actual: &Option<String>| {
        wanted.as_ref().is_none_or(|wanted| {
            actual.as_ref().is_some_and(|actual| {
                actual.eq_ignore_ascii_case(wanted.trim_end_matches('.')) || actual.split('#').next() == Some(wanted)
            })
        })
    };
    waiver.rule == finding.rule && same(&waiver.dc, &finding.dc) && same(&waiver.server, &finding.server)
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
    server.name == word || server.name.split('#').next() == Some(word) || server.also.iter().any(|also| also == word)
}
