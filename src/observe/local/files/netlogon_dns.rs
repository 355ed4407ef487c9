//! `netlogon.dns`.

use super::lines::{self, Line};
use super::records::Records;
use crate::evidence::LocalView;

/// `netlogon.dns`: the records that a Windows DC registers go into [`LocalView::records`]. What stands behind `;` is a
/// comment, disabled records among it.
pub fn netlogon_dns(octets: &[u8], file: &str, view: &mut LocalView) {
    let mut kept = Records::of(file);
    lines::each(octets, file, view, |view, number, line| {
        let fields = fields(line);
        let Some((owner, mut rest)) = fields.split_first() else { return Line::Read };
        let mut ttl = None;
        // The TTL and the class may stand in either order, and may be missing.
        while let [field, after @ ..] = rest {
            match field.parse() {
                Ok(seconds) if ttl.is_none() => ttl = Some(seconds),
                _ if field.eq_ignore_ascii_case("IN") => {}
                _ => break,
            }
            rest = after;
        }
        match rest {
            [rtype, rdata @ ..] => kept.keep(view, number, owner, ttl, rtype, rdata),
            [] => Line::Bad,
        }
    });
}

/// The fields of a line up to a comment; a backslash takes its meaning from the blank or semicolon behind it, as in old
/// site names.
fn fields(line: &str) -> Vec<&str> {
    let mut fields = Vec::new();
    let mut start = None;
    let mut escaped = false;
    for (at, character) in line.char_indices() {
        let ends = !escaped && (character.is_ascii_whitespace() || character == ';');
        match start {
            Some(begin) if ends => {
                fields.push(&line[begin..at]);
                start = None;
            }
            None if !ends => start = Some(at),
            _ => {}
        }
        if ends && character == ';' {
            return fields;
        }
        escaped = character == '\\' && !escaped;
    }
    fields.extend(start.map(|begin| &line[begin..]));
    fields
}
