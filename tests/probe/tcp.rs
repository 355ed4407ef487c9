//! rootDSE, endpoint mapper and NTLM.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use guidpost::evidence::probe::{Challenge, Denial, Failure, Mapping, Reply, RootDse, Status};
use guidpost::observe::probe::{epm, ntlm, rootdse, smb2};

use crate::machine::{PATIENCE, TIMEOUT, closed, drip, hear, hex, replay, replies, run, tcp, timed};

/// The challenge that MS-NLMP 4.2.4.3 prints.
const CHALLENGE: &str = "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef0000000000000000240024004400000006007017\
                         0000000f53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000";

fn dc1() -> Vec<u8> {
    replies("ldap-rootdse-extdn", "dc1").remove(0)
}

/// The end of a search with an error: result 1, and `000004DC` as text.
fn refusal(id: u8) -> Vec<u8> {
    let mut octets = hex("3014020101650f0a0101040004083030303030344443");
    octets[4] = id;
    octets
}

fn guid(reply: &Reply<RootDse>) -> Option<String> {
    reply.answer()?.ntds_guid().map(|guid| guid.to_string())
}

fn malformed<T>(reply: &Reply<T>) -> bool {
    matches!(reply, Reply::Failure(Failure::Malformed(_)))
}

#[test]
fn a_dc_tells_its_guid_without_a_bind() {
    let dc = tcp(replay(vec![dc1()]));
    let reply = run(rootdse::ask(dc, PATIENCE));
    assert_eq!(guid(&reply).as_deref(), Some("1912bc1a-e924-4a2e-b14a-07e00e656674"));
    // The same in pieces, which TCP is free to make.
    let dc = tcp(drip(dc1(), Duration::from_micros(100)));
    let reply = run(rootdse::ask(dc, Duration::from_secs(5)));
    assert_eq!(guid(&reply).as_deref(), Some("1912bc1a-e924-4a2e-b14a-07e00e656674"));
}

#[test]
fn a_refused_control_is_left_out() {
    let mut second = dc1();
    let entry = 3 + usize::from(second[2]);
    second[5] = 2;
    second[entry + 4] = 2;
    let dc = tcp(replay(vec![refusal(1), second]));
    let reply = run(rootdse::ask(dc, PATIENCE));
    let root = reply.answer().unwrap();
    assert_eq!(root.host.as_deref(), Some("dc1.contoso.test"));
    assert_eq!(root.control_refused, Some(Denial::Ldap { code: 1, text: "000004DC".into() }));

    let denied = Reply::Failure(Failure::Denied(Denial::Ldap { code: 1, text: "000004DC".into() }));
    let dc = tcp(replay(vec![refusal(1), refusal(2), refusal(3)]));
    assert_eq!(run(rootdse::ask(dc, PATIENCE)), denied);
    // One that answers the last question, the smallest of all, has not said why it refused the others.
    let named = hex("3009020103640404003000300c02010365070a010004000400");
    let dc = tcp(replay(vec![refusal(1), refusal(2), named]));
    assert_eq!(run(rootdse::ask(dc, PATIENCE)), denied);
    let dc = tcp(|stream| {
        hear(stream)?;
        stream.write_all(&refusal(1))
    });
    assert_eq!(run(rootdse::ask(dc, PATIENCE)), denied);
}

/// The end of a search with result 1 and this text.
fn failed(id: u8, text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    let mut octets = vec![0x30, 0x81, length + 12, 2, 1, id, 0x65, length + 7, 0x0a, 1, 1, 4, 0, 4, length];
    octets.extend(text.bytes());
    octets
}

