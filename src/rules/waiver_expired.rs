use super::{Draft, Sink, Subject, View};

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
    "waiver-expired", Run, Warning, needs: [], predicts: []
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
