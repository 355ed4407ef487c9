//! What one server says about one name: present, absent or unknown.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use super::View;
use crate::base::dns::RecordType;
use crate::base::dns::rcode_name;
use crate::base::name::DnsName;
use crate::evidence::{Answer, Body, Lost, NameId, NotAsked, Outcome, Rdata};
use crate::inventory::{Dc, Server};

/// What a server says about the RRset of one name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Addresses, at the name itself or behind an alias.
    Present(Addresses),
    /// There are none.
    Absent(Absence),
    /// It could not be seen.
    Unknown(Why),
}

/// The addresses at the end of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Sorted, each once.
    pub list: Vec<IpAddr>,
    /// Their TTLs in seconds, sorted, each once.
    pub ttls: Vec<u32>,
    /// The reply came with AA.
    pub authoritative: bool,
}

/// The record does not exist: NXDOMAIN, or NOERROR without the type, with AA or with an SOA (RFC 2308 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// The whole name does not exist.
    pub nxdomain: bool,
    /// The reply came with AA.
    pub authoritative: bool,
    /// For how many seconds a cache goes on saying so; `None` with AA.
    pub seconds_left: Option<u32>,
}

/// Why something could not be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The question is not part of this run.
    NotPlanned,
    /// It was not sent.
    NotAsked(NotAsked),
    /// No reply.
    Lost(Lost),
    /// The reply was truncated, and TCP failed.
    Truncated(Lost),
    /// A response code that says nothing about the data.
    Rcode(u16),
    /// NOERROR without answer, AA and SOA: a forwarder's way to say that it does not know.
    Bare,
    /// Aliases that lead round in a circle, or too far.
    Loop,
    /// Records of other names alone, or NXDOMAIN together with the records: neither an answer nor a denial.
    Contradiction,
}

impl Why {
    /// The server would tell no client what stands there: it does not serve the zone.
    pub fn is_not_served(self) -> bool {
        matches!(self, Self::Rcode(5 | 9) | Self::Bare)
    }
}

/// A lack of our own, not the server's.
const NO_SOCKET: &str = "this program may not open more files at once";

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = |lost: &Lost| match lost {
            Lost::Timeout => "no reply in time",
            Lost::Closed => "the connection was refused or closed",
            Lost::Unreachable => "the network is unreachable",
            Lost::Malformed => "the reply is no valid DNS message",
            Lost::NoSocket => NO_SOCKET,
        };
        match self {
            Self::NotPlanned => f.write_str("not asked in this run"),
            Self::NotAsked(NotAsked::Silent) => f.write_str("not asked: the server is silent"),
            Self::NotAsked(NotAsked::Closed) => f.write_str("not asked: nothing listens on the port of the server"),
            Self::NotAsked(NotAsked::Unreachable) => f.write_str("not asked: there is no way to the server"),
            Self::NotAsked(NotAsked::NoSocket) => write!(f, "not asked: {NO_SOCKET}"),
            Self::NotAsked(NotAsked::Deadline) => f.write_str("not asked: the deadline had passed"),
            Self::NotAsked(NotAsked::Interrupted) => f.write_str("not asked: the run was interrupted"),
            Self::Lost(reason) => f.write_str(lost(reason)),
            Self::Truncated(reason) => write!(f, "the reply was truncated, and over TCP: {}", lost(reason)),
            Self::Rcode(rcode) => write!(f, "the server replied {}", rcode_name(*rcode)),
            Self::Bare => f.write_str("the server replied NOERROR with neither answer nor authority"),
            Self::Contradiction => f.write_str("the reply contradicts itself, or is about other names"),
            Self::Loop => f.write_str("the aliases lead round in a circle"),
        }
    }
}

/// A and AAAA of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Both {
    pub(crate) a: Look,
    pub(crate) aaaa: Look,
}

