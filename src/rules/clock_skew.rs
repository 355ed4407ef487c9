use super::{Draft, Sink, Subject, View};
use crate::inventory::Dc;

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
    "clock-skew", Machine, Warning, needs: [Alias, Hosts, Identity], predicts: []
}

/// What Kerberos tolerates by default, in seconds.
const TOLERANCE: i64 = 300;

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let offsets: Vec<(&Dc, i64)> = view.dcs().filter_map(|dc| Some((dc, offset(view, dc)?))).collect();
    let mut sorted: Vec<i64> = offsets.iter().map(|(_, offset)| *offset).collect();
    sorted.sort_unstable();
    let Some(&majority) = sorted.get(sorted.len() / 2) else {
        return sink.not_applicable(super::NOBODY_PROVEN);
    };
    let agree = sorted.iter().filter(|&&offset| (offset - majority).abs() <= TOLERANCE).count();
    let own_is_odd = majority.abs() > TOLERANCE && sorted.len() > 1 && agree * 2 > sorted.len();
    if own_is_odd {
        sink.fail(
            Subject::default(),
            Draft {
                expected: vec![format!("within {TOLERANCE} s of the domain controllers")],
                actual: vec![format!("{} s", -majority)],
                message: format!(
                    "this machine's own clock is {}, measured against {agree} of {} domain controllers",
                    describe(-majority),
                    sorted.len()
                ),
                remedy: vec!["# set this machine's clock, then run again: w32tm /resync, or chronyc makestep".into()],
                ..Draft::default()
            },
        );
    }
    let reference = if own_is_odd { majority } else { 0 };
    for (dc, offset) in offsets {
        let subject = Subject { dc: Some(dc), ..Subject::default() };
        let skew = offset - reference;
        if skew.abs() <= TOLERANCE {
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
