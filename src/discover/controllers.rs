//! The domain controllers of the forest.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::forest::{Forest, some};
use super::left_out;
use super::machine::Machine;
use super::names;
use super::survey::Survey;
use crate::base::address::is_public;
use crate::base::dns::RecordType;
use crate::base::guid::Guid;
use crate::base::name::DnsName;
use crate::config::{Domain, DomainController, Role};
use crate::evidence::Assumption;
use crate::evidence::probe::AddressReplies;

/// A domain controller, and what is known of it.
#[derive(Clone, Debug)]
pub struct Controller {
    /// Host name.
    pub host: DnsName,
    /// GUID of its NTDS Settings object, if nobody contradicts.
    pub guid: Option<Guid>,
    /// Its domain.
    pub domain: Option<DnsName>,
    /// Its site.
    pub site: Option<String>,
    /// Its roles, by its own word.
    pub roles: Vec<Role>,
    /// The addresses under its name at any server, and those at which it answers.
    pub addresses: Vec<(IpAddr, Address)>,
    /// Where all of this comes from.
    pub from: String,
}

/// What an address under the name of a DC leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// The DC itself.
    Own,
    /// The DC itself; no server has this address under its name.
    Unregistered,
    /// Something else, or nobody; in words.
    Doubtful(String),
}

impl Controller {
    /// Its entry in the configuration. Its addresses stay unknown: that one is proven and another is not says nothing
    /// against the other, but a configuration that lists the first would.
    pub(super) fn entry(&self) -> DomainController {
        DomainController {
            host: Some(self.host.clone()),
            guid: self.guid,
            domain: self.domain.clone(),
            site: self.site.clone(),
            roles: self.roles.clone(),
            ..DomainController::default()
        }
    }

    /// Whether it answers, as itself, anywhere.
    pub fn answers(&self) -> bool {
        self.addresses.iter().any(|(_, address)| address.is_own())
    }

    /// Whether it answers, as itself, at this address.
    pub fn is_at(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|(own, what)| *own == address && what.is_own())
    }
}

impl Address {
    fn is_own(&self) -> bool {
        matches!(self, Self::Own | Self::Unregistered)
    }
}

/// All controllers of a forest.
pub(super) struct Controllers {
    pub(super) found: Vec<Controller>,
    pub(super) left_out: Vec<Assumption>,
}

pub(super) fn all(survey: &Survey<'_>, forest: &Forest) -> Controllers {
    let mut by_host: BTreeMap<&DnsName, Vec<&Machine>> = BTreeMap::new();
    for machine in survey.members() {
        by_host.entry(&machine.host).or_default().push(machine);
    }
    let own = own_guids(survey, forest);
    let mut hosts: BTreeSet<DnsName> = survey.located().keys().cloned().collect();
    hosts.extend(by_host.keys().map(|host| (*host).clone()));
    hosts.extend(own.keys().cloned());
    let mut found = Vec::new();
    let mut left = Vec::new();
    for host in hosts {
        let machines = by_host.get(&host).map(Vec::as_slice).unwrap_or_default();
        if !survey.is_ours(&host) && machines.is_empty() && !own.contains_key(&host) {
            left.push(left_out(&host, outsider(survey, &host)));
            continue;
        }
        found.push(one(survey, &host, machines, own.get(&host)));
    }
    settle_guids(&mut found);
    Controllers { found, left_out: left }
}

fn outsider(survey: &Survey<'_>, host: &DnsName) -> String {
    let addresses = survey.addresses(host);
    let why = match addresses.keys().find(|address| !survey.may_be_asked(**address)) {
        _ if addresses.is_empty() => "the name has no address".to_owned(),
        Some(address) if is_public(*address) => format!("{address} is a public address and was not asked"),
        Some(address) => format!("{address} was not asked"),
        None => "no machine there says that it is a domain controller of this forest".to_owned(),
    };
    format!("named by {}, outside the known domains of the forest; {why}", records(survey, host))
}

fn one(
    survey: &Survey<'_>,
    host: &DnsName,
    machines: &[&Machine],
    own: Option<&(BTreeSet<Guid>, String)>,
) -> Controller {
    let mut guids: BTreeSet<Guid> = machines.iter().filter_map(|machine| machine.guid).collect();
    let mut from = Vec::new();
    if survey.located().contains_key(host) {
        from.push(format!("named by {}", records(survey, host)));
    }
    if let Some((registered, file)) = own {
        from.push(format!("{file} has its alias"));
        guids.extend(registered);
    }
    let mut roles: Vec<Role> = machines.iter().flat_map(|machine| machine.roles.iter().copied()).collect();
    if survey.name_servers().contains_key(host) {
        roles.push(Role::Dns);
    }
    roles.sort_unstable();
    roles.dedup();
    let said = machines.iter().find_map(|machine| machine.domain.clone());
    let by_name = survey
        .domains()
        .keys()
        .find(|domain| survey.located().get(host).is_some_and(|names| names.contains(&names::controllers(domain))));
    let mut addresses: BTreeMap<IpAddr, Address> = survey
        .addresses(host)
        .into_keys()
        .map(|address| (address, Address::Doubtful(doubt(survey, host, address))))
        .collect();
    for machine in machines.iter().filter(|machine| !machine.address.is_loopback()) {
        let what = if addresses.contains_key(&machine.address) { Address::Own } else { Address::Unregistered };
        addresses.insert(machine.address, what);
    }
    let at: BTreeSet<IpAddr> = machines.iter().map(|machine| machine.address).collect();
    if at.is_empty() {
        let why = addresses.iter().filter_map(|(address, what)| match what {
            Address::Doubtful(words) => Some(format!("{address} {words}")),
            Address::Own | Address::Unregistered => None,
        });
        let why: Vec<String> = why.take(3).collect();
        let why = if why.is_empty() { "its name has no address".into() } else { why.join(", ") };
        let so = if guids.is_empty() { ": its GUID is not known" } else { "" };
        from.push(format!("it did not answer itself ({why}){so}"));
    } else {
        from.push(format!("it says so itself at {}", some(&at)));
    }
    if guids.len() > 1 {
        from.push(format!("two GUIDs are stated ({}), so none is taken", some(&guids)));
    }
    Controller {
        host: host.clone(),
        guid: if guids.len() == 1 { guids.pop_first() } else { None },
        domain: said.or_else(|| by_name.cloned()).or_else(|| host.parent()),
        site: machines.iter().find_map(|machine| machine.site.clone()),
        roles,
        addresses: addresses.into_iter().collect(),
        from: from.join("; "),
    }
}

