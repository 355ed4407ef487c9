//! What people and monitoring see.

use insta::assert_snapshot;

use super::{plain, table, text};
use crate::render::{Format, RenderOptions, Verbosity, sample};
use crate::report::{Incomplete, NotChecked};

#[test]
fn table_at_80_columns() {
    assert_snapshot!(table(&sample::report(), 80), @r#"
    guidpost 0.1.0: contoso.com, 3 DNS servers (2 answering, 1 silent),
      2026-11-20T10:00:00Z, 132 ms
      dc3  [2001:db8::12]:53  silent, 0 of 6 questions answered

    Forecast of replication: source DC, by DNS server that its partner asks
     source          | dc1          | dc2        | dc3
    -----------------+--------------+------------+----------
     dc1.contoso.com | ok           | ?          | ? silent
     dc2.contoso.com | 1 of 2 wrong | FAILS 8524 | ? silent

    CRITICAL  stale-address  dc2.contoso.com at dc1
      dc1 gives 192.0.2.99 for dc2.contoso.com, which is not an address of that
      domain controller: 1 of 1 is wrong.
      record    dc2.contoso.com A
      expected  192.0.2.11, 2001:db8::11
      actual    192.0.2.99
      predicts  error 1753: the machine at the address offers no directory
                  replication
                event 6702: a changed address did not reach the partners' DNS
                  servers
      to mend
          # Remove-DnsServerResourceRecord -ComputerName dc1.contoso.com -ZoneName contoso.com -Name dc2 -RRType A -RecordData 192.0.2.99
          # With Samba:
          # samba-tool dns delete dc1.contoso.com contoso.com dc2 A 192.0.2.99

    CRITICAL  alias-missing  dc2.contoso.com at dc2
      The alias does not exist (NXDOMAIN).
      record    3dab7f9b-92e7-4391-b8db-71df532c1493._msdcs.contoso.com CNAME
      expected  dc2.contoso.com
      actual    nothing
      predicts  error 8524: the source's name cannot be resolved
      to mend
          nltest /dsregdns

    WARNING  server-silent  at dc3
      No reply to 3 questions, 2 tries each.

    UNKNOWN  host-missing  dc1.contoso.com at dc2
      SERVFAIL instead of an answer.
      record    dc1.contoso.com A

    WAIVED  ttl-unusual  dc1.contoso.com at dc1
      The TTL is 7200 seconds.
      waived    static on purpose (until 2027-01-31)
      record    dc1.contoso.com A
      actual    7200

    Groups of servers with the same content
      A: dc1
      B: dc2
      nothing known: dc3

    Not checked
      no networks: configured: no-address-on-network
      probing is switched off: clock-skew, guid-mismatch

    CRITICAL: 2 critical, 1 warning, 1 unknown; 41 checks passed, 1 waived
    "#);
}

#[test]
fn table_at_120_columns_on_a_terminal() {
    let options = RenderOptions { width: 120, ascii: false, color: false, verbosity: Verbosity::Verbose };
    assert_snapshot!(text(Format::Table, &sample::report(), options), @r#"
    guidpost 0.1.0: contoso.com, 3 DNS servers (2 answering, 1 silent), 2026-11-20T10:00:00Z, 132 ms
      dc1  192.0.2.10:53      answering, 6 of 6 questions answered, 0.4 ms
      dc2  192.0.2.11:53      answering, 6 of 6 questions answered, 0.4 ms
      dc3  [2001:db8::12]:53  silent, 0 of 6 questions answered

    Forecast of replication: source DC, by DNS server that its partner asks
    ┌─────────────────┬──────────────┬────────────┬──────────┐
    │ source          │ dc1          │ dc2        │ dc3      │
    ├─────────────────┼──────────────┼────────────┼──────────┤
    │ dc1.contoso.com │ ok           │ ?          │ ? silent │
    │ dc2.contoso.com │ 1 of 2 wrong │ FAILS 8524 │ ? silent │
    └─────────────────┴──────────────┴────────────┴──────────┘

    CRITICAL  stale-address  dc2.contoso.com at dc1
      dc1 gives 192.0.2.99 for dc2.contoso.com, which is not an address of that domain controller: 1 of 1 is wrong.
      record    dc2.contoso.com A
      expected  192.0.2.11, 2001:db8::11
      actual    192.0.2.99
      predicts  error 1753: the machine at the address offers no directory replication
                event 6702: a changed address did not reach the partners' DNS servers
      to mend
          # Remove-DnsServerResourceRecord -ComputerName dc1.contoso.com -ZoneName contoso.com -Name dc2 -RRType A -RecordData 192.0.2.99
          # With Samba:
          # samba-tool dns delete dc1.contoso.com contoso.com dc2 A 192.0.2.99

    CRITICAL  alias-missing  dc2.contoso.com at dc2
      The alias does not exist (NXDOMAIN).
      record    3dab7f9b-92e7-4391-b8db-71df532c1493._msdcs.contoso.com CNAME
      expected  dc2.contoso.com
      actual    nothing
      predicts  error 8524: the source's name cannot be resolved
      to mend
          nltest /dsregdns

    WARNING  server-silent  at dc3
      No reply to 3 questions, 2 tries each.

    UNKNOWN  host-missing  dc1.contoso.com at dc2
      SERVFAIL instead of an answer.
      record    dc1.contoso.com A

    WAIVED  ttl-unusual  dc1.contoso.com at dc1
      The TTL is 7200 seconds.
      waived    static on purpose (until 2027-01-31)
      record    dc1.contoso.com A
      actual    7200

    Who answers at the addresses
      192.0.2.99 for dc2.contoso.com: no domain controller, FILES01.contoso.com
        epm: 0x16c9a0d6

    Groups of servers with the same content
      A: dc1
      B: dc2
      nothing known: dc3

    Not checked
      no networks: configured: no-address-on-network
      probing is switched off: clock-skew, guid-mismatch

    CRITICAL: 2 critical, 1 warning, 1 unknown; 41 checks passed, 1 waived
    "#);
}

#[test]
fn a_clean_run_says_what_was_checked() {
    assert_snapshot!(table(&sample::clean(), 80), @r#"
    guidpost 0.1.0: contoso.com, 2 DNS servers (2 answering), 2026-11-20T10:00:00Z,
      132 ms

    Forecast of replication: source DC, by DNS server that its partner asks
     source          | dc1 | dc2
    -----------------+-----+-----
     dc1.contoso.com | ok  | ok
     dc2.contoso.com | ok  | ok

    Checked: 2 domain controllers at 2 DNS servers; 12 of 12 questions answered.

    OK: 41 checks passed
    "#);
}

#[test]
fn a_matrix_that_does_not_fit_becomes_blocks() {
    let mut report = sample::report();
    for row in &mut report.servers {
        row.server = format!("{}-with-a-long-name.contoso.com", row.server);
    }
    for row in &mut report.forecast {
        row.server = format!("{}-with-a-long-name.contoso.com", row.server).into();
    }
    let out = table(&report, 80);
    let forecast = out.split("\n\n").find(|part| part.starts_with("Forecast")).unwrap();
    assert_snapshot!(forecast, @r#"
    Forecast of replication: source DC, by DNS server that its partner asks
      dc1.contoso.com
        ?         dc2-with-a-long-name.contoso.com
        ? silent  dc3-with-a-long-name.contoso.com
        ok        dc1-with-a-long-name.contoso.com
      dc2.contoso.com
        FAILS 8524    dc2-with-a-long-name.contoso.com
        1 of 2 wrong  dc1-with-a-long-name.contoso.com
        ? silent      dc3-with-a-long-name.contoso.com
    "#);
}

#[test]
fn nagios_plugin_output() {
    assert_snapshot!(text(Format::Nagios, &sample::report(), plain(80)), @r#"
    GUIDPOST CRITICAL - 2 critical, 1 warning, 1 unknown: stale-address|criticals=2;;0;0 warnings=1;0;;0 unknowns=1;;;0 passed=41;;;0 servers_answering=2;;;0;3 time=0.132s;;;0
    contoso.com: 3 DNS servers, 41 checks passed, 1 waived
    DNS server dc3 is silent
    [CRITICAL] stale-address dc2.contoso.com at dc1: dc1 gives 192.0.2.99 for dc2.contoso.com, which is not an address of that domain controller: 1 of 1 is wrong.
    [CRITICAL] alias-missing dc2.contoso.com at dc2: The alias does not exist (NXDOMAIN).
    [WARNING] server-silent at dc3: No reply to 3 questions, 2 tries each.
    [UNKNOWN] host-missing dc1.contoso.com at dc2: SERVFAIL instead of an answer.
    [WAIVED] ttl-unusual dc1.contoso.com at dc1: The TTL is 7200 seconds. (waived: static on purpose)
    "#);
    assert_snapshot!(text(Format::Nagios, &sample::clean(), plain(80)), @r#"
    GUIDPOST OK - 41 checks passed|criticals=0;;0;0 warnings=0;0;;0 unknowns=0;;;0 passed=41;;;0 servers_answering=2;;;0;2 time=0.132s;;;0
    contoso.com: 2 DNS servers, 41 checks passed
    "#);
}

#[test]
fn quiet_is_the_verdict_line_alone() {
    let mut report = sample::report();
    let options = RenderOptions { verbosity: Verbosity::Quiet, ..plain(80) };
    assert_snapshot!(text(Format::Table, &report, options), @r#"CRITICAL: 2 critical, 1 warning, 1 unknown; 41 checks passed, 1 waived"#);
    report.incomplete = Some(Incomplete::Deadline);
    assert_snapshot!(text(Format::Table, &report, options), @r#"CRITICAL: 2 critical, 1 warning, 1 unknown; 41 checks passed, 1 waived; incomplete"#);
}

#[test]
fn a_long_reason_leaves_no_line_too_long() {
    let mut report = sample::clean();
    let reason = "a reason that takes nearly the whole width of a line all by itself, or even more".into();
    report.not_checked = vec![NotChecked { rule: "replication-port-blocked".into(), reason, subjects: 1 }];
    let text = table(&report, 80);
    assert!(text.contains("    replication-port-blocked\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

/// The part of a table about the destinations.
fn destinations(options: RenderOptions) -> String {
    let table = text(Format::Table, &sample::with_destinations(), options);
    let from = table.find("What each destination").expect("the table has that part");
    table[from..].lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn destinations_as_a_matrix() {
    assert_snapshot!(destinations(plain(100)), @r"
    What each destination experiences with its own resolvers: source DC, by destination
     source          | dc1.contoso.com | dc2.contoso.com | dc3.contoso.com
    -----------------+-----------------+-----------------+---------------------
     dc1.contoso.com | -               | FAILS 8524      | ?
     dc2.contoso.com | ok after 1 s    | -               | FAILS 1753 at times
    ");
}

#[test]
fn destinations_that_do_not_fit_have_blocks() {
    assert_snapshot!(destinations(plain(60)), @r"
    What each destination experiences with its own resolvers: source DC, by destination
      dc1.contoso.com
        FAILS 8524  dc2.contoso.com
        ?           dc3.contoso.com
      dc2.contoso.com
        FAILS 1753 at times  dc3.contoso.com
        ok after 1 s         dc1.contoso.com
    ");
}

#[test]
fn destinations_explained() {
    let options = RenderOptions { verbosity: Verbosity::Verbose, ..plain(100) };
    assert_snapshot!(destinations(options), @r"
    What each destination experiences with its own resolvers: source DC, by destination
     source          | dc1.contoso.com | dc2.contoso.com | dc3.contoso.com
    -----------------+-----------------+-----------------+---------------------
     dc1.contoso.com | -               | FAILS 8524      | ?
     dc2.contoso.com | ok after 1 s    | -               | FAILS 1753 at times
      dc1.contoso.com asks dc3, dc1
        dc2.contoso.com: ok after 1 s through dc1: dc3 does not answer; dc2.contoso.com leads to
          192.0.2.11
      dc2.contoso.com asks dc3, dc1
        dc1.contoso.com: FAILS 8524 through dc1: the alias does not exist; the host name does not lead
          there either: event 2087
      dc3.contoso.com asks dc3, dc1
        dc1.contoso.com: not known: its resolver 192.0.2.53 is not asked in this run
        dc2.contoso.com: FAILS 1753 at times through dc1: 1 of 2 addresses of dc2.contoso.com lead
          elsewhere: 192.0.2.99
    ");
}
