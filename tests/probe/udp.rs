//! LDAP ping and NetBIOS node status.

use std::net::UdpSocket;

use guidpost::evidence::probe::{Failure, Ping, Reply};
use guidpost::observe::probe::{cldap, netbios};

#[cfg(target_os = "linux")]
use crate::machine::closed;
use crate::machine::{PATIENCE, TIMEOUT, replies, run, timed, udp};

/// The captured reply, with the message id of `request`. In both, the id is the first number inside the message.
fn ping_reply(request: &[u8]) -> Vec<u8> {
    let captured = &replies("cldap-netlogon", "dc1")[0];
    let id = &request[2..4 + usize::from(request[3])];
    // Entry and end of search, each with its own id of one octet.
    let (entry, done) = captured.split_at(2 + usize::from(captured[1]));
    let with_id = |message: &[u8]| {
        let content = [id, &message[5..]].concat();
        [&[0x30, 0x82, 0, content.len() as u8][..], &content].concat()
    };
    [with_id(entry), with_id(done)].concat()
}

fn netbios_reply(request: &[u8]) -> Vec<u8> {
    let captured = &replies("nbstat", "mem")[0];
    [&request[..2], &captured[2..]].concat()
}

fn assert_is_dc1(reply: &Reply<Ping>) {
    let Reply::Answer(Ping::Netlogon(netlogon)) = reply else { panic!("{reply:?}") };
    assert_eq!(netlogon.host.as_deref(), Some("dc1.contoso.test"));
}

#[test]
fn good_machines_are_heard() {
    let dc = udp(|socket, request, from| {
        socket.send_to(&ping_reply(request), from).unwrap();
    });
    assert_is_dc1(&run(cldap::ask(dc, PATIENCE)));
    let member = udp(|socket, request, from| {
        socket.send_to(&netbios_reply(request), from).unwrap();
    });
    let reply = run(netbios::ask(member, PATIENCE));
    assert_eq!(reply.answer().unwrap().hosts().next(), Some("MEM"));
}

#[test]
fn a_lost_datagram_is_sent_once_more_and_no_more() {
    let (sender, seen) = std::sync::mpsc::channel();
    let mut count = 0;
    let late = udp(move |socket, request, from| {
        count += 1;
        sender.send(request.to_vec()).unwrap();
        if count == 2 {
            socket.send_to(&ping_reply(request), from).unwrap();
        }
    });
    assert_is_dc1(&run(cldap::ask(late, TIMEOUT * 3)));
    assert_eq!(seen.try_iter().count(), 2);

    let (sender, seen) = std::sync::mpsc::channel();
    let silent = udp(move |_, request, _| sender.send(request.to_vec()).unwrap());
    let (reply, took) = timed(cldap::ask(silent, TIMEOUT));
    assert_eq!(reply, Reply::Failure(Failure::Timeout));
    assert!(took >= TIMEOUT && took < TIMEOUT * 2, "{took:?}");
    let seen: Vec<_> = seen.try_iter().collect();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0], seen[1], "a late answer to the first is good");
}

#[test]
// Windows tells of it too, but Wine, where these tests run, does not.
#[cfg(target_os = "linux")]
fn a_closed_port_is_known_at_once() {
    let closed = closed();
    let (reply, took) = timed(cldap::ask(closed.address(), PATIENCE));
    assert_eq!(reply, Reply::Failure(Failure::Refused));
    assert!(took < PATIENCE / 2, "{took:?}");
    let reply = run(netbios::ask(closed.address(), PATIENCE));
    assert_eq!(reply, Reply::Failure(Failure::Refused));
}

#[test]
fn answers_to_other_questions_and_from_others_do_not_count() {
    let liar = udp(|socket, request, from| {
        let mut other = ping_reply(request);
        // The last octet of the id of the first message.
        let place = 5 + usize::from(other[5]);
        other[place] ^= 1;
        socket.send_to(&other, from).unwrap();
        UdpSocket::bind("127.0.0.1:0").unwrap().send_to(&ping_reply(request), from).unwrap();
    });
    assert_eq!(run(cldap::ask(liar, TIMEOUT)), Reply::Failure(Failure::Timeout));
    let liar = udp(|socket, request, from| {
        let mut other = netbios_reply(request);
        other[0] ^= 1;
        socket.send_to(&other, from).unwrap();
        socket.send_to(request, from).unwrap();
    });
    assert_eq!(run(netbios::ask(liar, TIMEOUT)), Reply::Failure(Failure::Timeout));
}

#[test]
fn the_truth_may_follow_rubbish() {
    let noisy = udp(|socket, request, from| {
        socket.send_to(b"", from).unwrap();
        socket.send_to(b"rubbish", from).unwrap();
        let whole = ping_reply(request);
        socket.send_to(&whole[..whole.len() / 2], from).unwrap();
        socket.send_to(&whole, from).unwrap();
    });
    assert_is_dc1(&run(cldap::ask(noisy, PATIENCE)));
    let rubbish = udp(|socket, _, from| {
        socket.send_to(b"rubbish", from).unwrap();
    });
    let reply = run(cldap::ask(rubbish, TIMEOUT));
    assert!(matches!(reply, Reply::Failure(Failure::Malformed(_))), "{reply:?}");
}

#[test]
fn a_flood_of_rubbish_ends_at_the_timeout() {
    let flood = udp(|socket, _, from| {
        let begun = std::time::Instant::now();
        while begun.elapsed() < TIMEOUT * 3 {
            let _ = socket.send_to(&[0x30; 9000], from);
        }
    });
    let (reply, took) = timed(cldap::ask(flood, TIMEOUT));
    assert!(matches!(reply, Reply::Failure(Failure::Malformed(_))), "{reply:?}");
    assert!(took < TIMEOUT * 2, "{took:?}");
}