/// What stands at an address that was not proven to be the DC's.
fn doubt(survey: &Survey<'_>, host: &DnsName, address: IpAddr) -> String {
    let machine = survey.machines.iter().find(|machine| machine.address == address);
    let asked = survey.evidence.machines.get(&address).map(|machine| &machine.replies);
    match (machine, asked) {
        (Some(machine), _) if machine.host == *host => match &machine.root {
            Some(root) => format!("states another forest, {root}"),
            None => "states no forest, or two".into(),
        },
        (Some(machine), _) => format!("is {}", machine.host),
        (None, Some(replies)) if replies.any_answer() => "answers, but not as a domain controller".into(),
        (None, Some(replies)) if replies.any_asked() => silence(replies),
        _ if !survey.start.base.probe.enabled => "was not asked: no machine is (--no-probe)".into(),
        _ if is_public(address) => "is a public address and was not asked".into(),
        _ => "was not asked".into(),
    }
}

fn silence(replies: &AddressReplies) -> String {
    match replies.failures().next() {
        Some(failure) => format!("does not answer ({failure})"),
        None => "does not answer".into(),
    }
}

/// `SRV _ldap._tcp.dc._msdcs.contoso.com`, and how many more.
fn records(survey: &Survey<'_>, host: &DnsName) -> String {
    let names = survey.located().get(host);
    let mut names = names.into_iter().flatten();
    let first = names.next().map(|name| names::record(RecordType::SRV, name)).unwrap_or_default();
    match names.count() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// The GUIDs that this machine registers for itself, by the host that their aliases lead to.
fn own_guids(survey: &Survey<'_>, forest: &Forest) -> BTreeMap<DnsName, (BTreeSet<Guid>, String)> {
    let msdcs = forest.name.child("_msdcs");
    let mut all: BTreeMap<DnsName, (BTreeSet<Guid>, String)> = BTreeMap::new();
    for record in survey.evidence.local.iter().flat_map(|local| &local.records) {
        let alias = DnsName::from_presentation(&record.name).ok();
        let guid = alias.as_ref().and_then(|alias| Guid::parse(alias.relative_to(&msdcs)?).ok());
        let (Some(guid), Ok(host)) = (guid.filter(|guid| !guid.is_nil()), names::host(&record.data)) else { continue };
        if record.rtype == "CNAME" {
            all.entry(host).or_insert_with(|| (BTreeSet::new(), record.file.clone())).0.insert(guid);
        }
    }
    all
}

/// A GUID that two hosts claim belongs to neither, as far as can be told.
fn settle_guids(found: &mut [Controller]) {
    let mut owners: BTreeMap<Guid, usize> = BTreeMap::new();
    for dc in found.iter() {
        if let Some(guid) = dc.guid {
            *owners.entry(guid).or_default() += 1;
        }
    }
    for dc in found {
        if let Some(guid) = dc.guid.filter(|guid| owners.get(guid).is_some_and(|&owners| owners > 1)) {
            dc.guid = None;
            dc.from.push_str(&format!("; another host states the same GUID {guid}, so it is not taken"));
        }
    }
}

/// What the machines say of their domains, where they agree.
pub(super) fn domains(survey: &Survey<'_>) -> Vec<Domain> {
    let one = |values: BTreeSet<String>| if values.len() == 1 { values.into_iter().next() } else { None };
    let mut all: Vec<Domain> = survey
        .domains()
        .keys()
        .map(|name| {
            let members = || survey.members().filter(|machine| machine.domain.as_ref() == Some(name));
            let guids: BTreeSet<Guid> = members().filter_map(|machine| machine.domain_guid).collect();
            let short = members().filter_map(|machine| machine.netbios.clone()).filter(|text| is_netbios(text));
            let guid = if guids.len() == 1 { guids.into_iter().next() } else { None };
            Domain { name: name.clone(), guid, netbios: one(short.collect()) }
        })
        .collect();
    // What two domains share identifies neither.
    let guids: Vec<Option<Guid>> = all.iter().map(|domain| domain.guid).collect();
    let short: Vec<Option<String>> =
        all.iter().map(|domain| domain.netbios.as_ref().map(|n| n.to_lowercase())).collect();
    for domain in &mut all {
        let shared = |count: usize| count > 1;
        if shared(guids.iter().filter(|guid| guid.is_some() && **guid == domain.guid).count()) {
            domain.guid = None;
        }
        let own = domain.netbios.as_ref().map(|name| name.to_lowercase());
        if shared(short.iter().filter(|name| name.is_some() && **name == own).count()) {
            domain.netbios = None;
        }
    }
    all
}

fn is_netbios(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    !text.is_empty() && text.chars().count() <= 15 && text.chars().all(plain)
}
