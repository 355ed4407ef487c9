//! The report: what renderers get, and to the letter what `--format json` prints (`guidpost.report/1`).
//!
//! Names are in lower case without final dot, addresses in RFC 5952 form, lists sorted. Text that came from the network
//! stands here unescaped; each renderer escapes it for its medium.

mod shared;

use serde::{Deserialize, Serialize};
pub use shared::Shared;

pub use crate::base::severity::{Severity, Verdict};
pub use crate::evidence::{Assumption, Incomplete, Tool};
pub use crate::machine::Identity;

/// The schema identifier of [`Report`].
pub const SCHEMA: &str = "guidpost.report/1";

/// What a rule says of one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The subject breaks the rule.
    Fail,
    /// It could not be seen whether it does.
    Unknown,
    /// The subject keeps the rule; listed only with `-v`.
    Pass,
}

/// The whole report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    /// `guidpost.report/1`.
    pub schema: String,
    /// What made the report.
    pub tool: Tool,
    /// DNS name of the forest root domain.
    pub forest: String,
    /// When asking began, RFC 3339, UTC.
    pub started_at: String,
    /// How long asking took, in milliseconds.
    pub elapsed_ms: u64,
    /// The conclusion.
    pub verdict: Verdict,
    /// Why the run ended before everything was asked; absent for a complete run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub incomplete: Option<Incomplete>,
    /// How many subjects ended how.
    pub counts: Counts,
    /// One row per DNS server, by name.
    pub servers: Vec<ServerRow>,
    /// One row per address and DC under whose name it stands or to whom it belongs.
    pub addresses: Vec<AddressRow>,
    /// One row per source DC and DNS server.
    pub forecast: Vec<ForecastRow>,
    /// What each destination DC whose resolvers are known will experience with each source.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub destinations: Vec<DestinationRow>,
    /// How many pairs of destination and source `destinations` leaves out: where there are more than a million, it holds
    /// those alone where replication does not simply work, and no more than a million of them.
    #[serde(skip_serializing_if = "is_zero")]
    #[serde(default)]
    pub destinations_left_out: usize,
    /// The candidate of `preflight`, or the former DC of `gone`: names, addresses and GUIDs as far as they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub about: Option<String>,
    /// The items of `preflight` and `gone`, in the order in which they are worked through.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub checklist: Vec<ChecklistItem>,
    /// Fails and unknowns, and with `-v` passes; the gravest first.
    pub findings: Vec<Finding>,
    /// Rules that were not applied, with the reason.
    pub not_checked: Vec<NotChecked>,
    /// What the configuration does not say of a DC, and its own machine did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub learned: Vec<Learned>,
    /// What no configuration says and was taken for granted, with its origin.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub assumed: Vec<Assumption>,
    /// Subjects of which nothing at all could be verified: silence is no success.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub unverified: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// What was learned of a DC from its own machine, and used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Learned {
    /// The DC.
    pub dc: String,
    /// GUID of its NTDS Settings object, where the configuration has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub guid: Option<String>,
    /// Addresses that proved to be its own, where the configuration has none.
    pub addresses: Vec<String>,
}

/// Numbers of subjects by outcome. A waived finding counts under `waived` alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Counts {
    /// Fails of severity critical.
    pub critical: usize,
    /// Fails of severity warning.
    pub warning: usize,
    /// Fails of severity info.
    pub info: usize,
    /// What could not be seen, including the checks that a silent, refusing or foreign server made impossible.
    pub unknown: usize,
    /// Subjects that were checked and are right.
    pub passed: usize,
    /// Findings covered by a waiver.
    pub waived: usize,
}

/// How a DNS server behaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ServerStatus {
    /// Every question was answered.
    Answering,
    /// Some questions were answered, others not.
    Partial,
    /// It answers, and refuses or fails everything about the forest.
    Refusing,
    /// No reply at all; in an incomplete run, none yet.
    Silent,
    /// The machine says that nothing listens on the port.
    Closed,
    /// The network says that there is no way to the address.
    Unreachable,
    /// Its host name has no address here.
    Unresolved,
}

/// One DNS server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServerRow {
    /// Its name in this report; unique.
    pub server: String,
    /// `address:port`; empty when its host name has no address.
    pub address: String,
    /// How it behaved.
    pub status: ServerStatus,
    /// Questions that the run had for it.
    pub questions: usize,
    /// Questions that it answered.
    pub answers: usize,
    /// Median response time in milliseconds; absent without any answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub rtt_ms: Option<f64>,
    /// Servers with the same letter hold the same data; absent where nothing can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub group: Option<String>,
    /// Other names of the same address and port in the configuration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub also: Vec<String>,
    /// What the operating system said, for a server that could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub trouble: Option<String>,
}

/// One address under one DC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AddressRow {
    /// The address.
    pub address: String,
    /// The DC under whose name it stands, or to whom it belongs.
    pub dc: String,
    /// The names under which it was seen.
    pub names: Vec<String>,
    /// Who answers there.
    pub identity: Identity,
    /// What that machine calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub who: Option<String>,
    /// What led to the identity, one line each.
    pub evidence: Vec<String>,
}

