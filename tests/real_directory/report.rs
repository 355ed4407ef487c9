//! Running the `guidpost` binary on the client machine and reading its JSON report.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::host::{Host, Output};
use crate::lab::{FOREST, Lab};
use crate::samba::Dc;

/// A domain controller as the configuration describes it.
pub(crate) struct Described<'a> {
    pub(crate) host: &'a str,
    pub(crate) guid: &'a str,
    /// Addresses that it owns; empty: not stated.
    pub(crate) owns: &'a [&'a str],
}

/// A directory with a configuration file that asks the first DC's DNS server.
pub(crate) struct Workplace<'a> {
    lab: &'a Lab,
    dir: TempDir,
}

/// A JSON report with the exit code it came with.
pub(crate) struct Report {
    pub(crate) json: Value,
    pub(crate) code: Option<i32>,
}

impl Dc {
    /// This DC as it is.
    pub(crate) fn described<'a>(&'a self, owns: &'a [&'a str]) -> Described<'a> {
        Described { host: &self.host, guid: &self.guid, owns }
    }
}

impl<'a> Workplace<'a> {
    pub(crate) fn new(lab: &'a Lab, dcs: &[Described<'_>]) -> Self {
        // The other records are left out: a DC registers them over minutes after its start.
        let mut text = format!(
            "forest: {FOREST}\nlocator_records: false\ndns_servers:\n  - {{ name: dc1, address: {} }}\n",
            lab.dc1.machine.address
        );
        text.push_str("domain_controllers:\n");
        for dc in dcs {
            let _ = writeln!(text, "  - host: {}\n    guid: {}", dc.host, dc.guid);
            if !dc.owns.is_empty() {
                let _ = writeln!(text, "    addresses: [{}]", dc.owns.join(", "));
            }
        }
        Self::with(lab, &text)
    }

    /// A directory with this configuration file.
    pub(crate) fn with(lab: &'a Lab, config: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("guidpost.yaml"), config).expect("a configuration file");
        Self { lab, dir }
    }

    /// The path of a file here.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a subcommand of guidpost with this configuration.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.run_on(&self.lab.client, args)
    }

    /// The same, on another machine.
    pub(crate) fn run_on(&self, machine: &Host, args: &[&str]) -> Output {
        let config = self.path("guidpost.yaml");
        let config = config.to_str().expect("the path of a temporary directory is UTF-8");
        machine.run(&[&[env!("CARGO_BIN_EXE_guidpost")], args, &["-c", config]].concat())
    }

    /// Runs `guidpost check` and reads the report.
    pub(crate) fn check(&self, more: &[&str]) -> Report {
        Report::of(self.run(&[&["check", "-f", "json"], more].concat()))
    }

    /// The same, on another machine.
    pub(crate) fn check_on(&self, machine: &Host, more: &[&str]) -> Report {
        Report::of(self.run_on(machine, &[&["check", "-f", "json"], more].concat()))
    }
}

impl Report {
    /// The report that a run of guidpost with `-f json` printed.
    #[track_caller]
    pub(crate) fn of(output: Output) -> Self {
        let Output { code, stdout, stderr } = output;
        assert_eq!(stderr, "", "stderr belongs to troubles of the run itself");
        let json = serde_json::from_str(&stdout)
            .unwrap_or_else(|e| panic!("no JSON report ({e}); exit code {code:?}\n{stdout}"));
        Self { json, code }
    }

    /// The findings of one rule.
    pub(crate) fn of_rule(&self, rule: &str) -> Vec<&Value> {
        rows(&self.json, "findings").iter().filter(|row| row["rule"] == rule).collect()
    }

    /// How an item of the checklist ended.
    #[track_caller]
    pub(crate) fn item(&self, item: &str) -> &str {
        let found = rows(&self.json, "checklist").iter().find(|row| row["item"] == item);
        text(found.unwrap_or_else(|| panic!("no item {item} in {:#}", self.json["checklist"])), "status")
    }

    /// `outcome rule dc @server` of every finding, sorted; `-` where it is about no single DC or server.
    pub(crate) fn findings(&self) -> Vec<String> {
        let line = |f: &Value| {
            let (outcome, rule) = (text(f, "outcome"), text(f, "rule"));
            format!("{outcome} {rule} {} @{}", text(f, "dc"), text(f, "server"))
        };
        let mut lines: Vec<String> = rows(&self.json, "findings").iter().map(line).collect();
        lines.sort();
        lines
    }

    /// The report holds this finding and no other; returns it.
    #[track_caller]
    pub(crate) fn only_finding(&self, rule: &str, dc: &Described<'_>) -> &Value {
        assert_eq!(self.findings(), [format!("fail {rule} {} @dc1", dc.host)], "findings of {:#}", self.json);
        &rows(&self.json, "findings")[0]
    }

    /// The report says this verdict, and the exit code says the same.
    #[track_caller]
    pub(crate) fn expect_verdict(&self, verdict: &str, code: i32) {
        assert_eq!(self.json["verdict"], verdict, "verdict of {:#}", self.json);
        assert_eq!(self.code, Some(code), "exit code of a run whose verdict is {verdict}");
    }

    /// The row of an address under the name of a DC.
    #[track_caller]
    pub(crate) fn address(&self, address: &str, dc: &Described<'_>) -> &Value {
        let is_it = |row: &&Value| row["address"] == address && row["dc"] == dc.host;
        let found: Vec<&Value> = rows(&self.json, "addresses").iter().filter(is_it).collect();
        assert_eq!(found.len(), 1, "rows of {address} as an address of {} in {:#}", dc.host, self.json);
        found[0]
    }

    /// The only forecast row of a source.
    #[track_caller]
    pub(crate) fn forecast(&self, dc: &Described<'_>) -> &Value {
        let is_it = |row: &&Value| row["source"] == dc.host && row["server"] == "dc1";
        let found: Vec<&Value> = rows(&self.json, "forecast").iter().filter(is_it).collect();
        assert_eq!(found.len(), 1, "forecast rows of {} in {:#}", dc.host, self.json);
        found[0]
    }

    /// What the forecast says of a source: outcome, errors in order, certainty, wrong addresses of all.
    #[track_caller]
    pub(crate) fn predicts(&self, dc: &Described<'_>) -> String {
        let row = self.forecast(dc);
        let mut errors: Vec<i64> = rows(row, "errors").iter().filter_map(Value::as_i64).collect();
        errors.sort_unstable();
        let (outcome, certainty) = (text(row, "outcome"), text(row, "certainty"));
        format!("{outcome} {errors:?} {certainty}, {} of {} wrong", row["wrong_addresses"], row["addresses"])
    }
}

/// A list of the report.
#[track_caller]
pub(crate) fn rows<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or_else(|| panic!("no list `{key}` in {value:#}"), Vec::as_slice)
}

/// A string field, `-` if it is absent.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("-")
}

/// All evidence of an address in one text.
pub(crate) fn evidence(row: &Value) -> String {
    rows(row, "evidence").iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}
