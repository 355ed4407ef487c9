//! `/etc/resolv.conf`.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV6};
use std::path::Path;

use resolv_conf::{Config, ParseError, ScopedIp};

use super::Root;
use crate::evidence::{LocalView, Resolved};
use crate::observe::local::files::Tally;
use crate::observe::local::{resolved, scope_id};

pub(super) const PATH: &str = "/etc/resolv.conf";

/// What systemd's resolver asks itself.
const BEHIND_STUB: &str = "/run/systemd/resolve/resolv.conf";

/// Where systemd's own resolver listens; it hides the servers that it asks.
const STUB: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 53);

const PORT: u16 = 53;

/// So many servers and suffixes count; a C library looks at far fewer.
const MAX_LISTED: usize = 1000;

/// What counts here of such a file.
#[derive(Default)]
pub(super) struct Resolv {
    is_there: bool,
    /// In its order, with duplicates.
    pub(super) servers: Vec<SocketAddr>,
    pub(super) suffixes: Vec<String>,
}

/// The resolvers of a machine, each once, in its own order.
pub(in crate::observe::local) fn resolvers(root: &Path) -> Resolved {
    let mut view = LocalView::default();
    let found = read(&Root(root), &mut view);
    let nothing = match view.troubles.into_iter().next() {
        Some(trouble) => trouble,
        None if found.is_there => format!("{PATH}: it names no server"),
        None => format!("{PATH}: there is no such file"),
    };
    resolved(found.servers, nothing)
}

/// The file, and the servers behind systemd's resolver where it names that.
pub(super) fn read(root: &Root<'_>, view: &mut LocalView) -> Resolv {
    let mut found = one(root, PATH, view);
    if found.servers.contains(&SocketAddr::from((STUB, PORT))) {
        found.servers.extend(one(root, BEHIND_STUB, view).servers);
    }
    found
}

fn one(root: &Root<'_>, path: &str, view: &mut LocalView) -> Resolv {
    let Some(octets) = root.octets(path, view) else { return Resolv::default() };
    let (config, errors) = Config::parse_with_errors(&octets);
    let mut bad = Tally::default();
    for error in errors {
        // Options and directives of other systems are none of our business.
        if let ParseError::InvalidUtf8(line, _) | ParseError::InvalidValue(line) | ParseError::InvalidIp(line, _) =
            error
        {
            bad.add(u32::try_from(line + 1).unwrap_or(u32::MAX));
        }
    }
    view.troubles.extend(bad.tell(path, "cannot be read", "cannot be read"));
    // The root, which systemd writes where there is no list, is no suffix.
    let mut suffixes: Vec<_> = config.get_last_search_or_domain().filter(|suffix| *suffix != ".").cloned().collect();
    let servers = config.nameservers.iter().take(MAX_LISTED).map(address).collect();
    for (what, count) in [("servers", config.nameservers.len()), ("suffixes", suffixes.len())] {
        if count > MAX_LISTED {
            view.troubles.push(format!("{path}: only the first {MAX_LISTED} of {count} {what} count"));
        }
    }
    suffixes.truncate(MAX_LISTED);
    Resolv { is_there: true, servers, suffixes }
}

fn address(server: &ScopedIp) -> SocketAddr {
    match server {
        ScopedIp::V4(address) => SocketAddr::from((*address, PORT)),
        // Without its interface a link-local server cannot be reached; the attempt will say so.
        ScopedIp::V6(address, scope) => {
            SocketAddrV6::new(*address, PORT, 0, scope.as_deref().and_then(scope_id).unwrap_or(0)).into()
        }
    }
}
