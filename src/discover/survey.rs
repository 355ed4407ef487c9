//! What is known of the forest so far, and which questions that raises.

mod reach;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::forest::{self, Forest, Hint};
use super::machine::{self, Machine};
use super::seen::{self, Said};
use super::{Failure, Start, failure, left_out, names};
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::{Assumption, Evidence, MAX_ROUNDS};
use crate::inventory::{self, Server};

/// How many domains are walked through; the largest forests have about a hundred.
const MOST_DOMAINS: usize = 256;

/// How many hosts are looked up.
const MOST_HOSTS: usize = 10_000;

/// How many DNS servers are asked.
const MOST_SERVERS: usize = 1_000;

/// How many hints are followed, and how many forests that machines speak of.
const MOST_HINTS: usize = 8;

/// A look at the evidence.
pub(super) struct Survey<'a> {
    pub(super) start: &'a Start,
    pub(super) evidence: &'a Evidence,
    /// The servers to begin with, those without address too.
    pub(super) first: Vec<Server>,
    /// The machines that call themselves domain controllers, of whatever forest.
    pub(super) machines: Vec<Machine>,
    /// What may lead to the forest, the surest first; and what cannot.
    pub(super) hints: Vec<Hint>,
    pub(super) useless: Vec<String>,
    pub(super) forest: Option<Forest>,
    domains: BTreeMap<DnsName, String>,
    /// Hosts that SRV records name, by the names of these records.
    located: BTreeMap<DnsName, BTreeSet<DnsName>>,
    /// Hosts that NS records of the forest's zones name, with the zones.
    name_servers: BTreeMap<DnsName, BTreeSet<DnsName>>,
    /// What SRV and NS records name that no configuration could.
    unusable: BTreeMap<String, String>,
    addresses: BTreeMap<DnsName, Said<IpAddr>>,
}

impl<'a> Survey<'a> {
    pub(super) fn of(start: &'a Start, evidence: &'a Evidence) -> Self {
        let first = inventory::servers(evidence);
        let machines = machine::all(evidence);
        let mut survey = Self {
            start,
            evidence,
            first,
            machines,
            hints: Vec::new(),
            useless: Vec::new(),
            forest: None,
            domains: BTreeMap::new(),
            located: BTreeMap::new(),
            name_servers: BTreeMap::new(),
            unusable: BTreeMap::new(),
            addresses: BTreeMap::new(),
        };
        survey.find_hints();
        survey.forest = forest::choose(evidence, &survey.machines, &survey.hints, start.forest.is_some());
        survey.find_domains();
        survey.find_hosts();
        survey
    }

    pub(super) fn forest_or_why_not(&self) -> Result<&Forest, Failure> {
        let Some(forest) = &self.forest else { return Err(failure::nothing(self)) };
        if self.start.forest.is_some() {
            let claims = forest::claims(&self.machines, &forest.name);
            let own = claims.iter().any(|(root, _)| *root == forest.name);
            if let Some((root, _)) = claims.into_iter().next().filter(|_| !own) {
                return Err(Failure::NotTheRoot { domain: forest.name.clone(), root });
            }
        }
        Ok(forest)
    }

    /// The domains of the forest, with what says that they are.
    pub(super) fn domains(&self) -> &BTreeMap<DnsName, String> {
        &self.domains
    }

    /// Hosts that SRV records name, with the owners of these records.
    pub(super) fn located(&self) -> &BTreeMap<DnsName, BTreeSet<DnsName>> {
        &self.located
    }

    /// Hosts that NS records of the forest's zones name, with the zones.
    pub(super) fn name_servers(&self) -> &BTreeMap<DnsName, BTreeSet<DnsName>> {
        &self.name_servers
    }

    /// The addresses of a host at all servers.
    pub(super) fn addresses(&self, host: &DnsName) -> Said<IpAddr> {
        self.addresses.get(host).cloned().unwrap_or_default()
    }

    /// The machines that say that they are of this forest.
    pub(super) fn members(&self) -> impl Iterator<Item = &Machine> {
        let forest = self.forest.as_ref().map(|forest| &forest.name);
        self.machines.iter().filter(move |machine| forest.is_some() && machine.root.as_ref() == forest)
    }

