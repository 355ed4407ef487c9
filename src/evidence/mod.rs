//! The model of what was seen: every question with every server's answer, nothing concluded.
//!
//! Evidence can be saved ([`mod@file`]) and judged again later, by the same code, to the same report. No type of the DNS
//! library and no input or output passes this border.

mod ask;
pub mod file;
mod local;
pub mod probe;
mod purpose;
mod run;
mod store;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::config::Config;
pub use ask::{Ask, MAX_ROUNDS, Plan};
pub use local::{
    DomainHint, Interface, InterfaceAddress, LocalRecord, LocalResolver, LocalStage, LocalView, LookedUp, NameLine,
};
pub use purpose::{Assumption, Candidate, Departed, Inquiry, Layer, Port, PortState, Purpose, Transfer};
pub use run::{Incomplete, Tool};
pub use store::{Body, BodyId, NameId, OctetsId, Rdata, Record, Soa, SoaId, Store};

impl Rdata {
    /// The type of a record with this data.
    pub fn rtype(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::AAAA,
            Self::Cname(_) => RecordType::CNAME,
            Self::Ns(_) => RecordType::NS,
            Self::Ptr(_) => RecordType::PTR,
            Self::Soa(_) => RecordType::SOA,
            Self::Srv { .. } => RecordType::SRV,
            Self::Other { rtype, .. } => *rtype,
        }
    }

    /// The address of an A or AAAA record.
    pub fn address(&self) -> Option<IpAddr> {
        match *self {
            Self::A(address) => Some(address.into()),
            Self::Aaaa(address) => Some(address.into()),
            _ => None,
        }
    }
}

/// What is asked of a server; class IN always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// Owner name, in lower case.
    pub name: NameId,
    /// Record type.
    pub rtype: RecordType,
    /// RD flag: set as a client would, clear to see whether the server itself has authority.
    pub recursion: bool,
}

/// Index of a question in [`Evidence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionId(u32);

/// How one question ended at one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether and why there is, or is no, reply.
    pub outcome: Outcome,
    /// Header flags of the reply.
    pub flags: Flags,
    /// Response code, extended by EDNS (RFC 6891 section 6.1.3).
    pub rcode: u16,
    /// What carried the reply.
    pub transport: Transport,
    /// How often the question was sent over UDP; 0 when it was not asked.
    pub tries: u8,
    /// Time from the send that the reply answers to the reply, in microseconds.
    pub rtt_us: u32,
    /// The sections of the reply.
    pub body: Option<BodyId>,
}

/// Whether a question was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// A whole reply.
    Reply,
    /// A truncated reply, and TCP failed in this way: the data is not to be trusted as complete.
    Truncated(Lost),
    /// No reply.
    Lost(Lost),
    /// The question was never sent.
    NotAsked(NotAsked),
}

/// Why no reply came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lost {
    /// Nothing came in time.
    Timeout,
    /// The machine says that nothing listens on the port, or closed the connection.
    Closed,
    /// The network says that there is no way.
    Unreachable,
    /// Something came that is no DNS reply to this question.
    Malformed,
    /// This process had no socket left; that says nothing about the server.
    NoSocket,
}

/// Why a question was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotAsked {
    /// The server had answered nothing so far, or nothing any more.
    Silent,
    /// Nothing listens on the server's port.
    Closed,
    /// There is no way to the server.
    Unreachable,
    /// This process had no socket left; that says nothing about the server.
    NoSocket,
    /// The run's deadline passed.
    Deadline,
    /// The run was interrupted.
    Interrupted,
}

/// What carried a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// One datagram.
    Udp,
    /// A connection, after truncation.
    Tcp,
}

/// Header flags of a reply (RFC 1035 section 4.1.1, RFC 4035 section 3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u8);

impl Flags {
    /// Authoritative answer.
    pub const AA: Self = Self(1);
    /// Truncated.
    pub const TC: Self = Self(2);
    /// Recursion desired, echoed.
    pub const RD: Self = Self(4);
    /// Recursion available.
    pub const RA: Self = Self(8);
    /// Authentic data.
    pub const AD: Self = Self(16);

