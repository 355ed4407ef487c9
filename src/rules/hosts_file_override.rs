use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::base::codes::{ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE, WRONG_PRINCIPAL};
use crate::base::name::DnsName;
use crate::evidence::NameLine;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::Dc;
use crate::report::Severity;
use crate::view::{Experience, Ownership, View, is_lmhosts, is_name, own_names};

rule! {
    /// A hosts or lmhosts file of this machine gives an address for a DC or for the forest.
    ///
    /// # What it checks
    /// Reads the hosts and lmhosts files of the machine that guidpost runs on, and looks for the host name of a DC, its
    /// first label (in lmhosts: the NetBIOS name, 15 characters of it), any `<guid>._msdcs.<forest>`, and the names of the
    /// forest and its domains. Critical if the address is wrong: not the DC's, proven to be another machine's, or, where
    /// nobody says what the DC owns, given by no DNS server. A warning if it is right, or if that cannot be said.
    ///
    /// The machine's own name with its own address is right: Samba's manual asks for that line on a DC. Its own name with
    /// a loopback address (127.0.1.1, as Debian's installer writes it) is a warning: services of the DC would register, or
    /// listen at, an address that no partner can use.
    ///
    /// # Why it matters
    /// The system looks into these files before it asks DNS, so that every record may be right and replication fails all
    /// the same, on this machine alone: with error 1753 if the address leads to a machine that is no DC, with -2146893022
    /// if it leads to another DC. An address that is right today goes wrong with the next change, and nobody looks here.
    ///
    /// # How to fix
    /// Delete the line that the remedy names, then clear the cache: `ipconfig /flushdns` (lmhosts: `nbtstat -R`).
    ///
    /// # References
    /// Microsoft KB 2089874 (error 1753), KB 2090913 (error -2146893022); Samba wiki, Setting up Samba as an Active
    /// Directory Domain Controller.
    "hosts-file-override", Local, Critical, needs: [Local],
    predicts: [ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE, WRONG_PRINCIPAL],
    owns: [HostsFile]
}

/// How many lines about one name are shown before the rest is counted.
const MOST_LINES: usize = 5;

/// How an address in a line is to be judged.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Judged {
    /// It is this machine's own, under its own name.
    Own,
    /// It is right.
    Right,
    /// Nothing says whether it is.
    Unclear,
    /// A loopback address under the machine's own name.
    Loopback,
    /// It is wrong; whose it is, in words.
    Wrong(String),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(local) = view.local() else {
        return sink.unknown(Subject::default(), "the files of this machine were not read");
    };
    for trouble in &local.troubles {
        let file = trouble.split(": ").next().unwrap_or_default();
        let read = local.names.iter().any(|line| line.file == file);
        // Single bad lines are nothing that the system itself reads.
        if file.to_ascii_lowercase().ends_with("hosts") && !read {
            sink.unknown(Subject::default(), trouble.clone());
        }
    }
    let here = view.here();
    for dc in view.dcs() {
        let mut found = false;
        for name in own_names(dc) {
            let lines: Vec<&NameLine> = view.name_lines(&name).collect();
            if lines.is_empty() {
                continue;
            }
            // A short name that several DCs share is judged for the one that it suits best.
            let shared: Vec<&Dc> = view.inventory.dcs.iter().filter(|other| own_names(other).contains(&name)).collect();
            if shared.iter().find(|other| other.selected).is_some_and(|first| first.index != dc.index) {
                continue;
            }
            let is_here = |dc: &Dc| here.is_some_and(|here| here.index == dc.index);
            let judge = |address| {
                shared.iter().map(|dc| judge(view, dc, is_here(dc), address)).min().unwrap_or(Judged::Unclear)
            };
            found |= report(sink, view, Some(dc), &name, &lines, judge);
        }
        if !found {
            sink.pass(Subject { dc: Some(dc), ..Subject::default() });
        }
    }
    for name in other_names(view) {
        let lines: Vec<&NameLine> = view.name_lines(&name).collect();
        report(sink, view, None, &name, &lines, |address| of_any(view, address));
    }
}

