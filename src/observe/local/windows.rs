//! What a Windows machine is configured with.
//!
//! Windows itself is asked in `api` alone, through [`Machine`]. What its answers mean is told here, and tested on every
//! system.

#[cfg(windows)]
mod api;
mod socket_address;
#[cfg(test)]
mod tests;
mod wide;

#[cfg(windows)]
pub(in crate::observe) use api::believe_refusals;

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::files;
use crate::evidence::{Interface, InterfaceAddress, LocalResolver, LocalStage, LocalView, Resolved};

/// Registry keys under HKEY_LOCAL_MACHINE.
const TCPIP: &str = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";
const POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows NT\DNSClient";

/// IP_ADAPTER_DDNS_ENABLED in [`Adapter::flags`].
const DDNS_ENABLED: u32 = 1;
/// IP_ADAPTER_ADDRESS_DNS_ELIGIBLE in [`AdapterAddress::flags`].
const DNS_ELIGIBLE: u32 = 1;
/// IP_ADAPTER_ADDRESS_TRANSIENT in [`AdapterAddress::flags`].
const TRANSIENT: u32 = 2;
/// IpDadStateInvalid and IpDadStateDuplicate in [`AdapterAddress::state`]: the machine does not use the address.
const UNUSED: [i32; 2] = [0, 2];

/// What Windows tells about itself. Errors say what was being done.
trait Machine {
    /// Its network adapters.
    fn adapters(&self) -> Result<Vec<Adapter>, String>;
    /// A text in the registry, under HKEY_LOCAL_MACHINE, with `%NAMES%` as they stand there. `None`: there is none.
    fn registry(&self, key: &str, value: &str) -> Result<Option<String>, String>;
    /// Its own fully qualified host name.
    fn host(&self) -> Result<String, String>;
    /// The domain that it belongs to.
    fn membership(&self) -> Result<Membership, String>;
    /// An environment variable, in any case.
    fn variable(&self, name: &str) -> Option<String>;
    /// A file; `None` with a trouble if it cannot be read, and without one if there is none.
    fn file(&self, path: &str, view: &mut LocalView) -> Option<Vec<u8>>;
}

/// A network adapter.
#[derive(Clone, Debug, Default)]
struct Adapter {
    name: String,
    up: bool,
    loopback: bool,
    flags: u32,
    /// Its own DNS suffix; empty without one.
    suffix: String,
    /// Its number, which is the scope of link-local addresses there.
    index: u32,
    addresses: Vec<AdapterAddress>,
    /// Its DNS servers, as socket addresses.
    servers: Vec<Vec<u8>>,
}

/// An address of an adapter.
#[derive(Clone, Debug, Default)]
struct AdapterAddress {
    /// As a socket address.
    octets: Vec<u8>,
    prefix: u8,
    flags: u32,
    state: i32,
}

/// Where a machine belongs; nothing if it is in no domain.
#[derive(Clone, Debug, Default)]
struct Membership {
    /// DNS name of its domain.
    domain: Option<String>,
    /// DNS name of the forest root domain.
    forest: Option<String>,
}

/// The machine's own configuration.
#[cfg(windows)]
pub(super) fn read(stage: LocalStage) -> LocalView {
    view(stage, &api::Windows)
}

/// The resolvers of this machine, in its own order.
#[cfg(windows)]
pub(super) fn resolvers() -> Resolved {
    listed(&api::Windows)
}

fn view(stage: LocalStage, machine: &impl Machine) -> LocalView {
    let mut view = LocalView { stage, system: "windows".into(), ..LocalView::default() };
    let adapters = machine.adapters();
    let adapters = told(adapters, &mut view).unwrap_or_default();
    view.interfaces = interfaces(&adapters, &mut view.troubles);
    if stage == LocalStage::Configuration {
        view.resolvers = servers(&adapters, &mut view.troubles);
        view.host = told(machine.host(), &mut view).filter(|name| !name.is_empty());
        view.domain = setting(machine, TCPIP, "Domain", &mut view);
        view.suffixes = suffixes(machine, &mut view);
        hint_domains(machine, &mut view);
        read_files(machine, &mut view);
    }
    view
}

/// What was told; what went wrong instead is a trouble.
fn told<T>(answer: Result<T, String>, view: &mut LocalView) -> Option<T> {
    answer.map_err(|trouble| view.troubles.push(trouble)).ok()
}