/// What a destination DC that asks this server will experience with this source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ForecastOutcome {
    /// Every address leads to the source DC.
    Ok,
    /// Replication fails with one of `errors`.
    Fails,
    /// Some of the addresses are wrong.
    Intermittent,
    /// It cannot be said.
    Unknown,
}

/// On what a forecast rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// The machine at the address was asked.
    Probed,
    /// It follows from DNS and the configuration alone.
    Inferred,
}

/// Whether the fallback to the fully qualified host name works where the alias fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Fallback {
    /// It does: event 2088, replication may still succeed.
    Fqdn,
    /// It does not: event 2087.
    None,
    /// It cannot be said.
    Unknown,
}

/// One cell of the matrix source DC × DNS server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ForecastRow {
    /// Host name of the source DC (its GUID where no host name is known).
    pub source: Shared,
    /// The GUID of its NTDS Settings object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub guid: Option<Shared>,
    /// The DNS server that the destination asks.
    pub server: Shared,
    /// What happens.
    pub outcome: ForecastOutcome,
    /// Win32 codes that a Windows destination logs, decimal.
    pub errors: Vec<i64>,
    /// On what this rests.
    pub certainty: Certainty,
    /// How many of `addresses` lead elsewhere.
    pub wrong_addresses: usize,
    /// How many addresses the chain ends at.
    pub addresses: usize,
    /// Where the alias fails: whether the host name still works.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub fallback: Option<Fallback>,
    /// Every wrong address only costs time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[serde(default)]
    pub delay_only: bool,
    /// The rules whose findings explain the outcome.
    pub rules: Vec<String>,
    /// The chain in words, or why nothing can be said.
    pub message: Shared,
}

impl ForecastRow {
    /// Whether a destination cannot replicate, or only sometimes; what merely costs time is left aside.
    pub fn is_broken(&self) -> bool {
        match self.outcome {
            ForecastOutcome::Fails => true,
            ForecastOutcome::Intermittent => !self.delay_only,
            ForecastOutcome::Ok | ForecastOutcome::Unknown => false,
        }
    }
}

/// What one destination DC experiences with one source, with the resolvers that it uses, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DestinationRow {
    /// The destination: host name of a DC, or of this machine.
    pub destination: Shared,
    /// The names of its resolvers in this report, in its order; an address that is no server of the run stands as such.
    pub resolvers: Vec<Shared>,
    /// Host name of the source DC (its GUID where no host name is known).
    pub source: Shared,
    /// The resolver whose answer counts; absent where none or several may.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub server: Option<Shared>,
    /// How long the destination waits for silent resolvers before it asks that one, or gives up, in seconds.
    pub delay_s: f64,
    /// What happens.
    pub outcome: ForecastOutcome,
    /// Win32 codes that a Windows destination logs, decimal.
    pub errors: Vec<i64>,
    /// On what this rests.
    pub certainty: Certainty,
    /// Where the alias fails: whether the host name still works.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub fallback: Option<Fallback>,
    /// Every wrong address only costs time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[serde(default)]
    pub delay_only: bool,
    /// The rules whose findings explain the outcome.
    pub rules: Vec<String>,
    /// The way in words, or why nothing can be said.
    pub message: Shared,
}

/// One item of a checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChecklistItem {
    /// What it is called, for programs; stays the same from release to release.
    pub item: String,
    /// What it asks, for people.
    pub title: String,
    /// How it ended.
    pub status: ItemStatus,
    /// Why, in a sentence; empty where it passed and nothing is to be said.
    pub reason: String,
    /// What was looked at or found, one line each.
    pub details: Vec<String>,
    /// The rules whose findings decide it.
    pub rules: Vec<String>,
}

/// How an item of a checklist ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ItemStatus {
    /// Everything that it asks is right.
    Pass,
    /// It could not be seen, or only in part.
    NotChecked,
    /// Something is wrong.
    Fail,
}

/// What one rule says of one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    /// Rule name.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// Fail, unknown or pass.
    pub outcome: Outcome,
    /// The DC whose record it is about: host name, or GUID where no host name is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub dc: Option<String>,
    /// The DNS server that holds the record; absent only where it is about no single server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub server: Option<String>,
    /// Owner name of the RRset.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub name: Option<String>,
    /// Record type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub rtype: Option<String>,
    /// What ought to be there.
    pub expected: Vec<String>,
    /// What is there.
    pub actual: Vec<String>,
    /// The finding in one sentence or two.
    pub message: String,
    /// Win32 error and event numbers that follow from it.
    pub predicts: Vec<i64>,
    /// What to do, one line each: commands to copy, and notes that begin with `#`.
    pub remedy: Vec<String>,
    /// Set when a waiver covers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub waived: Option<Waived>,
    /// Stable hash of rule, dc, server, name and type.
    pub fingerprint: String,
}

/// The waiver that covers a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Waived {
    /// Why it is accepted.
    pub reason: String,
    /// Last day, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default)]
    pub until: Option<String>,
}

/// A rule that was not applied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotChecked {
    /// Rule name.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// For how many subjects.
    pub subjects: usize,
}
