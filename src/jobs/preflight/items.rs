//! The items of the checklist.

use std::net::IpAddr;

use super::checklist::{Item, Judged};
use super::{ports, questions};
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::probe::{AddressReplies, Failure, Mapping, Ping, Reply};
use crate::evidence::{Flags, Layer, PortState};
use crate::inventory::{Dc, Server};
use crate::report::{ForecastOutcome, Identity, Outcome};

/// Nobody has the candidate's name.
pub(super) fn name_free(judged: &Judged<'_>) -> Item {
    let host = judged.candidate.host.as_str();
    let mut item = Item::new("name-free", format!("The name {host} is free"), &["name-in-use"]);
    item.take(judged, "name-in-use", |finding| finding.name.as_deref() == Some(host));
    everywhere(&mut item, judged);
    if let Some(cut) = super::candidate::cut_netbios_name(&judged.candidate.host) {
        item.note(format!("its NetBIOS name is cut to 15 characters: {cut}"));
    }
    item
}

/// Nobody has its addresses.
pub(super) fn address_free(judged: &Judged<'_>) -> Item {
    let addresses: Vec<String> = judged.candidate.addresses.iter().map(ToString::to_string).collect();
    let verb = if addresses.len() == 1 { "stands" } else { "stand" };
    let title = format!("{} {verb} under no other name", addresses.join(", "));
    let mut item = Item::new("address-free", title, &["address-in-use"]);
    item.take(judged, "address-in-use", |_| true);
    everywhere(&mut item, judged);
    if !judged.view.evidence.config.probe.enabled {
        item.unseen("nobody was asked who answers there (--no-probe)");
    }
    for (address, name) in super::reverse_names(judged.candidate) {
        let reasons = judged.view.good_servers().map(|server| judged.view.why_unseen(server, &name, RecordType::PTR));
        if reasons.into_iter().all(|why| why.is_some_and(|why| why.is_not_served())) {
            item.note(format!("no server of this run has the reverse zone of {address}"));
        }
        let who = super::who_answers(judged.view, judged.candidate, address);
        if who.is_some_and(|verdict| matches!(verdict.identity, Identity::Silent | Identity::Unreachable)) {
            item.note(format!("nobody answers at {address}"));
        }
    }
    item
}

/// Nothing leads to its name.
pub(super) fn no_leftovers(judged: &Judged<'_>) -> Item {
    let host = judged.candidate.host.as_str();
    let title = format!("Nothing is left of an earlier {host}");
    let mut item = Item::new("no-leftovers", title, &["name-in-use"]);
    let leads_there =
        |finding: &crate::report::Finding| finding.outcome == Outcome::Unknown || finding.name.as_deref() != Some(host);
    item.take(judged, "name-in-use", leads_there);
    everywhere(&mut item, judged);
    item
}

/// "Anywhere" needs every server of the run.
fn everywhere(item: &mut Item, judged: &Judged<'_>) {
    for _ in judged.view.good_servers() {
        item.right();
    }
    for server in judged.view.blocked_servers() {
        item.unseen(format!("it could not be seen at {}", server.name));
    }
}

/// The candidate's own resolver list.
pub(super) fn resolvers(judged: &Judged<'_>) -> Item {
    const RULE: &str = "resolver-list";
    let mut item = Item::new("resolvers", "The candidate asks the right DNS servers", &[RULE]);
    if judged.candidate.here {
        item.take(judged, RULE, |_| true);
        item.count(judged, RULE);
    } else {
        item.unseen("guidpost does not run on the candidate, whose resolvers are therefore not known");
    }
    item
}

/// The servers that the candidate will ask: its own where they are known, else all of the run.
fn asked_by_candidate<'a>(judged: &Judged<'a>) -> Vec<&'a Server> {
    let all = &judged.view.inventory.servers;
    let own: Vec<IpAddr> = own_resolvers(judged).collect();
    let used = |server: &&Server| own.is_empty() || server.address.is_some_and(|address| own.contains(&address.ip()));
    all.iter().filter(used).collect()
}

fn own_resolvers<'a>(judged: &Judged<'a>) -> impl Iterator<Item = IpAddr> + use<'a> {
    let local = judged.view.evidence.local.as_ref().filter(|_| judged.candidate.here);
    local.into_iter().flat_map(|local| &local.resolvers).map(|resolver| resolver.address.ip())
}

/// Resolvers of the candidate that the run did not ask.
fn unasked_resolvers(item: &mut Item, judged: &Judged<'_>) {
    let mut missing: Vec<IpAddr> = own_resolvers(judged)
        .filter(|own| {
            let servers = &judged.view.inventory.servers;
            !servers.iter().any(|server| server.address.is_some_and(|address| address.ip() == *own))
        })
        .collect();
    missing.sort_unstable();
    missing.dedup();
    for address in missing {
        item.unseen(format!("the candidate's resolver {address} is not among the servers of this run (`system`)"));
    }
}