/// A text in the registry; an empty one is as none.
fn setting(machine: &impl Machine, key: &str, value: &str, view: &mut LocalView) -> Option<String> {
    let text = told(machine.registry(key, value), view).flatten()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Interfaces that are up: an adapter without a link keeps its settings, but nobody reaches the machine there.
fn interfaces(adapters: &[Adapter], troubles: &mut Vec<String>) -> Vec<Interface> {
    let up = adapters.iter().filter(|adapter| adapter.up);
    up.map(|adapter| Interface {
        name: adapter.name.clone(),
        loopback: adapter.loopback,
        addresses: addresses(adapter, troubles),
        registers: Some(adapter.flags & DDNS_ENABLED != 0),
        suffix: Some(adapter.suffix.clone()).filter(|suffix| !suffix.is_empty()),
    })
    .collect()
}

fn addresses(adapter: &Adapter, troubles: &mut Vec<String>) -> Vec<InterfaceAddress> {
    let used = adapter.addresses.iter().filter(|own| !UNUSED.contains(&own.state));
    used.filter_map(|own| {
        Some(InterfaceAddress {
            address: known(&own.octets, adapter, "an address", troubles)?.ip(),
            prefix: own.prefix,
            eligible: Some(own.flags & DNS_ELIGIBLE != 0),
            transient: own.flags & TRANSIENT != 0,
        })
    })
    .collect()
}

fn known(octets: &[u8], adapter: &Adapter, what: &str, troubles: &mut Vec<String>) -> Option<SocketAddr> {
    let address = socket_address::read(octets);
    if address.is_none() {
        troubles.push(format!("network adapter {}: {what} has an unknown form", adapter.name));
    }
    address
}

/// The DNS servers of adapters that are up, in the order of Windows, as often as they are listed.
fn servers(adapters: &[Adapter], troubles: &mut Vec<String>) -> Vec<LocalResolver> {
    let mut all = Vec::new();
    for adapter in adapters.iter().filter(|adapter| adapter.up) {
        for octets in &adapter.servers {
            let Some(address) = known(octets, adapter, "a DNS server", troubles) else { continue };
            if !is_placeholder(address.ip()) {
                let address = reachable(address, adapter.index);
                all.push(LocalResolver { address, interface: Some(adapter.name.clone()) });
            }
        }
    }
    all
}

/// What Windows lists where no IPv6 server is configured: the deprecated fec0:0:0:ffff::1 to ::3, which nobody has.
fn is_placeholder(address: IpAddr) -> bool {
    const FIRST: u128 = Ipv6Addr::new(0xfec0, 0, 0, 0xffff, 0, 0, 0, 1).to_bits();
    matches!(address, IpAddr::V6(address) if (FIRST..FIRST + 3).contains(&address.to_bits()))
}

/// A server as it can be asked: port 0 means the usual one, and a link-local address lies on the adapter that names it.
fn reachable(mut address: SocketAddr, adapter: u32) -> SocketAddr {
    if address.port() == 0 {
        address.set_port(53);
    }
    if let SocketAddr::V6(inner) = &mut address
        && inner.ip().is_unicast_link_local()
        && inner.scope_id() == 0
    {
        inner.set_scope_id(adapter);
    }
    address
}

fn listed(machine: &impl Machine) -> Resolved {
    let mut troubles = Vec::new();
    let adapters = match machine.adapters() {
        Ok(adapters) => adapters,
        Err(trouble) => return Resolved::Failed(trouble),
    };
    let all = servers(&adapters, &mut troubles).into_iter().map(|server| server.address).collect();
    troubles.push("no network adapter that is up names a DNS server".into());
    super::resolved(all, troubles.join("; "))
}

/// What is tried behind short names: the list of the policy, else the machine's own, else the primary suffix and those
/// of its adapters.
fn suffixes(machine: &impl Machine, view: &mut LocalView) -> Vec<String> {
    for key in [POLICY, TCPIP] {
        let list = setting(machine, key, "SearchList", view).map(|text| split(&text)).unwrap_or_default();
        if !list.is_empty() {
            return list;
        }
    }
    let mut list: Vec<String> = view.domain.iter().cloned().collect();
    for suffix in view.interfaces.iter().filter_map(|interface| interface.suffix.as_ref()) {
        if !list.iter().any(|known| known.eq_ignore_ascii_case(suffix)) {
            list.push(suffix.clone());
        }
    }
    list
}

/// Windows writes commas; people also write blanks.
fn split(text: &str) -> Vec<String> {
    let parts = text.split(|between: char| between == ',' || between.is_whitespace());
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The surest first: what the machine is a member of, then the suffix of its name, which need not be a domain.
fn hint_domains(machine: &impl Machine, view: &mut LocalView) {
    let membership = told(machine.membership(), view).unwrap_or_default();
    let value = |name: &str| format!(r"registry value HKLM\{TCPIP}\{name}");
    let hints = [
        (membership.domain, "this machine's membership in a domain".to_owned()),
        (membership.forest, "the forest of this machine's domain".to_owned()),
        (view.domain.clone(), value("Domain")),
        (setting(machine, TCPIP, "NV Domain", view), value("NV Domain")),
    ];
    for (domain, source) in hints {
        if let Some(domain) = domain {
            view.hint(&domain, source);
        }
    }
}

fn read_files(machine: &impl Machine, view: &mut LocalView) {
    let folder = setting(machine, TCPIP, "DataBasePath", view);
    let folder = folder.unwrap_or_else(|| r"%SystemRoot%\System32\drivers\etc".into());
    let expand = |path: &str| expand(path, &|name| machine.variable(name));
    let folder = expand(folder.trim_end_matches('\\'));
    let netlogon = expand(r"%SystemRoot%\System32\config\netlogon.dns");
    read_file(machine, &format!(r"{folder}\hosts"), files::hosts, view);
    read_file(machine, &format!(r"{folder}\lmhosts"), files::lmhosts, view);
    read_file(machine, &netlogon, files::netlogon_dns, view);
}

fn read_file(machine: &impl Machine, path: &str, parse: fn(&[u8], &str, &mut LocalView), view: &mut LocalView) {
    if let Some(octets) = machine.file(path, view) {
        parse(&octets, path, view);
    }
}

/// Puts the values of environment variables for `%NAMES%`. A name that is none stays as it is.
fn expand(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        expanded.push_str(before);
        match behind.split_once('%').and_then(|(name, behind)| Some((variable(name)?, behind))) {
            Some((value, behind)) => {
                expanded.push_str(&value);
                rest = behind;
            }
            None => {
                expanded.push('%');
                rest = behind;
            }
        }
    }
    expanded + rest
}
