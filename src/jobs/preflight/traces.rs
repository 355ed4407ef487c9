//! What servers hold of a candidate already: every record of every answer that names it, or one of its addresses.

use std::collections::BTreeMap;

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::{Candidate, Flags, Outcome, Rdata, Record};
use crate::inventory::Server;
use crate::view::{View, Why};

/// Records of one name and type at one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Owner name.
    pub owner: DnsName,
    /// Record type.
    pub rtype: RecordType,
    /// The rdata of each of them, as reports show it, sorted.
    pub data: Vec<String>,
    /// A reply with AA held them.
    pub authoritative: bool,
}

/// Every record at a server that stands under the candidate's name though it should not, or leads to that name.
///
/// A host record that holds nothing but the candidate's own addresses is as it should be: a member server has it.
pub fn name_traces(view: &View<'_>, server: &Server, candidate: &Candidate) -> Vec<Trace> {
    let host = candidate.host.as_str();
    let store = &view.evidence.store;
    collect(view, server, |record| {
        let own = store.lower(record.owner) == host;
        match record.data {
            Rdata::A(_) | Rdata::Aaaa(_) => {
                let address = record.data.address()?;
                let wrong = own && !candidate.addresses.contains(&address) && !view.is_synthesized(server, address);
                wrong.then(|| address.to_string())
            }
            Rdata::Cname(target) => {
                let target = store.lower(target);
                let synthesized = view.is_synthesized_target(server, target);
                ((own || target == host) && !synthesized).then(|| target.to_owned())
            }
            Rdata::Ns(target) => (store.lower(target) == host).then(|| host.to_owned()),
            Rdata::Srv { priority, weight, port, target } => {
                (store.lower(target) == host).then(|| format!("{priority} {weight} {port} {host}"))
            }
            Rdata::Ptr(_) | Rdata::Soa(_) | Rdata::Other { .. } => None,
        }
    })
}

/// Every record at a server that gives one of the candidate's addresses to another name.
pub fn address_traces(view: &View<'_>, server: &Server, candidate: &Candidate) -> Vec<Trace> {
    let host = candidate.host.as_str();
    let store = &view.evidence.store;
    let reverse: Vec<DnsName> = super::reverse_names(candidate).map(|(_, name)| name).collect();
    let own_names: Vec<&DnsName> = view
        .inventory
        .dcs
        .iter()
        .filter(|dc| dc.host.as_ref() == Some(&candidate.host))
        .flat_map(|dc| &dc.other_names)
        .collect();
    let is_own = |name: &str| name == host || own_names.iter().any(|own| own.as_str() == name);
    collect(view, server, |record| match record.data {
        Rdata::A(_) | Rdata::Aaaa(_) => {
            let address = record.data.address()?;
            let taken = candidate.addresses.contains(&address)
                && !is_own(store.lower(record.owner))
                && !view.is_synthesized(server, address);
            taken.then(|| address.to_string())
        }
        Rdata::Ptr(target) => {
            let owner = store.lower(record.owner);
            let target = store.lower(target);
            (reverse.iter().any(|name| name.as_str() == owner) && !is_own(target)).then(|| target.to_owned())
        }
        Rdata::Cname(_) | Rdata::Ns(_) | Rdata::Soa(_) | Rdata::Srv { .. } | Rdata::Other { .. } => None,
    })
}

/// The questions of a list to which a server gave no word about the data, with the first reason.
pub fn unanswered(view: &View<'_>, server: &Server, questions: &[(DnsName, RecordType)]) -> Option<(usize, Why)> {
    let mut silent = questions.iter().filter_map(|(name, rtype)| view.why_unseen(server, name, *rtype));
    let first = silent.next()?;
    Some((1 + silent.count(), first))
}

/// Goes through the ANSWER section of every reply of a server; `told` gives the rdata of the records that count.
fn collect(view: &View<'_>, server: &Server, told: impl Fn(&Record) -> Option<String>) -> Vec<Trace> {
    let evidence = view.evidence;
    let store = &evidence.store;
    let Some(column) = server.address.and_then(|address| evidence.column(address)) else { return Vec::new() };
    let mut found: BTreeMap<(String, RecordType), Trace> = BTreeMap::new();
    for (question, answer) in column.answers() {
        let whole = answer.outcome == Outcome::Reply && matches!(answer.rcode, 0 | 3);
        let Some(body) = answer.body.filter(|_| whole && evidence.question(question).recursion) else { continue };
        for record in store.body(body).answers {
            let Some(data) = told(record) else { continue };
            let Ok(owner) = DnsName::from_presentation(store.lower(record.owner)) else { continue };
            let rtype = record.data.rtype();
            let trace = found.entry((owner.to_string(), rtype)).or_insert_with(|| Trace {
                owner,
                rtype,
                data: Vec::new(),
                authoritative: false,
            });
            trace.data.push(data);
            trace.authoritative |= answer.flags.has(Flags::AA);
        }
    }
    let mut traces: Vec<Trace> = found.into_values().collect();
    for trace in &mut traces {
        trace.data.sort();
        trace.data.dedup();
    }
    traces
}
