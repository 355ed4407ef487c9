//! Each defect of the records, served by each kind of server beside a healthy one: the same findings everywhere.

use serde_json::{Value, json};

use crate::daemon::{AUTHORITATIVE, Daemon, Kind};
use crate::forest::{Dc, FOREST, Records, dcs};
use crate::run::{Report, check};

/// The host whose records are broken. It owns a single address.
const DC2: &str = "dc2.contoso.test";

/// Serves broken records from BIND, Knot and NSD, and healthy ones from a fourth server `good`; checks that `dc2` has
/// this critical finding at each broken server, and that nothing else is found.
fn check_broken(rule: &str, break_it: impl Fn(&mut Records, &[Dc])) -> Report {
    let dcs = dcs(3);
    let healthy = Records::healthy(&dcs);
    let mut broken = healthy.clone();
    break_it(&mut broken, &dcs);

    let good = Daemon::start(Kind::Knot, &healthy.zones());
    let running: Vec<(&str, Daemon)> =
        AUTHORITATIVE.iter().map(|&kind| (kind.name(), Daemon::start(kind, &broken.zones()))).collect();
    let mut servers = vec![("good", good.address)];
    servers.extend(running.iter().map(|(name, daemon)| (*name, daemon.address)));

    let report = check(&servers, &dcs);
    let expected: Vec<String> = running.iter().map(|(server, _)| format!("fail {rule} {DC2} @{server}")).collect();
    report.expect("critical", &expected);
    for (server, _) in &running {
        assert_eq!(report.finding(rule, server)["severity"], "critical");
        assert_eq!(report.outcome("dc1", server), "ok []");
        assert_eq!(report.outcome("dc3", server), "ok []");
        assert!(
            report.forecast("dc2", server)["rules"].as_array().is_some_and(|rules| rules.contains(&rule.into())),
            "{:#}",
            report.forecast("dc2", server)
        );
    }
    assert_eq!(report.outcome("dc2", "good"), "ok []");
    report
}

/// The finding's owner name, type, expected and actual data are these, and the forecast of `dc2` is this, at each
/// broken server.
fn expect_everywhere(report: &Report, rule: &str, subject: &Value, forecast: &Value) {
    for kind in AUTHORITATIVE {
        let (finding, row) = (report.finding(rule, kind.name()), report.forecast("dc2", kind.name()));
        assert_part(finding, subject);
        assert_part(row, forecast);
    }
}

/// Every field of `part` is in `whole` with the same value; the order of a list says nothing.
#[track_caller]
fn assert_part(whole: &Value, part: &Value) {
    for (key, value) in part.as_object().expect("an object") {
        assert_eq!(in_order(&whole[key]), in_order(value), "`{key}` in {whole:#}");
    }
}

fn in_order(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(list) = value.as_array_mut() {
        list.sort_by_key(Value::to_string);
    }
    value
}

#[test]
fn stale_address() {
    let report = check_broken("stale-address", |records, _| records.replace(DC2, 1200, "A", "192.0.2.99"));
    expect_everywhere(
        &report,
        "stale-address",
        &json!({"name": DC2, "type": "A", "expected": ["192.0.2.12"], "actual": ["192.0.2.99"]}),
        &json!({"outcome": "fails", "errors": [1753, 1722], "certainty": "inferred", "wrong_addresses": 1, "addresses": 1}),
    );
}

#[test]
fn stale_address_beside_the_right_one() {
    let report = check_broken("stale-address", |records, _| records.add(DC2, 1200, "A", "192.0.2.99"));
    expect_everywhere(
        &report,
        "stale-address",
        &json!({"name": DC2, "type": "A"}),
        &json!({"outcome": "intermittent", "errors": [1753, 1722], "wrong_addresses": 1, "addresses": 2}),
    );
}

#[test]
fn shared_address() {
    let report = check_broken("shared-address", |records, dcs| records.replace(DC2, 1200, "A", &dcs[0].owns[0]));
    expect_everywhere(
        &report,
        "shared-address",
        &json!({"name": DC2, "type": "A", "actual": ["192.0.2.11"]}),
        &json!({"outcome": "fails", "errors": [-2_146_893_022]}),
    );
    let message = report.finding("shared-address", "bind")["message"].as_str().expect("a message");
    assert!(message.contains("dc1.contoso.test"), "the owner is not named: {message}");
}

#[test]
fn alias_missing() {
    let report = check_broken("alias-missing", |records, dcs| records.remove(&dcs[1].alias(), "CNAME"));
    expect_everywhere(
        &report,
        "alias-missing",
        &json!({"name": dcs(2)[1].alias(), "type": "CNAME", "expected": [DC2], "actual": []}),
        &json!({"outcome": "fails", "errors": [8524], "fallback": "fqdn"}),
    );
}

