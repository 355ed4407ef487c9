//! A machine of the forest, as tests need it.

use std::collections::BTreeMap;

use crate::evidence::{Interface, InterfaceAddress, LocalResolver, LocalView, LookedUp, NameLine};
use crate::observe::Local;

/// An address of an interface of a /24 or /64 network.
pub(crate) fn address(text: &str) -> InterfaceAddress {
    let address: std::net::IpAddr = text.parse().expect("an address");
    InterfaceAddress { address, prefix: if address.is_ipv4() { 24 } else { 64 }, eligible: None, transient: false }
}

/// A machine with a host name and addresses on one interface, without resolvers.
pub(crate) fn named(host: &str, addresses: &[&str]) -> Local {
    let interface = Interface {
        name: "eth0".into(),
        addresses: addresses.iter().map(|text| address(text)).collect(),
        ..Interface::default()
    };
    let view = LocalView { host: Some(host.into()), interfaces: vec![interface], ..LocalView::default() };
    Local { view, lookups: BTreeMap::new() }
}

/// dc1, which asks itself and dc2, and resolves every name rightly.
pub(crate) fn dc1() -> Local {
    let mut local = named("dc1.contoso.com", &["192.0.2.10"]);
    resolvers(&mut local, &["192.0.2.11:53", "192.0.2.10:53"]);
    for (number, address) in [(1, "192.0.2.10"), (2, "192.0.2.11")] {
        let guid = format!("{number}").repeat(8);
        let alias = format!(
            "{guid}-{0}-4{1}-8{1}-{2}._msdcs.contoso.com",
            &guid[..4],
            &guid[..3],
            format!("{number}").repeat(12)
        );
        for name in [alias, format!("dc{number}.contoso.com"), format!("dc{number}")] {
            looks_up(&mut local, &name, &[address]);
        }
    }
    local
}

/// Sets the resolver list, of no interface.
pub(crate) fn resolvers(local: &mut Local, list: &[&str]) {
    let resolver = |text: &&str| LocalResolver { address: text.parse().expect("address:port"), interface: None };
    local.view.resolvers = list.iter().map(resolver).collect();
}

/// Sets what the machine resolves a name to; nothing means that there is no such name.
pub(crate) fn looks_up(local: &mut Local, name: &str, addresses: &[&str]) {
    let addresses: Vec<_> = addresses.iter().map(|text| text.parse().expect("an address")).collect();
    let found = if addresses.is_empty() { LookedUp::Missing } else { LookedUp::Addresses(addresses) };
    local.lookups.insert(name.into(), found);
}

/// Adds a line to its hosts file.
pub(crate) fn hosts(local: &mut Local, address: &str, names: &[&str]) {
    let line = NameLine {
        file: "/etc/hosts".into(),
        line: u32::try_from(local.view.names.len()).expect("few lines") + 1,
        address: address.parse().expect("an address"),
        names: names.iter().map(|&name| name.into()).collect(),
    };
    local.view.names.push(line);
}
