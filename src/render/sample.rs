//! One report by hand, for the tests of renderers; it depends on no rule.

use crate::evidence::Assumption;
use crate::report::*;

pub(crate) const GUID: &str = "3dab7f9b-92e7-4391-b8db-71df532c1493";

fn server(name: &str, address: &str, status: ServerStatus, group: Option<&str>) -> ServerRow {
    let answers = if status == ServerStatus::Answering { 6 } else { 0 };
    ServerRow {
        server: name.into(),
        address: address.into(),
        status,
        questions: 6,
        answers,
        rtt_ms: (answers > 0).then_some(0.4),
        group: group.map(String::from),
        also: Vec::new(),
        trouble: None,
    }
}

pub(crate) fn forecast(source: &str, server: &str, outcome: ForecastOutcome, errors: &[i64]) -> ForecastRow {
    ForecastRow {
        source: source.into(),
        guid: Some(GUID.into()),
        server: server.into(),
        outcome,
        errors: errors.to_vec(),
        certainty: Certainty::Inferred,
        wrong_addresses: 0,
        addresses: 1,
        fallback: None,
        delay_only: false,
        rules: Vec::new(),
        message: "".into(),
    }
}

pub(crate) fn finding(rule: &str, severity: Severity, dc: &str, server: &str, message: &str) -> Finding {
    Finding {
        rule: rule.into(),
        severity,
        outcome: Outcome::Fail,
        dc: (!dc.is_empty()).then(|| dc.into()),
        server: (!server.is_empty()).then(|| server.into()),
        name: (!dc.is_empty()).then(|| dc.into()),
        rtype: (!dc.is_empty()).then(|| "A".into()),
        expected: Vec::new(),
        actual: Vec::new(),
        message: message.into(),
        predicts: Vec::new(),
        remedy: Vec::new(),
        waived: None,
        fingerprint: "0123456789abcdef".into(),
    }
}

/// A forest with one defect of each kind.
pub(crate) fn report() -> Report {
    use ForecastOutcome::{Fails, Intermittent, Ok, Unknown};
    let (one, two) = ("dc1.contoso.com", "dc2.contoso.com");
    let mut stale = finding(
        "stale-address",
        Severity::Critical,
        two,
        "dc1",
        "dc1 gives 192.0.2.99 for dc2.contoso.com, which is not an address of that domain controller: 1 of 1 is wrong.",
    );
    stale.expected = vec!["192.0.2.11".into(), "2001:db8::11".into()];
    stale.actual = vec!["192.0.2.99".into()];
    stale.predicts = vec![1753, 6702];
    stale.remedy = vec![
        "# Remove-DnsServerResourceRecord -ComputerName dc1.contoso.com -ZoneName contoso.com -Name dc2 -RRType A -RecordData 192.0.2.99".into(),
        "# With Samba:".into(),
        "# samba-tool dns delete dc1.contoso.com contoso.com dc2 A 192.0.2.99".into(),
    ];
    let mut alias = finding("alias-missing", Severity::Critical, two, "dc2", "The alias does not exist (NXDOMAIN).");
    alias.name = Some(format!("{GUID}._msdcs.contoso.com"));
    alias.rtype = Some("CNAME".into());
    alias.expected = vec![two.into()];
    alias.predicts = vec![8524];
    alias.remedy = vec!["nltest /dsregdns".into()];
    let silent = finding("server-silent", Severity::Warning, "", "dc3", "No reply to 3 questions, 2 tries each.");
    let mut doubt = finding("host-missing", Severity::Critical, one, "dc2", "SERVFAIL instead of an answer.");
    doubt.outcome = Outcome::Unknown;
    let mut waived = finding("ttl-unusual", Severity::Info, one, "dc1", "The TTL is 7200 seconds.");
    waived.actual = vec!["7200".into()];
    waived.waived = Some(Waived { reason: "static on purpose".into(), until: Some("2027-01-31".into()) });

    let mut mixed = forecast(two, "dc1", Intermittent, &[1753, 1722]);
    (mixed.wrong_addresses, mixed.addresses) = (1, 2);
    Report {
        schema: SCHEMA.into(),
        tool: Tool { name: "guidpost".into(), version: "0.1.0".into() },
        forest: "contoso.com".into(),
        started_at: "2026-11-20T10:00:00Z".into(),
        elapsed_ms: 132,
        verdict: Verdict::Critical,
        incomplete: None,
        counts: Counts { critical: 2, warning: 1, info: 0, unknown: 1, passed: 41, waived: 1 },
        servers: vec![
            server("dc1", "192.0.2.10:53", ServerStatus::Answering, Some("A")),
            server("dc2", "192.0.2.11:53", ServerStatus::Answering, Some("B")),
            server("dc3", "[2001:db8::12]:53", ServerStatus::Silent, None),
        ],
        addresses: vec![AddressRow {
            address: "192.0.2.99".into(),
            dc: two.into(),
            names: vec![two.into()],
            identity: Identity::NotADc,
            who: Some("FILES01.contoso.com".into()),
            evidence: vec!["epm: 0x16c9a0d6".into()],
        }],
        forecast: vec![
            forecast(one, "dc1", Ok, &[]),
            forecast(one, "dc2", Unknown, &[]),
            forecast(one, "dc3", Unknown, &[]),
            mixed,
            forecast(two, "dc2", Fails, &[8524]),
            forecast(two, "dc3", Unknown, &[]),
        ],
        findings: vec![stale, alias, silent, doubt, waived],
        not_checked: vec![
            NotChecked { rule: "clock-skew".into(), reason: "probing is switched off".into(), subjects: 2 },
            NotChecked { rule: "guid-mismatch".into(), reason: "probing is switched off".into(), subjects: 2 },
            NotChecked { rule: "no-address-on-network".into(), reason: "no networks: configured".into(), subjects: 1 },
        ],
        destinations: Vec::new(),
        destinations_left_out: 0,
        checklist: Vec::new(),
        assumed: Vec::new(),
        learned: Vec::new(),
        unverified: Vec::new(),
        about: None,
    }
}

