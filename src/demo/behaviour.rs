//! How one server of a scenario answers, in every way that real servers and broken ones were seen to.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde::Deserialize;

use super::records::{RecordError, Records, type_number};
use super::wire::{self, Query, Reply};
use super::zone::Zones;
use crate::base::name::DnsName;

/// The server's character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Behaviour {
    /// Answers from its data, with authority.
    #[default]
    Answer,
    /// Swallows every question.
    Silent,
    /// Nothing listens on the port.
    Closed,
    /// REFUSED to everything.
    Refuse,
    /// SERVFAIL to everything.
    Servfail,
    /// NXDOMAIN with the SOA of a zone far above to everything: a server that does not know the forest.
    Nxdomain,
    /// Answers the same data without authority, as from its cache.
    Forwarder,
}

/// Departures from plain behaviour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    /// Stops at the alias instead of following it.
    pub no_follow: bool,
    /// Waits this many milliseconds before each reply.
    pub slow_ms: u64,
    /// Closes every TCP connection at once.
    pub no_tcp: bool,
    /// Sets TC on every reply over UDP.
    pub truncate: bool,
    /// FORMERR to questions with an OPT record.
    pub no_edns: bool,
    /// Like Samba's internal server: no OPT in replies, the AD flag echoed, the SOA also with positive answers,
    /// NXDOMAIN behind an alias whose target lacks the type, and datagrams of any size.
    pub samba: bool,
    /// Another first record in each reply.
    pub rotate: bool,
    /// Listens on `::1`.
    pub ipv6: bool,
    /// Listens on this port instead of one that the system chooses; 0 for the system's choice.
    pub port: u16,
    /// NXDOMAIN instead of an empty answer when asked AAAA.
    pub aaaa_nxdomain: bool,
    /// Never answers questions of these types.
    pub drop_types: Vec<String>,
    /// Never answers questions about these names.
    pub drop_names: Vec<String>,
    /// NOERROR without answer, authority and SOA for these names, as Samba makes of a forwarder's refusal.
    pub bare_names: Vec<String>,
    /// SERVFAIL for these names.
    pub servfail_names: Vec<String>,
    /// NXDOMAIN for these names, even where something lies below them.
    pub nxdomain_names: Vec<String>,
    /// TC over UDP for these names.
    pub truncate_names: Vec<String>,
    /// Asked for A at one of these aliases, the reply ends at this address, whatever the target itself holds.
    pub old_paths: BTreeMap<String, Ipv4Addr>,
}

/// All that one server is made of.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    /// Its name in error messages.
    pub name: String,
    /// Its host name, for the SOA records that it makes up.
    pub primary: String,
    /// Apexes of its zones; owners of SOA records need not be listed.
    pub zones: Vec<DnsName>,
    /// What its zones hold.
    pub records: Records,
    /// Its character.
    pub behaviour: Behaviour,
    /// Departures.
    pub quirks: Quirks,
}

/// What is to be sent, and when.
pub(super) struct Response {
    pub(super) octets: Vec<u8>,
    pub(super) delay: Duration,
}

/// A server's mind: questions in, replies out, no network.
pub(super) struct Mind {
    behaviour: Behaviour,
    quirks: Quirks,
    zones: Zones,
    drop_types: Vec<u16>,
    drop_names: Vec<DnsName>,
    bare_names: Vec<DnsName>,
    servfail_names: Vec<DnsName>,
    nxdomain_names: Vec<DnsName>,
    truncate_names: Vec<DnsName>,
    replies: usize,
}

fn names(texts: &[String]) -> Result<Vec<DnsName>, RecordError> {
    let parse = |text: &String| {
        DnsName::from_presentation(text).map_err(|error| RecordError { line: text.clone(), reason: error.to_string() })
    };
    texts.iter().map(parse).collect()
}

impl Mind {
    pub(super) fn new(spec: &Spec) -> Result<Self, RecordError> {
        let types = spec.quirks.drop_types.iter().map(|mnemonic| {
            type_number(mnemonic)
                .ok_or_else(|| RecordError { line: mnemonic.clone(), reason: "unknown type".to_owned() })
        });
        Ok(Self {
            behaviour: spec.behaviour,
            zones: Zones::build(&spec.records, &spec.zones, &spec.primary)?,
            drop_types: types.collect::<Result<_, _>>()?,
            drop_names: names(&spec.quirks.drop_names)?,
            bare_names: names(&spec.quirks.bare_names)?,
            servfail_names: names(&spec.quirks.servfail_names)?,
            nxdomain_names: names(&spec.quirks.nxdomain_names)?,
            truncate_names: names(&spec.quirks.truncate_names)?,
            quirks: spec.quirks.clone(),
            replies: 0,
        })
    }

