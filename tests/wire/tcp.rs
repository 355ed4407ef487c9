//! Truncated replies, and servers whose TCP is broken in one way or another.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use guidpost::config::Query;
use guidpost::evidence::{Flags, Lost, Outcome, Transport};

use crate::liar::{Act, Liar, a, ask_all, ask_one, honest, questions, reply, truncated};

fn tc_server() -> Liar {
    Liar::new(|_, query| vec![Act::Send(truncated(query))])
}

/// Reads questions from a connection until it ends.
fn queries(stream: &TcpStream) -> impl Iterator<Item = Vec<u8>> + use<> {
    let mut stream = stream.try_clone().unwrap();
    std::iter::from_fn(move || {
        let mut len = [0; 2];
        stream.read_exact(&mut len).ok()?;
        let mut query = vec![0; usize::from(u16::from_be_bytes(len))];
        stream.read_exact(&mut query).ok()?;
        Some(query)
    })
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u16).to_be_bytes()[..], message].concat()
}

fn full(query: &[u8]) -> Vec<u8> {
    framed(&reply(query, 0, &(0..200).map(a).collect::<Vec<_>>()))
}

#[test]
fn a_truncated_reply_is_completed_over_tcp() {
    let server = tc_server().with_tcp(|mut stream| {
        for query in queries(&stream) {
            stream.write_all(&full(&query)).unwrap();
        }
    });
    let seen = ask_all(server.address, questions(300), Query::default());
    for answer in seen.answers() {
        assert_eq!((answer.outcome, answer.transport), (Outcome::Reply, Transport::Tcp));
        assert!(!answer.flags.has(Flags::TC));
        assert_eq!(seen.evidence.store.body(answer.body.unwrap()).answers.len(), 200);
    }
    assert_eq!(server.seen().len(), 300);
}

#[test]
fn a_reply_cut_within_a_record_goes_to_tcp_too() {
    let server = Liar::new(|_, query| {
        let mut cut = reply(query, 0, &[a(1), a(2), a(3)]);
        cut[2] |= 0x02;
        cut.truncate(cut.len() - 3);
        vec![Act::Send(cut)]
    });
    // First without TCP: what can be read is kept.
    let seen = ask_one(server.address);
    assert_eq!(seen.answer().outcome, Outcome::Truncated(Lost::Closed));
    assert!(seen.answer().flags.has(Flags::TC));
    assert_eq!(seen.addresses(), [1, 2]);
    assert!(seen.elapsed < Duration::from_millis(500), "{:?}", seen.elapsed);
    let server = server.with_tcp(|mut stream| {
        let query = queries(&stream).next().unwrap();
        stream.write_all(&framed(&honest(&query))).unwrap();
    });
    assert_eq!(ask_one(server.address).answer().outcome, Outcome::Reply);
}

#[test]
fn closed_tcp_leaves_every_reply_truncated_at_once() {
    let server = tc_server();
    let query = Query { timeout: Duration::from_secs(5), ..Query::default() };
    let seen = ask_all(server.address, questions(1000), query);
    let other = seen.answers().into_iter().find(|answer| answer.outcome != Outcome::Truncated(Lost::Closed));
    assert!(other.is_none(), "{other:?} after {:?}", seen.elapsed);
    // A time-out for each window would be forty seconds.
    assert!(seen.elapsed < Duration::from_secs(15), "{:?}", seen.elapsed);
}

#[test]
fn tcp_that_accepts_and_says_nothing_ends_as_a_timeout() {
    let mut open = Vec::new();
    let server = tc_server().with_tcp(move |stream| open.push(stream));
    let query = Query { timeout: Duration::from_secs(1), ..Query::default() };
    let seen = ask_all(server.address, questions(1000), query);
    assert!(seen.answers().iter().all(|answer| answer.outcome == Outcome::Truncated(Lost::Timeout)));
    // Not one timeout per window, eight seconds: the connection is given up once for all.
    assert!(seen.elapsed < Duration::from_secs(6), "{:?}", seen.elapsed);
}

#[test]
fn a_connection_may_trickle() {
    let server = tc_server().with_tcp(|mut stream| {
        stream.set_nodelay(true).unwrap();
        for query in queries(&stream) {
            for octet in framed(&honest(&query)) {
                stream.write_all(&[octet]).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
        }
    });
    assert_eq!(ask_one(server.address).answer().outcome, Outcome::Reply);
}

#[test]
fn lies_about_the_length_do_no_harm() {
    for (len, expected) in [(0u16, Lost::Timeout), (5, Lost::Malformed), (65_535, Lost::Timeout)] {
        let server = tc_server().with_tcp(move |mut stream| {
            let query = queries(&stream).next().unwrap();
            let message = honest(&query);
            stream.write_all(&len.to_be_bytes()).unwrap();
            stream.write_all(&message[..message.len().min(usize::from(len))]).unwrap();
            thread::spawn(move || {
                thread::sleep(Duration::from_secs(5));
                drop(stream);
            });
        });
        let query = Query { timeout: Duration::from_secs(1), ..Query::default() };
        let seen = ask_all(server.address, questions(1), query);
        assert_eq!(seen.answer().outcome, Outcome::Truncated(expected), "{len}");
    }
}

#[test]
fn lies_on_the_connection_do_not_end_a_question() {
    let server = tc_server().with_tcp(|mut stream| {
        let query = queries(&stream).next().unwrap();
        let mut other = reply(&query, 0, &[a(66)]);
        other[13] = b'x';
        stream.write_all(&framed(&other)).unwrap();
        stream.write_all(&framed(&query)).unwrap();
        stream.write_all(&framed(&honest(&query))).unwrap();
    });
    assert_eq!(ask_one(server.address).addresses(), [1]);
}

#[test]
fn a_server_may_close_after_each_reply() {
    let server = tc_server().with_tcp(|mut stream| {
        let query = queries(&stream).next().unwrap();
        stream.write_all(&framed(&honest(&query))).unwrap();
    });
    let seen = ask_all(server.address, questions(10), Query::default());
    let complete = seen.answers().iter().filter(|answer| answer.outcome == Outcome::Reply).count();
    assert_eq!(complete, 10);
}

#[test]
fn the_longest_message_is_read() {
    let server = tc_server().with_tcp(|mut stream| {
        let query = queries(&stream).next().unwrap();
        let message = reply(&query, 0, &(0..4090u16).map(|n| a((n % 256) as u8)).collect::<Vec<_>>());
        assert!(message.len() > 65_000);
        stream.write_all(&framed(&message)).unwrap();
    });
    assert_eq!(ask_one(server.address).addresses().len(), 4090);
}
