//! What each destination DC experiences, with the resolvers that it uses.
//!
//! Walks a Windows client over the cells of the forecast: it asks its first resolver, and only where no reply comes goes
//! on to the next, after 1, 2, 4 and 8 seconds (Microsoft KB 2834226). "No such name" is final.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{from_addresses, sources};
use crate::base::codes::DNS_LOOKUP_FAILURE;
use crate::evidence::LocalView;
use crate::inventory::{Dc, Server, is_beside_candidate};
use crate::report::{Certainty, DestinationRow, Fallback, ForecastOutcome, ForecastRow, Shared};
use crate::view::{Standing, View};

/// After how many seconds a client asks the next resolver, by the number of silent ones before it.
const DELAYS: [f64; 5] = [0.0, 1.0, 2.0, 4.0, 8.0];
/// When it gives up.
const END: f64 = 10.0;

/// More rows than that are no report any more: 3,000 DCs have 9 million pairs.
const LISTED: usize = 1_000_000;

/// One row per destination and source, for each DC whose resolvers the configuration names and, at home, for this machine
/// with its own list; and how many are left out. No DC replicates from itself. `cells` is what [`super::run`] gave.
pub fn run(view: &View<'_>, cells: &[ForecastRow]) -> (Vec<DestinationRow>, usize) {
    up_to(LISTED, view, cells)
}

/// As [`run`]; if there were more than `limit` rows, only those that are not ok, and of these no more than `limit`.
fn up_to(limit: usize, view: &View<'_>, cells: &[ForecastRow]) -> (Vec<DestinationRow>, usize) {
    let width = view.inventory.servers.len();
    let profiles = profiles(view);
    let pairs = profiles.len() * sources(view).count();
    let (mut rows, mut left_out) = (Vec::new(), 0);
    for profile in profiles {
        for (position, source) in sources(view).enumerate() {
            if profile.dc == Some(source.index) {
                continue;
            }
            let walker = Walker { view, cells: &cells[position * width..][..width] };
            let way = profile.way(&walker, source);
            if pairs > limit && (way.outcome == ForecastOutcome::Ok || rows.len() == limit) {
                left_out += 1;
            } else {
                rows.push(profile.row(source, way));
            }
        }
    }
    rows.sort_by(|a: &DestinationRow, b| (&a.destination, &a.source).cmp(&(&b.destination, &b.source)));
    (rows, left_out)
}

/// A resolver of a destination: a server of the run, or why there is none.
type Hop<'a> = Result<&'a Server, String>;

/// A destination and the resolvers that it uses.
struct Profile<'a> {
    label: Shared,
    /// Its index, if it is a DC of the configuration.
    dc: Option<usize>,
    /// What the report calls its resolvers.
    resolvers: Vec<Shared>,
    /// One list, or several where its network adapters have different ones; each with the adapter's name.
    lists: Vec<(String, Vec<Hop<'a>>)>,
    /// It is this machine, whose hosts file comes before DNS.
    here: bool,
}

fn profiles<'a>(view: &View<'a>) -> Vec<Profile<'a>> {
    let is_destination = view.here().is_some() || !is_beside_candidate(view.evidence);
    let own = view.local().filter(|_| view.inventory.at_home && is_destination).map(|local| own_profile(view, local));
    let others = view.inventory.dcs.iter().filter(|dc| !dc.resolvers.is_empty());
    let others = others.filter(|dc| own.as_ref().is_none_or(|own| own.dc != Some(dc.index)));
    let mut profiles: Vec<Profile<'_>> = others.map(|dc| configured_profile(view, dc)).collect();
    profiles.extend(own);
    profiles
}

