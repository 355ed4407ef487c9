//! Samba's `dns_update_cache`.

use super::lines::{self, Line};
use super::records::Records;
use crate::evidence::LocalView;

/// Samba's `dns_update_cache`: `TYPE name data`, into [`LocalView::records`]. It has neither TTL nor the priority and
/// weight of SRV records, which are always 0 and 100. What more there is in a line Samba does not look at either.
pub fn dns_update_cache(octets: &[u8], file: &str, view: &mut LocalView) {
    let mut kept = Records::of(file);
    lines::each(octets, file, view, |view, number, line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let mut fields = fields.as_slice();
        if fields.first().is_none_or(|first| first.starts_with('#')) {
            return Line::Read;
        }
        // A record that is written by another way; the zone stands behind the word.
        if let ["RPC", _, rest @ ..] = fields {
            fields = rest;
        }
        match fields {
            ["SRV", owner, target, port, ..] => {
                kept.keep(view, number, owner, None, "SRV", &["0", "100", port, target])
            }
            [rtype @ ("A" | "AAAA" | "CNAME" | "NS"), owner, data, ..] => {
                kept.keep(view, number, owner, None, rtype, &[data])
            }
            _ => Line::Bad,
        }
    });
}
