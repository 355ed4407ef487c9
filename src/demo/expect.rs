//! What a scenario expects of the report.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;

use crate::report::{DestinationRow, Fallback, Finding, ForecastOutcome, ForecastRow, Outcome, Severity};

/// One expected finding: `outcome rule [subject] [type] [@server] [(severity)] [~ text]`.
///
/// The subject is the DC; `*` stands for any DC and any server. What is left out among type, severity and text may be
/// anything. `waived` is an outcome here: a fail that a waiver covers. The rule `*` takes every remaining finding that
/// fits, and wants at least one: which rules say unknown for one lost answer is not the scenario's business.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Expected {
    outcome: String,
    rule: String,
    anywhere: bool,
    dc: Option<String>,
    rtype: Option<String>,
    server: Option<String>,
    severity: Option<String>,
    text: Option<String>,
    line: String,
}

/// One expected row of the forecast: `source @server outcome [errors] [fallback=…] [delay-only] [wrong/addresses]`.
///
/// The outcome `any` takes whatever row there is, `ok` included, where the rules leave the outcome open.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ExpectedForecast {
    source: String,
    server: String,
    outcome: String,
    errors: Option<BTreeSet<i64>>,
    fallback: Option<String>,
    delay_only: bool,
    share: Option<String>,
    line: String,
}

/// One expected row of the destinations: `destination <- source outcome [errors] [@server] [delay=seconds]`.
///
/// The outcome `ok` is expected of rows with a delay only: those are listed, too.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct ExpectedDestination {
    destination: String,
    source: String,
    outcome: String,
    errors: Option<BTreeSet<i64>>,
    server: Option<String>,
    delay: Option<f64>,
    line: String,
}

impl Expected {
    /// The rule that speaks.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The server that it is about.
    pub fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// Whether the row is a fail, waived or not.
    pub fn is_fail(&self) -> bool {
        self.outcome != "unknown"
    }

    /// How much is stated; of several expectations that fit a finding the most exact one takes it.
    pub(super) fn exactness(&self) -> usize {
        usize::from(self.rule != "*") * 16
            + usize::from(!self.anywhere) * 8
            + usize::from(self.text.is_some())
            + usize::from(self.rtype.is_some())
            + usize::from(self.severity.is_some())
    }

    pub(super) fn fits(&self, finding: &Finding) -> bool {
        let stated = |wanted: &Option<String>, actual: &str| wanted.as_deref().is_none_or(|wanted| wanted == actual);
        self.outcome == outcome(finding)
            && (self.rule == "*" || self.rule == finding.rule)
            && (self.anywhere || (self.dc == finding.dc && self.server == finding.server))
            && stated(&self.rtype, finding.rtype.as_deref().unwrap_or_default())
            && stated(&self.severity, severity(finding.severity))
            && self.text.as_deref().is_none_or(|text| {
                finding.message.contains(text) || finding.remedy.iter().any(|line| line.contains(text))
            })
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl TryFrom<String> for Expected {
    type Error = String;

    fn try_from(line: String) -> Result<Self, String> {
        let (words, text) = match line.split_once(" ~ ") {
            Some((words, text)) => (words, Some(text.trim().to_owned())),
            None => (line.as_str(), None),
        };
        let mut words = words.split_whitespace();
        let outcome = words.next().filter(|word| ["fail", "unknown", "waived"].contains(word));
        let (Some(outcome), Some(rule)) = (outcome, words.next()) else {
            return Err(format!("`{line}`: expected fail, unknown or waived, and a rule"));
        };
        let mut expected = Self {
            outcome: outcome.to_owned(),
            rule: rule.to_owned(),
            anywhere: false,
            dc: None,
            rtype: None,
            server: None,
            severity: None,
            text,
            line: String::new(),
        };
        for word in words {
            if let Some(server) = word.strip_prefix('@') {
                expected.server = Some(server.to_owned());
            } else if let Some(severity) = word.strip_prefix('(').and_then(|word| word.strip_suffix(')')) {
                expected.severity = Some(severity.to_owned());
            } else if word == "*" {
                expected.anywhere = true;
            } else if word.bytes().all(|octet| octet.is_ascii_uppercase()) {
                expected.rtype = Some(word.to_owned());
            } else if expected.dc.replace(word.to_owned()).is_some() {
                return Err(format!("`{line}`: two subjects"));
            }
        }
        expected.line = line;
        Ok(expected)
    }
}

impl ExpectedForecast {
    /// Whether every outcome will do, `ok` included.
    pub(super) fn is_any(&self) -> bool {
        self.outcome == "any"
    }

    /// The server that the destination asks.
    pub fn server(&self) -> &str {
        &self.server
    }

    pub(super) fn fits(&self, row: &ForecastRow) -> bool {
        (self.source == "*" || self.source == row.source)
            && self.server == row.server
            && (self.outcome == "any" || self.outcome == forecast_outcome(row.outcome))
            && self.errors.as_ref().is_none_or(|errors| errors.iter().eq(&BTreeSet::from_iter(row.errors.clone())))
            && self.fallback.as_deref().is_none_or(|wanted| row.fallback.map(fallback) == Some(wanted))
            && (!self.delay_only || row.delay_only)
            && self.share.as_ref().is_none_or(|share| *share == format!("{}/{}", row.wrong_addresses, row.addresses))
    }
}

impl fmt::Display for ExpectedForecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl TryFrom<String> for ExpectedForecast {
    type Error = String;

    fn try_from(line: String) -> Result<Self, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [source, server, outcome, rest @ ..] = &words[..] else {
            return Err(format!("`{line}`: expected source, @server and outcome"));
        };
        let server = server.strip_prefix('@').ok_or_else(|| format!("`{line}`: the second word is @server"))?;
        if !["fails", "intermittent", "unknown", "any"].contains(outcome) {
            return Err(format!("`{line}`: the outcome is fails, intermittent or unknown"));
        }
        let mut expected = Self {
            source: (*source).to_owned(),
            server: server.to_owned(),
            outcome: (*outcome).to_owned(),
            errors: None,
            fallback: None,
            delay_only: false,
            share: None,
            line: line.clone(),
        };
        for word in rest {
            if let Some(fallback) = word.strip_prefix("fallback=") {
                expected.fallback = Some(fallback.to_owned());
            } else if *word == "delay-only" {
                expected.delay_only = true;
            } else if word.contains('/') {
                expected.share = Some((*word).to_owned());
            } else {
                let errors = word.split(',').map(str::parse).collect::<Result<_, _>>();
                expected.errors = Some(errors.map_err(|_| format!("`{line}`: `{word}` is no list of errors"))?);
            }
        }
        Ok(expected)
    }
}

impl ExpectedDestination {
    /// The server whose answer counts.
    pub fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    pub(super) fn fits(&self, row: &DestinationRow) -> bool {
        self.destination == row.destination
            && self.source == row.source
            && self.outcome == forecast_outcome(row.outcome)
            && self.errors.as_ref().is_none_or(|errors| errors.iter().eq(&BTreeSet::from_iter(row.errors.clone())))
            && self.server.as_ref().is_none_or(|server| row.server.as_ref().is_some_and(|row| row == server))
            && row.delay_s.total_cmp(&self.delay.unwrap_or(0.0)).is_eq()
    }
}

impl fmt::Display for ExpectedDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl TryFrom<String> for ExpectedDestination {
    type Error = String;

