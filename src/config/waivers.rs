//! The section `waivers`.

use std::collections::HashSet;

use super::decode::Decoder;
use super::directory;
use super::fields::Fields;
use super::keys::WAIVER;
use super::model::{DnsServer, DomainController, Retired, Waiver};
use super::scalars;
use super::sections::rule_is_known;
use super::servers::Names;
use super::suggest;
use super::text::quote;

pub(super) fn waivers(
    decoder: &mut Decoder<'_>,
    fields: &Fields<'_>,
    servers: &[DnsServer],
    controllers: &[DomainController],
    retired: &[Retired],
) -> Vec<Waiver> {
    let Some(at) = fields.get("waivers") else { return Vec::new() };
    let servers = Names::new(servers);
    let subjects = subjects(controllers, retired);
    // Resolvers that are not listed are servers of the run, too, called by their addresses.
    let is_resolver =
        |name: &str| controllers.iter().flat_map(|dc| &dc.resolvers).any(|address| address.to_string() == name);
    decoder.list(&at, |decoder, at| {
        let fields = decoder.fields(at, WAIVER)?;
        let rule = fields.need(decoder, "rule").and_then(|at| {
            let rule = decoder.line(&at)?;
            rule_is_known(decoder, &at, &rule).then_some(rule)
        });
        let dc = fields.get("dc").and_then(|at| {
            let dc = decoder.parse(&at, "a host name or a GUID", scalars::retired)?;
            let dc = subject(&dc);
            if !subjects.contains(&dc) {
                let near = suggest::nearest(&dc, subjects.iter().map(String::as_str));
                let help = near.map(|near| format!("did you mean {}?", quote(near)));
                let message = format!("{} is neither in `domain_controllers` nor in `retired`", quote(&dc));
                decoder.report(&at, message, help);
            }
            Some(dc)
        });
        let server = fields.get("server").and_then(|at| {
            let server = decoder.line(&at)?;
            if !servers.holds(&server) && !is_resolver(&server) {
                decoder.report(&at, format!("no DNS server is called {}", quote(&server)), servers.help(&server));
            }
            Some(server)
        });
        let until = fields.get("until").and_then(|at| decoder.parse(&at, "a date", scalars::date));
        let reason = match fields.get("reason") {
            Some(at) => decoder.line(&at),
            None => {
                let help = "say why the findings are accepted, for whoever reads this in a year".to_owned();
                decoder.report(at, "a waiver needs a reason", Some(help));
                None
            }
        };
        Some(Waiver { rule: rule?, dc, server, until, reason: reason? })
    })
}

/// Whatever a finding may be about: every host and GUID that the configuration names.
fn subjects(controllers: &[DomainController], retired: &[Retired]) -> HashSet<String> {
    let hosts = controllers.iter().filter_map(directory::label);
    let guids = controllers.iter().filter_map(|dc| dc.guid).map(|guid| guid.to_string());
    hosts.chain(guids).chain(retired.iter().map(subject)).collect()
}

fn subject(dc: &Retired) -> String {
    match dc {
        Retired::Guid(guid) => guid.to_string(),
        Retired::Host(host) => host.to_string(),
    }
}
