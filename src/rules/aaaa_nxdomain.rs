use crate::base::dns::RecordType;
use crate::findings::{Draft, Sink, Subject};
use crate::view::{Look, View};

rule! {
    /// A server says that a host name does not exist when asked for AAAA, although it has its A record.
    ///
    /// # What it checks
    /// NXDOMAIN to AAAA beside an answer to A of the same name at the same server. NOERROR without AAAA is right for a host
    /// that has IPv4 only.
    ///
    /// # Why it matters
    /// NXDOMAIN speaks of the whole name. A client that asks for AAAA first may give up on the name: error 8524.
    ///
    /// # How to fix
    /// Update or replace the DNS server or the device in front of it; old load balancers and routers are known for it.
    ///
    /// # References
    /// RFC 4074 section 4.2, RFC 8020.
    "aaaa-nxdomain", Host, Warning, needs: [Hosts], predicts: [DNS_LOOKUP_FAILURE],
    explains: Nothing
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, host, server) in view.hosts() {
        let both = view.host(dc, server);
        if both.a.present().is_none() {
            continue;
        }
        let subject = Subject::record(dc, server, host, RecordType::AAAA);
        match both.aaaa {
            Look::Absent(absence) if absence.nxdomain => sink.fail(
                subject,
                Draft {
                    expected: vec!["NOERROR".into()],
                    actual: vec!["NXDOMAIN".into()],
                    message:
                        "asked for AAAA, the server says that the name does not exist, although it has an A record"
                            .into(),
                    predicts: super::codes(&RULE),
                    remedy: vec![
                        "# update the DNS server, or the device in front of it, that answers so".into(),
                        format!("# see it: nslookup -type=AAAA {host} {}", server.command_name()),
                    ],
                    ..Draft::default()
                },
            ),
            Look::Absent(_) | Look::Present(_) => sink.pass(subject),
            Look::Unknown(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Reply, World, row};

    #[test]
    fn fires_beside_an_a_record() {
        let finding = World::new().reply("dc2", "dc2.contoso.com AAAA", Reply::NxDomain).finding("aaaa-nxdomain");
        assert_eq!(row(&finding), "fail warning dc2.contoso.com AAAA @dc2");
        assert_eq!(finding.predicts, [8524]);
    }

    #[test]
    fn an_absent_host_is_host_missings_business_and_a_lost_answer_nobodys() {
        assert_eq!(World::new().remove("dc2", "dc2.contoso.com").rows("aaaa-nxdomain"), [""; 0]);
        assert_eq!(World::new().reply("dc2", "dc2.contoso.com AAAA", Reply::Timeout).rows("aaaa-nxdomain"), [""; 0]);
        assert_eq!(World::new().rows("aaaa-nxdomain"), [""; 0], "NOERROR without data");
    }
}
