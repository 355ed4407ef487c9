//! How output for people looks: width, colour, character set, how much of it.

use std::fmt::Display;

/// Columns of output that goes to no terminal.
pub const WIDTH_WITHOUT_TERMINAL: usize = 100;

/// How much is printed for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// The verdict alone.
    Quiet,
    /// Everything that needs attention; what is alike is folded.
    #[default]
    Normal,
    /// Nothing is folded, and the addresses are listed.
    Verbose,
}

/// What the caller knows about the place that output goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderOptions {
    /// Columns that are there.
    pub width: usize,
    /// Whether to colour.
    pub color: bool,
    /// Whether to write nothing but ASCII.
    pub ascii: bool,
    /// How much to print.
    pub verbosity: Verbosity,
}

/// What files and pipes get.
impl Default for RenderOptions {
    fn default() -> Self {
        Self { width: WIDTH_WITHOUT_TERMINAL, color: false, ascii: true, verbosity: Verbosity::Normal }
    }
}

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal that has colours, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always, into files and pipes too.
    Always,
    /// Never.
    Never,
}

/// Whether to colour: the argument decides, then NO_COLOR, then CLICOLOR_FORCE and FORCE_COLOR, then the terminal.
///
/// NO_COLOR counts only if it is not empty (no-color.org); it comes first among the variables, so that it silences a
/// CLICOLOR_FORCE inherited from elsewhere.
pub fn color_wanted(choice: ColorChoice, terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let forced = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR") => false,
        ColorChoice::Auto if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") => true,
        ColorChoice::Auto => {
            terminal
                && variable("TERM").is_none_or(|term| term != "dumb")
                && variable("CLICOLOR").is_none_or(|value| value != "0")
        }
    }
}

/// A colour with a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Critical.
    Bad,
    /// Warning, intermittent.
    Warn,
    /// Ok, passed.
    Good,
    /// Not known.
    Unknown,
    /// Headings and subjects.
    Strong,
    /// Less important.
    Faint,
}

impl Paint {
    /// The sequences around the painted text.
    pub(super) fn codes(self) -> (&'static str, &'static str) {
        let start = match self {
            Self::Bad => "\x1b[1;31m",
            Self::Warn => "\x1b[33m",
            Self::Good => "\x1b[32m",
            Self::Unknown => "\x1b[35m",
            Self::Strong => "\x1b[1m",
            Self::Faint => "\x1b[2m",
        };
        (start, "\x1b[0m")
    }
}

impl RenderOptions {
    /// The text in a colour, or as it is.
    pub fn paint(&self, paint: Paint, text: impl Display) -> String {
        if !self.color {
            return text.to_string();
        }
        let (start, end) = paint.codes();
        format!("{start}{text}{end}")
    }

    /// Foreign text, made harmless.
    pub fn clean(&self, text: &str) -> String {
        super::escape::terminal(text, self.ascii).into_owned()
    }

    /// Foreign texts, made harmless.
    pub fn clean_all<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        texts.into_iter().map(|text| self.clean(text)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_follows_argument_variables_and_terminal_in_this_order() {
        let wanted = |choice, terminal, variables: &[(&str, &str)]| {
            color_wanted(choice, terminal, |name| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        use ColorChoice::{Always, Auto, Never};
        assert!(wanted(Auto, true, &[]));
        assert!(!wanted(Auto, false, &[]));
        assert!(!wanted(Auto, true, &[("NO_COLOR", "1")]));
        assert!(wanted(Auto, true, &[("NO_COLOR", "")]));
        assert!(!wanted(Auto, true, &[("TERM", "dumb")]));
        assert!(!wanted(Auto, true, &[("CLICOLOR", "0")]));
        assert!(wanted(Auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(wanted(Auto, false, &[("FORCE_COLOR", "1"), ("TERM", "dumb")]));
        assert!(!wanted(Auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!wanted(Auto, true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
        assert!(wanted(Always, false, &[("NO_COLOR", "1")]));
        assert!(!wanted(Never, true, &[("CLICOLOR_FORCE", "1")]));
    }
}