/// Names in the files that belong to the forest, but to no single known DC: of the forest, its domains, and everything
/// under `_msdcs.<forest>`.
fn other_names(view: &View<'_>) -> BTreeSet<String> {
    let inventory = view.inventory;
    let of_dcs: BTreeSet<String> = inventory.dcs.iter().flat_map(own_names).collect();
    let domains = view.evidence.config.domains.iter().map(|domain| &domain.name);
    let apexes: BTreeSet<&DnsName> =
        inventory.dcs.iter().filter_map(|dc| dc.domain.as_ref()).chain(domains).chain([&inventory.forest]).collect();
    let lines = view.local().into_iter().flat_map(|local| &local.names).filter(|line| !is_lmhosts(&line.file));
    let names = lines.flat_map(|line| &line.names).filter_map(|name| DnsName::parse(name).ok());
    names
        .filter(|name| apexes.contains(name) || name.is_within(&inventory.msdcs))
        .map(|name| name.to_string())
        .filter(|name| !of_dcs.contains(name))
        .collect()
}

fn judge(view: &View<'_>, dc: &Dc, is_here: bool, address: IpAddr) -> Judged {
    if is_here && view.is_own_address(address) {
        return if address.is_loopback() { Judged::Loopback } else { Judged::Own };
    }
    let wrong = || {
        let experienced = matches!(experience(view, dc, address), Experience::Wrong(_));
        Judged::Wrong(if experienced { view.who_answers(dc, address) } else { format!("{address} is not its address") })
    };
    match view.ownership(dc, address) {
        Ownership::Own | Ownership::OwnAndOthers(_) if is_here => Judged::Own,
        Ownership::Own | Ownership::OwnAndOthers(_) => match experience(view, dc, address) {
            Experience::Wrong(_) => wrong(),
            Experience::Right | Experience::Unclear => Judged::Right,
        },
        Ownership::Unusable(unusable) => {
            Judged::Wrong(format!("no partner can use {address}, which is {}", unusable.kind))
        }
        Ownership::Others(others) => Judged::Wrong(format!("{address} belongs to {}", labels(&others))),
        Ownership::Nobody => wrong(),
        Ownership::Contested(_) | Ownership::Unknown => match given_by_dns(view, dc, address) {
            Some(false) => Judged::Wrong(format!("no DNS server gives {address} for it")),
            Some(true) | None => Judged::Unclear,
        },
    }
}

/// What a destination experiences because of the address: that the DC has lost its settings is no fault of the line.
fn experience(view: &View<'_>, dc: &Dc, address: IpAddr) -> Experience {
    if view.lost_settings(dc, address).is_some() { Experience::Right } else { view.experience(dc, address) }
}

/// Whether any server gives an address for a DC; `None` where one could not be seen, or none gives any.
fn given_by_dns(view: &View<'_>, dc: &Dc, address: IpAddr) -> Option<bool> {
    let mut seen = false;
    for server in view.good_servers() {
        let both = view.host(dc, server);
        let addresses = both.together();
        if both.addresses().contains(&address) {
            return Some(true);
        }
        match addresses {
            Ok(_) => seen = true,
            Err(Ok(_)) => {}
            Err(Err(_)) => return None,
        }
    }
    seen.then_some(false)
}

/// An address of the forest as a whole is any DC's.
fn of_any(view: &View<'_>, address: IpAddr) -> Judged {
    let dcs = &view.inventory.dcs;
    if dcs.iter().any(|dc| matches!(view.ownership(dc, address), Ownership::Own | Ownership::OwnAndOthers(_))) {
        return Judged::Right;
    }
    if let Some(unusable) = view.unusable(address) {
        return Judged::Wrong(format!("no partner can use {address}, which is {}", unusable.kind));
    }
    let all_known = view.evidence.config.complete && dcs.iter().all(|dc| !dc.owns.is_empty());
    if all_known { Judged::Wrong(format!("{address} belongs to no domain controller")) } else { Judged::Unclear }
}

