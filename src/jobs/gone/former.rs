//! A former DC, by all that was given and learned of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::names::shared_names;
use crate::base::guid::Guid;
use crate::base::name::DnsName;
use crate::config::Retired;
use crate::evidence::probe::{Ping, Reply};
use crate::evidence::{Departed, Evidence, Outcome, Rdata, Record, Store, Transfer};
use crate::inventory::{Dc, Inventory};
use crate::view::View;

/// Every forest has this site unless somebody renamed it.
const FIRST_SITE: &str = "default-first-site-name";

/// A former DC: what names it, and where its records may stand.
#[derive(Clone, Debug)]
pub struct Former {
    /// As findings name it.
    pub dc: Dc,
    /// Its aliases: those of its GUIDs, and those that lead to its host names.
    pub aliases: BTreeSet<DnsName>,
    /// Its host names: those that were given, and those that its aliases lead to.
    pub hosts: BTreeSet<DnsName>,
    /// Its addresses: those that were given, and those under its host names; without those of live DCs.
    pub addresses: BTreeSet<IpAddr>,
    /// Addresses that a live DC has now, with its label.
    pub passed_on: BTreeMap<IpAddr, String>,
    /// What was given and still belongs to a configured DC.
    pub live: Vec<String>,
    /// What was given and stands in `retired:`.
    pub retired: Vec<String>,
    /// The domains of the forest as far as they are known.
    pub domains: BTreeSet<DnsName>,
    /// The names that hold the addresses of several DCs, that of the global catalogs included.
    pub shared: BTreeSet<DnsName>,
    /// Labels of sites, in presentation form.
    pub sites: BTreeSet<String>,
    /// GUIDs of domains.
    pub domain_guids: BTreeSet<Guid>,
}

/// Which records are to be learned from.
#[derive(Clone, Copy)]
struct Source<'s> {
    /// What this server alone answered; transfers of many zones are learned from when the next round is planned.
    only: Option<SocketAddr>,
    /// Whether a record counts: by its server, and whether it came by a transfer.
    counts: &'s dyn Fn(SocketAddr, &Record, bool) -> bool,
}

impl Former {
    /// The former DC of the run with all that was seen of it; `None` if the run is for something else.
    pub fn of(view: &View<'_>) -> Option<Self> {
        let good: BTreeSet<SocketAddr> = view.good_servers().filter_map(|server| server.address).collect();
        let real = |address: SocketAddr, record: &Record, transferred: bool| {
            good.contains(&address) && (transferred || !is_synthesized(view, address, record))
        };
        let mut former = Self::learned(view.inventory, view.evidence, Source { only: None, counts: &real })?;
        for address in std::mem::take(&mut former.addresses) {
            match view.holder(address) {
                Some(dc) => drop(former.passed_on.insert(address, dc.label.clone())),
                None => drop(former.addresses.insert(address)),
            }
        }
        Some(former)
    }

    /// What is to be looked for at a server: by all that was seen anywhere, or by what this server alone said.
    pub fn to_ask(inventory: &Inventory, evidence: &Evidence, only: Option<SocketAddr>) -> Option<Self> {
        Self::learned(inventory, evidence, Source { only, counts: &|_, _, _| true })
    }

    fn learned(inventory: &Inventory, evidence: &Evidence, source: Source<'_>) -> Option<Self> {
        let mut former = Self::given(inventory, evidence, evidence.purpose.departed()?);
        former.ask_machines(inventory, evidence);
        // An alias leads to a host, a host to its addresses and to further aliases; two passes are enough for any order
        // of honest records, and the limit holds against endless others.
        for _ in 0..4 {
            let before = (former.aliases.len(), former.hosts.len(), former.addresses.len(), former.sites.len());
            former.learn(inventory, evidence, source);
            if before == (former.aliases.len(), former.hosts.len(), former.addresses.len(), former.sites.len()) {
                break;
            }
        }
        Some(former)
    }

