//! What people ask about: addresses, host names, and GUIDs, also those that stand in a pasted text.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::guid::Guid;
use super::name::{DnsName, NameError};

/// What an argument means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Subject {
    /// The machine behind this address, whoever it is.
    Address(IpAddr),
    /// The DC of this host name, or of this first label.
    Host(DnsName),
    /// The DC whose NTDS Settings object has this GUID.
    Guid {
        /// The GUID.
        guid: Guid,
        /// The forest, where the text has the whole alias.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        forest: Option<DnsName>,
    },
}

/// Why nothing can be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// There is no text.
    #[error("there is nothing to identify: give an address, a host name, a GUID, or the text of an event")]
    Empty,
    /// A text without a GUID.
    #[error("the text holds no GUID of an NTDS Settings object, such as 3dab7f9b-92e7-4391-b8db-71df532c1493")]
    NoGuid,
    /// Its GUIDs are all of another kind.
    #[error(
        "the text holds no GUID of an NTDS Settings object: {0} stands for something else (an invocation ID, a \
         connection or a naming context)"
    )]
    OtherGuid(Guid),
    /// Neither address nor name.
    #[error("`{0}` is neither an address nor a host name: a name does not end in a number")]
    Number(String),
    /// No name.
    #[error("`{text}` is no address, no GUID and no host name: {error}")]
    Name {
        /// What was given.
        text: String,
        /// What is wrong with it.
        error: NameError,
    },
}

/// Characters of a GUID in its dashed form.
const GUID_LENGTH: usize = 36;

/// The RPC interface DRSUAPI (MS-DRSR 1.9): it stands in every service principal name of replication.
const DRSUAPI: &str = "e3514235-4b06-11d1-ab04-00c04fc2dcd2";

/// What stands before GUIDs that belong to no NTDS Settings object, in the output of `repadmin` and `samba-tool`.
const OTHER_KINDS: [&str; 4] = ["invocation", "connection name", "naming context", "interface"];

/// Reads arguments: each by itself, or all together as one text that lost its quotes.
///
/// # Errors
/// Says which argument means nothing, or that the text has no GUID.
pub fn of_arguments(arguments: &[String]) -> Result<Vec<Subject>, SubjectError> {
    let all = arguments.join(" ");
    if all.trim().is_empty() {
        return Err(SubjectError::Empty);
    }
    let single: Vec<_> = arguments.iter().map(|argument| of_word(argument.trim())).collect();
    // Words that mean nothing by themselves, or more bare words than anybody lists hosts: a text that lost its quotes.
    let odd = single.iter().any(Result::is_err) || single.iter().filter(|subject| !is_certain(subject)).count() > 2;
    let is_text = arguments.iter().any(|argument| argument.trim().contains(char::is_whitespace))
        || (arguments.len() > 1 && odd && !scan(&all).0.is_empty());
    if is_text {
        return of_text(&all);
    }
    let mut subjects = Vec::new();
    for subject in single {
        let subject = subject?;
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    Ok(subjects)
}

/// Picks the GUIDs out of a text, each once, in its order.
///
/// # Errors
/// There are none.
pub fn of_text(text: &str) -> Result<Vec<Subject>, SubjectError> {
    if text.trim().is_empty() {
        return Err(SubjectError::Empty);
    }
    match scan(text) {
        (subjects, Some(other)) if subjects.is_empty() => Err(SubjectError::OtherGuid(other)),
        (subjects, _) if subjects.is_empty() => Err(SubjectError::NoGuid),
        (subjects, _) => Ok(subjects),
    }
}

/// Whether a word of a sentence would hardly look like this.
fn is_certain(subject: &Result<Subject, SubjectError>) -> bool {
    match subject {
        Ok(Subject::Host(name)) => name.parent().is_some(),
        Ok(_) => true,
        Err(_) => false,
    }
}

fn of_word(word: &str) -> Result<Subject, SubjectError> {
    if let Ok(address) = word.trim_start_matches('[').trim_end_matches(']').parse() {
        return Ok(Subject::Address(address));
    }
    if let Ok(guid) = Guid::parse(word) {
        return Ok(Subject::Guid { guid, forest: None });
    }
    let name = DnsName::parse(word).map_err(|error| SubjectError::Name { text: word.into(), error })?;
    if let Some((guid, rest)) = name.as_str().split_once("._msdcs.")
        && let (Ok(guid), Ok(forest)) = (Guid::parse(guid), DnsName::parse(rest))
    {
        return Ok(Subject::Guid { guid, forest: Some(forest) });
    }
    // 192.0.2.300 and the like.
    let last = name.as_str().rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(SubjectError::Number(word.into()));
    }
    Ok(Subject::Host(name))
}

