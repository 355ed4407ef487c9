use crate::findings::{Draft, Sink, Subject};
use crate::view::View;

rule! {
    /// A waiver has passed its last day.
    ///
    /// # What it checks
    /// Whether `until` of a waiver, a day in UTC that still counts itself, lies before the day of the run.
    ///
    /// # Why it matters
    /// An expired waiver covers nothing any more: what it accepted counts in full again, and somebody should decide anew.
    ///
    /// # How to fix
    /// Mend what it accepted and delete it, or renew it with a reason that is still true.
    ///
    /// # References
    /// Section `waivers` of the configuration file.
    "waiver-expired", Run, Warning, needs: [], predicts: [],
    flags: [last]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for waiver in &view.evidence.config.waivers {
        let Some(until) = waiver.until else { continue };
        if until >= view.today {
            sink.pass(Subject::default());
            continue;
        }
        sink.fail(
            Subject::default(),
            Draft {
                expected: vec![format!("until {} or later", view.today)],
                actual: vec![format!("until {until}")],
                message: format!(
                    "the waiver of {} expired on {until}; its reason was: {}",
                    super::waiver_scope(waiver),
                    waiver.reason
                ),
                remedy: vec!["# mend what it accepted and delete the waiver, or renew it".into()],
                ..Draft::default()
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{ALIAS2, CONFIG, World, row};

    /// The run of [`World`] is on 2026-11-20.
    fn until(day: &str) -> World {
        let waiver = format!("{{rule: alias-missing, until: {day}, reason: 'ticket 7'}}");
        World::with(&format!("{CONFIG}waivers: [{waiver}]\n")).remove("dc2", ALIAS2)
    }

    #[test]
    fn fires_on_the_day_after_the_last() {
        let finding = until("2026-11-19").finding("waiver-expired");
        assert_eq!(row(&finding), "fail warning");
        assert_eq!(finding.message, "the waiver of alias-missing expired on 2026-11-19; its reason was: ticket 7");
        assert_eq!(until("2026-11-19").report().counts.waived, 0, "it covers nothing any more");
    }

    #[test]
    fn the_last_day_counts() {
        assert_eq!(until("2026-11-20").rows("waiver-expired"), [""; 0]);
        assert_eq!(until("2026-11-20").report().counts.waived, 1);
    }
}
