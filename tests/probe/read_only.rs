//! Everything that a whole run with probing sends, read as the protocols have it: nothing in it can change anything,
//! nobody logs on, and nobody is asked more often than promised.

use std::io::Write;
use std::sync::{Arc, Mutex};

use guidpost::config;
use guidpost::evidence::{Evidence, Purpose, Selection};
use guidpost::observe::Local;
use guidpost::run::{self, Origin};

use crate::machine::{DRSUAPI, Machine, hear, hex, replies, udp};

/// Port, and what came: a datagram, or all messages of one connection.
type Log = Arc<Mutex<Vec<(u16, Vec<Vec<u8>>)>>>;

/// Opens all ports of a machine: UDP keeps silent, TCP answers each message with the next of the script. Gives its base.
fn machine(script: impl Fn(u16, &[u8]) -> Vec<Vec<u8>> + Clone + Send + 'static) -> (u16, Log) {
    let all = Log::default();
    let mut machine = Machine::default();
    for port in [137, 389] {
        let log = all.clone();
        machine = machine.udp(port, move |_, datagram, _| {
            log.lock().unwrap().push((port, vec![datagram.to_vec()]));
        });
    }
    for port in [135, 389, 445, DRSUAPI] {
        let (log, script) = (all.clone(), script.clone());
        machine = machine.tcp(port, move |stream| {
            let connection = {
                let mut log = log.lock().unwrap();
                log.push((port, Vec::new()));
                log.len() - 1
            };
            let mut answers = Vec::new().into_iter();
            for number in 0.. {
                let message = hear(stream)?;
                if message.is_empty() {
                    break;
                }
                if number == 0 {
                    answers = script(port, &message).into_iter();
                }
                log.lock().unwrap()[connection].1.push(message);
                stream.write_all(&answers.next().unwrap_or_default())?;
            }
            Ok(())
        });
    }
    (machine.start(), all)
}

/// No machine of a DC: all doors are tried.
fn member(port: u16, _: &[u8]) -> Vec<Vec<u8>> {
    let refused = |id: u8| {
        let mut octets = hex("3014020101650f0a0101040004083030303030344443");
        octets[4] = id;
        octets
    };
    match port {
        135 => replies("epm-map-drsuapi", "mem"),
        389 => vec![refused(1), refused(2), refused(3)],
        445 => {
            let mut negotiated = hex("000000a4fe534d42400000000000000000000100010000000000000000000000");
            negotiated.resize(4 + 0xa4, 0);
            let mut more = negotiated.clone();
            (more[12], more[14], more[15], more[16], more[28]) = (0x16, 0, 0xc0, 1, 1);
            vec![negotiated, more]
        }
        _ => Vec::new(),
    }
}

/// A DC that serves replication on a port of its own.
fn dc(port: u16, _: &[u8]) -> Vec<Vec<u8>> {
    match port {
        135 => replies("epm-map-drsuapi", "dc1"),
        389 => replies("ldap-rootdse-extdn", "dc1"),
        _ => Vec::new(),
    }
}

fn run_against(bases: [u16; 2]) -> (Evidence, Vec<Vec<u8>>) {
    let questions = Arc::new(Mutex::new(Vec::new()));
    let log = questions.clone();
    let server = udp(move |socket, query, from| {
        log.lock().unwrap().push(query.to_vec());
        // No such name.
        let mut reply = query.to_vec();
        reply[2] |= 0x84;
        reply[3] = 3;
        socket.send_to(&reply, from).unwrap();
    });
    let text = format!(
        "forest: contoso.test\ndns_servers: [{{ address: 127.0.0.1, port: {} }}]\ndomain_controllers:\n  \
         - {{ host: mem.contoso.test, guid: 3dab7f9b-92e7-4391-b8db-000000000001, addresses: [192.0.2.5] }}\n  \
         - {{ host: dc1.contoso.test, guid: 3dab7f9b-92e7-4391-b8db-000000000002, addresses: [192.0.2.6] }}\n\
         probe:\n  timeout: 1s\n  redirect:\n    192.0.2.5: 127.0.0.1:{}\n    192.0.2.6: 127.0.0.1:{}\n",
        server.port(),
        bases[0],
        bases[1]
    );
    let config = config::parse(&text, "test", &[]).unwrap();
    let origin = Origin { started_at: "2026-11-20T10:00:00Z".parse().unwrap(), seed: 7 };
    let evidence =
        run::observe(config, Selection::default(), Purpose::Check, origin, Some(Local::default()), &|_| ()).unwrap();
    let questions = questions.lock().unwrap().clone();
    (evidence, questions)
}

