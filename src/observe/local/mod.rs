//! What this machine is configured with, and what its own resolution says.

pub mod files;
mod look_up;
#[cfg(unix)]
mod unix;
#[cfg(any(windows, test))]
mod windows;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::Path;

use crate::base::files::read_regular;
use crate::evidence::{LocalStage, LocalView, Resolved};
pub(super) use look_up::LookUps;
#[cfg(windows)]
pub(super) use windows::believe_refusals;

/// The most that is read of a file; a hosts file of 10 MB is whole.
const FILE_LIMIT: u64 = 16 << 20;

/// The machine's own configuration.
#[cfg(unix)]
pub(super) fn read(stage: LocalStage) -> LocalView {
    unix::read(stage, Path::new("/"))
}

/// The machine's own configuration.
#[cfg(windows)]
pub(super) fn read(stage: LocalStage) -> LocalView {
    windows::read(stage)
}

/// The machine's own configuration.
#[cfg(not(any(unix, windows)))]
pub(super) fn read(stage: LocalStage) -> LocalView {
    let troubles = vec!["reading the configuration of this machine is not yet supported on this system".into()];
    LocalView { stage, system: std::env::consts::OS.into(), troubles, ..LocalView::default() }
}

/// The resolvers of this machine, in its own order.
#[cfg(unix)]
pub(super) fn resolvers() -> Resolved {
    unix::resolvers(Path::new("/"))
}

/// The resolvers of this machine, in its own order.
#[cfg(windows)]
pub(super) fn resolvers() -> Resolved {
    windows::resolvers()
}

/// The resolvers of this machine, in its own order.
#[cfg(not(any(unix, windows)))]
pub(super) fn resolvers() -> Resolved {
    Resolved::Failed("reading the resolver list of this machine is not yet supported on this system".into())
}

/// A file, whole or its beginning; `None` with a trouble if it cannot be read, and without one if there is none.
fn octets_of(path: &Path, view: &mut LocalView) -> Option<Vec<u8>> {
    match read_regular(path, FILE_LIMIT) {
        Ok((octets, None)) => Some(octets),
        Ok((mut octets, Some(too_large))) => {
            view.troubles.push(format!("{too_large}; only its beginning counts"));
            // The last line is cut in the middle.
            let whole = octets.iter().rposition(|&octet| octet == b'\n').map_or(0, |end| end + 1);
            octets.truncate(whole);
            Some(octets)
        }
        Err(error) if error.is_not_found() => None,
        Err(error) => {
            view.troubles.push(error.to_string());
            None
        }
    }
}

/// A resolver list, each server once; `nothing` says why there is none.
pub(super) fn resolved(mut list: Vec<SocketAddr>, nothing: String) -> Resolved {
    let mut seen = HashSet::new();
    list.retain(|address| seen.insert(*address));
    if list.is_empty() { Resolved::Failed(nothing) } else { Resolved::Addresses(list) }
}

/// The interface number behind the scope of a link-local address (RFC 4007 section 11.2): a number, or on Linux the name
/// of an interface of this machine.
pub(super) fn scope_id(scope: &str) -> Option<u32> {
    if let Ok(number) = scope.parse() {
        return Some(number);
    }
    let harmless = scope.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'/') && !scope.starts_with('.');
    if !harmless || !cfg!(target_os = "linux") {
        return None;
    }
    std::fs::read_to_string(format!("/sys/class/net/{scope}/ifindex")).ok()?.trim().parse().ok()
}
