//! What a machine states of itself, gathered from all protocols.

use crate::base::guid::Guid;
use crate::base::name::DnsName;
use crate::evidence::probe::{
    AddressReplies, Challenge, Clock, Failure, Mapping, Netlogon, NodeStatus, Ping, Reply, RootDse,
};

use super::{Expected, Known};

/// NetBIOS names hold 15 characters (RFC 1001 section 14.1).
const LONGEST_NETBIOS: usize = 15;

/// Whether the machine's name is the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It is.
    Same,
    /// It is another one.
    Other,
    /// Names of equal weight say both: two machines behind one address.
    Contradictory,
    /// The machine has a name, but none is expected.
    Unknown,
    /// The machine said no name.
    Unnamed,
}

/// The readable answers of one address.
pub(super) struct Statements<'a> {
    pub(super) ping: Option<&'a Netlogon>,
    /// The rootDSE of any LDAP server.
    pub(super) rootdse: Option<&'a RootDse>,
    pub(super) mapping: Option<&'a Mapping>,
    /// The GUID of the NTDS Settings object that its directory looks for and does not find.
    pub(super) lost_settings: Option<Guid>,
    challenges: Vec<&'a Challenge>,
    netbios: Option<&'a NodeStatus>,
}

impl<'a> Statements<'a> {
    pub(super) fn of(replies: &'a AddressReplies) -> Self {
        Self {
            ping: match answer(&replies.cldap) {
                Some(Ping::Netlogon(netlogon)) => Some(netlogon),
                _ => None,
            },
            rootdse: answer(&replies.rootdse),
            mapping: answer(&replies.epm),
            lost_settings: replies.lost_settings(),
            challenges: [&replies.ntlm_rpc, &replies.ntlm_smb].into_iter().filter_map(answer).collect(),
            netbios: answer(&replies.netbios),
        }
    }

    /// The GUID of the machine's own NTDS Settings object, also where its directory has lost it.
    pub(super) fn ntds_guid(&self) -> Option<Guid> {
        self.rootdse.and_then(RootDse::ntds_guid).or(self.lost_settings)
    }

    /// Whether the directory of a domain controller answers.
    pub(super) fn has_directory(&self) -> bool {
        self.ping.is_some() || self.rootdse.is_some_and(RootDse::is_dc) || self.lost_settings.is_some()
    }

    /// Whether the machine has lost its settings and is the expected one by whatever else says its name: a directory in
    /// that state says none.
    pub(super) fn lost_its_settings_as(&self, expected: &Expected) -> bool {
        self.lost_settings.is_some() && self.fit(expected) == Fit::Same
    }

    /// Whether LDAP is spoken by something that is no domain controller.
    pub(super) fn other_ldap(&self) -> bool {
        self.rootdse.is_some() && !self.has_directory()
    }

    pub(super) fn not_registered(&self) -> bool {
        self.mapping == Some(&Mapping::NotRegistered)
    }

    pub(super) fn registered(&self) -> bool {
        matches!(self.mapping, Some(Mapping::Registered(_)))
    }

    pub(super) fn clock(&self) -> Option<Clock> {
        let ntlm = || self.challenges.iter().find_map(|challenge| challenge.clock);
        self.rootdse.and_then(|root| root.clock).or_else(ntlm)
    }

