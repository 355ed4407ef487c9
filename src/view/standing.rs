//! How a server stands: whether its records can be judged at all.

use super::View;
use crate::base::dns::RecordType;
use crate::evidence::{Column, Lost, NotAsked, Outcome};
use crate::inventory::Server;
use crate::report::ServerStatus;

/// How a server stands towards this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It answers, and nothing says that it does not know the forest.
    Good,
    /// Not one reply: silent, closed or unreachable.
    Silent(ServerStatus),
    /// It replies, but refuses or fails everything about the forest.
    Refusing {
        /// The response codes that it gave, lowest first.
        rcodes: Vec<u16>,
    },
    /// It says that `_msdcs.<forest>` does not exist, and no alias stands there.
    OutsideForest {
        /// Whether the forest's own zone exists there; `None` where that was not seen.
        forest_zone: Option<bool>,
    },
    /// Its host name has no address here.
    Unresolved,
    /// The run ended before it had answered anything, or this process had no socket left to ask it.
    NotAsked,
}

impl Standing {
    /// Whether no record rule can say anything about this server.
    pub fn is_blocked(&self) -> bool {
        *self != Self::Good
    }
}

/// FORMERR, SERVFAIL, NOTIMP, REFUSED, NOTAUTH (RFC 1035 section 4.1.1, RFC 2136 section 2.2): no word about the data.
pub(super) fn is_refusal(rcode: u16) -> bool {
    matches!(rcode, 1 | 2 | 4 | 5 | 9)
}

pub(super) fn of(view: &View<'_>, server: &Server) -> Standing {
    if server.address.is_none() {
        return Standing::Unresolved;
    }
    let Some(column) = view.columns[server.index] else { return Standing::NotAsked };
    let mut rcodes: Vec<u16> =
        column.answers().filter(|(_, answer)| answer.replied()).map(|(_, answer)| answer.rcode).collect();
    rcodes.sort_unstable();
    rcodes.dedup();
    if rcodes.is_empty() {
        return without_reply(column);
    }
    if rcodes.iter().all(|&rcode| is_refusal(rcode)) {
        return Standing::Refusing { rcodes };
    }
    outside_forest(view, server).unwrap_or(Standing::Good)
}

fn without_reply(column: &Column) -> Standing {
    let has = |outcome| column.answers().any(|(_, answer)| answer.outcome == outcome);
    if has(Outcome::Lost(Lost::Malformed)) {
        // It says something; each record rule tells that it could not be understood.
        return Standing::Good;
    }
    if has(Outcome::Lost(Lost::Closed)) || has(Outcome::NotAsked(NotAsked::Closed)) {
        return Standing::Silent(ServerStatus::Closed);
    }
    if has(Outcome::Lost(Lost::Unreachable)) || has(Outcome::NotAsked(NotAsked::Unreachable)) {
        return Standing::Silent(ServerStatus::Unreachable);
    }
    if has(Outcome::Lost(Lost::Timeout)) || has(Outcome::NotAsked(NotAsked::Silent)) {
        return Standing::Silent(ServerStatus::Silent);
    }
    Standing::NotAsked
}

/// Whether this process had no socket left for a question.
pub(super) fn lacked_socket(column: &Column) -> bool {
    column.answers().any(|(_, answer)| answer.outcome == Outcome::NotAsked(NotAsked::NoSocket))
}

fn outside_forest(view: &View<'_>, server: &Server) -> Option<Standing> {
    let inventory = view.inventory;
    let absence = view.absence(server, &inventory.msdcs, RecordType::SOA)?;
    let finds_alias = inventory.dcs.iter().filter_map(|dc| dc.alias.as_ref()).any(|alias| {
        [RecordType::CNAME, RecordType::A, RecordType::AAAA]
            .into_iter()
            .any(|rtype| view.usable(server, alias, rtype).is_ok_and(|(_, body)| !body.answers.is_empty()))
    });
    if !absence.nxdomain || finds_alias {
        return None;
    }
    let forest_zone = view.usable(server, &inventory.forest, RecordType::SOA).ok().map(|(answer, _)| answer.rcode == 0);
    Some(Standing::OutsideForest { forest_zone })
}