#[test]
fn alias_dangling() {
    let report = check_broken("alias-dangling", |records, dcs| {
        records.replace(&dcs[1].alias(), 600, "CNAME", &format!("OLD-DC2.{FOREST}."));
    });
    expect_everywhere(
        &report,
        "alias-dangling",
        &json!({"name": dcs(2)[1].alias(), "type": "CNAME", "expected": [DC2], "actual": ["old-dc2.contoso.test"]}),
        &json!({"outcome": "fails", "errors": [8524], "fallback": "fqdn"}),
    );
}

#[test]
fn alias_to_another_dc() {
    let report = check_broken("alias-wrong-target", |records, dcs| {
        records.replace(&dcs[1].alias(), 600, "CNAME", &format!("{}.", dcs[2].host));
    });
    expect_everywhere(
        &report,
        "alias-wrong-target",
        &json!({"name": dcs(2)[1].alias(), "type": "CNAME", "expected": [DC2], "actual": ["dc3.contoso.test"]}),
        &json!({"outcome": "fails", "errors": [-2_146_893_022]}),
    );
}

#[test]
fn alias_to_a_machine_that_is_nobody() {
    let report = check_broken("alias-wrong-target", |records, dcs| {
        records.replace(&dcs[1].alias(), 600, "CNAME", &format!("FILES01.{FOREST}."));
        records.add(&format!("files01.{FOREST}"), 1200, "A", "192.0.2.77");
    });
    expect_everywhere(
        &report,
        "alias-wrong-target",
        &json!({"actual": ["files01.contoso.test"]}),
        &json!({"outcome": "fails", "errors": [1753, 1722]}),
    );
}

#[test]
fn host_missing() {
    let report = check_broken("host-missing", |records, _| records.remove(DC2, "A"));
    expect_everywhere(
        &report,
        "host-missing",
        &json!({"name": DC2, "actual": []}),
        &json!({"outcome": "fails", "errors": [8524], "fallback": "none"}),
    );
}

/// Every DC registered its alias in its own DNS server alone: nobody finds anybody else.
#[test]
fn island_of_three_servers() {
    let dcs = dcs(3);
    let running: Vec<Daemon> = AUTHORITATIVE
        .iter()
        .enumerate()
        .map(|(own, &kind)| {
            let mut records = Records::healthy(&dcs);
            for (_, dc) in dcs.iter().enumerate().filter(|(i, _)| *i != own) {
                records.remove(&dc.alias(), "CNAME");
            }
            Daemon::start(kind, &records.zones())
        })
        .collect();
    let names = ["island1", "island2", "island3"];
    let servers: Vec<_> = names.iter().zip(&running).map(|(name, daemon)| (*name, daemon.address)).collect();
    let report = check(&servers, &dcs);

    let mut expected = Vec::new();
    for (own, server) in names.iter().enumerate() {
        for (i, source) in ["dc1", "dc2", "dc3"].iter().enumerate() {
            if i == own {
                assert_eq!(report.outcome(source, server), "ok []");
            } else {
                assert_eq!(report.outcome(source, server), "fails [8524]");
                expected.push(format!("fail alias-missing {source}.{FOREST} @{server}"));
            }
        }
    }
    report.expect("critical", &expected);
    let mut groups: Vec<&str> = names.iter().filter_map(|name| report.server(name)["group"].as_str()).collect();
    groups.sort_unstable();
    assert_eq!(groups, ["A", "B", "C"], "no two islands hold the same data");
}

/// A changed address has reached two partners, and not the third (event 6702).
#[test]
fn one_partner_is_behind() {
    let dcs = dcs(3);
    let healthy = Records::healthy(&dcs);
    let mut old = healthy.clone();
    old.replace(DC2, 1200, "A", "192.0.2.99");
    let running = [
        Daemon::start(Kind::Bind, &healthy.zones()),
        Daemon::start(Kind::Nsd, &healthy.zones()),
        Daemon::start(Kind::Bind, &old.zones()),
    ];
    let servers = [("hq1", running[0].address), ("hq2", running[1].address), ("branch", running[2].address)];

    let report = check(&servers, &dcs);
    report.expect("critical", &[format!("fail stale-address {DC2} @branch")]);
    let group = |name: &str| report.server(name)["group"].clone();
    assert_eq!(group("hq1"), group("hq2"));
    assert_ne!(group("hq1"), group("branch"));

    // Without the DC's addresses in the configuration, it still shows that the servers differ; which of them is right
    // cannot be said.
    let unstated: Vec<Dc> = dcs.iter().map(|dc| Dc { owns: Vec::new(), ..dc.clone() }).collect();
    let report = check(&servers, &unstated);
    let fails: Vec<String> = report.findings().into_iter().filter(|line| line.starts_with("fail ")).collect();
    assert_eq!(fails.len(), 1, "{fails:?}");
    assert!(fails[0].starts_with("fail servers-disagree "), "{fails:?}");
    report.expect_verdict("warning");
    assert_eq!(report.outcome("dc2", "branch"), "unknown []");
}
