//! Which replication error a Windows destination DC will see, for each source DC and DNS server.
//!
//! Walks what the destination walks: alias, host name, addresses, machine (Microsoft KB 2021446, MS-DRSR 2.2.3.2).

mod destination;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::base::codes::{DNS_LOOKUP_FAILURE, ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE, WRONG_PRINCIPAL};
use crate::base::name::DnsName;
use crate::inventory::{Dc, Server};
use crate::report::{Certainty, Fallback, ForecastOutcome, ForecastRow, Identity, Shared};
use crate::view::{Alias, Cause, Experience, Ownership, Standing, View};
pub use destination::run as destinations;

/// Which rule explains a cause, by name: the rules lie above, and are told from there.
pub type Owner = fn(Cause) -> Option<&'static str>;

/// One row per source DC and server: source by source, and for each source in the order of the inventory's servers.
pub fn run(view: &View<'_>, owner: Owner) -> Vec<ForecastRow> {
    rows(view, owner, |dc, before, server| view.says_the_same(dc, before, server))
}

/// As [`run`], each row by itself.
#[cfg(test)]
pub(crate) fn run_each(view: &View<'_>, owner: Owner) -> Vec<ForecastRow> {
    rows(view, owner, |_, _, _| false)
}

/// `same` says where a server's row is that of the server before it.
fn rows(view: &View<'_>, owner: Owner, same: impl Fn(&Dc, &Server, &Server) -> bool) -> Vec<ForecastRow> {
    let servers: Vec<Shared> = view.inventory.servers.iter().map(|server| server.name.as_str().into()).collect();
    let mut rows: Vec<ForecastRow> = Vec::with_capacity(sources(view).count() * servers.len());
    for dc in sources(view) {
        let source = Source {
            dc,
            label: dc.label.as_str().into(),
            guid: dc.guid.map(|guid| guid.to_string().into()),
            said: RefCell::default(),
        };
        let mut before: Option<&Server> = None;
        for (server, name) in view.inventory.servers.iter().zip(&servers) {
            let same = before.is_some_and(|before| same(dc, before, server));
            let known = rows.last().filter(|_| same).map(|row| ForecastRow { server: name.clone(), ..row.clone() });
            rows.push(known.unwrap_or_else(|| row(view, owner, &source, server, name)));
            before = Some(server);
        }
    }
    rows
}

/// A source DC, with the texts that its rows share.
struct Source<'a> {
    dc: &'a Dc,
    label: Shared,
    guid: Option<Shared>,
    /// What its servers lead to: hardly more than one thing.
    said: RefCell<Vec<Shared>>,
}

impl Source<'_> {
    fn share(&self, message: String) -> Shared {
        let mut said = self.said.borrow_mut();
        if let Some(known) = said.iter().find(|known| **known == message) {
            return known.clone();
        }
        let new = Shared::from(message);
        // Where every server leads elsewhere there is nothing to share.
        if said.len() < 4 {
            said.push(new.clone());
        }
        new
    }
}

/// The DCs that this run is about, read-only ones excepted: nobody replicates from them.
fn sources<'a>(view: &View<'a>) -> impl Iterator<Item = &'a Dc> + use<'a> {
    view.dcs().filter(|dc| !dc.read_only)
}

/// What is known of the walk so far.
struct Walk {
    outcome: ForecastOutcome,
    errors: BTreeSet<i64>,
    wrong: usize,
    total: usize,
    fallback: Option<Fallback>,
    certainty: Certainty,
    delay_only: bool,
    causes: BTreeSet<Cause>,
    message: String,
}

impl Walk {
    fn unknown(message: impl Into<String>, causes: &[Cause]) -> Self {
        Self {
            outcome: ForecastOutcome::Unknown,
            errors: BTreeSet::new(),
            wrong: 0,
            total: 0,
            fallback: None,
            certainty: Certainty::Inferred,
            delay_only: false,
            causes: causes.iter().copied().collect(),
            message: message.into(),
        }
    }

    /// The name could not be resolved.
    fn lookup_failure(view: &View<'_>, dc: &Dc, server: &Server, cause: Cause, why: &str) -> Self {
        let fallback = match view.fallback(dc, server) {
            Some(true) => Fallback::Fqdn,
            Some(false) => Fallback::None,
            None => Fallback::Unknown,
        };
        let then = match fallback {
            Fallback::Fqdn => {
                "Windows falls back to the host name, which is right: event 2088, replication may succeed"
            }
            Fallback::None => "the host name does not lead there either: event 2087",
            Fallback::Unknown => "whether the host name leads there is not known",
        };
        Self {
            outcome: ForecastOutcome::Fails,
            errors: BTreeSet::from([DNS_LOOKUP_FAILURE]),
            wrong: 0,
            total: 0,
            fallback: Some(fallback),
            certainty: Certainty::Inferred,
            delay_only: false,
            causes: BTreeSet::from([cause]),
            message: format!("{why}; {then}"),
        }
    }
}

/// The rules that explain these, in the order of their names.
fn names(causes: &BTreeSet<Cause>, owner: Owner) -> Vec<String> {
    let names: BTreeSet<&str> = causes.iter().filter_map(|&cause| owner(cause)).collect();
    names.into_iter().map(String::from).collect()
}

