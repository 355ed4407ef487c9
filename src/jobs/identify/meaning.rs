//! What follows from what was seen of a GUID or a host name, and what remains to do.

use std::collections::BTreeSet;

use super::{Machine, Presence, ServerSays, TargetKind, address};
use crate::inventory::Dc;
use crate::report::Identity;
use crate::view::View;

/// The page about machines that have lost their NTDS Settings object.
pub(super) const EXPLAIN_LOST: &str = "guidpost explain ntds-settings-missing";

/// Sentences and commands.
pub(super) fn of(
    view: &View<'_>,
    dc: &Dc,
    kind: TargetKind,
    servers: &[ServerSays],
    machines: &[Machine],
) -> (Vec<String>, Vec<String>) {
    let mut meaning = Vec::new();
    let mut commands = Vec::new();
    for server in servers {
        if let Some(trouble) = &server.trouble {
            meaning.push(format!("Nothing is known from the DNS server {}: {trouble}.", server.server));
        }
    }
    let good = servers.iter().filter(|server| server.trouble.is_none()).count();
    let absent = at(servers, "CNAME", Presence::Absent);
    if !absent.is_empty() {
        meaning.push(format!(
            "The alias does not exist at {}: a destination that asks there fails with error 8524 (events 2087 and 2088).",
            absent.join(", ")
        ));
    }
    let empty = at(servers, "address", Presence::Absent);
    if !empty.is_empty() {
        meaning.push(format!("A host name has no address at {}: error 8524.", empty.join(", ")));
    }
    let is = |wanted: &[Identity]| addresses(machines.iter(), wanted);
    let proven = is(&[Identity::OwnerProven]);
    let unproven = is(&[Identity::Owner, Identity::OwnerByName]);
    if !proven.is_empty() && kind == TargetKind::Guid {
        meaning.push(format!("The machine at {} proves that this GUID is its own.", proven.join(", ")));
    } else if !proven.is_empty() {
        meaning.push(format!("The machine at {} is it, proven by its GUID.", proven.join(", ")));
    }
    if !unproven.is_empty() {
        meaning.push(format!(
            "The machine at {} has the right name; its GUID could not be read, so that it owns the alias is not proven.",
            unproven.join(", ")
        ));
    }
    let (lost, whole): (Vec<&Machine>, Vec<&Machine>) =
        machines.iter().partition(|machine| machine.machine.lost_settings.is_some());
    let sentence = |machine: &&Machine| address::without_settings(&machine.address, &machine.machine, dc.guid);
    meaning.extend(lost.iter().filter_map(sentence));
    if !lost.is_empty() {
        commands.push(EXPLAIN_LOST.into());
    }
    let reinstalled = addresses(whole, &[Identity::ReinstalledDc]);
    if !reinstalled.is_empty() {
        meaning.push(format!(
            "The right host answers at {}, but with another GUID: it was promoted again, and this GUID belongs to what is \
             left of its former installation. Destinations that still use it fail with error -2146893022 or 1396; with \
             8589 and event 1411 where their directory has lost the server reference as well.",
            reinstalled.join(", ")
        ));
    }
    let stopped = is(&[Identity::RightHostNoDirectory]);
    if !stopped.is_empty() {
        meaning.push(format!("The right host answers at {}, but its directory does not run.", stopped.join(", ")));
    }
    let wrong: Vec<&Machine> = machines
        .iter()
        .filter(|machine| {
            use Identity::{ForeignDc, NotADc, NotADcUnnamed, OtherDc, OtherHost};
            let wrong = [ForeignDc, NotADc, NotADcUnnamed, OtherDc, OtherHost];
            machine.identity.is_some_and(|identity| wrong.contains(&identity))
        })
        .collect();
    for machine in wrong.iter().filter_map(|machine| machine.address.parse().ok()) {
        meaning.push(format!("{}: the record, or the machine, is wrong.", view.who_answers(dc, machine)));
    }
    if !wrong.is_empty() {
        commands.push("guidpost explain wrong-machine".into());
    }
    if kind == TargetKind::Guid {
        let absent_everywhere = good > 0 && absent.len() == good;
        guid(dc, absent_everywhere, !proven.is_empty(), !lost.is_empty(), &mut meaning);
        // Who has lost its settings object is not gone.
        let leftover = !reinstalled.is_empty() || (absent_everywhere && lost.is_empty());
        commands.extend(directory_commands(view, dc, leftover));
    }
    (meaning, commands)
}

/// Where machines with one of these identities answer.
fn addresses<'a>(machines: impl IntoIterator<Item = &'a Machine>, wanted: &[Identity]) -> Vec<String> {
    let found = machines.into_iter().filter(|machine| machine.identity.is_some_and(|one| wanted.contains(&one)));
    found.map(|machine| machine.address.clone()).collect()
}

/// Servers with a record of this type in this state.
fn at(servers: &[ServerSays], rtype: &str, state: Presence) -> Vec<String> {
    let has = |server: &&ServerSays| server.records.iter().any(|seen| seen.rtype == rtype && seen.state == state);
    let names: BTreeSet<&str> = servers.iter().filter(has).map(|server| server.server.as_str()).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// What DNS can say about error 8589 and event 1411, and what only the directory can.
fn guid(dc: &Dc, absent_everywhere: bool, proven: bool, lost: bool, meaning: &mut Vec<String>) {
    if absent_everywhere {
        meaning.push(format!(
            "No DNS server knows the alias of {}. Either the DC is gone, and what replication still names is left over in \
             the directory: its NTDS Settings and server objects (metadata clean-up). Or it lives and has not registered \
             the alias: restart its Netlogon service, or run nltest /dsregdns there.",
            dc.label
        ));
    }
    if lost {
        // The object itself is gone: nobody need look for what hangs on it.
        return;
    }
    meaning.push(if proven {
        "DNS leads to the owner of this GUID. If event 1411 or error 8589 is still logged for it, the cause is in the \
         directory: the server object above its NTDS Settings has lost serverReference in the copy of the destination or \
         the source. That loss cannot be seen in DNS."
            .into()
    } else {
        "Whether the server object above these NTDS Settings still has its serverReference, whose loss gives event 1411 and \
         error 8589, cannot be seen in DNS; the directory has to be asked."
            .into()
    });
}

fn directory_commands(view: &View<'_>, dc: &Dc, leftover: bool) -> Vec<String> {
    let labels: Vec<String> =
        view.inventory.forest.labels().iter().map(|label| format!("DC={}", String::from_utf8_lossy(label))).collect();
    let base = format!("CN=Sites,CN=Configuration,{}", labels.join(","));
    let filter = "(&(objectClass=server)(!(serverReference=*)))";
    let mut commands = vec![
        "# server objects without serverReference, as this DC has them; run on source and destination".into(),
        format!("repadmin /showattr . \"{base}\" /subtree /filter:\"{filter}\" /atts:distinguishedName"),
        format!("ldbsearch -H ldap://localhost -b \"{base}\" \"{filter}\" dn -U Administrator"),
    ];
    if let Some(guid) = dc.guid {
        commands.push("# the object behind the GUID".into());
        commands.push(format!("repadmin /showattr . \"<GUID={guid}>\" /atts:distinguishedName,whenChanged"));
    }
    if leftover {
        commands.push("# metadata clean-up, only if the DC is gone for good".into());
        commands.push("# samba-tool domain demote --remove-other-dead-server=HOST".into());
    }
    commands.push("guidpost explain 8589".into());
    commands
}
