//! Arguments laid over the configuration file, and checked against it.

use std::path::Path;
use std::time::Duration;

use super::CommandError;
use crate::cli::{Run, Whence};
use crate::config::{self, Config, ServerAddress};
use crate::discover::Start;
use crate::evidence::Selection;
use crate::{inventory, rules};

/// The configuration file when none is named.
const DEFAULT_FILE: &str = "guidpost.yaml";

/// Loads the configuration file of a run.
pub(super) fn load(named: Option<&Path>) -> Result<Config, CommandError> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    config::load(path, &rules::names()).map_err(|error| match error {
        config::LoadError::File(error) if named.is_none() && error.is_not_found() => CommandError::NoConfig,
        other => CommandError::Config(other),
    })
}

/// Loads the configuration file of a run that can do without. The arguments that say where to begin go before a file that
/// nobody named.
pub(super) fn load_or_none(run: &Run) -> Result<Option<Config>, CommandError> {
    if run.whence.forest.is_some() || run.whence.from.is_some() {
        return Ok(None);
    }
    match load(run.config.as_deref()) {
        Ok(config) => Ok(Some(config)),
        Err(CommandError::NoConfig) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where a run without configuration begins; `apply` lays the arguments over how everybody is asked.
pub(super) fn start(
    whence: &Whence,
    deadline: Option<Duration>,
    apply: impl FnOnce(&mut Config, Option<Duration>),
) -> Result<Start, CommandError> {
    let mut start = Start::new(whence.forest.clone(), whence.from.clone()).map_err(CommandError::Discovery)?;
    apply(&mut start.base, deadline);
    Ok(start)
}

/// Lays the arguments over the configuration. `deadline` counts where neither says one.
pub(super) fn apply(run: &Run, config: &mut Config, deadline: Option<Duration>) {
    let query = &mut config.query;
    query.timeout = run.timeout.unwrap_or(query.timeout);
    query.tries = run.tries.unwrap_or(query.tries);
    query.deadline = run.deadline.or(query.deadline).or(deadline);
    config.probe.enabled &= !run.reach.no_probe;
}

/// Makes sure that the rules which the arguments name exist.
pub(super) fn rules_exist(run: &Run) -> Result<(), CommandError> {
    match run.only.iter().chain(&run.skip).find(|name| rules::find(name).is_none()) {
        Some(unknown) => Err(CommandError::UnknownRule(unknown.clone())),
        None => Ok(()),
    }
}

/// The part of the configuration that the arguments name.
pub(super) fn selection(run: &Run, config: &Config) -> Result<Selection, CommandError> {
    rules_exist(run)?;
    for name in &run.dc {
        let known = |dc| inventory::is_selected(dc, std::slice::from_ref(name));
        if !config.domain_controllers.iter().any(known) {
            return Err(CommandError::UnknownDc(name.clone()));
        }
    }
    // The names of this machine's resolvers are not known before they are read.
    let open = config.dns_servers.iter().any(|server| server.address == ServerAddress::System);
    for name in run.server.iter().filter(|_| !open) {
        let known = |server: &config::DnsServer| {
            let base = name.split('#').next().unwrap_or(name);
            let address = match &server.address {
                ServerAddress::Ip { address, scope: None } => address.to_string(),
                ServerAddress::Ip { address, scope: Some(scope) } => format!("{address}%{scope}"),
                ServerAddress::Host(host) => host.to_string(),
                ServerAddress::System => "system".into(),
            };
            let with_port = [format!("{address}:{}", server.port), format!("[{address}]:{}", server.port)];
            server.name.as_deref() == Some(base) || address == base || with_port.iter().any(|text| text == name)
        };
        let resolvers = || config.domain_controllers.iter().flat_map(|dc| &dc.resolvers);
        if !config.dns_servers.iter().any(known) && !resolvers().any(|address| address.to_string() == *name) {
            return Err(CommandError::UnknownServer(name.clone()));
        }
    }
    Ok(Selection {
        only: run.only.clone(),
        skip: run.skip.clone(),
        servers: run.server.clone(),
        dcs: run.dc.clone(),
        family: run.reach.family(),
    })
}
