//! Which ports of a partner a domain controller needs, and what is known of them.

use std::net::IpAddr;

use crate::config::Role;
use crate::evidence::probe::{AddressReplies, Failure, Ping, Reply};
use crate::evidence::{Layer, Outcome, Port, PortState, Transport};
use crate::inventory::Dc;
use crate::machine::is_wrong;
use crate::report::Identity;
use crate::view::View;

/// DNS, Kerberos, endpoint mapper, LDAP, SMB, password change, LDAP over TLS, global catalog and that over TLS
/// (Microsoft KB 832017; the article on error 1753).
const TCP: [u16; 9] = [53, 88, 135, 389, 445, 464, 636, 3268, 3269];
/// Those that are used over UDP, too.
const UDP: [u16; 4] = [53, 88, 389, 464];

/// How much a port is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The partner offers the service, or every DC does.
    Sure,
    /// It is not known whether the partner offers the service.
    Perhaps,
}

/// A port that a candidate will use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The port.
    pub port: Port,
    /// How much it is needed.
    pub need: Need,
}

/// The addresses at which a partner's ports count: those that are its own, unless another machine, or nobody, answers.
pub fn addresses(view: &View<'_>, dc: &Dc) -> Vec<IpAddr> {
    let Some(dc) = view.dcs().find(|known| known.index == dc.index) else { return Vec::new() };
    let own = view.addresses_of(dc).into_iter().filter(|&address| dc.owns(address) || view.is_proven(dc, address));
    own.filter(|&address| {
        let identity = view.identity(dc, address);
        !is_wrong(identity) && !matches!(identity, Identity::Silent | Identity::Unreachable | Identity::NotProbed)
    })
    .collect()
}

/// The ports that a candidate will use at an address of a partner.
pub fn wanted(view: &View<'_>, dc: &Dc, address: IpAddr) -> Vec<Wanted> {
    let ports = TCP.map(|port| (Layer::Tcp, port)).into_iter().chain(UDP.map(|port| (Layer::Udp, port)));
    ports
        .filter_map(|(layer, port)| {
            let need = match port {
                53 => runs_dns(view, dc).then_some(Need::Sure)?,
                3268 | 3269 => match is_global_catalog(view, dc, address) {
                    Some(true) => Need::Sure,
                    Some(false) => return None,
                    None => Need::Perhaps,
                },
                _ => Need::Sure,
            };
            Some(Wanted { port: Port { address, layer, port }, need })
        })
        .collect()
}

fn runs_dns(view: &View<'_>, dc: &Dc) -> bool {
    let serves = |server: &crate::inventory::Server| {
        (dc.host.is_some() && server.dc == dc.host)
            || server.address.is_some_and(|address| address.port() == 53 && dc.owns_exactly(address.ip()))
    };
    dc.roles.contains(&Role::Dns) || view.inventory.servers.iter().any(serves)
}

/// Whether it is a global catalog: by what it says itself, else by configuration; `None` where neither says so.
fn is_global_catalog(view: &View<'_>, dc: &Dc, address: IpAddr) -> Option<bool> {
    let replies = view.evidence.machines.get(&address).map(|machine| &machine.replies);
    match replies.and_then(|replies| replies.cldap.as_ref()) {
        Some(Reply::Answer(Ping::Netlogon(ping))) => Some(ping.flags.is_gc()),
        _ => dc.roles.contains(&Role::Gc).then_some(true),
    }
}

/// Whether nothing at all works between two DCs without this port.
pub fn is_vital(port: Port) -> bool {
    port.layer == Layer::Tcp && matches!(port.port, 88 | 135 | 389 | 445)
}

/// What is known of a port: what the machine's own answers prove, else what trying it showed.
///
/// `None` where it has not been tried.
pub fn state(view: &View<'_>, port: Port) -> Option<PortState> {
    let machine = view.evidence.machines.get(&port.address);
    machine
        .and_then(|machine| proven(&machine.replies, port))
        .or_else(|| answered_dns(view, port).then_some(PortState::Open))
        .or_else(|| view.evidence.ports.get(&port).cloned())
}

/// What the answers to the question who it is prove of a port, so that nobody need knock there once more.
fn proven(replies: &AddressReplies, port: Port) -> Option<PortState> {
    match (port.layer, port.port) {
        (Layer::Tcp, 135) => replies.epm.as_ref().and_then(told),
        (Layer::Tcp, 389) => replies.rootdse.as_ref().and_then(told),
        (Layer::Udp, 389) => replies.cldap.as_ref().and_then(told),
        (Layer::Tcp, 445) => replies.ntlm_smb.as_ref().and_then(told),
        _ => None,
    }
}

fn told<T>(reply: &Reply<T>) -> Option<PortState> {
    match reply.failure() {
        None => Some(PortState::Open),
        Some(failure) if failure.was_heard() => Some(PortState::Open),
        Some(Failure::Refused) => Some(PortState::Closed),
        Some(Failure::Unreachable) => Some(PortState::Unreachable),
        Some(Failure::Timeout) => Some(PortState::Silent),
        // What this machine could not ask says nothing.
        Some(_) => None,
    }
}

/// Whether a DNS server of the run at this very port answered over UDP.
fn answered_dns(view: &View<'_>, port: Port) -> bool {
    let column = view.evidence.column((port.address, port.port).into());
    let over = if port.layer == Layer::Udp { Transport::Udp } else { Transport::Tcp };
    column.is_some_and(|column| {
        column.answers().any(|(_, answer)| answer.outcome == Outcome::Reply && answer.transport == over)
    })
}

/// What a port is for.
pub fn service(port: Port) -> String {
    let name = match port.port {
        53 => "DNS",
        88 => "Kerberos",
        135 => "RPC endpoint mapper",
        389 => "LDAP",
        445 => "SMB",
        464 => "Kerberos password change",
        636 => "LDAP over TLS",
        3268 => "global catalog",
        3269 => "global catalog over TLS",
        _ => "a service",
    };
    let layer = match port.layer {
        Layer::Tcp => "TCP",
        Layer::Udp => "UDP",
    };
    format!("{layer} {} ({name})", port.port)
}