    fn try_from(line: String) -> Result<Self, String> {
        let (destination, way) = line.split_once(" <- ").unwrap_or_default();
        let words: Vec<&str> = way.split_whitespace().collect();
        let [source, outcome, rest @ ..] = &words[..] else {
            return Err(format!("`{line}`: expected `destination <- source outcome`"));
        };
        let mut expected = Self {
            destination: destination.trim().to_owned(),
            source: (*source).to_owned(),
            outcome: (*outcome).to_owned(),
            errors: None,
            server: None,
            delay: None,
            line: line.clone(),
        };
        for word in rest {
            if let Some(server) = word.strip_prefix('@') {
                expected.server = Some(server.to_owned());
            } else if let Some(delay) = word.strip_prefix("delay=") {
                expected.delay = Some(delay.parse().map_err(|_| format!("`{line}`: `{delay}` is no number"))?);
            } else {
                let errors = word.split(',').map(str::parse).collect::<Result<_, _>>();
                expected.errors = Some(errors.map_err(|_| format!("`{line}`: `{word}` is no list of errors"))?);
            }
        }
        let listed = match *outcome {
            "fails" | "intermittent" | "unknown" => true,
            "ok" => expected.delay.is_some_and(|delay| delay > 0.0),
            _ => false,
        };
        if !listed {
            return Err(format!("`{line}`: the outcome is fails, intermittent, unknown, or ok with a delay"));
        }
        Ok(expected)
    }
}

pub(super) fn outcome(finding: &Finding) -> &'static str {
    match finding.outcome {
        _ if finding.waived.is_some() => "waived",
        Outcome::Fail => "fail",
        Outcome::Unknown => "unknown",
        Outcome::Pass => "pass",
    }
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

pub(super) fn forecast_outcome(outcome: ForecastOutcome) -> &'static str {
    match outcome {
        ForecastOutcome::Ok => "ok",
        ForecastOutcome::Fails => "fails",
        ForecastOutcome::Intermittent => "intermittent",
        ForecastOutcome::Unknown => "unknown",
    }
}

pub(super) fn fallback(fallback: Fallback) -> &'static str {
    match fallback {
        Fallback::Fqdn => "fqdn",
        Fallback::None => "none",
        Fallback::Unknown => "unknown",
    }
}
