//! A host name or a GUID: what each DNS server says, and who is at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::{Conclusion, Machine, Presence, Seen, ServerSays, Target, TargetKind, address, meaning};
use crate::base::dns::rcode_name;
use crate::base::name::DnsName;
use crate::base::texts::Subject;
use crate::evidence::{Evidence, Resolved};
use crate::inventory::{Dc, Server};
use crate::report::ServerStatus;
use crate::view::{Alias, Standing, View};

/// One target for each DC that a name or GUID means.
pub(super) fn of(view: &View<'_>, subject: &Subject) -> Vec<Target> {
    let (input, kind) = match subject {
        Subject::Guid { guid, .. } => (guid.to_string(), TargetKind::Guid),
        Subject::Host(host) => (host.to_string(), TargetKind::Host),
        Subject::Address(address) => (address.to_string(), TargetKind::Address),
    };
    let dcs: Vec<&Dc> = view.dcs().filter(|dc| is_meant(dc, subject)).collect();
    // A GUID that a host name also learned is one DC.
    let configured: Vec<&Dc> = dcs.iter().copied().filter(|dc| !dc.learned_guid).collect();
    let dcs = if kind == TargetKind::Guid && !configured.is_empty() { configured } else { dcs };
    dcs.into_iter().map(|dc| target(view, dc, input.clone(), kind)).collect()
}

fn is_meant(dc: &Dc, subject: &Subject) -> bool {
    match subject {
        Subject::Guid { guid, .. } => dc.guid == Some(*guid),
        Subject::Host(host) => {
            let short = host.parent().is_none().then_some(host.as_str());
            dc.is_named(host.as_str())
                || dc.host.as_ref().is_some_and(|own| short.is_some() && own.as_str().split('.').next() == short)
        }
        Subject::Address(_) => false,
    }
}

fn target<'a>(view: &View<'a>, dc: &'a Dc, input: String, kind: TargetKind) -> Target {
    let servers: Vec<ServerSays> = view.inventory.servers.iter().map(|server| says(view, dc, server)).collect();
    let mut leading: BTreeMap<IpAddr, BTreeSet<String>> = BTreeMap::new();
    for address in view.addresses_of(dc) {
        leading.entry(address).or_default();
    }
    for server in view.good_servers() {
        for name in view.names_of(dc, server) {
            for address in view.both(server, &name).addresses() {
                leading.entry(address).or_default().insert(server.name.clone());
            }
        }
        if let Alias::Holds { addresses, .. } = view.alias(dc, server) {
            for &address in addresses {
                leading.entry(address).or_default().insert(server.name.clone());
            }
        }
    }
    let addresses: Vec<Machine> = leading
        .into_iter()
        .map(|(address, servers)| address::judged(view, dc, address, servers.into_iter().collect()))
        .collect();
    let dns = if servers.iter().all(ServerSays::is_complete) { Conclusion::Identified } else { Conclusion::Unknown };
    let machines = addresses.iter().map(|machine| machine.result).max().unwrap_or(Conclusion::Unknown);
    let (meaning, commands) = meaning::of(view, dc, kind, &servers, &addresses);
    Target {
        input,
        kind,
        dc: Some(dc.label.clone()).filter(|_| dc.host.is_some()),
        alias: dc.alias.as_ref().map(ToString::to_string),
        result: dns.max(machines),
        servers,
        addresses,
        meaning,
        commands,
    }
}

impl ServerSays {
    /// Whether every name leads on.
    fn is_complete(&self) -> bool {
        self.trouble.is_none()
            && self.records.iter().all(|seen| seen.state == Presence::Present && seen.detail.is_none())
    }
}

