//! Whom a run is about.

use crate::evidence::{Candidate, Departed, Purpose};

/// Whom a run is about that is not about the whole forest.
pub(super) fn about(purpose: &Purpose) -> Option<String> {
    purpose.candidate().map(about_candidate).or_else(|| purpose.departed().map(about_departed))
}

fn about_candidate(candidate: &Candidate) -> String {
    let own = if candidate.here { " (this machine)" } else { "" };
    let addresses = candidate.addresses.iter().map(ToString::to_string);
    let words: Vec<String> = [candidate.host.to_string()].into_iter().chain(addresses).collect();
    words.join(", ") + own
}

fn about_departed(departed: &Departed) -> String {
    let hosts = departed.hosts.iter().map(ToString::to_string);
    let words = hosts.chain(departed.guids.iter().map(ToString::to_string));
    let words: Vec<String> = words.chain(departed.addresses.iter().map(ToString::to_string)).collect();
    words.join(", ")
}
