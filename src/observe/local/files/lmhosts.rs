//! `lmhosts`.

use std::net::{IpAddr, Ipv4Addr};

use super::lines::{self, Line};
use super::names::Names;
use crate::evidence::LocalView;

/// A NetBIOS name; the sixteenth octet says what kind of service it is.
const NETBIOS: usize = 15;

/// An lmhosts file: IPv4 addresses and NetBIOS names go into [`LocalView::names`], without the octet or number that says
/// what kind of name it is (`"DC1            \0x1b"` on Windows, `DC1#1b` for Samba). The domain of `#DOM:` is none of the
/// names, and other files are not followed.
pub fn lmhosts(octets: &[u8], file: &str, view: &mut LocalView) {
    let mut kept = Names::of(file);
    lines::each(octets, file, view, |view, number, line| {
        if line.starts_with('#') {
            let word = line.split_ascii_whitespace().next().unwrap_or_default();
            // Between #BEGIN_ALTERNATE and #END_ALTERNATE stand nothing but #INCLUDE.
            return if word.eq_ignore_ascii_case("#INCLUDE") { Line::Elsewhere } else { Line::Read };
        }
        let (first, rest) = line.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((line, ""));
        if first.is_empty() {
            return Line::Read;
        }
        match (first.parse::<Ipv4Addr>(), name(rest.trim_ascii_start())) {
            (Ok(address), Some(name)) => kept.keep(view, number, IpAddr::V4(address), std::iter::once(name)),
            _ => Line::Bad,
        }
    });
}

/// The name at the beginning of a text; tags and comments follow it.
fn name(text: &str) -> Option<&str> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (inside, _) = quoted.split_once('"')?;
        // Blanks fill the name up to the octet behind it, which is written as `\0x1b`.
        let padded = inside.split_once('\\').map_or(inside, |(name, _)| name);
        let end = padded.char_indices().nth(NETBIOS).map_or(padded.len(), |(end, _)| end);
        return Some(padded[..end].trim_ascii_end());
    }
    let word = text.split_ascii_whitespace().next()?;
    word.split('#').next()
}
