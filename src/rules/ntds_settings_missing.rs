use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::base::guid::Guid;
use crate::findings::{Draft, Sink};
use crate::inventory::Dc;
use crate::view::View;

rule! {
    /// A DC runs, but its directory has lost the DC's own NTDS Settings object.
    ///
    /// # What it checks
    /// Whether the directory of the machine at a DC's address says that it does not find the NTDS Settings object with which
    /// it was started. Samba refuses the rootDSE for that reason, and names the GUID of the object. A refusal with any
    /// other text says nothing of the kind.
    ///
    /// # Why it matters
    /// The object was deleted while the DC runs: by hand, or by a metadata clean-up that named the wrong server. The DC
    /// still answers under its name and serves DNS, but it replicates in neither direction: it refuses its partners (8439,
    /// with Samba 8, or 1722), and they no longer know it. What is changed on it reaches nobody, and logons there may fail.
    /// DNS has no part in it: right records lead to a DC that cannot replicate.
    ///
    /// # How to fix
    /// Change no record. Find out who deleted the object, and when. If a backup from before the deletion exists, restore the
    /// object from it (on Windows authoritatively, on another DC). Otherwise demote the DC by force, remove what is left of
    /// it from the directory on another DC, and promote it again; it then gets a new GUID and registers a new alias.
    /// Before that, save what was changed on it since, and move roles that it holds.
    ///
    /// # References
    /// MS-ADTS 3.1.1.3.2 (dsServiceName) and 6.1.1.2.2.1.2.1.1 (nTDSDSA object); Microsoft KB 216498.
    "ntds-settings-missing", Machine, Critical, needs: [Alias, Hosts, Identity],
    predicts: [BAD_DN, NOT_ENOUGH_MEMORY, RPC_UNAVAILABLE],
    owns: [SettingsMissing], items: ["partners-proven"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    super::machines(view, |subject, dc, addresses, _| {
        let lost: Vec<(IpAddr, Guid)> =
            addresses.iter().filter_map(|&address| Some((address, view.lost_settings(dc, address)?))).collect();
        if lost.is_empty() {
            return if addresses.iter().any(|&address| view.is_proven(dc, address)) {
                sink.pass(subject)
            } else {
                sink.not_applicable(super::NOBODY_PROVEN)
            };
        }
        let addresses: Vec<IpAddr> = lost.iter().map(|(address, _)| *address).collect();
        let guids: BTreeSet<Guid> = lost.iter().map(|(_, guid)| *guid).collect();
        let guids: Vec<String> = guids.iter().map(ToString::to_string).collect();
        sink.fail(
            subject,
            Draft {
                expected: vec!["its own NTDS Settings object".into()],
                message: format!(
                    "the machine at {} says that its directory no longer has the NTDS Settings object {} with which it was \
                     started{}: {} replicates in neither direction, and that is no matter of DNS",
                    super::texts(&addresses).join(", "),
                    guids.join(", "),
                    other_alias(dc, &lost),
                    dc.label
                ),
                actual: guids.iter().map(|guid| format!("NTDS Settings object {guid} is gone")).collect(),
                predicts: super::codes(&RULE),
                remedy: remedy(dc),
                ..Draft::default()
            },
        );
    });
}

/// Says so where the object that is gone is not even the one to which the alias belongs.
fn other_alias(dc: &Dc, lost: &[(IpAddr, Guid)]) -> String {
    let alias = dc.guid.filter(|alias| lost.iter().any(|(_, guid)| guid != alias));
    alias.map(|alias| format!(" (the alias belongs to another one, {alias})")).unwrap_or_default()
}

/// Nothing here is to be copied before somebody has looked.
fn remedy(dc: &Dc) -> Vec<String> {
    let label = &dc.label;
    vec![
        format!("# leave the records of {label} as they are: what is missing is in the directory"),
        "# find out who deleted the object, and whether a backup from before that exists; then one of:".into(),
        "# - restore the object from that backup (Windows: authoritatively, on another DC)".into(),
        format!(
            "# - on {label} (Windows): Uninstall-ADDSDomainController -ForceRemoval, clean up its metadata, promote it again"
        ),
        format!("# - on {label} (Samba): stop it, remove it from the directory on another DC, join it again"),
        "# what was changed on it since is on no other DC: guidpost explain ntds-settings-missing".into(),
    ]
}

#[cfg(test)]
mod tests {
    use crate::evidence::probe::{AddressReplies, Denial, Failure, Mapping, Reply};
    use crate::report::{ForecastOutcome, Verdict};
    use crate::testing::machines::{GUID1, GUID2, STRANGE, dc, refusing, without_settings};
    use crate::testing::{CONFIG, World, config_without_addresses, row};

    const LOST: [&str; 2] = ["fail critical dc2.contoso.com A @dc1", "fail critical dc2.contoso.com A @dc2"];

    fn world(replies: AddressReplies) -> World {
        World::new().machine("192.0.2.11", replies)
    }

    fn rows(replies: AddressReplies) -> Vec<String> {
        world(replies).rows("ntds-settings-missing")
    }

    /// A DC that refuses the rootDSE with this result and text.
    fn refuses(code: u32, text: &str) -> AddressReplies {
        let denial = Denial::Ldap { code, text: text.into() };
        AddressReplies {
            rootdse: Some(Reply::Failure(Failure::Denied(denial))),
            ..without_settings("dc2.contoso.com", GUID2)
        }
    }

    #[test]
    fn a_dc_that_cannot_name_itself_is_critical_and_so_is_its_forecast() {
        let report = world(without_settings("dc2.contoso.com", GUID2)).report();
        let found: Vec<String> = report.findings.iter().map(|one| format!("{} {}", one.rule, row(one))).collect();
        assert_eq!(found, LOST.map(|row| format!("ntds-settings-missing {row}")), "no other rule speaks of it");
        assert_eq!(report.verdict, Verdict::Critical);
        let finding = &report.findings[0];
        assert_eq!(
            finding.message,
            "the machine at 192.0.2.11 says that its directory no longer has the NTDS Settings object \
             22222222-2222-4222-8222-222222222222 with which it was started: dc2.contoso.com replicates in neither direction, \
             and that is no matter of DNS"
        );
        assert_eq!(finding.predicts, [8, 1722, 8439]);
        assert!(finding.remedy.iter().all(|line| line.starts_with("# ")), "{:?}", finding.remedy);
        for forecast in report.forecast.iter().filter(|row| &*row.source == "dc2.contoso.com") {
            assert_eq!((forecast.outcome, &forecast.errors[..]), (ForecastOutcome::Fails, &[8, 1722, 8439][..]));
            assert_eq!(forecast.rules, ["ntds-settings-missing"]);
            assert_eq!(
                &*forecast.message,
                "dc2.contoso.com leads to 192.0.2.11, which is the source, but does not replicate"
            );
        }
    }

    #[test]
    fn it_is_the_dc_by_its_guid_by_its_name_or_at_its_configured_address() {
        let nameless = || AddressReplies { ntlm_rpc: None, ..without_settings("", GUID2) };
        assert_eq!(rows(nameless()), LOST, "by its GUID");
        let without_guid = CONFIG.replace(&format!("guid: {GUID2}"), "roles: []");
        let without_guid = || World::with(&without_guid);
        let by_name = without_guid().machine("192.0.2.11", without_settings("DC2.contoso.com", GUID2));
        assert_eq!(by_name.rows("ntds-settings-missing"), LOST, "by its name");
        let configured = without_guid().machine("192.0.2.11", nameless());
        assert_eq!(
            configured.rows("ntds-settings-missing"),
            LOST,
            "at an address that only the configuration gives to it"
        );
        let unlisted = World::with(&config_without_addresses()).machine("192.0.2.11", nameless());
        assert_eq!(unlisted.rows("ntds-settings-missing"), LOST, "by its GUID, where nothing is listed");
        // Two machines behind one address: who of them lost anything is not known.
        let mut both = without_settings("dc2.contoso.com", STRANGE);
        both.ntlm_smb = without_settings("files01.contoso.com", STRANGE).ntlm_rpc;
        let both = without_guid().machine("192.0.2.11", both);
        assert_eq!(both.rows("ntds-settings-missing"), [""; 0]);
    }

    #[test]
    fn another_guid_than_that_of_the_alias_is_told() {
        let report = world(without_settings("dc2.contoso.com", STRANGE)).report();
        let rules: Vec<&str> = report.findings.iter().map(|finding| finding.rule.as_str()).collect();
        assert_eq!(rules, ["ntds-settings-missing"; 2], "not guid-mismatch: that GUID is nobody's");
        let message = &report.findings[0].message;
        assert!(message.contains(&format!("object {STRANGE} with")), "{message}");
        assert!(message.contains(&format!("(the alias belongs to another one, {GUID2})")), "{message}");
    }

    #[test]
    fn the_mapper_does_not_make_a_stopped_directory_of_it() {
        let not_registered = Some(Reply::Answer(Mapping::NotRegistered));
        let replies = AddressReplies { epm: not_registered, ..without_settings("dc2.contoso.com", GUID2) };
        assert_eq!(rows(replies.clone()), LOST);
        assert_eq!(world(replies).rows("directory-not-running"), [""; 0]);
    }

    #[test]
    fn another_dc_there_is_the_wrong_machine_first() {
        let report = world(without_settings("dc1.contoso.com", GUID1)).report();
        let rules: Vec<&str> = report.findings.iter().map(|finding| finding.rule.as_str()).collect();
        assert_eq!(rules, ["wrong-machine"; 2]);
        let message = &report.findings[0].message;
        assert!(message.ends_with(&format!("has lost its own NTDS Settings object {GUID1}")), "{message}");
    }

    #[test]
    fn healthy_dcs_and_other_refusals_are_none() {
        assert_eq!(rows(dc("dc2.contoso.com", GUID2)), [""; 0]);
        assert_eq!(rows(refusing("dc2.contoso.com")), [""; 0]);
        for (code, text) in [
            (1, "000004DC: LdapErr: DSID-0C090A5C, comment: a successful bind must be completed"),
            (1, "00002020: operations error at ../../source4/dsdb/samdb/ldb_modules/rootdse.c:589"),
            (32, "Failed to find full DN for dsServiceName: <GUID=22222222-2222-4222-8222-222222222222>"),
        ] {
            assert_eq!(rows(refuses(code, text)), [""; 0], "{text}");
        }
    }
}