    fn given(inventory: &Inventory, evidence: &Evidence, departed: &Departed) -> Self {
        let (mut live, mut retired) = (Vec::new(), Vec::new());
        let (mut aliases, mut hosts) = (BTreeSet::new(), BTreeSet::new());
        let in_retired = |entry: Retired| evidence.config.retired.contains(&entry);
        for guid in &departed.guids {
            if inventory.dcs.iter().any(|dc| dc.guid == Some(*guid)) {
                live.push(guid.to_string());
            } else {
                aliases.insert(inventory.msdcs.child(&guid.to_string()));
            }
            retired.extend(in_retired(Retired::Guid(*guid)).then(|| guid.to_string()));
        }
        for host in &departed.hosts {
            if is_live(inventory, host.as_str()) {
                live.push(host.to_string());
            } else {
                hosts.insert(host.clone());
            }
            retired.extend(in_retired(Retired::Host(host.clone())).then(|| host.to_string()));
        }
        let mut domains: BTreeSet<DnsName> = inventory.dcs.iter().filter_map(|dc| dc.domain.clone()).collect();
        domains.extend(evidence.config.domains.iter().map(|domain| domain.name.clone()));
        domains.extend(hosts.iter().filter_map(DnsName::parent).filter(|name| name.is_within(&inventory.forest)));
        domains.insert(inventory.forest.clone());
        let mut sites: BTreeSet<String> =
            inventory.dcs.iter().filter_map(|dc| site_label(dc.site.as_deref()?)).collect();
        sites.insert(FIRST_SITE.into());
        Self {
            dc: as_dc(inventory, departed),
            addresses: departed.addresses.iter().copied().collect(),
            passed_on: BTreeMap::new(),
            domain_guids: evidence.config.domains.iter().filter_map(|domain| domain.guid).collect(),
            aliases,
            hosts,
            live,
            retired,
            shared: shared_names(inventory, &domains),
            domains,
            sites,
        }
    }

    /// Sites and domains that machines of the forest tell.
    fn ask_machines(&mut self, inventory: &Inventory, evidence: &Evidence) {
        for machine in evidence.machines.values() {
            if let Some(Ping::Netlogon(ping)) = machine.replies.cldap.as_ref().and_then(Reply::answer) {
                let forest = ping.forest.as_deref().and_then(|forest| DnsName::parse(forest).ok());
                if forest.as_ref() != Some(&inventory.forest) {
                    continue;
                }
                let sites = [&ping.site, &ping.client_site, &ping.next_closest_site];
                self.sites.extend(sites.into_iter().flatten().filter_map(|site| site_label(site)));
                self.domain_guids.insert(ping.domain_guid);
            }
            let root = machine.replies.rootdse.as_ref().and_then(Reply::answer);
            self.sites.extend(root.and_then(|root| site_label(&root.site()?)));
        }
    }

    fn learn(&mut self, inventory: &Inventory, evidence: &Evidence, source: Source<'_>) {
        let store = &evidence.store;
        let columns = evidence.columns().iter();
        for column in columns.filter(|column| source.only.is_none_or(|only| only == column.address)) {
            for (_, answer) in column.answers().filter(|(_, answer)| answer.outcome == Outcome::Reply) {
                let answers = answer.body.map_or(&[][..], |body| store.body(body).answers);
                for record in answers.iter().filter(|record| (source.counts)(column.address, record, false)) {
                    self.learn_record(inventory, store, record);
                }
            }
        }
        for ((address, _), transfer) in evidence.transfers.iter().filter(|_| source.only.is_none()) {
            let Transfer::Whole(records) = transfer else { continue };
            for record in records.iter().filter(|record| (source.counts)(*address, record, true)) {
                self.learn_record(inventory, store, record);
            }
        }
    }

