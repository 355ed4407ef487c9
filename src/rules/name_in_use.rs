use crate::base::dns::RecordType;
use crate::evidence::Candidate;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::Server;
use crate::jobs::preflight::{self, Trace};
use crate::report::Identity;
use crate::view::View;

rule! {
    /// The name of the machine that is to become a DC is in use, or left over from an earlier one.
    ///
    /// # What it checks
    /// Looks at every record of every answer of the run for the candidate's host name: a host record with other addresses
    /// than the candidate's, an alias at the name, and whatever leads to it: SRV records of the domain, the forest and the
    /// known sites, name server records of the zones, aliases of former NTDS Settings objects. A host record that holds the
    /// candidate's own addresses is right: a member server has one. And no machine may answer as a DC of that name.
    ///
    /// # Why it matters
    /// Clients and partners find the new DC, and the old one's records, under one name: they reach a machine that is gone,
    /// or two machines take turns. Replication fails with 8524, 1722 or -2146893022; metadata of the old DC hinders the
    /// promotion itself.
    ///
    /// # How to fix
    /// Clean up the earlier domain controller (metadata cleanup, then its records; `guidpost gone` lists them with the
    /// commands), or choose another name. Where a live DC has the name, choose another.
    ///
    /// # References
    /// MS-ADTS 6.3.2.3; Microsoft, "Clean up Active Directory Domain Controller server metadata".
    "name-in-use", Change, Critical, needs: [Alias, Hosts, Canaries, Identity, Candidate],
    predicts: [DNS_LOOKUP_FAILURE, RPC_UNAVAILABLE, WRONG_PRINCIPAL],
    items: ["name-free", "no-leftovers"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(candidate) = view.evidence.purpose.candidate() else {
        return sink.not_applicable(super::NO_CANDIDATE);
    };
    let questions = preflight::about_name(view.inventory, view.evidence, candidate);
    for server in view.good_servers() {
        let traces = preflight::name_traces(view, server, candidate);
        let found = !traces.is_empty();
        for trace in &traces {
            tell(sink, server, candidate, trace);
        }
        match preflight::unanswered(view, server, &questions) {
            Some((count, why)) => sink.unknown(
                Subject { name: Some(&candidate.host), ..Subject::server(server) },
                format!("{count} of {} questions about the name had no usable answer: {why}", questions.len()),
            ),
            None if !found => sink.pass(Subject { name: Some(&candidate.host), ..Subject::server(server) }),
            None => {}
        }
    }
    machines(view, sink, candidate);
}

fn tell(sink: &mut Sink<'_>, server: &Server, candidate: &Candidate, trace: &Trace) {
    let own = trace.owner == candidate.host;
    let data = trace.data.join(", ");
    let message = match trace.rtype {
        RecordType::A | RecordType::AAAA => {
            format!("the host record of the name holds {data}, which the candidate does not have")
        }
        RecordType::CNAME if own => format!("the name is an alias of {data}"),
        RecordType::CNAME => {
            "an alias leads to the name: it is left from an earlier domain controller, or in use".to_owned()
        }
        RecordType::NS => "the name stands among the name servers of the zone".to_owned(),
        _ => {
            "the name stands among the servers of the service: left from an earlier domain controller, or in use".into()
        }
    };
    let cached = if trace.authoritative { "" } else { " (from a cache or another server)" };
    let expected = match trace.rtype {
        RecordType::A | RecordType::AAAA => {
            let rtype = |address: &&std::net::IpAddr| crate::base::address::address_type(**address) == trace.rtype;
            super::texts(&candidate.addresses.iter().filter(rtype).copied().collect::<Vec<_>>())
        }
        _ => Vec::new(),
    };
    sink.fail(
        Subject { name: Some(&trace.owner), rtype: Some(trace.rtype), ..Subject::server(server) },
        Draft {
            expected,
            actual: trace.data.clone(),
            message: format!("{message}{cached}"),
            predicts: super::codes(&RULE),
            remedy: vec![
                "# all that is left of an earlier machine of that name, with the commands that remove it:".into(),
                format!("guidpost gone {}", candidate.host),
            ],
            ..Draft::default()
        },
    );
}

/// Whoever answers as a domain controller of that name, wherever it was asked.
fn machines(view: &View<'_>, sink: &mut Sink<'_>, candidate: &Candidate) {
    for &address in view.evidence.machines.keys() {
        let Some(verdict) = preflight::who_answers(view, candidate, address) else { continue };
        if verdict.identity != Identity::Owner {
            continue;
        }
        sink.fail(
            Subject { name: Some(&candidate.host), ..Subject::default() },
            Draft {
                actual: vec![address.to_string()],
                message: format!("a domain controller that calls itself {} answers at {address}", candidate.host),
                predicts: super::codes(&RULE),
                remedy: vec!["# choose another name, or demote the domain controller that has it".into()],
                ..Draft::default()
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::machines::{GUID2, STRANGE, dc, refusing, without_directory};
    use crate::testing::{ALIAS2, CONFIG, Reply, World, candidate, row};

    fn world() -> World {
        World::new().preflight(candidate("dc3.contoso.com", &["192.0.2.12"]))
    }

    #[test]
    fn a_host_record_with_other_addresses_is_in_use() {
        let finding = world().add("dc2", "dc3.contoso.com 1200 A 192.0.2.77").finding("name-in-use");
        assert_eq!(row(&finding), "fail critical A @dc2");
        assert_eq!(finding.name.as_deref(), Some("dc3.contoso.com"));
        assert_eq!(
            (&finding.expected[..], &finding.actual[..]),
            (&["192.0.2.12".into()][..], &["192.0.2.77".into()][..])
        );
        let alias = world().add("dc2", "dc3.contoso.com 1200 CNAME files.contoso.com").finding("name-in-use");
        assert_eq!(row(&alias), "fail critical CNAME @dc2");
    }

    #[test]
    fn a_member_servers_own_record_is_right() {
        let world = world().add("dc1", "dc3.contoso.com 1200 A 192.0.2.12");
        assert_eq!(world.rows("name-in-use"), [""; 0]);
    }

    #[test]
    fn what_leads_to_the_name_is_left_over() {
        let mut branch = candidate("dc3.contoso.com", &["192.0.2.12"]);
        branch.site = Some("Branch".into());
        let world = World::new()
            .preflight(branch)
            .add("dc2", "_ldap._tcp.dc._msdcs.contoso.com 600 SRV 0,100,389,DC3.contoso.com")
            .add("dc2", "_ldap._tcp.branch._sites.contoso.com 600 SRV 0,100,389,dc3.contoso.com")
            .add("dc2", "_msdcs.contoso.com 3600 NS dc3.contoso.com")
            .add("dc2", "_ldap._tcp.dc._msdcs.contoso.com 600 SRV 0,100,389,dc1.contoso.com");
        let mut findings = world.findings("name-in-use");
        findings.sort_by(|a, b| a.name.cmp(&b.name));
        let rows: Vec<_> = findings.iter().map(|finding| (row(finding), finding.actual.join(" "))).collect();
        assert_eq!(
            rows,
            [
                ("fail critical SRV @dc2".into(), "0 100 389 dc3.contoso.com".into()),
                ("fail critical SRV @dc2".into(), "0 100 389 dc3.contoso.com".into()),
                ("fail critical NS @dc2".into(), "dc3.contoso.com".into()),
            ]
        );
        assert!(findings[0].remedy.contains(&"guidpost gone dc3.contoso.com".to_owned()));
    }

    #[test]
    fn aliases_of_known_and_retired_domain_controllers_are_looked_at() {
        let stale = world().remove("dc2", ALIAS2).add("dc2", &format!("{ALIAS2} 600 CNAME dc3.contoso.com"));
        assert_eq!(stale.rows("name-in-use"), ["fail critical CNAME @dc2"]);
        let config = format!("{CONFIG}\nretired: [{STRANGE}]\n");
        let retired = World::with(&config)
            .preflight(candidate("dc3.contoso.com", &["192.0.2.12"]))
            .add("dc1", &format!("{STRANGE}._msdcs.contoso.com 600 CNAME dc3.contoso.com"));
        assert_eq!(retired.rows("name-in-use"), ["fail critical CNAME @dc1"]);
    }

    #[test]
    fn a_live_domain_controller_of_the_name_is_in_use_and_a_member_server_is_not() {
        let at = |replies| world().machine("192.0.2.12", replies).rows("name-in-use");
        assert_eq!(at(dc("dc3.contoso.com", STRANGE)), ["fail critical"]);
        assert_eq!(at(without_directory("dc3.contoso.com")), [""; 0]);
        assert_eq!(at(refusing("dc3.contoso.com")), [""; 0]);
        assert_eq!(at(dc("dc2.contoso.com", GUID2)), [""; 0], "address-in-use tells that");
        // Where the old record leads.
        let old = world().add("dc1", "dc3.contoso.com 1200 A 192.0.2.77");
        let rows = old.machine("192.0.2.77", dc("dc3.contoso.com", STRANGE)).rows("name-in-use");
        assert_eq!(rows, ["fail critical", "fail critical A @dc1"]);
    }

    #[test]
    fn a_wildcard_and_what_nobody_answered_are_no_use() {
        let wildcard = world().add("dc2", "*.contoso.com 600 A 192.0.2.200");
        assert_eq!(wildcard.rows("name-in-use"), [""; 0]);
        let lost = world().reply("dc2", "_ldap._tcp.contoso.com SRV", Reply::Timeout);
        assert_eq!(lost.rows("name-in-use"), ["unknown critical @dc2"]);
        let refused = world().reply("dc2", "dc3.contoso.com A", Reply::Rcode(2));
        assert_eq!(refused.rows("name-in-use"), ["unknown critical @dc2"]);
    }

    #[test]
    fn without_a_candidate_it_has_nothing_to_say() {
        let report = World::new().report();
        let reason = report.not_checked.iter().find(|row| row.rule == "name-in-use").map(|row| row.reason.as_str());
        assert_eq!(reason, Some("for the commands preflight and gone"));
    }
}