impl Both {
    /// All addresses seen, sorted.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let lists = [&self.a, &self.aaaa].into_iter().filter_map(Look::present);
        let mut all: Vec<IpAddr> = lists.flat_map(|addresses| addresses.list.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What both together say: addresses of either family are enough, absence needs both.
    pub fn together(&self) -> Result<Vec<IpAddr>, Result<Absence, Why>> {
        match (&self.a, &self.aaaa) {
            (Look::Present(_), _) | (_, Look::Present(_)) => Ok(self.addresses()),
            (Look::Absent(absence), Look::Absent(_)) => Err(Ok(*absence)),
            (Look::Unknown(why), _) | (_, Look::Unknown(why)) => Err(Err(*why)),
        }
    }

    /// What is said of one family: AAAA, or else A.
    pub fn of(&self, rtype: RecordType) -> &Look {
        if rtype == RecordType::AAAA { &self.aaaa } else { &self.a }
    }

    /// A and AAAA with their types.
    pub fn by_type(&self) -> [(RecordType, &Look); 2] {
        [(RecordType::A, &self.a), (RecordType::AAAA, &self.aaaa)]
    }
}

impl Look {
    /// The addresses, if there are any.
    pub fn present(&self) -> Option<&Addresses> {
        match self {
            Self::Present(addresses) => Some(addresses),
            Self::Absent(_) | Self::Unknown(_) => None,
        }
    }
}

/// How many aliases in a row are followed.
const MAX_CHAIN: usize = 16;

impl<'a> View<'a> {
    /// The reply to a question if it says anything about the data: NOERROR or NXDOMAIN, whole.
    pub fn usable(&self, server: &Server, name: &DnsName, rtype: RecordType) -> Result<(&'a Answer, Body<'a>), Why> {
        self.reply(server, name.as_str(), rtype, true)
    }

    pub(crate) fn reply(
        &self,
        server: &Server,
        name: &str,
        rtype: RecordType,
        recursion: bool,
    ) -> Result<(&'a Answer, Body<'a>), Why> {
        self.reply_about(server, self.evidence.store.find_name(name), rtype, recursion)
    }

    /// The same for a name of the store in lower case; a name that was never seen was never asked.
    pub(super) fn reply_about(
        &self,
        server: &Server,
        name: Option<NameId>,
        rtype: RecordType,
        recursion: bool,
    ) -> Result<(&'a Answer, Body<'a>), Why> {
        let evidence = self.evidence;
        let column = self.columns[server.index].ok_or(Why::NotPlanned)?;
        let question =
            evidence.question_about(name.ok_or(Why::NotPlanned)?, rtype, recursion).ok_or(Why::NotPlanned)?;
        let answer = column.answer(question).ok_or(Why::NotPlanned)?;
        match answer.outcome {
            Outcome::NotAsked(reason) => Err(Why::NotAsked(reason)),
            Outcome::Lost(reason) => Err(Why::Lost(reason)),
            Outcome::Truncated(reason) => Err(Why::Truncated(reason)),
            Outcome::Reply if answer.rcode != 0 && answer.rcode != 3 => Err(Why::Rcode(answer.rcode)),
            Outcome::Reply => {
                let empty = Body { answers: &[], authority: &[], edns: None };
                Ok((answer, answer.body.map_or(empty, |body| evidence.store.body(body))))
            }
        }
    }

    /// Whether, and how, the server says that the RRset does not exist at the name itself.
    pub fn absence(&self, server: &Server, name: &DnsName, rtype: RecordType) -> Option<Absence> {
        let (answer, body) = self.usable(server, name, rtype).ok()?;
        body.answers.is_empty().then(|| self.absence_in(answer, body)).flatten()
    }

    /// Why it is not known what a server holds under a name, or `None` if it is: records, or proof that there are none.
    pub fn why_unseen(&self, server: &Server, name: &DnsName, rtype: RecordType) -> Option<Why> {
        match self.usable(server, name, rtype) {
            Err(why) => Some(why),
            Ok((_, body)) if !body.answers.is_empty() => None,
            Ok(_) => self.absence(server, name, rtype).is_none().then_some(Why::Bare),
        }
    }

    pub(super) fn absence_in(&self, answer: &Answer, body: Body<'_>) -> Option<Absence> {
        let authoritative = answer.flags.has(crate::evidence::Flags::AA);
        let times = body.authority.iter().filter_map(|record| match record.data {
            Rdata::Soa(id) => Some(record.ttl.min(self.evidence.store.soa(id).minimum)),
            _ => None,
        });
        let soa = times.min();
        (authoritative || soa.is_some()).then_some(Absence {
            nxdomain: answer.rcode == 3,
            authoritative,
            seconds_left: soa.filter(|_| !authoritative),
        })
    }

