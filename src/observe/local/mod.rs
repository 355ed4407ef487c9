//! What this machine is configured with, and what its own resolution says.

mod look_up;
#[cfg(unix)]
mod unix;
// `windows.rs` is declared here, and asked by `read` and `resolvers` below.

use std::collections::HashSet;
use std::net::SocketAddr;

use crate::evidence::{LocalStage, LocalView, Resolved};
pub(super) use look_up::LookUps;

/// The machine's own configuration.
#[cfg(unix)]
pub(super) fn read(stage: LocalStage) -> LocalView {
    unix::read(stage, std::path::Path::new("/"))
}

/// The machine's own configuration.
#[cfg(not(unix))]
pub(super) fn read(stage: LocalStage) -> LocalView {
    let troubles = vec!["reading this machine's configuration is not yet supported on this system".into()];
    LocalView { stage, system: std::env::consts::OS.into(), troubles, ..LocalView::default() }
}

/// The resolvers of this machine, in its own order.
#[cfg(unix)]
pub(super) fn resolvers() -> Resolved {
    unix::resolvers(std::path::Path::new("/"))
}

/// The resolvers of this machine, in its own order.
#[cfg(not(unix))]
pub(super) fn resolvers() -> Resolved {
    Resolved::Failed("reading this machine's resolver list is not yet supported on this system".into())
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