fn labels(dcs: &[&Dc]) -> String {
    dcs.iter().map(|dc| dc.label.as_str()).collect::<Vec<_>>().join(", ")
}

/// Says what the lines about one name are worth; whether there is anything to complain of.
fn report(
    sink: &mut Sink<'_>,
    view: &View<'_>,
    dc: Option<&Dc>,
    name: &str,
    lines: &[&NameLine],
    judge: impl Fn(IpAddr) -> Judged,
) -> bool {
    let mut judged: BTreeMap<IpAddr, Judged> = lines.iter().map(|line| (line.address, judge(line.address))).collect();
    judged.retain(|_, verdict| *verdict != Judged::Own);
    let Some(worst) = judged.values().max() else { return false };
    let wrong = matches!(worst, Judged::Wrong(_));
    let says: Vec<String> = judged
        .iter()
        .map(|(address, verdict)| match verdict {
            Judged::Own | Judged::Right => format!("{address} is right as yet"),
            Judged::Unclear => format!("whether {address} is right is not known"),
            Judged::Loopback => format!("under its own name this machine finds {address}, which no partner can use"),
            Judged::Wrong(why) => why.clone(),
        })
        .collect();
    let concerned: Vec<&&NameLine> = lines.iter().filter(|line| judged.contains_key(&line.address)).collect();
    let more = concerned.len().saturating_sub(MOST_LINES);
    let shown = &concerned[..concerned.len() - more];
    let mut places: Vec<String> = shown.iter().map(|line| format!("line {} of {}", line.line, line.file)).collect();
    let mut remedy: Vec<String> = shown.iter().flat_map(|line| remedy(line, name, dc)).collect();
    if more > 0 {
        places.push(format!("{more} more"));
        remedy.push(format!("# and likewise {more} more lines that name {name}"));
    }
    let expected = dc.map(|dc| super::owned(dc, None)).unwrap_or_default();
    let predicts = match dc.filter(|_| wrong) {
        Some(dc) => predicted(view, dc, judged.keys().copied()),
        None => Vec::new(),
    };
    let parsed = DnsName::parse(name).ok();
    sink.fail(
        Subject { dc, name: parsed.as_ref(), ..Subject::default() },
        Draft {
            severity: (!wrong).then_some(Severity::Warning),
            expected,
            actual: judged.keys().map(ToString::to_string).collect(),
            message: format!(
                "{} {} over {name}, not DNS: {}",
                places.join(" and "),
                if concerned.len() == 1 { "decides" } else { "decide" },
                says.join("; ")
            ),
            predicts,
            remedy,
        },
    );
    true
}

/// What a destination on this machine experiences at the wrong addresses.
fn predicted(view: &View<'_>, dc: &Dc, addresses: impl Iterator<Item = IpAddr>) -> Vec<i64> {
    let codes = addresses.flat_map(|address| match (experience(view, dc, address), view.ownership(dc, address)) {
        (Experience::Wrong(codes), _) => codes,
        (_, Ownership::Others(_)) => vec![WRONG_PRINCIPAL],
        (_, Ownership::Unusable(unusable)) if unusable.loopback => vec![WRONG_PRINCIPAL],
        (_, Ownership::Unusable(_)) => vec![RPC_UNAVAILABLE],
        (_, Ownership::Own | Ownership::OwnAndOthers(_)) => Vec::new(),
        _ => vec![ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE],
    });
    codes.collect()
}

