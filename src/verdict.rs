//! The only policy: severities, waivers, order and conclusion. Everything before reports what is so; everything after
//! prints what is concluded here.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Waiver;
use crate::evidence::{Column, Evidence, Purpose};
use crate::findings::Outcomes;
use crate::inventory::Server;
use crate::jobs::gone;
use crate::jobs::preflight::{self, Judged};
use crate::report::{
    AddressRow, Counts, Finding, ForecastRow, ItemStatus, Learned, NotChecked, Outcome, Report, SCHEMA, ServerRow,
    ServerStatus, Severity, Verdict, Waived,
};
use crate::rules;
use crate::view::{Content, Standing, View};
use crate::{forecast, inventory};

/// Judges evidence: the whole way from what was seen to the report. Pure: the same evidence gives the same report.
///
/// With `list_passes` the report lists what passed, too.
pub fn judge(evidence: &Evidence, list_passes: bool) -> Report {
    let inventory = inventory::derive(evidence);
    let view = View::new(&inventory, evidence);
    let about_dcs = is_about_dcs(evidence);
    let mut forecast = if about_dcs { forecast::run(&view) } else { Vec::new() };
    let mut outcomes = rules::run(&view, &forecast, list_passes);
    let mut findings = std::mem::take(&mut outcomes.findings);
    apply_policy(&mut findings, &view);
    findings.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    let counts = count(&findings, &outcomes, list_passes);
    name_owners(&mut forecast, &findings);
    let checklist = match &evidence.purpose {
        Purpose::Preflight(candidate) => preflight::checklist(&Judged {
            view: &view,
            candidate,
            findings: &findings,
            outcomes: &outcomes,
            forecast: &forecast,
        }),
        Purpose::Gone(_) => gone::checklist(&view, &findings),
        Purpose::Check | Purpose::Identify(_) => Vec::new(),
    };
    let mut unverified = unverified(&view, &outcomes, &findings);
    // Of a former DC every item rests on findings, but for the zones that hardly a server gives away.
    let is_preflight = matches!(evidence.purpose, Purpose::Preflight(_));
    let unchecked = checklist.iter().filter(|item| is_preflight && item.status == ItemStatus::NotChecked);
    unverified.extend(unchecked.map(|item| format!("the item {} of the checklist", item.item)));
    let mut verdict = conclude(&counts);
    if verdict == Verdict::Ok && (!unverified.is_empty() || evidence.incomplete.is_some()) {
        verdict = Verdict::Unknown;
    }
    let (destinations, destinations_left_out) =
        if about_dcs { forecast::destinations(&view, &forecast) } else { (Vec::new(), 0) };
    Report {
        schema: SCHEMA.into(),
        tool: evidence.tool.clone(),
        forest: inventory.forest.to_string(),
        started_at: evidence.started_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        elapsed_ms: u64::try_from(evidence.elapsed.as_millis()).unwrap_or(u64::MAX),
        verdict,
        incomplete: evidence.incomplete,
        counts,
        servers: server_rows(&view),
        addresses: if about_dcs { address_rows(&view) } else { Vec::new() },
        destinations,
        destinations_left_out,
        forecast,
        about: about(&evidence.purpose),
        checklist,
        assumed: evidence.assumed.clone(),
        findings,
        not_checked: not_checked(&outcomes),
        learned: learned(&view),
        unverified,
    }
}

/// Leaves in each row of the forecast only rules that have a finding there, and names the one that found no other.
fn name_owners(forecast: &mut [ForecastRow], findings: &[Finding]) {
    if forecast.iter().all(|row| row.rules.is_empty()) {
        return;
    }
    let told: BTreeSet<(&str, &str, Option<&str>)> = findings
        .iter()
        .filter(|finding| finding.outcome != Outcome::Pass)
        .filter_map(|finding| Some((finding.rule.as_str(), finding.server.as_deref()?, finding.dc.as_deref())))
        .collect();
    for row in forecast.iter_mut().filter(|row| !row.rules.is_empty()) {
        let (source, server) = (row.source.as_str(), row.server.as_str());
        let speaks = |rule: &str| told.contains(&(rule, server, Some(source))) || told.contains(&(rule, server, None));
        row.rules.retain(|rule| speaks(rule));
        if speaks(rules::BROKEN_WALK) {
            row.rules.push(rules::BROKEN_WALK.into());
        }
    }
}

