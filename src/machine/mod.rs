//! Who is behind an address: a pure judgement of what its machine said, against the DC that should be there.
//!
//! A machine's own GUID outweighs its DNS name, and that its NetBIOS name. What is silent, unreachable or contradicts
//! itself is never called wrong: it is unknown.

mod kind;
mod statements;
#[cfg(test)]
mod tests;

use crate::base::guid::Guid;
use crate::base::name::DnsName;
use crate::evidence::probe::{AddressReplies, Failure, Mapping, PingState, Reply};
pub use kind::Identity;
use statements::{Fit, Statements};

/// The DC that should answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its host name.
    pub host: Option<DnsName>,
    /// Further host names that are rightly its own.
    pub other_names: Vec<DnsName>,
    /// objectGUID of its NTDS Settings object: the label of its alias.
    pub guid: Option<Guid>,
    /// DNS name of its domain.
    pub domain: Option<DnsName>,
    /// objectGUID of its domain, where it is known.
    pub domain_guid: Option<Guid>,
    /// NetBIOS name of its domain, where it is known.
    pub netbios_domain: Option<String>,
    /// DNS name of the forest root domain.
    pub forest: DnsName,
    /// GUID of the forest's configuration naming context, where it is known.
    pub forest_guid: Option<Guid>,
}

/// Another DC of the forest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its host name.
    pub host: Option<DnsName>,
    /// Further host names that are rightly its own.
    pub other_names: Vec<DnsName>,
    /// objectGUID of its NTDS Settings object.
    pub guid: Option<Guid>,
}

/// The judgement about one address and one DC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Who answers.
    pub identity: Identity,
    /// What the machine calls itself; the host name of a known DC where only its GUID was read.
    pub who: Option<String>,
    /// What led to the identity: one line per protocol that was spoken, in fixed order.
    pub evidence: Vec<String>,
    /// What else was seen of the machine.
    pub state: State,
}

/// The state of the machine that answers, whoever it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Its directory says that it is paused or not synchronized yet.
    pub not_ready: bool,
    /// Its endpoint mapper does not know DRSUAPI: replication with it fails with error 1753.
    pub no_replication: bool,
    /// A connection to the DRSUAPI port that its mapper named failed.
    pub port_blocked: bool,
    /// How many seconds its clock is ahead of this machine's, as the directory or else NTLM has it.
    pub clock_ahead: Option<i64>,
    /// The GUID of the NTDS Settings object that it was started with and that its directory no longer has: it takes no
    /// part in replication.
    pub lost_settings: Option<Guid>,
}

/// Whether the directory itself has settled that this is the expected DC, so that nobody need ask for its name.
pub fn is_confirmed(identity: Identity) -> bool {
    matches!(identity, Identity::OwnerProven | Identity::Owner)
}

/// Whether an address record that leads to such a machine is wrong.
pub fn is_wrong(identity: Identity) -> bool {
    use Identity::{ForeignDc, NotADc, OtherDc, OtherHost, ReinstalledDc};
    matches!(identity, OtherDc | ForeignDc | NotADc | OtherHost | ReinstalledDc)
}

/// Judges what an address said. `known` are the other DCs of the forest; the expected one may be among them.
pub fn identify(replies: &AddressReplies, expected: &Expected, known: &[Known]) -> Verdict {
    let said = Statements::of(replies);
    let identity = judge(replies, &said, expected, known);
    let state = State {
        not_ready: said.ping.is_some_and(|ping| ping.state == PingState::Paused)
            || said.rootdse.is_some_and(|root| root.synchronized == Some(false)),
        no_replication: said.mapping == Some(&Mapping::NotRegistered),
        port_blocked: matches!(
            &replies.drsuapi_port,
            Some(Reply::Failure(Failure::Timeout | Failure::Refused | Failure::Unreachable))
        ),
        clock_ahead: said.clock().map(|clock| clock.ahead()),
        lost_settings: said.lost_settings,
    };
    Verdict { identity, who: who(&said, expected, known), evidence: statements::lines(replies), state }
}

