//! What is known of a rule without running it.

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
        Self { name, group, severity, needs: &[], predicts, doc }
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