/// Whom a run is about that is not about the whole forest.
fn about(purpose: &Purpose) -> Option<String> {
    match purpose {
        Purpose::Check | Purpose::Identify(_) => None,
        Purpose::Preflight(candidate) => {
            let own = if candidate.here { " (this machine)" } else { "" };
            let addresses = candidate.addresses.iter().map(ToString::to_string);
            let words: Vec<String> = [candidate.host.to_string()].into_iter().chain(addresses).collect();
            Some(words.join(", ") + own)
        }
        Purpose::Gone(departed) => {
            let hosts = departed.hosts.iter().map(ToString::to_string);
            let words = hosts.chain(departed.guids.iter().map(ToString::to_string));
            let words: Vec<String> = words.chain(departed.addresses.iter().map(ToString::to_string)).collect();
            Some(words.join(", "))
        }
    }
}

/// Severity overrides first, then waivers that still count.
fn apply_policy(findings: &mut [Finding], view: &View<'_>) {
    let config = &view.evidence.config;
    for finding in findings.iter_mut() {
        if let Some(severity) = config.rules.get(&finding.rule).and_then(|setting| setting.severity) {
            finding.severity = severity;
        }
        if finding.outcome != Outcome::Pass {
            finding.waived = config.waivers.iter().find_map(|waiver| waived(view, waiver, finding));
        }
    }
}

fn waived(view: &View<'_>, waiver: &Waiver, finding: &Finding) -> Option<Waived> {
    let counts = waiver.until.is_none_or(|until| until >= view.today);
    (counts && rules::waiver_covers(view.inventory, waiver, finding))
        .then(|| Waived { reason: waiver.reason.clone(), until: waiver.until.map(|until| until.to_string()) })
}

/// The gravest first; within one severity by DC, so that all about one DC stands together.
fn sort_key(finding: &Finding) -> impl Ord + use<'_> {
    (
        finding.outcome == Outcome::Pass,
        finding.waived.is_some(),
        finding.outcome,
        std::cmp::Reverse(finding.severity),
        // Servers come before the records on them; no DC before any.
        &finding.dc,
        (&finding.rule, &finding.name, &finding.rtype, &finding.server),
    )
}

fn count(findings: &[Finding], outcomes: &Outcomes, list_passes: bool) -> Counts {
    let mut counts = Counts { passed: outcomes.passed, ..Counts::default() };
    for finding in findings {
        match (finding.outcome, finding.severity) {
            _ if finding.waived.is_some() => counts.waived += 1,
            (Outcome::Unknown, _) => counts.unknown += 1,
            (Outcome::Fail, Severity::Critical) => counts.critical += 1,
            (Outcome::Fail, Severity::Warning) => counts.warning += 1,
            (Outcome::Fail, Severity::Info) => counts.info += 1,
            (Outcome::Pass, _) => debug_assert!(list_passes, "passes are listed on demand only"),
        }
    }
    // What a server's own finding makes impossible is covered by the waiver of that finding.
    let accepted = |server: &str| {
        findings.iter().any(|finding| {
            finding.waived.is_some()
                && finding.server.as_deref() == Some(server)
                && matches!(finding.rule.as_str(), "server-silent" | "server-refusing" | "server-outside-forest")
        })
    };
    counts.unknown +=
        outcomes.blocked.iter().filter(|(server, _)| !accepted(server)).map(|(_, checks)| checks).sum::<usize>();
    counts
}

