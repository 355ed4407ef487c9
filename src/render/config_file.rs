//! What was found as a configuration file, for a person to review.

use std::io::{self, Write};

use jiff::Timestamp;

use super::{escape, wrap};
use crate::config::{DnsServer, Domain, Role, ServerAddress};
use crate::discover::{Address, Controller, Found};
use crate::evidence::Assumption;

/// Columns of the comments.
const WIDTH: usize = 118;

/// Writes the file. Everything stands in it as a fact only if somebody said it; what is in doubt is a comment.
///
/// # Errors
/// Those of `out`.
pub fn write(found: &Found, at: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let config = &found.config;
    let day = at.strftime("%Y-%m-%d %H:%M:%S UTC");
    comment(&format!("Written by guidpost init on {day}: what DNS servers and machines said then."), "", out)?;
    comment("Review it: what is missing here is not checked, and what is wrong here is reported as right.", "", out)?;
    comment("`guidpost config check` shows slips, `guidpost check` uses the file.", "", out)?;
    writeln!(out)?;
    about(found, "forest", "", out)?;
    writeln!(out, "forest: {}", scalar(config.forest.as_str()))?;
    writeln!(out, "\n# The DNS servers; each is asked by itself.")?;
    writeln!(out, "dns_servers:")?;
    for server in &config.dns_servers {
        let own = |assumed: &&Assumption| {
            let name = server.name.as_deref();
            assumed.what == "server" && name.is_some() && assumed.value.split(" (").next() == name
        };
        if let Some(assumed) = found.assumed.iter().find(own) {
            comment(&assumed.from, "  ", out)?;
        }
        writeln!(out, "  - {}", entry(server))?;
    }
    writeln!(out, "\n# The domain controllers whose records are verified.")?;
    writeln!(out, "domain_controllers:")?;
    for dc in &found.controllers {
        controller(dc, out)?;
    }
    if !config.domains.is_empty() {
        writeln!(out, "\ndomains:")?;
        for domain in &config.domains {
            about(found, "domain", domain.name.as_str(), out)?;
            writeln!(out, "  - {}", domain_entry(domain))?;
        }
    }
    writeln!(out)?;
    comment(
        "Set this to true once the list of domain controllers is complete: an unlisted one is then a leftover.",
        "",
        out,
    )?;
    writeln!(out, "complete: false")?;
    let left: Vec<&Assumption> = found.assumed.iter().filter(|assumed| assumed.what == "left-out").collect();
    if !left.is_empty() {
        writeln!(out, "\n# Left out:")?;
        for assumed in left {
            comment(&format!("{}: {}", assumed.value, assumed.from), "", out)?;
        }
    }
    Ok(())
}

/// Where a part comes from.
fn about(found: &Found, what: &str, value: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut all = found.assumed.iter();
    match all.find(|assumed| assumed.what == what && (value.is_empty() || assumed.value == value)) {
        Some(assumed) => comment(&assumed.from, if value.is_empty() { "" } else { "  " }, out),
        None => Ok(()),
    }
}

fn controller(dc: &Controller, out: &mut dyn Write) -> io::Result<()> {
    comment(&dc.from, "  ", out)?;
    writeln!(out, "  - host: {}", scalar(dc.host.as_str()))?;
    match dc.guid {
        Some(guid) => writeln!(out, "    guid: {guid}")?,
        None => {
            let place = "the GUID of its NTDS Settings object is not known: without it the alias is not checked. \
                         `repadmin /showrepl` there prints it as \"DSA object GUID\"";
            comment(&format!("guid: {place}"), "    ", out)?;
        }
    }
    addresses(dc, out)?;
    if dc.domain != dc.host.parent()
        && let Some(domain) = &dc.domain
    {
        writeln!(out, "    domain: {}", scalar(domain.as_str()))?;
    }
    if let Some(site) = &dc.site {
        writeln!(out, "    site: {}", scalar(site))?;
    }
    if !dc.roles.is_empty() {
        let words = dc.roles.iter().map(|role| match role {
            Role::Gc => "gc",
            Role::Pdc => "pdc",
            Role::Rodc => "rodc",
            Role::Dns => "dns",
        });
        writeln!(out, "    roles: [{}]", words.collect::<Vec<_>>().join(", "))?;
    }
    Ok(())
}

/// The addresses, if every one that stands under the name at any server is its own: a list that lacks one of them would
/// call that one stale. What else it answers at may be of a network where nobody looks for it.
fn addresses(dc: &Controller, out: &mut dyn Write) -> io::Result<()> {
    let (mut own, mut unregistered, mut doubts) = (Vec::new(), Vec::new(), Vec::new());
    for (address, what) in &dc.addresses {
        match what {
            Address::Own => own.push(format!("\"{address}\"")),
            Address::Unregistered => unregistered.push(format!("\"{address}\"")),
            Address::Doubtful(words) => doubts.push(format!("{address} {words}")),
        }
    }
    let other = format!("it answers at {} too, which no server has under its name", unregistered.join(", "));
    if doubts.is_empty() && !own.is_empty() {
        if !unregistered.is_empty() {
            comment(&other, "    ", out)?;
        }
        return writeln!(out, "    addresses: [{}]", own.join(", "));
    }
    let mut parts = Vec::new();
    if !own.is_empty() {
        parts.push(format!("its own are {}", own.join(", ")));
    }
    if !unregistered.is_empty() {
        parts.push(other);
    }
    if own.is_empty() && unregistered.is_empty() {
        parts.push("none was proven to be its own".into());
    }
    parts.extend(doubts);
    comment(&format!("addresses: {}", parts.join("; ")), "    ", out)
}

fn entry(server: &DnsServer) -> String {
    if server.address == ServerAddress::System {
        return "system   # every resolver of the machine that guidpost runs on".into();
    }
    let mut parts: Vec<String> = server.name.iter().map(|name| format!("name: {}", scalar(name))).collect();
    parts.push(format!("address: {}", quoted(&server.address.to_string())));
    if server.port != 53 {
        parts.push(format!("port: {}", server.port));
    }
    parts.extend(server.dc.iter().map(|dc| format!("dc: {}", scalar(dc.as_str()))));
    format!("{{ {} }}", parts.join(", "))
}

fn domain_entry(domain: &Domain) -> String {
    let mut parts = vec![format!("name: {}", scalar(domain.name.as_str()))];
    parts.extend(domain.guid.map(|guid| format!("guid: {guid}")));
    parts.extend(domain.netbios.iter().map(|name| format!("netbios: {}", quoted(name))));
    format!("{{ {} }}", parts.join(", "))
}

/// A full name as it is, anything else in quotes: `no`, `1e3` and `null` are no text for YAML.
fn scalar(text: &str) -> String {
    let usual = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let plain = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.contains('.') && text.chars().all(usual);
    if plain { text.to_owned() } else { quoted(text) }
}

/// A double-quoted scalar: the strings of JSON are those of YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Text from outside in comment lines: it must not end the comment.
fn comment(text: &str, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    let clean = escape::terminal(text, true);
    let first = format!("{indent}# ");
    for line in wrap::paragraph(&clean, WIDTH, &first, &first) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
