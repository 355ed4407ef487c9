use crate::findings::{Draft, Sink, Subject};
use crate::inventory::Dc;
use crate::view::View;

rule! {
    /// A DC's clock is more than five minutes off.
    ///
    /// # What it checks
    /// Compares the time that each proven DC gives with this machine's clock and with the other DCs. Where this machine
    /// stands alone against the majority of the DCs, one finding is about its own clock.
    ///
    /// # Why it matters
    /// Kerberos refuses tickets between clocks that differ by more than five minutes; replication fails with errors that
    /// speak of authentication.
    ///
    /// # How to fix
    /// `w32tm /resync` on the DC (Samba: chrony or ntpd); see that the PDC emulator follows a good source and all others the
    /// domain.
    ///
    /// # References
    /// MS-ADTS 3.1.1.3.2.7 (currentTime); RFC 4120 section 5.2.3 and 7.5.1; Microsoft KB 816042.
    "clock-skew", Machine, Warning, needs: [Alias, Hosts, Identity], predicts: [],
    items: ["clock"]
}

/// What Kerberos tolerates by default, in seconds.
const TOLERANCE: i64 = 300;

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let offsets: Vec<(&Dc, i64)> = view.dcs().filter_map(|dc| Some((dc, offset(view, dc)?))).collect();
    let mut sorted: Vec<i64> = offsets.iter().map(|(_, offset)| *offset).collect();
    sorted.sort_unstable();
    let Some(&median) = sorted.get(sorted.len() / 2) else {
        return sink.not_applicable(super::NOBODY_PROVEN);
    };
    let agree = sorted.iter().filter(|&&offset| (offset - median).abs() <= TOLERANCE).count();
    // One DC alone, or one against one, is no majority.
    let majority = Some(median).filter(|_| sorted.len() > 1 && agree * 2 > sorted.len());
    let own_is_odd = majority.is_some_and(|majority| majority.abs() > TOLERANCE);
    if own_is_odd {
        sink.fail(
            Subject::default(),
            Draft {
                expected: vec![format!("within {TOLERANCE} s of the domain controllers")],
                actual: vec![format!("{} s", -median)],
                message: format!(
                    "the clock of this machine is {}, measured against {agree} of {} domain controllers",
                    describe(-median),
                    sorted.len()
                ),
                remedy: vec!["# set this machine's clock, then run again: w32tm /resync, or chronyc makestep".into()],
                ..Draft::default()
            },
        );
    }
    let reference = if own_is_odd { median } else { 0 };
    for (dc, offset) in offsets {
        let subject = Subject { dc: Some(dc), ..Subject::default() };
        let skew = offset - reference;
        let odd = offset.abs() > TOLERANCE && majority.is_none_or(|majority| (offset - majority).abs() > TOLERANCE);
        if !odd {
            sink.pass(subject);
            continue;
        }
        sink.fail(
            subject,
            Draft {
                expected: vec![format!("within {TOLERANCE} s")],
                actual: vec![format!("{skew} s")],
                message: format!("the clock of {} is {}", dc.label, describe(skew)),
                remedy: vec![format!("# on {}: w32tm /resync (Samba: chronyc makestep)", dc.label)],
                ..Draft::default()
            },
        );
    }
}

/// How many seconds a DC's clock is ahead of this machine's, by the first of its addresses that proved to be it.
fn offset(view: &View<'_>, dc: &Dc) -> Option<i64> {
    let proven = view.addresses_of(dc).into_iter().filter(|&address| view.is_proven(dc, address));
    proven.into_iter().find_map(|address| view.machine(dc, address)?.state.clock_ahead)
}

fn describe(seconds: i64) -> String {
    let way = if seconds < 0 { "behind" } else { "ahead" };
    format!("{} s {way}", seconds.abs())
}

#[cfg(test)]
mod tests {
    use crate::testing::machines::{GUID1, GUID2, STRANGE, dc_ahead};
    use crate::testing::{CONFIG, World};

    /// Subjects and actual skew where three DCs have clocks that are so many seconds ahead.
    fn skews(ahead: [i64; 3]) -> Vec<String> {
        let third = format!("{CONFIG}  - {{host: dc3.contoso.com, guid: {STRANGE}, addresses: [192.0.2.12]}}\n");
        let hosts = [("dc1", "192.0.2.10", GUID1), ("dc2", "192.0.2.11", GUID2), ("dc3", "192.0.2.12", STRANGE)];
        let mut world = World::with(&third);
        for ((host, address, guid), ahead) in hosts.into_iter().zip(ahead) {
            world = world.machine(address, dc_ahead(&format!("{host}.contoso.com"), guid, ahead));
        }
        let findings = world.findings("clock-skew").into_iter();
        findings
            .map(|finding| format!("{} {}", finding.dc.unwrap_or("here".into()), finding.actual.join(" ")))
            .collect()
    }

    #[test]
    fn a_dc_that_differs_from_here_and_from_the_majority() {
        assert_eq!(skews([0, 400, -10]), ["dc2.contoso.com 400 s"]);
        assert_eq!(skews([0, -301, 0]), ["dc2.contoso.com -301 s"]);
        assert_eq!(skews([0, 300, -300]), [""; 0]);
        assert_eq!(skews([200, 450, 200]), [""; 0], "within five minutes of the other DCs");
    }

    #[test]
    fn this_machines_own_clock_is_one_finding() {
        assert_eq!(skews([900, 905, 895]), ["here -900 s"]);
        assert_eq!(skews([0, 900, 900]), ["here -900 s"], "the third agrees with this machine");
        assert_eq!(skews([-900, 900, 900]), ["here -900 s", "dc1.contoso.com -1800 s"]);
    }

    #[test]
    fn one_dc_is_no_majority() {
        let world = World::new().machine("192.0.2.11", dc_ahead("dc2.contoso.com", GUID2, 900));
        let finding = world.finding("clock-skew");
        assert_eq!(
            (finding.dc.as_deref(), &finding.message[..]),
            (Some("dc2.contoso.com"), "the clock of dc2.contoso.com is 900 s ahead")
        );
    }
}
