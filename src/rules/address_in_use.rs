use std::net::IpAddr;

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::Candidate;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::{Dc, Server};
use crate::jobs::preflight::{self, Trace};
use crate::report::Identity;
use crate::view::View;

rule! {
    /// An address of the machine that is to become a DC belongs to another name or machine.
    ///
    /// # What it checks
    /// Looks at every record of every answer of the run for the candidate's addresses: host records of domain controllers,
    /// targets of their aliases, the names that all DCs share (the domain and forest apexes, `gc._msdcs`, DomainDnsZones,
    /// ForestDnsZones), and the reverse names of the addresses, where a PTR record of the candidate itself is right. Then it
    /// asks who answers at each address, unless guidpost runs on the candidate.
    ///
    /// # Why it matters
    /// Whoever looks for the other machine reaches the candidate, and fails as soon as that is a DC with an identity of its
    /// own: error -2146893022, before that 1753. Two machines at one address reach nobody reliably.
    ///
    /// # How to fix
    /// Give the candidate another address, or remove the record of the machine that had it before. On a DC that has moved,
    /// register again: `ipconfig /registerdns` and `nltest /dsregdns` (Samba: `samba_dnsupdate`).
    ///
    /// # References
    /// Microsoft KB 2089874 (error 1753); MS-ADTS 6.3.2.3.
    "address-in-use", Change, Critical, needs: [Alias, Hosts, Canaries, Identity, Candidate],
    predicts: [WRONG_PRINCIPAL, ENDPOINT_NOT_REGISTERED],
    items: ["address-free"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(candidate) = view.evidence.purpose.candidate() else {
        return sink.not_applicable(super::NO_CANDIDATE);
    };
    let questions = preflight::about_address(view.inventory, candidate);
    for server in view.good_servers() {
        let traces = preflight::address_traces(view, server, candidate);
        for trace in &traces {
            tell(view, sink, server, trace);
        }
        match preflight::unanswered(view, server, &questions) {
            Some((count, why)) => sink.unknown(
                Subject { name: Some(&candidate.domain), ..Subject::server(server) },
                format!("{count} of {} questions about shared names had no usable answer: {why}", questions.len()),
            ),
            None if traces.is_empty() => sink.pass(Subject::server(server)),
            None => {}
        }
    }
    reverse(view, sink, candidate);
    configured(view, sink, candidate);
    for &address in &candidate.addresses {
        machine(view, sink, candidate, address);
    }
}

fn tell(view: &View<'_>, sink: &mut Sink<'_>, server: &Server, trace: &Trace) {
    let data = trace.data.join(", ");
    let dc = view.dc_named(trace.owner.as_str());
    let message = match (trace.rtype, dc) {
        (RecordType::PTR, _) => format!("the reverse name of this address of the candidate leads to {data}"),
        (_, Some(dc)) => format!("{data} of the candidate stands under the name of {}", dc.label),
        (_, None) => format!("{data} of the candidate stands there: left from an earlier machine, or in use"),
    };
    let cached = if trace.authoritative { "" } else { " (from a cache or another server)" };
    sink.fail(
        Subject { dc, name: Some(&trace.owner), rtype: Some(trace.rtype), ..Subject::server(server) },
        Draft {
            actual: trace.data.clone(),
            message: format!("{message}{cached}"),
            predicts: super::codes(&RULE),
            remedy: vec![format!(
                "# take another address for the candidate; or, if nobody else has it, delete {} {} {data}",
                trace.owner, trace.rtype
            )],
            ..Draft::default()
        },
    );
}

/// Reverse zones are rarely on every server: one that answers for an address is enough.
fn reverse(view: &View<'_>, sink: &mut Sink<'_>, candidate: &Candidate) {
    for (address, name) in preflight::reverse_names(candidate) {
        let question = [(name.clone(), RecordType::PTR)];
        let mut unseen = view.good_servers().map(|server| preflight::unanswered(view, server, &question)).peekable();
        if unseen.peek().is_none() {
            continue;
        }
        let reasons: Vec<_> = unseen.collect();
        let subject = Subject { name: Some(&name), rtype: Some(RecordType::PTR), ..Subject::default() };
        if reasons.iter().all(|reason| reason.is_some_and(|(_, why)| why.is_not_served())) {
            sink.not_applicable("no server answers for the reverse zone of an address");
            continue;
        }
        let grave = reasons.iter().flatten().find(|(_, why)| !why.is_not_served());
        match grave.filter(|_| reasons.iter().all(Option::is_some)) {
            Some((_, why)) => {
                sink.unknown(subject, format!("no server answers for the reverse name of {address}: {why}"));
            }
            None => sink.pass(subject),
        }
    }
}

/// What the configuration gives to another DC.
fn configured(view: &View<'_>, sink: &mut Sink<'_>, candidate: &Candidate) {
    let others = || view.inventory.dcs.iter().filter(|dc| dc.host.as_ref() != Some(&candidate.host));
    for &address in &candidate.addresses {
        for dc in others().filter(|dc| dc.owns_exactly(address)) {
            sink.fail(
                Subject { dc: Some(dc), ..Subject::default() },
                Draft {
                    actual: vec![address.to_string()],
                    message: format!("the configuration gives {address} to {}", dc.label),
                    predicts: super::codes(&RULE),
                    remedy: vec!["# take another address for the candidate, or correct the configuration".into()],
                    ..Draft::default()
                },
            );
        }
    }
}

/// Who answers at an address of the candidate.
fn machine(view: &View<'_>, sink: &mut Sink<'_>, candidate: &Candidate, address: IpAddr) {
    use Identity::{ForeignDc, Inconclusive, NotADc, NotADcUnnamed, NotProbed, OtherDc, OtherHost, ReinstalledDc};
    let name = DnsName::reverse(address);
    let subject = Subject { name: Some(&name), ..Subject::default() };
    if preflight::is_own(view.evidence, candidate, address) {
        return sink.pass(subject);
    }
    if !view.evidence.config.probe.enabled {
        return sink.not_applicable("nobody was asked who answers at the candidate's addresses (--no-probe)");
    }
    let verdict = preflight::who_answers(view, candidate, address);
    let who = verdict.as_ref().and_then(|verdict| verdict.who.clone());
    match verdict.map_or(NotProbed, |verdict| verdict.identity) {
        OtherDc | ForeignDc | OtherHost | NotADc | ReinstalledDc => sink.fail(
            Subject { dc: who.as_ref().and_then(|who| dc_called(view, who)), ..subject },
            Draft {
                actual: who.iter().cloned().collect(),
                message: format!(
                    "another machine answers at {address}: {}",
                    who.as_deref().unwrap_or("it does not say its name")
                ),
                predicts: super::codes(&RULE),
                remedy: vec!["# take another address for the candidate, or move the machine that has it".into()],
                ..Draft::default()
            },
        ),
        NotProbed => sink.unknown(subject, format!("nobody may ask who answers at {address}")),
        Inconclusive | NotADcUnnamed => sink.unknown(
            subject,
            format!("a machine answers at {address}, and does not say whether it is {}", candidate.host),
        ),
        // The candidate itself; a DC of its name is told by name-in-use. Or nobody.
        Identity::Owner
        | Identity::OwnerProven
        | Identity::OwnerByName
        | Identity::RightHostNoDirectory
        | Identity::Silent
        | Identity::Unreachable => sink.pass(subject),
    }
}

fn dc_called<'a>(view: &View<'a>, who: &str) -> Option<&'a Dc> {
    view.dc_named(&who.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use crate::evidence::probe::Failure;
    use crate::testing::machines::{GUID2, STRANGE, dc, failing, refusing, silent, without_directory};
    use crate::testing::{ALIAS2, CONFIG, Reply, World, candidate, row};

    fn world() -> World {
        World::new()
            .preflight(candidate("dc3.contoso.com", &["192.0.2.12"]))
            .machine("192.0.2.12", without_directory("dc3.contoso.com"))
    }

    #[test]
    fn an_address_that_nobody_has_is_free() {
        assert_eq!(world().rows("address-in-use"), [""; 0]);
        assert_eq!(world().machine("192.0.2.12", silent()).rows("address-in-use"), [""; 0]);
        let own = world().add("dc1", "dc3.contoso.com 1200 A 192.0.2.12");
        let own = own.add("dc1", "12.2.0.192.in-addr.arpa 1200 PTR DC3.contoso.com");
        assert_eq!(own.rows("address-in-use"), [""; 0]);
    }

    #[test]
    fn records_of_others_with_the_address_are_told() {
        let finding = world().add("dc2", "dc2.contoso.com 1200 A 192.0.2.12").finding("address-in-use");
        assert_eq!(row(&finding), "fail critical dc2.contoso.com A @dc2");
        for (line, expected) in [
            ("contoso.com 600 A 192.0.2.12", "fail critical A @dc1"),
            ("gc._msdcs.contoso.com 600 A 192.0.2.12", "fail critical A @dc1"),
            ("domaindnszones.contoso.com 600 A 192.0.2.12", "fail critical A @dc1"),
            ("12.2.0.192.in-addr.arpa 1200 PTR files.contoso.com", "fail critical PTR @dc1"),
        ] {
            assert_eq!(world().add("dc1", line).rows("address-in-use"), [expected], "{line}");
        }
        let target = world()
            .remove("dc2", ALIAS2)
            .add("dc2", &format!("{ALIAS2} 600 CNAME old.contoso.com"))
            .add("dc2", "old.contoso.com 600 A 192.0.2.12");
        assert_eq!(target.rows("address-in-use"), ["fail critical A @dc2"]);
        let configured = CONFIG.replace("addresses: [192.0.2.11]", "addresses: [192.0.2.11, 192.0.2.12]");
        let configured = World::with(&configured).preflight(candidate("dc3.contoso.com", &["192.0.2.12"]));
        let configured = configured.machine("192.0.2.12", silent());
        assert_eq!(configured.rows("address-in-use"), ["fail critical dc2.contoso.com"]);
    }

    #[test]
    fn whoever_else_answers_there_has_the_address() {
        let at = |replies| world().machine("192.0.2.12", replies).rows("address-in-use");
        assert_eq!(at(dc("dc2.contoso.com", GUID2)), ["fail critical dc2.contoso.com"]);
        assert_eq!(at(dc("dc9.contoso.com", STRANGE)), ["fail critical"]);
        assert_eq!(at(without_directory("FILES01.contoso.com")), ["fail critical"]);
        assert_eq!(at(refusing("pc7.contoso.com")), ["fail critical"]);
        assert_eq!(at(dc("dc3.contoso.com", STRANGE)), [""; 0], "name-in-use tells that");
        assert_eq!(at(failing(&Failure::Stalled)), ["unknown critical"]);
        assert_eq!(at(failing(&Failure::Refused)), ["unknown critical"]);
    }

    #[test]
    fn what_nobody_answered_is_unknown() {
        let lost = world().reply("dc2", "gc._msdcs.contoso.com A", Reply::Timeout);
        assert_eq!(lost.rows("address-in-use"), ["unknown critical @dc2"]);
        let reverse = "12.2.0.192.in-addr.arpa PTR";
        let one = world().reply("dc2", reverse, Reply::Rcode(5));
        assert_eq!(one.rows("address-in-use"), [""; 0], "the other server answered");
        let both = |one, other| world().reply("dc1", reverse, one).reply("dc2", reverse, other).rows("address-in-use");
        assert_eq!(both(Reply::Rcode(5), Reply::Bare), [""; 0], "no server has the zone, so no client finds a name");
        assert_eq!(both(Reply::Rcode(5), Reply::Rcode(2)), ["unknown critical PTR"]);
        let wildcard = world().add("dc2", "*.contoso.com 600 A 192.0.2.12");
        assert_eq!(wildcard.rows("address-in-use"), [""; 0], "server-answers-anything tells that");
    }
}