    fn find_hints(&mut self) {
        if let Some(forest) = &self.start.forest {
            self.hints.push(Hint { domain: forest.clone(), source: "--forest".into() });
            return;
        }
        // The word of a machine that a person named goes before what this machine is configured with.
        let at_first: Vec<IpAddr> = self.first.iter().filter_map(|server| Some(server.address?.ip())).collect();
        let of_first = self.machines.iter().filter(|machine| at_first.contains(&machine.address));
        let said = |machine: &Machine| {
            let source = format!("the machine at {} states its domain", machine.address);
            Some(Hint { domain: machine.domain.clone()?, source })
        };
        let of_first: Vec<Hint> = of_first.filter_map(said).collect();
        let own = self.evidence.local.iter().flat_map(|local| local.addresses());
        let own: Vec<IpAddr> = own.collect();
        let of_own = self.machines.iter().filter(|machine| own.contains(&machine.address)).filter_map(said);
        let of_own: Vec<Hint> = of_own.collect();
        let mut configured = Vec::new();
        for hint in self.evidence.local.iter().flat_map(|local| &local.domains) {
            match crate::config::name(&hint.domain) {
                Ok(name) if name.parent().is_none() => {
                    self.useless.push(format!("`{name}` ({}) is a single label", hint.source));
                }
                Ok(name) if names::has_room(&name) => {
                    configured.push(Hint { source: hint.source.clone(), domain: name });
                }
                Ok(name) => self.useless.push(format!("`{name}` ({}) is too long", hint.source)),
                Err(fault) => self.useless.push(format!("{} ({})", fault.message, hint.source)),
            }
        }
        let in_order =
            if self.start.named_server { [of_first, configured, of_own] } else { [configured, of_own, of_first] };
        for hint in in_order.into_iter().flatten() {
            if self.hints.len() < MOST_HINTS && !self.hints.iter().any(|other| other.domain == hint.domain) {
                self.hints.push(hint);
            }
        }
    }

    fn find_domains(&mut self) {
        let Some(forest) = self.forest.clone() else { return };
        let mut domains = BTreeMap::from([(forest.name.clone(), "it is the forest's root".to_owned())]);
        if forest.domain.is_within(&forest.name) {
            domains.entry(forest.domain.clone()).or_insert(forest.from.clone());
        }
        for machine in self.members() {
            // In another tree DNS must know the domain too: its hosts are then taken for this forest's by their names.
            let confirmed =
                |domain: &&DnsName| domain.is_within(&forest.name) || forest::is_known(self.evidence, domain);
            if let Some(domain) = machine.domain.as_ref().filter(confirmed) {
                let from = || format!("{} at {} says that it is its domain", machine.host, machine.address);
                domains.entry(domain.clone()).or_insert_with(from);
            }
        }
        for (catalog, said) in self.catalogs(&forest.name) {
            let Some(domain) = catalog.parent() else { continue };
            // Elsewhere the word of a machine is needed: the records of the locator may name anybody.
            if domain.is_within(&forest.name) && forest::is_known(self.evidence, &domain) {
                let from = || format!("{} is a global catalog by DNS, and DNS has DCs of this domain", said);
                domains.entry(domain).or_insert_with(from);
            }
        }
        self.domains = domains.into_iter().take(MOST_DOMAINS).collect();
        // However many there are, this one stays.
        self.domains.entry(forest.name).or_insert_with(|| "it is the forest's root".to_owned());
    }

    /// The hosts of global catalogs, and how they were spelled.
    fn catalogs(&self, forest: &DnsName) -> Vec<(DnsName, String)> {
        let targets = names::catalogs(forest).into_iter();
        let targets = targets.flat_map(|name| seen::targets(self.evidence, &name, RecordType::SRV).into_keys());
        targets.filter_map(|target| Some((names::host(&target).ok()?, target))).collect()
    }

    fn find_hosts(&mut self) {
        let Some(forest) = self.forest.clone() else {
            // Whoever serves a domain that a hint names may know the forest.
            for hint in self.hints.clone() {
                self.locate(&names::controllers(&hint.domain));
            }
            return self.find_addresses();
        };
        let domains: Vec<DnsName> = self.domains.keys().cloned().collect();
        for domain in &domains {
            self.locate(&names::controllers(domain));
        }
        for name in names::catalogs(&forest.name) {
            self.locate(&name);
        }
        for zone in domains.iter().flat_map(|domain| names::zones(domain, &forest.name)) {
            for target in seen::targets(self.evidence, &zone, RecordType::NS).into_keys() {
                match names::host(&target) {
                    Ok(host) => {
                        self.name_servers.entry(host).or_default().insert(zone.clone());
                    }
                    Err(why) => {
                        self.unusable.insert(target, format!("{}: {why}", names::record(RecordType::NS, &zone)));
                    }
                }
            }
        }
        self.find_addresses();
    }

