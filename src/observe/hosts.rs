//! Addresses of DNS servers that the configuration gives by name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ServerOrderingStrategy,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{Resolver, TokioResolver};

use super::SessionOptions;
use crate::base::name::DnsName;
use crate::evidence::{Family, Resolved};

/// Look-ups at this machine's resolvers. Its hosts file is not read: a verifier must see what DNS says.
pub(super) struct Lookups {
    resolver: Result<TokioResolver, String>,
    family: Option<Family>,
    patience: Duration,
}

impl Lookups {
    /// `resolvers` is needed for names other than `localhost`.
    pub(super) fn new(options: &SessionOptions, resolvers: Option<Resolved>) -> Self {
        let query = &options.query;
        let resolver = match resolvers {
            None => Err("no resolver was asked for".into()),
            Some(Resolved::Failed(text)) => Err(text),
            Some(Resolved::Addresses(addresses)) => resolver(&addresses, query.timeout, query.tries),
        };
        Self { resolver, family: options.family, patience: query.timeout * query.tries.max(1) }
    }

    /// The addresses of `host`, sorted, with port 0.
    pub(super) async fn resolve(&self, host: &DnsName) -> Resolved {
        let looked_up = if is_localhost(host) {
            Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
        } else {
            match &self.resolver {
                Ok(resolver) => tokio::time::timeout(self.patience, self.look_up(resolver, host))
                    .await
                    .unwrap_or_else(|_| Err(format!("no answer within {:?}", self.patience))),
                Err(text) => Err(text.clone()),
            }
        };
        match looked_up {
            Ok(mut addresses) => {
                addresses.retain(|address| self.wants(address.is_ipv4()));
                addresses.sort_unstable();
                addresses.dedup();
                if addresses.is_empty() {
                    return Resolved::Failed(format!("looking up {host}: it has no address of the family asked for"));
                }
                Resolved::Addresses(addresses.into_iter().map(|address| SocketAddr::new(address, 0)).collect())
            }
            Err(text) => Resolved::Failed(format!("looking up {host}: {text}")),
        }
    }

    fn wants(&self, ipv4: bool) -> bool {
        self.family.is_none_or(|family| (family == Family::V4) == ipv4)
    }

    async fn look_up(&self, resolver: &TokioResolver, host: &DnsName) -> Result<Vec<IpAddr>, String> {
        let labels = host.labels();
        let mut name = Name::from_labels(labels.iter().map(Vec::as_slice)).map_err(|error| error.to_string())?;
        // No search list: the name stands for itself.
        name.set_fqdn(true);
        let ask = async |ipv4: bool, rtype: RecordType| {
            if self.wants(ipv4) { Some(resolver.lookup(name.clone(), rtype).await) } else { None }
        };
        let (v4, v6) = futures_util::future::join(ask(true, RecordType::A), ask(false, RecordType::AAAA)).await;
        let mut addresses = Vec::new();
        let mut trouble = None;
        for looked_up in [v4, v6].into_iter().flatten() {
            match looked_up {
                Ok(found) => {
                    addresses.extend(found.answers().iter().filter_map(|record| record.data.ip_addr()));
                }
                Err(error) => {
                    trouble.get_or_insert_with(|| words(&error));
                }
            }
        }
        match trouble {
            Some(trouble) if addresses.is_empty() => Err(trouble),
            _ => Ok(addresses),
        }
    }
}

/// The library writes its own types into the most common of its errors.
fn words(error: &NetError) -> String {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) if none.response_code == ResponseCode::NoError => {
            "the name has no address".into()
        }
        NetError::Dns(DnsError::NoRecordsFound(none)) => none.response_code.to_string(),
        other => other.to_string(),
    }
}

/// RFC 6761 section 6.3: the name is the machine's own, and no server's business.
fn is_localhost(host: &DnsName) -> bool {
    host.as_str() == "localhost" || host.as_str().ends_with(".localhost")
}

fn resolver(addresses: &[SocketAddr], timeout: Duration, tries: u32) -> Result<TokioResolver, String> {
    let servers: Vec<_> = addresses.iter().filter(|address| !has_scope(address)).map(server).collect();
    if servers.is_empty() {
        return Err(
            "the resolvers of this machine have link-local addresses alone, which cannot be asked for this".into()
        );
    }
    let config = ResolverConfig::from_parts(None, Vec::new(), servers);
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.timeout = timeout;
    options.attempts = usize::try_from(tries.saturating_sub(1)).unwrap_or(1);
    options.use_hosts_file = ResolveHosts::Never;
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    // Ports of its own choice make Windows ask the user about the program.
    options.os_port_selection = true;
    builder.build().map_err(|error| error.to_string())
}

/// The library's server addresses have no scope.
fn has_scope(address: &SocketAddr) -> bool {
    matches!(address, SocketAddr::V6(address) if address.scope_id() != 0 || address.ip().is_unicast_link_local())
}

fn server(address: &SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.into())
}
