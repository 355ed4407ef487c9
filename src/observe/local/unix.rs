//! What a Unix machine is configured with. Every file is looked for under a root folder, `/` on a real machine.

mod identity;
mod resolv_conf;

use std::path::{Path, PathBuf};

use if_addrs::IfAddr;

use super::files::{SmbConf, dns_update_cache, hosts, krb5_conf, lmhosts, smb_conf};
use super::octets_of;
use crate::base::name::DnsName;
use crate::config::quote;
use crate::evidence::{Interface, InterfaceAddress, LocalResolver, LocalStage, LocalView};
pub(super) use resolv_conf::resolvers;

const HOSTS: &str = "/etc/hosts";
const LMHOSTS: [&str; 2] = ["/etc/samba/lmhosts", "/usr/local/samba/etc/lmhosts"];
const KRB5_CONF: &str = "/etc/krb5.conf";

/// Samba of a distribution, built from its sources, and of FreeBSD: its configuration and where that puts private files
/// unless it says otherwise.
const SAMBA: [(&str, &str); 3] = [
    ("/etc/samba/smb.conf", "/var/lib/samba/private"),
    ("/usr/local/samba/etc/smb.conf", "/usr/local/samba/private"),
    ("/usr/local/etc/smb4.conf", "/var/db/samba4/private"),
];

pub(super) fn read(stage: LocalStage, root: &Path) -> LocalView {
    let mut view = LocalView { stage, system: std::env::consts::OS.into(), ..LocalView::default() };
    match if_addrs::get_if_addrs() {
        Ok(found) => interfaces(found, &mut view),
        Err(error) => view.troubles.push(format!("reading the addresses of this machine: {error}")),
    }
    if stage == LocalStage::Configuration {
        configuration(&Root(root), &mut view);
    }
    view
}

/// One interface for each name, in the order of the system.
fn interfaces(found: Vec<if_addrs::Interface>, view: &mut LocalView) {
    for found in found {
        let (address, prefix) = match &found.addr {
            IfAddr::V4(v4) => (v4.ip.into(), v4.prefixlen),
            IfAddr::V6(v6) => (v6.ip.into(), v6.prefixlen),
        };
        let known = view.interfaces.iter().position(|known| known.name == found.name);
        let place = known.unwrap_or_else(|| {
            view.interfaces.push(Interface { name: found.name.clone(), ..Interface::default() });
            view.interfaces.len() - 1
        });
        let interface = &mut view.interfaces[place];
        interface.loopback |= found.is_loopback();
        interface.addresses.push(InterfaceAddress { address, prefix, eligible: None, transient: false });
    }
}

fn configuration(root: &Root<'_>, view: &mut LocalView) {
    let resolv = resolv_conf::read(root, view);
    view.resolvers = resolv.servers.into_iter().map(|address| LocalResolver { address, interface: None }).collect();
    view.suffixes = resolv.suffixes;
    if let Some(octets) = root.octets(HOSTS, view) {
        hosts(&octets, HOSTS, view);
    }
    // Before lmhosts, whose names are NetBIOS's.
    let host = identity::host_name(root, view);
    for path in LMHOSTS {
        if let Some(octets) = root.octets(path, view) {
            lmhosts(&octets, path, view);
        }
    }
    let samba = samba(root, view);
    if let Some(octets) = root.octets(KRB5_CONF, view) {
        krb5_conf(&octets, KRB5_CONF, view);
    }
    identity::name(host, &samba, view);
    let source = format!("domain or search in {}", resolv_conf::PATH);
    let (good, bad): (Vec<_>, Vec<_>) =
        view.suffixes.clone().into_iter().partition(|suffix| DnsName::parse(suffix).is_ok());
    for suffix in good {
        view.hint(&suffix, source.clone());
    }
    if let Some(first) = bad.first() {
        let (many, first) = (bad.len(), quote(first));
        view.troubles.push(format!("{source}: {many} suffixes are no DNS names, the first is {first}"));
    }
}

/// Every configuration of Samba that is there, and the records that it registers.
fn samba(root: &Root<'_>, view: &mut LocalView) -> Vec<SmbConf> {
    let mut found = Vec::new();
    for (path, private) in SAMBA {
        let Some(octets) = root.octets(path, view) else { continue };
        let conf = smb_conf(&octets, path, view);
        let private = conf.private_dir.as_deref().unwrap_or(private);
        let cache = format!("{}/dns_update_cache", private.trim_end_matches('/'));
        if let Some(octets) = root.octets(&cache, view) {
            dns_update_cache(&octets, &cache, view);
        }
        found.push(conf);
    }
    found
}

/// The folder under which all files stand.
struct Root<'a>(&'a Path);

impl Root<'_> {
    fn path(&self, path: &str) -> PathBuf {
        self.0.join(path.trim_start_matches('/'))
    }

    /// A file, whole or its beginning; `None` with a trouble if it cannot be read, and without one if there is none.
    fn octets(&self, path: &str, view: &mut LocalView) -> Option<Vec<u8>> {
        octets_of(&self.path(path), view)
    }
}

#[cfg(test)]
mod tests;
