//! Questions to one server, each once. Nothing here sees what any other server said.

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::{Answer, Ask, Column, Evidence, NameId, Rdata, Record};
use crate::inventory::Server;
use crate::jobs::gone::Former;

/// The questions found so far, and what is already settled at this server.
pub(super) struct Asks<'a> {
    evidence: &'a Evidence,
    column: Option<&'a Column>,
    /// The former DC of the run, if anybody wants to know.
    pub(super) former: Option<&'a Former>,
    new: Vec<Ask>,
}

impl<'a> Asks<'a> {
    pub(super) fn new(evidence: &'a Evidence, server: &Server, former: Option<&'a Former>) -> Self {
        let column = server.address.and_then(|address| evidence.column(address));
        Self { evidence, column, former, new: Vec::new() }
    }

    /// In no particular order, and some perhaps more than once.
    pub(super) fn into_new(self) -> Vec<Ask> {
        self.new
    }

    /// Asks unless it is settled.
    pub(super) fn ask(&mut self, name: &DnsName, rtype: RecordType) {
        self.add(name, rtype, true);
    }

    /// The same where the name's id has been looked up.
    pub(super) fn ask_about(&mut self, name: &DnsName, id: Option<NameId>, rtype: RecordType) {
        if self.answer(id, rtype, true).is_none() {
            self.new.push(Ask { name: name.clone(), rtype, recursion: true });
        }
    }

    /// The same with recursion or without.
    pub(super) fn add(&mut self, name: &DnsName, rtype: RecordType, recursion: bool) {
        if self.answer(self.id(name), rtype, recursion).is_none() {
            self.new.push(Ask { name: name.clone(), rtype, recursion });
        }
    }

    /// Whether a record stands under the very name of a question, not under one that an alias led to.
    pub(super) fn is_own(&self, record: &Record, name: Option<NameId>) -> bool {
        Some(self.evidence.store.folded(record.owner)) == name
    }

    /// The id of a name; a name that was never seen was never asked.
    pub(super) fn id(&self, name: &DnsName) -> Option<NameId> {
        self.evidence.store.find_name(name.as_str())
    }

    /// How a question ended.
    fn answer(&self, name: Option<NameId>, rtype: RecordType, recursion: bool) -> Option<&'a Answer> {
        self.column?.answer(self.evidence.question_about(name?, rtype, recursion)?)
    }

    /// The ANSWER section of the reply to a question; empty without a reply.
    pub(super) fn records(&self, name: Option<NameId>, rtype: RecordType) -> &'a [Record] {
        let body = self.answer(name, rtype, true).and_then(|answer| answer.body);
        body.map_or(&[], |body| self.evidence.store.body(body).answers)
    }

    /// Whether the server replied NOERROR without a record of this type: the name exists, or the reply says nothing.
    pub(super) fn is_there_without(&self, name: Option<NameId>, rtype: RecordType) -> bool {
        self.answer(name, rtype, true).is_some_and(|answer| answer.replied() && answer.rcode == 0)
            && !self.records(name, rtype).iter().any(|record| record.data.rtype() == rtype)
    }

    /// Asks for the addresses of every alias target that the reply to a question names, at the same server, and of the
    /// targets that those replies name.
    pub(super) fn ask_targets(&mut self, name: Option<NameId>, rtype: RecordType) {
        let mut found = self.targets(name, rtype);
        let mut followed = 0;
        while let Some(&target) = found.get(followed).filter(|_| followed < MAX_TARGETS) {
            followed += 1;
            for rtype in [RecordType::A, RecordType::AAAA] {
                if self.answer(Some(target), rtype, true).is_none()
                    && let Some(name) = self.parse(target)
                {
                    self.ask_about(&name, Some(target), rtype);
                }
                for next in self.targets(Some(target), rtype) {
                    if !found.contains(&next) {
                        found.push(next);
                    }
                }
            }
        }
    }

    /// The alias targets in the reply to a question, sorted: their order on the wire says nothing.
    fn targets(&self, name: Option<NameId>, rtype: RecordType) -> Vec<NameId> {
        let store = &self.evidence.store;
        let targets = self.records(name, rtype).iter().filter_map(|record| match record.data {
            Rdata::Cname(target) => Some(store.folded(target)),
            _ => None,
        });
        let mut targets: Vec<NameId> = targets.collect();
        targets.sort_unstable_by_key(|&target| store.name(target));
        targets.dedup();
        targets
    }

    /// A name of the store as one that can be asked, which the root is not.
    fn parse(&self, name: NameId) -> Option<DnsName> {
        DnsName::from_presentation(self.evidence.store.name(name)).ok()
    }
}

/// How many names behind one name are followed. A locator record has one; a server that makes up more and more of them
/// must not keep the run busy.
pub(super) const MAX_TARGETS: usize = 16;