#[test]
fn a_dc_without_its_settings_says_why_when_asked_for_its_name_alone() {
    let everything = "00002020: operations error at ../../source4/dsdb/samdb/ldb_modules/rootdse.c:589";
    let lost = "Failed to find full DN for dsServiceName: <GUID=00da3e4d-6cd5-4a69-98aa-fdd6998cd98e>";
    let dc = tcp(replay(vec![failed(1, everything), failed(2, everything), failed(3, lost)]));
    let reply = run(rootdse::ask(dc, PATIENCE));
    assert_eq!(reply, Reply::Failure(Failure::Denied(Denial::Ldap { code: 1, text: lost.into() })));
    // Any other reason of the third is worth no more than that of the first.
    let dc = tcp(replay(vec![failed(1, everything), failed(2, everything), refusal(3)]));
    let first = Reply::Failure(Failure::Denied(Denial::Ldap { code: 1, text: everything.into() }));
    assert_eq!(run(rootdse::ask(dc, PATIENCE)), first);
    // And so it is where the connection ends, or the last answer makes no sense.
    let dc = tcp(replay(vec![failed(1, everything), failed(2, everything), b"HTTP/1.1 400".to_vec()]));
    assert_eq!(run(rootdse::ask(dc, PATIENCE)), first);
    let dc = tcp(|stream| {
        for id in [1, 2] {
            hear(stream)?;
            stream.write_all(&failed(id, everything))?;
        }
        hear(stream).map(drop)
    });
    assert_eq!(run(rootdse::ask(dc, PATIENCE)), first);
}

#[test]
fn answers_to_other_searches_do_not_count() {
    let mut other = dc1();
    let entry = 3 + usize::from(other[2]);
    other[5] = 9;
    other[entry + 4] = 9;
    let dc = tcp(replay(vec![[other.clone(), dc1()].concat()]));
    assert!(guid(&run(rootdse::ask(dc, PATIENCE))).is_some());
    let dc = tcp(replay(vec![other]));
    assert_eq!(run(rootdse::ask(dc, TIMEOUT)), Reply::Failure(Failure::Stalled));
}

#[test]
fn the_mapper_says_yes_and_no() {
    let dc = tcp(replay(replies("epm-map-drsuapi", "dc1")));
    let reply = run(epm::ask(dc, PATIENCE));
    let Reply::Answer(Mapping::Registered(endpoint)) = reply else { panic!("{reply:?}") };
    assert_eq!(endpoint.port, 49_153);
    let member = tcp(replay(replies("epm-map-drsuapi", "mem")));
    assert_eq!(run(epm::ask(member, PATIENCE)), Reply::Answer(Mapping::NotRegistered));
}

#[test]
fn the_mapper_may_refuse_the_bind_and_the_call() {
    let nak = hex("05000d031000000015000000010000000400000000");
    let machine = tcp(replay(vec![nak]));
    assert_eq!(run(epm::ask(machine, PATIENCE)), Reply::Failure(Failure::Denied(Denial::BindNak(4))));
    let fault = hex("0500030310000000200000000200000000000000000000000500000000000000");
    let machine = tcp(replay(vec![replies("epm-map-drsuapi", "mem").remove(0), fault]));
    assert_eq!(run(epm::ask(machine, PATIENCE)), Reply::Failure(Failure::Denied(Denial::Fault(Status(5)))));
    let mut other_call = replies("epm-map-drsuapi", "mem");
    other_call[1][12] = 7;
    assert!(malformed(&run(epm::ask(tcp(replay(other_call)), PATIENCE))));
}

fn named() -> Challenge {
    Challenge {
        netbios_host: Some("Server".into()),
        netbios_domain: Some("Domain".into()),
        version: Some("6.0.6000".into()),
        ..Challenge::default()
    }
}

/// The captured bind_ack with a token behind it.
fn ack_with(token: &[u8]) -> Vec<u8> {
    let mut ack = replies("epm-map-drsuapi", "mem").remove(0);
    ack.extend_from_slice(&[10, 5, 0, 0, 1, 0, 0, 0]);
    ack.extend_from_slice(token);
    let length = ack.len() as u16;
    ack[8..10].copy_from_slice(&length.to_le_bytes());
    ack[10..12].copy_from_slice(&(token.len() as u16).to_le_bytes());
    ack
}

