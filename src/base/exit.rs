//! Exit codes, in one place: 0 ok, 1 warning, 2 critical, 3 unknown or any error of usage, configuration or ours.

use super::severity::Verdict;

/// Everything was verified, or the command did its work.
pub const OK: u8 = 0;
/// The verdict is "warning".
pub const WARNING: u8 = 1;
/// The verdict is "critical".
pub const CRITICAL: u8 = 2;
/// Not everything could be verified; or the command could not do its work.
pub const UNKNOWN: u8 = 3;

/// From which verdict on the exit code is not 0 (`--fail-on`). The verdict itself stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Only a critical verdict.
    Critical,
    /// A critical verdict or a warning.
    Warning,
    /// Whatever is not ok, what could not be verified included.
    #[default]
    Unknown,
}

/// The exit code of a verdict.
pub fn code(verdict: Verdict, fail_on: FailOn) -> u8 {
    let (least, code) = match verdict {
        Verdict::Ok => return OK,
        Verdict::Unknown => (FailOn::Unknown, UNKNOWN),
        Verdict::Warning => (FailOn::Warning, WARNING),
        Verdict::Critical => (FailOn::Critical, CRITICAL),
    };
    // The variants are in the order of what they let pass: critical lets most pass, unknown nothing.
    if fail_on as u8 >= least as u8 { code } else { OK }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fail_on_decides_from_which_verdict_on_the_exit_code_tells() {
        use Verdict::{Critical, Ok, Unknown, Warning};
        let codes = |fail_on| [Ok, Unknown, Warning, Critical].map(|verdict| code(verdict, fail_on));
        assert_eq!(codes(FailOn::Unknown), [0, 3, 1, 2]);
        assert_eq!(codes(FailOn::Warning), [0, 0, 1, 2]);
        assert_eq!(codes(FailOn::Critical), [0, 0, 0, 2]);
        assert_eq!(codes(FailOn::default()), codes(FailOn::Unknown));
    }
}
