//! Read-only look-ups over the evidence, shared by the rules and the forecast.

mod alias;
mod cause;
mod chain;
mod here;
mod look;
mod machine;
mod owner;
mod sayings;
mod standing;
mod tell;
mod zones;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hashbrown::HashMap;
use ipnetwork::IpNetwork;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::base::address::is_single;
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::{Column, Evidence, NameLine};
use crate::inventory::{Dc, Inventory, Server};
use crate::machine::Verdict;
pub use alias::Alias;
pub use cause::Cause;
pub use chain::Content;
pub(crate) use here::{first_label, is_lmhosts, is_name, own_names};
pub use look::{Absence, Addresses, Both, Look, Why};
pub use machine::Experience;
pub use owner::Ownership;
use sayings::Table;
pub use standing::Standing;
pub(crate) use zones::{apex, is_whole};

/// Of how many DCs this machine resolves the names. Each look-up of a name that does not exist may take the system many
/// seconds, and one that differs shows in the first DCs as well as in the last.
pub(crate) const MAX_DCS: usize = 100;

/// Inventory and evidence, with what several rules need computed once.
pub struct View<'a> {
    /// What ought to be.
    pub inventory: &'a Inventory,
    /// What was seen.
    pub evidence: &'a Evidence,
    /// The day of the run, UTC.
    pub today: Date,
    /// By server.
    columns: Vec<Option<&'a Column>>,
    standings: Vec<Standing>,
    /// What stands at the aliases of the DCs, by server.
    aliases: Table<Alias>,
    /// What stands at their host names, by server.
    hosts: Table<Both>,
    /// The first DC of each host name and other name; indexes into the inventory.
    names: HashMap<&'a str, usize>,
    /// Which DCs own an address singly; indexes into the inventory.
    single_owners: HashMap<IpAddr, Vec<usize>>,
    /// Networks that DCs own.
    network_owners: Vec<(IpNetwork, usize)>,
    /// Under the host names of which DCs an address stands, at any good server; indexes into the inventory.
    holders: BTreeMap<IpAddr, BTreeSet<usize>>,
    /// To whom the addresses under the host names of DCs belong, by DC (its index) and address.
    owners: HashMap<(usize, IpAddr), Ownership<'a>>,
    /// Addresses that a server gives for names that do not exist, by server.
    synthesized: Vec<BTreeSet<IpAddr>>,
    /// Who answers, by DC (its index) and address.
    machines: BTreeMap<(usize, IpAddr), Verdict>,
    /// The DC that guidpost runs on; its index in the inventory.
    here: Option<usize>,
    /// The lines of this machine's hosts and lmhosts files, by name in lower case without final dot.
    name_lines: HashMap<String, Vec<&'a NameLine>>,
}

impl<'a> View<'a> {
    /// Looks over the evidence once.
    pub fn new(inventory: &'a Inventory, evidence: &'a Evidence) -> Self {
        let mut view = Self {
            inventory,
            evidence,
            today: evidence.started_at.to_zoned(TimeZone::UTC).date(),
            columns: Vec::new(),
            standings: Vec::new(),
            aliases: Table::empty(),
            hosts: Table::empty(),
            names: HashMap::new(),
            single_owners: HashMap::new(),
            network_owners: Vec::new(),
            holders: BTreeMap::new(),
            owners: HashMap::new(),
            synthesized: Vec::new(),
            machines: BTreeMap::new(),
            here: here::find(inventory, evidence),
            name_lines: here::index(evidence),
        };
        let column = |server: &Server| evidence.column(server.address?);
        view.columns = inventory.servers.iter().map(column).collect();
        view.find_names();
        view.find_owners();
        view.hosts = view.hear_hosts();
        view.aliases = view.hear_aliases();
        view.standings = inventory.servers.iter().map(|server| standing::of(&view, server)).collect();
        view.synthesized = inventory.servers.iter().map(|server| view.canary_addresses(server)).collect();
        view.holders = view.find_holders();
        view.judge_machines();
        view.owners = view.find_owners_under_names();
        view
    }

    /// The DCs that this run is about.
    pub fn dcs(&self) -> impl Iterator<Item = &'a Dc> + use<'a> {
        self.inventory.dcs.iter().filter(|dc| dc.selected)
    }