/// The GUIDs of NTDS Settings objects in a text, and the first one of another kind.
fn scan(text: &str) -> (Vec<Subject>, Option<Guid>) {
    let mut found: Vec<(Guid, Option<DnsName>)> = Vec::new();
    let mut other = None;
    let mut at = 0;
    let mut context = 0;
    while at < text.len() {
        let Some(guid) = guid_at(text, at) else {
            if text.as_bytes()[at] == b'\n' {
                context = at + 1;
            }
            at += 1;
            continue;
        };
        let before = text.get(context..at).unwrap_or_default().to_lowercase();
        at += GUID_LENGTH;
        context = at;
        if guid.to_string() == DRSUAPI || guid.is_nil() || OTHER_KINDS.iter().any(|kind| before.contains(kind)) {
            other.get_or_insert(guid);
            continue;
        }
        let forest = forest_after(&text[at..]);
        match found.iter_mut().find(|(known, _)| *known == guid) {
            Some((_, known)) => *known = known.take().or(forest),
            None => found.push((guid, forest)),
        }
    }
    (found.into_iter().map(|(guid, forest)| Subject::Guid { guid, forest }).collect(), other)
}

/// The GUID that begins here and is no part of a longer word.
fn guid_at(text: &str, at: usize) -> Option<Guid> {
    let guid = Guid::parse(text.get(at..at + GUID_LENGTH)?).ok()?;
    let part = |c: char| c.is_alphanumeric() || c == '-';
    let alone = !text[..at].ends_with(part) && !text[at + GUID_LENGTH..].starts_with(part);
    alone.then_some(guid)
}

