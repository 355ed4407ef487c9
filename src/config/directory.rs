//! The sections `domain_controllers`, `retired` and `domains`.

use std::collections::HashSet;

use super::decode::Decoder;
use super::fields::{Fields, Seen};
use super::keys::{CONTROLLER, DOMAIN, MNEMONICS, ROLES};
use super::model::{Domain, DomainController, Retired, Role};
use super::scalars::{self, Fault};
use super::sections::list;
use super::suggest;
use super::text::{is_visible, quote};
use crate::base::guid::Guid;
use crate::base::name::DnsName;

pub(super) fn controllers(
    decoder: &mut Decoder<'_>,
    fields: &Fields<'_>,
    forest: Option<&DnsName>,
) -> Vec<DomainController> {
    let Some(at) = fields.get("domain_controllers") else { return Vec::new() };
    let mut hosts = Seen::default();
    let mut guids = Seen::default();
    decoder.list(&at, |decoder, at| {
        let fields = decoder.fields(at, CONTROLLER)?;
        let host = fields.get("host").and_then(|at| {
            let host = decoder.parse(&at, "a host name", |text| host(text, forest))?;
            hosts.check(decoder, &at, host.clone(), || format!("two domain controllers have the host `{host}`"));
            Some(host)
        });
        let guid = fields.get("guid").and_then(|at| {
            let guid = decoder.parse(&at, "a GUID", scalars::guid)?;
            guids.check(decoder, &at, guid, || format!("two domain controllers have the GUID `{guid}`"));
            Some(guid)
        });
        if fields.get("host").is_none() && fields.get("guid").is_none() {
            let help = "give `host`, its full host name; or `guid`, which `repadmin /showrepl` there prints as \
                        \"DSA object GUID\"; best both";
            decoder.report(at, "a domain controller needs a host or a GUID", Some(help.to_owned()));
        }
        Some(controller(decoder, &fields, host, guid))
    })
}

fn controller(
    decoder: &mut Decoder<'_>,
    fields: &Fields<'_>,
    host: Option<DnsName>,
    guid: Option<Guid>,
) -> DomainController {
    let domain = fields.get("domain").and_then(|at| decoder.parse(&at, "a DNS name", scalars::name));
    DomainController {
        addresses: list(decoder, fields, "addresses", |decoder, at| {
            decoder.parse(at, "an address or a network", scalars::network)
        }),
        domain: domain.or_else(|| host.as_ref().and_then(DnsName::parent)),
        site: fields.get("site").and_then(|at| decoder.parse(&at, "a site name", site)),
        other_names: list(decoder, fields, "other_names", |decoder, at| {
            decoder.parse(at, "a host name", scalars::name)
        }),
        // In the order of the words.
        roles: list(decoder, fields, "roles", |decoder, at| decoder.word(at, "a role", ROLES))
            .into_iter()
            .map(|index| [Role::Gc, Role::Pdc, Role::Rodc, Role::Dns][index])
            .collect(),
        resolvers: list(decoder, fields, "resolvers", |decoder, at| decoder.parse(at, "an address", scalars::address)),
        avoid_records: list(decoder, fields, "avoid_records", |decoder, at| {
            decoder.parse(at, "a record mnemonic", mnemonic)
        }),
        host,
        guid,
    }
}

/// A fully qualified host name.
fn host(text: &str, forest: Option<&DnsName>) -> Result<DnsName, Fault> {
    let name = scalars::name(text)?;
    if name.parent().is_none() {
        let help = forest.map(|forest| format!("write it in full, like `{}`", format_args!("{name}.{forest}")));
        return Err(Fault { message: format!("the host name {} is not fully qualified", quote(text)), help });
    }
    Ok(name)
}

/// The name of a site, as Active Directory has it: one label in the names of SRV records (MS-ADTS 6.3.2.3), in which blanks
/// and other characters are as good as letters. A dot would part it in two.
///
/// # Errors
/// Says what it holds that no label of a site does, or how long it is.
pub fn site(text: &str) -> Result<String, Fault> {
    // What does not show is a slip, and looks right in every message.
    let bad = text.chars().find(|&c| c == '.' || !(is_visible(c) || c.is_alphanumeric()));
    let message = match bad {
        Some('.') => format!("the site name {} holds a dot", quote(text)),
        Some(bad) => format!("the site name {} holds {}", quote(text), quote(&bad.to_string())),
        None if text.is_empty() => "the site name is empty".to_owned(),
        None if text.trim() != text => format!("the site name {} begins or ends with a blank", quote(text)),
        None if text.len() > MOST_OCTETS => {
            format!("the site name {} has {} octets; a label of DNS has at most 63", quote(text), text.len())
        }
        None => return Ok(text.to_owned()),
    };
    Err(Fault { message, help: None })
}

