//! A forest in memory for unit tests: servers that answer from lists of records, without any network.

pub(crate) mod local;
pub(crate) mod machines;
mod zone;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::base::name::DnsName;
use crate::config;
use crate::evidence::Ask;
use crate::evidence::probe::AddressReplies;
use crate::evidence::{
    Answer, Body, Candidate, Evidence, Flags, Layer, LookedUp, Lost, Machine, Outcome, Port, PortState, Purpose,
    Record, Selection, Stage, Transfer, Transport,
};
use crate::inventory::{self, Inventory};
use crate::observe::Local;
use crate::plan;
use crate::report::{Finding, Report};
use crate::{judge, rules};
use zone::{from_zone, record, within};

/// Two DCs, each with a DNS server of its own.
pub(crate) const CONFIG: &str = "
forest: contoso.com
dns_servers: [{name: dc1, address: 192.0.2.10}, {name: dc2, address: 192.0.2.11}]
domain_controllers:
  - {host: dc1.contoso.com, guid: 11111111-1111-4111-8111-111111111111, addresses: [192.0.2.10]}
  - {host: dc2.contoso.com, guid: 22222222-2222-4222-8222-222222222222, addresses: [192.0.2.11]}
";

/// [`CONFIG`] without what dc2 owns.
pub(crate) fn config_without_addresses() -> String {
    CONFIG.replace(", addresses: [192.0.2.11]", "")
}

/// [`CONFIG`] with something else for what dc2 owns.
pub(crate) fn config_with(addresses: &str) -> String {
    CONFIG.replace("addresses: [192.0.2.11]", addresses)
}

/// The alias of dc2.
pub(crate) const ALIAS2: &str = "22222222-2222-4222-8222-222222222222._msdcs.contoso.com";

/// What both servers hold when all is well.
pub(crate) const RECORDS: &str = "
contoso.com 3600 SOA dc1.contoso.com
_msdcs.contoso.com 3600 SOA dc1.contoso.com
dc1.contoso.com 1200 A 192.0.2.10
dc2.contoso.com 1200 A 192.0.2.11
11111111-1111-4111-8111-111111111111._msdcs.contoso.com 600 CNAME dc1.contoso.com
22222222-2222-4222-8222-222222222222._msdcs.contoso.com 600 CNAME dc2.contoso.com
";