    /// A and AAAA of a name at a server.
    pub fn both(&self, server: &Server, name: &DnsName) -> Cow<'_, Both> {
        let dc = self.dc_named(name.as_str()).filter(|dc| dc.host.as_ref() == Some(name));
        match dc.and_then(|dc| self.hosts.get(dc, server)) {
            Some(both) => Cow::Borrowed(both),
            None => Cow::Owned(self.hear_both(server, self.id(name))),
        }
    }

    /// A and AAAA of a DC's host name at a server; not known for a DC without one.
    pub fn host(&self, dc: &Dc, server: &Server) -> &Both {
        const NOT_KNOWN: &Both = &Both { a: Look::Unknown(Why::NotPlanned), aaaa: Look::Unknown(Why::NotPlanned) };
        self.hosts.get(dc, server).unwrap_or(NOT_KNOWN)
    }

    pub(crate) fn hear_both(&self, server: &Server, name: Option<NameId>) -> Both {
        Both {
            a: self.follow(server, name, RecordType::A, MAX_CHAIN),
            aaaa: self.follow(server, name, RecordType::AAAA, MAX_CHAIN),
        }
    }

    /// The addresses of one family at the end of a name, aliases followed: in the reply, then by the server's own
    /// answers about the last target.
    fn follow(&self, server: &Server, name: Option<NameId>, rtype: RecordType, hops: usize) -> Look {
        let (answer, body) = match self.reply_about(server, name, rtype, true) {
            Ok(reply) => reply,
            Err(why) => return Look::Unknown(why),
        };
        let store = &self.evidence.store;
        let Some(name) = name else { return Look::Unknown(Why::NotPlanned) };
        let mut at = name;
        for _ in 0..MAX_CHAIN {
            let here = || body.answers.iter().filter(|record| store.folded(record.owner) == at);
            let mut list = Vec::new();
            let mut ttls = Vec::new();
            for record in here().filter(|record| record.data.rtype() == rtype) {
                list.extend(record.data.address());
                ttls.push(record.ttl);
            }
            if !list.is_empty() {
                if answer.rcode == 3 {
                    return Look::Unknown(Why::Contradiction);
                }
                list.sort_unstable();
                list.dedup();
                ttls.sort_unstable();
                ttls.dedup();
                let authoritative = answer.flags.has(crate::evidence::Flags::AA);
                return Look::Present(Addresses { list, ttls, authoritative });
            }
            // Of several aliases, which no zone may hold, the choice must not depend on their order.
            let targets = here().filter_map(|record| match record.data {
                Rdata::Cname(target) => Some(store.folded(target)),
                _ => None,
            });
            let target = targets.min_by_key(|&target| store.name(target));
            match target {
                Some(target) => at = target,
                // RFC 2308 section 2.2: what says that there is no such record has none in ANSWER.
                None if at == name && body.answers.is_empty() => return self.absent_or_bare(answer, body),
                None if at == name => return Look::Unknown(Why::Contradiction),
                None => return self.follow_on(server, at, rtype, hops, answer, body),
            }
        }
        Look::Unknown(Why::Loop)
    }

    /// The reply stopped at the target `at`: the server's answer about that name decides.
    fn follow_on(
        &self,
        server: &Server,
        at: NameId,
        rtype: RecordType,
        hops: usize,
        answer: &Answer,
        body: Body<'_>,
    ) -> Look {
        if hops == 0 {
            return Look::Unknown(Why::Loop);
        }
        match self.follow(server, Some(at), rtype, hops - 1) {
            // NXDOMAIN with an alias in ANSWER speaks of the alias's target (RFC 6604 section 3).
            Look::Unknown(Why::NotPlanned) => self.absent_or_bare(answer, body),
            other => other,
        }
    }

    fn absent_or_bare(&self, answer: &Answer, body: Body<'_>) -> Look {
        self.absence_in(answer, body).map_or(Look::Unknown(Why::Bare), Look::Absent)
    }

    /// The DC whose host name, or one of whose other names, this is.
    pub fn dc_named(&self, name: &str) -> Option<&'a Dc> {
        self.names.get(name).map(|&index| &self.inventory.dcs[index])
    }
}

#[cfg(test)]
mod tests;
