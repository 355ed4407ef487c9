//! The names under which a forest's machines are found.

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::config;

/// The DCs of a domain (MS-ADTS 6.3.2.3).
pub(super) fn controllers(domain: &DnsName) -> DnsName {
    below(domain, &["_msdcs", "dc", "_tcp", "_ldap"])
}

/// The global catalogs of a forest, by both of their names: a DC may have failed to register one of them.
pub(super) fn catalogs(forest: &DnsName) -> [DnsName; 2] {
    [below(forest, &["_tcp", "_gc"]), below(forest, &["_msdcs", "gc", "_tcp", "_ldap"])]
}

/// The zones of a forest or domain whose name servers are DCs.
pub(super) fn zones(domain: &DnsName, forest: &DnsName) -> Vec<DnsName> {
    let msdcs = (domain == forest).then(|| domain.child("_msdcs"));
    std::iter::once(domain.clone()).chain(msdcs).collect()
}

fn below(domain: &DnsName, labels: &[&str]) -> DnsName {
    labels.iter().fold(domain.clone(), |name, label| name.child(label))
}

/// The domain and what lies above it, without top-level domains.
pub(super) fn with_ancestors(domain: &DnsName) -> impl Iterator<Item = DnsName> {
    let above = std::iter::successors(domain.parent(), DnsName::parent).filter(|name| name.parent().is_some());
    std::iter::once(domain.clone()).chain(above)
}

/// Whether a name can have locator records below it, within the 255 octets of a name. The longest that is asked for is an
/// alias: a GUID and `_msdcs`.
pub(super) fn has_room(domain: &DnsName) -> bool {
    const ALIAS: usize = 36 + 1 + 6 + 1;
    domain.labels().iter().map(|label| label.len() + 1).sum::<usize>() + ALIAS <= 254
}

/// A host name that a configuration can hold: full, and no address.
pub(super) fn host(text: &str) -> Result<DnsName, String> {
    let name = config::name(text).map_err(|fault| fault.message)?;
    // No machine is called otherwise; and a name that holds a comma or a blank has no place in lists of names.
    let usual = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_') || !octet.is_ascii();
    if !name.labels().iter().flatten().all(usual) {
        return Err("it holds characters that no host name has".into());
    }
    if name.parent().is_none() {
        return Err("it is not fully qualified".into());
    }
    Ok(name)
}

/// `SRV _ldap._tcp.dc._msdcs.contoso.com`.
pub(super) fn record(rtype: RecordType, name: &DnsName) -> String {
    format!("{rtype} {name}")
}
