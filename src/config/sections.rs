//! What each section of the file means: from the tree to the [`Config`].

use std::collections::BTreeMap;
use std::time::Duration;

use super::decode::{At, Decoder};
use super::directory;
use super::fields::{Fields, Seen};
use super::keys::{NETWORK, PROBE, PROTOCOLS, QUERY, ROOT, RULE, SEVERITIES};
use super::model::{Config, Network, Probe, Protocol, Query, RuleSetting};
use super::node::Kind;
use super::scalars;
use super::servers;
use super::suggest;
use super::text::quote;
use super::waivers;
use crate::base::severity::Severity;

/// The longest that one reply may be waited for.
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest run.
pub const LONGEST_RUN: Duration = Duration::from_secs(24 * 3600);

/// The whole file. `None` only with a problem reported.
pub(super) fn config(decoder: &mut Decoder<'_>, root: &At<'_>) -> Option<Config> {
    if !matches!(root.node.kind, Kind::Map(_)) {
        let help = "it begins with a line like `forest: contoso.com`; config.example.yaml shows every key";
        let (message, help) = match root.node.kind {
            Kind::Null => ("the configuration is empty".to_owned(), help),
            _ => (format!("the configuration is a map of keys, not {}", root.node.describe()), help),
        };
        decoder.report(root, message, Some(help.to_owned()));
        return None;
    }
    let fields = decoder.fields(root, ROOT)?;
    let forest = fields.need(decoder, "forest").and_then(|at| decoder.parse(&at, "a DNS name", scalars::name));
    let dns_servers = servers::servers(decoder, &fields);
    let controllers = directory::controllers(decoder, &fields, forest.as_ref());
    let retired = directory::retired(decoder, &fields, &controllers);
    let waivers = waivers::waivers(decoder, &fields, &dns_servers, &controllers, &retired);
    Some(Config {
        complete: flag(decoder, &fields, "complete", false),
        locator_records: flag(decoder, &fields, "locator_records", true),
        domains: directory::domains(decoder, &fields),
        expected_ttls: match fields.get("expected_ttls") {
            Some(at) => decoder.distinct(&at, |decoder, at| decoder.number(at, 0, i32::MAX.unsigned_abs())),
            None => vec![600, 1200, 3600, 900],
        },
        networks: networks(decoder, &fields),
        avoid_networks: match fields.get("avoid_networks") {
            Some(at) => decoder.distinct(&at, |decoder, at| decoder.parse(at, "a network", scalars::network)),
            None => scalars::network("169.254.0.0/16").into_iter().collect(),
        },
        rules: rules(decoder, &fields),
        query: query(decoder, &fields),
        probe: probe(decoder, &fields),
        forest: forest?,
        dns_servers,
        domain_controllers: controllers,
        retired,
        waivers,
    })
}

/// A key that is true or false.
pub(super) fn flag(decoder: &mut Decoder<'_>, fields: &Fields<'_>, name: &str, otherwise: bool) -> bool {
    fields.get(name).and_then(|at| decoder.bool(&at)).unwrap_or(otherwise)
}

/// A key that is a list without duplicates; empty if missing.
pub(super) fn list<T: Clone + Eq + std::hash::Hash>(
    decoder: &mut Decoder<'_>,
    fields: &Fields<'_>,
    name: &str,
    item: impl FnMut(&mut Decoder<'_>, &At<'_>) -> Option<T>,
) -> Vec<T> {
    fields.get(name).map(|at| decoder.distinct(&at, item)).unwrap_or_default()
}

fn networks(decoder: &mut Decoder<'_>, fields: &Fields<'_>) -> Vec<Network> {
    let mut seen = Seen::default();
    let mut names = Seen::default();
    let Some(at) = fields.get("networks") else { return Vec::new() };
    decoder.list(&at, |decoder, at| {
        let network = if matches!(at.node.kind, Kind::Map(_)) {
            let fields = decoder.fields(at, NETWORK)?;
            let cidr = fields.need(decoder, "cidr");
            let cidr = cidr.and_then(|at| decoder.parse(&at, "a network", scalars::network));
            let name = fields.get("name").and_then(|at| decoder.line(&at));
            if let (Some(name), Some(at)) = (&name, fields.get("name")) {
                names.check(decoder, &at, name.to_lowercase(), || format!("two networks are called {}", quote(name)));
            }
            Network { name, cidr: cidr? }
        } else {
            Network { name: None, cidr: decoder.parse(at, "a network or a map", scalars::network)? }
        };
        seen.check(decoder, at, network.cidr, || "this network stands in the list twice".to_owned());
        Some(network)
    })
}

