//! Running the `guidpost` binary and reading its JSON report.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::forest::{self, Dc};

/// A directory with a configuration file.
pub(crate) struct Workplace {
    dir: TempDir,
}

/// What a run of guidpost gave.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A JSON report with the exit code it came with.
pub(crate) struct Report {
    pub(crate) json: Value,
    pub(crate) code: i32,
}

impl Workplace {
    /// A configuration that asks these servers about these DCs.
    pub(crate) fn new(servers: &[(&str, SocketAddr)], dcs: &[Dc]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("guidpost.yaml"), forest::config(servers, dcs)).expect("a configuration file");
        Self { dir }
    }

    /// The path of a file here.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs guidpost here.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_guidpost"))
            .args(args)
            .current_dir(self.dir.path())
            .output()
            .expect("guidpost starts");
        Run {
            code: output.status.code().expect("guidpost ends by itself"),
            stdout: String::from_utf8(output.stdout).expect("reports are UTF-8"),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs `guidpost check` and reads the JSON report.
    pub(crate) fn check(&self, more: &[&str]) -> Report {
        let run = self.run(&[&["check", "-f", "json"], more].concat());
        assert_eq!(run.stderr, "", "stderr belongs to troubles of the run itself");
        let json = serde_json::from_str(&run.stdout)
            .unwrap_or_else(|e| panic!("no JSON report ({e}); exit code {}\n{}", run.code, run.stdout));
        Report { json, code: run.code }
    }
}

/// Runs `guidpost check` over these servers and DCs.
pub(crate) fn check(servers: &[(&str, SocketAddr)], dcs: &[Dc]) -> Report {
    Workplace::new(servers, dcs).check(&[])
}

impl Report {
    /// `outcome rule dc @server` of every finding, sorted; `-` where it is about no single DC or server.
    pub(crate) fn findings(&self) -> Vec<String> {
        let mut lines: Vec<String> = rows(&self.json, "findings")
            .iter()
            .map(|f| {
                let (outcome, rule) = (text(f, "outcome"), text(f, "rule"));
                format!("{outcome} {rule} {} @{}", text(f, "dc"), text(f, "server"))
            })
            .collect();
        lines.sort();
        lines
    }

    /// The only finding of this rule at this server.
    pub(crate) fn finding(&self, rule: &str, server: &str) -> &Value {
        let found: Vec<&Value> = rows(&self.json, "findings")
            .iter()
            .filter(|f| f["rule"] == rule && f["server"] == server && f["outcome"] == "fail")
            .collect();
        assert_eq!(found.len(), 1, "findings of {rule} at {server} in {:#}", self.json);
        found[0]
    }

    /// The only forecast row of a source and a server; `source` is the first label of the host name.
    pub(crate) fn forecast(&self, source: &str, server: &str) -> &Value {
        let host = format!("{source}.{}", forest::FOREST);
        let found: Vec<&Value> = rows(&self.json, "forecast")
            .iter()
            .filter(|row| row["source"] == host.as_str() && row["server"] == server)
            .collect();
        assert_eq!(found.len(), 1, "forecast rows of {host} at {server} in {:#}", self.json);
        found[0]
    }

    /// `outcome` and `errors` of a forecast row.
    pub(crate) fn outcome(&self, source: &str, server: &str) -> String {
        let row = self.forecast(source, server);
        format!("{} {}", text(row, "outcome"), row["errors"])
    }

    /// The row of a server.
    pub(crate) fn server(&self, name: &str) -> &Value {
        let found: Vec<&Value> = rows(&self.json, "servers").iter().filter(|row| row["server"] == name).collect();
        assert_eq!(found.len(), 1, "rows of server {name} in {:#}", self.json);
        found[0]
    }

    /// The report says this verdict, the exit code says the same, and exactly these findings lead to it.
    #[track_caller]
    pub(crate) fn expect(&self, verdict: &str, findings: &[String]) {
        let mut expected = findings.to_vec();
        expected.sort();
        assert_eq!(self.findings(), expected, "findings of {:#}", self.json);
        self.expect_verdict(verdict);
    }

    /// The report says this verdict, and the exit code says the same.
    #[track_caller]
    pub(crate) fn expect_verdict(&self, verdict: &str) {
        assert_eq!(self.json["verdict"], verdict, "verdict of {:#}", self.json);
        let code = match verdict {
            "ok" => 0,
            "warning" => 1,
            "critical" => 2,
            _ => 3,
        };
        assert_eq!(self.code, code, "exit code of a run whose verdict is {verdict}");
    }
}

/// A list of the report.
pub(crate) fn rows<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or_else(|| panic!("no list `{key}` in {value:#}"), Vec::as_slice)
}

/// A string field, `-` if it is absent.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("-")
}
