//! `hosts`.

use std::net::IpAddr;

use super::lines::{self, Line};
use super::names::Names;
use crate::evidence::LocalView;

/// A hosts file: the lines that name addresses go into [`LocalView::names`].
pub fn hosts(octets: &[u8], file: &str, view: &mut LocalView) {
    let mut kept = Names::of(file);
    lines::each(octets, file, view, |view, number, line| {
        let before_comment = line.split('#').next().unwrap_or_default();
        let mut words = before_comment.split_ascii_whitespace();
        let Some(first) = words.next() else { return Line::Read };
        match address(first) {
            Some(address) => kept.keep(view, number, address, words),
            None => Line::Bad,
        }
    });
}

/// An address; the scope of an IPv6 address says nothing about names.
fn address(text: &str) -> Option<IpAddr> {
    match text.split_once('%') {
        Some((address, _)) => address.parse().ok().map(IpAddr::V6),
        None => text.parse().ok(),
    }
}