fn row(view: &View<'_>, owner: Owner, source: &Source<'_>, server: &Server, name: &Shared) -> ForecastRow {
    let dc = source.dc;
    let walk = match view.standing(server) {
        Standing::Silent(_) => {
            Walk::unknown("the server is silent; a destination asks its next one", &[Cause::ServerSilent])
        }
        Standing::Refusing { .. } => {
            Walk::unknown("the server refuses; a destination asks its next one", &[Cause::ServerRefusing])
        }
        Standing::Unresolved => Walk::unknown("the server's host name has no address here", &[Cause::ServerSilent]),
        Standing::NotAsked => Walk::unknown(view.why_not_asked(server), &[]),
        Standing::OutsideForest { .. } => {
            let why = format!("{} does not exist at this server", view.inventory.msdcs);
            Walk::lookup_failure(view, dc, server, Cause::ServerOutsideForest, &why)
        }
        Standing::Good => from_alias(view, dc, server),
    };
    ForecastRow {
        source: source.label.clone(),
        guid: source.guid.clone(),
        server: name.clone(),
        outcome: walk.outcome,
        errors: walk.errors.into_iter().collect(),
        certainty: walk.certainty,
        wrong_addresses: walk.wrong,
        addresses: walk.total,
        fallback: walk.fallback,
        delay_only: walk.delay_only,
        rules: names(&walk.causes, owner),
        message: source.share(walk.message),
    }
}

fn from_alias(view: &View<'_>, dc: &Dc, server: &Server) -> Walk {
    if dc.alias.is_none() {
        return Walk::unknown("the GUID of the source's NTDS Settings object is not known", &[Cause::AliasMissing]);
    }
    match view.alias(dc, server) {
        Alias::Unknown(why) => Walk::unknown(format!("the alias could not be seen: {why}"), &[Cause::AliasMissing]),
        Alias::Absent(_) => Walk::lookup_failure(view, dc, server, Cause::AliasMissing, "the alias does not exist"),
        Alias::Holds { addresses, .. } => {
            let mut causes = BTreeSet::from([Cause::AliasNotCname]);
            from_addresses(view, dc, addresses, "the alias's own name", &mut causes)
        }
        Alias::Targets { names, beside, .. } => match &names[..] {
            [] if beside.is_empty() => {
                Walk::lookup_failure(view, dc, server, Cause::AliasDangling, "the alias points to the root")
            }
            [target] if beside.is_empty() => from_target(view, dc, server, target),
            _ => from_several(view, dc, server, names, beside),
        },
    }
}

fn from_target(view: &View<'_>, dc: &Dc, server: &Server, target: &DnsName) -> Walk {
    let own_name = dc.host.is_none() || dc.is_named(target.as_str());
    let own_host = dc.host.as_ref() == Some(target);
    let foreign_dc = view.dc_named(target.as_str()).is_some_and(|other| other.index != dc.index);
    let mut causes = BTreeSet::new();
    if !own_name {
        causes.insert(Cause::AliasWrongTarget);
    }
    match view.both(server, target).together() {
        Ok(addresses) => from_addresses(view, dc, &addresses, target.as_str(), &mut causes),
        Err(Err(why)) => {
            Walk::unknown(format!("the addresses of {target} could not be seen: {why}"), &[Cause::HostMissing])
        }
        Err(Ok(_)) => {
            let cause = match (own_host, foreign_dc) {
                (true, _) => Cause::HostMissing,
                (false, true) => Cause::AliasWrongTarget,
                (false, false) => Cause::AliasDangling,
            };
            Walk::lookup_failure(view, dc, server, cause, &format!("{target} has no address"))
        }
    }
}

/// Several aliases at one name, or addresses beside an alias: a client may take any of them.
fn from_several(view: &View<'_>, dc: &Dc, server: &Server, targets: &[DnsName], beside: &[IpAddr]) -> Walk {
    let mut addresses = beside.to_vec();
    let mut dead_ends = 0;
    for target in targets {
        match view.both(server, target).together() {
            Ok(found) => addresses.extend(found),
            Err(Ok(_)) => dead_ends += 1,
            Err(Err(why)) => {
                return Walk::unknown(
                    format!("the addresses of {target} could not be seen: {why}"),
                    &[Cause::AliasDuplicate],
                );
            }
        }
    }
    addresses.sort_unstable();
    addresses.dedup();
    if addresses.is_empty() {
        return Walk::lookup_failure(view, dc, server, Cause::AliasDuplicate, "no target of the alias has an address");
    }
    let mut causes = BTreeSet::from([Cause::AliasDuplicate]);
    let mut walk = from_addresses(view, dc, &addresses, "several targets", &mut causes);
    if dead_ends > 0 {
        walk.errors.insert(DNS_LOOKUP_FAILURE);
        if walk.outcome == ForecastOutcome::Ok {
            walk.outcome = ForecastOutcome::Intermittent;
        }
    }
    walk
}

