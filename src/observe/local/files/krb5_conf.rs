//! `krb5.conf`.

use super::lines::{self, Line};
use crate::evidence::LocalView;

/// The configuration of Kerberos; the default realm goes into [`LocalView::domains`]. Other files that it takes in
/// matter only where it has none itself.
pub fn krb5_conf(octets: &[u8], file: &str, view: &mut LocalView) {
    let mut realm: Option<String> = None;
    let mut defaults = false;
    let mut depth = 0_usize;
    let mut includes = false;
    lines::each(octets, file, view, |_, _, line| {
        if line.is_empty() || line.starts_with(['#', ';']) {
            return Line::Read;
        }
        if let Some(section) = line.strip_prefix('[') {
            // An asterisk says that no other file may add to it.
            defaults = section.split(']').next().is_some_and(|name| name.trim_ascii() == "libdefaults");
            depth = 0;
            return Line::Read;
        }
        if line.starts_with("include") && !line.contains('=') {
            includes = true;
            return Line::Read;
        }
        if line.starts_with('}') {
            depth = depth.saturating_sub(1);
            return Line::Read;
        }
        let Some((key, value)) = line.split_once('=') else { return Line::Bad };
        let value = value.trim_ascii();
        if value.starts_with('{') {
            depth += 1;
        } else if defaults && depth == 0 && key.trim_ascii_end().trim_end_matches('*') == "default_realm" {
            // The first counts.
            realm.get_or_insert_with(|| value.trim_matches('"').to_owned());
        }
        Line::Read
    });
    match realm.filter(|realm| !realm.is_empty()) {
        Some(realm) => view.hint(&realm, format!("default_realm in {file}")),
        None if includes => {
            view.troubles.push(format!("{file}: it has no default_realm; what it includes was not read"));
        }
        None => {}
    }
}
