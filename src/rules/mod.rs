//! The rules: one file each, and the registry that names them all.
//!
//! A rule is pure and total: it reads evidence through [`View`] and says pass, fail, unknown or not applicable for each
//! of its subjects into a [`Sink`]. The doc comment in its file is its manual page.

mod sink;
mod support;
#[cfg(test)]
mod tests;
mod view;

use crate::evidence::{Evidence, Purpose};
use crate::report::{ForecastRow, Severity};
use crate::{gone, inventory};
use sink::Walks;
pub use sink::{Draft, Outcomes, Sink, Subject};
pub use support::waiver_covers;
use support::{
    Cure, MEND_ELSEWHERE, Misplaced, NO_CANDIDATE, NOBODY_PROVEN, additions, codes, concerns_machine,
    guid_is_disproved, look_at_guid, machines, mend, mend_alias, names_dc, names_server, obstacle, owned,
    read_only_note, texts, waiver_scope,
};
use view::here::{first_label, is_lmhosts, is_name, own_names};
pub use view::{
    Absence, Addresses, Alias, Both, Content, Experience, Look, Ownership, Standing, Unusable, View, Why, rcode_name,
    rcode_number, special_address,
};

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
    doc: &'static str,
    check: fn(&View<'_>, &mut Sink<'_>),
}

impl Rule {
    /// A rule without a check, for tests of what is printed about rules.
    #[cfg(test)]
    pub(crate) const fn sample(
        name: &'static str,
        group: Group,
        severity: Severity,
        predicts: &'static [i64],
        doc: &'static str,
    ) -> Self {
        fn check(_: &View<'_>, _: &mut Sink<'_>) {}
        Self { name, group, severity, needs: &[], predicts, doc, check }
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

/// Defines the `RULE` of a file: its doc comment is the manual page, and a rule without one does not compile.
macro_rules! rule {
    (
        $(#[doc = $doc:literal])+
        $name:literal, $group:ident, $severity:ident,
        needs: [$($need:ident),*], predicts: [$($code:ident),*]
    ) => {
        $(#[doc = $doc])+
        pub(super) static RULE: $crate::rules::Rule = $crate::rules::Rule {
            name: $name,
            group: $crate::rules::Group::$group,
            severity: $crate::report::Severity::$severity,
            needs: &[$($crate::rules::Need::$need),*],
            predicts: &[$($crate::codes::$code),*],
            doc: concat!($($doc, "\n"),+),
            check,
        };
    };
}

macro_rules! registry {
    ($($module:ident),+ $(,)?) => {
        $(mod $module;)+
        static ALL: &[&Rule] = &[$(&$module::RULE),+];
    };
}

// In the order of the manual, which is also the order of work: rules that look at other rules' findings say so in
// `LAST`.
registry! {
    server_silent,
    server_refusing,
    server_outside_forest,
    server_answers_anything,
    server_truncates_without_tcp,
    servers_disagree,
    server_not_authoritative,
    alias_missing,
    alias_duplicate,
    alias_not_cname,
    alias_wrong_target,
    alias_dangling,
    alias_path_differs,
    walk_broken,
    host_missing,
    unusable_address,
    shared_address,
    stale_address,
    duplicate_address_records,
    address_unregistered,
    address_not_in_config,
    aaaa_nxdomain,
    ttl_unusual,
    wrong_machine,
    directory_not_running,
    guid_mismatch,
    ntds_settings_missing,
    replication_port_blocked,
    address_silent,
    clock_skew,
    hosts_file_override,
    local_resolution_differs,
    short_name_differs,
    own_address_not_registered,
    no_address_on_network,
    resolver_list,
    name_in_use,
    address_in_use,
    partner_port_blocked,
    leftover_record,
    waiver_expired,
    waiver_unused,
}

/// Rules that read the findings of all others, and therefore run after them.
const LAST: [&str; 4] = ["servers-disagree", "walk-broken", "waiver-expired", "waiver-unused"];

/// The rule that owns what no other does.
pub const BROKEN_WALK: &str = "walk-broken";

/// All rules, by group.
pub fn all() -> &'static [&'static Rule] {
    ALL
}

/// The names of all rules.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|rule| rule.name).collect()
}

/// The rule of this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.name == name)
}

/// Why a rule does not run, or `None` if it does.
pub fn switched_off(rule: &Rule, evidence: &Evidence) -> Option<&'static str> {
    let about_machines = rule.group == Group::Machine || rule.name == "address-not-in-config";
    deselected(rule, evidence).or_else(|| out_of_place(rule, evidence)).or_else(|| {
        (about_machines && !evidence.config.probe.enabled)
            .then_some("machines are not asked who they are (--no-probe, or `probe:` in the configuration)")
    })
}