    /// Every flag with its name, in the order of the header.
    pub const ALL: [(Self, &'static str); 5] =
        [(Self::AA, "aa"), (Self::TC, "tc"), (Self::RD, "rd"), (Self::RA, "ra"), (Self::AD, "ad")];

    /// Both sets together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What one server said, and how the conversation with it ended.
#[derive(Clone, Debug)]
pub struct Column {
    /// Where it was asked.
    pub address: SocketAddr,
    /// What the operating system said when the server could not be asked.
    pub trouble: Option<String>,
    /// By question; `None` where the question was not put to this server.
    cells: Vec<Option<Answer>>,
    /// Replies that were malformed or unusual, as they came, by question.
    pub raw: BTreeMap<QuestionId, Box<[u8]>>,
}

/// What resolving a server's host name, or reading the machine's resolver list, gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// Its addresses, sorted for a host name, in order of preference for the resolver list.
    Addresses(Vec<SocketAddr>),
    /// What the operating system said.
    Failed(String),
}

/// Which part of the configuration a run is about; from the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selection {
    /// Only these rules; empty means all.
    pub only: Vec<String>,
    /// Not these rules.
    pub skip: Vec<String>,
    /// Only these DNS servers, by name; empty means all.
    pub servers: Vec<String>,
    /// Only these DCs as subjects, by host name or GUID; empty means all. The others are still known.
    pub dcs: Vec<String>,
    /// Transport to servers over this family alone.
    pub family: Option<Family>,
}

/// How far a machine was asked who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Its directory and endpoint mapper were asked.
    Directory,
    /// Its name was asked, too.
    Name,
}

/// One machine that was asked who it is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// How far.
    pub stage: Stage,
    /// What it said.
    pub replies: probe::AddressReplies,
}

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Family {
    /// IPv4.
    #[serde(rename = "ipv4")]
    V4,
    /// IPv6.
    #[serde(rename = "ipv6")]
    V6,
}

/// All that was seen in one run.
pub struct Evidence {
    /// The program that saw it.
    pub tool: Tool,
    /// Where the canary labels come from.
    pub seed: u64,
    /// When asking began, by this machine's clock.
    pub started_at: Timestamp,
    /// How long asking took.
    pub elapsed: Duration,
    /// Why asking ended early.
    pub incomplete: Option<Incomplete>,
    /// The configuration of the run.
    pub config: Config,
    /// The part of it that the run is about.
    pub selection: Selection,
    /// What the run is for.
    pub purpose: Purpose,
    /// Where the configuration comes from, if no file says it.
    pub assumed: Vec<Assumption>,
    /// What this machine is configured with.
    pub local: Option<LocalView>,
    /// What this machine's own resolution says, by name as it was asked.
    pub lookups: BTreeMap<String, LookedUp>,
    /// Ports that were tried.
    pub ports: BTreeMap<Port, PortState>,
    /// Zones that were transferred, or refused, by server and apex.
    pub transfers: BTreeMap<(SocketAddr, DnsName), Transfer>,
    /// Host names of DNS servers, resolved by this machine.
    pub hosts: BTreeMap<DnsName, Resolved>,
    /// The resolvers that this machine is configured with, if the configuration names `system`.
    pub system: Option<Resolved>,
    /// Indexes of the network interfaces that scoped addresses name; `None` where there is no such interface.
    pub interfaces: BTreeMap<String, Option<u32>>,
    /// What the machines behind addresses said of themselves.
    pub machines: BTreeMap<IpAddr, Machine>,
    /// Interned parts of replies.
    pub store: Store,
    questions: Questions,
    columns: Vec<Column>,
}

/// The questions of a run, each once, found by the id of their name.
#[derive(Default)]
struct Questions {
    list: Vec<Question>,
    /// The last question about each name, by name; the names of replies alone have none.
    last_about: Vec<Option<QuestionId>>,
    /// The question before it about the same name, by question: a name has a handful at most.
    earlier: Vec<Option<QuestionId>>,
}

