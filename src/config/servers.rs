//! The section `dns_servers`.

use std::collections::HashMap;

use super::decode::{At, Decoder};
use super::fields::{Fields, Seen};
use super::keys::SERVER;
use super::model::{DnsServer, ServerAddress};
use super::node::{Kind, Place};
use super::scalars;
use super::sections::{flag, list};
use super::suggest;
use super::text::quote;

/// A reference to a server, to be followed when all servers are known.
struct Master {
    name: String,
    place: Option<Place>,
    path: String,
    /// Which server says so.
    index: usize,
}

pub(super) fn servers(decoder: &mut Decoder<'_>, fields: &Fields<'_>) -> Vec<DnsServer> {
    let Some(at) = fields.need(decoder, "dns_servers") else { return Vec::new() };
    let before = decoder.problems.len();
    let mut seen = Seen::default();
    let mut masters = Vec::new();
    let mut index = 0;
    let servers = decoder.list(&at, |decoder, at| {
        let server = if matches!(at.node.kind, Kind::Map(_)) {
            one(decoder, at, &mut masters, index)?
        } else {
            let (address, port) = decoder.parse(at, "an address, a host name or a map", scalars::server)?;
            DnsServer::plain(address, port)
        };
        index += 1;
        let label = label(&server);
        seen.check(decoder, at, label.to_lowercase(), || format!("two DNS servers are called {}", quote(&label)));
        Some(server)
    });
    if servers.is_empty() && decoder.problems.len() == before {
        let help = "list the DNS servers of your domain controllers; `ipconfig /all` on each shows which it uses";
        decoder.report(&at, "at least one DNS server is needed", Some(help.to_owned()));
    }
    follow(decoder, &servers, masters);
    servers
}

fn one(decoder: &mut Decoder<'_>, at: &At<'_>, masters: &mut Vec<Master>, index: usize) -> Option<DnsServer> {
    let fields = decoder.fields(at, SERVER)?;
    let address = fields.need(decoder, "address");
    let address = address.and_then(|at| decoder.parse(&at, "an address or a host name", scalars::server));
    let port = fields.number(decoder, "port").and_then(|port| port.try_into().ok());
    if let (Some((_, Some(_))), Some(at)) = (&address, fields.get("port")) {
        decoder.report(&at, "the port stands in the address already", Some("remove one of the two".to_owned()));
    }
    let name = fields.get("name").and_then(|at| {
        let name = decoder.line(&at)?;
        if name.contains(',') {
            // `--server` takes a list of names.
            decoder.report(&at, "the name of a server holds no comma", None);
        }
        Some(name)
    });
    let secondary = flag(decoder, &fields, "secondary", false);
    let master = fields.get("master").and_then(|at| {
        let name = decoder.line(&at)?;
        if !secondary {
            let help = "add `secondary: true`, or remove `master`".to_owned();
            decoder.report(&at, "only a secondary has a master", Some(help));
        }
        Some(Master { name, place: at.place(), path: at.to_string(), index })
    });
    let authoritative = flag(decoder, &fields, "authoritative", false);
    let dc = fields.get("dc").and_then(|at| decoder.parse(&at, "a host name", scalars::name));
    let zones = list(decoder, &fields, "zones", |decoder, at| decoder.parse(at, "a zone name", scalars::name));
    let (address, inline) = address?;
    let name_of_master = master.as_ref().map(|master| master.name.clone());
    masters.extend(master);
    Some(DnsServer {
        name,
        authoritative,
        secondary,
        dc,
        zones,
        master: name_of_master,
        ..DnsServer::plain(address, port.or(inline))
    })
}

fn follow(decoder: &mut Decoder<'_>, servers: &[DnsServer], masters: Vec<Master>) {
    if masters.is_empty() {
        return;
    }
    let names = Names::new(servers);
    for Master { name, place, path, index } in masters {
        let own = servers.get(index).is_some_and(|server| spellings(server).contains(&name.to_lowercase()));
        if own {
            decoder.report_at(place, path, "a server cannot be its own master", None);
        } else if !names.holds(&name) {
            decoder.report_at(place, path, format!("no DNS server is called {}", quote(&name)), names.help(&name));
        }
    }
}

/// The name of a server in reports.
fn label(server: &DnsServer) -> String {
    match (&server.name, server.port) {
        (Some(name), _) => name.clone(),
        (None, 53) => server.address.to_string(),
        (None, port) => with_port(&server.address, port),
    }
}

fn with_port(address: &ServerAddress, port: u16) -> String {
    match address {
        ServerAddress::Ip { address: std::net::IpAddr::V6(_), .. } => format!("[{address}]:{port}"),
        _ => format!("{address}:{port}"),
    }
}

/// Every way in which a report may call a server, in lower case: with its port if another has the same address.
fn spellings(server: &DnsServer) -> Vec<String> {
    match &server.name {
        Some(name) => vec![name.to_lowercase()],
        None => {
            let address = server.address.to_string();
            vec![address.to_lowercase(), with_port(&server.address, server.port).to_lowercase()]
        }
    }
}

/// The names that reports may use for the servers of a configuration.
pub(super) struct Names<'a> {
    spellings: HashMap<String, &'a DnsServer>,
    labels: Vec<String>,
    system: bool,
}

impl<'a> Names<'a> {
    pub(super) fn new(servers: &'a [DnsServer]) -> Self {
        let spellings = servers.iter().flat_map(|server| spellings(server).into_iter().map(move |name| (name, server)));
        Self {
            spellings: spellings.collect(),
            labels: servers.iter().map(label).collect(),
            system: servers.iter().any(|server| server.address == ServerAddress::System),
        }
    }

    /// Whether a server of this name can appear in a report.
    pub(super) fn holds(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        if self.spellings.contains_key(&name) {
            return true;
        }
        // A host name with several addresses gives one server for each, called `name#address`.
        let of_host = name.split_once('#').and_then(|(head, _)| self.spellings.get(head));
        if of_host.is_some_and(|server| !matches!(server.address, ServerAddress::Ip { .. })) {
            return true;
        }
        // Which resolvers this machine has is not known before the run; they are called by their addresses.
        self.system && matches!(scalars::server(&name), Ok((ServerAddress::Ip { .. }, _)))
    }

    pub(super) fn help(&self, name: &str) -> Option<String> {
        let near = suggest::nearest(name, self.labels.iter().map(String::as_str));
        match near {
            Some(near) => Some(format!("did you mean {}?", quote(near))),
            None if self.labels.len() <= 8 => {
                Some(format!("the servers are {}", self.labels.iter().map(|l| quote(l)).collect::<Vec<_>>().join(", ")))
            }
            None => None,
        }
    }
}
