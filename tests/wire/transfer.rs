//! Zone transfers from servers that break the rules, and from one that keeps them in odd ways.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use guidpost::base::name::DnsName;
use guidpost::config::Query;
use guidpost::evidence::Plan;
use guidpost::evidence::Transfer;
use guidpost::observe::{self, Session, SessionOptions};

use crate::liar::{Liar, a, evidence, record, reply};

const ZONE: &str = "contoso.test";

/// What asking for the zone gave, in a word or two.
fn transfer(server: &Liar, query: Query) -> String {
    let mut evidence = evidence();
    let zone = DnsName::parse(ZONE).unwrap();
    observe::run(async {
        let mut session = Session::new(SessionOptions { query, family: None });
        let plan = Plan { transfers: vec![(server.address, zone.clone())], ..Plan::default() };
        session.ask(plan, &mut evidence, &|_, _| Vec::new(), &|_| ()).await;
    })
    .unwrap();
    match &evidence.transfers[&(server.address, zone)] {
        Transfer::Whole(records) => format!("{} records", records.len()),
        Transfer::Refused(rcode) => format!("refused: {rcode}"),
        Transfer::Failed(text) => text.clone(),
    }
}

/// A server that answers a transfer with what `script` writes.
fn server(mut script: impl FnMut(&[u8], &mut TcpStream) + Send + 'static) -> Liar {
    Liar::new(|_, _| Vec::new()).with_tcp(move |mut stream| {
        let mut len = [0; 2];
        stream.read_exact(&mut len).unwrap();
        let mut query = vec![0; usize::from(u16::from_be_bytes(len))];
        stream.read_exact(&mut query).unwrap();
        assert_eq!((query[2], query[3]), (0, 0), "opcode QUERY, no flags");
        assert_eq!(query[query.len() - 4..], [0, 252, 0, 1], "AXFR of class IN");
        script(&query, &mut stream);
    })
}

