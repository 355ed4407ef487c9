//! The files in which a machine keeps names and records of its own. Pure: octets in, evidence out.
//!
//! None of them ever fails as a whole: lines that cannot be read are told in [`LocalView::troubles`], all of a file at
//! once, and the others count.
//!
//! [`LocalView::troubles`]: crate::evidence::LocalView::troubles

mod dns_update_cache;
mod hosts;
mod krb5_conf;
mod lines;
mod lmhosts;
mod names;
mod netlogon_dns;
mod records;
mod smb_conf;

pub use dns_update_cache::dns_update_cache;
pub use hosts::hosts;
pub use krb5_conf::krb5_conf;
#[cfg(unix)]
pub(crate) use lines::Tally;
pub use lmhosts::lmhosts;
pub use netlogon_dns::netlogon_dns;
pub use smb_conf::{SmbConf, smb_conf};

#[cfg(test)]
mod tests;