    /// Names by which a domain controller's own directory calls itself.
    fn directory_hosts(&self) -> impl Iterator<Item = &'a str> {
        let root = self.rootdse.filter(|root| root.is_dc()).and_then(|root| root.host.as_deref());
        root.into_iter().chain(self.ping.and_then(|ping| ping.host.as_deref()))
    }

    /// Full DNS names, in order of weight for display. A name of one label is not a full one.
    fn dns_hosts(&self) -> impl Iterator<Item = &'a str> {
        let lds = self.rootdse.filter(|root| !root.is_dc()).and_then(|root| root.host.as_deref());
        let ntlm = self.challenges.iter().filter_map(|challenge| challenge.host.as_deref());
        self.directory_hosts().chain(lds).chain(ntlm).filter(|host| host.trim_end_matches('.').contains('.'))
    }

    /// Short names, each with the NetBIOS domain in which it stands.
    fn short_hosts(&self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let ping = self.ping.and_then(|ping| Some((ping.netbios_host.as_deref()?, ping.netbios_domain.as_deref())));
        let ntlm = self.challenges.iter().filter_map(|challenge| {
            let short = challenge.netbios_host.as_deref().or(challenge.host.as_deref())?;
            Some((short, challenge.netbios_domain.as_deref()))
        });
        let netbios = self.netbios.into_iter().flat_map(|status| status.hosts().map(|host| (host, status.domain())));
        ping.into_iter().chain(ntlm).chain(netbios)
    }

    /// Whether the directory says that its host is the expected one.
    pub(super) fn directory_names(&self, expected: &Expected) -> bool {
        self.directory_hosts().any(|host| expected.is_named(host))
    }

    /// Compares names; those of DNS decide, NetBIOS only speaks where there is none.
    pub(super) fn fit(&self, expected: &Expected) -> Fit {
        let dns: Vec<bool> = self.dns_hosts().map(|host| expected.is_named(host)).collect();
        let named: Vec<bool> = if dns.is_empty() {
            self.short_hosts().map(|(host, domain)| expected.is_short(host, domain)).collect()
        } else {
            dns
        };
        let has_name = expected.host.is_some() || !expected.other_names.is_empty();
        match (named.contains(&true), named.contains(&false)) {
            (false, false) => Fit::Unnamed,
            _ if !has_name => Fit::Unknown,
            (true, false) => Fit::Same,
            (false, true) => Fit::Other,
            // Several computer names of one machine, as clusters have, are no contradiction.
            (true, true) if self.dns_hosts().next().is_none() && self.challenges.is_empty() => Fit::Same,
            (true, true) => Fit::Contradictory,
        }
    }

    /// Whether the machine has the full name of one of these DCs.
    pub(super) fn is_named_like(&self, known: &[Known]) -> bool {
        self.dns_hosts().any(|host| known.iter().any(|dc| is_one_of(host, dc.host.iter().chain(&dc.other_names))))
    }

    /// Whether the machine says that it belongs to another forest.
    pub(super) fn of_another_forest(&self, expected: &Expected) -> bool {
        let root = self.rootdse.filter(|root| root.is_dc());
        let configuration = root.and_then(|root| root.configuration.as_ref()?.guid);
        if let (Some(theirs), Some(ours)) = (configuration, expected.forest_guid) {
            return theirs != ours;
        }
        if let (Some(ping), Some(domain), Some(guid)) = (self.ping, &expected.domain, expected.domain_guid) {
            // A domain that was built anew under its old name.
            if ping.domain.as_deref().is_some_and(|name| is_same(name, domain)) && ping.domain_guid != guid {
                return true;
            }
        }
        let stated = root
            .and_then(|root| root.root_domain.as_ref()?.dns_name())
            .or_else(|| self.ping.and_then(|ping| ping.forest.clone()))
            .or_else(|| {
                // Without a directory that answers, a machine of another forest is a DC only if it replicates.
                let registered = self.registered();
                self.challenges.iter().filter(|_| registered).find_map(|challenge| challenge.forest.clone())
            });
        stated.is_some_and(|forest| !is_same(&forest, &expected.forest))
    }

    /// The most telling name.
    pub(super) fn best_name(&self) -> Option<String> {
        let full = self.dns_hosts().next();
        let short = || self.directory_hosts().next().or_else(|| self.short_hosts().next().map(|(host, _)| host));
        full.or_else(short).map(|name| name.trim_end_matches('.').to_owned())
    }
}

impl Expected {
    fn names(&self) -> impl Iterator<Item = &DnsName> {
        self.host.iter().chain(&self.other_names)
    }

    fn is_named(&self, host: &str) -> bool {
        is_one_of(host, self.names())
    }

    /// Whether a NetBIOS name is that of the expected host: its first label, cut. A machine that stands in another
    /// domain than the expected one is not it; one that names itself as its domain says nothing of domains.
    fn is_short(&self, host: &str, domain: Option<&str>) -> bool {
        let same = |a: &str, b: &str| a.to_uppercase() == b.to_uppercase();
        let is_label = self.names().any(|name| {
            let label = name.as_str().split('.').next().unwrap_or_default();
            let cut: String = label.chars().take(LONGEST_NETBIOS).collect();
            same(host, label) || same(host, &cut)
        });
        let elsewhere = match (&self.netbios_domain, domain) {
            (Some(ours), Some(theirs)) => !same(ours, theirs) && !same(theirs, host),
            _ => false,
        };
        is_label && !elsewhere
    }
}

