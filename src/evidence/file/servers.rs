//! The answers of an evidence file, interned one by one while the file is parsed: as rows of text they would take many
//! times their room.

use std::collections::HashSet;
use std::fmt;
use std::net::SocketAddr;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::read::{read_record, unhex};
use super::{AnswerRow, LOST, NOT_ASKED, OutcomeRow, RecordRow, TransportRow};
use crate::base::dns::RecordType;
use crate::base::dns::rcode_number;
use crate::base::name::DnsName;
use crate::evidence::{Answer, Body, Column, Evidence, Flags, Outcome, Question, Questions, Record, Store, Transport};

/// All that the servers of a file said.
#[derive(Default)]
pub(super) struct Servers {
    store: Store,
    questions: Questions,
    columns: Vec<Column>,
}

impl Servers {
    /// Puts it into evidence that has no answers yet.
    pub(super) fn fill(self, evidence: &mut Evidence) {
        (evidence.store, evidence.questions, evidence.columns) = (self.store, self.questions, self.columns);
        evidence.trim();
    }
}

impl<'de> Deserialize<'de> for Servers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(AllServers)
    }
}

/// `"servers":[…]`
struct AllServers;

impl<'de> Visitor<'de> for AllServers {
    type Value = Servers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of servers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Servers, A::Error> {
        let mut servers = Servers::default();
        let mut addresses = HashSet::new();
        for index in 0.. {
            let Some(column) = list.next_element_seed(OneServer { index, servers: &mut servers })? else { break };
            if !addresses.insert(column.address) {
                return Err(de::Error::custom(format!("servers[{index}]: this server stands in the file twice")));
            }
            servers.columns.push(column);
        }
        Ok(servers)
    }
}

/// `{"address":…,"trouble":…,"answers":[…]}`
struct OneServer<'s> {
    index: usize,
    servers: &'s mut Servers,
}

impl<'de> DeserializeSeed<'de> for OneServer<'_> {
    type Value = Column;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Column, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneServer<'_> {
    type Value = Column;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a server with its answers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Column, A::Error> {
        // The address may stand behind the answers.
        let mut column = Column::new(SocketAddr::from(([0; 4], 0)));
        let mut seen = Vec::new();
        while let Some(key) = map.next_key::<Key>()? {
            if seen.contains(&key) {
                return Err(de::Error::duplicate_field(key.name()));
            }
            match key {
                Key::Address => column.address = map.next_value()?,
                Key::Trouble => column.trouble = map.next_value()?,
                Key::Answers => {
                    let (index, servers) = (self.index, &mut *self.servers);
                    map.next_value_seed(Answers { index, servers, column: &mut column })?;
                }
            }
            seen.push(key);
        }
        match [Key::Address, Key::Answers].into_iter().find(|key| !seen.contains(key)) {
            Some(missing) => Err(de::Error::missing_field(missing.name())),
            None => Ok(column),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Address,
    Trouble,
    Answers,
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Trouble => "trouble",
            Self::Answers => "answers",
        }
    }
}

/// The answers of one server, each as it comes.
struct Answers<'s> {
    index: usize,
    servers: &'s mut Servers,
    column: &'s mut Column,
}

impl<'de> DeserializeSeed<'de> for Answers<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Answers<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of answers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut index = 0;
        // Most servers were asked what the first one was.
        self.column.cells.reserve_exact(self.servers.questions.list.len());
        while let Some(row) = list.next_element::<AnswerRow<'de>>()? {
            settle(self.servers, self.column, &row).map_err(|(field, problem)| {
                de::Error::custom(format!("servers[{}].answers[{index}].{field}: {problem}", self.index))
            })?;
            index += 1;
        }
        self.column.cells.shrink_to_fit();
        Ok(())
    }
}

type Problem = (&'static str, String);

fn settle(servers: &mut Servers, column: &mut Column, row: &AnswerRow<'_>) -> Result<(), Problem> {
    let bad = |field: &'static str, text: &str| (field, format!("{text:?} means nothing here"));
    let name = DnsName::from_presentation(&row.name).map_err(|error| ("name", error.to_string()))?;
    let rtype = RecordType::parse(&row.rtype).ok_or_else(|| bad("type", &row.rtype))?;
    let reason = row.reason.as_deref().unwrap_or_default();
    let lost =
        || LOST.iter().find(|(_, name)| *name == reason).map(|(lost, _)| *lost).ok_or_else(|| bad("reason", reason));
    let outcome = match row.outcome {
        OutcomeRow::Reply => Outcome::Reply,
        OutcomeRow::Truncated => Outcome::Truncated(lost()?),
        OutcomeRow::Lost => Outcome::Lost(lost()?),
        OutcomeRow::NotAsked => {
            let found = NOT_ASKED.iter().find(|(_, name)| *name == reason);
            Outcome::NotAsked(found.map(|(why, _)| *why).ok_or_else(|| bad("reason", reason))?)
        }
    };
    let rcode = row.rcode.as_deref().map_or(Some(0), rcode_number);
    let rcode = rcode.ok_or_else(|| bad("rcode", row.rcode.as_deref().unwrap_or_default()))?;
    let mut flags = Flags::default();
    for flag in &row.flags {
        let known = Flags::ALL.iter().find(|(_, name)| *name == &**flag).ok_or_else(|| bad("flags", flag))?;
        flags = flags.with(known.0);
    }
    let store = &mut servers.store;
    let mut section = |rows: &[RecordRow<'_>], field| -> Result<Vec<Record>, Problem> {
        rows.iter().map(|row| read_record(store, row).map_err(|problem| (field, problem))).collect()
    };
    let (answers, authority) = (section(&row.records, "records")?, section(&row.authority, "authority")?);
    let body = matches!(outcome, Outcome::Reply | Outcome::Truncated(_))
        .then(|| store.intern_body(Body { answers: &answers, authority: &authority, edns: row.edns }));
    let transport = match row.transport {
        Some(TransportRow::Tcp) => Transport::Tcp,
        Some(TransportRow::Udp) | None => Transport::Udp,
    };
    let raw = row.raw.as_deref().map(|text| unhex(text).ok_or_else(|| bad("raw", text))).transpose()?;
    let name = servers.store.intern_name(name.as_str());
    let question = servers.questions.intern(Question { name, rtype, recursion: row.recursion });
    if column.answer(question).is_some() {
        return Err(("name", "this question stands at this server twice".into()));
    }
    column.settle(
        question,
        Answer { outcome, flags, rcode, transport, tries: row.tries, rtt_us: row.rtt_us.unwrap_or(0), body },
    );
    if let Some(raw) = raw {
        column.raw.insert(question, raw.into());
    }
    Ok(())
}
