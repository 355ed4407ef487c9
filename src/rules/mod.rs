//! The rules: one file each, and the registry that names them all.
//!
//! A rule is pure and total: it reads evidence through [`view::View`] and says pass, fail, unknown or not applicable
//! for each of its subjects into a [`Sink`]. The doc comment of its [`Rule`] is its manual page.

use crate::report::Severity;

/// What a rule is about; the groups of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The DNS servers themselves.
    Servers,
    /// The alias `<guid>._msdcs.<forest>`.
    Alias,
    /// The address records of host names.
    Host,
    /// The run itself.
    Run,
}

/// One rule.
pub struct Rule {
    /// Its name in configuration, reports and metrics; names the defect, and is never reused.
    pub name: &'static str,
    /// What it is about.
    pub group: Group,
    /// Severity of its findings, unless the configuration or a rule's own text says otherwise.
    pub severity: Severity,
    /// Win32 error and event numbers that its findings may predict, in the order of likelihood.
    pub predicts: &'static [i64],
    /// Its manual page: a summary line, then sections headed `# What it checks`, `# Why it matters`, `# How to fix`
    /// and `# References`.
    pub manual: &'static str,
}

impl Rule {
    /// The first paragraph of the manual page, on one line.
    pub fn summary(&self) -> String {
        self.manual.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// All rules, by group.
pub fn all() -> &'static [&'static Rule] {
    &[]
}

/// The rule of this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    all().iter().copied().find(|rule| rule.name == name)
}
