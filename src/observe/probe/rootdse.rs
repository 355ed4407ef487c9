//! The rootDSE over TCP 389, without a bind (MS-ADTS 3.1.1.3.2): with the extended-DN control it has the GUID of the
//! server's own NTDS Settings object, which is the label of its alias.
//!
//! LDAP_SERVER_EXTENDED_DN_OID is the one control that an anonymous client may send with this search (MS-ADTS
//! 3.1.1.3.4.2.1). A server that refuses it all the same is asked again without it: names are left as evidence. One that
//! refuses that, too, is asked for the name of its NTDS Settings object alone: a Samba DC whose directory has lost that
//! object fails over other attributes first, without a word about the cause, and says the cause only then.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;

use super::ber::Elements;
use super::ldap::{self, Entry, Operation, control, present};
use super::net::{self, Conversation};
use super::reader::{Malformed, Rejected, text};
use crate::base::guid::Guid;
use crate::evidence::probe::{Clock, DirectoryName, Failure, Reply, RootDse};

/// LDAP_SERVER_EXTENDED_DN_OID, and the value that asks for GUIDs in dashed form.
const EXTENDED_DN: (&str, [u8; 5]) = ("1.2.840.113556.1.4.529", [0x30, 0x03, 0x02, 0x01, 0x01]);

/// What is asked for, the server's own name first: nothing that a server may keep from anonymous clients (as it may dsaVersionString).
const ATTRIBUTES: [&str; 13] = [
    "dsServiceName",
    "serverName",
    "dnsHostName",
    "ldapServiceName",
    "defaultNamingContext",
    "rootDomainNamingContext",
    "configurationNamingContext",
    "isSynchronized",
    "isGlobalCatalogReady",
    "currentTime",
    "highestCommittedUSN",
    "supportedCapabilities",
    "domainControllerFunctionality",
];

/// What is asked, in the order in which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Everything, with the extended-DN control.
    WithGuids,
    /// Everything, without it.
    WithoutGuids,
    /// The name of the server's own NTDS Settings object.
    OwnName,
}

/// The message of a question.
pub fn request(id: u32, question: Question) -> Vec<u8> {
    let (oid, value) = EXTENDED_DN;
    let (attributes, controls) = match question {
        Question::WithGuids => (&ATTRIBUTES[..], vec![control(oid, &value)]),
        Question::WithoutGuids => (&ATTRIBUTES[..], Vec::new()),
        Question::OwnName => (&ATTRIBUTES[..1], Vec::new()),
    };
    ldap::search(id, &present("objectClass"), attributes, &controls)
}

/// How long the message at the beginning of `octets` is.
pub fn frame_length(octets: &[u8]) -> Result<Option<usize>, Malformed> {
    ldap::frame_length(octets)
}

/// The messages of one search, put together.
#[derive(Debug, Default)]
pub struct Answer {
    found: Option<RootDse>,
}

impl Answer {
    /// Takes one message; gives the rootDSE when this was the last. `ours` is the time at which it came.
    ///
    /// # Errors
    /// [`Rejected::Alien`] for an answer to another question; else what is wrong with it, or how it refuses.
    pub fn take(&mut self, octets: &[u8], id: u32, ours: Timestamp) -> Result<Option<RootDse>, Rejected> {
        let message = ldap::message(&mut Elements::new(octets))?;
        match message.operation {
            // A notice of disconnection answers no question (RFC 4511 section 4.4.1).
            Operation::Done(Err(denial)) if message.id == 0 => Err(ldap::denied(denial).into()),
            _ if message.id != id => Err(Rejected::Alien),
            Operation::Entry(entry) => {
                self.found = Some(read(&entry, ours)?);
                Ok(None)
            }
            Operation::Done(Err(denial)) => Err(ldap::denied(denial).into()),
            Operation::Done(Ok(())) => match self.found.take() {
                Some(found) => Ok(Some(found)),
                None => Err(Malformed("success without a rootDSE").into()),
            },
            Operation::Other => Ok(None),
        }
    }
}

