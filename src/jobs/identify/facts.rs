//! What a machine says of itself, gathered from all protocols, without any expectation.

use serde::Serialize;

use crate::evidence::probe::{AddressReplies, Challenge, Flags, Mapping, Netlogon, Ping, PingState, Reply, RootDse};

/// What kind of machine answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MachineKind {
    /// Its directory or its replication interface answers.
    DomainController,
    /// It answers, and is no domain controller.
    NoDomainController,
    /// It says its name, and not whether it is a domain controller.
    Machine,
    /// It answers something, but does not say who it is.
    Inconclusive,
    /// Nothing comes back.
    Silent,
    /// There is no way to it.
    Unreachable,
    /// It was not asked.
    NotAsked,
}

/// What one machine says of itself. What it does not say is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Facts {
    /// What kind of machine it is.
    pub kind: MachineKind,
    /// Its DNS name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Its NetBIOS name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub netbios_host: Option<String>,
    /// DNS name of its domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// NetBIOS name of its domain or workgroup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub netbios_domain: Option<String>,
    /// DNS name of its forest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forest: Option<String>,
    /// Its site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// objectGUID of its own NTDS Settings object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// The alias that must lead to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// objectGUID of the NTDS Settings object with which it was started and which its directory no longer has: it does not
    /// replicate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_settings: Option<String>,
    /// pdc, gc, kdc, writable, rodc.
    pub roles: Vec<&'static str>,
    /// Whether its directory says that it serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<bool>,
    /// Whether its endpoint mapper knows DRSUAPI, the replication interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drsuapi_registered: Option<bool>,
    /// The port of DRSUAPI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drsuapi_port: Option<u16>,
    /// Whether that port accepts connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drsuapi_port_open: Option<bool>,
    /// Whether TCP 135 accepts connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpc_port_open: Option<bool>,
    /// `major.minor.build` of its operating system, as NTLM has it; Samba always says 6.1.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// How many seconds its clock is ahead of this machine's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_ahead_s: Option<i64>,
}

fn answer<T>(reply: &Option<Reply<T>>) -> Option<&T> {
    reply.as_ref().and_then(Reply::answer)
}

/// Gathers what a machine says. `kind_unnamed` counts where it says neither a name nor that it is a DC.
pub(super) fn of(replies: &AddressReplies, kind_unnamed: MachineKind) -> Facts {
    let ping: Option<&Netlogon> = match answer(&replies.cldap) {
        Some(Ping::Netlogon(ping)) => Some(ping),
        _ => None,
    };
    let root: Option<&RootDse> = answer(&replies.rootdse);
    let dc_root = root.filter(|root| root.is_dc());
    let challenges: Vec<&Challenge> = [&replies.ntlm_rpc, &replies.ntlm_smb].into_iter().filter_map(answer).collect();
    let of_challenge = |get: fn(&Challenge) -> &Option<String>| challenges.iter().find_map(|one| get(one).clone());
    let netbios = answer(&replies.netbios);
    let mapping = answer(&replies.epm);
    let clock = root.and_then(|root| root.clock).or_else(|| challenges.iter().find_map(|one| one.clock));
    let host = root
        .and_then(|root| root.host.clone())
        .or_else(|| ping.and_then(|ping| ping.host.clone()))
        .or_else(|| of_challenge(|one| &one.host));
    let netbios_host = ping
        .and_then(|ping| ping.netbios_host.clone())
        .or_else(|| of_challenge(|one| &one.netbios_host))
        .or_else(|| netbios.and_then(|status| status.hosts().next().map(str::to_owned)));
    // The configuration naming context, in which every NTDS Settings object stands, lies below the forest root domain.
    let forest = dc_root
        .and_then(|root| {
            let names = [&root.root_domain, &root.configuration, &root.ntds_settings];
            names.into_iter().flatten().find_map(|name| name.dns_name())
        })
        .or_else(|| ping.and_then(|ping| ping.forest.clone()))
        .or_else(|| of_challenge(|one| &one.forest));
    let guid = root.and_then(RootDse::ntds_guid).map(|guid| guid.to_string());
    let registered = match mapping {
        Some(Mapping::Registered(_)) => Some(true),
        Some(Mapping::NotRegistered) => Some(false),
        _ => None,
    };
    let directory = ping.is_some() || dc_root.is_some();
    let lost_settings = replies.lost_settings().map(|guid| guid.to_string());
    let kind = match (directory || lost_settings.is_some() || registered == Some(true), registered) {
        (true, _) => MachineKind::DomainController,
        (false, Some(false)) => MachineKind::NoDomainController,
        _ if kind_unnamed == MachineKind::NoDomainController => kind_unnamed,
        _ if host.is_some() || netbios_host.is_some() => MachineKind::Machine,
        _ => kind_unnamed,
    };
    Facts {
        kind,
        alias: guid
            .as_ref()
            .zip(forest.as_ref())
            .map(|(guid, forest)| format!("{guid}._msdcs.{}", forest.trim_end_matches('.').to_ascii_lowercase())),
        guid,
        lost_settings,
        domain: dc_root
            .and_then(|root| root.domain.as_ref()?.dns_name())
            .or_else(|| ping.and_then(|ping| ping.domain.clone()))
            .or_else(|| of_challenge(|one| &one.domain)),
        netbios_domain: ping
            .and_then(|ping| ping.netbios_domain.clone())
            .or_else(|| of_challenge(|one| &one.netbios_domain))
            .or_else(|| netbios.and_then(|status| status.domain().map(str::to_owned))),
        forest,
        site: ping
            .and_then(|ping| ping.site.clone())
            .or_else(|| dc_root.and_then(|root| root.site().map(|site| site.to_string()))),
        roles: ping.map(|ping| roles(ping.flags)).unwrap_or_default(),
        ready: directory.then(|| {
            ping.is_none_or(|ping| ping.state != PingState::Paused)
                && root.is_none_or(|root| root.synchronized != Some(false))
        }),
        drsuapi_registered: registered,
        drsuapi_port: match mapping {
            Some(Mapping::Registered(endpoint)) => Some(endpoint.port),
            _ => None,
        },
        drsuapi_port_open: replies.drsuapi_port.as_ref().map(|reply| reply.answer().is_some()),
        rpc_port_open: replies.rpc_port_open(),
        os_version: of_challenge(|one| &one.version),
        clock_ahead_s: clock.map(|clock| clock.ahead()),
        host,
        netbios_host,
    }
}

fn roles(flags: Flags) -> Vec<&'static str> {
    [
        (flags.is_pdc(), "pdc"),
        (flags.is_gc(), "gc"),
        (flags.is_kdc(), "kdc"),
        (flags.is_writable(), "writable"),
        (flags.is_read_only(), "rodc"),
    ]
    .into_iter()
    .filter(|(has, _)| *has)
    .map(|(_, role)| role)
    .collect()
}
