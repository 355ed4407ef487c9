//! The rules: one file each, and the registry that names them all.
//!
//! A rule is pure and total: it reads evidence through [`View`] and says pass, fail, unknown or not applicable for each
//! of its subjects into a [`Sink`]. The doc comment in its file is its manual page.

mod support;
#[cfg(test)]
mod tests;

use crate::evidence::Evidence;
use crate::findings::{Group, Need, Outcomes, Rule, Sink, Walks};
use crate::inventory;
use crate::report::ForecastRow;
use crate::view::{Cause, View};
pub use support::waiver_covers;
use support::{
    Cure, MEND_ELSEWHERE, Misplaced, NO_CANDIDATE, NOBODY_PROVEN, additions, codes, concerns_machine,
    guid_is_disproved, look_at_guid, machines, mend, mend_alias, names_dc, names_server, obstacle, owned,
    read_only_note, texts, waiver_scope,
};

/// What a rule does.
type Check = fn(&View<'_>, &mut Sink<'_>);

/// Defines the `RULE` of a file: its doc comment is the manual page, and a rule without one does not compile.
macro_rules! rule {
    (
        $(#[doc = $doc:literal])+
        $name:literal, $group:ident, $severity:ident,
        needs: [$($need:ident),*], predicts: [$($code:ident),*]
        $(, owns: [$($cause:ident),*])?
        $(, explains: $explains:ident)?
        $(, items: [$($item:literal),*])?
        $(, flags: [$($flag:ident),*])?
    ) => {
        $(#[doc = $doc])+
        pub(super) static RULE: $crate::findings::Rule = $crate::findings::Rule {
            name: $name,
            group: $crate::findings::Group::$group,
            severity: $crate::report::Severity::$severity,
            needs: &[$($crate::findings::Need::$need),*],
            predicts: &[$($crate::base::codes::$code),*],
            doc: concat!($($doc, "\n"),+),
            traits: $crate::findings::Traits {
                $(owns: &[$($crate::view::Cause::$cause),*],)?
                $(explains: $crate::findings::Explains::$explains,)?
                $(items: &[$($item),*],)?
                $($($flag: true,)*)?
                ..$crate::findings::Traits::PLAIN
            },
        };
        pub(super) const CHECK: $crate::rules::Check = check;
    };
}

macro_rules! registry {
    ($($module:ident),+ $(,)?) => {
        $(mod $module;)+
        static ALL: &[&Rule] = &[$(&$module::RULE),+];
        /// In the same order.
        static CHECKS: &[Check] = &[$($module::CHECK),+];
    };
}

// In the order of the manual, which is also the order of work, but for rules that look at other rules' findings, which
// are marked as `last`.
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

/// The name of the rule that explains this.
pub fn owner(cause: Cause) -> Option<&'static str> {
    ALL.iter().find(|rule| rule.traits.owns.contains(&cause)).map(|rule| rule.name)
}

/// The names of the rules that speak of a broken walk that no other rule explains.
pub fn owners_of_the_rest() -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(|rule| rule.traits.owns_rest).map(|rule| rule.name)
}

/// Whether a finding of the rule of this name says that nothing can be seen at its server.
pub fn blocks_server(name: &str) -> bool {
    find(name).is_some_and(|rule| rule.traits.blocks_server)
}

/// Why a rule does not run, or `None` if it does.
pub fn switched_off(rule: &Rule, evidence: &Evidence) -> Option<&'static str> {
    let about_machines = rule.group == Group::Machine || rule.traits.asks_machines;
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
        Group::Change if rule.traits.about_departed != evidence.purpose.departed().is_some() => {
            Some("not for this command")
        }
        _ => None,
    }
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
    let is_gone = evidence.purpose.departed().is_some();
    if is_gone && selection.only.is_empty() && !matches!(rule.group, Group::Change | Group::Run) {
        return Some("`gone` is about the former DC alone; `check`, or --only, applies the rest");
    }
    None
}

/// Whether any rule about the records of DCs runs.
pub fn about_records_run(evidence: &Evidence) -> bool {
    ALL.iter().any(|rule| rule.group.is_about_records() && switched_off(rule, evidence).is_none())
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
    let mut outcomes = Outcomes { rules: ALL, ..Outcomes::default() };
    let walks = Walks::of(forecast, view);
    let checks = ALL.iter().copied().zip(CHECKS);
    let (last, first): (Vec<_>, Vec<_>) = checks.partition(|(rule, _)| rule.traits.last);
    for (rule, check) in first.into_iter().chain(last) {
        let mut sink = Sink::new(rule, &mut outcomes, &walks, list_passes);
        match switched_off(rule, view.evidence) {
            Some(reason) => sink.switch_off(reason),
            None => {
                // What these say rests on what others said, and is no check of a record.
                if !rule.traits.last {
                    sink.count_blocked(view);
                }
                check(view, &mut sink);
            }
        }
        sink.finish();
    }
    outcomes
}
