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

fn refusal(code: u32, text: &str) -> Denial {
    Denial::Ldap { code, text: text.into() }
}

#[test]
fn a_directory_that_has_lost_its_settings_says_whose_they_were() {
    let lost = Guid::parse("00da3e4d-6cd5-4a69-98aa-fdd6998cd98e").unwrap();
    for text in [
        // As Samba 4.17 says it.
        "Failed to find full DN for dsServiceName: <GUID=00da3e4d-6cd5-4a69-98aa-fdd6998cd98e>",
        "00002020: Failed to find full DN for dsServiceName: <GUID=00DA3E4D-6CD5-4A69-98AA-FDD6998CD98E>",
        "Failed to find full DN for dsServiceName: <GUID=4d3eda00d56c694a98aafdd6998cd98e>",
        "Failed to find full DN for dsServiceName: <GUID={00da3e4d-6cd5-4a69-98aa-fdd6998cd98e}>;CN=NTDS Settings",
    ] {
        assert_eq!(refusal(1, text).lost_settings(), Some(lost), "{text}");
        let replies = AddressReplies {
            rootdse: Some(Reply::Failure(Failure::Denied(refusal(1, text)))),
            ..AddressReplies::default()
        };
        // Saved and read again, it says the same.
        let saved = serde_json::to_string(&replies).unwrap();
        let back: AddressReplies = serde_json::from_str(&saved).unwrap();
        assert_eq!((back.lost_settings(), &back), (Some(lost), &replies), "{saved}");
    }
}

#[test]
fn no_other_refusal_says_that_settings_are_lost() {
    let text = "Failed to find full DN for dsServiceName: <GUID=00da3e4d-6cd5-4a69-98aa-fdd6998cd98e>";
    assert_eq!(refusal(32, text).lost_settings(), None, "another result");
    for text in [
        "",
        "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed",
        "00002020: operations error at ../../source4/dsdb/samdb/ldb_modules/rootdse.c:589",
        "Failed to find full DN for serverName: <GUID=00da3e4d-6cd5-4a69-98aa-fdd6998cd98e>",
        "Failed to find full DN for dsServiceName: CN=NTDS Settings,CN=DC2",
        "Failed to find full DN for dsServiceName: <GUID=00da3e4d-6cd5-4a69-98aa-fdd6998cd98e",
        "Failed to find full DN for dsServiceName: <GUID=00da3e4d-6cd5-4a69-98aa>",
        "Failed to find full DN for dsServiceName: <GUID=00da3e4d-6cd5-4a69-98aa-fdd6998cd98é>",
        "Failed to find full DN for dsServiceName: <GUID=00000000-0000-0000-0000-000000000000>",
        "Failed to find full DN for dsServiceName: <GUID=>",
        "nobody said Failed to find full DN for dsServiceName: <GUID=00da3e4d-6cd5-4a69-98aa-fdd6998cd98e>",
        "Failed to find full DN for dsServiceName: <GUID=00da3e4d-6cd5-4a69-98aa-fdd6998cd98e> is a lie",
    ] {
        assert_eq!(refusal(1, text).lost_settings(), None, "{text}");
    }
    assert_eq!(Denial::Fault(Status(1)).lost_settings(), None);
    assert_eq!(AddressReplies::default().lost_settings(), None);
    let silent = AddressReplies { rootdse: Some(Reply::Failure(Failure::Timeout)), ..AddressReplies::default() };
    assert_eq!(silent.lost_settings(), None);
}
