//! A line on standard error that tells how far a long run is.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crate::observe::Progress;

/// Runs that end sooner need no such line.
const PATIENCE: Duration = Duration::from_secs(1);

/// Draws the line; it vanishes when this is dropped.
pub(super) struct ProgressLine {
    wanted: bool,
    drawn: Cell<bool>,
}

impl ProgressLine {
    /// A line if a person watches, and output to read later is not what is wanted.
    pub(super) fn new(quiet: bool) -> Self {
        Self { wanted: !quiet && io::stderr().is_terminal(), drawn: Cell::new(false) }
    }

    pub(super) fn tell(&self, progress: Progress) {
        if self.wanted && progress.elapsed >= PATIENCE {
            self.drawn.set(true);
            let Progress { settled, planned, elapsed } = progress;
            // A terminal that went away needs no progress.
            let _ = write!(io::stderr(), "\r\x1b[Kasking: {settled} of {planned} questions, {} s", elapsed.as_secs());
            let _ = io::stderr().flush();
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if self.drawn.get() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