fn says(view: &View<'_>, dc: &Dc, server: &Server) -> ServerSays {
    let trouble = match view.standing(server) {
        Standing::Good => None,
        Standing::Silent(ServerStatus::Closed) => Some("nothing listens on its port".into()),
        Standing::Silent(ServerStatus::Unreachable) => Some("there is no way to it".into()),
        Standing::Silent(_) => Some("it is silent".into()),
        Standing::Refusing { rcodes } => Some(format!(
            "it refuses ({})",
            rcodes.iter().map(|&rcode| rcode_name(rcode)).collect::<Vec<_>>().join(", ")
        )),
        Standing::OutsideForest { .. } => Some("it does not know the forest".into()),
        Standing::Unresolved => Some("its name has no address".into()),
        Standing::NotAsked => Some("it was not asked".into()),
    };
    let mut records = Vec::new();
    if trouble.is_none() {
        if let Some(alias) = &dc.alias {
            records.push(alias_at(view, dc, server, alias));
        }
        for name in view.names_of(dc, server) {
            records.push(addresses_at(view, server, &name));
        }
    }
    ServerSays { server: server.name.clone(), trouble, records }
}

fn alias_at(view: &View<'_>, dc: &Dc, server: &Server, alias: &DnsName) -> Seen {
    let (state, data, detail) = match view.alias(dc, server) {
        Alias::Targets { folded, beside, .. } => {
            let names: BTreeSet<String> =
                folded.iter().map(|&target| view.evidence.store.name(target).to_owned()).collect();
            let detail = if names.len() > 1 {
                Some("more than one alias stands at the name".into())
            } else {
                (!beside.is_empty()).then(|| "addresses stand beside the alias".into())
            };
            (Presence::Present, names.into_iter().collect(), detail)
        }
        Alias::Holds { addresses, .. } => {
            let data = addresses.iter().map(ToString::to_string).collect();
            (Presence::Present, data, Some("addresses instead of an alias".into()))
        }
        Alias::Absent(_) => (Presence::Absent, Vec::new(), None),
        Alias::Unknown(why) => (Presence::Unknown, Vec::new(), Some(why.to_string())),
    };
    Seen { name: alias.to_string(), rtype: "CNAME", state, data, detail }
}

fn addresses_at(view: &View<'_>, server: &Server, name: &DnsName) -> Seen {
    let (state, data, detail) = match view.both(server, name).together() {
        Ok(addresses) => (Presence::Present, addresses.iter().map(ToString::to_string).collect(), None),
        Err(Ok(_)) => (Presence::Absent, Vec::new(), None),
        Err(Err(why)) => (Presence::Unknown, Vec::new(), Some(why.to_string())),
    };
    Seen { name: name.to_string(), rtype: "address", state, data, detail }
}

/// A host name that this machine's resolvers looked up, because there is no configuration.
pub(super) fn without_servers(evidence: &Evidence, host: &DnsName) -> Target {
    let (ips, trouble) = match evidence.hosts.get(host) {
        Some(Resolved::Addresses(found)) => (found.iter().map(|address| address.ip()).collect(), None),
        Some(Resolved::Failed(trouble)) => (Vec::new(), Some(trouble.clone())),
        None => (Vec::new(), Some(format!("{host} was not looked up"))),
    };
    let ips: Vec<IpAddr> = ips;
    let addresses: Vec<Machine> = ips.into_iter().map(|ip| address::named(evidence, ip, host)).collect();
    let result = addresses.iter().map(|machine| machine.result).max().unwrap_or(Conclusion::Unknown);
    let mut meaning: Vec<String> = trouble.into_iter().collect();
    meaning.push(
        "Looked up with the resolvers of this machine alone; with a configuration (-c FILE) every DNS server is asked by \
         itself."
            .into(),
    );
    Target {
        input: host.to_string(),
        kind: TargetKind::Host,
        dc: None,
        alias: None,
        result,
        servers: Vec::new(),
        addresses,
        meaning,
        commands: Vec::new(),
    }
}

/// Whether an address that a look-up gave may be asked: a wrong record must not lead to a stranger's door.
pub(crate) fn may_be_asked(address: IpAddr) -> bool {
    !crate::base::address::is_public(address)
}