#[test]
fn nothing_that_is_sent_can_change_anything() {
    let (machines, logs): (Vec<u16>, Vec<Log>) = [machine(member), machine(dc)].into_iter().unzip();
    let (evidence, questions) = run_against([machines[0], machines[1]]);
    // All doors were tried: the member's for its name too.
    let member = &evidence.machines[&"192.0.2.5".parse().unwrap()].replies;
    assert!(member.ntlm_rpc.is_some() && member.ntlm_smb.is_some() && member.netbios.is_some(), "{member:?}");
    let dc = &evidence.machines[&"192.0.2.6".parse().unwrap()].replies;
    assert!(dc.drsuapi_port.as_ref().is_some_and(|reply| reply.answer().is_some()), "{dc:?}");

    assert!(!questions.is_empty());
    for question in questions {
        // A question with opcode QUERY and one name, without records to add or to require.
        assert_eq!((question[2] & 0xf8, &question[4..10]), (0, &[0, 1, 0, 0, 0, 0][..]));
    }
    // Doors, and how often each may be used: a datagram may be lost, and the mapper's port is asked two things.
    let limits = [(137, 2), (389, 2 + 1), (135, 2), (445, 1), (DRSUAPI, 1)];
    for log in logs {
        let log = log.lock().unwrap();
        for (port, limit) in limits {
            assert!(log.iter().filter(|(at, _)| *at == port).count() <= limit, "{port}: {log:?}");
        }
        for (port, messages) in log.iter() {
            let octets = messages.concat();
            match port {
                137 => assert_eq!((octets[2] & 0xf8, &octets[octets.len() - 4..]), (0, &[0, 0x21, 0, 1][..])),
                389 => only_searches(&octets),
                135 => only_a_lookup(&octets),
                445 => only_a_beginning(&octets),
                _ => assert!(octets.is_empty(), "{octets:?}"),
            }
            for (at, window) in octets.windows(8).enumerate() {
                // NEGOTIATE alone: AUTHENTICATE (3) would be an attempt to log on.
                assert!(window != b"NTLMSSP\0" || octets[at + 8..at + 12] == [1, 0, 0, 0], "{octets:?}");
            }
        }
    }
}

/// LDAP messages: searchRequest or unbindRequest (RFC 4511), no bind, and nothing that writes.
fn only_searches(mut octets: &[u8]) {
    while !octets.is_empty() {
        let (kind, message, behind) = element(octets);
        assert_eq!(kind, 0x30);
        let (kind, _, operation) = element(message);
        assert_eq!(kind, 2);
        assert!(matches!(operation[0], 0x63 | 0x42), "{operation:?}");
        octets = behind;
    }
}

/// Tag, content and what follows.
fn element(octets: &[u8]) -> (u8, &[u8], &[u8]) {
    let (head, length) = match octets[1] {
        short @ 0..0x80 => (2, usize::from(short)),
        long => {
            let head = 2 + usize::from(long & 0x7f);
            (head, octets[2..head].iter().fold(0, |length, octet| length << 8 | usize::from(*octet)))
        }
    };
    (octets[0], &octets[head..head + length], &octets[head + length..])
}

/// PDUs: one bind to the endpoint mapper, and at most one call of its operation 3, `ept_map`.
fn only_a_lookup(mut octets: &[u8]) {
    let mut kinds = Vec::new();
    while !octets.is_empty() {
        let (pdu, behind) = octets.split_at(usize::from(u16::from_le_bytes([octets[8], octets[9]])));
        kinds.push(pdu[2]);
        match pdu[2] {
            11 => assert_eq!(pdu[32..48], hex("0883afe11f5dc91191a408002b14a0fa")),
            0 => assert_eq!(pdu[22..24], [3, 0]),
            other => panic!("PDU type {other}"),
        }
        octets = behind;
    }
    assert!(matches!(kinds[..], [11] | [11, 0]), "{kinds:?}");
}

/// SMB2 messages: NEGOTIATE and one SESSION_SETUP.
fn only_a_beginning(mut octets: &[u8]) {
    let mut commands = Vec::new();
    while !octets.is_empty() {
        let length = u32::from_be_bytes(octets[..4].try_into().unwrap()) as usize;
        let (message, behind) = octets[4..].split_at(length);
        assert!(message.starts_with(b"\xfeSMB"));
        commands.push(u16::from_le_bytes([message[12], message[13]]));
        octets = behind;
    }
    assert!(matches!(commands[..], [0] | [0, 1]), "{commands:?}");
}
