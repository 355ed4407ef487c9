//! Why there is nothing to check.

use super::survey::Survey;
use super::{names, seen};
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::Resolved;
use crate::report::Incomplete;

/// What a person can do.
const ADVICE: &str = "name the forest with --forest NAME, a domain controller or DNS server with --from ADDRESS, or a \
                      configuration file with -c FILE";

/// How many endings a message holds.
const MOST: usize = 6;

/// Why discovery ended without a forest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nobody is there to ask.
    #[error("there is no configuration, and no DNS server to find the forest with: {0}; {ADVICE}")]
    NoServer(String),
    /// Nothing says which forest it is.
    #[error("there is no configuration, and no forest was found: {0}; {ADVICE}")]
    NoForest(String),
    /// The forest that was named, or found, has no domain controller.
    #[error("no domain controller of {forest} was found: {tried}; {ADVICE}")]
    NoController {
        /// The forest.
        forest: DnsName,
        /// Who said what.
        tried: String,
    },
    /// What was named as a forest is a domain of one.
    #[error("{domain} is a domain of the forest {root}, its controllers say; use --forest {root}")]
    NotTheRoot {
        /// What was named.
        domain: DnsName,
        /// What its controllers say.
        root: DnsName,
    },
    /// The run ended first.
    #[error("{} before the forest was known: nothing was checked", match .0 {
        Incomplete::Deadline => "the deadline passed",
        Incomplete::Interrupted => "the run was interrupted",
    })]
    Ended(Incomplete),
    /// What was found makes no configuration.
    #[error("there is no configuration, and none can be made: {0}")]
    Unusable(String),
}

/// Why there is no forest.
pub(super) fn nothing(survey: &Survey<'_>) -> Failure {
    if let Some(why) = no_server(survey) {
        return Failure::NoServer(why);
    }
    let mut tried = survey.useless.clone();
    for hint in &survey.hints {
        tried.push(format!("{} ({}): {}", hint.domain, hint.source, asked(survey, &hint.domain)));
    }
    if let (Some(forest), [_, ..]) = (&survey.start.forest, &survey.hints[..]) {
        return Failure::NoController { forest: forest.clone(), tried: of_named(survey, forest) };
    }
    if tried.is_empty() {
        tried.push("this machine belongs to no domain that its configuration names".into());
    }
    let servers: Vec<String> =
        survey.first.iter().filter_map(|server| Some(server.address?.ip().to_string())).take(MOST).collect();
    tried.push(if survey.start.base.probe.enabled {
        format!("no domain controller answered at {}", servers.join(", "))
    } else {
        "no machine was asked (--no-probe)".into()
    });
    Failure::NoForest(tried.join("; "))
}

/// Why there is no DC in a forest.
pub(super) fn nobody(survey: &Survey<'_>, forest: &DnsName) -> Failure {
    Failure::NoController { forest: forest.clone(), tried: of_named(survey, forest) }
}

fn of_named(survey: &Survey<'_>, forest: &DnsName) -> String {
    let mut tried = asked(survey, forest);
    if forest.parent().is_none() {
        tried.push_str("; a single label is rarely the DNS name of a forest");
    }
    tried
}

fn no_server(survey: &Survey<'_>) -> Option<String> {
    if survey.first.iter().any(|server| server.address.is_some()) {
        return None;
    }
    let trouble = survey.first.iter().find_map(|server| server.trouble.clone());
    let system = match &survey.evidence.system {
        Some(Resolved::Failed(text)) => Some(text.clone()),
        Some(Resolved::Addresses(list)) if list.is_empty() => Some("this machine has no resolver".into()),
        _ => None,
    };
    Some(trouble.or(system).unwrap_or_else(|| "none has an address of the family asked for".into()))
}

/// How the question for a domain's controllers ended.
fn asked(survey: &Survey<'_>, domain: &DnsName) -> String {
    let name = names::controllers(domain);
    let mut endings = seen::endings(survey.evidence, &name, RecordType::SRV);
    let more = endings.len().saturating_sub(MOST);
    endings.truncate(MOST);
    if more > 0 {
        endings.push(format!("{more} more likewise"));
    }
    let endings = if endings.is_empty() { "nobody was asked".into() } else { endings.join(", ") };
    format!("{}: {endings}", names::record(RecordType::SRV, &name))
}