    /// The reply to a packet, if there is one; `udp` limits its size.
    pub(super) fn respond(&mut self, packet: &[u8], udp: bool) -> Option<Response> {
        let query = Query::parse(packet)?;
        let name = DnsName::from_labels(wire::labels(&query.name));
        if self.drop_types.contains(&query.rtype) || self.drop_names.contains(&name) {
            return None;
        }
        let mut reply = self.reply(&query, &name);
        reply.ad = self.quirks.samba && query.ad();
        reply.opt = query.edns.is_some() && !self.quirks.samba && reply.rcode != wire::FORMERR;
        if self.quirks.rotate && !reply.answers.is_empty() {
            let by = self.replies % reply.answers.len();
            reply.answers.rotate_left(by);
        }
        self.replies += 1;
        let mut octets = reply.encode(&query);
        let too_big = octets.len() > query.datagram_size() && !self.quirks.samba;
        if udp && (too_big || self.quirks.truncate || self.truncate_names.contains(&name)) {
            octets = reply.encode_truncated(&query);
        }
        Some(Response { octets, delay: Duration::from_millis(self.quirks.slow_ms) })
    }

    fn reply(&self, query: &Query, name: &DnsName) -> Reply {
        if self.quirks.no_edns && query.edns.is_some() {
            return Reply::code(wire::FORMERR);
        }
        if self.servfail_names.contains(name) {
            return Reply::code(wire::SERVFAIL);
        }
        if self.bare_names.contains(name) {
            return Reply { ra: true, ..Reply::code(wire::NOERROR) };
        }
        match self.behaviour {
            Behaviour::Silent | Behaviour::Closed | Behaviour::Refuse => Reply::code(wire::REFUSED),
            Behaviour::Servfail => Reply::code(wire::SERVFAIL),
            Behaviour::Nxdomain => Reply { ra: true, authority: vec![public_soa(name)], ..Reply::code(wire::NXDOMAIN) },
            Behaviour::Answer | Behaviour::Forwarder => self.look_up(query, name),
        }
    }

    fn look_up(&self, query: &Query, name: &DnsName) -> Reply {
        let mut found = self.zones.lookup(&query.name, query.rtype, !self.quirks.no_follow);
        if let Some(old) = self.quirks.old_paths.get(name.as_str()).filter(|_| query.rtype == wire::A) {
            for rr in found.answers.iter_mut().filter(|rr| rr.rtype == wire::A) {
                rr.rdata = old.octets().to_vec();
            }
        }
        let dead_end = !found.answers.is_empty() && found.negative.is_some();
        if self.nxdomain_names.contains(name) || (self.quirks.samba && dead_end) {
            found.rcode = wire::NXDOMAIN;
        }
        if self.quirks.aaaa_nxdomain && query.rtype == wire::AAAA && found.negative.is_some() {
            found.rcode = wire::NXDOMAIN;
        }
        let inside = found.zone.is_some();
        let mut authority: Vec<_> = found.negative.into_iter().collect();
        if self.quirks.samba && authority.is_empty() {
            authority.extend(found.zone);
        }
        Reply {
            aa: inside && self.behaviour == Behaviour::Answer,
            ra: !self.quirks.no_follow,
            answers: found.answers,
            authority,
            ..Reply::code(found.rcode)
        }
    }
}

/// The SOA of the top-level domain, as a resolver on the internet gives it for a name that nobody registered.
fn public_soa(name: &DnsName) -> wire::Rr {
    let owner = name.labels().pop().map_or_else(Vec::new, |top| {
        let mut owner = vec![u8::try_from(top.len()).unwrap_or(0)];
        owner.extend(top);
        owner
    });
    let owner = [owner, vec![0]].concat();
    let mut rdata = b"\x01a\x0cgtld-servers\x03net\0\x05nstld\x0cverisign-grs\x03com\0".to_vec();
    for number in [1_790_000_000_u32, 1800, 900, 604_800, 900] {
        rdata.extend(number.to_be_bytes());
    }
    wire::Rr { owner, ttl: 900, rtype: wire::SOA, rdata }
}