fn configured_profile<'a>(view: &View<'a>, dc: &'a Dc) -> Profile<'a> {
    let hops: Vec<(IpAddr, Hop<'a>)> =
        dc.resolvers.iter().map(|&address| (address, view.inventory.resolver_of(dc, address))).collect();
    Profile {
        label: dc.label.as_str().into(),
        dc: Some(dc.index),
        resolvers: hops.iter().map(|(address, hop)| shown(hop, address)).collect(),
        lists: vec![(String::new(), once_each(hops.into_iter().map(|(_, hop)| hop)))],
        here: false,
    }
}

fn own_profile<'a>(view: &View<'a>, local: &'a LocalView) -> Profile<'a> {
    let inventory = view.inventory;
    let here = view.here();
    let candidate = view.evidence.purpose.candidate().filter(|candidate| candidate.here);
    let candidate = candidate.map(|candidate| candidate.host.to_string());
    let host = || local.host.as_ref().map(|host| host.trim_end_matches('.').to_ascii_lowercase());
    let label = candidate.or_else(|| here.map(|dc| dc.label.clone())).or_else(host);
    let hop = |address| {
        inventory.server_at(address).ok_or_else(|| format!("its resolver {address} is not asked in this run"))
    };
    let mut adapters: Vec<&Option<String>> = Vec::new();
    for resolver in &local.resolvers {
        if !adapters.contains(&&resolver.interface) {
            adapters.push(&resolver.interface);
        }
    }
    let mut lists: Vec<(String, Vec<Hop<'a>>)> = Vec::new();
    for adapter in adapters {
        let its = local.resolvers.iter().filter(|resolver| resolver.interface == *adapter);
        let list = once_each(its.map(|resolver| hop(resolver.address)));
        if !lists.iter().any(|(_, known)| *known == list) {
            lists.push((adapter.clone().unwrap_or_default(), list));
        }
    }
    Profile {
        label: label.unwrap_or_else(|| "this machine".into()).into(),
        dc: here.map(|dc| dc.index),
        resolvers: local.resolvers.iter().map(|resolver| shown(&hop(resolver.address), &resolver.address)).collect(),
        lists,
        here: true,
    }
}

fn shown(hop: &Hop<'_>, address: &impl ToString) -> Shared {
    hop.as_ref().map_or_else(|_| address.to_string().into(), |server| server.name.as_str().into())
}

/// A client keeps each resolver once.
fn once_each<'a>(hops: impl Iterator<Item = Hop<'a>>) -> Vec<Hop<'a>> {
    let mut list = Vec::new();
    for hop in hops {
        if !list.contains(&hop) {
            list.push(hop);
        }
    }
    list
}

impl Profile<'_> {
    fn way(&self, walker: &Walker<'_, '_>, source: &Dc) -> Way {
        if !self.here {
            return self.by_resolvers(walker);
        }
        walker.by_hosts_file(source).unwrap_or_else(|| {
            let mut way = self.by_resolvers(walker);
            if let Some(note) = walker.beside_the_alias(source) {
                way.message = format!("{}; {note}", way.message).into();
            }
            way
        })
    }

    fn by_resolvers(&self, walker: &Walker<'_, '_>) -> Way {
        let mut ways = self.lists.iter().map(|(adapter, list)| (adapter, walker.walk(list, 0)));
        let Some((_, mut first)) = ways.next() else {
            return Way::unknown("no resolver of this machine is known", &[]);
        };
        for (adapter, way) in ways {
            if !first.agrees(&way) {
                let reason = format!(
                    "its network adapters have different resolvers, which lead to different ends ({}: {}; {adapter}: {})",
                    self.lists[0].0, first.message, way.message
                );
                return Way::unknown(reason, &[]);
            }
            first.merge(way);
        }
        first
    }

    fn row(&self, source: &Dc, way: Way) -> DestinationRow {
        DestinationRow {
            destination: self.label.clone(),
            resolvers: self.resolvers.clone(),
            source: source.label.as_str().into(),
            server: way.server,
            delay_s: way.delay_s,
            outcome: way.outcome,
            errors: way.errors,
            certainty: way.certainty,
            fallback: way.fallback,
            delay_only: way.delay_only,
            rules: way.rules.into_iter().collect(),
            message: way.message,
        }
    }
}

/// Where a destination ends up with one source.
struct Way {
    server: Option<Shared>,
    delay_s: f64,
    outcome: ForecastOutcome,
    errors: Vec<i64>,
    certainty: Certainty,
    fallback: Option<Fallback>,
    delay_only: bool,
    rules: BTreeSet<String>,
    message: Shared,
}

impl Way {
    fn unknown(message: impl Into<Shared>, rules: &[&str]) -> Self {
        Self {
            server: None,
            delay_s: 0.0,
            outcome: ForecastOutcome::Unknown,
            errors: Vec::new(),
            certainty: Certainty::Inferred,
            fallback: None,
            delay_only: false,
            rules: rules.iter().map(|&rule| rule.into()).collect(),
            message: message.into(),
        }
    }

    /// No resolver says anything: neither the alias nor the host name can be resolved.
    fn unresolved() -> Self {
        Self {
            delay_s: END,
            outcome: ForecastOutcome::Fails,
            errors: vec![DNS_LOOKUP_FAILURE],
            fallback: Some(Fallback::None),
            ..Self::unknown("none of its resolvers answers: event 2087", &[])
        }
    }

