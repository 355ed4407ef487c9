//! What the forest is made of, where no configuration says it.
//!
//! Pure like the plan of a check: it looks at what has been seen and names what is still to be asked, until nothing is
//! left; then it builds the configuration that the run goes on with, and says where every part of it comes from. It
//! asks with the run's own session and fills the run's own evidence, so nothing is asked twice.
//!
//! Everything that is found out this way was said by somebody: by DNS servers, or by machines of themselves. A machine
//! counts as a domain controller of the forest by its own word, a name in the records of the locator by these records
//! alone, and then it stands there without GUID if its machine does not answer: what hides must not look absent.

mod controllers;
mod failure;
mod forest;
mod machine;
mod names;
mod seen;
mod servers;
mod survey;

use std::net::SocketAddr;

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::config::{self, Config, DnsServer, ServerAddress};
use crate::evidence::{Ask, Plan};
use crate::evidence::{Assumption, Evidence, LocalStage, Stage};
use crate::inventory;
pub use controllers::{Address, Controller};
pub use failure::Failure;
use survey::Survey;

/// Stands in for the forest while it is not known. It is never asked for.
const NOBODY: &str = "{forest: invalid, dns_servers: [system]}";

/// Where discovery begins.
#[derive(Clone, Debug)]
pub struct Start {
    /// The forest, if it was named.
    pub forest: Option<DnsName>,
    /// Whether a DC or DNS server was named; it is then the only server of `base`.
    pub named_server: bool,
    /// The servers to begin with, and how everybody is asked.
    pub base: Config,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The configuration of the rest of the run.
    pub config: Config,
    /// Where each part of it comes from, and what was left out.
    pub assumed: Vec<Assumption>,
    /// The domain controllers with what is known of their addresses, in the order of the configuration.
    pub controllers: Vec<Controller>,
}

impl Start {
    /// Begins at this machine's resolvers, or at `from`: a DC or DNS server, with its port.
    ///
    /// # Errors
    /// That no records can stand below the name of the forest.
    pub fn new(forest: Option<DnsName>, from: Option<(ServerAddress, Option<u16>)>) -> Result<Self, Failure> {
        if let Some(long) = forest.as_ref().filter(|forest| !names::has_room(forest)) {
            return Err(Failure::Unusable(format!("the name {long} is too long for a forest")));
        }
        let mut base =
            config::parse(NOBODY, "no configuration", &[]).map_err(|errors| Failure::Unusable(errors.to_string()))?;
        let named_server = from.is_some();
        if let Some((address, port)) = from {
            base.dns_servers = vec![DnsServer::plain(address, port)];
        }
        Ok(Self { forest, named_server, base })
    }
}

/// All that can be asked now.
pub fn next(start: &Start, evidence: &Evidence) -> Plan {
    let mut plan = Plan::default();
    inventory::find_servers(&mut plan, evidence);
    if evidence.local.as_ref().is_none_or(|local| local.stage < LocalStage::Configuration) {
        plan.local = Some(LocalStage::Configuration);
    }
    if !plan.is_empty() {
        // Whom to ask, and for what, is not known before.
        return plan;
    }
    let survey = Survey::of(start, evidence);
    for address in survey.servers() {
        let asks = questions(&survey, evidence, address);
        if !asks.is_empty() {
            plan.dns.push((address, asks));
        }
    }
    let machines = survey.machines_to_ask().into_iter();
    plan.machines = machines
        .filter(|address| !evidence.machines.contains_key(address))
        .map(|address| (address, Stage::Directory))
        .collect();
    plan
}

/// What can be asked of one server now: its later questions follow its own answers.
pub fn follow(start: &Start, evidence: &Evidence, address: SocketAddr) -> Vec<Ask> {
    questions(&Survey::of(start, evidence), evidence, address)
}

fn questions(survey: &Survey<'_>, evidence: &Evidence, address: SocketAddr) -> Vec<Ask> {
    let column = evidence.column(address);
    let settled = |name: &DnsName, rtype: RecordType| {
        let question = evidence.find_question(name.as_str(), rtype, true);
        question.is_some_and(|question| column.is_some_and(|column| column.answer(question).is_some()))
    };
    let all = survey.questions().into_iter().filter(|(name, rtype)| !settled(name, *rtype));
    all.map(|(name, rtype)| Ask { name, rtype, recursion: true }).collect()
}

/// What was found, when nothing is left to ask. `rules` are the names that a configuration may speak of.
///
/// # Errors
/// There is no forest to check; what was tried.
pub fn finish(start: &Start, evidence: &Evidence, rules: &[&str]) -> Result<Found, Failure> {
    if let Some(incomplete) = evidence.incomplete {
        return Err(Failure::Ended(incomplete));
    }
    let survey = Survey::of(start, evidence);
    let forest = survey.forest_or_why_not()?;
    let controllers = controllers::all(&survey, forest);
    if controllers.found.is_empty() {
        return Err(failure::nobody(&survey, &forest.name));
    }
    let servers = servers::all(&survey, &controllers.found);
    let mut assumed =
        vec![Assumption { what: "forest".into(), value: forest.name.to_string(), from: forest.from.clone() }];
    let domains = survey.domains().iter().filter(|(domain, _)| **domain != forest.name);
    assumed.extend(domains.map(|(domain, from)| assume("domain", domain, from.clone())));
    assumed.extend(servers.assumed);
    assumed.extend(controllers.found.iter().map(|dc| assume("dc", &dc.host, dc.from.clone())));
    assumed.extend(controllers.left_out);
    assumed.extend(servers.left_out);
    assumed.extend(survey.left_out());
    let mut all: Vec<DnsServer> = start.base.dns_servers.clone();
    all.extend(servers.found);
    let config = Config {
        forest: forest.name.clone(),
        dns_servers: all,
        domain_controllers: controllers.found.iter().map(Controller::entry).collect(),
        domains: controllers::domains(&survey),
        complete: false,
        ..start.base.clone()
    };
    // What outsiders said became a configuration: it has to hold what is asked of one that a person wrote, because it
    // is embedded in evidence and written into files.
    config::from_json(&config.to_json(), rules).map_err(|errors| Failure::Unusable(errors.to_string()))?;
    Ok(Found { config, assumed, controllers: controllers.found })
}

fn assume(what: &str, value: &impl ToString, from: String) -> Assumption {
    Assumption { what: what.into(), value: value.to_string(), from }
}

/// `left-out`, and why.
fn left_out(value: &impl ToString, from: String) -> Assumption {
    assume("left-out", value, from)
}
