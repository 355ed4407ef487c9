//! How a machine calls itself.

use super::Root;
use crate::base::name::DnsName;
use crate::config::quote;
use crate::evidence::LocalView;
use crate::observe::local::files::SmbConf;

/// Where the running system keeps its name, and where it is kept for the next start.
const HOST_NAME: [&str; 2] = ["/proc/sys/kernel/hostname", "/etc/hostname"];

/// The domain that Linux gives a machine without one.
const NO_DOMAIN: &str = ".localdomain";

/// The machine's name as the system knows it, mostly short; completed by the hosts file, where that has a longer one.
pub(super) fn host_name(root: &Root<'_>, view: &mut LocalView) -> Option<String> {
    let octets = HOST_NAME.iter().find_map(|path| root.octets(path, view))?;
    let text = String::from_utf8_lossy(&octets);
    let name = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    if DnsName::parse(name).is_err() {
        view.troubles.push(format!("the host name {} is no DNS name", quote(name)));
        return None;
    }
    let name = name.trim_end_matches('.');
    let completes = |full: &&String| {
        let rest = full.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name)).map(|_| &full[name.len()..]);
        rest.is_some_and(|rest| rest.starts_with('.') && !rest.eq_ignore_ascii_case(NO_DOMAIN))
            && DnsName::parse(full).is_ok_and(|full| full.parent().is_some())
    };
    let full = view.names.iter().flat_map(|line| &line.names).find(completes).filter(|_| !name.contains('.'));
    Some(full.map_or(name, |full| full.trim_end_matches('.')).to_owned())
}

/// The name and the domain of the machine. A DC of Samba is called by its configuration, whatever the system says.
pub(super) fn name(host: Option<String>, samba: &[SmbConf], view: &mut LocalView) {
    let as_dc = samba.iter().filter(|conf| conf.is_dc()).find_map(|conf| {
        let short = conf.netbios_name.as_deref().or_else(|| host.as_deref()?.split('.').next())?;
        let full = format!("{short}.{}", conf.realm.as_ref()?).to_ascii_lowercase();
        Some(full).filter(|full| DnsName::parse(full).is_ok())
    });
    let known = as_dc.or(host);
    let domain_of = |host: &String| Some(DnsName::parse(host).ok()?.parent()?.as_str().to_owned());
    let own = known.as_ref().and_then(domain_of);
    if let (Some(host), Some(domain)) = (&known, &own) {
        view.hint(domain, format!("the host name {host}"));
    }
    let suffix = view.suffixes.first().filter(|suffix| DnsName::parse(suffix).is_ok());
    view.domain = own.or_else(|| suffix.map(|suffix| suffix.trim_end_matches('.').to_owned()));
    // A short name is taken to stand in the first domain that is tried behind it.
    view.host = known.map(|host| match &view.domain {
        Some(domain) if !host.contains('.') => format!("{host}.{domain}"),
        _ => host,
    });
}
