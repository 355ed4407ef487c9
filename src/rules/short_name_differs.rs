use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::base::name::DnsName;
use crate::evidence::LookedUp;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::Dc;
use crate::report::Severity;
use crate::view::MAX_DCS;
use crate::view::{View, first_label};

rule! {
    /// The short host name of a DC leads elsewhere than its full name, on this machine.
    ///
    /// # What it checks
    /// Has the system resolve the first label of each DC's host name, so that it tries its suffix list, and compares with
    /// what it resolves for the full name. A short name that does not resolve is none of its business. Where another DC
    /// has the same short name in its own domain, only one of them can be meant, and that is information.
    ///
    /// # Why it matters
    /// After alias and full name a Windows destination tries the short name, and so do people and scripts. A suffix list
    /// that begins with another domain, a wildcard in a parent domain, WINS or the GlobalNames zone then lead to another
    /// machine.
    ///
    /// # How to fix
    /// Put the DC's domain first in the suffix list (`Set-DnsClientGlobalSetting -SuffixSearchList`, `search` in
    /// `/etc/resolv.conf`), or remove the wildcard or the other host's record.
    ///
    /// # References
    /// Microsoft KB 2021446, KB 2834226; resolv.conf(5).
    "short-name-differs", Local, Warning, needs: [Local, Lookups], predicts: []
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (position, (dc, host)) in view.dcs().filter_map(|dc| Some((dc, dc.host.as_ref()?))).enumerate() {
        if position >= MAX_DCS {
            sink.not_applicable("this machine resolves the names of the first 100 domain controllers only");
            continue;
        }
        judge(view, sink, dc, host);
    }
}

fn judge(view: &View<'_>, sink: &mut Sink<'_>, dc: &Dc, host: &DnsName) {
    let short = first_label(host);
    let parsed = DnsName::parse(short).ok();
    let subject = Subject { dc: Some(dc), name: parsed.as_ref(), ..Subject::default() };
    let lookups = &view.evidence.lookups;
    let (found, full) = match (lookups.get(short), lookups.get(host.as_str())) {
        (Some(LookedUp::Missing), _) => return sink.pass(subject),
        (Some(LookedUp::Failed(why)), _) | (_, Some(LookedUp::Failed(why))) => {
            return sink.unknown(subject, format!("this machine could not resolve it: {why}"));
        }
        (None, _) | (_, None) => {
            return sink.unknown(subject, "this machine was not asked to resolve it: it failed at other names");
        }
        (_, Some(LookedUp::Missing)) => {
            return sink.not_applicable("the full name does not resolve on this machine");
        }
        (Some(LookedUp::Addresses(found)), Some(LookedUp::Addresses(full))) => (found, full),
    };
    let is_here = view.here().is_some_and(|here| here.index == dc.index);
    let own = |address: IpAddr| dc.owns(address) || (is_here && view.is_own_address(address));
    let strange: Vec<IpAddr> =
        found.iter().copied().filter(|&address| !full.contains(&address) && !own(address)).collect();
    let from_file: BTreeSet<IpAddr> = view.name_lines(short).map(|line| line.address).collect();
    if strange.is_empty() {
        return sink.pass(subject);
    }
    if strange.iter().all(|address| from_file.contains(address)) {
        return sink.not_applicable("a line of this machine's hosts file decides (hosts-file-override)");
    }
    let namesake = view.inventory.dcs.iter().find(|other| {
        other.index != dc.index
            && other.host.as_ref().is_some_and(|host| first_label(host) == short)
            && strange.iter().all(|&address| other.owns(address))
    });
    let suffixes = view.local().map(|local| local.suffixes.join(", ")).unwrap_or_default();
    let strange = super::texts(&strange).join(", ");
    let message = match namesake {
        Some(other) => format!("{short} leads to {strange}, which is {}, a DC of the same short name", other.label),
        None => format!("{short} leads to {strange}, {host} does not"),
    };
    let list = if suffixes.is_empty() { String::new() } else { format!("; the suffixes are {suffixes}") };
    sink.fail(
        subject,
        Draft {
            severity: namesake.map(|_| Severity::Info),
            expected: super::texts(full),
            actual: super::texts(found),
            message: format!("{message}{list}"),
            remedy: match &dc.domain {
                Some(domain) => vec![format!("# on this machine, let the suffix list begin with {domain}")],
                None => Vec::new(),
            },
            ..Draft::default()
        },
    );
}

#[cfg(test)]
mod tests {
    use crate::evidence::LookedUp;
    use crate::observe::Local;
    use crate::testing::{World, local, row};

    fn rows(change: impl FnOnce(&mut Local)) -> Vec<String> {
        let mut own = local::dc1();
        change(&mut own);
        let findings = World::new().local(own).findings("short-name-differs");
        findings
            .iter()
            .map(|finding| format!("{} {}", row(finding), finding.name.clone().unwrap_or_default()))
            .collect()
    }

    #[test]
    fn a_short_name_that_leads_elsewhere_is_a_warning() {
        let fired = rows(|own| {
            own.view.suffixes = vec!["branch.example".into()];
            local::looks_up(own, "dc2", &["198.51.100.7"]);
        });
        assert_eq!(fired, ["fail warning dc2.contoso.com dc2"]);
    }

    #[test]
    fn the_same_addresses_or_none_are_right() {
        assert_eq!(rows(|_| ()), [""; 0]);
        assert_eq!(rows(|own| local::looks_up(own, "dc2", &[])), [""; 0]);
        assert_eq!(rows(|own| local::looks_up(own, "dc1", &["127.0.1.1"])), [""; 0], "this machine itself");
    }

    #[test]
    fn failures_are_unknown_and_a_missing_full_name_has_other_rules() {
        let failed = |own: &mut Local| {
            own.lookups.insert("dc2".into(), LookedUp::Failed("try again".into()));
        };
        assert_eq!(rows(failed), ["unknown warning dc2.contoso.com dc2"]);
        let missing = |own: &mut Local| {
            local::looks_up(own, "dc2.contoso.com", &[]);
            local::looks_up(own, "dc2", &["198.51.100.7"]);
        };
        assert_eq!(rows(missing), [""; 0]);
    }

    #[test]
    fn the_hosts_file_has_its_own_rule() {
        let overridden = |own: &mut Local| {
            local::hosts(own, "198.51.100.7", &["dc2"]);
            local::looks_up(own, "dc2", &["198.51.100.7"]);
        };
        assert_eq!(rows(overridden), [""; 0]);
    }

    #[test]
    fn a_namesake_in_another_domain_is_information() {
        let config =
            format!("{}  - {{host: dc2.child.contoso.com, addresses: [192.0.2.12]}}\n", crate::testing::CONFIG);
        let mut own = local::dc1();
        local::looks_up(&mut own, "dc2.child.contoso.com", &["192.0.2.12"]);
        assert_eq!(World::with(&config).local(own).rows("short-name-differs"), ["fail info dc2.child.contoso.com"]);
    }
}
