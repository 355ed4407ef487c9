use super::{Alias, Draft, Misplaced, Sink, Subject, View};
use crate::evidence::RecordType;
use crate::remedy::address_type;
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
        let Alias::Targets { targets, beside, authoritative, .. } = view.alias(server, alias) else { continue };
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
        // One is kept: the host name, else another right name, else the only target there is.
        let is_host = |target: &&&str| dc.host.as_ref().is_some_and(|host| host.as_str() == **target);
        let right = different.iter().find(is_host).or_else(|| different.iter().find(|target| dc.is_named(target)));
        let kept = right.or(if only_spelling { different.first() } else { None }).copied();
        let mut wrong: Vec<(RecordType, String)> =
            different.iter().filter(|target| Some(**target) != kept).map(|target| cname(target)).collect();
        let spellings = spelled.iter().filter(|target| kept.is_some_and(|kept| target.eq_ignore_ascii_case(kept)));
        // Capitals sort first, so the spelling that stays is the one in lower case.
        wrong.extend(spellings.rev().skip(1).map(|target| cname(target)));
        wrong.extend(beside.iter().map(|&address| (address_type(address), address.to_string())));
        let cure = super::mend_alias(
            view,
            dc,
            server,
            &Misplaced { alias, wrong, right_remains: kept.is_some(), authoritative },
        );
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
                message: format!("{message}{}", cure.note),
                predicts: if only_spelling { Vec::new() } else { super::codes(&RULE) },
                remedy: cure.remedy,
            },
        );
    }
}

fn cname(target: &str) -> (RecordType, String) {
    (RecordType::CNAME, target.to_owned())
}
