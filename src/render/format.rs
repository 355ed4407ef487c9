//! What is known of a format without writing in it.

use std::io::{self, Write};
use std::time::Duration;

use clap::ValueEnum;

use super::{Format, RenderOptions};
use crate::report::Report;

/// What each format says of itself, in its own file.
pub(super) struct Kind {
    /// Writes a report.
    pub(super) render: fn(&Report, &RenderOptions, &mut dyn Write) -> io::Result<()>,
    /// Whether people read it.
    pub(super) for_people: bool,
    /// How long a run may take whose reader does not wait for ever.
    pub(super) deadline: Option<Duration>,
    /// The one line for a reader who sees nothing but standard output, where there is no report: why. Such a reader
    /// takes the first line for the verdict.
    pub(super) without_report: Option<fn(&str) -> String>,
}

/// Defines [`Format`]: the file of each format, which holds its `KIND`, and its name.
macro_rules! formats {
    ($($(#[doc = $doc:literal])+ $module:ident: $format:ident,)+) => {
        $(mod $module;)+

        /// An output format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
        pub enum Format {
            $($(#[doc = $doc])+ $format,)+
        }

        impl Format {
            fn kind(self) -> &'static Kind {
                match self {
                    $(Self::$format => &$module::KIND,)+
                }
            }
        }
    };
}
pub(super) use formats;

impl Format {
    /// All of them.
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// What it is called.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Whether people read it: they get colours, and see how far a run is.
    pub fn is_for_people(self) -> bool {
        self.kind().for_people
    }

    /// How long a run may take for which neither arguments nor configuration say it.
    pub fn deadline(self) -> Option<Duration> {
        self.kind().deadline
    }

    /// Whether the first line has to be the verdict's, with or without a report.
    pub fn is_plugin(self) -> bool {
        self.kind().without_report.is_some()
    }

    /// What to print where there is no report, for a reader who sees nothing else. Foreign text in `error` is escaped,
    /// its line ends too.
    pub fn without_report(self, error: &str) -> Option<String> {
        self.kind().without_report.map(|line| line(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_says_for_whom_it_is() {
        let shown = Format::all().iter().map(|format| {
            let deadline = format.deadline().map_or(0, |deadline| deadline.as_secs());
            format!("{} {} {deadline} {}", format.name(), format.is_for_people(), format.is_plugin())
        });
        assert_eq!(shown.collect::<Vec<_>>(), ["table true 0 false", "json false 0 false", "nagios false 60 true"]);
    }
}