fn conclude(counts: &Counts) -> Verdict {
    match counts {
        Counts { critical: 1.., .. } => Verdict::Critical,
        Counts { warning: 1.., .. } => Verdict::Warning,
        Counts { unknown: 1.., .. } | Counts { passed: 0, .. } => Verdict::Unknown,
        _ => Verdict::Ok,
    }
}

fn not_checked(outcomes: &Outcomes) -> Vec<NotChecked> {
    let rows = outcomes.not_applicable.iter();
    rows.map(|((rule, reason), subjects)| NotChecked {
        rule: (*rule).into(),
        reason: reason.clone(),
        subjects: *subjects,
    })
    .collect()
}

/// Whether the run is about the configured DCs: `gone` is about a former one, unless --only names rules about the others.
fn is_about_dcs(evidence: &Evidence) -> bool {
    !matches!(evidence.purpose, Purpose::Gone(_)) || record_rules_run(evidence)
}

/// Whether any rule about the records of DCs runs.
fn record_rules_run(evidence: &Evidence) -> bool {
    let mut about_records = rules::all().iter().filter(|rule| rule.group.is_about_records());
    about_records.any(|rule| rules::switched_off(rule, evidence).is_none())
}

/// Subjects of which neither a pass nor a finding says anything: silence is never success.
fn unverified(view: &View<'_>, outcomes: &Outcomes, findings: &[Finding]) -> Vec<String> {
    let record_rules_run = record_rules_run(view.evidence);
    let spoken_of: BTreeSet<&str> = findings.iter().filter_map(|finding| finding.dc.as_deref()).collect();
    let dcs = view
        .dcs()
        .filter(|dc| record_rules_run && !outcomes.proven_dcs.has(dc.index) && !spoken_of.contains(dc.label.as_str()));
    let mut subjects: Vec<String> = dcs.map(|dc| dc.label.clone()).collect();
    if view.dcs().next().is_none() && !matches!(view.evidence.purpose, Purpose::Gone(_)) {
        subjects.push("the domain controllers: none is configured".into());
    }
    if view.inventory.servers.is_empty() {
        subjects.push("the DNS servers: none is left to ask".into());
    }
    subjects
}

fn server_rows(view: &View<'_>) -> Vec<ServerRow> {
    let groups = groups(view);
    let rows = view.inventory.servers.iter().zip(groups);
    rows.map(|(server, group)| server_row(view, server, group)).collect()
}

fn server_row(view: &View<'_>, server: &Server, group: Option<String>) -> ServerRow {
    let column = server.address.and_then(|address| view.evidence.column(address));
    let questions = column.map_or(0, |column| column.answers().count());
    let mut times: Vec<u32> = column
        .into_iter()
        .flat_map(Column::answers)
        .filter(|(_, answer)| answer.replied())
        .map(|(_, answer)| answer.rtt_us)
        .collect();
    times.sort_unstable();
    let median = times.get(times.len() / 2).map(|&micros| f64::from(micros / 10) / 100.0);
    ServerRow {
        server: server.name.clone(),
        address: server.address.map(|address| address.to_string()).unwrap_or_default(),
        status: status(view, server, questions, times.len()),
        questions,
        answers: times.len(),
        rtt_ms: median,
        group,
        also: server.also.clone(),
        trouble: server.trouble.clone().or_else(|| column.and_then(|column| column.trouble.clone())),
    }
}

fn status(view: &View<'_>, server: &Server, questions: usize, answers: usize) -> ServerStatus {
    match view.standing(server) {
        Standing::Unresolved => ServerStatus::Unresolved,
        Standing::Silent(status) => *status,
        Standing::Refusing { .. } => ServerStatus::Refusing,
        // `trouble` says that the fault is ours.
        Standing::NotAsked if view.lacked_socket(server) => ServerStatus::Unreachable,
        // `incomplete` says that it had less time than others to answer.
        Standing::NotAsked => ServerStatus::Silent,
        Standing::Good | Standing::OutsideForest { .. } if answers < questions => ServerStatus::Partial,
        Standing::Good | Standing::OutsideForest { .. } => ServerStatus::Answering,
    }
}

