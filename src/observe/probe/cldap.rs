//! The LDAP ping (MS-ADTS 6.3.3): one datagram to UDP 389, answered by any domain controller without credentials.
//!
//! Only `NtVer` is sent: without a domain in the filter the server answers for its own, and user or host names could
//! make it look them up elsewhere.

use std::net::SocketAddr;
use std::time::Duration;

use super::ber::Elements;
use super::ldap::{self, Operation, all_of, equals};
use super::reader::Rejected;
use super::{net, netlogon};
use crate::evidence::probe::{Ping, Reply};

/// NETLOGON_NT_VERSION_5 and _5EX (the form with DNS names), _AVOID_NT4EMUL (MS-ADTS 6.3.1.1).
const NT_VERSION: u32 = 0x0100_0006;

/// The question, as one datagram.
pub fn request(id: u32) -> Vec<u8> {
    let filter = all_of(&[equals("NtVer", &NT_VERSION.to_le_bytes())]);
    ldap::search(id, &filter, &["netlogon"], &[])
}

/// Reads one datagram: the entry and the end of the search, one behind the other (MS-ADTS 3.1.1.3.1.11).
///
/// # Errors
/// [`Rejected::Alien`] for an answer to another question; else what is wrong with it.
pub fn decode(datagram: &[u8], id: u32) -> Result<Ping, Rejected> {
    let mut elements = Elements::new(datagram);
    let mut ping = Ping::Empty;
    loop {
        let message = ldap::message(&mut elements)?;
        if message.id != id {
            return Err(Rejected::Alien);
        }
        match message.operation {
            Operation::Entry(entry) => {
                if let Some(value) = entry.value("netlogon").filter(|value| !value.is_empty()) {
                    ping = Ping::Netlogon(Box::new(netlogon::decode(value)?));
                }
            }
            Operation::Done(result) => {
                return result.map(|()| ping).map_err(|denial| ldap::denied(denial).into());
            }
            Operation::Other => {}
        }
    }
}

/// Asks a machine; a lost datagram is sent once more.
pub async fn ask(target: SocketAddr, timeout: Duration) -> Reply<Ping> {
    // A message id is a positive number of 31 bits.
    let id = u32::from_be_bytes(net::random()) >> 1 | 1;
    net::datagram(target, timeout, &request(id), |reply| decode(reply, id)).await.into()
}
