//! `guidpost rules`: the list of all rules.

use std::io::{self, Write};

use serde::Serialize;

use super::{CommandError, Console, to_stdout};
use crate::cli::ListFormat;
use crate::findings::{Group, Rule};
use crate::render::{Paint, RenderOptions, words, wrap, write_json};
use crate::report::Severity;

/// Prints the list.
pub fn run(format: ListFormat, rules: &[&Rule], console: Console) -> Result<(), CommandError> {
    let options = &console.options;
    match format {
        ListFormat::Table => to_stdout(options.color, |out| table(rules, options, out)),
        ListFormat::Json => to_stdout(false, |out| json(rules, out)),
    }
}

/// What a group is called in JSON.
fn group_name(group: Group) -> &'static str {
    match group {
        Group::Servers => "servers",
        Group::Alias => "alias",
        Group::Host => "host",
        Group::Machine => "machine",
        Group::Local => "local",
        Group::Change => "change",
        Group::Run => "run",
    }
}

fn table(rules: &[&Rule], options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut sorted: Vec<&Rule> = rules.to_vec();
    // Stable: within a group the order of the registry, which is that of the manual.
    sorted.sort_by_key(|rule| rule.group);
    let wide = sorted.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let mut last = None;
    for rule in sorted {
        if last.replace(rule.group) != Some(rule.group) {
            let space = if rule.group == sorted_first(rules) { "" } else { "\n" };
            writeln!(out, "{space}{}", options.paint(Paint::Strong, rule.group.title()))?;
        }
        let (word, paint) = words::severity(rule.severity);
        // `critical` is the longest of the severities.
        let severity = options.paint(paint, format!("{word:8}"));
        let rest = " ".repeat(wide + 14);
        let summary = wrap::paragraph(&rule.summary(), options.width, &rest, &rest);
        let mut lines = summary.iter();
        let first = lines.next().map_or("", |line| line.trim_start());
        writeln!(out, "{}", format!("  {:wide$}  {severity}  {first}", rule.name).trim_end())?;
        for line in lines {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// The group that is printed first.
fn sorted_first(rules: &[&Rule]) -> Group {
    rules.iter().map(|rule| rule.group).min().unwrap_or(Group::Servers)
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    group: &'a str,
    severity: Severity,
    summary: String,
    predicts: &'a [i64],
}

fn json(rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Row<'_>> = rules
        .iter()
        .map(|rule| Row {
            name: rule.name,
            group: group_name(rule.group),
            severity: rule.severity,
            summary: rule.summary(),
            predicts: rule.predicts,
        })
        .collect();
    write_json(&rows, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn rule(name: &'static str, group: Group, severity: Severity, manual: &'static str) -> Rule {
        Rule::sample(name, group, severity, &[8524], manual)
    }

    const RULES: [&Rule; 3] = [
        &rule("server-silent", Group::Servers, Severity::Critical, "A DNS server does not answer.\n\n# More"),
        &rule(
            "stale-address",
            Group::Host,
            Severity::Critical,
            "An address in DNS is not one of\nthose that the DC owns.\n\n# More",
        ),
        &rule("server-not-authoritative", Group::Servers, Severity::Info, ""),
    ];

    #[test]
    fn rules_are_listed_by_group() {
        let mut out = Vec::new();
        table(&RULES, &RenderOptions { width: 70, ..RenderOptions::default() }, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        DNS servers
          server-silent             critical  A DNS server does not answer.
          server-not-authoritative  info

        Host records
          stale-address             critical  An address in DNS is not one of
                                              those that the DC owns.
        "#);
    }

    #[test]
    fn json_has_every_field() {
        let mut out = Vec::new();
        json(&RULES, &mut out).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value[1]["summary"], "An address in DNS is not one of those that the DC owns.");
        assert_eq!(value[2]["severity"], "info");
        assert_eq!(value[0]["predicts"][0], 8524);
    }
}