#[test]
fn a_bind_brings_a_challenge() {
    let machine = tcp(|stream| {
        let bind = hear(stream)?;
        assert!(bind.ends_with(&ntlm::negotiate()));
        stream.write_all(&ack_with(&hex(CHALLENGE)))
    });
    assert_eq!(run(ntlm::ask_rpc(machine, PATIENCE)), Reply::Answer(named()));
    let silent_about_it = tcp(replay(vec![ack_with(b"")]));
    assert!(malformed(&run(ntlm::ask_rpc(silent_about_it, PATIENCE))));
}

/// What an SMB2 server sends back.
fn smb(command: u8, status: u32, body: &[u8]) -> Vec<u8> {
    let mut frame = ((64 + body.len()) as u32).to_be_bytes().to_vec();
    frame.extend_from_slice(b"\xfeSMB\x40\0\0\0");
    frame.extend_from_slice(&status.to_le_bytes());
    frame.extend_from_slice(&[command, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, command, 0, 0, 0, 0, 0, 0, 0]);
    frame.extend_from_slice(&[0; 32]);
    frame.extend_from_slice(body);
    frame
}

#[test]
fn a_session_setup_brings_a_challenge() {
    let token = hex(CHALLENGE);
    let body = [&[9, 0, 0, 0, 72, 0, token.len() as u8, 0][..], &token].concat();
    let pending = smb(1, 0x0000_0103, &[9, 0, 0, 0, 0, 0, 0, 0]);
    let setup = [pending, smb(1, 0xc000_0016, &body)].concat();
    let machine = tcp(move |stream| {
        // Each message comes whole: its length field and its content leave in one segment.
        for answer in [smb(0, 0, &[0; 64]), setup.clone()] {
            let request = hear(stream)?;
            assert_eq!(smb2::frame_length(&request), Ok(Some(request.len())));
            stream.write_all(&answer)?;
        }
        // Nobody goes on to log on.
        assert!(hear(stream)?.is_empty());
        Ok(())
    });
    assert_eq!(run(ntlm::ask_smb(machine, PATIENCE)), Reply::Answer(named()));
    let refused = smb(1, 0xc000_00bb, &[9, 0, 0, 0, 0, 0, 0, 0]);
    let machine = tcp(replay(vec![smb(0, 0, &[0; 64]), refused]));
    let reply = run(ntlm::ask_smb(machine, PATIENCE));
    assert_eq!(reply, Reply::Failure(Failure::Denied(Denial::Smb(Status(0xc000_00bb)))));
}

/// How each of the four protocols over TCP ends with this machine, and how long the slowest took.
fn all_four(machine: SocketAddr, timeout: Duration) -> ([Option<Failure>; 4], Duration) {
    let (root, a) = timed(rootdse::ask(machine, timeout));
    let (epm, b) = timed(epm::ask(machine, timeout));
    let (rpc, c) = timed(ntlm::ask_rpc(machine, timeout));
    let (smb, d) = timed(ntlm::ask_smb(machine, timeout));
    let failures = [root.failure().cloned(), epm.failure().cloned(), rpc.failure().cloned(), smb.failure().cloned()];
    (failures, a.max(b).max(c).max(d))
}

#[test]
fn a_closed_port_a_hanging_one_and_a_hang_up_are_told_apart() {
    let closed = closed();
    let (ended, _) = all_four(closed.address(), PATIENCE);
    assert_eq!(ended, [const { Some(Failure::Refused) }; 4]);
    let (ended, took) = all_four(
        tcp(|stream| {
            while !hear(stream)?.is_empty() {}
            Ok(())
        }),
        TIMEOUT,
    );
    assert_eq!(ended, [const { Some(Failure::Stalled) }; 4]);
    assert!(took < TIMEOUT * 3, "{took:?}");
    let (ended, _) = all_four(tcp(|stream| hear(stream).map(drop)), PATIENCE);
    assert_eq!(ended, [const { Some(Failure::Closed) }; 4]);
}

