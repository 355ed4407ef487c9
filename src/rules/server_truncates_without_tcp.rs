use crate::base::name::DnsName;
use crate::evidence::{Lost, Outcome};
use crate::findings::remedy;
use crate::findings::{Draft, Sink, Subject};
use crate::view::View;

rule! {
    /// A DNS server cuts an answer short and does not give the rest over TCP.
    ///
    /// # What it checks
    /// Whether every truncated reply (TC) could be had in full over TCP from the same address and port.
    ///
    /// # Why it matters
    /// Large RRsets, such as the SRV records of a forest with many DCs, cannot be read; clients work with a part of them or
    /// with none. What stands in the cut reply is not judged.
    ///
    /// # How to fix
    /// Open TCP port 53 to the server, on its host firewall and on the way.
    ///
    /// # References
    /// RFC 7766 section 5; RFC 2181 section 9.
    "server-truncates-without-tcp", Servers, Warning, needs: [], predicts: []
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for server in &view.inventory.servers {
        let Some(column) = server.address.and_then(|address| view.evidence.column(address)) else { continue };
        let subject = Subject::server(server);
        let lack = Outcome::Truncated(Lost::NoSocket);
        if column.answers().any(|(_, answer)| answer.outcome == lack) {
            sink.unknown(subject, crate::view::Why::Truncated(Lost::NoSocket).to_string());
            continue;
        }
        let mut cut = Vec::new();
        for (question, answer) in column.answers() {
            if let Outcome::Truncated(reason) = answer.outcome {
                cut.push((view.evidence.question(question), reason));
            }
        }
        if cut.is_empty() {
            if column.answers().any(|(_, answer)| answer.replied()) {
                sink.pass(subject);
            }
            continue;
        }
        let store = &view.evidence.store;
        // Ids follow the order of arrival, which says nothing.
        cut.sort_by_key(|(question, _)| (store.lower(question.name), question.rtype, question.recursion));
        let mut names: Vec<String> =
            cut.iter().map(|(question, _)| format!("{} {}", store.lower(question.name), question.rtype)).collect();
        names.sort();
        let why = crate::view::Why::Lost(cut[0].1);
        let first = names[0].split(' ').next().and_then(|name| DnsName::from_presentation(name).ok());
        sink.fail(
            subject,
            Draft {
                expected: vec!["the whole answer over TCP".into()],
                message: format!("{} answer(s) came truncated, and over TCP: {why}", cut.len()),
                actual: names,
                remedy: vec![
                    "# open TCP port 53 to this server".into(),
                    format!(
                        "# see it: dig +tcp @{} {}",
                        server.command_name(),
                        first.map(|name| remedy::shell(name.as_str())).unwrap_or_default()
                    ),
                ],
                ..Draft::default()
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Reply, World, row};

    #[test]
    fn fires_once_for_a_server_and_names_what_was_cut() {
        let world = World::new().reply("dc2", "dc1.contoso.com A", Reply::Truncated);
        let finding = world.reply("dc2", "dc2.contoso.com A", Reply::Truncated).finding("server-truncates-without-tcp");
        assert_eq!(row(&finding), "fail warning @dc2");
        assert_eq!(finding.actual, ["dc1.contoso.com A", "dc2.contoso.com A"]);
        assert!(finding.message.starts_with("2 answer(s)"), "{}", finding.message);
    }

    #[test]
    fn a_cut_answer_is_not_taken_for_missing_data() {
        let world = World::new().reply("dc2", "dc2.contoso.com A", Reply::Truncated);
        assert_eq!(world.rows("host-missing"), ["unknown critical dc2.contoso.com A @dc2"]);
        assert_eq!(World::new().rows("server-truncates-without-tcp"), [""; 0]);
    }
}
