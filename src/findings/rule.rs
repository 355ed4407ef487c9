//! What is known of a rule without running it.

use crate::report::Severity;
use crate::view::Cause;

/// What a rule is about; the groups of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The DNS servers themselves.
    Servers,
    /// The alias `<guid>._msdcs.<forest>`.
    Alias,
    /// The address records of host names.
    Host,
    /// The machines behind the addresses.
    Machine,
    /// The machine that guidpost runs on, or that is to become a DC.
    Local,
    /// A machine that is to become a DC, or was one.
    Change,
    /// The run itself.
    Run,
}

impl Group {
    /// Whether its rules speak of a DC's records, or of the machines behind them: what cannot be seen at a server that
    /// is silent, refuses or does not know the forest.
    pub fn is_about_records(self) -> bool {
        matches!(self, Self::Alias | Self::Host | Self::Machine)
    }

    /// The group's heading in the manual.
    pub fn title(self) -> &'static str {
        match self {
            Self::Servers => "DNS servers",
            Self::Alias => "The alias <guid>._msdcs.<forest>",
            Self::Host => "Host records",
            Self::Machine => "The machines behind the addresses",
            Self::Local => "The machine itself",
            Self::Change => "Before promotion, after demotion",
            Self::Run => "The run",
        }
    }
}

/// A kind of question that a rule's verdict rests on; the SOA of the forest's zones is asked in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The alias of every DC, and the addresses of its targets.
    Alias,
    /// A and AAAA of every host name.
    Hosts,
    /// Names that cannot exist.
    Canaries,
    /// SOA at RD=0.
    Authority,
    /// The machines behind the addresses, who they are.
    Identity,
    /// This machine's own configuration.
    Local,
    /// What this machine's own resolution says of the names of DCs.
    Lookups,
    /// Where the name and the addresses of a machine that is to become a DC may stand.
    Candidate,
    /// The ports of its partners.
    Ports,
    /// The names of a former DC.
    Former,
    /// The zones that its records may stand in, as a whole.
    Zones,
}

/// One rule.
pub struct Rule {
    /// Its name in configuration, reports and metrics; names the defect, and is never reused.
    pub name: &'static str,
    /// What it is about.
    pub group: Group,
    /// Severity of its findings, unless the configuration or the rule's own text says otherwise.
    pub severity: Severity,
    /// What has to be asked for it.
    pub needs: &'static [Need],
    /// Win32 error and event numbers that its findings may predict.
    pub predicts: &'static [i64],
    /// The doc comment, every line with the blank in front that doc comments have.
    pub doc: &'static str,
    /// What others may do with its findings.
    pub traits: Traits,
}

/// What rooms beside the rules have to know of a rule, so that they need not know its name.
#[derive(Clone, Copy)]
pub struct Traits {
    /// What stops a destination and is explained by its findings.
    pub owns: &'static [Cause],
    /// It speaks of the walks that no other rule explains.
    pub owns_rest: bool,
    /// Which difference between servers its findings explain.
    pub explains: Explains,
    /// The items of the checklist before a promotion that rest on its findings.
    pub items: &'static [&'static str],
    /// It reads the findings of all others, and therefore runs after them.
    pub last: bool,
    /// Its findings say that nothing can be seen at a server.
    pub blocks_server: bool,
    /// It rests on what machines say, although it is about records.
    pub asks_machines: bool,
    /// It is about what a former DC left.
    pub about_departed: bool,
}

impl Traits {
    /// Nothing of that, but that a finding explains why servers differ about its record.
    pub const PLAIN: Self = Self {
        owns: &[],
        owns_rest: false,
        explains: Explains::Record,
        items: &[],
        last: false,
        blocks_server: false,
        asks_machines: false,
        about_departed: false,
    };
}

/// Which difference between servers a finding explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explains {
    /// None.
    Nothing,
    /// That of its own record.
    Record,
    /// That of the addresses of both families.
    BothFamilies,
}

impl Rule {
    /// A rule for tests of what is printed about rules.
    #[cfg(test)]
    pub(crate) const fn sample(
        name: &'static str,
        group: Group,
        severity: Severity,
        predicts: &'static [i64],
        doc: &'static str,
    ) -> Self {
        Self { name, group, severity, needs: &[], predicts, doc, traits: Traits::PLAIN }
    }

    /// Its manual page: a summary line, then sections headed `# What it checks`, `# Why it matters`, `# How to fix` and
    /// `# References`.
    pub fn manual(&self) -> String {
        let lines = self.doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The first paragraph of the manual page, on one line.
    pub fn summary(&self) -> String {
        let manual = self.manual();
        manual.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
