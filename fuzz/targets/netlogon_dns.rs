//! The files of records that a domain controller registers; every record that is kept can be read again.
#![no_main]

use guidpost::evidence::LocalView;
use guidpost::observe::local::files;
use guidpost::base::name::DnsName;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let mut view = LocalView::default();
    files::netlogon_dns(octets, "netlogon.dns", &mut view);
    files::dns_update_cache(octets, "dns_update_cache", &mut view);
    for record in &view.records {
        assert!(DnsName::from_presentation(&record.name).is_ok_and(|name| name.as_str() == record.name));
    }
});
