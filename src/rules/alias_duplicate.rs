use super::Misplaced;
use crate::base::address::address_type;
use crate::base::dns::RecordType;
use crate::findings::{Draft, Sink, Subject};
use crate::report::Severity;
use crate::view::{Alias, View};

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
    "alias-duplicate", Alias, Critical, needs: [Alias], predicts: [DNS_LOOKUP_FAILURE, ENDPOINT_NOT_REGISTERED],
    owns: [AliasDuplicate]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, alias, server) in view.aliases() {
        let Alias::Targets { targets, folded, beside, authoritative, .. } = view.alias(dc, server) else { continue };
        let subject = Subject::record(dc, server, alias, RecordType::CNAME);
        if targets.len() == 1 && beside.is_empty() {
            sink.pass(subject);
            continue;
        }
        let store = &view.evidence.store;
        let spelled: Vec<&str> = targets.iter().map(|&target| store.name(target)).collect();
        let mut different: Vec<&str> = folded.iter().map(|&target| store.name(target)).collect();
        different.sort_unstable();
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
            &Misplaced { alias, wrong, right_remains: kept.is_some(), authoritative: *authoritative },
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

#[cfg(test)]
mod tests {
    use crate::testing::{ALIAS2, World, row, samba};

    fn with(lines: &[&str]) -> World {
        lines.iter().fold(World::new(), |world, data| world.add("dc2", &format!("{ALIAS2} 600 {data}")))
    }

    const LABEL: &str = "_msdcs.contoso.com 22222222-2222-4222-8222-222222222222";

    #[test]
    fn deletes_the_wrong_one_and_adds_nothing_beside_the_right_one() {
        let finding = with(&["CNAME dc1.contoso.com"]).finding("alias-duplicate");
        assert_eq!(row(&finding), "fail critical dc2.contoso.com CNAME @dc2");
        assert_eq!(finding.actual, ["dc1.contoso.com", "dc2.contoso.com"]);
        assert_eq!(finding.predicts, [1753, 8524]);
        assert_eq!(samba(&finding), [format!("# delete 192.0.2.11 {LABEL} CNAME dc1.contoso.com.")]);
    }

    #[test]
    fn adds_the_right_one_where_all_are_wrong() {
        let wrong = World::new().remove("dc2", ALIAS2).add("dc2", &format!("{ALIAS2} 600 CNAME a.contoso.com"));
        let finding = wrong.add("dc2", &format!("{ALIAS2} 600 CNAME b.contoso.com")).finding("alias-duplicate");
        let last = samba(&finding).pop();
        assert_eq!(last, Some(format!("# add 192.0.2.11 {LABEL} CNAME dc2.contoso.com.")));
        assert_eq!(samba(&finding).len(), 3);
    }

    #[test]
    fn addresses_beside_the_alias_go() {
        let finding = with(&["A 192.0.2.11"]).finding("alias-duplicate");
        assert_eq!(samba(&finding), [format!("# delete 192.0.2.11 {LABEL} A 192.0.2.11")]);
    }

    #[test]
    fn another_spelling_is_a_warning_and_the_same_record_twice_is_one() {
        let finding = with(&["CNAME DC2.contoso.com"]).finding("alias-duplicate");
        assert_eq!(row(&finding), "fail warning dc2.contoso.com CNAME @dc2");
        assert_eq!(finding.predicts, [0; 0]);
        assert_eq!(samba(&finding), [format!("# delete 192.0.2.11 {LABEL} CNAME DC2.contoso.com.")]);
        assert_eq!(with(&["CNAME dc2.contoso.com"]).rows("alias-duplicate"), [""; 0]);
    }
}