fn answer<T>(reply: &Option<Reply<T>>) -> Option<&T> {
    reply.as_ref().and_then(Reply::answer)
}

/// Whether text from the wire is this name; text that is no DNS name is none.
fn is_same(text: &str, name: &DnsName) -> bool {
    DnsName::parse(text).is_ok_and(|text| text == *name)
}

fn is_one_of<'a>(text: &str, mut names: impl Iterator<Item = &'a DnsName>) -> bool {
    names.any(|name| is_same(text, name))
}

/// One line per protocol that was spoken.
pub(super) fn lines(replies: &AddressReplies) -> Vec<String> {
    let mut lines = Vec::new();
    push(&mut lines, "cldap", &replies.cldap, |ping| match ping {
        Ping::Empty => String::from("a directory that does not say who it is"),
        Ping::Netlogon(ping) => describe([
            ping.host.clone(),
            labelled("forest", ping.forest.as_ref()),
            labelled("site", ping.site.as_ref()),
            labelled("domain GUID", Some(&ping.domain_guid)),
            Some(format!("flags {:#010x}", ping.flags.0)),
        ]),
    });
    push(&mut lines, "rootdse", &replies.rootdse, |root| {
        let kind = match (root.is_lds(), root.is_dc()) {
            (true, _) => Some(String::from("AD LDS, no domain controller")),
            (_, false) => Some(String::from("an LDAP server that is no domain controller")),
            _ => None,
        };
        let configuration = root.configuration.as_ref().and_then(|name| name.guid);
        describe([
            root.host.clone(),
            kind,
            labelled("NTDS Settings GUID", root.ntds_guid().as_ref()),
            labelled("configuration GUID", configuration.as_ref()),
            (root.synchronized == Some(false)).then(|| String::from("not synchronized")),
            root.control_refused.as_ref().map(|denial| format!("GUIDs {}", Failure::Denied(denial.clone()))),
        ])
    });
    push(&mut lines, "epm", &replies.epm, |mapping| match mapping {
        Mapping::Registered(endpoint) => match endpoint.address {
            Some(address) => format!("DRSUAPI on port {}, own address {address}", endpoint.port),
            None => format!("DRSUAPI on port {}", endpoint.port),
        },
        Mapping::NotRegistered => String::from("0x16c9a0d6"),
        Mapping::Status(status) => format!("status {status}"),
    });
    push(&mut lines, "drsuapi", &replies.drsuapi_port, |connected| format!("port {} is open", connected.port));
    for (label, reply) in [("ntlm over rpc", &replies.ntlm_rpc), ("ntlm over smb", &replies.ntlm_smb)] {
        push(&mut lines, label, reply, |challenge| {
            describe([
                challenge.host.clone(),
                labelled("NetBIOS name", challenge.netbios_host.as_ref()),
                labelled("domain", challenge.netbios_domain.as_ref()),
                labelled("forest", challenge.forest.as_ref()),
                labelled("version", challenge.version.as_ref()),
            ])
        });
    }
    push(&mut lines, "netbios", &replies.netbios, |status| {
        describe([
            status.hosts().next().map(str::to_owned),
            labelled("domain", status.domain().as_ref()),
            status.claims_dc().then(|| String::from("calls itself a DC")),
        ])
    });
    lines
}

fn push<T>(lines: &mut Vec<String>, label: &str, reply: &Option<Reply<T>>, describe: impl Fn(&T) -> String) {
    match reply {
        None => {}
        Some(Reply::Answer(answer)) => lines.push(format!("{label}: {}", describe(answer))),
        Some(Reply::Failure(failure)) => lines.push(format!("{label}: {failure}")),
    }
}

fn labelled(label: &str, value: Option<&impl std::fmt::Display>) -> Option<String> {
    value.map(|value| format!("{label} {value}"))
}

fn describe<const N: usize>(parts: [Option<String>; N]) -> String {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { String::from("an answer without names") } else { parts.join(", ") }
}
