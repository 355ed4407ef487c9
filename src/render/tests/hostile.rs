//! Foreign text, and other properties that no format may lose.

use super::{plain, plugin_text, table, text};
use crate::render::{Format, RenderOptions, sample};
use crate::report::{Finding, Incomplete, Outcome, Report, ServerStatus};

#[test]
fn passes_take_one_line_each() {
    let mut report = sample::clean();
    report.findings = sample::report().findings;
    report.findings.truncate(3);
    for finding in &mut report.findings {
        finding.outcome = Outcome::Pass;
    }
    let out = table(&report, 100);
    assert_eq!(out.lines().filter(|line| line.starts_with("PASS  ")).count(), 3);
    assert!(!out.contains("to mend"));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let options = RenderOptions { color: true, ..plain(80) };
    let out = text(Format::Table, &sample::report(), options);
    assert!(out.contains("\x1b[1;31mCRITICAL\x1b[0m"));
    let mut stripped = String::new();
    let mut rest = out.as_str();
    while let Some((before, after)) = rest.split_once('\x1b') {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    assert_eq!(stripped + rest, table(&sample::report(), 80));
}

#[test]
fn json_is_the_report_and_nothing_else() {
    for report in [sample::report(), sample::clean(), sample::hostile()] {
        let out = text(Format::Json, &report, plain(80));
        assert!(out.ends_with("}\n"));
        assert_eq!(serde_json::from_str::<Report>(&out).unwrap(), report);
    }
}

#[test]
fn hostile_text_is_harmless_in_every_format() {
    let report = sample::hostile();
    for &format in Format::all() {
        for width in [20, 80, 400] {
            let out = text(format, &report, plain(width));
            let harmless = |byte: u8| byte == b'\n' || (b' '..=b'~').contains(&byte);
            assert!(out.bytes().all(harmless), "{format:?} lets a control character through");
            assert!(!out.lines().any(|line| line.starts_with("[OK]")), "{format:?} lets a line be forged");
        }
    }
    // On a terminal characters of other scripts are printed, those that deceive are not.
    let options = RenderOptions { ascii: false, ..plain(80) };
    let out = text(Format::Table, &report, options);
    assert!(!out.contains(|c: char| c.is_control() && c != '\n'));
    assert!(!out.contains(['\u{202e}', '\u{200b}', '\u{9b}']));
}

#[test]
fn plugin_output_holds_nothing_that_anybody_obeys_besides_its_one_bar() {
    for report in [sample::hostile(), sample::report(), sample::clean(), sample::preflight()] {
        let out = text(Format::Nagios, &report, plain(80));
        plugin_text::assert_output(&out);
        let (_, perfdata) = out.lines().next().unwrap().split_once('|').unwrap();
        for datum in perfdata.split(' ') {
            let (label, value) = datum.split_once('=').unwrap();
            assert!(label.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && label.len() < 20);
            assert!(value.starts_with(|c: char| c.is_ascii_digit()));
        }
    }
    let out = text(Format::Nagios, &sample::hostile(), plain(80));
    let shown = "{1B}[2J{7C}{27}=0{0D}{0A}[OK] {202E}evil{200B}{9B}31m {3C}b{3E}{26}{60}{24}{22}{5C}033 ( !) ( !!)( ?)";
    for part in ["not verified: ", "(waived: ", "DNS server ", " at "] {
        assert!(out.contains(&format!("{part}{shown}")), "{part}: {out}");
    }
}

#[test]
fn plugin_output_survives_the_command_that_mails_it() {
    for report in [sample::hostile(), sample::report()] {
        plugin_text::assert_mailed_whole(&text(Format::Nagios, &report, plain(80)));
    }
}

#[test]
fn plugin_output_stays_below_what_readers_cut() {
    let mut report = sample::report();
    let finding = report.findings.swap_remove(0);
    report.findings =
        (0..1000).map(|n| Finding { dc: Some(format!("dc{n}.contoso.com")), ..finding.clone() }).collect();
    let out = text(Format::Nagios, &report, plain(80));
    assert!(out.len() < 8000);
    assert!(out.trim_end().ends_with("more findings; guidpost check shows all"));
}

#[test]
fn servers_that_did_not_answer_are_named_in_the_head() {
    let mut report = sample::clean();
    report.servers[1].status = ServerStatus::Unresolved;
    report.servers[1].trouble = Some("no such host".into());
    assert!(table(&report, 100).contains("dc2  192.0.2.11:53  unresolved"));
    report.incomplete = Some(Incomplete::Interrupted);
    assert!(table(&report, 100).contains("INCOMPLETE: the run was interrupted"));
}
