//! Which forest it is.
//!
//! A hint names a domain: what this machine is configured with, the domain of a machine that was named, or that of a
//! resolver. Which forest the domain belongs to is for its domain controllers to say, and for DNS to confirm: one
//! machine that lies must not lead the run elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::machine::Machine;
use super::names;
use super::seen;
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::{Assumption, Evidence};

/// The forest, and why it is this one.
#[derive(Clone, Debug)]
pub(super) struct Forest {
    /// Its root domain.
    pub(super) name: DnsName,
    /// The domain that led to it.
    pub(super) domain: DnsName,
    /// Where both come from, in words.
    pub(super) from: String,
}

/// A domain that may belong to the forest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hint {
    pub(super) domain: DnsName,
    pub(super) source: String,
}

/// The first hint that leads anywhere.
pub(super) fn choose(evidence: &Evidence, machines: &[Machine], hints: &[Hint], named: bool) -> Option<Forest> {
    let direct = hints.iter().find_map(|hint| {
        let is_there = machines.iter().any(|machine| machine.domain.as_ref() == Some(&hint.domain))
            || is_known(evidence, &hint.domain)
            || (named && catalogs_exist(evidence, &hint.domain));
        is_there.then(|| of(evidence, machines, hint, named))
    });
    // The DNS suffix of a host may lie below the domain that it belongs to.
    direct.or_else(|| {
        hints.iter().filter(|_| !named).find_map(|hint| {
            let domain = names::with_ancestors(&hint.domain).find(|name| catalogs_exist(evidence, name))?;
            let source = format!("{}; DNS has no domain controllers of {}", hint.source, hint.domain);
            Some(of(evidence, machines, &Hint { domain, source }, named))
        })
    })
}

fn of(evidence: &Evidence, machines: &[Machine], hint: &Hint, named: bool) -> Forest {
    let Hint { domain, source } = hint;
    let found = |name: DnsName, why: String| {
        let mut from = source.clone();
        if *domain != name {
            from.push_str(&format!(": {domain}"));
        }
        if !why.is_empty() {
            from.push_str(&format!("; {why}"));
        }
        Forest { name, domain: domain.clone(), from }
    };
    if named {
        return found(domain.clone(), String::new());
    }
    for (root, hosts) in claims(machines, domain) {
        if root == *domain || is_known(evidence, &root) || catalogs_exist(evidence, &root) {
            let who = some(&hosts);
            let says = if hosts.len() == 1 { "says" } else { "say" };
            return found(root.clone(), format!("{who} {says} that {root} is the root of its forest"));
        }
    }
    match names::with_ancestors(domain).find(|name| catalogs_exist(evidence, name)) {
        Some(root) => {
            let why = format!("DNS has global catalogs under {root}; no machine said which forest it is");
            found(root, why)
        }
        None => found(domain.clone(), "no machine said which forest it is, and DNS has no global catalog".into()),
    }
}

/// The forests that machines of a domain say they stand in, with their hosts; the likeliest first.
pub(super) fn claims(machines: &[Machine], domain: &DnsName) -> Vec<(DnsName, BTreeSet<DnsName>)> {
    let mut votes: BTreeMap<DnsName, BTreeSet<DnsName>> = BTreeMap::new();
    for machine in machines.iter().filter(|machine| machine.domain.as_ref() == Some(domain)) {
        if let Some(root) = &machine.root {
            votes.entry(root.clone()).or_default().insert(machine.host.clone());
        }
    }
    let mut votes: Vec<_> = votes.into_iter().collect();
    votes.sort_by_key(|(root, hosts)| (std::cmp::Reverse(hosts.len()), !domain.is_within(root)));
    votes
}

/// Whether DNS has DCs of a domain.
pub(super) fn is_known(evidence: &Evidence, domain: &DnsName) -> bool {
    seen::exists(evidence, &names::controllers(domain), RecordType::SRV)
}

/// Whether DNS has global catalogs under a name: it is the root of a forest.
fn catalogs_exist(evidence: &Evidence, name: &DnsName) -> bool {
    names::catalogs(name).iter().any(|name| seen::exists(evidence, name, RecordType::SRV))
}

/// Machines that state another forest than the one that was chosen.
pub(super) fn strangers(machines: &[Machine], forest: &Forest) -> Vec<Assumption> {
    let strangers = machines.iter().filter(|machine| machine.root.as_ref() != Some(&forest.name));
    let words = |machine: &Machine| match &machine.root {
        Some(root) => format!("the machine there calls itself {} and says that its forest is {root}", machine.host),
        None => format!("the machine there calls itself {} and states no forest, or two", machine.host),
    };
    strangers.map(|machine| super::left_out(&machine.address, words(machine))).collect()
}

/// A few of them by name.
pub(super) fn some<T: ToString>(items: &BTreeSet<T>) -> String {
    let mut text = items.iter().take(3).map(T::to_string).collect::<Vec<_>>().join(", ");
    if items.len() > 3 {
        text.push_str(&format!(" and {} more", items.len() - 3));
    }
    text
}
