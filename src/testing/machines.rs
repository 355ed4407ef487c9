//! What machines say of themselves, for unit tests.

use crate::base::guid::Guid;
use crate::evidence::probe::{
    AddressReplies, Challenge, Clock, Connected, Denial, DirectoryName, Endpoint, Failure, Mapping, Ping, Reply,
    RootDse, Status,
};

/// GUIDs of the DCs of [`super::CONFIG`].
pub(crate) const GUID1: &str = "11111111-1111-4111-8111-111111111111";
/// The second one's.
pub(crate) const GUID2: &str = "22222222-2222-4222-8222-222222222222";
/// Nobody's.
pub(crate) const STRANGE: &str = "99999999-9999-4999-8999-999999999999";

/// Every protocol failed in the same way.
pub(crate) fn failing(failure: &Failure) -> AddressReplies {
    fn failed<T>(failure: &Failure) -> Option<Reply<T>> {
        Some(Reply::Failure(failure.clone()))
    }
    AddressReplies {
        cldap: failed(failure),
        rootdse: failed(failure),
        epm: failed(failure),
        drsuapi_port: None,
        ntlm_rpc: None,
        ntlm_smb: failed(failure),
        netbios: failed(failure),
    }
}

/// Nothing comes back.
pub(crate) fn silent() -> AddressReplies {
    failing(&Failure::Timeout)
}

/// A DC of contoso.com that serves.
pub(crate) fn dc(host: &str, guid: &str) -> AddressReplies {
    dc_ahead(host, guid, 0)
}

/// The same, with a clock that is so many seconds ahead.
pub(crate) fn dc_ahead(host: &str, guid: &str, seconds: i64) -> AddressReplies {
    let ours: jiff::Timestamp = "2026-11-20T10:00:00Z".parse().expect("a timestamp");
    let name = |guid, dn: &str| Some(DirectoryName { guid, sid: None, dn: dn.into() });
    let root = RootDse {
        ntds_settings: name(Guid::parse(guid).ok(), "CN=NTDS Settings,CN=X,CN=Servers,CN=HQ"),
        host: Some(host.into()),
        root_domain: name(None, "DC=contoso,DC=com"),
        clock: Some(Clock { theirs: ours + jiff::SignedDuration::from_secs(seconds), ours }),
        ..RootDse::default()
    };
    AddressReplies {
        rootdse: Some(Reply::Answer(root)),
        epm: Some(Reply::Answer(Mapping::Registered(Endpoint { port: 49_153, address: None }))),
        drsuapi_port: Some(Reply::Answer(Connected { port: 49_153 })),
        ..silent()
    }
}

fn challenge(host: &str) -> Option<Reply<Challenge>> {
    Some(Reply::Answer(Challenge { host: Some(host.into()), ..Challenge::default() }))
}

/// A machine with RPC and without directory: a file server, or a DC that is stopped.
pub(crate) fn without_directory(host: &str) -> AddressReplies {
    AddressReplies {
        epm: Some(Reply::Answer(Mapping::NotRegistered)),
        ntlm_rpc: challenge(host),
        ..failing(&Failure::Refused)
    }
}

/// A DC whose directory no longer has the NTDS Settings object of this GUID, as Samba says it; NTLM names it.
pub(crate) fn without_settings(host: &str, guid: &str) -> AddressReplies {
    let text = format!("Failed to find full DN for dsServiceName: <GUID={guid}>");
    AddressReplies {
        cldap: Some(Reply::Answer(Ping::Empty)),
        rootdse: Some(Reply::Failure(Failure::Denied(Denial::Ldap { code: 1, text }))),
        ntlm_rpc: challenge(host),
        ..dc(host, guid)
    }
}

/// A machine that refuses anonymous calls; NTLM names it all the same.
pub(crate) fn refusing(host: &str) -> AddressReplies {
    AddressReplies {
        epm: Some(Reply::Failure(Failure::Denied(Denial::Fault(Status(5))))),
        ntlm_rpc: challenge(host),
        ..silent()
    }
}

/// A machine that refuses anonymous calls, and has no name.
pub(crate) fn inconclusive() -> AddressReplies {
    AddressReplies { epm: Some(Reply::Failure(Failure::Denied(Denial::Fault(Status(5))))), ..silent() }
}