#[test]
fn a_slow_drip_ends_at_the_timeout() {
    for octets in [dc1(), replies("epm-map-drsuapi", "dc1").remove(0), smb(0, 0, &[0; 64])] {
        let begins = octets[0];
        let machine = tcp(drip(octets, Duration::from_millis(100)));
        let (ended, took) = match begins {
            0x30 => timed(async { rootdse::ask(machine, TIMEOUT).await.failure().cloned() }),
            5 => timed(async { epm::ask(machine, TIMEOUT).await.failure().cloned() }),
            _ => timed(async { ntlm::ask_smb(machine, TIMEOUT).await.failure().cloned() }),
        };
        assert_eq!(ended, Some(Failure::Stalled));
        assert!(took >= TIMEOUT && took < TIMEOUT * 3, "{took:?}");
    }
}

#[test]
fn a_reply_that_ends_in_the_middle_is_malformed() {
    for (kind, octets) in [(0, dc1()), (1, replies("epm-map-drsuapi", "dc1").remove(0))] {
        for end in [1, 3, octets.len() / 2, octets.len() - 1] {
            let part = octets[..end].to_vec();
            let machine = tcp(move |stream| {
                hear(stream)?;
                stream.write_all(&part)
            });
            let ended = match kind {
                0 => run(rootdse::ask(machine, PATIENCE)).failure().cloned(),
                _ => run(epm::ask(machine, PATIENCE)).failure().cloned(),
            };
            assert_eq!(ended, Some(Failure::Malformed("cut short".into())), "{kind} {end}");
        }
    }
}

#[test]
fn nobody_sends_more_than_a_mebibyte() {
    // One message that says it is longer, and small ones without end.
    let long = tcp(|stream| {
        hear(stream)?;
        stream.write_all(&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff])?;
        hear(stream).map(drop)
    });
    assert_eq!(run(rootdse::ask(long, PATIENCE)), Reply::Failure(Failure::Malformed("longer than 1 MiB".into())));
    let reference = hex("3009020101730404026162");
    let endless = tcp(move |stream| {
        hear(stream)?;
        loop {
            stream.write_all(&reference.repeat(1000))?;
        }
    });
    let reply = run(rootdse::ask(endless, Duration::from_secs(30)));
    assert_eq!(reply, Reply::Failure(Failure::Malformed("longer than 1 MiB".into())));
    let fragment = [hex("0500020010000000d0160000020000000000000000000000"), vec![0; 0x16d0 - 24]].concat();
    let endless = tcp(move |stream| {
        hear(stream)?;
        stream.write_all(&replies("epm-map-drsuapi", "mem").remove(0))?;
        hear(stream)?;
        let mut first = fragment.clone();
        first[3] = 1;
        stream.write_all(&first)?;
        loop {
            stream.write_all(&fragment)?;
        }
    });
    let reply = run(epm::ask(endless, Duration::from_secs(30)));
    assert_eq!(reply, Reply::Failure(Failure::Malformed("longer than 1 MiB".into())));
}

#[test]
fn other_protocols_are_recognised_as_such() {
    let web = tcp(replay(vec![b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()]));
    let (ended, _) = all_four(web, PATIENCE);
    assert!(ended.iter().all(|failure| matches!(failure, Some(Failure::Malformed(_)))), "{ended:?}");
}

#[test]
fn the_named_port_is_tried() {
    let open = tcp(|stream| hear(stream).map(drop));
    assert_eq!(run(epm::try_port(open, PATIENCE)).answer().unwrap().port, open.port());
    let closed = closed();
    assert_eq!(run(epm::try_port(closed.address(), PATIENCE)), Reply::Failure(Failure::Refused));
}
