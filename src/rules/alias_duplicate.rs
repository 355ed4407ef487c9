use super::Alias;
use super::{Draft, Sink, Subject, View};
use crate::evidence::RecordType;
use crate::remedy::Place;
use crate::report::Severity;

rule! {
    /// More than one alias stands at the name of a DC's alias, or addresses stand beside it.
    ///
    /// # What it checks
    /// Whether the name holds one CNAME and nothing else. The same target twice, spelled in different case, is a warning.
    ///
    /// # Why it matters
    /// DNS allows one CNAME and no other data at a name. What a client makes of more depends on the client and on the order
    /// of the answer: it may reach another machine (error 1753) or none (error 8524).
    ///
    /// # How to fix
    /// Delete every record but the one that points to the DC's host name.
    ///
    /// # References
    /// RFC 1034 section 3.6.2, RFC 2181 section 10.1.
    "alias-duplicate", Alias, Critical, needs: [Alias], predicts: [DNS_LOOKUP_FAILURE, ENDPOINT_NOT_REGISTERED]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, alias, server) in view.aliases() {
        let Alias::Targets { targets, beside, .. } = view.alias(server, alias) else { continue };
        let subject = Subject::record(dc, server, alias, RecordType::CNAME);
        let store = &view.evidence.store;
        let spelled: Vec<&str> = targets.iter().map(|&target| store.name(target)).collect();
        let mut different: Vec<&str> = targets.iter().map(|&target| store.lower(target)).collect();
        different.sort_unstable();
        different.dedup();
        if targets.len() == 1 && beside.is_empty() {
            sink.pass(subject);
            continue;
        }
        let only_spelling = different.len() == 1 && beside.is_empty();
        let place = Place::of(view, server, dc, alias);
        let mut remedy = Vec::new();
        if only_spelling {
            remedy.extend(place.delete(RecordType::CNAME, spelled.last().unwrap_or(&"")));
        }
        for target in different.iter().filter(|target| !only_spelling && !dc.is_named(target)) {
            remedy.extend(place.delete(RecordType::CNAME, target));
        }
        for address in &beside {
            remedy.extend(place.delete(crate::remedy::address_type(*address), &address.to_string()));
        }
        let mut actual: Vec<String> = spelled.iter().map(|name| (*name).to_owned()).collect();
        actual.extend(beside.iter().map(ToString::to_string));
        actual.sort();
        let message = if only_spelling {
            format!("the same target stands there {} times, spelled differently: {}", targets.len(), actual.join(", "))
        } else {
            format!("one alias may stand there, and nothing else; there are {}: {}", actual.len(), actual.join(", "))
        };
        sink.fail(
            subject,
            Draft {
                severity: only_spelling.then_some(Severity::Warning),
                expected: dc.host.iter().map(ToString::to_string).collect(),
                actual,
                message,
                predicts: if only_spelling { Vec::new() } else { super::codes(&RULE) },
                remedy,
            },
        );
    }
}