/// A server that sends these messages and closes the connection.
fn sends(messages: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> Liar {
    server(move |query, stream| messages(query).iter().for_each(|message| send(stream, message)))
}

fn send(stream: &mut TcpStream, message: &[u8]) {
    // The other side may have heard enough.
    let _ = stream.write_all(&[&(message.len() as u16).to_be_bytes()[..], message].concat());
}

/// What a server gives that sends these messages.
fn after(messages: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> String {
    transfer(&sends(messages), Query::default())
}

/// The SOA record of the zone.
fn soa(serial: u8) -> Vec<u8> {
    let names = [0xc0, 12, 0xc0, 12];
    record(6, 3600, &[&names[..], &[0, 0, 0, serial], &[0; 16]].concat())
}

/// A message about a zone whose records all stand at its apex.
fn message(query: &[u8], records: &[Vec<u8>]) -> Vec<u8> {
    reply(query, 0, records)
}

/// The same without QUESTION section, as later messages may be; owner names are written out.
fn later(query: &[u8], records: &[Vec<u8>]) -> Vec<u8> {
    let mut message = [&query[..2], &[0x84, 0, 0, 0], &(records.len() as u16).to_be_bytes(), &[0; 4]].concat();
    for (number, record) in records.iter().enumerate() {
        if number == 0 {
            message.extend_from_slice(&query[12..query.len() - 4]);
        } else {
            message.extend_from_slice(&[0xc0, 12]);
        }
        message.extend_from_slice(record);
    }
    message
}

#[test]
fn a_zone_may_come_in_one_message_or_in_many() {
    assert_eq!(after(|query| vec![message(query, &[soa(1), a(1), a(2), soa(1)])]), "3 records");
    assert_eq!(after(|query| vec![message(query, &[soa(1), soa(1)])]), "1 records", "an empty zone");
    let many = |query: &[u8]| {
        let mut messages = vec![message(query, &[soa(1)])];
        messages.extend((0..5000u16).map(|n| later(query, &[a((n % 256) as u8), a(7)])));
        messages.push(message(query, &[soa(1)]));
        messages
    };
    assert_eq!(after(many), "10001 records");
}

#[test]
fn a_slow_connection_is_no_broken_one() {
    let server = server(|query, stream| {
        stream.set_nodelay(true).unwrap();
        let message = message(query, &[soa(1), a(1), soa(1)]);
        for octet in [&(message.len() as u16).to_be_bytes()[..], &message].concat() {
            stream.write_all(&[octet]).unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    assert_eq!(transfer(&server, Query::default()), "2 records");
}

#[test]
fn half_a_zone_is_none() {
    assert_eq!(after(|query| vec![message(query, &[soa(1), a(1)])]), "it broke off: the server closed the connection");
    let cut = server(|query, stream| {
        let message = message(query, &[soa(1), a(1), soa(1)]);
        stream.write_all(&(message.len() as u16).to_be_bytes()).unwrap();
        stream.write_all(&message[..message.len() - 9]).unwrap();
    });
    assert_eq!(transfer(&cut, Query::default()), "the server closed the connection without a reply");
    let mut kept = Vec::new();
    let hangs = server(move |query, stream| {
        send(stream, &message(query, &[soa(1), a(1)]));
        kept.push(stream.try_clone().unwrap());
    });
    let query = Query { timeout: Duration::from_secs(1), ..Query::default() };
    assert_eq!(transfer(&hangs, query), "it broke off: no further message in time");
    assert_eq!(after(|query| vec![message(query, &[a(1), soa(1)])]), "it does not begin with the SOA of the zone");
    assert_eq!(after(|query| vec![message(query, &[])]), "the reply holds no zone");
}

#[test]
fn a_zone_that_changes_or_goes_on_behind_its_end_is_none() {
    let changed = |query: &[u8]| vec![message(query, &[soa(1), a(1), soa(2)])];
    assert_eq!(after(changed), "the zone changed meanwhile: another SOA ends it");
    assert_eq!(after(|query| vec![message(query, &[soa(1), soa(1), a(1)])]), "records follow behind its end");
}

#[test]
fn an_error_refuses_a_transfer_or_breaks_it_off() {
    assert_eq!(after(|query| vec![reply(query, 5, &[])]), "refused: 5");
    assert_eq!(after(|query| vec![reply(query, 9, &[])]), "refused: 9");
    // REFUSED in a header alone.
    assert_eq!(after(|query| vec![[&query[..2], &[0x80, 5], &[0; 8]].concat()]), "refused: 5");
    let later = |query: &[u8]| vec![message(query, &[soa(1), a(1)]), reply(query, 2, &[])];
    assert_eq!(after(later), "it broke off with SERVFAIL");
    assert_eq!(after(|_| Vec::new()), "the server closed the connection without a reply");
    assert_eq!(transfer(&Liar::new(|_, _| Vec::new()), Query::default()), "nothing listens on its TCP port");
}

#[test]
fn messages_of_another_question_end_it() {
    let other_id = |query: &[u8]| {
        let mut second = later(query, &[a(66), soa(1)]);
        second[0] ^= 1;
        vec![message(query, &[soa(1)]), second]
    };
    assert_eq!(after(other_id), "a message belongs to another question");
    let other_name = |query: &[u8]| {
        let mut first = message(query, &[soa(1), soa(1)]);
        first[13] = b'x';
        vec![first]
    };
    assert_eq!(after(other_name), "a message belongs to another question");
    assert_eq!(after(|query| vec![later(query, &[soa(1), soa(1)])]), "a message belongs to another question");
    assert_eq!(after(|query| vec![query.to_vec()]), "a message belongs to another question", "no reply at all");
    assert_eq!(after(|_| vec![vec![0; 5]]), "a message is shorter than a header");
    let garbage = |query: &[u8]| vec![[&message(query, &[soa(1)])[..7], &[9], &query[8..]].concat()];
    assert_eq!(after(garbage), "a message does not read as DNS");
}

#[test]
fn records_outside_the_zone_are_left_out() {
    let foreign = |query: &[u8]| {
        let mut second = later(query, &[a(66), soa(1)]);
        // `contoso.test` becomes `xontoso.test` in the first record, and the SOA behind it needs the right name.
        second[13] = b'x';
        second.truncate(second.len() - soa(1).len() - 2);
        second[6..8].copy_from_slice(&1u16.to_be_bytes());
        vec![message(query, &[soa(1), a(1)]), second, message(query, &[soa(1)])]
    };
    assert_eq!(after(foreign), "2 records");
}

#[test]
fn a_zone_without_end_is_left() {
    let endless = server(|query, stream| {
        send(stream, &message(query, &[soa(1)]));
        let large = message(query, &[record(65_400, 1, &[7; 65_000])]);
        let framed = [&(large.len() as u16).to_be_bytes()[..], &large].concat();
        while stream.write_all(&framed).is_ok() {}
    });
    assert_eq!(transfer(&endless, Query::default()), "it has no end: more came than any zone holds");
}

#[test]
fn the_deadline_ends_a_transfer() {
    let endless = server(|query, stream| {
        send(stream, &message(query, &[soa(1)]));
        while stream.write_all(&[0x7f]).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let query = Query { deadline: Some(Duration::from_millis(300)), ..Query::default() };
    assert_eq!(transfer(&endless, query), "the deadline passed");
}
