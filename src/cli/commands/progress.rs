//! A line on standard error that tells how far a long run is.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crate::observe::Progress;
use crate::render::words;

/// Runs that end sooner need no such line.
const PATIENCE: Duration = Duration::from_secs(1);

/// From so many questions on it is said beforehand what they need.
const MANY: usize = 2_000_000;
/// What a million questions need in one run with its report, in megabytes of memory and seconds of this machine's CPU,
/// with all records right. The README has the figures.
const MEGABYTES: usize = 80;
const SECONDS: usize = 8;

/// Draws the line; it vanishes when this is dropped.
pub(super) struct ProgressLine {
    wanted: bool,
    drawn: Cell<bool>,
    /// What so many questions need is still to be said, if they are so many.
    untold: Cell<bool>,
}

impl ProgressLine {
    /// A line if a person watches, and output to read later is not what is wanted.
    pub(super) fn new(quiet: bool) -> Self {
        Self { wanted: !quiet && io::stderr().is_terminal(), drawn: Cell::new(false), untold: Cell::new(!quiet) }
    }

    pub(super) fn tell(&self, progress: Progress) {
        if self.untold.get()
            && let Some(needs) = needs(progress.planned)
        {
            self.untold.set(false);
            let _ = writeln!(io::stderr(), "guidpost: {needs}");
        }
        if self.wanted && progress.elapsed >= PATIENCE {
            self.drawn.set(true);
            let Progress { settled, planned, elapsed } = progress;
            // A terminal that went away needs no progress.
            let _ = write!(io::stderr(), "\r\x1b[Kasking: {settled} of {planned} questions, {} s", elapsed.as_secs());
            let _ = io::stderr().flush();
        }
    }
}

/// What a run of so many questions needs, if that is much.
fn needs(planned: usize) -> Option<String> {
    let millions = (planned >= MANY).then(|| planned.div_ceil(1_000_000))?;
    Some(format!(
        "asking {} questions, which needs about {:.1} GB of memory and {} s of CPU time; how long it takes, the servers \
         decide (--dc and --server ask less)",
        words::grouped(planned),
        f64::from(u32::try_from(millions * MEGABYTES).unwrap_or(u32::MAX)) / 1000.0,
        words::grouped(millions * SECONDS)
    ))
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if self.drawn.get() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_very_large_run_says_what_it_needs() {
        assert_eq!(needs(MANY - 1), None);
        let said = needs(8_000_400).unwrap();
        assert!(said.starts_with("asking 8,000,400 questions, which needs about "), "{said}");
        assert!(said.contains(" GB of memory and ") && said.contains(" s of CPU time"), "{said}");
        assert!(needs(usize::MAX / MEGABYTES).is_some());
    }
}
