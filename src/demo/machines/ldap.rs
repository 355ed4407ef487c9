//! What machines say over LDAP, in the forms in which a Samba forest was heard to say it.

use jiff::Timestamp;

use super::replies::Names;
use crate::base::guid::Guid;
use crate::base::name::DnsName;

/// One BER element.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    // Like Active Directory: always the form with four octets of length.
    let mut out = vec![tag, 0x84];
    out.extend((content.len() as u32).to_be_bytes());
    out.extend(content);
    out
}

/// The message id of an LDAP request, as the whole element.
pub(super) fn message_id(request: &[u8]) -> Option<&[u8]> {
    let head = match *request.get(1)? {
        0..=0x7f => 2,
        long => 2 + usize::from(long & 0x7f),
    };
    let length = usize::from(*request.get(head + 1)?);
    request.get(head..head + 2 + length).filter(|id| id.first() == Some(&2))
}

/// How long the LDAP request at the beginning of `octets` is, once that can be told.
pub(super) fn length(octets: &[u8]) -> Option<usize> {
    match *octets.get(1)? {
        short @ 0..=0x7f => Some(2 + usize::from(short)),
        long => {
            let count = usize::from(long & 0x7f);
            let length = octets.get(2..2 + count)?;
            Some(2 + count + length.iter().fold(0, |length, &octet| (length << 8) | usize::from(octet)))
        }
    }
}

/// One entry with these attributes, and the end of the search.
fn found(id: &[u8], attributes: &[(&str, Vec<Vec<u8>>)]) -> Vec<u8> {
    let list: Vec<u8> = attributes
        .iter()
        .flat_map(|(name, values)| {
            let values: Vec<u8> = values.iter().flat_map(|value| element(0x04, &[value])).collect();
            element(0x30, &[&element(0x04, &[name.as_bytes()]), &element(0x31, &[&values])])
        })
        .collect();
    let entry = element(0x64, &[&element(0x04, &[]), &element(0x30, &[&list])]);
    [element(0x30, &[id, &entry]), done(id, 0, "")].concat()
}

/// The end of a search, without an entry if nothing went before.
fn done(id: &[u8], result: u8, text: &str) -> Vec<u8> {
    let operation = element(0x65, &[&[0x0a, 1, result, 0x04, 0], &element(0x04, &[text.as_bytes()])]);
    element(0x30, &[id, &operation])
}

/// A search that fails with operationsError and this text.
pub(super) fn operations_error(id: &[u8], text: &str) -> Vec<u8> {
    done(id, 1, text)
}

/// What Samba says to a search of the rootDSE when its directory has lost the NTDS Settings object: the cause only where
/// nothing is asked that fails before.
pub(super) fn without_settings(id: &[u8], request: &[u8], guid: Guid) -> Vec<u8> {
    const EARLIER: &[u8] = b"serverName";
    if request.windows(EARLIER.len()).any(|window| window == EARLIER) {
        return operations_error(
            id,
            "00002020: operations error at ../../source4/dsdb/samdb/ldb_modules/rootdse.c:589",
        );
    }
    operations_error(id, &format!("Failed to find full DN for dsServiceName: <GUID={guid}>"))
}

/// The answer to an LDAP ping of a directory that cannot say who it is: success, and no entry.
pub(super) fn empty_ping(id: &[u8]) -> Vec<u8> {
    done(id, 0, "")
}

/// The answer to an LDAP ping (MS-ADTS 6.3.1.9).
pub(super) fn ping(id: &[u8], names: &Names) -> Vec<u8> {
    let mut value = vec![23, 0, 0, 0];
    // Writable global catalog with Kerberos, time and web services.
    value.extend(0x0000_13fc_u32.to_le_bytes());
    value.extend([0x5a, 0x7e, 0x71, 0x2c, 0xa3, 0x06, 0x42, 0x96, 0x7f, 0x97, 0xf9, 0x74, 0x07, 0x04, 0x0f, 0x07]);
    let host: Vec<Vec<u8>> = names.host.split('.').map(|label| label.as_bytes().to_vec()).collect();
    let single = |text: &str| vec![text.as_bytes().to_vec()];
    for name in [
        names.forest.labels(),
        names.domain.labels(),
        host,
        single(&Names::short(names.domain.as_str())),
        single(&Names::short(&names.host)),
        // No user was asked for.
        Vec::new(),
        single(&names.site),
        single(&names.site),
    ] {
        for label in name {
            value.push(label.len() as u8);
            value.extend(label);
        }
        value.push(0);
    }
    value.extend([5, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    found(id, &[("netlogon", vec![value])])
}

/// The rootDSE, with GUIDs where they are known.
pub(super) fn root_dse(id: &[u8], names: &Names, now: Timestamp) -> Vec<u8> {
    let dc = |name: &DnsName| name.as_str().split('.').map(|label| format!("DC={label}")).collect::<Vec<_>>().join(",");
    let server = format!(
        "CN={},CN=Servers,CN={},CN=Sites,CN=Configuration,{}",
        Names::short(&names.host),
        names.site,
        dc(&names.forest)
    );
    let extended = names.guid.map(|guid| format!("<GUID={guid}>;")).unwrap_or_default();
    let account = names.host.split('.').next().unwrap_or_default();
    let text = |text: String| vec![text.into_bytes()];
    found(
        id,
        &[
            ("dsServiceName", text(format!("{extended}CN=NTDS Settings,{server}"))),
            ("serverName", text(server.clone())),
            ("dnsHostName", text(names.host.clone())),
            (
                "ldapServiceName",
                text(format!("{}:{account}$@{}", names.forest, names.domain.to_string().to_uppercase())),
            ),
            ("defaultNamingContext", text(dc(&names.domain))),
            ("rootDomainNamingContext", text(dc(&names.forest))),
            ("configurationNamingContext", text(format!("CN=Configuration,{}", dc(&names.forest)))),
            ("isSynchronized", text("TRUE".into())),
            ("isGlobalCatalogReady", text("TRUE".into())),
            ("currentTime", text(now.strftime("%Y%m%d%H%M%S.0Z").to_string())),
            ("supportedCapabilities", text("1.2.840.113556.1.4.800".into())),
        ],
    )
}