/// Why a rule is not for this machine or this command, or `None` if it is.
fn out_of_place(rule: &Rule, evidence: &Evidence) -> Option<&'static str> {
    match rule.group {
        Group::Local if inventory::is_beside_candidate(evidence) => Some("guidpost does not run on the candidate"),
        Group::Local if !inventory::is_at_home(evidence) => Some(
            "guidpost does not run on a machine of the forest (no address of a configured DC, and `system` is not among \
             the DNS servers)",
        ),
        Group::Change if evidence.purpose.is_check() => Some("for the commands preflight and gone"),
        Group::Change if (rule.name == gone::RULE) != is_gone(evidence) => Some("not for this command"),
        _ => None,
    }
}

fn is_gone(evidence: &Evidence) -> bool {
    matches!(evidence.purpose, Purpose::Gone(_))
}

/// Why the configuration or the command line leave a rule out, or `None` if they do not.
fn deselected(rule: &Rule, evidence: &Evidence) -> Option<&'static str> {
    let selection = &evidence.selection;
    if evidence.config.rules.get(rule.name).is_some_and(|setting| setting.severity.is_none()) {
        return Some("turned off in the configuration");
    }
    if !selection.only.is_empty() && !selection.only.iter().any(|name| name == rule.name) {
        return Some("not among the rules of --only");
    }
    if selection.skip.iter().any(|name| name == rule.name) {
        return Some("left out by --skip");
    }
    // What is wrong with live DCs would drown the one answer that is wanted.
    if is_gone(evidence) && selection.only.is_empty() && !matches!(rule.group, Group::Change | Group::Run) {
        return Some("`gone` is about the former DC alone; `check`, or --only, applies the rest");
    }
    None
}

/// What has to be asked for the rules of the run.
pub fn needs(evidence: &Evidence) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    let elsewhere = |rule: &Rule| rule.group == Group::Change && out_of_place(rule, evidence).is_some();
    for rule in ALL.iter().filter(|rule| deselected(rule, evidence).is_none() && !elsewhere(rule)) {
        needs.extend(rule.needs.iter().filter(|need| !needs.contains(need)).copied().collect::<Vec<_>>());
    }
    needs
}

/// Runs every rule over the evidence. Pure, total and deterministic: the same evidence gives the same outcomes.
pub fn run(view: &View<'_>, forecast: &[ForecastRow], list_passes: bool) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let walks = Walks::of(forecast, view);
    let (last, first): (Vec<&Rule>, Vec<&Rule>) = ALL.iter().copied().partition(|rule| LAST.contains(&rule.name));
    for rule in first.into_iter().chain(last) {
        let mut sink = Sink::new(rule, &mut outcomes, &walks, list_passes);
        match switched_off(rule, view.evidence) {
            Some(reason) => sink.not_applicable(reason),
            None => {
                // What these say rests on what others said, and is no check of a record.
                if !LAST.contains(&rule.name) {
                    sink.count_blocked(view);
                }
                (rule.check)(view, &mut sink);
            }
        }
        sink.finish();
    }
    outcomes
}
