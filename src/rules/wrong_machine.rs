use std::net::IpAddr;

use super::{Draft, Experience, Sink, Subject, View};
use crate::report::Identity;

rule! {
    /// At an address of a DC answers another machine.
    ///
    /// # What it checks
    /// Asks the machine behind every address who it is, without credentials: its directory for the GUID of its own NTDS
    /// Settings object, its endpoint mapper, then NTLM and NetBIOS for its name. Fails where that is another DC, another
    /// host, or no DC at all, for addresses that the DC is said to own or of which nobody says whose they are. Silence
    /// never fails this rule.
    ///
    /// # Why it matters
    /// A destination DC that reaches another DC fails with error -2146893022, one that reaches a machine without directory
    /// with 1753, one that reaches a machine without RPC with 1722.
    ///
    /// # How to fix
    /// Find out which is wrong, the record or the machine: delete the record where the DC has moved, or free the address
    /// where somebody took it (DHCP, a clone). `guidpost identify ADDRESS` shows all that the machine says.
    ///
    /// # References
    /// MS-ADTS 3.1.1.3.4.1.5 and 6.3.3, MS-RPCE 2.2.1.2.5, MS-NLMP 2.2.1.2; Microsoft's article on replication error 1753.
    "wrong-machine", Machine, Critical, needs: [Alias, Hosts, Identity],
    predicts: [WRONG_PRINCIPAL, ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, host, server) in view.hosts() {
        for (rtype, look) in view.both(server, host).by_type() {
            let Some(present) = look.present() else { continue };
            let subject = Subject::record(dc, server, host, rtype);
            let own: Vec<IpAddr> =
                present.list.iter().copied().filter(|&address| super::concerns_machine(view, dc, address)).collect();
            let wrong: Vec<IpAddr> =
                own.iter().copied().filter(|&address| is_other(view.identity(dc, address))).collect();
            let unclear = own.iter().find(|&&address| view.identity(dc, address) == Identity::Inconclusive);
            if !wrong.is_empty() {
                let mut predicts: Vec<i64> = Vec::new();
                for &address in &wrong {
                    if let Experience::Wrong(codes) = view.experience(dc, address) {
                        predicts.extend(codes);
                    }
                }
                let sentences: Vec<String> = wrong.iter().map(|&address| view.who_answers(dc, address)).collect();
                sink.fail(
                    subject,
                    Draft {
                        expected: vec![dc.label.clone()],
                        actual: wrong.iter().map(|&address| view.caller(dc, address)).collect(),
                        message: sentences.join("; "),
                        predicts,
                        remedy: super::mend(view, dc, server, host, rtype, present, &wrong).only_if_foreign(dc),
                        ..Draft::default()
                    },
                );
            } else if let Some(&address) = unclear {
                sink.unknown(
                    subject,
                    format!("who answers at {address} could not be told{}", view.grounds(dc, address)),
                );
            } else if own.iter().any(|&address| {
                matches!(view.identity(dc, address), Identity::OwnerProven | Identity::Owner | Identity::OwnerByName)
            }) {
                sink.pass(subject);
            } else {
                sink.not_applicable("the machine behind the address was not asked, or is silent");
            }
        }
    }
}

fn is_other(identity: Identity) -> bool {
    use Identity::{ForeignDc, NotADc, NotADcUnnamed, OtherDc, OtherHost};
    matches!(identity, OtherDc | ForeignDc | NotADc | OtherHost | NotADcUnnamed)
}