fn rules(decoder: &mut Decoder<'_>, fields: &Fields<'_>) -> BTreeMap<String, RuleSetting> {
    let Some(at) = fields.get("rules") else { return BTreeMap::new() };
    let mut settings = BTreeMap::new();
    for (key, value) in decoder.entries(&at) {
        let name = decoder.parse(&key, "a rule name", |text| Ok(text.to_owned()));
        let known = name.filter(|name| rule_is_known(decoder, &key, name));
        let Kind::Map(_) = value.node.kind else {
            let help = "write `{ severity: off }`, or another severity".to_owned();
            decoder.report(&value, format!("a map is wanted here, not {}", value.node.describe()), Some(help));
            continue;
        };
        let Some(fields) = decoder.fields(&value, RULE) else { continue };
        let severity = fields.need(decoder, "severity");
        let severity = severity.and_then(|at| decoder.word(&at, "a severity", SEVERITIES));
        if let (Some(name), Some(severity)) = (known, severity) {
            // In the order of the words.
            let severity = [None, Some(Severity::Info), Some(Severity::Warning), Some(Severity::Critical)][severity];
            settings.insert(name, RuleSetting { severity });
        }
    }
    settings
}

/// Reports a rule name that no rule has.
pub(super) fn rule_is_known(decoder: &mut Decoder<'_>, at: &At<'_>, name: &str) -> bool {
    let known = decoder.rules.contains(&name);
    if !known {
        let help = match suggest::nearest(name, decoder.rules.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`guidpost rules` lists them".to_owned(),
        };
        decoder.report(at, format!("there is no rule {}", quote(name)), Some(help));
    }
    known
}

fn query(decoder: &mut Decoder<'_>, fields: &Fields<'_>) -> Query {
    let mut query = Query::default();
    let Some(at) = fields.get("query") else { return query };
    let Some(fields) = decoder.fields(&at, QUERY) else { return query };
    query.tries = fields.number(decoder, "tries").unwrap_or(query.tries);
    query.window = fields.number(decoder, "window").unwrap_or(query.window);
    let most = fields.number(decoder, "max_queries_per_second");
    query.max_queries_per_second = most.unwrap_or(query.max_queries_per_second);
    if let Some(timeout) = fields.get("timeout").and_then(|at| decoder.duration(&at, LONGEST_TIMEOUT)) {
        query.timeout = timeout;
    }
    query.deadline = fields.get("deadline").and_then(|at| decoder.duration(&at, LONGEST_RUN));
    query
}

fn probe(decoder: &mut Decoder<'_>, fields: &Fields<'_>) -> Probe {
    let mut probe = Probe::default();
    let Some(at) = fields.get("probe") else { return probe };
    let Some(fields) = decoder.fields(&at, PROBE) else { return probe };
    probe.enabled = flag(decoder, &fields, "enabled", probe.enabled);
    if let Some(timeout) = fields.get("timeout").and_then(|at| decoder.duration(&at, LONGEST_TIMEOUT)) {
        probe.timeout = timeout;
    }
    if let Some(at) = fields.get("protocols") {
        // In the order of the words.
        let all = [Protocol::Cldap, Protocol::Ldap, Protocol::Epm, Protocol::Ntlm, Protocol::Netbios];
        let chosen = decoder.distinct(&at, |decoder, at| decoder.word(at, "a protocol", PROTOCOLS));
        probe.protocols = chosen.into_iter().map(|index| all[index]).collect();
    }
    probe.exclude = list(decoder, &fields, "exclude", |decoder, at| decoder.parse(at, "a network", scalars::network));
    if let Some(at) = fields.get("redirect") {
        let mut seen = Seen::default();
        for (key, value) in decoder.entries(&at) {
            let from = match scalars::address(key.name()) {
                Ok(from) => Some(from),
                Err(fault) => {
                    decoder.report(&key, fault.message, fault.help);
                    None
                }
            };
            let target = decoder.parse(&value, "an address or none", scalars::redirect);
            if let (Some(from), Some(target)) = (from, target) {
                seen.check(decoder, &key, from, || format!("`{from}` is redirected twice"));
                probe.redirect.insert(from, target);
            }
        }
    }
    probe
}