/// One row of the destinations, through the server dc1.
pub(crate) fn destination(destination: &str, source: &str, outcome: ForecastOutcome, errors: &[i64]) -> DestinationRow {
    DestinationRow {
        destination: destination.into(),
        resolvers: vec!["dc3".into(), "dc1".into()],
        source: source.into(),
        server: Some("dc1".into()),
        delay_s: 0.0,
        outcome,
        errors: errors.to_vec(),
        certainty: Certainty::Inferred,
        fallback: None,
        delay_only: false,
        rules: Vec::new(),
        message: "".into(),
    }
}

/// The report, with what three destinations experience.
pub(crate) fn with_destinations() -> Report {
    use ForecastOutcome::{Fails, Intermittent, Ok, Unknown};
    let (one, two, three) = ("dc1.contoso.com", "dc2.contoso.com", "dc3.contoso.com");
    let mut late = destination(one, two, Ok, &[]);
    (late.delay_s, late.message) = (1.0, "dc3 does not answer; dc2.contoso.com leads to 192.0.2.11".into());
    let mut fails = destination(two, one, Fails, &[8524]);
    fails.message = "the alias does not exist; the host name does not lead there either: event 2087".into();
    let mut at_times = destination(three, two, Intermittent, &[1753]);
    at_times.message = "1 of 2 addresses of dc2.contoso.com lead elsewhere: 192.0.2.99".into();
    let mut unknown = destination(three, one, Unknown, &[]);
    (unknown.server, unknown.message) = (None, "its resolver 192.0.2.53 is not asked in this run".into());
    let mut report = report();
    report.destinations = vec![late, fails, unknown, at_times];
    report
}

/// A forest where everything is right.
pub(crate) fn clean() -> Report {
    let mut report = report();
    report.verdict = Verdict::Ok;
    report.counts = Counts { passed: 41, ..Counts::default() };
    report.servers.pop();
    report.servers[1].group = Some("A".into());
    report.findings.clear();
    report.addresses.clear();
    report.forecast.retain(|row| row.server != "dc3");
    for row in &mut report.forecast {
        row.outcome = ForecastOutcome::Ok;
        row.errors.clear();
    }
    report.not_checked.clear();
    report
}

