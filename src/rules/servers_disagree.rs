use std::collections::{BTreeMap, BTreeSet};

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::findings::{Draft, Explains, Sink, Subject};
use crate::inventory::{Dc, Server};
use crate::report::Outcome;
use crate::view::{Content, View};

rule! {
    /// DNS servers hold different data for one name, and no other finding explains it.
    ///
    /// # What it checks
    /// Compares alias, A and AAAA of every DC between all servers that answer with authority. Order, case, TTL and the
    /// zones' serial numbers make no difference. Cached answers (without AA) and servers marked `secondary` may lag
    /// rightly and are left out. Where another finding about the same record explains the difference, this rule is quiet.
    ///
    /// # Why it matters
    /// Whether replication works depends on which server a destination DC happens to ask. Differences that stay are signs
    /// of a DC that does not replicate its DNS zones, or of the same zone kept in two partitions.
    ///
    /// # How to fix
    /// Find out which server is right, mend replication of the zone between the servers (`repadmin /showrepl`,
    /// `samba-tool drs showrepl`), and look for a doubled zone (events 4515 and 4521).
    ///
    /// # References
    /// Microsoft KB 282826 (serial numbers of integrated zones), KB 275278 (DNS islands).
    "servers-disagree", Servers, Warning, needs: [Alias, Hosts], predicts: [DNS_LOOKUP_FAILURE],
    flags: [last]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let explained = explained(sink);
    for dc in view.dcs() {
        let names = [(&dc.alias, RecordType::CNAME), (&dc.host, RecordType::A), (&dc.host, RecordType::AAAA)];
        for (name, rtype) in names {
            if let Some(name) = name {
                judge(view, sink, dc, name, rtype, &explained);
            }
        }
    }
}

fn judge(view: &View<'_>, sink: &mut Sink<'_>, dc: &Dc, name: &DnsName, rtype: RecordType, explained: &Explained) {
    let said = || {
        let servers = view.good_servers().filter(|server| !server.secondary);
        servers.filter_map(|server| match view.content(dc, server, rtype)? {
            (content, true) => Some((content, server)),
            (_, false) => None,
        })
    };
    let subject = Subject { dc: Some(dc), server: None, name: Some(name), rtype: Some(rtype) };
    let Some((first, _)) = said().next() else { return };
    if said().all(|(content, _)| content == first) {
        return match said().nth(1) {
            Some(_) => sink.pass(subject),
            None => sink.not_applicable("fewer than two servers answer with authority"),
        };
    }
    let mut groups: BTreeMap<Content<'_>, Vec<&Server>> = BTreeMap::new();
    for (content, server) in said() {
        groups.entry(content).or_default().push(server);
    }
    if explained.contains(&(dc.label.clone(), name.to_string(), rtype.to_string())) {
        return;
    }
    let mut versions: Vec<(Vec<String>, Vec<&Server>)> =
        groups.into_iter().map(|(content, servers)| (content.texts(&view.evidence.store), servers)).collect();
    versions.sort_by(|(a, _), (b, _)| a.cmp(b));
    let describe = |(content, servers): &(Vec<String>, Vec<&Server>)| {
        let names: Vec<&str> = servers.iter().map(|server| server.name.as_str()).collect();
        let content = if content.is_empty() { "no record".to_owned() } else { content.join(", ") };
        format!("{} at {}", content, names.join(", "))
    };
    let actual: Vec<String> = versions.iter().map(describe).collect();
    sink.fail(
        subject,
        Draft {
            expected: vec!["the same RRset at every server".into()],
            message: format!("the servers hold {} different versions: {}", versions.len(), actual.join("; ")),
            actual,
            predicts: super::codes(&RULE),
            remedy: vec![
                "# find the server that does not replicate its zones, on a DC: repadmin /showrepl * /errorsonly (Samba: samba-tool drs showrepl)".into(),
            ],
            ..Draft::default()
        },
    );
}

/// DC, owner name and type of every record of which a finding, at any server, says already what is wrong.
type Explained = BTreeSet<(String, String, String)>;

