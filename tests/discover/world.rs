//! A forest on loopback, and the machine that asks.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use guidpost::base::name::DnsName;
use guidpost::config::{self, Config};
use guidpost::demo::{RunningScenario, Scenario};
use guidpost::discover::{Failure, Found, Start};
use guidpost::evidence::{DomainHint, Evidence, LocalView, Selection};
use guidpost::observe::{self, Local, Session, SessionOptions};
use guidpost::report::Report;
use guidpost::{judge, rules, run};

pub(crate) const ONE: &str = "3dab7f9b-92e7-4391-b8db-71df532c1493";
pub(crate) const TWO: &str = "a71c4a0e-5d0f-4b0a-9c53-0e6f1d6c2b58";

/// What a forest of two DCs, both DNS servers, has in DNS.
pub(crate) const RECORDS: &str = "
  dc1.contoso.com 1200 A 192.0.2.10
  dc2.contoso.com 1200 A 192.0.2.11
  3dab7f9b-92e7-4391-b8db-71df532c1493._msdcs.contoso.com 600 CNAME dc1.contoso.com
  a71c4a0e-5d0f-4b0a-9c53-0e6f1d6c2b58._msdcs.contoso.com 600 CNAME dc2.contoso.com
  _ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 dc1.contoso.com
  _ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 DC2.contoso.com
  _gc._tcp.contoso.com 600 SRV 0 100 3268 dc1.contoso.com
  contoso.com 3600 NS dc1.contoso.com
  contoso.com 3600 NS dc2.contoso.com
  _msdcs.contoso.com 3600 NS dc1.contoso.com
  _msdcs.contoso.com 3600 NS dc2.contoso.com
";

pub(crate) const SERVERS: &str = "[{ name: dc1, at: 192.0.2.10 }, { name: dc2, at: 192.0.2.11 }]";

pub(crate) const MACHINES: &str = "
  - { address: 192.0.2.10, kind: dc, host: dc1.contoso.com, guid: 3dab7f9b-92e7-4391-b8db-71df532c1493 }
  - { address: 192.0.2.11, kind: dc, host: dc2.contoso.com, guid: a71c4a0e-5d0f-4b0a-9c53-0e6f1d6c2b58 }
";

/// A forest, and the machine that asks.
pub(crate) struct World {
    pub(crate) running: RunningScenario,
    pub(crate) resolvers: Option<Vec<SocketAddr>>,
    pub(crate) view: LocalView,
    pub(crate) start: Start,
}

impl World {
    pub(crate) fn new(records: &str, servers: &str, machines: &str) -> Self {
        let records: String = records.lines().map(|line| format!("  {}\n", line.trim())).collect();
        let text = format!(
            "summary: x\nconfig: {{ forest: contoso.com }}\nquery: {{ timeout: 1s, tries: 1 }}\n\
             zones: [contoso.com, _msdcs.contoso.com, fabrikam.com, corp.example, provider.example]\n\
             records: |\n{records}\nservers: {servers}\nmachines:\n{machines}\nexit: 0\n"
        );
        let scenario = Scenario::parse(&text).expect("a good scenario");
        let running = scenario.start().expect("free ports on loopback");
        let settings = config::parse(&running.config_yaml(), "test", &rules::names()).expect("a good configuration");
        let mut start = Start::new(None, None).expect("a good start");
        start.base.query = settings.query;
        start.base.probe = settings.probe;
        // The resolvers of the test are at addresses of this machine, which is none of the forest's.
        start.base.probe.redirect.insert(IpAddr::from([127, 0, 0, 1]), None);
        let resolvers = Some(running.server_addresses()[..1].to_vec());
        let world = Self { running, resolvers, view: LocalView::default(), start };
        world.hint("contoso.com", "/etc/krb5.conf")
    }

    pub(crate) fn healthy() -> Self {
        Self::new(RECORDS, SERVERS, MACHINES)
    }

    pub(crate) fn hint(mut self, domain: &str, source: &str) -> Self {
        self.view.domains.push(DomainHint { domain: domain.into(), source: source.into() });
        self
    }

    pub(crate) fn without_hints(mut self) -> Self {
        self.view.domains.clear();
        self
    }

    pub(crate) fn evidence(&self) -> Evidence {
        Evidence::new(self.start.base.clone(), Selection::default(), 7, jiff::Timestamp::UNIX_EPOCH)
    }

    pub(crate) fn session(&self) -> Session {
        let options = SessionOptions { query: self.start.base.query.clone(), family: None };
        let local = Local { view: self.view.clone(), lookups: BTreeMap::new() };
        let session = Session::new(options).with_local(local);
        session.with_resolvers(self.resolvers.clone().unwrap_or_default())
    }

    pub(crate) fn find(&self) -> Result<Found, Failure> {
        let mut evidence = self.evidence();
        observe::run(async { run::discover(&mut self.session(), &mut evidence, &self.start, &|_| ()).await })
            .expect("a runtime")
    }

    pub(crate) fn failure(&self) -> String {
        self.find().map(|found| found.config.forest).expect_err("nothing is to be found").to_string()
    }

    /// Finds the forest and checks it, as `guidpost check` does.
    pub(crate) fn check(&self) -> (Report, Evidence) {
        let mut evidence = self.evidence();
        observe::run(async {
            let mut session = self.session();
            let found = run::discover(&mut session, &mut evidence, &self.start, &|_| ()).await.expect("a forest");
            evidence.config = found.config;
            evidence.assumed = found.assumed;
            run::collect(&mut session, &mut evidence, &|_| ()).await;
        })
        .expect("a runtime");
        (judge::judge(&evidence, false), evidence)
    }
}

pub(crate) fn name(text: &str) -> DnsName {
    DnsName::parse(text).expect("a good name")
}

/// `host guid`, where a GUID is known.
pub(crate) fn dcs(config: &Config) -> Vec<String> {
    let line = |dc: &config::DomainController| {
        let host = dc.host.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{host} {}", dc.guid.map(|guid| guid.to_string()).unwrap_or_default()).trim().to_owned()
    };
    config.domain_controllers.iter().map(line).collect()
}

/// Where something that was assumed comes from; empty if it was not.
pub(crate) fn from<'a>(found: &'a Found, what: &str, value: &str) -> &'a str {
    let mut all = found.assumed.iter();
    all.find(|assumed| assumed.what == what && assumed.value == value).map_or("", |assumed| &assumed.from)
}

/// What a configuration file made of it says.
pub(crate) fn written(found: &Found) -> (String, Config) {
    let mut out = Vec::new();
    guidpost::render::write_config(found, jiff::Timestamp::UNIX_EPOCH, &mut out).expect("memory");
    let text = String::from_utf8(out).expect("UTF-8");
    let config = config::parse(&text, "written", &rules::names())
        .unwrap_or_else(|errors| panic!("{}\n{text}", errors.render(false, true)));
    (text, config)
}