/// How a server answers one question otherwise than from its records.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Nothing comes.
    Timeout,
    /// A response code without data.
    Rcode(u16),
    /// NOERROR, without AA, answer and SOA.
    Bare,
    /// NXDOMAIN with authority.
    NxDomain,
    /// These records, as lines, without AA.
    Cached(&'static str),
    /// These records, as lines, with AA.
    Records(&'static str),
    /// NXDOMAIN from a cache, for 300 more seconds.
    Denied,
    /// Cut short, and TCP times out.
    Truncated,
}

/// An empty run of a configuration.
pub(crate) fn evidence(config: &str) -> Evidence {
    let config = config::parse(config, "test.yaml", &rules::names()).unwrap_or_else(|errors| panic!("{errors}"));
    Evidence::new(config, Selection::default(), 42, "2026-11-20T10:00:00Z".parse().expect("a timestamp"))
}

/// Servers with records.
pub(crate) struct World {
    pub(crate) evidence: Evidence,
    records: BTreeMap<String, Vec<String>>,
    replies: BTreeMap<(String, String), Reply>,
    machines: BTreeMap<IpAddr, AddressReplies>,
    ports: BTreeMap<Port, PortState>,
    local: Local,
    reversed: bool,
    transferable: BTreeSet<String>,
}

impl World {
    /// The healthy forest.
    pub(crate) fn new() -> Self {
        Self::with(CONFIG)
    }

    /// A forest of this configuration, all of whose servers hold [`RECORDS`].
    pub(crate) fn with(config: &str) -> Self {
        let evidence = evidence(config);
        let servers = inventory::derive(&evidence).servers;
        let records = servers.into_iter().map(|server| (server.name, healthy())).collect();
        Self {
            evidence,
            records,
            replies: BTreeMap::new(),
            machines: BTreeMap::new(),
            ports: BTreeMap::new(),
            local: Local::default(),
            reversed: false,
            transferable: BTreeSet::new(),
        }
    }

    /// Drops the records of one `name TYPE` (or `name`) at a server.
    pub(crate) fn remove(mut self, server: &str, what: &str) -> Self {
        let (name, rtype) = what.split_once(' ').unwrap_or((what, ""));
        self.lines(server).retain(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            words[0] != name || (!rtype.is_empty() && words[2] != rtype)
        });
        self
    }

    /// Adds a record at a server.
    pub(crate) fn add(mut self, server: &str, line: &str) -> Self {
        self.lines(server).push(line.into());
        self
    }

    /// Replaces what a server says to one question, `name TYPE`; an empty name means every question.
    pub(crate) fn reply(mut self, server: &str, question: &str, reply: Reply) -> Self {
        self.replies.insert((server.into(), question.into()), reply);
        self
    }

    /// Drops all records of a server.
    pub(crate) fn clear(mut self, server: &str) -> Self {
        self.lines(server).clear();
        self
    }

    /// The types of the records that stand at a name itself at a server.
    pub(crate) fn types_at(&self, server: &str, name: &str) -> Vec<String> {
        let words = self.records[server].iter().map(|line| line.split(' ').collect::<Vec<_>>());
        words.filter(|words| words[0] == name).map(|words| words[2].to_owned()).collect()
    }

    /// Forgets every special reply of a server.
    pub(crate) fn no_replies(mut self, server: &str) -> Self {
        self.replies.retain(|(other, _), _| other != server);
        self
    }

    /// Asks in the other order, and gives the records of every answer in the other order.
    pub(crate) fn reversed(mut self, reversed: bool) -> Self {
        self.reversed = reversed;
        self
    }

    /// A server gives away whole zones.
    pub(crate) fn transferable(mut self, server: &str) -> Self {
        self.transferable.insert(server.into());
        self
    }

    fn lines(&mut self, server: &str) -> &mut Vec<String> {
        self.records.get_mut(server).unwrap_or_else(|| panic!("there is no server {server}"))
    }

    /// What the machine at an address says when it is asked who it is; other machines say nothing that anybody hears.
    pub(crate) fn machine(mut self, address: &str, replies: AddressReplies) -> Self {
        let address = address.parse().expect("an address");
        // Else nobody would ask what no configuration lists, as these addresses belong to no private network.
        self.evidence.config.probe.redirect.insert(address, Some(([127, 0, 0, 1], 0).into()));
        self.machines.insert(address, replies);
        self
    }

    /// What trying a port shows; every other port is open.
    pub(crate) fn port(mut self, address: &str, layer: Layer, port: u16, state: PortState) -> Self {
        let address = address.parse().expect("an address");
        self.ports.insert(Port { address, layer, port }, state);
        self
    }

    /// The run is for a machine that is to become a DC.
    pub(crate) fn preflight(mut self, candidate: Candidate) -> Self {
        self.evidence.purpose = Purpose::Preflight(candidate);
        self
    }

    /// What the machine that guidpost runs on is configured with, and what its own resolution says.
    pub(crate) fn local(mut self, local: Local) -> Self {
        self.local = local;
        self
    }

    /// Asks everything, and gives the evidence.
    pub(crate) fn observe(mut self) -> Evidence {
        for _ in 0..8 {
            let round = plan::Round::new(&self.evidence, rules::needs(&self.evidence));
            let inventory = &round.inventory;
            let plan = plan::next(&round, &self.evidence);
            if plan.is_empty() {
                break;
            }
            for (address, stage) in plan.machines {
                let mut replies = self.machines.get(&address).cloned().unwrap_or_default();
                if stage == Stage::Directory {
                    (replies.ntlm_rpc, replies.ntlm_smb, replies.netbios) = (None, None, None);
                }
                self.evidence.machines.insert(address, Machine { stage, replies });
            }
            if let Some(stage) = plan.local {
                self.evidence.local = Some(self.local.view.up_to(stage));
            }
            for name in plan.lookups {
                let found = self.local.lookups.get(&name).cloned().unwrap_or(LookedUp::Missing);
                self.evidence.lookups.insert(name, found);
            }
            for port in plan.ports {
                let state = self.ports.get(&port).cloned().unwrap_or(PortState::Open);
                self.evidence.ports.insert(port, state);
            }
            for (address, zone) in plan.transfers {
                let server = inventory.servers.iter().find(|server| server.address == Some(address));
                let name = &server.expect("a planned server").name;
                let given = if self.transferable.contains(name) {
                    let store = &mut self.evidence.store;
                    let all: Vec<Record> = self.records[name].iter().map(|line| record(store, line)).collect();
                    Transfer::Whole(within(store, &all, &zone))
                } else {
                    Transfer::Refused(5)
                };
                self.evidence.transfers.insert((address, zone), given);
            }
            let mut dns = plan.dns;
            if self.reversed {
                dns.reverse();
                dns.iter_mut().for_each(|(_, asks)| asks.reverse());
            }
            for (address, asks) in dns {
                for ask in asks {
                    self.answer(inventory, address, &ask);
                }
            }
        }
        self.evidence
    }

    /// The whole report.
    pub(crate) fn report(self) -> Report {
        judge::judge(&self.observe(), false)
    }

    /// The findings of one rule.
    pub(crate) fn findings(self, rule: &str) -> Vec<Finding> {
        assert!(rules::find(rule).is_some(), "there is no rule {rule}");
        self.report().findings.into_iter().filter(|finding| finding.rule == rule).collect()
    }

    /// The only finding of one rule.
    pub(crate) fn finding(self, rule: &str) -> Finding {
        let mut findings = self.findings(rule);
        assert_eq!(findings.len(), 1, "{rule}: {findings:#?}");
        findings.remove(0)
    }

    /// The findings of one rule as `outcome severity dc type @server`.
    pub(crate) fn rows(self, rule: &str) -> Vec<String> {
        self.findings(rule).iter().map(row).collect()
    }

    fn answer(&mut self, inventory: &Inventory, address: std::net::SocketAddr, ask: &Ask) {
        let server = inventory.servers.iter().find(|server| server.address == Some(address)).expect("a planned server");
        let key = format!("{} {}", ask.name, ask.rtype);
        let special = self.replies.get(&(server.name.clone(), key));
        let special = special.or_else(|| self.replies.get(&(server.name.clone(), String::new()))).cloned();
        let lines = self.records.get(&server.name).cloned().unwrap_or_else(healthy);
        let store = &mut self.evidence.store;
        let mut answer = Answer {
            outcome: Outcome::Reply,
            flags: Flags::AA,
            rcode: 0,
            transport: Transport::Udp,
            tries: 1,
            rtt_us: 400,
            body: None,
        };
        let mut answers = Vec::new();
        let mut authority = Vec::new();
        let parse = |store: &mut crate::evidence::Store, text: &str| -> Vec<Record> {
            text.lines().filter(|line| !line.trim().is_empty()).map(|line| record(store, line.trim())).collect()
        };
        match special {
            Some(Reply::Timeout) => answer = Answer::without_reply(Outcome::Lost(Lost::Timeout), 2),
            Some(Reply::Rcode(rcode)) => (answer.rcode, answer.flags) = (rcode, Flags::default()),
            Some(Reply::Bare) => answer.flags = Flags::default(),
            Some(Reply::NxDomain) => answer.rcode = 3,
            Some(Reply::Cached(text)) => {
                answer.flags = Flags::RA;
                answers = parse(store, text);
            }
            Some(Reply::Records(text)) => answers = parse(store, text),
            Some(Reply::Denied) => {
                (answer.rcode, answer.flags) = (3, Flags::RA);
                authority.push(record(store, "contoso.com 300 SOA dc1.contoso.com"));
            }
            Some(Reply::Truncated) => answer.outcome = Outcome::Truncated(Lost::Timeout),
            None => {
                let zone: Vec<Record> = lines.iter().map(|line| record(store, line)).collect();
                (answer.rcode, answers) = from_zone(store, &zone, ask);
                if answers.is_empty() {
                    authority.push(record(store, "contoso.com 3600 SOA dc1.contoso.com"));
                }
            }
        }
        if self.reversed {
            answers.reverse();
        }
        if answer.replied() {
            answer.body = Some(store.intern_body(Body { answers: &answers, authority: &authority, edns: Some(1232) }));
        }
        let question = self.evidence.intern_question(&ask.name, ask.rtype, ask.recursion);
        self.evidence.column_mut(address).settle(question, answer);
    }
}

