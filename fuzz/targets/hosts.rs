//! A hosts file, and the other files of names and settings that a machine has.
#![no_main]

use guidpost::evidence::LocalView;
use guidpost::observe::local::files;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let mut view = LocalView::default();
    files::hosts(octets, "hosts", &mut view);
    files::lmhosts(octets, "lmhosts", &mut view);
    files::krb5_conf(octets, "krb5.conf", &mut view);
    files::smb_conf(octets, "smb.conf", &mut view);
});
