//! The configuration as JSON, in the shape of the file, every key written out: the form in which evidence embeds it.

use std::fmt;

use serde_json::{Value, json};

use super::model::{Config, DnsServer, DomainController, Protocol, Retired, Role, ServerAddress};
use super::scalars::{duration_text, network_text};
use crate::base::severity::Severity;

impl Config {
    /// The configuration in the shape of the file, every key written out; [`super::from_json`] reads it back.
    pub fn to_json(&self) -> Value {
        json!({
            "forest": self.forest,
            "dns_servers": self.dns_servers.iter().map(server).collect::<Value>(),
            "domain_controllers": self.domain_controllers.iter().map(controller).collect::<Value>(),
            "retired": self.retired.iter().map(|retired| match retired {
                Retired::Guid(guid) => json!(guid),
                Retired::Host(host) => json!(host),
            }).collect::<Value>(),
            "complete": self.complete,
            "locator_records": self.locator_records,
            "domains": self.domains.iter().map(|domain| {
                json!({ "name": domain.name, "guid": domain.guid, "netbios": domain.netbios })
            }).collect::<Value>(),
            "expected_ttls": self.expected_ttls,
            "networks": self.networks.iter().map(|network| {
                json!({ "name": network.name, "cidr": network_text(network.cidr) })
            }).collect::<Value>(),
            "avoid_networks": self.avoid_networks.iter().map(|&network| network_text(network)).collect::<Value>(),
            "rules": self.rules.iter().map(|(name, setting)| {
                (name.clone(), json!({ "severity": severity(setting.severity) }))
            }).collect::<Value>(),
            "waivers": self.waivers.iter().map(|waiver| json!({
                "rule": waiver.rule,
                "dc": waiver.dc,
                "server": waiver.server,
                "until": waiver.until.map(|day| day.to_string()),
                "reason": waiver.reason,
            })).collect::<Value>(),
            "query": {
                "timeout": duration_text(self.query.timeout),
                "tries": self.query.tries,
                "window": self.query.window,
                "max_queries_per_second": self.query.max_queries_per_second,
                "deadline": self.query.deadline.map(duration_text),
            },
            "probe": {
                "enabled": self.probe.enabled,
                "timeout": duration_text(self.probe.timeout),
                "protocols": self.probe.protocols.iter().map(|&protocol| protocol_word(protocol)).collect::<Value>(),
                "exclude": self.probe.exclude.iter().map(|&network| network_text(network)).collect::<Value>(),
                "redirect": self.probe.redirect.iter().map(|(from, target)| {
                    let target = target.map_or_else(|| "none".to_owned(), |target| target.to_string());
                    (from.to_string(), json!(target))
                }).collect::<Value>(),
            },
        })
    }
}

fn server(server: &DnsServer) -> Value {
    json!({
        "name": server.name,
        "address": server.address.to_string(),
        "port": server.port,
        "authoritative": server.authoritative,
        "secondary": server.secondary,
        "dc": server.dc,
        "zones": server.zones,
        "master": server.master,
    })
}

fn controller(dc: &DomainController) -> Value {
    json!({
        "host": dc.host,
        "guid": dc.guid,
        "addresses": dc.addresses.iter().map(|&network| network_text(network)).collect::<Value>(),
        "domain": dc.domain,
        "site": dc.site,
        "other_names": dc.other_names,
        "roles": dc.roles.iter().map(|&role| role_word(role)).collect::<Value>(),
        "resolvers": dc.resolvers.iter().map(ToString::to_string).collect::<Value>(),
        "avoid_records": dc.avoid_records,
    })
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Gc => "gc",
        Role::Pdc => "pdc",
        Role::Rodc => "rodc",
        Role::Dns => "dns",
    }
}

fn protocol_word(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Cldap => "cldap",
        Protocol::Ldap => "ldap",
        Protocol::Epm => "epm",
        Protocol::Ntlm => "ntlm",
        Protocol::Netbios => "netbios",
    }
}

fn severity(severity: Option<Severity>) -> &'static str {
    match severity {
        None => "off",
        Some(Severity::Info) => "info",
        Some(Severity::Warning) => "warning",
        Some(Severity::Critical) => "critical",
    }
}

impl fmt::Display for ServerAddress {
    /// As the configuration file has it, without port.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip { address, scope: None } => address.fmt(f),
            Self::Ip { address, scope: Some(scope) } => write!(f, "{address}%{scope}"),
            // A host that is called `system` is told from the word by its final dot.
            Self::Host(host) if host.as_str() == "system" => f.write_str("system."),
            Self::Host(host) => host.fmt(f),
            Self::System => f.write_str("system"),
        }
    }
}
