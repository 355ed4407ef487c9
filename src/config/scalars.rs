//! The single values of the configuration: from text, with a reason and advice when it is none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ipnetwork::IpNetwork;
use jiff::civil::Date;

use super::model::{Retired, ServerAddress};
use super::text::quote;
use crate::base::guid::Guid;
use crate::base::name::DnsName;

/// Why a text is not the value that is wanted, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What is wrong.
    pub message: String,
    /// What to write instead, or where to find the right value.
    pub help: Option<String>,
}

impl Fault {
    fn new(message: String) -> Self {
        Self { message, help: None }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// An IPv4 or IPv6 address without port and scope.
///
/// # Errors
/// Says what is wrong, down to the octet.
pub fn address(text: &str) -> Result<IpAddr, Fault> {
    text.parse().map_err(|_| {
        Fault::new(format!("{} is not an IP address{}", quote(text), address_reason(text)))
            .help("`ipconfig /all` on that machine lists its addresses")
    })
}

/// What exactly is wrong with an address, as the end of a sentence.
fn address_reason(text: &str) -> String {
    if text.contains('%') {
        return ": a scope id has no place here".to_owned();
    }
    let octets: Vec<&str> = text.split('.').collect();
    if !octets.iter().all(|octet| octet.bytes().all(|b| b.is_ascii_digit())) {
        return String::new();
    }
    if octets.len() != 4 {
        return format!(": an IPv4 address has 4 octets, this has {}", octets.len());
    }
    for octet in octets {
        if octet.is_empty() {
            return ": an octet is missing".to_owned();
        }
        if octet.len() > 1 && octet.starts_with('0') {
            return format!(": octet {} starts with a zero", quote(octet));
        }
        if octet.parse::<u8>().is_err() {
            return format!(": octet {} is greater than 255", quote(octet));
        }
    }
    String::new()
}

/// An address or a network in CIDR notation. A network that has host bits is refused, because it is a slip in one of
/// its two halves.
///
/// # Errors
/// Says what is wrong and suggests the network that was probably meant.
pub fn network(text: &str) -> Result<IpNetwork, Fault> {
    let Some((head, length)) = text.split_once('/') else {
        return Ok(address(text)?.into());
    };
    let ip = address(head)?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    let Some(length) = length.parse::<u8>().ok().filter(|_| length.bytes().all(|b| b.is_ascii_digit())) else {
        let fault = Fault::new(format!("{} is no prefix length", quote(length)));
        let masked = length.parse().ok().and_then(|mask| IpNetwork::with_netmask(ip, mask).ok());
        return Err(match masked {
            Some(meant) => fault.help(format!("write `{}`", cidr(meant))),
            None => fault.help(format!("a number from 0 to {most}")),
        });
    };
    let Ok(network) = IpNetwork::new(ip, length) else {
        return Err(Fault::new(format!("the prefix length {length} is greater than {most}")));
    };
    if network.network() != ip {
        return Err(Fault::new(format!("{} has host bits behind its prefix of {length} bits", quote(text)))
            .help(format!("write `{}` for the network, or `{ip}` for the one address", cidr(network))));
    }
    Ok(network)
}

/// The network that holds the address, in CIDR notation.
fn cidr(network: IpNetwork) -> String {
    format!("{}/{}", network.network(), network.prefix())
}

/// A network as it is best written: a single address without its length.
pub(super) fn network_text(network: IpNetwork) -> String {
    let single = if network.is_ipv4() { 32 } else { 128 };
    if network.prefix() == single { network.ip().to_string() } else { network.to_string() }
}

/// A GUID that some object can have.
///
/// # Errors
/// For a text that is none, and for the one of zeros only.
pub fn guid(text: &str) -> Result<Guid, Fault> {
    let place = "`repadmin /showrepl` on the DC prints it as \"DSA object GUID\"; \
                 on Samba, `samba-tool drs showrepl` prints \"DSA object GUID\"";
    let guid =
        Guid::parse(text).map_err(|error| Fault::new(format!("{} is no GUID: {error}", quote(text))).help(place))?;
    if guid.is_nil() {
        return Err(Fault::new("the GUID of zeros belongs to no object".to_owned()).help(place));
    }
    Ok(guid)
}

/// A DNS name, as people write it or in presentation form.
///
/// # Errors
/// Says which character or label is wrong.
pub fn name(text: &str) -> Result<DnsName, Fault> {
    // Reports and evidence write octets outside ASCII as `\DDD`; what they print can be copied into the configuration.
    let parsed = if text.contains('\\') { DnsName::from_presentation(text) } else { DnsName::parse(text) };
    let name = parsed.map_err(|error| Fault::new(format!("{} is no DNS name: {error}", quote(text))))?;
    // No top-level domain is a number, so this is an address, or was meant to be one.
    if name.as_str().rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit())) {
        return Err(Fault::new(format!("{} is no DNS name: its last label is a number", quote(text)))
            .help("a name is wanted here, not an address"));
    }
    Ok(name)
}

/// A GUID or a host name.
///
/// # Errors
/// For what is neither.
pub fn retired(text: &str) -> Result<Retired, Fault> {
    match Guid::parse(text) {
        Ok(_) => guid(text).map(Retired::Guid),
        Err(_) => name(text).map(Retired::Host),
    }
}