/// The line to delete, or the name in it where it has others that are not the DC's.
fn remedy(line: &NameLine, name: &str, dc: Option<&Dc>) -> [String; 2] {
    let mut names = dc.map(own_names).unwrap_or_default();
    names.insert(name.to_owned());
    let alone = line.names.iter().all(|own| names.iter().any(|name| is_name(line, own, name)));
    let what = if alone { "delete".to_owned() } else { format!("take {name} out of") };
    let text = format!("# on this machine, {what} line {} of {}:", line.line, line.file);
    let content = format!("#   {} {}", line.address, line.names.join(" "));
    [text, content]
}

#[cfg(test)]
mod tests {
    use crate::testing::machines::{GUID1, GUID2, dc, without_directory, without_settings};
    use crate::testing::{ALIAS2, World, config_without_addresses, local, row};

    /// On dc1, whose hosts file has these lines.
    fn with(world: World, lines: &[(&str, &[&str])]) -> World {
        let mut own = local::dc1();
        for (address, names) in lines {
            local::hosts(&mut own, address, names);
        }
        world.local(own)
    }

    fn rows(lines: &[(&str, &[&str])]) -> Vec<String> {
        let findings = with(World::new(), lines).findings("hosts-file-override");
        findings
            .iter()
            .map(|finding| format!("{} {}", row(finding), finding.name.clone().unwrap_or_default()))
            .collect()
    }

    #[test]
    fn a_wrong_address_is_critical_and_a_right_one_a_warning() {
        for name in ["dc2.contoso.com", "DC2.Contoso.com.", "dc2", ALIAS2] {
            let clean = name.trim_end_matches('.').to_lowercase();
            assert_eq!(rows(&[("192.0.2.99", &[name])]), [format!("fail critical dc2.contoso.com {clean}")]);
            assert_eq!(rows(&[("192.0.2.11", &[name])]), [format!("fail warning dc2.contoso.com {clean}")]);
        }
        assert_eq!(rows(&[("192.0.2.99", &["files.contoso.com", "dc22", "localhost"])]), [""; 0]);
    }

    #[test]
    fn names_of_the_forest_are_seen_too() {
        assert_eq!(rows(&[("192.0.2.10", &["contoso.com"])]), ["fail warning contoso.com"]);
        assert_eq!(rows(&[("192.0.2.99", &["contoso.com"])]), ["fail warning contoso.com"], "of an unlisted DC, maybe");
        let stranger = "99999999-9999-4999-8999-999999999999._msdcs.contoso.com";
        assert_eq!(rows(&[("192.0.2.99", &[stranger])]), [format!("fail warning {stranger}")]);
    }

    #[test]
    fn the_machines_own_name_may_stand_there_with_its_own_address() {
        assert_eq!(rows(&[("192.0.2.10", &["dc1.contoso.com", "dc1"]), ("127.0.0.1", &["localhost"])]), [""; 0]);
        let loopback = rows(&[("127.0.1.1", &["dc1.contoso.com", "dc1"])]);
        assert_eq!(loopback, ["fail warning dc1.contoso.com dc1", "fail warning dc1.contoso.com dc1.contoso.com"]);
        assert_eq!(rows(&[("127.0.1.1", &["dc2.contoso.com"])]), ["fail critical dc2.contoso.com dc2.contoso.com"]);
    }

    #[test]
    fn the_line_to_delete_is_named() {
        let finding = with(World::new(), &[("127.0.0.1", &["localhost"]), ("192.0.2.99", &["dc2.contoso.com"])])
            .finding("hosts-file-override");
        assert_eq!(
            finding.remedy,
            ["# on this machine, delete line 2 of /etc/hosts:", "#   192.0.2.99 dc2.contoso.com"]
        );
        let finding = with(World::new(), &[("192.0.2.99", &["files", "dc2"])]).finding("hosts-file-override");
        assert_eq!(finding.remedy[0], "# on this machine, take dc2 out of line 1 of /etc/hosts:");
        let both = with(World::new(), &[("192.0.2.99", &["dc2.contoso.com", "dc2"])]).findings("hosts-file-override");
        for finding in &both {
            assert_eq!(finding.remedy[0], "# on this machine, delete line 1 of /etc/hosts:");
        }
        assert_eq!(finding.expected, ["192.0.2.11"]);
        assert_eq!(finding.predicts, [1722, 1753]);
    }

