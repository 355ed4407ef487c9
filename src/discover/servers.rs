//! The DNS servers of the forest.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::controllers::Controller;
use super::forest::some;
use super::survey::Survey;
use super::{assume, left_out};
use crate::base::name::DnsName;
use crate::config::{DnsServer, ServerAddress};
use crate::evidence::{Assumption, Evidence};

/// The servers beside those to begin with.
pub(super) struct Servers {
    pub(super) found: Vec<DnsServer>,
    pub(super) assumed: Vec<Assumption>,
    pub(super) left_out: Vec<Assumption>,
}

pub(super) fn all(survey: &Survey<'_>, controllers: &[Controller]) -> Servers {
    let mut servers = Servers { found: Vec::new(), assumed: first(survey), left_out: Vec::new() };
    let mut taken: BTreeSet<SocketAddr> = BTreeSet::new();
    let mut labels: BTreeSet<String> = BTreeSet::new();
    for (host, zones) in survey.name_servers() {
        let from = format!("NS of {}", some(zones));
        let dc = controllers.iter().find(|dc| dc.host == *host);
        let Some((address, door)) = best(survey, host, dc, &taken) else {
            let why = match survey.addresses(host).into_keys().next() {
                None => "the name has no address",
                Some(address) if survey.dns_server(host, address).is_some_and(|door| taken.contains(&door)) => {
                    "it stands at the address of another one"
                }
                Some(address) if is_misled(survey, dc, address) => "its address leads to another machine",
                Some(_) => "it is no host of the forest, or its address must not be asked",
            };
            servers.left_out.push(left_out(host, format!("{from}; {why}")));
            continue;
        };
        taken.insert(door);
        let name = free_name(host, &mut labels);
        // The machine at the address knows better than the record whose server it is.
        let owner = controllers.iter().find(|dc| dc.is_at(address));
        servers.assumed.push(assume("server", &format!("{name} ({address})"), from));
        servers.found.push(DnsServer {
            name: Some(name),
            dc: owner.or(dc).map(|dc| dc.host.clone()),
            ..DnsServer::plain(ServerAddress::Ip { address: door.ip(), scope: None }, Some(door.port()))
        });
    }
    servers
}

/// The servers to begin with.
fn first(survey: &Survey<'_>) -> Vec<Assumption> {
    let from = if survey.start.named_server { "--from" } else { "a resolver of this machine" };
    survey.first.iter().map(|server| assume("server", &server.name, from.into())).collect()
}

/// One address of a host: one service needs to be asked only once. The first of those where DNS was answered, where the
/// DC itself stands, IPv4.
fn best(
    survey: &Survey<'_>,
    host: &DnsName,
    dc: Option<&Controller>,
    taken: &BTreeSet<SocketAddr>,
) -> Option<(IpAddr, SocketAddr)> {
    let doors = survey.addresses(host).into_keys();
    let doors = doors.filter_map(|address| Some((address, survey.dns_server(host, address)?)));
    let doors = doors.filter(|(address, door)| answered(survey.evidence, *door) || !is_misled(survey, dc, *address));
    doors.filter(|(_, door)| !taken.contains(door)).min_by_key(|(address, door)| {
        let own = dc.is_some_and(|dc| dc.is_at(*address));
        (!answered(survey.evidence, *door), !own, *address)
    })
}

/// Whether another machine than the host answers at its address. That no DNS server is there says nothing about the
/// host's own, which is elsewhere; that its address is wrong is for the rules to say.
fn is_misled(survey: &Survey<'_>, dc: Option<&Controller>, address: IpAddr) -> bool {
    let machine = survey.evidence.machines.get(&address);
    machine.is_some_and(|machine| machine.replies.any_answer()) && !dc.is_some_and(|dc| dc.is_at(address))
}

fn answered(evidence: &Evidence, server: SocketAddr) -> bool {
    evidence.column(server).is_some_and(|column| column.answers().any(|(_, answer)| answer.replied()))
}

/// The first label of a host, or the whole name where that is taken or could be read as something else.
fn free_name(host: &DnsName, taken: &mut BTreeSet<String>) -> String {
    let label = host.as_str().split('.').next().unwrap_or_default();
    let plain = label != "system" && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain && taken.insert(label.to_owned()) {
        return label.to_owned();
    }
    taken.insert(host.to_string());
    host.to_string()
}