/// What a single address does to the destination.
enum Step {
    Right,
    Wrong(Cause, Vec<i64>),
    Unclear,
}

/// What happens at an address, and whether its machine said so itself.
fn step(view: &View<'_>, dc: &Dc, address: IpAddr) -> (Step, Certainty) {
    let ownership = view.ownership(dc, address);
    match (&ownership, view.experience(dc, address)) {
        (Ownership::Unusable(_), _) | (_, Experience::Unclear) => {}
        (_, Experience::Right) => return (Step::Right, Certainty::Probed),
        (_, Experience::Wrong(codes)) => {
            let silent = matches!(view.identity(dc, address), Identity::Silent | Identity::Unreachable);
            // Silence at an address of which nobody says whose it is decides nothing.
            if !(silent && matches!(ownership, Ownership::Unknown | Ownership::Contested(_))) {
                return (Step::Wrong(cause_at(view, dc, address, &ownership), codes), Certainty::Probed);
            }
        }
    }
    let step = match ownership {
        Ownership::Own | Ownership::OwnAndOthers(_) => Step::Right,
        Ownership::Unusable(unusable) if unusable.loopback => {
            Step::Wrong(Cause::UnusableAddress, vec![WRONG_PRINCIPAL])
        }
        // A tunnel address that the DC owns may work.
        Ownership::Unusable(unusable) if !unusable.grave && dc.owns(address) => Step::Right,
        Ownership::Unusable(_) => Step::Wrong(Cause::UnusableAddress, vec![RPC_UNAVAILABLE]),
        Ownership::Others(_) => Step::Wrong(Cause::SharedAddress, vec![WRONG_PRINCIPAL]),
        Ownership::Nobody => Step::Wrong(Cause::StaleAddress, vec![ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE]),
        Ownership::Contested(_) | Ownership::Unknown => Step::Unclear,
    };
    (step, Certainty::Inferred)
}

/// What is wrong with an address that was probed: one address, one cause.
fn cause_at(view: &View<'_>, dc: &Dc, address: IpAddr, ownership: &Ownership<'_>) -> Cause {
    match (ownership, view.identity(dc, address)) {
        (Ownership::Others(_) | Ownership::Contested(_), _) => Cause::SharedAddress,
        (Ownership::Nobody, _) => Cause::StaleAddress,
        _ if view.lost_settings(dc, address).is_some() => Cause::SettingsMissing,
        (_, Identity::ReinstalledDc) => Cause::GuidMismatch,
        (_, Identity::Silent | Identity::Unreachable) => Cause::AddressSilent,
        (_, Identity::RightHostNoDirectory | Identity::OwnerProven | Identity::Owner | Identity::OwnerByName) => {
            Cause::DirectoryNotRunning
        }
        _ => Cause::WrongMachine,
    }
}

fn from_addresses(view: &View<'_>, dc: &Dc, addresses: &[IpAddr], name: &str, causes: &mut BTreeSet<Cause>) -> Walk {
    let mut errors = BTreeSet::new();
    let (mut wrong, mut unclear) = (Vec::new(), Vec::new());
    let mut certainty = Certainty::Probed;
    for &address in addresses {
        let (step, how) = step(view, dc, address);
        if how == Certainty::Inferred {
            certainty = Certainty::Inferred;
        }
        match step {
            Step::Right => {}
            Step::Unclear => unclear.push(address),
            Step::Wrong(cause, codes) => {
                wrong.push(address);
                errors.extend(codes);
                // Behind a foreign target or at the alias itself that explains it.
                if causes.is_empty() || causes.contains(&cause) || causes.iter().all(|cause| cause.is_about_address()) {
                    causes.insert(cause);
                }
            }
        }
    }
    let texts = |addresses: &[IpAddr]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (outcome, message) = match (wrong.len(), unclear.len()) {
        (0, 0) => (ForecastOutcome::Ok, format!("{name} leads to {}", texts(addresses))),
        (0, _) => (
            ForecastOutcome::Unknown,
            format!("{name} leads to {}; whether that is the source is not known", texts(&unclear)),
        ),
        (count, _) if count == addresses.len() => {
            let lost = wrong.iter().all(|&address| view.lost_settings(dc, address).is_some());
            let what = if lost { "is the source, but does not replicate" } else { "is not the source" };
            (ForecastOutcome::Fails, format!("{name} leads to {}, which {what}", texts(&wrong)))
        }
        (count, _) => (
            ForecastOutcome::Intermittent,
            format!("{count} of {} addresses of {name} lead elsewhere: {}", addresses.len(), texts(&wrong)),
        ),
    };
    // A client goes on to its next address only where nothing accepts its connection, or no way leads there.
    let costs_time = |address| view.moves_on(address) || view.unusable(address).is_some_and(|unusable| !unusable.grave);
    let delay_only = outcome == ForecastOutcome::Intermittent && wrong.iter().all(|&address| costs_time(address));
    Walk {
        outcome,
        errors,
        certainty,
        delay_only,
        wrong: wrong.len(),
        total: addresses.len(),
        fallback: None,
        causes: std::mem::take(causes),
        message,
    }
}

#[cfg(test)]
mod tests;