fn read(entry: &Entry<'_>, ours: Timestamp) -> Result<RootDse, Malformed> {
    let string = |name: &str| entry.value(name).map(text).transpose();
    let name = |attribute: &str| entry.value(attribute).map(directory_name).transpose();
    let boolean = |name: &str| match entry.value(name) {
        Some(b"TRUE") => Some(true),
        Some(b"FALSE") => Some(false),
        _ => None,
    };
    let mut capabilities: Vec<String> =
        entry.values("supportedCapabilities").iter().map(|value| text(value)).collect::<Result<_, _>>()?;
    capabilities.sort();
    capabilities.dedup();
    Ok(RootDse {
        ntds_settings: name("dsServiceName")?,
        server: name("serverName")?,
        host: string("dnsHostName")?,
        ldap_service_name: string("ldapServiceName")?,
        domain: name("defaultNamingContext")?,
        root_domain: name("rootDomainNamingContext")?,
        configuration: name("configurationNamingContext")?,
        synchronized: boolean("isSynchronized"),
        gc_ready: boolean("isGlobalCatalogReady"),
        clock: entry.value("currentTime").and_then(generalized_time).map(|theirs| Clock { theirs, ours }),
        highest_usn: string("highestCommittedUSN")?.and_then(|number| number.parse().ok()),
        functionality: string("domainControllerFunctionality")?.and_then(|number| number.parse().ok()),
        capabilities,
        control_refused: None,
    })
}

/// `<GUID=…>;<SID=…>;dn`, the GUID dashed or as raw hexadecimal octets; or the name alone.
fn directory_name(value: &[u8]) -> Result<DirectoryName, Malformed> {
    let whole = text(value)?;
    let mut name = DirectoryName { guid: None, sid: None, dn: String::new() };
    let mut rest = whole.as_str();
    while let Some((key, value, behind)) = extension(rest) {
        if key.eq_ignore_ascii_case("GUID") {
            name.guid = Some(Guid::parse_extended(value).map_err(|_| Malformed("a name whose GUID is none"))?);
        } else if key.eq_ignore_ascii_case("SID") {
            name.sid = Some(value.to_owned());
        }
        rest = behind;
    }
    name.dn = rest.to_owned();
    Ok(name)
}

/// `<key=value>;` at the beginning of an extended name, and what follows.
fn extension(text: &str) -> Option<(&str, &str, &str)> {
    let (inside, behind) = text.strip_prefix('<')?.split_once('>')?;
    let (key, value) = inside.split_once('=')?;
    Some((key, value, behind.strip_prefix(';').unwrap_or(behind)))
}

/// `YYYYMMDDHHMMSS.0Z` (RFC 4517 section 3.3.13); `None` for anything else.
fn generalized_time(value: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(value).ok().filter(|text| text.is_ascii() && text.ends_with('Z'))?;
    let part =
        |from: usize, to: usize| text.get(from..to).filter(|part| part.bytes().all(|digit| digit.is_ascii_digit()));
    let fraction = text.get(14..text.len() - 1)?;
    let no_digits = fraction.strip_prefix(['.', ',']).map(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    if !(fraction.is_empty() || no_digits == Some(true)) {
        return None;
    }
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z").parse().ok()
}

/// Asks a machine.
pub async fn ask(target: SocketAddr, timeout: Duration) -> Reply<RootDse> {
    converse(target, timeout).await.into()
}

async fn converse(target: SocketAddr, timeout: Duration) -> Result<RootDse, Failure> {
    let mut conversation = Conversation::open(target, timeout).await?;
    let denial = match search(&mut conversation, 1, Question::WithGuids).await {
        Err(Failure::Denied(denial)) => denial,
        ended => return ended,
    };
    let reason = match search(&mut conversation, 2, Question::WithoutGuids).await {
        Ok(found) => return Ok(RootDse { control_refused: Some(denial), ..found }),
        Err(Failure::Denied(_)) => search(&mut conversation, 3, Question::OwnName).await.err(),
        // The connection is gone, say.
        Err(_) => None,
    };
    Err(match reason {
        Some(Failure::Denied(reason)) if reason.lost_settings().is_some() => Failure::Denied(reason),
        // In all other cases the first refusal says why.
        _ => Failure::Denied(denial),
    })
}

async fn search(conversation: &mut Conversation, id: u32, question: Question) -> Result<RootDse, Failure> {
    conversation.send(&request(id, question)).await?;
    let mut answer = Answer::default();
    loop {
        let frame = conversation.frame(frame_length).await?;
        match answer.take(&frame, id, net::now()) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) | Err(Rejected::Alien) => {}
            Err(Rejected::Failure(failure)) => return Err(failure),
        }
    }
}

#[cfg(test)]
mod tests;