fn judge(replies: &AddressReplies, said: &Statements<'_>, expected: &Expected, known: &[Known]) -> Identity {
    if !replies.any_asked() {
        return Identity::NotProbed;
    }
    if let (Some(own), Some(alias)) = (said.ntds_guid(), expected.guid) {
        return if own == alias { Identity::OwnerProven } else { with_other_guid(said, expected, known, own) };
    }
    if said.of_another_forest(expected) {
        return Identity::ForeignDc;
    }
    let of_another = said.ntds_guid().is_some_and(|own| known.iter().any(|dc| dc.guid == Some(own)));
    if of_another && said.fit(expected) != Fit::Same {
        return another_dc(said);
    }
    match said.fit(expected) {
        Fit::Contradictory => Identity::Inconclusive,
        Fit::Same if said.directory_names(expected) => Identity::Owner,
        Fit::Same if said.not_registered() && !said.has_directory() => Identity::RightHostNoDirectory,
        Fit::Same => Identity::OwnerByName,
        Fit::Other if said.not_registered() => Identity::NotADc,
        Fit::Other if said.has_directory() || said.registered() => Identity::OtherDc,
        Fit::Other => Identity::OtherHost,
        // Without a host name to expect, a name can only tell that it is another DC's.
        Fit::Unknown if said.is_named_like(known) && said.not_registered() => Identity::NotADc,
        Fit::Unknown if said.is_named_like(known) && (said.has_directory() || said.registered()) => Identity::OtherDc,
        Fit::Unknown if said.is_named_like(known) => Identity::OtherHost,
        Fit::Unknown => Identity::Inconclusive,
        Fit::Unnamed => unnamed(replies, said),
    }
}

/// The machine says that its NTDS Settings object is not the one of the alias.
fn with_other_guid(said: &Statements<'_>, expected: &Expected, known: &[Known], own: Guid) -> Identity {
    let is_another = known.iter().any(|dc| dc.guid == Some(own));
    if said.of_another_forest(expected) {
        Identity::ForeignDc
    } else if !is_another && (said.directory_names(expected) || said.lost_its_settings_as(expected)) {
        Identity::ReinstalledDc
    } else {
        another_dc(said)
    }
}

/// A DC, but not the expected one: what a client sees there depends on whether it can replicate at all.
fn another_dc(said: &Statements<'_>) -> Identity {
    if said.not_registered() { Identity::NotADc } else { Identity::OtherDc }
}

/// Nobody said a name.
fn unnamed(replies: &AddressReplies, said: &Statements<'_>) -> Identity {
    if said.not_registered() && !said.has_directory() {
        return Identity::NotADcUnnamed;
    }
    let refused = |failure: Option<&Failure>| failure == Some(&Failure::Refused);
    let no_ldap = match &replies.rootdse {
        Some(reply) => refused(reply.failure()) || said.other_ldap(),
        None => refused(replies.cldap.as_ref().and_then(Reply::failure)),
    };
    let no_mapper = refused(replies.epm.as_ref().and_then(Reply::failure));
    if no_ldap && no_mapper && replies.cldap.as_ref().is_none_or(|reply| reply.answer().is_none()) {
        return Identity::NotADcUnnamed;
    }
    if replies.any_answer() {
        return Identity::Inconclusive;
    }
    let only = |allowed: &[Failure]| replies.failures().all(|failure| allowed.contains(failure));
    if only(&[Failure::Timeout]) {
        Identity::Silent
    } else if only(&[Failure::Timeout, Failure::Unreachable]) {
        Identity::Unreachable
    } else {
        Identity::Inconclusive
    }
}

/// What to call the machine.
fn who(said: &Statements<'_>, expected: &Expected, known: &[Known]) -> Option<String> {
    if let Some(name) = said.best_name() {
        return Some(name);
    }
    let own = said.ntds_guid()?;
    let host = if expected.guid == Some(own) {
        expected.host.as_ref()
    } else {
        known.iter().find(|dc| dc.guid == Some(own)).and_then(|dc| dc.host.as_ref())
    };
    Some(host.map_or_else(|| own.to_string(), ToString::to_string))
}