    fn learn_record(&mut self, inventory: &Inventory, store: &Store, record: &Record) {
        let owner = store.lower(record.owner);
        match record.data {
            Rdata::Cname(target) => {
                let target = store.lower(target);
                if self.aliases.contains(owner) && !is_live(inventory, target) {
                    self.hosts.extend(DnsName::from_presentation(target));
                }
                if self.hosts.contains(target)
                    && let Ok(owner) = DnsName::from_presentation(owner)
                    && let Some(guid) = alias_guid(inventory, &owner)
                    && !inventory.dcs.iter().any(|dc| dc.guid == Some(guid))
                {
                    self.aliases.insert(owner);
                }
            }
            Rdata::A(_) | Rdata::Aaaa(_) if self.hosts.contains(owner) => self.addresses.extend(record.data.address()),
            Rdata::Srv { .. } if owner.contains("._sites.") => {
                let Ok(owner) = DnsName::from_presentation(owner) else { return };
                let labels = owner.labels();
                let site = labels.iter().position(|label| label == b"_sites").and_then(|at| at.checked_sub(1));
                self.sites.extend(site.and_then(|at| site_label(std::str::from_utf8(&labels[at]).ok()?)));
            }
            _ => {}
        }
    }

    /// Whether a record leads to the former DC, whatever its owner is.
    pub fn is_target_of(&self, store: &Store, record: &Record) -> bool {
        match record.data {
            Rdata::Cname(target) => self.hosts.contains(store.lower(target)),
            data => data.address().is_some_and(|address| self.addresses.contains(&address)),
        }
    }

    /// Whether a record still names the former DC: by its owner, or by what it says.
    pub fn is_named_by(&self, store: &Store, record: &Record) -> bool {
        let owner = store.lower(record.owner);
        let names_host = |target| self.hosts.contains(store.lower(target));
        match record.data {
            Rdata::Cname(target) => self.aliases.contains(owner) || self.hosts.contains(owner) || names_host(target),
            Rdata::Ns(target) | Rdata::Ptr(target) | Rdata::Srv { target, .. } => names_host(target),
            Rdata::A(_) | Rdata::Aaaa(_) => {
                let own = record.data.address().is_some_and(|address| self.addresses.contains(&address));
                self.aliases.contains(owner) || self.hosts.contains(owner) || (own && self.shared.contains(owner))
            }
            Rdata::Soa(_) | Rdata::Other { .. } => false,
        }
    }
}

/// The GUID of `<guid>._msdcs.<forest>`.
fn alias_guid(inventory: &Inventory, name: &DnsName) -> Option<Guid> {
    Guid::parse(name.relative_to(&inventory.msdcs)?).ok()
}

/// Whether a configured DC has this name.
fn is_live(inventory: &Inventory, name: &str) -> bool {
    inventory.dcs.iter().any(|dc| dc.is_named(name))
}

/// Whether a record came from a wildcard: names that do not exist have it, too.
pub fn is_synthesized(view: &View<'_>, address: SocketAddr, record: &Record) -> bool {
    let Some(server) = view.inventory.servers.iter().find(|server| server.address == Some(address)) else {
        return false;
    };
    match record.data {
        Rdata::Cname(target) => view.is_synthesized_target(server, view.evidence.store.lower(target)),
        data => data.address().is_some_and(|address| view.is_synthesized(server, address)),
    }
}

/// A site's label in presentation form; `None` for what no label can be.
fn site_label(site: &str) -> Option<String> {
    (1..=63).contains(&site.len()).then(|| DnsName::from_labels([site.as_bytes()]).to_string())
}

/// The former DC in the form in which findings name DCs.
fn as_dc(inventory: &Inventory, departed: &Departed) -> Dc {
    let guid = departed.guids.first().copied();
    let host = departed.hosts.first().cloned();
    let texts = [
        host.as_ref().map(ToString::to_string),
        guid.map(|guid| guid.to_string()),
        departed.addresses.first().map(ToString::to_string),
    ];
    Dc {
        index: usize::MAX,
        label: texts.into_iter().flatten().next().unwrap_or_else(|| "?".into()),
        alias: guid.map(|guid| inventory.msdcs.child(&guid.to_string())),
        domain: host.as_ref().and_then(DnsName::parent),
        host,
        guid,
        learned_guid: false,
        owns: Vec::new(),
        other_names: Vec::new(),
        read_only: false,
        roles: Vec::new(),
        site: None,
        resolvers: Vec::new(),
        selected: false,
    }
}
