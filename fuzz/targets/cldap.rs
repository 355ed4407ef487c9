//! A datagram that came for an LDAP ping, the netlogon structure inside it included.
#![no_main]

use guidpost::observe::probe::cldap;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|datagram: &[u8]| {
    // The captured replies that the corpus begins with have this id.
    let _ = cldap::decode(datagram, 1);
});