fn explained(sink: &Sink<'_>) -> Explained {
    let mut records = Explained::new();
    for finding in sink.findings().iter().filter(|finding| finding.outcome == Outcome::Fail) {
        let (Some(dc), Some(name), Some(rtype)) = (&finding.dc, &finding.name, &finding.rtype) else { continue };
        match sink.explains(finding) {
            Explains::Nothing => continue,
            Explains::BothFamilies => {
                records.insert((dc.clone(), name.clone(), RecordType::AAAA.to_string()));
            }
            Explains::Record => {}
        }
        records.insert((dc.clone(), name.clone(), rtype.clone()));
    }
    records
}

#[cfg(test)]
mod tests {
    use crate::testing::{ALIAS2, Reply, World, config_with, row};

    #[test]
    fn fires_where_nothing_else_explains_the_difference() {
        let config = config_with("addresses: [192.0.2.0/24]");
        let world =
            World::with(&config).remove("dc2", "dc2.contoso.com").add("dc2", "dc2.contoso.com 1200 A 192.0.2.12");
        let finding = world.finding("servers-disagree");
        assert_eq!(row(&finding), "fail warning dc2.contoso.com A", "it is about no single server");
        assert_eq!(finding.actual, ["192.0.2.11 at dc1", "192.0.2.12 at dc2"]);
    }

    #[test]
    fn is_quiet_where_another_finding_explains_it() {
        assert_eq!(World::new().remove("dc2", ALIAS2).rows("servers-disagree"), [""; 0]);
        let world = World::new().remove("dc2", "dc2.contoso.com").add("dc2", "dc2.contoso.com 1200 A 192.0.2.99");
        assert_eq!(world.rows("servers-disagree"), [""; 0]);
    }

    #[test]
    fn an_odd_ttl_explains_no_difference() {
        let config = config_with("addresses: [192.0.2.0/24]");
        let world = World::with(&config).remove("dc2", "dc2.contoso.com").add("dc2", "dc2.contoso.com 77 A 192.0.2.12");
        assert_eq!(world.rows("servers-disagree"), ["fail warning dc2.contoso.com A"]);
    }

    #[test]
    fn order_case_and_caches_make_no_difference() {
        let config = config_with("addresses: [192.0.2.0/24]");
        let other = "dc2.contoso.com 1200 A 192.0.2.12";
        let world = World::with(&config).add("dc1", other).remove("dc2", "dc2.contoso.com").add("dc2", other);
        let world = world.add("dc2", "DC2.contoso.com 600 A 192.0.2.11");
        assert_eq!(world.rows("servers-disagree"), [""; 0]);
        let cached = Reply::Cached("dc2.contoso.com 7 A 192.0.2.12");
        assert_eq!(World::with(&config).reply("dc2", "dc2.contoso.com A", cached).rows("servers-disagree"), [""; 0]);
        let held = Reply::Cached("22222222-2222-4222-8222-222222222222._msdcs.contoso.com 7 A 192.0.2.11");
        let world = World::new().reply("dc2", &format!("{ALIAS2} CNAME"), Reply::Bare);
        let world = world.reply("dc2", &format!("{ALIAS2} AAAA"), Reply::Bare);
        let skip = |mut world: World| {
            world.evidence.selection.skip = vec!["alias-not-cname".into()];
            world
        };
        let world = skip(world).reply("dc2", &format!("{ALIAS2} A"), held);
        assert_eq!(world.rows("servers-disagree"), [""; 0], "addresses at the alias from a cache");
    }

    #[test]
    fn a_secondary_may_lag() {
        let config = config_with("addresses: [192.0.2.0/24]")
            .replace("address: 192.0.2.11}", "address: 192.0.2.11, secondary: true}");
        let world =
            World::with(&config).remove("dc2", "dc2.contoso.com").add("dc2", "dc2.contoso.com 1200 A 192.0.2.12");
        assert_eq!(world.rows("servers-disagree"), [""; 0]);
    }
}
