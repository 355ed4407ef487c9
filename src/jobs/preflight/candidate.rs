//! Who is to become a DC: what the command line says, filled in from the machine itself, and refused where no DC can be
//! called so or stand there.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::base::address::special_address;
use crate::base::name::{DnsName, NameError};
use crate::config::{self, Fault};
use crate::evidence::{Candidate, Family, LocalView};

/// What the command line says of the candidate.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Host name.
    pub host: Option<String>,
    /// Addresses.
    pub addresses: Vec<IpAddr>,
    /// Site.
    pub site: Option<String>,
    /// Domain.
    pub domain: Option<String>,
    /// The only address family in which anybody is reached.
    pub family: Option<Family>,
    /// Networks in which no DC may register an address.
    pub avoid: Vec<IpNetwork>,
}

/// Why there is no candidate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CandidateError {
    /// No host name was given, and this machine's own is not known.
    #[error("this machine does not say its own host name: name the candidate with --host NAME --address ADDRESS")]
    NoHost,
    /// No address was given, and the candidate is not this machine, or has none that counts.
    #[error(
        "the addresses of {0} are needed: --address ADDRESS (this machine is another one, or has no usable address)"
    )]
    NoAddress(String),
    /// An address without the host that is to have it.
    #[error("--address needs --host: this machine does not say its own host name")]
    AddressWithoutHost,
    /// No DNS name.
    #[error("the host name `{name}` is no DNS name: {error}")]
    BadName {
        /// What was given.
        name: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// The domain is no DNS name.
    #[error("the domain `{name}` is no DNS name: {error}")]
    BadDomain {
        /// What was given.
        name: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// A host name without domain.
    #[error("`{0}` is no full host name: write it with its domain, as {0}.contoso.com")]
    ShortName(String),
    /// This machine has no domain yet.
    #[error("this machine calls itself {0}, without a domain: name the candidate in full, as --host {0}.contoso.com")]
    OwnNameIsShort(String),
    /// A label that no computer can have.
    #[error("`{label}` cannot be the name of a computer: {reason}")]
    BadLabel {
        /// The label.
        label: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The host lies elsewhere.
    #[error("the host {host} does not lie in the domain {domain}: a domain controller has the name of its domain")]
    OutsideDomain {
        /// The host.
        host: String,
        /// The domain.
        domain: String,
    },
    /// More labels than one below the domain.
    #[error("the host {host} does not lie right below the domain {domain}")]
    BelowDomain {
        /// The host.
        host: String,
        /// The domain.
        domain: String,
    },
    /// An address that no partner can use.
    #[error("{address} cannot be the address of a domain controller: it is {kind}")]
    BadAddress {
        /// The address.
        address: IpAddr,
        /// What kind of address it is.
        kind: &'static str,
    },
    /// `-4` with an IPv6 address, or `-6` with an IPv4 one.
    #[error("{0} is of the other address family than -4 or -6 allow: nobody could be asked there")]
    OtherFamily(IpAddr),
    /// The site has a name that none can have.
    #[error(transparent)]
    BadSite(Fault),
}

/// The candidate: what was said, and for this machine what its own view adds.
///
/// # Errors
/// Says what is wrong with it, or what is missing.
pub fn candidate(wish: &Wish, local: &LocalView) -> Result<Candidate, CandidateError> {
    let own = own_host(local);
    let host = match (&wish.host, &own) {
        (Some(host), _) => host.clone(),
        (None, Some(own)) if !own.contains('.') => return Err(CandidateError::OwnNameIsShort(own.clone())),
        (None, Some(own)) => own.clone(),
        (None, None) if wish.addresses.is_empty() => return Err(CandidateError::NoHost),
        (None, None) => return Err(CandidateError::AddressWithoutHost),
    };
    let host = host_name(&host)?;
    let domain = match &wish.domain {
        Some(domain) => DnsName::parse(domain)
            .map_err(|error| CandidateError::BadDomain { name: domain.clone(), error })
            .and_then(|domain| fits(&host, domain))?,
        None => host.parent().ok_or_else(|| CandidateError::ShortName(host.to_string()))?,
    };
    let here = own.is_some_and(|own| is_here(&own, &host, wish, local));
    let mut addresses = wish.addresses.clone();
    if addresses.is_empty() && here {
        addresses = usable_addresses(local, wish);
    }
    if addresses.is_empty() {
        return Err(CandidateError::NoAddress(host.to_string()));
    }
    addresses.sort_unstable();
    addresses.dedup();
    for &address in &addresses {
        if let Some(unusable) = special_address(address).filter(|unusable| unusable.grave) {
            return Err(CandidateError::BadAddress { address, kind: unusable.kind });
        }
        if is_avoided(address, wish) {
            return Err(CandidateError::BadAddress { address, kind: "in a network of avoid_networks" });
        }
        if !allowed(address, wish.family) {
            return Err(CandidateError::OtherFamily(address));
        }
    }
    let site = wish.site.as_deref().map(config::site).transpose().map_err(CandidateError::BadSite)?;
    Ok(Candidate { host, domain, addresses, site, here })
}

/// This machine's own full host name; a short one is completed by its domain.
fn own_host(local: &LocalView) -> Option<String> {
    let host = local.host.as_ref()?.trim_end_matches('.');
    if host.contains('.') {
        return Some(host.to_owned());
    }
    Some(local.domain.as_ref().map_or_else(|| host.to_owned(), |domain| format!("{host}.{domain}")))
}

/// Whether the candidate is this machine: it has that name already; or no domain yet, or another one, and the first label
/// or every address of the candidate.
fn is_here(own: &str, host: &DnsName, wish: &Wish, local: &LocalView) -> bool {
    let label = host.as_str().split('.').next().unwrap_or_default();
    let has = |address: &IpAddr| local.addresses().any(|own| own == *address);
    match wish.addresses.is_empty() {
        _ if DnsName::parse(own).is_ok_and(|own| own == *host) => true,
        true => own.eq_ignore_ascii_case(label),
        false => wish.addresses.iter().all(has),
    }
}

fn is_avoided(address: IpAddr, wish: &Wish) -> bool {
    wish.avoid.iter().any(|network| network.contains(address))
}

fn usable_addresses(local: &LocalView, wish: &Wish) -> Vec<IpAddr> {
    let own = local.interfaces.iter().filter(|interface| !interface.loopback && interface.registers != Some(false));
    let own = own.flat_map(|interface| &interface.addresses).filter(|own| own.eligible != Some(false));
    own.map(|own| own.address)
        .filter(|&address| special_address(address).is_none() && allowed(address, wish.family))
        .filter(|&address| !is_avoided(address, wish))
        .collect()
}

fn allowed(address: IpAddr, family: Option<Family>) -> bool {
    match family {
        Some(Family::V4) => address.is_ipv4(),
        Some(Family::V6) => address.is_ipv6(),
        None => true,
    }
}

fn host_name(text: &str) -> Result<DnsName, CandidateError> {
    let host = DnsName::parse(text).map_err(|error| CandidateError::BadName { name: text.to_owned(), error })?;
    let label = host.as_str().split('.').next().unwrap_or_default();
    let bad = |reason| Err(CandidateError::BadLabel { label: label.to_owned(), reason });
    // RFC 1123 section 2.1; Microsoft KB 909264.
    if !label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-') {
        return bad("only letters, digits and hyphens can stand in it");
    }
    if label.starts_with('-') || label.ends_with('-') {
        return bad("a hyphen cannot stand at its beginning or end");
    }
    if label.bytes().all(|octet| octet.is_ascii_digit()) {
        return bad("it consists of digits only");
    }
    if host.parent().is_none() {
        return Err(CandidateError::ShortName(host.to_string()));
    }
    Ok(host)
}

fn fits(host: &DnsName, domain: DnsName) -> Result<DnsName, CandidateError> {
    if host.parent().as_ref() == Some(&domain) {
        return Ok(domain);
    }
    let (host, inside) = (host.to_string(), host.is_within(&domain));
    let domain = domain.to_string();
    Err(if inside {
        CandidateError::BelowDomain { host, domain }
    } else {
        CandidateError::OutsideDomain { host, domain }
    })
}

/// The NetBIOS name of a host, where it is not the whole label (RFC 1001 section 14.1 leaves 15 characters).
pub(super) fn cut_netbios_name(host: &DnsName) -> Option<String> {
    let label = host.as_str().split('.').next().unwrap_or_default();
    (label.len() > 15).then(|| label.chars().take(15).collect::<String>().to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Interface, InterfaceAddress};

    fn machine(host: Option<&str>, domain: Option<&str>, addresses: &[&str]) -> LocalView {
        let own = |text: &&str| InterfaceAddress {
            address: text.parse().unwrap(),
            prefix: 24,
            eligible: None,
            transient: false,
        };
        let interface = Interface { addresses: addresses.iter().map(own).collect(), ..Interface::default() };
        LocalView {
            host: host.map(String::from),
            domain: domain.map(String::from),
            interfaces: vec![interface],
            ..LocalView::default()
        }
    }

    fn wish(host: &str, addresses: &[&str]) -> Wish {
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        Wish { host: Some(host.into()), addresses, ..Wish::default() }
    }

    fn refused(wish: &Wish) -> String {
        candidate(wish, &LocalView::default()).expect_err("a bad candidate").to_string()
    }

    #[test]
    fn a_machine_is_its_own_candidate() {
        let own = ["192.0.2.12", "127.0.0.1", "169.254.1.1", "fe80::1", "2001:db8::12"];
        for local in [machine(Some("DC3.contoso.com."), None, &own), machine(Some("dc3"), Some("contoso.com"), &own)] {
            let found = candidate(&Wish::default(), &local).unwrap();
            assert_eq!(
                (found.host.as_str(), found.domain.as_str(), found.here),
                ("dc3.contoso.com", "contoso.com", true)
            );
            let texts: Vec<String> = found.addresses.iter().map(ToString::to_string).collect();
            assert_eq!(texts, ["192.0.2.12", "2001:db8::12"]);
        }
        let local = machine(Some("dc3.contoso.com"), None, &own);
        let v4 = Wish { family: Some(Family::V4), ..Wish::default() };
        assert_eq!(candidate(&v4, &local).unwrap().addresses.len(), 1);
        assert!(candidate(&wish("DC3.contoso.com", &["192.0.2.99"]), &local).unwrap().here, "it is this machine");
        assert!(!candidate(&wish("dc4.contoso.com", &["192.0.2.99"]), &local).unwrap().here);
        let error = candidate(&wish("dc4.contoso.com", &[]), &local).expect_err("another machine");
        assert_eq!(error, CandidateError::NoAddress("dc4.contoso.com".into()));
        assert_eq!(candidate(&Wish::default(), &machine(None, None, &own)), Err(CandidateError::NoHost));
        let short = candidate(&Wish::default(), &machine(Some("dc3"), None, &own));
        assert_eq!(short, Err(CandidateError::OwnNameIsShort("dc3".into())));
        let bare = machine(Some("dc3.contoso.com"), None, &["127.0.0.1"]);
        assert_eq!(candidate(&Wish::default(), &bare), Err(CandidateError::NoAddress("dc3.contoso.com".into())));
    }

    #[test]
    fn a_machine_that_is_not_in_the_domain_yet_is_told_by_its_label_or_its_address() {
        let found = |own: &str, wish: &Wish| candidate(wish, &machine(Some(own), None, &["192.0.2.12"]));
        for own in ["dc3", "DC3"] {
            let here = found(own, &wish("dc3.contoso.com", &[])).unwrap();
            assert!(here.here);
            assert_eq!(here.addresses, ["192.0.2.12".parse::<IpAddr>().unwrap()]);
        }
        assert!(found("win-7k2j", &wish("dc3.contoso.com", &["192.0.2.12"])).unwrap().here, "renamed on the way");
        assert!(!found("win-7k2j", &wish("dc3.contoso.com", &["192.0.2.12", "192.0.2.13"])).unwrap().here);
        assert!(!found("dc3", &wish("dc3.contoso.com", &["192.0.2.13"])).unwrap().here, "another of that label");
        assert!(found("dc3.fabrikam.com", &wish("dc3.contoso.com", &[])).is_err());
    }

    #[test]
    fn addresses_that_no_dc_may_register_are_refused_or_left_out() {
        let avoid = vec!["10.9.0.0/16".parse().unwrap()];
        let named = Wish { avoid: avoid.clone(), ..wish("dc3.contoso.com", &["10.9.1.1"]) };
        assert!(refused(&named).contains("it is in a network of avoid_networks"));
        let local = machine(Some("dc3.contoso.com"), None, &["192.0.2.12", "10.9.1.1"]);
        let own = candidate(&Wish { avoid, ..Wish::default() }, &local).unwrap();
        assert_eq!(own.addresses, ["192.0.2.12".parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn names_that_no_dc_can_have_are_refused() {
        let good = ["192.0.2.12"];
        for (host, word) in [
            ("dc3", "full host name"),
            ("", "empty"),
            ("dc_3.contoso.com", "hyphens"),
            ("dc3\u{e9}.contoso.com", "hyphens"),
            ("dc 3.contoso.com", "no DNS name"),
            ("-dc3.contoso.com", "beginning"),
            ("123.contoso.com", "digits only"),
            ("dc3..com", "no DNS name"),
            (&format!("{}.contoso.com", "a".repeat(64)), "63 octets"),
            ("dc3\u{1b}[2J.contoso.com", "no DNS name"),
        ] {
            let message = refused(&wish(host, &good));
            assert!(message.contains(word), "{host}: {message}");
        }
        let domain = |domain: &str| Wish { domain: Some(domain.into()), ..wish("dc3.contoso.com", &good) };
        assert!(refused(&domain("fabrikam.com")).contains("does not lie in the domain fabrikam.com"));
        assert!(refused(&domain("com")).contains("right below"));
        assert!(refused(&domain("a..b")).contains("no DNS name"));
        assert!(candidate(&domain("Contoso.com."), &LocalView::default()).is_ok());
        let site = |site: &str| Wish { site: Some(site.into()), ..wish("dc3.contoso.com", &good) };
        for bad in ["", "a.b", " HQ", "H\u{7}Q", &"a".repeat(64)] {
            assert!(refused(&site(bad)).contains("the site name"), "{bad:?}");
        }
        let office = candidate(&site("Head Office"), &LocalView::default());
        assert_eq!(office.unwrap().site.as_deref(), Some("Head Office"));
    }

    #[test]
    fn addresses_that_no_partner_can_use_are_refused() {
        for address in ["127.0.0.1", "::1", "169.254.1.1", "fe80::1", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255"] {
            let message = refused(&wish("dc3.contoso.com", &["192.0.2.12", address]));
            assert!(message.contains(&format!("{address} cannot be")), "{message}");
        }
        let v4 = Wish { family: Some(Family::V4), ..wish("dc3.contoso.com", &["2001:db8::12"]) };
        assert!(refused(&v4).contains("other address family"));
        let twice = candidate(&wish("dc3.contoso.com", &["192.0.2.12", "192.0.2.12"]), &LocalView::default());
        assert_eq!(twice.unwrap().addresses.len(), 1);
    }

    #[test]
    fn long_names_are_cut_for_netbios() {
        let cut = |host: &str| cut_netbios_name(&DnsName::parse(host).unwrap());
        assert_eq!(cut("headquarters-dc03.contoso.com").as_deref(), Some("HEADQUARTERS-DC"));
        assert_eq!(cut("headquarters-dc.contoso.com"), None);
    }
}
