//! Records as such files have them.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::lines::Line;
use crate::base::name::DnsName;
use crate::evidence::{LocalRecord, LocalView};

/// So many records of one file are kept: a domain controller registers some dozens, and more for sites that it covers.
pub(super) const MAX_RECORDS: usize = 50_000;

/// How the records of one file are kept.
pub(super) struct Records<'a> {
    file: &'a str,
    room: usize,
}

impl<'a> Records<'a> {
    pub(super) fn of(file: &'a str) -> Self {
        Self { file, room: MAX_RECORDS }
    }

    /// Keeps a record, if it is one.
    pub(super) fn keep(
        &mut self,
        view: &mut LocalView,
        line: u32,
        owner: &str,
        ttl: Option<u32>,
        rtype: &str,
        rdata: &[&str],
    ) -> Line {
        let rtype = rtype.to_ascii_uppercase();
        let (Some(name), Some(data)) = (name(owner), data(&rtype, rdata)) else { return Line::Bad };
        if self.room == 0 {
            return Line::Full;
        }
        self.room -= 1;
        view.records.push(LocalRecord { file: self.file.to_owned(), line, name, rtype, ttl, data });
        Line::Read
    }
}

/// A name in lower case, without final dot.
fn name(text: &str) -> Option<String> {
    // What stood there in another encoding is not known, and another name would be asked for.
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return None;
    }
    Some(DnsName::from_presentation(text).ok()?.as_str().to_owned())
}

fn data(rtype: &str, rdata: &[&str]) -> Option<String> {
    match (rtype, rdata) {
        ("A", [address]) => Some(address.parse::<Ipv4Addr>().ok()?.to_string()),
        ("AAAA", [address]) => Some(address.parse::<Ipv6Addr>().ok()?.to_string()),
        ("CNAME" | "NS" | "PTR", [target]) => name(target),
        ("SRV", [numbers @ .., target]) => {
            let numbers: Vec<u16> = numbers.iter().map(|number| number.parse::<u16>().ok()).collect::<Option<_>>()?;
            let [priority, weight, port] = numbers[..] else { return None };
            Some(format!("{priority} {weight} {port} {}", name(target)?))
        }
        _ => None,
    }
}