/// A DNS server: an address with or without scope and port, a host name with or without port, or `system`.
///
/// # Errors
/// Says which part is wrong.
pub fn server(text: &str) -> Result<(ServerAddress, Option<u16>), Fault> {
    if text == "system" {
        return Ok((ServerAddress::System, None));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let Some((inside, behind)) = rest.split_once(']') else {
            return Err(Fault::new(format!("{} lacks the closing bracket", quote(text))));
        };
        let port = match behind.strip_prefix(':') {
            Some(digits) => Some(port(digits)?),
            None if behind.is_empty() => None,
            None => return Err(Fault::new(format!("{} stands behind the bracket", quote(behind)))),
        };
        return Ok((scoped(inside)?, port));
    }
    match text.matches(':').count() {
        0 => Ok((host(text)?, None)),
        1 => {
            let (head, digits) = text.split_once(':').unwrap_or((text, ""));
            Ok((host(head)?, Some(port(digits)?)))
        }
        _ => Ok((scoped(text)?, None)),
    }
}

/// An IPv6 address, perhaps with a scope id.
fn scoped(text: &str) -> Result<ServerAddress, Fault> {
    let (head, scope) = match text.split_once('%') {
        Some((head, scope)) => (head, Some(scope)),
        None => (text, None),
    };
    let Ok(address) = head.parse::<Ipv6Addr>() else {
        return Err(Fault::new(format!("{} is not an IPv6 address", quote(text)))
            .help("with a port, write \"[2001:db8::1]:53\", in quotes"));
    };
    let bad = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '%' | '[' | ']' | ',');
    if let Some(scope) = scope.filter(|scope| scope.is_empty() || scope.contains(bad)) {
        return Err(Fault::new(format!("{} is no scope id", quote(scope)))
            .help("the name of a network interface or its number, like `fe80::1%eth0`"));
    }
    some_machine(address.into())?;
    Ok(ServerAddress::Ip { address: address.into(), scope: scope.map(str::to_owned) })
}

/// An IPv4 address or a host name.
fn host(text: &str) -> Result<ServerAddress, Fault> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        some_machine(address.into())?;
        return Ok(ServerAddress::Ip { address: address.into(), scope: None });
    }
    let numeric = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_digit());
    if text.trim_end_matches('.').rsplit('.').next().is_some_and(numeric) {
        address(text)?;
    }
    Ok(ServerAddress::Host(name(text)?))
}

fn some_machine(address: IpAddr) -> Result<(), Fault> {
    if address.is_unspecified() || address.is_multicast() || address == IpAddr::V4(Ipv4Addr::BROADCAST) {
        return Err(Fault::new(format!("`{address}` is the address of no single machine")));
    }
    Ok(())
}

fn port(digits: &str) -> Result<u16, Fault> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    digits
        .parse()
        .ok()
        .filter(|&port| plain && port != 0)
        .ok_or_else(|| Fault::new(format!("{} is no port", quote(digits))).help("a number from 1 to 65535"))
}

/// A time span: a whole number and its unit.
///
/// # Errors
/// Says what is missing.
pub fn duration(text: &str) -> Result<Duration, Fault> {
    let advice = "a whole number with its unit, like 1500ms, 2s, 1m or 1h";
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let scale = match unit.trim_start() {
        "ms" => Some(1),
        "s" => Some(1000),
        "m" | "min" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let (Ok(number), Some(scale)) = (number.parse::<u64>(), scale) else {
        return Err(Fault::new(format!("{} is no time span", quote(text))).help(advice));
    };
    let millis = number.checked_mul(scale).ok_or_else(|| Fault::new(format!("{} is too long", quote(text))))?;
    Ok(Duration::from_millis(millis))
}

/// A time span as it is best written; what is below a millisecond is left out.
pub(super) fn duration_text(span: Duration) -> String {
    let millis = span.as_millis();
    if millis.is_multiple_of(1000) { format!("{}s", millis / 1000) } else { format!("{millis}ms") }
}

/// A day, as in 2027-01-31.
///
/// # Errors
/// For any other form, and for days that no calendar has.
pub fn date(text: &str) -> Result<Date, Fault> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    text.parse().ok().filter(|_| shape).ok_or_else(|| {
        let fault = Fault::new(format!("{} is no date", quote(text)));
        fault.help(if shape { "the calendar has no such day" } else { "year, month and day, like 2027-01-31" })
    })
}

/// Where to reach an address instead: an address, with a base port or without, or `none`.
///
/// # Errors
/// Says what is wrong.
pub fn redirect(text: &str) -> Result<Option<SocketAddr>, Fault> {
    if text == "none" {
        return Ok(None);
    }
    let bare = text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 0));
    let Ok(target) = bare.or_else(|_| text.parse::<SocketAddr>()) else {
        return Err(Fault::new(format!("{} is no address to go to", quote(text)))
            .help("an address, an address with a base port like \"127.0.0.1:20000\", or none"));
    };
    if target.port() > HIGHEST_BASE {
        return Err(Fault::new(format!("the base port {} leaves no room for port 445", target.port()))
            .help(format!("the port of each protocol is added to it; at most {HIGHEST_BASE}")));
    }
    Ok(Some(target))
}

/// The highest base port: the highest port that a probe asks is 445.
const HIGHEST_BASE: u16 = u16::MAX - 445;
