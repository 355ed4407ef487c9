//! What the README shows is true: its commands parse, its configuration is valid, its rule table and its report are
//! those of the program, and `docs/rules.md` is the rules' own manual. `UPDATE=1 cargo test --test readme` writes the
//! table, the report and the manual anew.

#![expect(clippy::disallowed_methods, reason = "tests read and write their own files")]

mod start;

use std::fmt::Write as _;
use std::process::{Command, Output};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

fn readme() -> String {
    std::fs::read_to_string(PATH).expect("the README")
}

fn guidpost(args: &[&str]) -> Output {
    start::program(|| Command::new(env!("CARGO_BIN_EXE_guidpost")).args(args).output())
}

/// The text between `<!-- NAME -->` and `<!-- /NAME -->`.
fn block<'a>(text: &'a str, name: &str) -> &'a str {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let inner = text.split_once(&open).and_then(|(_, rest)| rest.split_once(&close));
    inner.unwrap_or_else(|| panic!("README has no block {name}")).0
}

/// Compares a block with what it should be, or writes it with `UPDATE=1`. `same` says what counts as equal.
fn check_block(name: &str, expected: &str, same: impl Fn(&str) -> String) {
    // The tests of this file run as threads, and may all update the file.
    static FILE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = FILE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let text = readme();
    let actual = block(&text, name);
    if std::env::var_os("UPDATE").is_some() {
        let open = format!("<!-- {name} -->\n");
        let new = text.replacen(&format!("{open}{actual}"), &format!("{open}{expected}"), 1);
        std::fs::write(PATH, new).expect("the README can be written");
    } else {
        assert_eq!(same(actual), same(expected), "run `UPDATE=1 cargo test --test readme`");
    }
}

/// The fenced blocks of a language.
fn fences<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let open = format!("```{language}\n");
    text.split(&open).skip(1).filter_map(|rest| rest.split_once("\n```")).map(|(inner, _)| inner).collect()
}

/// Every guidpost command line of the README, as arguments.
fn commands(text: &str) -> Vec<Vec<String>> {
    // Lines of shell blocks; inline code; and the command lines inside the monitoring examples.
    let lines = fences(text, "sh").into_iter().flat_map(str::lines);
    let spans =
        text.lines().filter(|line| !line.starts_with("```")).flat_map(|line| line.split('`').skip(1).step_by(2));
    let examples = text.lines().filter_map(|line| line.split_once("/usr/local/bin/").map(|(_, command)| command));
    lines
        .chain(spans)
        .chain(examples)
        .filter_map(|line| {
            let command = line.split(" # ").next()?.trim().trim_end_matches("\"]");
            let arguments =
                command.strip_prefix("guidpost ").or_else(|| command.strip_prefix("cargo run --release -- "))?;
            Some(arguments.split_whitespace().map(str::to_owned).collect())
        })
        .collect()
}

#[test]
fn every_command_line_parses() {
    let commands = commands(&readme());
    assert!(commands.len() >= 12, "found only {commands:?}");
    for command in commands {
        let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
        args.push("--help");
        let output = guidpost(&args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && stdout.contains("Usage"), "guidpost {}: {stderr}{stdout}", args.join(" "));
    }
}

#[test]
fn the_configuration_is_valid() {
    let text = readme();
    let [config] = fences(&text, "yaml")[..] else { panic!("README should have one block of YAML") };
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("guidpost.yaml");
    let check = |text: &str| {
        std::fs::write(&file, text).expect("a file");
        guidpost(&["config", "check", "-c", file.to_str().expect("a UTF-8 path")])
    };
    let output = check(config);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // The command does look at the file.
    assert_eq!(check(&config.replace("dns_servers", "dns_serfers")).status.code(), Some(3));
}

#[test]
fn the_rule_table_lists_the_rules() {
    let mut table = String::from("| rule | severity | finds | predicts |\n|---|---|---|---|\n");
    let shown = guidpost(&["rules"]);
    let shown = String::from_utf8(shown.stdout).expect("UTF-8");
    assert!(!guidpost::rules::all().is_empty());
    for rule in guidpost::rules::all() {
        assert!(shown.contains(rule.name), "`guidpost rules` does not show {}", rule.name);
        let predicts: Vec<String> = rule.predicts.iter().map(i64::to_string).collect();
        let severity = format!("{:?}", rule.severity).to_lowercase();
        let summary = rule.summary().replace('|', "\\|");
        let _ = writeln!(table, "| `{}` | {severity} | {summary} | {} |", rule.name, predicts.join(", "));
    }
    check_block("rules", &table, str::to_owned);
}

/// `docs/rules.md`: every rule's manual page, group by group.
#[test]
fn the_manual_of_the_rules_is_theirs() {
    let mut manual = String::from(
        "# Rules\n\nMade of the rules' own manual pages, which `guidpost explain RULE` shows, by \
         `UPDATE=1 cargo test --test readme`.\n",
    );
    let mut group = None;
    for rule in guidpost::rules::all() {
        if group.replace(rule.group) != Some(rule.group) {
            let _ = write!(manual, "\n## {}\n", rule.group.title().replace('<', "\\<"));
        }
        let severity = format!("{:?}", rule.severity).to_lowercase();
        let text = rule.manual().trim_end().replace("\n# ", "\n#### ");
        let _ = write!(manual, "\n### `{}`\n\nSeverity: {severity}. {text}\n", rule.name);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, manual).expect("the manual can be written");
    } else {
        let written = std::fs::read_to_string(path).expect("the manual of the rules");
        assert_eq!(written, manual, "run `UPDATE=1 cargo test --test readme`");
    }
}

#[test]
fn the_report_is_what_the_demo_prints() {
    let output = guidpost(&["demo", "stale-record"]);
    let report = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(report.contains("stale-address"), "{report}");
    // Times and ports differ from run to run, and with them the width of columns and rules.
    let same = |text: &str| {
        let words: String =
            text.chars().map(|c| if c.is_ascii_digit() || "-─|".contains(c) { ' ' } else { c }).collect();
        // How long it took may be told in milliseconds or, on a slow machine, in seconds.
        words.split_whitespace().collect::<Vec<_>>().join(" ").replace("Z, . s ", "Z, ms ")
    };
    check_block("report", &format!("```text\n{}\n```\n", report.trim_end()), same);
}

#[test]
fn commands_are_found_in_every_form() {
    let text = "```sh\ncargo run --release -- demo   # broken\nguidpost check -f json\n```\n`guidpost rules` lists\n\
                  commands = [\"/usr/local/bin/guidpost check -f nagios\"]\n";
    let found: Vec<String> = commands(text).iter().map(|args| args.join(" ")).collect();
    assert_eq!(found, ["demo", "check -f json", "rules", "check -f nagios"]);
}