/// A candidate for promotion with an item of each kind.
pub(crate) fn preflight() -> Report {
    let item = |id: &str, title: &str, status, reason: &str, details: &[&str]| ChecklistItem {
        item: id.into(),
        title: title.into(),
        status,
        reason: reason.into(),
        details: details.iter().map(|&detail| detail.into()).collect(),
        rules: vec!["name-in-use".into()],
    };
    let left = "_ldap._tcp.dc._msdcs.contoso.com SRV at dc1: the name stands among the servers of the service: left from \
                an earlier domain controller, or in use";
    let mut report = clean();
    report.verdict = Verdict::Critical;
    report.counts.critical = 1;
    report.findings = vec![finding("name-in-use", Severity::Critical, "", "dc1", "The name is in use.")];
    report.about = Some("dc3.contoso.com, 192.0.2.12".into());
    report.unverified = vec!["the item resolvers of the checklist".into()];
    report.checklist = vec![
        item("name-free", "The name dc3.contoso.com is free", ItemStatus::Pass, "", &[]),
        item(
            "no-leftovers",
            "Nothing is left of an earlier dc3.contoso.com",
            ItemStatus::Fail,
            left,
            &["contoso.com NS at dc2: the name stands among the name servers of the zone", "and 3 more"],
        ),
        item(
            "resolvers",
            "The candidate asks the right DNS servers",
            ItemStatus::NotChecked,
            "guidpost does not run on the candidate, whose resolvers are therefore not known",
            &[],
        ),
    ];
    report
}

/// Every text of the report taken over by somebody who wants to deceive.
pub(crate) fn hostile() -> Report {
    const ATTACK: &str = "\x1b[2J|'=0\r\n[OK] \u{202e}evil\u{200b}\u{9b}31m <b>&`$\"\\033 (!) (!!)(?)";
    let mut report = report();
    report.checklist = preflight().checklist;
    for item in &mut report.checklist {
        (item.title, item.reason) = (ATTACK.into(), ATTACK.into());
        (item.item, item.details) = (ATTACK.into(), vec![ATTACK.into()]);
    }
    report.forest = ATTACK.into();
    report.started_at = ATTACK.into();
    for row in &mut report.servers {
        row.trouble = Some(ATTACK.into());
        row.also = vec![ATTACK.into()];
        row.group = row.group.as_ref().map(|group| format!("{group}{ATTACK}"));
    }
    report.servers[2].server = ATTACK.into();
    for row in &mut report.forecast {
        row.message = ATTACK.into();
        if row.server == "dc3" {
            row.server = ATTACK.into();
        }
    }
    report.forecast[5].source = ATTACK.into();
    report.destinations = with_destinations().destinations;
    for row in &mut report.destinations {
        (row.message, row.resolvers) = (ATTACK.into(), vec![ATTACK.into()]);
        row.server = row.server.as_ref().map(|_| ATTACK.into());
    }
    report.destinations[3].destination = ATTACK.into();
    report.destinations[3].source = ATTACK.into();
    for row in &mut report.addresses {
        row.who = Some(ATTACK.into());
        row.evidence = vec![ATTACK.into()];
        row.names = vec![ATTACK.into()];
    }
    for finding in &mut report.findings {
        finding.message = ATTACK.into();
        finding.actual = vec![ATTACK.into()];
        finding.remedy.push(ATTACK.into());
        finding.name = Some(ATTACK.into());
        finding.dc = Some(ATTACK.into());
        finding.server = finding.server.as_ref().map(|_| ATTACK.into());
        if let Some(waived) = &mut finding.waived {
            waived.reason = ATTACK.into();
        }
    }
    for row in &mut report.not_checked {
        row.reason = ATTACK.into();
    }
    report.assumed = vec![Assumption { what: ATTACK.into(), value: ATTACK.into(), from: ATTACK.into() }];
    report.unverified = vec![ATTACK.into(); 9];
    report
}
