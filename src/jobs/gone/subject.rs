//! What the arguments say of a former DC.

use crate::base::guid::Guid;
use crate::base::name::DnsName;
use crate::base::texts::{Subject, SubjectError, of_arguments};
use crate::config::{Config, DomainController};
use crate::evidence::{Assumption, Departed};

/// Why arguments describe no former DC.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DepartedError {
    /// A word means nothing.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// Several words in one argument.
    #[error("`{0}` is no address, no GUID and no host name: name each by itself")]
    Text(String),
    /// A first label alone.
    #[error("`{0}` could be a host of any domain: give the full host name, as {0}.{1}")]
    Label(DnsName, DnsName),
    /// The alias of another forest.
    #[error("{0} is the alias of a DC in the forest {1}, and the configuration is about {2}")]
    Forest(Guid, DnsName, DnsName),
    /// It is no former DC.
    #[error(
        "{0} is still configured as a DC: move it from `domain_controllers:` to `retired:` once it is demoted, then ask \
         again"
    )]
    Live(String),
    /// It answers as one.
    #[error("{0} still answers as a domain controller of the forest: demote it first, then ask again")]
    Answers(String),
}

/// Reads words that all describe one former DC.
///
/// # Errors
/// Says which word is none, or is a DC that the configuration still has.
pub fn departed(words: &[String], config: &Config) -> Result<Departed, DepartedError> {
    let mut departed = Departed::default();
    for word in words {
        for subject in subjects_of(word)? {
            match subject {
                Subject::Address(address) => departed.addresses.push(address),
                Subject::Guid { guid, forest } => {
                    if let Some(forest) = forest.filter(|forest| *forest != config.forest) {
                        return Err(DepartedError::Forest(guid, forest, config.forest.clone()));
                    }
                    if config.domain_controllers.iter().any(|dc| dc.guid == Some(guid)) {
                        return Err(DepartedError::Live(guid.to_string()));
                    }
                    departed.guids.push(guid);
                }
                Subject::Host(host) if host.parent().is_none() => {
                    return Err(DepartedError::Label(host, config.forest.clone()));
                }
                Subject::Host(host) => {
                    let named = |name: &DnsName| *name == host;
                    let live = |dc: &crate::config::DomainController| {
                        dc.host.as_ref().is_some_and(named) || dc.other_names.iter().any(named)
                    };
                    if config.domain_controllers.iter().any(live) {
                        return Err(DepartedError::Live(host.to_string()));
                    }
                    departed.hosts.push(host);
                }
            }
        }
    }
    // The first host name is what the report calls it, so the order stays.
    dedup(&mut departed.guids);
    dedup(&mut departed.hosts);
    dedup(&mut departed.addresses);
    Ok(departed)
}

/// Whether every word means something, so far as that can be said before the forest is known.
///
/// # Errors
/// Says which word does not.
pub fn check_words(words: &[String]) -> Result<(), DepartedError> {
    words.iter().try_for_each(|word| subjects_of(word).map(drop))
}

fn subjects_of(word: &String) -> Result<Vec<Subject>, DepartedError> {
    if word.trim().contains(char::is_whitespace) {
        return Err(DepartedError::Text(word.clone()));
    }
    Ok(of_arguments(std::slice::from_ref(word))?)
}

/// The same as [`departed`] where the forest was found by asking: a host that only records of the locator name as a DC is
/// no longer taken for one, because what is left of it is what these records are.
///
/// # Errors
/// Says which word is none, or is a DC that answers.
pub fn departed_of(
    words: &[String],
    config: &mut Config,
    assumed: &mut Vec<Assumption>,
) -> Result<Departed, DepartedError> {
    let hides = |dc: &DomainController| dc.guid.is_none();
    let named = words.iter().filter_map(|word| DnsName::parse(word).ok());
    for host in named.collect::<Vec<_>>() {
        let before = config.domain_controllers.len();
        config.domain_controllers.retain(|dc| dc.host.as_ref() != Some(&host) || !hides(dc));
        if config.domain_controllers.len() < before {
            assumed.retain(|assumed| assumed.what != "dc" || assumed.value != host.as_str());
            let from = "it is asked about as a former DC, and no machine says that it is it".into();
            assumed.push(Assumption { what: "left-out".into(), value: host.to_string(), from });
        }
    }
    departed(words, config).map_err(|error| match error {
        DepartedError::Live(who) => DepartedError::Answers(who),
        other => other,
    })
}

fn dedup<T: PartialEq + Clone>(list: &mut Vec<T>) {
    let all = std::mem::take(list);
    for item in all {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{CONFIG, evidence};

    const GUID: &str = "99999999-9999-4999-8999-999999999999";

    fn read(words: &[&str]) -> Result<Departed, String> {
        let words: Vec<String> = words.iter().map(|&word| word.into()).collect();
        departed(&words, &evidence(CONFIG).config).map_err(|error| error.to_string())
    }

    #[test]
    fn all_words_describe_one_dc() {
        let alias = format!("{GUID}._msdcs.contoso.com.");
        let departed =
            read(&["DC9.contoso.com", GUID, &alias, "192.0.2.19", "2001:db8::19", "dc9.contoso.com."]).unwrap();
        assert_eq!(departed.guids, [Guid::parse(GUID).unwrap()]);
        assert_eq!(departed.hosts.iter().map(DnsName::as_str).collect::<Vec<_>>(), ["dc9.contoso.com"]);
        assert_eq!(departed.addresses.len(), 2);
    }

    #[test]
    fn what_describes_none_is_refused() {
        for (words, expected) in [
            (&["dc9"][..], "give the full host name, as dc9.contoso.com"),
            (&["192.0.2.300"], "a name does not end in a number"),
            (&[GUID, "dc9..contoso.com"], "a label of the name is empty"),
            (&[&format!("the GUID {GUID}")], "name each by itself"),
            (&[""], "there is nothing"),
            (&[&format!("{GUID}._msdcs.fabrikam.com")], "in the forest fabrikam.com"),
            (&["dc2.contoso.com"], "dc2.contoso.com is still configured as a DC"),
            (&["22222222-2222-4222-8222-222222222222"], "is still configured as a DC"),
        ] {
            let error = read(words).unwrap_err();
            assert!(error.contains(expected), "{words:?}: {error}");
        }
    }
}
