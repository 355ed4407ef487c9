//! What this machine is configured with, and what its own resolution says.

#[cfg(unix)]
mod unix;
#[cfg(any(windows, test))]
mod windows;

use crate::evidence::{LocalStage, LocalView, LookedUp, Resolved};

/// The machine's own configuration.
#[cfg(windows)]
pub(super) fn read(stage: LocalStage) -> LocalView {
    windows::read(stage)
}

/// The machine's own configuration.
#[cfg(not(windows))]
pub(super) fn read(stage: LocalStage) -> LocalView {
    LocalView { stage, system: std::env::consts::OS.into(), ..LocalView::default() }
}

/// What this machine's own resolution says of a name: hosts file, cache and DNS, as any program here would see it.
pub(super) async fn look_up(name: &str) -> LookedUp {
    match tokio::net::lookup_host((name, 0)).await {
        Ok(found) => {
            let mut addresses: Vec<_> = found.map(|address| address.ip()).collect();
            addresses.sort_unstable();
            addresses.dedup();
            LookedUp::Addresses(addresses)
        }
        Err(error) => LookedUp::Failed(error.to_string()),
    }
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

/// The resolvers of this machine, in its own order.
#[cfg(unix)]
pub(super) fn resolvers() -> Resolved {
    unix::resolvers(std::path::Path::new("/etc/resolv.conf"), std::path::Path::new("/run/systemd/resolve/resolv.conf"))
}

/// The resolvers of this machine, in its own order.
#[cfg(windows)]
pub(super) fn resolvers() -> Resolved {
    windows::resolvers()
}

/// The resolvers of this machine, in its own order.
#[cfg(not(any(unix, windows)))]
pub(super) fn resolvers() -> Resolved {
    Resolved::Failed("reading this machine's resolver list is not yet supported on this system".into())
}