/// The forest in `._msdcs.<forest>`.
fn forest_after(rest: &str) -> Option<DnsName> {
    const ZONE: &str = "._msdcs.";
    let head = rest.get(..ZONE.len())?;
    let rest = head.eq_ignore_ascii_case(ZONE).then(|| &rest[ZONE.len()..])?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.')).unwrap_or(rest.len());
    DnsName::parse(rest[..end].trim_end_matches(['.', '-'])).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "3dab7f9b-92e7-4391-b8db-71df532c1493";
    const TWO: &str = "a71c4a0e-5d0f-4b0a-9c53-0e6f1d6c2b58";

    fn guid(text: &str, forest: Option<&str>) -> Subject {
        Subject::Guid { guid: Guid::parse(text).unwrap(), forest: forest.map(|forest| DnsName::parse(forest).unwrap()) }
    }

    fn arguments(words: &[&str]) -> Result<Vec<Subject>, SubjectError> {
        of_arguments(&words.iter().map(|&word| word.into()).collect::<Vec<_>>())
    }

    #[test]
    fn the_guid_of_an_event_is_found_with_its_forest() {
        let event = format!(
            "No service principal name could be built for this domain controller.\r\nDomain controller:\r\n\
             {}._msdcs.Contoso.COM\r\n\r\nError value:\r\n8589 The server reference is missing.\r\n\
             E3514235-4B06-11D1-AB04-00C04FC2DCD2/{ONE}/contoso.com",
            ONE.to_uppercase()
        );
        assert_eq!(of_text(&event), Ok(vec![guid(ONE, Some("contoso.com"))]));
    }

    #[test]
    fn of_showrepl_only_ntds_settings_objects_count() {
        let showrepl = format!(
            "HQ\\DC1\nDSA Options: IS_GC\nDSA object GUID: {ONE}\nDSA invocationID: 11111111-1111-4111-8111-111111111111\n\
             \n==== INBOUND NEIGHBORS ====\nDC=contoso,DC=com\n    HQ\\DC2 via RPC\n        DSA object GUID: {{{TWO}}}\n\
             \n    HQ\\DC1 via RPC\n        DSA object GUID: {ONE}\n\
             Connection name: 22222222-2222-4222-8222-222222222222\n"
        );
        let both = vec![guid(ONE, None), guid(TWO, None)];
        assert_eq!(of_text(&showrepl), Ok(both.clone()));
        // Without quotes the shell hands over words.
        let words: Vec<String> = showrepl.split_whitespace().map(str::to_owned).collect();
        assert_eq!(of_arguments(&words), Ok(both));
    }

    #[test]
    fn a_text_without_such_a_guid_says_so() {
        assert_eq!(of_text(" \n"), Err(SubjectError::Empty));
        assert_eq!(arguments(&["", " "]), Err(SubjectError::Empty));
        assert_eq!(of_text("replication failed"), Err(SubjectError::NoGuid));
        assert_eq!(of_text(&format!("x{ONE}y é{ONE}-")), Err(SubjectError::NoGuid));
        let other = of_text(&format!("DSA invocationID: {ONE}"));
        assert_eq!(other, Err(SubjectError::OtherGuid(Guid::parse(ONE).unwrap())));
    }

    #[test]
    fn single_words_are_addresses_guids_and_names() {
        let host = |text: &str| Subject::Host(DnsName::parse(text).unwrap());
        let address = |text: &str| Subject::Address(text.parse().unwrap());
        assert_eq!(arguments(&["192.0.2.1", "[2001:db8::1]"]), Ok(vec![address("192.0.2.1"), address("2001:db8::1")]));
        assert_eq!(arguments(&["DC1.contoso.com.", "dc1.contoso.com"]), Ok(vec![host("dc1.contoso.com")]));
        assert_eq!(arguments(&["dc1", "dc2"]), Ok(vec![host("dc1"), host("dc2")]));
        assert_eq!(arguments(&["dc1", ONE]), Ok(vec![host("dc1"), guid(ONE, None)]));
        assert_eq!(arguments(&["no", "SPN", "for", ONE]), Ok(vec![guid(ONE, None)]));
        assert_eq!(arguments(&[&format!("{{{ONE}}}")]), Ok(vec![guid(ONE, None)]));
        assert_eq!(
            arguments(&[&format!("{ONE}._msdcs.contoso.com."), "dc2.contoso.com"]),
            Ok(vec![guid(ONE, Some("contoso.com")), host("dc2.contoso.com")])
        );
    }

    #[test]
    fn words_that_mean_nothing_are_refused() {
        assert_eq!(arguments(&["192.0.2.300"]), Err(SubjectError::Number("192.0.2.300".into())));
        assert!(matches!(arguments(&["dc1..contoso.com"]), Err(SubjectError::Name { .. })));
        assert!(matches!(arguments(&["fe80::1%eth0"]), Err(SubjectError::Name { .. })));
        assert_eq!(arguments(&["who is there"]), Err(SubjectError::NoGuid));
    }

    proptest::proptest! {
        /// Whatever surrounds it: a GUID with its own words is found, and nothing is too odd to be read.
        #[test]
        fn a_guid_is_found_in_any_text(before in ".{0,80}", behind in ".{0,80}") {
            let text = format!("{before}\nDSA object GUID: {ONE}\n{behind}");
            let found = of_text(&text).expect("there is a GUID in it");
            proptest::prop_assert!(found.contains(&guid(ONE, None)), "{:?}", found);
            let words: Vec<String> = before.split_whitespace().map(str::to_owned).collect();
            let _ = of_arguments(&words);
        }
    }
}