/// Letters for servers that hold the same data; `None` for a server of which nothing can be said.
fn groups(view: &View<'_>) -> Vec<Option<String>> {
    use crate::base::dns::RecordType;
    // Where their records were not asked for, the letters would say that all servers agree.
    let names: Vec<_> = view
        .dcs()
        .filter(|_| is_about_dcs(view.evidence))
        .flat_map(|dc| {
            let host = |rtype| dc.host.as_ref().map(|_| (dc, rtype));
            let alias = dc.alias.as_ref().map(|_| (dc, RecordType::CNAME));
            [alias, host(RecordType::A), host(RecordType::AAAA)].into_iter().flatten()
        })
        .collect();
    // A server joins the first group that nothing known of it contradicts.
    let mut groups: Vec<Vec<Option<Content<'_>>>> = Vec::new();
    view.inventory
        .servers
        .iter()
        .map(|server| {
            if view.standing(server).is_blocked() || names.is_empty() {
                return None;
            }
            let content: Vec<Option<Content<'_>>> =
                names.iter().map(|(dc, rtype)| view.content(dc, server, *rtype).map(|(data, _)| data)).collect();
            content.iter().any(Option::is_some).then_some(())?;
            let fits = |group: &Vec<Option<Content<'_>>>| {
                group.iter().zip(&content).all(|(a, b)| a.is_none() || b.is_none() || a == b)
            };
            let position = groups.iter().position(fits).unwrap_or_else(|| {
                groups.push(vec![None; names.len()]);
                groups.len() - 1
            });
            for (known, new) in groups[position].iter_mut().zip(content) {
                *known = known.take().or(new);
            }
            Some(letters(position))
        })
        .collect()
}

/// A, B, … Z, AA, AB, …
fn letters(mut position: usize) -> String {
    let mut text = Vec::new();
    loop {
        text.push(b'A' + u8::try_from(position % 26).unwrap_or_default());
        if position < 26 {
            break;
        }
        position = position / 26 - 1;
    }
    text.into_iter().rev().map(char::from).collect()
}

/// What the configuration leaves out, and the machines told.
fn learned(view: &View<'_>) -> Vec<Learned> {
    let mut rows = Vec::new();
    for dc in view.dcs() {
        let addresses: Vec<String> = if dc.owns.is_empty() {
            let proven = view.addresses_of(dc).into_iter().filter(|&address| view.is_proven(dc, address));
            proven.map(|address| address.to_string()).collect()
        } else {
            Vec::new()
        };
        let guid = dc.guid.filter(|_| dc.learned_guid).map(|guid| guid.to_string());
        if guid.is_some() || !addresses.is_empty() {
            rows.push(Learned { dc: dc.label.clone(), guid, addresses });
        }
    }
    rows
}

fn address_rows(view: &View<'_>) -> Vec<AddressRow> {
    let mut rows = Vec::new();
    for dc in view.dcs() {
        let mut seen: BTreeMap<std::net::IpAddr, BTreeSet<String>> = BTreeMap::new();
        for address in dc.single_addresses() {
            seen.entry(address).or_default();
        }
        for address in view.overriding_addresses(dc) {
            seen.entry(address).or_default();
        }
        for server in view.differing_servers(dc) {
            for name in view.names_of(dc, server) {
                for address in view.both(server, &name).addresses() {
                    seen.entry(address).or_default().insert(name.to_string());
                }
            }
        }
        rows.extend(seen.into_iter().map(|(address, names)| AddressRow {
            address: address.to_string(),
            dc: dc.label.clone(),
            names: names.into_iter().collect(),
            identity: view.identity(dc, address),
            who: view.machine(dc, address).and_then(|verdict| verdict.who.clone()),
            evidence: view.machine(dc, address).map(|verdict| verdict.evidence.clone()).unwrap_or_default(),
        }));
    }
    rows
}

#[cfg(test)]
mod tests;
