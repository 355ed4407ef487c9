//! Asking a machine who it is, without credentials: one file per protocol.
//!
//! Each file has pure functions between octets and evidence, and one thin function that asks. A machine is asked once
//! per protocol (a datagram is sent twice at most, what a directory refuses is asked in two smaller forms), nobody logs
//! on, and nothing that is sent can change anything.

mod ber;
pub mod cldap;
pub mod epm;
mod ldap;
mod net;
pub mod netbios;
mod netlogon;
pub mod ntlm;
mod ports;
mod reader;
pub mod rootdse;
pub mod rpc;
pub mod smb2;
#[cfg(test)]
mod testing;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join3;

use crate::config::{Probe, Protocol};
use crate::evidence::probe::{AddressReplies, Failure, Mapping, Reply};
use crate::evidence::{Port, PortState};
pub use reader::{Malformed, Rejected};

/// UDP and TCP port of LDAP.
const LDAP: u16 = 389;
/// TCP port of the endpoint mapper.
const RPC: u16 = 135;
/// TCP port of SMB.
const SMB: u16 = 445;
/// UDP port of the NetBIOS name service.
const NETBIOS: u16 = 137;

/// Where and how one machine is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doors {
    host: IpAddr,
    /// The scope of a link-local address.
    scope: u32,
    /// Added to every port: where a test or an address translation has the machine's ports.
    base: u16,
    protocols: Vec<Protocol>,
    timeout: Duration,
}

impl Doors {
    /// The doors of `address`, as `probe:` has them; `None` if it must not be contacted.
    pub fn of(address: IpAddr, scope: u32, options: &Probe) -> Option<Self> {
        let excluded = !options.enabled || options.exclude.iter().any(|network| network.contains(address));
        let (host, base) = match options.redirect.get(&address) {
            _ if excluded => return None,
            Some(None) => return None,
            Some(Some(elsewhere)) => (elsewhere.ip(), elsewhere.port()),
            None => (address, 0),
        };
        Some(Self { host, scope, base, protocols: options.protocols.clone(), timeout: options.timeout })
    }

    fn door(&self, port: u16) -> Option<SocketAddr> {
        let port = self.base.checked_add(port)?;
        let mut door = SocketAddr::new(self.host, port);
        if let SocketAddr::V6(door) = &mut door {
            door.set_scope_id(self.scope);
        }
        Some(door)
    }

    fn door_for(&self, protocol: Protocol, port: u16) -> Option<SocketAddr> {
        self.door(port).filter(|_| self.protocols.contains(&protocol))
    }

    /// Asks for the directory: LDAP ping, rootDSE and endpoint mapper at the same time, then one connection to the port
    /// that the mapper named.
    pub async fn ask_directory(&self, replies: &mut AddressReplies) {
        let timeout = self.timeout;
        let ping = async { Some(cldap::ask(self.door_for(Protocol::Cldap, LDAP)?, timeout).await) };
        let rootdse = async { Some(rootdse::ask(self.door_for(Protocol::Ldap, LDAP)?, timeout).await) };
        let mapping = async {
            let reply = epm::ask(self.door_for(Protocol::Epm, RPC)?, timeout).await;
            let port = match &reply {
                Reply::Answer(Mapping::Registered(endpoint)) => self.door(endpoint.port),
                _ => None,
            };
            let connected = match port {
                Some(port) => Some(epm::try_port(port, timeout).await),
                None => None,
            };
            Some((reply, connected))
        };
        let (cldap, rootdse, mapping) = join3(ping, rootdse, mapping).await;
        replies.cldap = cldap;
        replies.rootdse = rootdse;
        if let Some((epm, connected)) = mapping {
            replies.epm = Some(epm);
            replies.drsuapi_port = connected;
        }
    }

    /// Tries one port.
    pub async fn try_port(&self, port: Port) -> PortState {
        let Some(door) = self.door(port.port) else {
            return PortState::Untried(format!("{} has no port behind the redirection", port.address));
        };
        ports::try_port(door, port.port, port.layer, self.timeout).await
    }

    /// Asks for the machine's name where the directory did not settle who it is: NTLM on TCP 135 and, if that names
    /// nobody, on TCP 445; NetBIOS beside it (IPv4 only). A port that timed out for the mapper is not tried again.
    pub async fn ask_name(&self, replies: &mut AddressReplies) {
        let timeout = self.timeout;
        let mapper = replies.epm.as_ref().and_then(Reply::failure);
        let hopeless =
            matches!(mapper, Some(Failure::Timeout | Failure::Stalled | Failure::Refused | Failure::Unreachable));
        let ntlm = async {
            let door = self.door_for(Protocol::Ntlm, RPC).filter(|_| !hopeless);
            let rpc = match door {
                Some(door) => Some(ntlm::ask_rpc(door, timeout).await),
                None => None,
            };
            let named = matches!(&rpc, Some(Reply::Answer(challenge)) if challenge.names_anybody());
            let smb = match self.door_for(Protocol::Ntlm, SMB).filter(|_| !named) {
                Some(door) => Some(ntlm::ask_smb(door, timeout).await),
                None => None,
            };
            (rpc, smb)
        };
        let netbios = async {
            let door = self.door_for(Protocol::Netbios, NETBIOS).filter(SocketAddr::is_ipv4)?;
            Some(netbios::ask(door, timeout).await)
        };
        let ((rpc, smb), netbios) = futures_util::future::join(ntlm, netbios).await;
        replies.ntlm_rpc = rpc;
        replies.ntlm_smb = smb;
        replies.netbios = netbios;
    }
}

#[cfg(test)]
mod tests;
