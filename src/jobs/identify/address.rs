//! One machine: by itself, or against the DC that should be there.

use std::net::IpAddr;

use super::facts::{self, MachineKind};
use super::{Conclusion, Facts, Machine, Target, TargetKind};
use crate::base::codes::{self, ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE, WITHOUT_SETTINGS};
use crate::base::guid::Guid;
use crate::base::name::DnsName;
use crate::evidence::probe::AddressReplies;
use crate::evidence::{Evidence, Family};
use crate::machine::{self, Expected, Known};
use crate::report::Identity;
use crate::view::{Experience, View};

/// An address of which nothing is expected.
pub(super) fn target(view: &View<'_>, address: IpAddr, configured: bool) -> Target {
    let mut machine = bare(view.evidence, address);
    if configured {
        machine.dc = known_as(view, &machine.machine);
    }
    let mut meaning = Vec::new();
    if let Some(alias) = &machine.machine.alias {
        meaning.push(format!("The alias of this machine is {alias}; its GUID is proven by its own directory."));
    }
    meaning.extend(without_settings(&machine.address, &machine.machine, None));
    let commands = machine.machine.lost_settings.iter().map(|_| super::meaning::EXPLAIN_LOST.to_owned()).collect();
    if let Some(dc) = &machine.dc {
        meaning.push(format!("In the configuration it is {dc}."));
        let dc = view.inventory.dcs.iter().find(|known| known.label == *dc);
        if dc.is_some_and(|dc| !dc.owns.is_empty() && !dc.owns(address)) {
            meaning.push("The configuration does not list this address of it.".into());
        }
    } else if let Some(owner) = view.inventory.dcs.iter().find(|dc| configured && dc.owns_exactly(address)) {
        meaning.push(format!(
            "By the configuration the address belongs to {0}: `guidpost identify {0}` compares.",
            owner.label
        ));
    }
    Target {
        input: address.to_string(),
        kind: TargetKind::Address,
        dc: None,
        alias: None,
        result: machine.result,
        servers: Vec::new(),
        addresses: vec![machine],
        meaning,
        commands,
    }
}

/// The configured DC with this GUID, or else this host name.
fn known_as(view: &View<'_>, facts: &Facts) -> Option<String> {
    let of_guid =
        |guid: &String| view.inventory.dcs.iter().find(|dc| dc.guid.is_some_and(|own| own.to_string() == *guid));
    let by_name = || view.dc_named(DnsName::parse(facts.host.as_deref()?).ok()?.as_str());
    let found = match (&facts.guid, &facts.lost_settings) {
        (Some(own), _) => of_guid(own),
        // Promoted again, it may have lost an object that no configuration knows.
        (None, Some(lost)) => of_guid(lost).or_else(by_name),
        (None, None) => by_name(),
    };
    found.map(|dc| dc.label.clone())
}

/// What it means that a machine has lost its NTDS Settings object, where the alias of this GUID should lead to it; nothing
/// for any other machine.
pub(super) fn without_settings(address: &str, facts: &Facts, alias: Option<Guid>) -> Option<String> {
    let lost = facts.lost_settings.as_ref()?;
    let other = alias.map(|alias| alias.to_string()).filter(|alias| alias != lost);
    let other = other.map(|alias| format!(" (the alias belongs to another one, {alias})")).unwrap_or_default();
    Some(format!(
        "The directory of the machine at {address} no longer has the NTDS Settings object {lost} with which it was \
         started{other}: it replicates in neither direction, and that is no matter of DNS."
    ))
}

fn bare(evidence: &Evidence, address: IpAddr) -> Machine {
    let replies = replies(evidence, address);
    let facts = facts_of(&replies);
    let (errors, experience) = experience_of(&facts);
    let result = match facts.kind {
        _ if facts.lost_settings.is_some() => Conclusion::Wrong,
        MachineKind::DomainController | MachineKind::Machine => Conclusion::Identified,
        // Whoever does not say a name is not identified, even if it is clear what it is not.
        MachineKind::NoDomainController if facts.host.is_some() || facts.netbios_host.is_some() => {
            Conclusion::Identified
        }
        _ => Conclusion::Unknown,
    };
    Machine {
        address: address.to_string(),
        servers: Vec::new(),
        identity: None,
        dc: None,
        result,
        not_asked: (!replies.any_asked()).then(|| reason(evidence, address)),
        errors,
        experience,
        evidence: machine::identify(&replies, &nobody(&facts), &[]).evidence,
        machine: facts,
    }
}

/// The machine behind an address to which `servers` lead, against a DC of the inventory.
pub(super) fn judged(view: &View<'_>, dc: &crate::inventory::Dc, address: IpAddr, servers: Vec<String>) -> Machine {
    let identity = view.identity(dc, address);
    let experience = view.experience(dc, address);
    let mut machine = Machine { servers, ..against(view.evidence, address, identity, experience) };
    if let (Some(reason), Some(unusable)) = (&mut machine.not_asked, view.unusable(address)) {
        *reason = format!("no partner can use it ({})", unusable.kind);
    }
    machine
}

/// The machine behind an address, looked up for a host name without a configuration.
pub(super) fn named(evidence: &Evidence, address: IpAddr, host: &DnsName) -> Machine {
    let replies = replies(evidence, address);
    let facts = facts_of(&replies);
    let forest = facts.forest.as_deref().and_then(|forest| DnsName::parse(forest).ok());
    let expected = Expected { host: Some(host.clone()), forest: forest.unwrap_or(host.clone()), ..nobody(&facts) };
    let verdict = machine::identify(&replies, &expected, &[]);
    let (errors, _) = experience_of(&facts);
    let experience = match verdict.identity {
        Identity::NotProbed | Identity::Inconclusive => Experience::Unclear,
        Identity::OtherDc => Experience::Wrong(vec![codes::WRONG_PRINCIPAL]),
        _ if errors.is_empty() => Experience::Right,
        _ => Experience::Wrong(errors),
    };
    against(evidence, address, verdict.identity, experience)
}