/// A machine elsewhere that is to become a DC of contoso.com.
pub(crate) fn candidate(host: &str, addresses: &[&str]) -> Candidate {
    Candidate {
        host: name(host),
        domain: name("contoso.com"),
        addresses: addresses.iter().map(|text| text.parse().expect("an address")).collect(),
        site: None,
        here: false,
    }
}

/// The lines of [`RECORDS`], which servers hold that only the machine's own resolver list names.
fn healthy() -> Vec<String> {
    RECORDS.lines().filter(|line| !line.is_empty()).map(String::from).collect()
}

/// A finding in short: `outcome severity dc type @server`, without what is absent.
pub(crate) fn row(finding: &Finding) -> String {
    let mut words =
        vec![format!("{:?}", finding.outcome).to_lowercase(), format!("{:?}", finding.severity).to_lowercase()];
    words.extend(finding.dc.clone());
    words.extend(finding.rtype.clone());
    words.extend(finding.server.as_ref().map(|server| format!("@{server}")));
    words.join(" ")
}

/// The commands of a remedy in Samba's dialect, those to be looked at first as comments, without what is the same in all.
pub(crate) fn samba(finding: &Finding) -> Vec<String> {
    let lines = finding.remedy.iter().filter(|line| line.trim_start_matches("# ").starts_with("samba-tool dns "));
    lines.map(|line| line.replacen("samba-tool dns ", "", 1).trim_end_matches(" -U Administrator").to_owned()).collect()
}

/// A good name.
pub(crate) fn name(text: &str) -> DnsName {
    DnsName::parse(text).expect("a good name")
}