/// Every resolver knows the zones, and partners hold them themselves.
pub(super) fn zones_authoritative(judged: &Judged<'_>) -> Item {
    let (view, candidate) = (judged.view, judged.candidate);
    let (domain, msdcs) = (&candidate.domain, &view.inventory.msdcs);
    let blocking = ["server-silent", "server-refusing", "server-outside-forest"];
    let rules = [blocking[0], blocking[1], blocking[2], "server-not-authoritative"];
    let title = format!("{domain} and {msdcs} are answered, and with authority by partners");
    let mut item = Item::new("zones-authoritative", title, &rules);
    let asked = asked_by_candidate(judged);
    let is_asked = |name: Option<&str>| asked.iter().any(|server| Some(server.name.as_str()) == name);
    for rule in blocking {
        item.take(judged, rule, |finding| is_asked(finding.server.as_deref()));
    }
    item.take(judged, "server-not-authoritative", |_| true);
    unasked_resolvers(&mut item, judged);
    for server in asked.iter().filter(|server| !view.standing(server).is_blocked()) {
        for zone in [domain, msdcs] {
            match view.usable(server, zone, RecordType::SOA) {
                Err(why) => item.unseen(format!("{zone} SOA at {}: {why}", server.name)),
                Ok((_, body)) if !body.answers.is_empty() => item.right(),
                // Inside the forest's zone _msdcs is a plain subtree.
                Ok((answer, _)) if zone == msdcs && answer.rcode == 0 => item.right(),
                Ok(_) => item.unseen(format!("{} knows no zone {zone}: is it a domain of the forest?", server.name)),
            }
        }
    }
    let mut partners = questions::dns_servers_of(view.inventory, candidate).peekable();
    if partners.peek().is_none() {
        item.unseen(format!("no DNS server of the run is known to stand on a domain controller of {domain}"));
    }
    for server in partners.filter(|server| !view.standing(server).is_blocked()) {
        match view.reply(server, domain.as_str(), RecordType::SOA, false) {
            Ok((answer, _)) if answer.flags.has(Flags::AA) => item.right(),
            Ok(_) => {}
            Err(why) => item.unseen(format!("authority of {} for {domain}: {why}", server.name)),
        }
    }
    item
}

/// Every partner is found through every resolver.
pub(super) fn partners_resolvable(judged: &Judged<'_>) -> Item {
    let mut item = Item::new("partners-resolvable", "Every partner is found through every resolver", &[]);
    unasked_resolvers(&mut item, judged);
    let asked = asked_by_candidate(judged);
    for row in judged.forecast.iter().filter(|row| asked.iter().any(|server| server.name == row.server)) {
        let line = format!("{} at {}: {}", row.source, row.server, row.message);
        match row.outcome {
            ForecastOutcome::Ok => item.right(),
            ForecastOutcome::Unknown => item.unseen(line),
            ForecastOutcome::Fails | ForecastOutcome::Intermittent => {
                let rules: Vec<&str> = row.rules.iter().map(String::as_str).collect();
                item.fail_by(judged, &rules, &row.source, line);
            }
        }
    }
    item
}

/// At every address of a partner the partner itself answers.
pub(super) fn partners_proven(judged: &Judged<'_>) -> Item {
    const RULES: [&str; 9] = [
        "unusable-address",
        "shared-address",
        "stale-address",
        "wrong-machine",
        "directory-not-running",
        "guid-mismatch",
        "ntds-settings-missing",
        "address-silent",
        "duplicate-address-records",
    ];
    let mut item = Item::new("partners-proven", "At every partner's addresses that partner itself answers", &[]);
    for dc in judged.view.dcs() {
        let addresses = judged.view.addresses_of(dc);
        if addresses.is_empty() {
            item.unseen(format!("no address of {} is known", dc.label));
        }
        for address in addresses {
            let identity = judged.view.identity(dc, address);
            let line = format!("{address} of {}: {}", dc.label, identity.words());
            match identity {
                _ if judged.view.lost_settings(dc, address).is_some() => {
                    item.fail_by(judged, &RULES, &dc.label, format!("{line}, without its NTDS Settings object"));
                }
                Identity::OwnerProven => item.right(),
                Identity::Owner | Identity::OwnerByName | Identity::Inconclusive | Identity::NotProbed => {
                    item.unseen(line);
                }
                _ => item.fail_by(judged, &RULES, &dc.label, line),
            }
        }
    }
    item
}

