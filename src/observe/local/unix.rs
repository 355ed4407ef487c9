//! What a Unix machine is configured with.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV6};
use std::path::Path;

use resolv_conf::{Config, ScopedIp};

use super::scope_id;
use crate::evidence::Resolved;

const PORT: u16 = 53;

/// Where systemd's own resolver listens; it hides the servers that it asks.
const STUB: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 53);

pub(super) fn resolvers(path: &Path, behind_stub: &Path) -> Resolved {
    let mut all = match read(path) {
        Ok(all) => all,
        Err(error) => return Resolved::Failed(format!("reading {}: {error}", path.display())),
    };
    if all.contains(&SocketAddr::from((STUB, PORT)))
        && let Ok(more) = read(behind_stub)
    {
        all.extend(more);
    }
    let mut seen = std::collections::HashSet::new();
    all.retain(|address| seen.insert(*address));
    if all.is_empty() {
        return Resolved::Failed(format!("reading {}: it names no server", path.display()));
    }
    Resolved::Addresses(all)
}

fn read(path: &Path) -> std::io::Result<Vec<SocketAddr>> {
    // A line that cannot be read must not hide the others.
    let (config, _) = Config::parse_with_errors(&std::fs::read(path)?);
    Ok(config.nameservers.iter().map(address).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(files: [&str; 2]) -> Resolved {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let paths = ["resolv.conf", "behind"].map(|name| folder.path().join(name));
        for (path, text) in paths.iter().zip(files) {
            std::fs::write(path, text).expect("a file for the test");
        }
        resolvers(&paths[0], &paths[1])
    }

    fn addresses(list: &[&str]) -> Resolved {
        Resolved::Addresses(list.iter().map(|address| address.parse().expect("an address")).collect())
    }

    #[test]
    fn order_and_scopes_are_kept_and_bad_lines_skipped() {
        let text = "# x\nnameserver 192.0.2.2\nnameserver bad\nnameserver 192.0.2.1\nnameserver fe80::1%7\n\
                    nameserver 192.0.2.2\nsearch contoso.com\n";
        assert_eq!(written([text, ""]), addresses(&["192.0.2.2:53", "192.0.2.1:53", "[fe80::1%7]:53"]));
    }

    #[test]
    fn servers_behind_the_local_stub_are_listed_too() {
        let behind = "nameserver 192.0.2.1\n";
        let stub = "nameserver 127.0.0.53\noptions edns0 trust-ad\n";
        assert_eq!(written([stub, behind]), addresses(&["127.0.0.53:53", "192.0.2.1:53"]));
        assert_eq!(written(["nameserver 192.0.2.9\n", behind]), addresses(&["192.0.2.9:53"]));
    }

    #[test]
    fn an_empty_or_missing_list_is_said_to_be_so() {
        let Resolved::Failed(text) = written(["search contoso.com\n", ""]) else { panic!("no server is named") };
        assert!(text.ends_with("it names no server"), "{text}");
        let Resolved::Failed(text) = resolvers(Path::new("/nonexistent/resolv.conf"), Path::new("")) else {
            panic!("there is no such file")
        };
        assert!(text.starts_with("reading /nonexistent/resolv.conf: "), "{text}");
    }

    #[test]
    fn scopes_are_numbers_or_interfaces() {
        assert_eq!(scope_id("7"), Some(7));
        assert_eq!(scope_id("../etc"), None);
        assert_eq!(scope_id("no such interface"), None);
        #[cfg(target_os = "linux")]
        assert_eq!(scope_id("lo"), Some(1));
    }
}