impl Questions {
    fn intern(&mut self, question: Question) -> QuestionId {
        if let Some(known) = self.find(question) {
            return known;
        }
        let id = QuestionId(u32::try_from(self.list.len()).expect("fewer than 2^32 questions fit into memory"));
        self.list.push(question);
        let name = question.name.position();
        if self.last_about.len() <= name {
            self.last_about.resize(name + 1, None);
        }
        self.earlier.push(self.last_about[name].replace(id));
        id
    }

    fn find(&self, question: Question) -> Option<QuestionId> {
        let mut at = *self.last_about.get(question.name.position())?;
        while let Some(id) = at {
            if self.list[id.0 as usize] == question {
                return Some(id);
            }
            at = self.earlier[id.0 as usize];
        }
        None
    }

    /// Octets, the room that is kept for more included.
    fn memory(&self) -> usize {
        let links = (self.last_about.capacity() + self.earlier.capacity()) * size_of::<Option<QuestionId>>();
        self.list.capacity() * size_of::<Question>() + links
    }

    fn trim(&mut self) {
        self.list.shrink_to_fit();
        self.last_about.shrink_to_fit();
        self.earlier.shrink_to_fit();
    }
}

impl Evidence {
    /// Evidence of a run that has not asked anything yet.
    pub fn new(config: Config, selection: Selection, seed: u64, started_at: Timestamp) -> Self {
        Self {
            tool: Tool { name: env!("CARGO_PKG_NAME").into(), version: env!("CARGO_PKG_VERSION").into() },
            seed,
            started_at,
            elapsed: Duration::ZERO,
            incomplete: None,
            config,
            selection,
            purpose: Purpose::default(),
            assumed: Vec::new(),
            local: None,
            lookups: BTreeMap::new(),
            ports: BTreeMap::new(),
            transfers: BTreeMap::new(),
            hosts: BTreeMap::new(),
            system: None,
            interfaces: BTreeMap::new(),
            machines: BTreeMap::new(),
            store: Store::default(),
            questions: Questions::default(),
            columns: Vec::new(),
        }
    }

    /// The id of a question, made known if it is new.
    pub fn intern_question(&mut self, name: &DnsName, rtype: RecordType, recursion: bool) -> QuestionId {
        let name = self.store.intern_name(name.as_str());
        self.questions.intern(Question { name, rtype, recursion })
    }

    /// The id of a question, if any server was asked it. `name` is in lower case.
    pub fn find_question(&self, name: &str, rtype: RecordType, recursion: bool) -> Option<QuestionId> {
        self.question_about(self.store.find_name(name)?, rtype, recursion)
    }

    /// The same for a name of the store, which is in lower case.
    pub fn question_about(&self, name: NameId, rtype: RecordType, recursion: bool) -> Option<QuestionId> {
        self.questions.find(Question { name, rtype, recursion })
    }

    /// The question behind an id.
    pub fn question(&self, id: QuestionId) -> Question {
        self.questions.list[id.0 as usize]
    }

    /// All servers that were asked, or were to be asked, anything.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of a server, if there is one.
    pub fn column(&self, address: SocketAddr) -> Option<&Column> {
        self.columns.iter().find(|column| column.address == address)
    }

    /// Octets that questions, answers and interned parts take in memory.
    pub fn memory(&self) -> usize {
        let cells: usize =
            self.columns.iter().map(|column| column.cells.capacity() * size_of::<Option<Answer>>()).sum();
        let raw: usize = self.columns.iter().flat_map(|column| column.raw.values()).map(|raw| raw.len()).sum();
        cells + raw + self.questions.memory() + self.store.memory()
    }

    /// Gives back the room that was kept for more.
    pub fn trim(&mut self) {
        self.questions.trim();
        self.store.trim();
    }

    /// The column of a server, made if there is none.
    pub fn column_mut(&mut self, address: SocketAddr) -> &mut Column {
        let position = self.columns.iter().position(|column| column.address == address).unwrap_or_else(|| {
            self.columns.push(Column::new(address));
            self.columns.len() - 1
        });
        &mut self.columns[position]
    }
}

