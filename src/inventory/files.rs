//! The files in which a machine keeps names and records of its own. Pure: octets in, evidence out.
//!
//! None of them ever fails as a whole: a line that cannot be read is told in [`LocalView::troubles`], and the others count.

use crate::evidence::LocalView;

/// A hosts file: the lines that name addresses go into [`LocalView::names`].
pub fn hosts(octets: &[u8], file: &str, view: &mut LocalView) {
    let _ = octets;
    view.troubles.push(format!("{file}: not read"));
}

/// An lmhosts file (NetBIOS names), likewise.
pub fn lmhosts(octets: &[u8], file: &str, view: &mut LocalView) {
    let _ = octets;
    view.troubles.push(format!("{file}: not read"));
}

/// `netlogon.dns`: the records that a Windows DC registers go into [`LocalView::records`].
pub fn netlogon_dns(octets: &[u8], file: &str, view: &mut LocalView) {
    let _ = octets;
    view.troubles.push(format!("{file}: not read"));
}

/// Samba's `dns_update_cache`, likewise.
pub fn dns_update_cache(octets: &[u8], file: &str, view: &mut LocalView) {
    let _ = octets;
    view.troubles.push(format!("{file}: not read"));
}