/// The ports of every partner.
pub(super) fn ports(judged: &Judged<'_>) -> Item {
    const RULE: &str = "partner-port-blocked";
    let view = judged.view;
    let mut item = Item::new("ports", "The ports that a domain controller needs are open at every partner", &[RULE]);
    item.take(judged, RULE, |_| true);
    item.count(judged, RULE);
    for dc in view.dcs() {
        let addresses = ports::addresses(view, dc);
        if addresses.is_empty() {
            item.unseen(format!("{} does not answer as itself at any address: its ports were not tried", dc.label));
        }
        for wanted in addresses.into_iter().flat_map(|address| ports::wanted(view, dc, address)) {
            let (port, service) = (wanted.port, ports::service(wanted.port));
            match ports::state(view, port) {
                Some(PortState::Silent) if port.layer == Layer::Udp => {
                    item.note(format!("{} {service}: no answer, which over UDP says nothing", port.address));
                }
                Some(PortState::Closed | PortState::Silent) if wanted.need == ports::Need::Perhaps => {
                    item.note(format!("{} {service}: closed; it may be no global catalog", port.address));
                }
                _ => {}
            }
        }
    }
    item
}

/// The port that the endpoint mapper of every partner names for replication.
pub(super) fn replication_port(judged: &Judged<'_>) -> Item {
    const RULES: [&str; 2] = ["replication-port-blocked", "directory-not-running"];
    let view = judged.view;
    let mut item = Item::new("replication-port", "Every partner's replication port can be reached", &RULES);
    for dc in view.dcs() {
        let addresses = ports::addresses(view, dc);
        if addresses.is_empty() {
            item.unseen(format!("{} does not answer as itself at any address", dc.label));
        }
        for address in addresses {
            let replies = view.evidence.machines.get(&address).map(|machine| &machine.replies);
            match replies.map_or(Replication::Unknown, replication) {
                Replication::Reached => item.right(),
                Replication::Unknown => {
                    item.unseen(format!("{}: the endpoint mapper of {address} did not say", dc.label))
                }
                Replication::Blocked(what) => {
                    item.fail_by(judged, &RULES, &dc.label, format!("{address} of {}: {what}", dc.label));
                }
            }
        }
    }
    item
}

enum Replication {
    Reached,
    Blocked(String),
    Unknown,
}

fn replication(replies: &AddressReplies) -> Replication {
    match (&replies.epm, &replies.drsuapi_port) {
        (Some(Reply::Answer(Mapping::Registered(_))), Some(Reply::Answer(_))) => Replication::Reached,
        (
            Some(Reply::Answer(Mapping::Registered(endpoint))),
            Some(Reply::Failure(failure @ (Failure::Timeout | Failure::Refused | Failure::Unreachable))),
        ) => Replication::Blocked(format!("port {}: {failure}", endpoint.port)),
        (Some(Reply::Answer(Mapping::NotRegistered)), _) => {
            Replication::Blocked("its endpoint mapper does not offer replication".into())
        }
        _ => Replication::Unknown,
    }
}

/// Clocks within what Kerberos tolerates.
pub(super) fn clock(judged: &Judged<'_>) -> Item {
    const RULE: &str = "clock-skew";
    let mut item = Item::new("clock", "The clocks differ by less than five minutes", &[RULE]);
    item.take(judged, RULE, |_| true);
    item.count(judged, RULE);
    if !judged.candidate.here {
        item.note("measured from the machine that guidpost runs on, which is not the candidate");
    }
    item
}

/// The site exists.
pub(super) fn site_known(judged: &Judged<'_>, site: &str) -> Item {
    let view = judged.view;
    let mut item = Item::new("site-known", format!("The site {site} is known"), &[]);
    let named = |other: &str| other.eq_ignore_ascii_case(site);
    let says = |dc: &Dc| {
        view.addresses_of(dc).into_iter().any(|address| match view.evidence.machines.get(&address) {
            Some(machine) => match &machine.replies.cldap {
                Some(Reply::Answer(Ping::Netlogon(ping))) => [&ping.site, &ping.client_site, &ping.next_closest_site]
                    .into_iter()
                    .flatten()
                    .any(|site| named(site)),
                _ => false,
            },
            None => false,
        })
    };
    if view.dcs().any(|dc| says(dc) && !ports::addresses(view, dc).is_empty()) {
        item.right();
    }
    let names = questions::about_name(view.inventory, view.evidence, judged.candidate);
    // As names are written, in which a blank is an escape.
    let label = format!(".{}._sites.", DnsName::from_labels([site.as_bytes()]));
    let at_site: Vec<_> = names.iter().filter(|(name, _)| name.as_str().contains(&label)).collect();
    for server in view.good_servers() {
        let holds = |(name, rtype): &&(DnsName, RecordType)| {
            view.usable(server, name, *rtype).is_ok_and(|(_, body)| !body.answers.is_empty())
        };
        if at_site.iter().any(holds) {
            item.right();
        }
    }
    if !item.has_right() {
        item.unseen("no server has records of it, and no partner says that it stands there: is it spelt so?");
    }
    item
}
