//! Which servers hold the same data.

use crate::base::dns::RecordType;
use crate::view::{Content, View};

/// Letters for servers that hold the same data; `None` for a server of which nothing can be said.
pub(super) fn groups(view: &View<'_>, about_dcs: bool) -> Vec<Option<String>> {
    // Where their records were not asked for, the letters would say that all servers agree.
    let names: Vec<_> = view
        .dcs()
        .filter(|_| about_dcs)
        .flat_map(|dc| {
            let host = |rtype| dc.host.as_ref().map(|_| (dc, rtype));
            let alias = dc.alias.as_ref().map(|_| (dc, RecordType::CNAME));
            [alias, host(RecordType::A), host(RecordType::AAAA)].into_iter().flatten()
        })
        .collect();
    // A server joins the first group that nothing known of it contradicts.
    let mut groups: Vec<Vec<Option<Content<'_>>>> = Vec::new();
    view.inventory
        .servers
        .iter()
        .map(|server| {
            if view.standing(server).is_blocked() || names.is_empty() {
                return None;
            }
            let content: Vec<Option<Content<'_>>> =
                names.iter().map(|(dc, rtype)| view.content(dc, server, *rtype).map(|(data, _)| data)).collect();
            content.iter().any(Option::is_some).then_some(())?;
            let fits = |group: &Vec<Option<Content<'_>>>| {
                group.iter().zip(&content).all(|(a, b)| a.is_none() || b.is_none() || a == b)
            };
            let position = groups.iter().position(fits).unwrap_or_else(|| {
                groups.push(vec![None; names.len()]);
                groups.len() - 1
            });
            for (known, new) in groups[position].iter_mut().zip(content) {
                *known = known.take().or(new);
            }
            Some(letters(position))
        })
        .collect()
}

/// A, B, … Z, AA, AB, …
pub(super) fn letters(mut position: usize) -> String {
    let mut text = Vec::new();
    loop {
        text.push(b'A' + u8::try_from(position % 26).unwrap_or_default());
        if position < 26 {
            break;
        }
        position = position / 26 - 1;
    }
    text.into_iter().rev().map(char::from).collect()
}