    /// The servers whose records can be judged: they answer, and know the forest.
    pub fn good_servers(&self) -> impl Iterator<Item = &'a Server> {
        let servers = self.inventory.servers.iter().zip(&self.standings);
        servers.filter(|(_, standing)| !standing.is_blocked()).map(|(server, _)| server)
    }

    /// The good servers, without those that say the same about a DC as the one before.
    pub fn differing_servers(&self, dc: &Dc) -> impl Iterator<Item = &'a Server> {
        let mut before = None;
        self.good_servers().filter(move |&server| {
            let same = before.is_some_and(|before| self.says_the_same(dc, before, server));
            before = Some(server);
            !same
        })
    }

    /// How many servers cannot be judged.
    pub fn blocked_servers(&self) -> impl Iterator<Item = &'a Server> {
        let servers = self.inventory.servers.iter().zip(&self.standings);
        servers.filter(|(_, standing)| standing.is_blocked()).map(|(server, _)| server)
    }

    /// How a server stands.
    pub fn standing(&self, server: &Server) -> &Standing {
        &self.standings[server.index]
    }

    /// Whether a server was not asked because this process had no socket left: no word about the server.
    pub fn lacked_socket(&self, server: &Server) -> bool {
        self.columns[server.index].is_some_and(standing::lacked_socket)
    }

    /// Why nothing is known of a server that was not asked.
    pub fn why_not_asked(&self, server: &Server) -> &'static str {
        if self.lacked_socket(server) {
            "the server could not be asked: this program may not open more files at once (raise the limit, ulimit -n)"
        } else {
            "the run ended before the server had answered anything"
        }
    }

    /// Every selected DC at every good server.
    pub fn cells(&self) -> impl Iterator<Item = (&'a Dc, &'a Server)> {
        self.dcs().flat_map(move |dc| self.good_servers().map(move |server| (dc, server)))
    }

    /// Every selected DC with a host name at every good server.
    pub fn hosts(&self) -> impl Iterator<Item = (&'a Dc, &'a DnsName, &'a Server)> {
        self.cells().filter_map(|(dc, server)| Some((dc, dc.host.as_ref()?, server)))
    }

    /// Every selected DC with an alias at every good server.
    pub fn aliases(&self) -> impl Iterator<Item = (&'a Dc, &'a DnsName, &'a Server)> {
        self.cells().filter_map(|(dc, server)| Some((dc, dc.alias.as_ref()?, server)))
    }

    /// Whether an address at this server comes from a wildcard: names that do not exist get it too.
    pub fn is_synthesized(&self, server: &Server, address: IpAddr) -> bool {
        self.synthesized[server.index].contains(&address)
    }

    /// Whether an alias with this target comes from a wildcard at this server.
    pub fn is_synthesized_target(&self, server: &Server, target: &str) -> bool {
        self.inventory
            .canaries
            .iter()
            .any(|canary| self.alias_targets(server, canary).iter().any(|name| name == target))
    }

    /// The zone of a name at a server: `_msdcs.<forest>` is a zone of its own, or a part of the forest's.
    pub fn zone(&self, server: &Server, dc: &'a Dc, name: &DnsName) -> DnsName {
        let inventory = self.inventory;
        if name.is_within(&inventory.msdcs) {
            let own_zone = self.holds_zone(server, &inventory.msdcs) != Some(false);
            return if own_zone { inventory.msdcs.clone() } else { inventory.forest.clone() };
        }
        let domain = dc.domain.as_ref().filter(|domain| name.is_within(domain));
        domain.cloned().or_else(|| name.parent()).unwrap_or_else(|| name.clone())
    }

    /// Whether the server answers the SOA question for `zone` with an SOA of that very name; `None` without an answer.
    pub fn holds_zone(&self, server: &Server, zone: &DnsName) -> Option<bool> {
        let (answer, body) = self.usable(server, zone, RecordType::SOA).ok()?;
        let own = body.answers.iter().any(|record| {
            record.data.rtype() == RecordType::SOA && self.evidence.store.lower(record.owner) == zone.as_str()
        });
        (answer.rcode == 0 || answer.rcode == 3).then_some(own)
    }

    /// The DC that has an address: by the configuration, or under its host name at a good server.
    pub fn holder(&self, address: IpAddr) -> Option<&'a Dc> {
        let owners = self.single_owners.get(&address).into_iter().flatten();
        let index = owners.chain(self.holders.get(&address).into_iter().flatten()).min()?;
        self.inventory.dcs.get(*index)
    }

    fn canary_addresses(&self, server: &Server) -> BTreeSet<IpAddr> {
        let canaries = self.inventory.canaries.iter();
        canaries.flat_map(|name| self.both(server, name).addresses()).collect()
    }

    fn find_names(&mut self) {
        for dc in &self.inventory.dcs {
            for name in dc.names() {
                self.names.entry(name.as_str()).or_insert(dc.index);
            }
        }
    }

    fn find_owners(&mut self) {
        for dc in &self.inventory.dcs {
            for network in &dc.owns {
                if is_single(network) {
                    self.single_owners.entry(network.ip()).or_default().push(dc.index);
                } else {
                    self.network_owners.push((*network, dc.index));
                }
            }
        }
    }

    fn find_owners_under_names(&self) -> HashMap<(usize, IpAddr), Ownership<'a>> {
        let pairs = self.holders.iter().flat_map(|(&address, dcs)| dcs.iter().map(move |&dc| (dc, address)));
        pairs.map(|(dc, address)| ((dc, address), self.find_owner(&self.inventory.dcs[dc], address))).collect()
    }

    fn find_holders(&self) -> BTreeMap<IpAddr, BTreeSet<usize>> {
        let mut holders: BTreeMap<IpAddr, BTreeSet<usize>> = BTreeMap::new();
        for dc in &self.inventory.dcs {
            for server in self.differing_servers(dc) {
                for address in self.host(dc, server).addresses() {
                    if !self.is_synthesized(server, address) {
                        holders.entry(address).or_default().insert(dc.index);
                    }
                }
            }
        }
        holders
    }
}
