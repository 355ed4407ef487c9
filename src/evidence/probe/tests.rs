//! The form in files, and what is read out of replies.

use super::*;
use crate::base::guid::Guid;

#[test]
fn replies_read_back_what_they_print() {
    let clock =
        Clock { theirs: "2026-11-20T12:00:00Z".parse().unwrap(), ours: "2026-11-20T12:06:00Z".parse().unwrap() };
    assert_eq!(clock.ahead(), -360);
    let guid = Guid::parse("821e4ae3-3a83-455f-a499-72ea90a025b7").unwrap();
    let settings = DirectoryName { guid: Some(guid), sid: None, dn: "CN=NTDS Settings".into() };
    let replies = AddressReplies {
        cldap: Some(Reply::Answer(Ping::Empty)),
        rootdse: Some(Reply::Answer(RootDse {
            ntds_settings: Some(settings),
            clock: Some(clock),
            ..RootDse::default()
        })),
        epm: Some(Reply::Answer(Mapping::Status(Status(5)))),
        drsuapi_port: Some(Reply::Failure(Failure::Refused)),
        ntlm_rpc: Some(Reply::Failure(Failure::Denied(Denial::BindNak(4)))),
        ntlm_smb: Some(Reply::Failure(Failure::Denied(Denial::Smb(Status(0xc000_00bb))))),
        netbios: Some(Reply::Failure(Failure::Malformed("cut short".into()))),
    };
    let text = serde_json::to_string(&replies).unwrap();
    assert_eq!(serde_json::from_str::<AddressReplies>(&text).unwrap(), replies, "{text}");
    for part in [
        r#""cldap":{"answer":"empty"}"#,
        r#""guid":"821e4ae3-3a83-455f-a499-72ea90a025b7""#,
        r#""epm":{"answer":{"status":"0x00000005"}}"#,
        r#""drsuapi_port":{"failure":{"kind":"refused"}}"#,
        r#""ntlm_smb":{"failure":{"kind":"denied","detail":{"smb":"0xc00000bb"}}}"#,
        r#""netbios":{"failure":{"kind":"malformed","detail":"cut short"}}"#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn bad_status_texts_are_refused() {
    for bad in [r#""5""#, r#""0x""#, r#""0x+5""#, r#""0x123456789""#, "5"] {
        assert!(serde_json::from_str::<Status>(bad).is_err(), "{bad}");
    }
}

#[test]
fn an_open_port_is_told_from_a_closed_one() {
    let with = |epm: Option<Failure>| AddressReplies { epm: epm.map(Reply::Failure), ..AddressReplies::default() };
    assert_eq!(with(None).rpc_port_open(), None);
    for (failure, open) in [
        (Failure::Timeout, Some(false)),
        (Failure::Refused, Some(false)),
        (Failure::Unreachable, Some(false)),
        (Failure::Local("no socket".into()), None),
        (Failure::Stalled, Some(true)),
        (Failure::Closed, Some(true)),
        (Failure::Malformed("x".into()), Some(true)),
        (Failure::Denied(Denial::Fault(Status(5))), Some(true)),
    ] {
        assert_eq!(with(Some(failure.clone())).rpc_port_open(), open, "{failure}");
    }
}
