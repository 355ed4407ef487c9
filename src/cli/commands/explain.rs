//! `guidpost explain`: the manual page of a rule, an error or an event.

use std::io::{self, Write};

use super::{CommandError, Console, manual, to_stdout};
use crate::base::codes::{self, Code, Kind};
use crate::findings::Rule;
use crate::render::{Paint, RenderOptions, words, wrap};

/// Prints the page of a topic, which may come as several words.
pub fn run(topic: &[String], rules: &[&Rule], console: Console) -> Result<(), CommandError> {
    let topic = topic.join(" ");
    let name = topic.trim().to_lowercase();
    let options = &console.options;
    if let Some(rule) = rules.iter().find(|rule| rule.name == name) {
        to_stdout(options.color, |out| rule_page(rule, options, out))
    } else if let Some(code) = codes::lookup(&topic) {
        to_stdout(options.color, |out| code_page(code, rules, options, out))
    } else {
        Err(CommandError::UnknownTopic { suggestion: suggest(&name, rules), topic })
    }
}

/// Writes the manual page of a rule.
pub fn rule_page(rule: &Rule, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let (word, paint) = words::severity(rule.severity);
    writeln!(out, "{}  ({})\n", options.paint(Paint::Strong, rule.name), options.paint(paint, word))?;
    manual::write(&rule.manual(), options, out)?;
    if !rule.predicts.is_empty() {
        heading("What follows", options, out)?;
        numbers(rule.predicts, options, out)?;
    }
    Ok(())
}

/// Writes the page of an error or event.
pub fn code_page(code: &Code, rules: &[&Rule], options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut title = options.paint(Paint::Strong, code.title());
    if !matches!(code.kind, Kind::Event { .. }) {
        title.push_str(&format!("  {}  {}", code.hex(), code.symbol));
    }
    writeln!(out, "{title}")?;
    if let Kind::Event { log, source } = code.kind {
        writeln!(out, "  log: {log}, source: {source}")?;
    }
    writeln!(out)?;
    prose(code.meaning, options, out)?;

    heading("What leads to it, seen from outside", options, out)?;
    for cause in code.causes {
        lines(wrap::paragraph(cause, options.width, "  - ", "    "), out)?;
    }
    let speaking: Vec<_> = rules.iter().filter(|rule| rule.predicts.contains(&code.number)).collect();
    let names: Vec<&str> = speaking.iter().map(|rule| rule.name).collect();
    heading("What to do", options, out)?;
    for (number, step) in code.steps.iter().enumerate() {
        let first = format!("  {}. ", number + 1);
        lines(wrap::paragraph(step.text, options.width, &first, "     "), out)?;
        lines(step.command_lines(&names).map(|command| format!("         {command}")), out)?;
    }
    let samba = if code.kind == Kind::Samba { "On Windows" } else { "With Samba" };
    heading(samba, options, out)?;
    prose(code.samba, options, out)?;

    if !speaking.is_empty() {
        heading("Rules that speak of it", options, out)?;
        let wide = speaking.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
        for rule in speaking {
            let rest = " ".repeat(wide + 4);
            let first = format!("  {:wide$}  ", rule.name);
            lines(wrap::paragraph(&rule.summary(), options.width, &first, &rest), out)?;
        }
    }
    if !code.kin.is_empty() {
        heading("See also", options, out)?;
        numbers(code.kin, options, out)?;
    }
    heading("References", options, out)?;
    lines(code.references.iter().map(|reference| format!("  {reference}")), out)
}

fn heading(text: &str, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", options.paint(Paint::Strong, text))
}

fn prose(text: &str, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    lines(wrap::paragraph(text, options.width, "  ", "  "), out)
}

fn numbers(numbers: &[i64], options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    for number in numbers {
        let text = match codes::find(*number) {
            Some(code) => format!("{}: {}", code.title(), code.short),
            None => format!("error {number}"),
        };
        lines(wrap::paragraph(&text, options.width, "  ", "    "), out)?;
    }
    Ok(())
}

fn lines(lines: impl IntoIterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    lines.into_iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// `; did you mean …?`, or what there is.
fn suggest(name: &str, rules: &[&Rule]) -> String {
    if codes::parse_number(name).is_some() {
        let known: Vec<String> =
            codes::all().filter(|code| code.kind != Kind::Samba).map(|code| code.number.to_string()).collect();
        return format!("; known numbers are {}", known.join(", "));
    }
    let symbols = codes::all().map(|code| code.symbol).filter(|symbol| !symbol.is_empty());
    let candidates = rules.iter().map(|rule| rule.name).chain(symbols);
    let nearest = candidates
        .map(|candidate| (distance(name, &candidate.to_lowercase()), candidate))
        // Three slips are a slip; more is another word, unless the word is part of the name.
        .filter(|(distance, candidate)| *distance <= 3 || (name.len() > 3 && candidate.to_lowercase().contains(name)))
        .min();
    match nearest {
        Some((_, candidate)) => format!("; did you mean `{candidate}`?"),
        None => "; `guidpost rules` lists the rules".into(),
    }
}

/// How many letters must be added, removed or replaced to make `b` of `a` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Group;
    use crate::report::Severity;

    const RULE: Rule = Rule::sample(
        "stale-address",
        Group::Host,
        Severity::Critical,
        &[codes::ENDPOINT_NOT_REGISTERED],
        "An address in DNS is not the DC's.\n\n# What it checks\n\nEvery address.\n",
    );

    fn page(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_code_has_a_page_within_the_width() {
        let options = RenderOptions { width: 80, ..RenderOptions::default() };
        for code in codes::all() {
            let text = page(|out| code_page(code, &[&RULE], &options, out));
            assert_eq!(text.contains("stale-address  An address"), code.number == 1753, "{text}");
            assert_eq!(text.contains("guidpost check --only stale-address\n"), code.number == 1753, "{text}");
            assert!(!text.contains(['{', '}']), "{text}");
            for line in text.lines().filter(|line| !line.starts_with("         ")) {
                assert!(line.len() <= 80, "{line}");
            }
        }
    }

    #[test]
    fn a_rule_page_ends_with_what_follows() {
        let text = page(|out| rule_page(&RULE, &RenderOptions::default(), out));
        insta::assert_snapshot!(text, @r#"
        stale-address  (critical)

          An address in DNS is not the DC's.

        What it checks

          Every address.

        What follows
          error 1753: the machine at the address offers no directory replication
        "#);
    }

    #[test]
    fn slips_are_answered_with_the_nearest_name() {
        assert_eq!(suggest("stale-adress", &[&RULE]), "; did you mean `stale-address`?");
        assert_eq!(suggest("wrong_principal", &[]), "; did you mean `SEC_E_WRONG_PRINCIPAL`?");
        assert!(suggest("12345", &[]).contains("8524"));
        assert!(suggest("zzzzzzzzzzzz", &[&RULE]).contains("guidpost rules"));
        assert_eq!([distance("", "abc"), distance("abc", "abc"), distance("abc", "xbcd")], [3, 0, 2]);
    }
}