    /// The answer of one server decides.
    fn through(row: &ForecastRow, silent: usize) -> Self {
        Self {
            server: Some(row.server.clone()),
            delay_s: DELAYS[silent.min(DELAYS.len() - 1)],
            outcome: row.outcome,
            errors: row.errors.clone(),
            certainty: row.certainty,
            fallback: row.fallback,
            delay_only: row.delay_only,
            rules: row.rules.iter().cloned().collect(),
            message: row.message.clone(),
        }
    }

    /// Whether both come to the same end.
    fn agrees(&self, other: &Self) -> bool {
        (self.outcome, &self.errors, self.delay_only) == (other.outcome, &other.errors, other.delay_only)
    }

    /// One of two ways to the same end.
    fn merge(&mut self, other: Self) {
        self.server = self.server.take().filter(|server| other.server.as_ref() == Some(server));
        self.delay_s = self.delay_s.max(other.delay_s);
        self.rules.extend(other.rules);
        self.certainty = self.certainty.max(other.certainty);
        if self.fallback != other.fallback {
            self.fallback = Some(Fallback::Unknown);
        }
    }

    /// What came before, in front of the message.
    fn after(mut self, rule: &str, before: &str) -> Self {
        self.rules.insert(rule.into());
        self.message = format!("{before}; {}", self.message).into();
        self
    }
}

/// Walks over the cells of one source.
struct Walker<'v, 'a> {
    view: &'v View<'a>,
    /// By server.
    cells: &'v [ForecastRow],
}

impl Walker<'_, '_> {
    /// From the first resolver of a list on; so many have kept silent before it.
    fn walk(&self, list: &[Hop<'_>], silent: usize) -> Way {
        let Some((first, rest)) = list.split_first() else { return Way::unresolved() };
        let server = match first {
            Ok(server) => *server,
            Err(why) => return Way::unknown(why.clone(), &[]),
        };
        let row = &self.cells[server.index];
        match self.view.standing(server) {
            Standing::Silent(_) => {
                self.walk(rest, silent + 1).after("server-silent", &format!("{} does not answer", server.name))
            }
            Standing::Refusing { .. } => self.refused(server, rest, silent),
            Standing::Unresolved | Standing::NotAsked => {
                Way::unknown(format!("{}: {}", server.name, row.message), &["server-silent"])
            }
            Standing::OutsideForest { .. } | Standing::Good => Way::through(row, silent),
        }
    }

    /// A refusal: some clients ask their next resolver, some take it for the end.
    fn refused(&self, server: &Server, rest: &[Hop<'_>], silent: usize) -> Way {
        let mut on = self.walk(rest, silent);
        let stop = Way { delay_s: DELAYS[silent.min(DELAYS.len() - 1)], ..Way::unresolved() };
        let before = format!("{} refuses", server.name);
        if on.agrees(&stop) {
            on.merge(stop);
            return on.after("server-refusing", &before);
        }
        let reason = format!("{before}, and whether the client then asks its next resolver is not certain");
        Way::unknown(reason, &["server-refusing"])
    }

    /// Where this machine's hosts file gives addresses for the alias, it does not ask DNS.
    fn by_hosts_file(&self, source: &Dc) -> Option<Way> {
        let alias = source.alias.as_ref()?;
        let lines: Vec<_> = self.view.name_lines(alias.as_str()).collect();
        let first = lines.first()?;
        let addresses: BTreeSet<IpAddr> = lines.iter().map(|line| line.address).collect();
        let addresses: Vec<IpAddr> = addresses.into_iter().collect();
        let mut rules = BTreeSet::from(["hosts-file-override"]);
        let place = format!("line {} of {}", first.line, first.file);
        let walk = from_addresses(self.view, source, &addresses, &place, &mut rules);
        Some(Way {
            outcome: walk.outcome,
            errors: walk.errors.into_iter().collect(),
            certainty: walk.certainty,
            delay_only: walk.delay_only,
            rules: walk.rules.into_iter().map(String::from).collect(),
            ..Way::unknown(walk.message, &[])
        })
    }

    /// A hosts line for the host name alone does not change where the alias leads: DNS gives that with its addresses. It
    /// counts for all that asks for the name itself.
    fn beside_the_alias(&self, source: &Dc) -> Option<String> {
        let host = source.host.as_ref()?;
        let line = self.view.name_lines(host.as_str()).next()?;
        Some(format!("by its own name {host} is {} here, as line {} of {} says", line.address, line.line, line.file))
    }
}

#[cfg(test)]
mod tests;