impl Column {
    fn new(address: SocketAddr) -> Self {
        Self { address, trouble: None, cells: Vec::new(), raw: BTreeMap::new() }
    }

    /// How a question ended here; `None` if it was not put to this server.
    pub fn answer(&self, question: QuestionId) -> Option<&Answer> {
        self.cells.get(question.0 as usize)?.as_ref()
    }

    /// Makes room for the answers to these questions, and no more: there are many columns.
    pub fn make_room(&mut self, questions: impl Iterator<Item = QuestionId>) {
        let length = questions.map(|question| question.0 as usize + 1).max().unwrap_or(0);
        self.cells.reserve_exact(length.saturating_sub(self.cells.len()));
    }

    /// Records how a question ended; the first record of a question stands.
    pub fn settle(&mut self, question: QuestionId, answer: Answer) {
        let position = question.0 as usize;
        if self.cells.len() <= position {
            self.cells.resize(position + 1, None);
        }
        self.cells[position].get_or_insert(answer);
    }

    /// Every question put to this server, with how it ended.
    pub fn answers(&self) -> impl Iterator<Item = (QuestionId, &Answer)> {
        self.cells.iter().zip(0u32..).filter_map(|(cell, id)| Some((QuestionId(id), cell.as_ref()?)))
    }
}

impl Answer {
    /// A question that ended without a reply.
    pub fn without_reply(outcome: Outcome, tries: u8) -> Self {
        Self { outcome, flags: Flags::default(), rcode: 0, transport: Transport::Udp, tries, rtt_us: 0, body: None }
    }

    /// Whether the server replied in any form.
    pub fn replied(&self) -> bool {
        matches!(self.outcome, Outcome::Reply | Outcome::Truncated(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_answers_are_small() {
        // The budget is 120 bytes per common answer: one cell, one record, one body and their index entries.
        assert!(size_of::<Option<Answer>>() <= 24, "{}", size_of::<Option<Answer>>());
        assert!(size_of::<Record>() <= 28, "{}", size_of::<Record>());
    }

    #[test]
    fn common_answers_stay_within_their_budget() {
        // Three answers about each of 5,000 DCs, by two servers that share the names but no RRset.
        let config = crate::config::parse("forest: contoso.com\ndns_servers: [192.0.2.1]\n", "test", &[]).unwrap();
        let mut evidence = Evidence::new(config, Selection::default(), 0, Timestamp::UNIX_EPOCH);
        let servers = [1, 2].map(|last| SocketAddr::from(([192, 0, 2, last], 53)));
        let mut answered = 0;
        for number in 0..5000u32 {
            let host = DnsName::parse(&format!("dc{number}.contoso.com")).unwrap();
            let alias = format!("3dab7f9b-92e7-4391-b8db-{number:012x}._msdcs.contoso.com");
            let alias = DnsName::parse(&alias).unwrap();
            let target = evidence.store.intern_name(host.as_str());
            let [v4, v6] = [Rdata::A(number.into()), Rdata::Aaaa(u128::from(number).into())];
            for (name, data) in [(&alias, Rdata::Cname(target)), (&host, v4), (&host, v6)] {
                let question = evidence.intern_question(name, data.rtype(), true);
                let owner = evidence.store.intern_name(name.as_str());
                for (server, ttl) in servers.into_iter().zip([600, 1200]) {
                    let answers = &[Record { owner, ttl, data }];
                    let body = evidence.store.intern_body(Body { answers, authority: &[], edns: Some(1232) });
                    let answer = Answer { body: Some(body), ..Answer::without_reply(Outcome::Reply, 1) };
                    let column = evidence.column_mut(server);
                    column.make_room([question].into_iter());
                    column.settle(question, answer);
                    answered += 1;
                }
            }
        }
        evidence.trim();
        assert!(evidence.memory() <= 120 * answered, "{} octets per answer", evidence.memory() / answered);
    }
}
