//! One machine asked through all its doors, moved to high ports of loopback.

use guidpost::config::Probe;
use guidpost::evidence::probe::{AddressReplies, Failure, Mapping, Reply};
use guidpost::observe::probe::Doors;

use crate::machine::{Machine, PATIENCE, replay, replies, run};

fn doors(base: u16) -> Doors {
    let mut options = Probe { timeout: PATIENCE, ..Probe::default() };
    let address = "192.0.2.5".parse().unwrap();
    options.redirect.insert(address, Some(format!("127.0.0.1:{base}").parse().unwrap()));
    Doors::of(address, 0, &options).unwrap()
}

#[test]
fn a_member_server_is_asked_for_its_directory_and_then_for_its_name() {
    let doors = doors(Machine::default().tcp(135, replay(replies("epm-map-drsuapi", "mem"))).start());
    let mut seen = AddressReplies::default();
    run(doors.ask_directory(&mut seen));
    assert_eq!(seen.epm, Some(Reply::Answer(Mapping::NotRegistered)));
    assert_eq!(seen.rootdse, Some(Reply::Failure(Failure::Refused)));
    assert!(matches!(seen.cldap, Some(Reply::Failure(_))));
    assert_eq!((&seen.drsuapi_port, &seen.ntlm_rpc, &seen.netbios), (&None, &None, &None));
    run(doors.ask_name(&mut seen));
    // The mapper replays an answer without a token; the next door is closed.
    assert!(matches!(seen.ntlm_rpc, Some(Reply::Failure(Failure::Malformed(_)))), "{seen:?}");
    assert_eq!(seen.ntlm_smb, Some(Reply::Failure(Failure::Refused)));
    assert!(matches!(seen.netbios, Some(Reply::Failure(_))));
}

#[test]
fn a_closed_door_is_not_tried_again() {
    let doors = doors(Machine::default().start());
    let mut seen = AddressReplies { epm: Some(Reply::Failure(Failure::Timeout)), ..AddressReplies::default() };
    run(doors.ask_name(&mut seen));
    assert_eq!(seen.ntlm_rpc, None);
    assert_eq!(seen.ntlm_smb, Some(Reply::Failure(Failure::Refused)));
}