    #[test]
    fn of_many_lines_about_one_name_the_first_are_shown() {
        let lines = [("192.0.2.99", &["dc2"][..]); 9];
        let finding = with(World::new(), &lines).finding("hosts-file-override");
        assert!(finding.message.contains("line 5 of /etc/hosts and 4 more decide over dc2"), "{}", finding.message);
        assert_eq!(finding.remedy.len(), 11);
        assert_eq!(finding.remedy[10], "# and likewise 4 more lines that name dc2");
    }

    /// Both stages of the article on error 1753: the former address is taken over, and the new owner is promoted.
    #[test]
    fn what_is_predicted_follows_the_machine_at_the_address() {
        let lines: &[(&str, &[&str])] = &[("192.0.2.99", &["dc2.contoso.com"])];
        let member = with(World::new(), lines).machine("192.0.2.99", without_directory("FILES01.contoso.com"));
        let finding = member.finding("hosts-file-override");
        assert_eq!(finding.predicts, [1753]);
        assert!(finding.message.contains("FILES01"), "{}", finding.message);
        let promoted = with(World::new(), lines).machine("192.0.2.99", dc("dc1.contoso.com", GUID1));
        assert_eq!(promoted.finding("hosts-file-override").predicts, [-2_146_893_022]);
        let proven = with(World::new(), lines).machine("192.0.2.99", dc("dc2.contoso.com", GUID2));
        assert_eq!(proven.rows("hosts-file-override"), ["fail warning dc2.contoso.com"]);
    }

    #[test]
    fn that_the_dc_has_lost_its_settings_is_no_fault_of_the_line() {
        let lines: &[(&str, &[&str])] = &[("192.0.2.11", &["dc2.contoso.com"])];
        let lost = with(World::new(), lines).machine("192.0.2.11", without_settings("dc2.contoso.com", GUID2));
        assert_eq!(lost.rows("hosts-file-override"), ["fail warning dc2.contoso.com"]);
    }

    #[test]
    fn where_nobody_says_what_the_dc_owns_dns_decides() {
        let world = || World::with(&config_without_addresses());
        let wrong = with(world(), &[("192.0.2.99", &["dc2.contoso.com"])]).finding("hosts-file-override");
        assert_eq!(row(&wrong), "fail critical dc2.contoso.com");
        let same = with(world(), &[("192.0.2.11", &["dc2.contoso.com"])]).finding("hosts-file-override");
        assert_eq!(row(&same), "fail warning dc2.contoso.com");
        let lost = world().reply("dc1", "dc2.contoso.com A", crate::testing::Reply::Timeout);
        let unseen = with(lost, &[("192.0.2.99", &["dc2.contoso.com"])]).finding("hosts-file-override");
        assert_eq!(row(&unseen), "fail warning dc2.contoso.com");
        assert!(unseen.message.contains("is not known"), "{}", unseen.message);
    }

    #[test]
    fn a_file_that_could_not_be_read_is_unknown() {
        let mut own = local::dc1();
        own.view.troubles = vec!["/etc/hosts: Permission denied".into(), "/etc/krb5.conf: no default_realm".into()];
        assert_eq!(World::new().local(own).rows("hosts-file-override"), ["unknown critical"]);
    }

    #[test]
    fn elsewhere_it_does_not_apply() {
        let mut own = local::named("pc7.contoso.com", &["192.0.2.77"]);
        local::hosts(&mut own, "192.0.2.99", &["dc2.contoso.com"]);
        assert_eq!(World::new().local(own).rows("hosts-file-override"), [""; 0]);
    }
}
