//! Large forests, many servers, many findings.

use insta::assert_snapshot;

use super::{plain, table, text};
use crate::evidence::Assumption;
use crate::render::{Format, RenderOptions, Verbosity, sample};
use crate::report::{Finding, ForecastOutcome, ServerRow, Severity};

#[test]
fn large_forests_are_folded() {
    let mut report = sample::clean();
    report.forecast.clear();
    for dc in 0..5000 {
        let source = format!("dc{dc:04}.contoso.com");
        for server in ["dc1", "dc2"] {
            let outcome = match (dc, server) {
                (7, "dc1") => ForecastOutcome::Fails,
                (10..15, "dc2") => ForecastOutcome::Unknown,
                _ => ForecastOutcome::Ok,
            };
            let errors: &[i64] = if outcome == ForecastOutcome::Fails { &[8524] } else { &[] };
            report.forecast.push(sample::forecast(&source, server, outcome, errors));
        }
    }
    assert_snapshot!(table(&report, 80), @r#"
    guidpost 0.1.0: contoso.com, 2 DNS servers (2 answering), 2026-11-20T10:00:00Z,
      132 ms

    Forecast of replication: source DC, by DNS server that its partner asks
     source             | dc1        | dc2
    --------------------+------------+-----
     dc0007.contoso.com | FAILS 8524 | ok
      and 4,994 more domain controllers: ok everywhere
      and 5 more domain controllers: ? at dc2; ok at dc1

    Checked: 5,000 domain controllers at 2 DNS servers; 12 of 12 questions answered.

    OK: 41 checks passed
    "#);
    let verbose = RenderOptions { verbosity: Verbosity::Verbose, ..plain(80) };
    assert!(text(Format::Table, &report, verbose).contains("dc4999.contoso.com"), "-v folds nothing");
}

#[test]
fn one_defect_of_many_domain_controllers_is_told_once() {
    let mut report = sample::clean();
    report.forecast.clear();
    report.findings.clear();
    for dc in 0..1000 {
        let host = format!("dc{dc:04}.contoso.com");
        for server in ["dc1", "dc2"] {
            let (outcome, errors): (_, &[i64]) =
                if server == "dc2" { (ForecastOutcome::Fails, &[8524]) } else { (ForecastOutcome::Ok, &[]) };
            report.forecast.push(sample::forecast(&host, server, outcome, errors));
        }
        let guid = format!("3dab7f9b-92e7-4391-b8db-{dc:012}");
        let mut finding =
            sample::finding("alias-missing", Severity::Critical, &host, "dc2", "the alias does not exist");
        finding.name = Some(format!("{guid}._msdcs.contoso.com"));
        finding.rtype = Some("CNAME".into());
        finding.expected = vec![host.clone()];
        finding.predicts = vec![8524];
        finding.remedy = vec![format!("samba-tool dns add dc2 _msdcs.contoso.com {guid} CNAME {host}.")];
        report.findings.push(finding);
    }
    // Whoever has a defect of its own is told on its own.
    report.findings[7].actual = vec!["dc9.contoso.com".into()];
    assert_snapshot!(table(&report, 80), @r#"
    guidpost 0.1.0: contoso.com, 2 DNS servers (2 answering), 2026-11-20T10:00:00Z,
      132 ms

    Forecast of replication: source DC, by DNS server that its partner asks
     source             | dc1 | dc2
    --------------------+-----+------------
     dc0000.contoso.com | ok  | FAILS 8524
     dc0001.contoso.com | ok  | FAILS 8524
     dc0002.contoso.com | ok  | FAILS 8524
      and 997 more domain controllers: FAILS 8524 at dc2; ok at dc1

    CRITICAL  alias-missing  dc0000.contoso.com, dc0001.contoso.com,
        dc0002.contoso.com, dc0003.contoso.com, dc0004.contoso.com,
        dc0005.contoso.com, dc0006.contoso.com, dc0008.contoso.com and 991 more at
        dc2
      the alias does not exist
      The same at 999 domain controllers; for example dc0000.contoso.com:
      record    3dab7f9b-92e7-4391-b8db-000000000000._msdcs.contoso.com CNAME
      expected  dc0000.contoso.com
      actual    nothing
      predicts  error 8524: the source's name cannot be resolved
      to mend
          samba-tool dns add dc2 _msdcs.contoso.com 3dab7f9b-92e7-4391-b8db-000000000000 CNAME dc0000.contoso.com.
          # and likewise for the other 998 domain controllers (-v lists them)

    CRITICAL  alias-missing  dc0007.contoso.com at dc2
      the alias does not exist
      record    3dab7f9b-92e7-4391-b8db-000000000007._msdcs.contoso.com CNAME
      expected  dc0007.contoso.com
      actual    dc9.contoso.com
      predicts  error 8524: the source's name cannot be resolved
      to mend
          samba-tool dns add dc2 _msdcs.contoso.com 3dab7f9b-92e7-4391-b8db-000000000007 CNAME dc0007.contoso.com.

    Checked: 1,000 domain controllers at 2 DNS servers; 12 of 12 questions answered.

    OK: 41 checks passed
    "#);
    let verbose = RenderOptions { verbosity: Verbosity::Verbose, ..plain(80) };
    assert_eq!(text(Format::Table, &report, verbose).matches("CRITICAL  alias-missing").count(), 1000);
    report.findings.drain(10..);
    assert_eq!(table(&report, 80).matches("CRITICAL  alias-missing").count(), 10, "a few are told one by one");
}

#[test]
fn a_list_of_destinations_that_is_not_whole_says_so() {
    let mut report = sample::clean();
    report.destinations_left_out = 9_000_000;
    let out = table(&report, 80);
    assert!(out.contains("9,000,000 pairs of a destination and a source are too many to list"), "{out}");
}

#[test]
fn many_servers_are_counted_where_nothing_is_wrong_with_them() {
    let mut report = sample::clean();
    let row: ServerRow = report.servers[0].clone();
    report.servers = (0..500).map(|n| ServerRow { server: format!("ns{n:03}"), ..row.clone() }).collect();
    report.forecast = (0..500)
        .map(|n| {
            let outcome = if n == 77 { ForecastOutcome::Fails } else { ForecastOutcome::Ok };
            let errors: &[i64] = if n == 77 { &[1753] } else { &[] };
            sample::forecast("dc1.contoso.com", &format!("ns{n:03}"), outcome, errors)
        })
        .collect();
    let finding: Finding = sample::report().findings.swap_remove(1);
    report.findings = (0..500)
        .map(|n| Finding {
            server: Some(format!("ns{n:03}")),
            remedy: vec![format!("dnscmd ns{n:03} /RecordDelete ...")],
            ..finding.clone()
        })
        .collect();
    assert_snapshot!(table(&report, 80), @r#"
    guidpost 0.1.0: contoso.com, 500 DNS servers (500 answering),
      2026-11-20T10:00:00Z, 132 ms

    Forecast of replication: source DC, by DNS server that its partner asks
      dc1.contoso.com
        FAILS 1753  ns077
        ok          ns000, ns001, ns002, ns003, ns004, ns005, ns006, ns007,
                    and 491 more

    CRITICAL  alias-missing  dc2.contoso.com at ns000, ns001, ns002, ns003, ns004,
        ns005, ns006, ns007 and 492 more
      The alias does not exist (NXDOMAIN).
      record    3dab7f9b-92e7-4391-b8db-71df532c1493._msdcs.contoso.com CNAME
      expected  dc2.contoso.com
      actual    nothing
      predicts  error 8524: the source's name cannot be resolved
      to mend
          dnscmd ns000 /RecordDelete ...
          dnscmd ns001 /RecordDelete ...
          dnscmd ns002 /RecordDelete ...
          dnscmd ns003 /RecordDelete ...
          dnscmd ns004 /RecordDelete ...
          dnscmd ns005 /RecordDelete ...
          dnscmd ns006 /RecordDelete ...
          dnscmd ns007 /RecordDelete ...
          # and likewise at the other 492 servers

    Checked: 1 domain controller at 500 DNS servers; 3,000 of 3,000 questions
      answered.

    OK: 41 checks passed
    "#);
}

#[test]
fn destinations_of_a_large_forest_are_folded() {
    let mut report = sample::clean();
    for source in 0..30 {
        for destination in (0..30).filter(|destination| *destination != source) {
            let [destination, source] = [destination, source].map(|dc| format!("dc{dc:02}.contoso.com"));
            report.destinations.push(sample::destination(&destination, &source, ForecastOutcome::Ok, &[]));
        }
    }
    assert!(table(&report, 80).contains("\n  30 domain controllers: ok everywhere\n"), "{}", table(&report, 80));
}

#[test]
fn assumptions_keep_to_the_width_and_long_lists_are_folded() {
    let mut report = sample::clean();
    let assume = |what: &str, value: String, from: &str| Assumption { what: what.into(), value, from: from.into() };
    let forest = "/etc/krb5.conf; dc1.contoso.com, dc2.contoso.com say that contoso.com is the root of its forest";
    report.assumed.push(assume("forest", "contoso.com".into(), forest));
    report.assumed.extend((0..500).map(|dc| assume("dc", format!("dc{dc}.contoso.com"), "named by SRV")));
    let out = table(&report, 80);
    let tail = out.split_once("\nAssumed").unwrap().1;
    assert!(
        tail.starts_with(", because no configuration says it\n  forest contoso.com: /etc/krb5.conf; dc1"),
        "{tail}"
    );
    assert!(tail.contains("\n  dc dc7.contoso.com: named by SRV\n  dc: 492 more (-v lists them)\n"), "{tail}");
    assert!(tail.lines().all(|line| line.len() <= 80), "{tail}");
    let verbose = RenderOptions { verbosity: Verbosity::Verbose, ..plain(80) };
    assert!(text(Format::Table, &report, verbose).contains("dc499.contoso.com"));
}