fn against(evidence: &Evidence, address: IpAddr, identity: Identity, experience: Experience) -> Machine {
    let replies = replies(evidence, address);
    let facts = facts_of(&replies);
    let result = match (identity, &experience) {
        (Identity::Silent | Identity::Unreachable | Identity::Inconclusive | Identity::NotProbed, _) => {
            Conclusion::Unknown
        }
        (_, Experience::Right) => Conclusion::Identified,
        (_, Experience::Wrong(_)) => Conclusion::Wrong,
        (_, Experience::Unclear) => Conclusion::Unknown,
    };
    let (errors, words) = match experience {
        Experience::Right if facts.drsuapi_port_open == Some(false) => {
            (vec![RPC_UNAVAILABLE], fails(&[RPC_UNAVAILABLE]))
        }
        Experience::Right => (Vec::new(), "a destination reaches the right machine".into()),
        Experience::Wrong(errors) => {
            let words = fails(&errors);
            (errors, words)
        }
        Experience::Unclear => (Vec::new(), "what a destination experiences could not be told".into()),
    };
    Machine { identity: Some(identity), result, errors, experience: words, ..bare(evidence, address) }
}

fn replies(evidence: &Evidence, address: IpAddr) -> AddressReplies {
    evidence.machines.get(&address).map(|machine| machine.replies.clone()).unwrap_or_default()
}

fn facts_of(replies: &AddressReplies) -> Facts {
    let placeholder = facts::of(replies, MachineKind::Inconclusive);
    let verdict = machine::identify(replies, &nobody(&placeholder), &[] as &[Known]);
    let kind = match verdict.identity {
        Identity::Silent => MachineKind::Silent,
        Identity::Unreachable => MachineKind::Unreachable,
        Identity::NotProbed => MachineKind::NotAsked,
        Identity::NotADcUnnamed => MachineKind::NoDomainController,
        _ => MachineKind::Inconclusive,
    };
    facts::of(replies, kind)
}

/// Nobody in particular, of the machine's own forest.
fn nobody(facts: &Facts) -> Expected {
    let stated = facts.forest.as_deref().and_then(|forest| DnsName::parse(forest).ok());
    let forest = stated.unwrap_or_else(|| DnsName::parse("invalid").expect("the name is constant"));
    Expected {
        host: None,
        other_names: Vec::new(),
        guid: None,
        domain: None,
        domain_guid: None,
        netbios_domain: None,
        forest,
        forest_guid: None,
    }
}

/// What a destination DC experiences whose record leads to such a machine.
fn experience_of(facts: &Facts) -> (Vec<i64>, String) {
    let failing = |code| (vec![code], fails(&[code]));
    if facts.lost_settings.is_some() {
        return (WITHOUT_SETTINGS.to_vec(), fails(&WITHOUT_SETTINGS));
    }
    match (facts.drsuapi_registered, facts.drsuapi_port_open, facts.rpc_port_open) {
        (Some(false), _, _) => failing(ENDPOINT_NOT_REGISTERED),
        (Some(true), Some(false), _) => failing(RPC_UNAVAILABLE),
        (Some(true), _, _) => (
            Vec::new(),
            "a destination that looks for this DC replicates with it; one that looks for another DC fails with error \
             -2146893022"
                .into(),
        ),
        (None, _, Some(false)) => failing(RPC_UNAVAILABLE),
        (None, _, _) => (Vec::new(), "what a destination experiences could not be told".into()),
    }
}

/// `a destination fails with error 1753: …`.
fn fails(errors: &[i64]) -> String {
    let words = errors.iter().map(|&number| match codes::find(number) {
        Some(code) => format!("error {number} ({})", code.short),
        None => format!("error {number}"),
    });
    format!("a destination fails with {}", words.collect::<Vec<_>>().join(" or "))
}

/// Why nobody asked an address.
fn reason(evidence: &Evidence, address: IpAddr) -> String {
    let stranger = "it is a public address that the configuration does not list, and a wrong record may lead to a \
                    stranger's; `guidpost identify` with the address itself asks it";
    let why = match why_not_asked(evidence, address) {
        Some(why) => why,
        None if evidence.incomplete.is_some() => "the run ended before it was asked",
        None if super::target::may_be_asked(address) => "nothing of it could be asked",
        None => stranger,
    };
    why.to_owned()
}

/// Why an address that was given must not be asked; `None` if it may.
pub fn why_not_asked(evidence: &Evidence, address: IpAddr) -> Option<&'static str> {
    let probe = &evidence.config.probe;
    if !probe.enabled {
        return Some("asking machines is switched off (--no-probe, or probe: in the configuration)");
    }
    if probe.exclude.iter().any(|network| network.contains(address)) {
        return Some("the configuration excludes it (probe: exclude)");
    }
    match probe.redirect.get(&address) {
        Some(None) => return Some("the configuration says that it must not be contacted (probe: redirect)"),
        Some(Some(_)) => return None,
        None => {}
    }
    match evidence.selection.family {
        Some(Family::V4) if address.is_ipv6() => Some("only IPv4 is used (-4)"),
        Some(Family::V6) if address.is_ipv4() => Some("only IPv6 is used (-6)"),
        _ => None,
    }
}