/// The most octets of a label (RFC 1035 section 2.3.4).
const MOST_OCTETS: usize = 63;

/// The mnemonic of a locator record, in the spelling of the documentation.
fn mnemonic(text: &str) -> Result<String, Fault> {
    let known = MNEMONICS.iter().find(|known| known.eq_ignore_ascii_case(text));
    known.map(|known| (*known).to_owned()).ok_or_else(|| {
        let help = match suggest::nearest(text, MNEMONICS.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("one of {}", MNEMONICS.join(", ")),
        };
        Fault { message: format!("{} is no record mnemonic", quote(text)), help: Some(help) }
    })
}

pub(super) fn retired(
    decoder: &mut Decoder<'_>,
    fields: &Fields<'_>,
    controllers: &[DomainController],
) -> Vec<Retired> {
    let hosts: HashSet<&DnsName> = controllers.iter().filter_map(|dc| dc.host.as_ref()).collect();
    let guids: HashSet<Guid> = controllers.iter().filter_map(|dc| dc.guid).collect();
    list(decoder, fields, "retired", |decoder, at| {
        let retired = decoder.parse(at, "a GUID or a host name", scalars::retired)?;
        let active = match &retired {
            Retired::Guid(guid) => guids.contains(guid),
            Retired::Host(host) => hosts.contains(host),
        };
        if active {
            let help = "of a reinstalled domain controller only the old GUID is retired".to_owned();
            decoder.report(at, "this is also one of `domain_controllers`", Some(help));
        }
        Some(retired)
    })
}

pub(super) fn domains(decoder: &mut Decoder<'_>, fields: &Fields<'_>) -> Vec<Domain> {
    let Some(at) = fields.get("domains") else { return Vec::new() };
    let mut names = Seen::default();
    let mut guids = Seen::default();
    let mut short = Seen::default();
    decoder.list(&at, |decoder, at| {
        let fields = decoder.fields(at, DOMAIN)?;
        let name = fields.need(decoder, "name").and_then(|at| {
            let name = decoder.parse(&at, "a DNS name", scalars::name)?;
            names.check(decoder, &at, name.clone(), || format!("two domains are called `{name}`"));
            Some(name)
        });
        let guid = fields.get("guid").and_then(|at| {
            let guid = decoder.parse(&at, "a GUID", domain_guid)?;
            guids.check(decoder, &at, guid, || format!("two domains have the GUID `{guid}`"));
            Some(guid)
        });
        let netbios = fields.get("netbios").and_then(|at| {
            let netbios = decoder.parse(&at, "a NetBIOS name", netbios)?;
            let key = netbios.to_lowercase();
            short.check(decoder, &at, key, || format!("two domains have the NetBIOS name {}", quote(&netbios)));
            Some(netbios)
        });
        Some(Domain { name: name?, guid, netbios })
    })
}

fn domain_guid(text: &str) -> Result<Guid, Fault> {
    let help = "`(Get-ADDomain).ObjectGUID` prints it";
    scalars::guid(text).map_err(|fault| Fault { help: Some(help.to_owned()), ..fault })
}

fn netbios(text: &str) -> Result<String, Fault> {
    let bad = |c: char| c.is_control() || c.is_whitespace() || r#"\/:*?"<>|."#.contains(c);
    let message = match text.chars().find(|&c| bad(c)) {
        Some(bad) => format!("the NetBIOS name {} holds {}", quote(text), quote(&bad.to_string())),
        None if text.is_empty() => "the NetBIOS name is empty".to_owned(),
        None if text.chars().count() > 15 => {
            format!("the NetBIOS name {} is longer than 15 characters", quote(text))
        }
        None => return Ok(text.to_owned()),
    };
    Err(Fault { message, help: None })
}

/// For the name of an entry in lists of suggestions.
pub(super) fn label(dc: &DomainController) -> Option<String> {
    dc.host.as_ref().map(DnsName::to_string).or_else(|| dc.guid.map(|guid| guid.to_string()))
}