    fn locate(&mut self, name: &DnsName) {
        for target in seen::targets(self.evidence, name, RecordType::SRV).into_keys() {
            match names::host(&target) {
                Ok(host) => {
                    self.located.entry(host).or_default().insert(name.clone());
                }
                Err(why) => {
                    self.unusable.insert(target, format!("{}: {why}", names::record(RecordType::SRV, name)));
                }
            }
        }
    }

    fn find_addresses(&mut self) {
        self.addresses =
            self.hosts().into_iter().map(|host| (host.clone(), seen::addresses(self.evidence, &host))).collect();
    }

    /// The hosts to look up.
    fn hosts(&self) -> BTreeSet<DnsName> {
        let named = self.located.keys().chain(self.name_servers.keys());
        // What a machine calls itself is looked up too: a DC that has no SRV record is a DC.
        let own = self.members().map(|machine| &machine.host);
        named.chain(own).cloned().collect::<BTreeSet<_>>().into_iter().take(MOST_HOSTS).collect()
    }

    /// All that every server is asked.
    pub(super) fn questions(&self) -> BTreeSet<(DnsName, RecordType)> {
        let mut all = BTreeSet::new();
        let mut srv = |names: &mut dyn Iterator<Item = DnsName>| all.extend(names.map(|name| (name, RecordType::SRV)));
        let walked = |domain: &DnsName| std::iter::once(names::controllers(domain)).chain(names::catalogs(domain));
        for hint in &self.hints {
            srv(&mut std::iter::once(names::controllers(&hint.domain)));
            if self.start.forest.is_none() {
                srv(&mut names::with_ancestors(&hint.domain).flat_map(|name| names::catalogs(&name)));
                // The forest that machines speak of has to be one by DNS too.
                let claims = forest::claims(&self.machines, &hint.domain).into_iter().take(MOST_HINTS);
                srv(&mut claims
                    .filter(|(root, _)| names::has_room(root))
                    .flat_map(|(root, _)| walked(&root).collect::<Vec<_>>()));
            }
        }
        if let Some(forest) = &self.forest {
            srv(&mut walked(&forest.name));
            srv(&mut self.domains.keys().map(names::controllers));
            let near = self.catalogs(&forest.name).into_iter().filter_map(|(catalog, _)| catalog.parent());
            let stated = self.members().filter_map(|machine| machine.domain.clone());
            let near: BTreeSet<DnsName> = near.chain(stated).filter(names::has_room).collect();
            srv(&mut near.iter().take(MOST_DOMAINS).map(names::controllers));
            for zone in self.domains.keys().flat_map(|domain| names::zones(domain, &forest.name)) {
                all.insert((zone, RecordType::NS));
            }
        }
        for host in self.addresses.keys() {
            all.insert((host.clone(), RecordType::A));
            all.insert((host.clone(), RecordType::AAAA));
        }
        all
    }

    /// What was seen and is not part of the configuration.
    pub(super) fn left_out(&self) -> Vec<Assumption> {
        let mut all = self.forest.as_ref().map(|forest| forest::strangers(&self.machines, forest)).unwrap_or_default();
        all.extend(self.unusable.iter().map(|(target, why)| left_out(target, why.clone())));
        let hosts = self.located.len() + self.name_servers.len();
        if hosts > MOST_HOSTS && self.addresses.len() == MOST_HOSTS {
            all.push(left_out(&format!("hosts beyond the first {MOST_HOSTS}"), "SRV and NS records name more".into()));
        }
        if self.domains.len() >= MOST_DOMAINS {
            let what = format!("domains beyond the first {MOST_DOMAINS}");
            all.push(left_out(&what, "machines and DNS name more".into()));
        }
        let asked = self.servers().into_iter().filter(|server| self.evidence.column(*server).is_some());
        if asked.count() >= MOST_SERVERS {
            let what = format!("DNS servers beyond the first {MOST_SERVERS}");
            all.push(left_out(&what, "NS records name more".into()));
        }
        if !super::next(self.start, self.evidence).is_empty() {
            let why = format!("new names kept turning up in {} rounds", MAX_ROUNDS);
            all.push(left_out(&"what the last answers named", why));
        }
        all
    }
}
