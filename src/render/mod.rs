//! One file per output format, and the escaping of foreign text.
//!
//! A renderer writes what the report says. It never decides, and leaves nothing out for good: where the output for
//! people folds rows that are alike, it says how many.

mod config_file;
pub mod escape;
mod format;
mod identify;
mod options;
pub(crate) mod story;
pub mod words;
pub mod wrap;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
pub(crate) mod tests;

use std::io::{self, Write};

use crate::report::Report;
pub use config_file::write as write_config;
use format::{Kind, formats};
pub use identify::render as render_identification;
pub use json::to_writer as write_json;
pub use options::{ColorChoice, Paint, RenderOptions, Verbosity, WIDTH_WITHOUT_TERMINAL, color_wanted};

formats! {
    /// For people.
    table: Table,
    /// For programs: `guidpost.report/1`.
    json: Json,
    /// For monitoring: Nagios, Icinga and everything that runs their plugins.
    nagios: Nagios,
}

/// Writes a report in a format.
pub fn render(format: Format, report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    (format.kind().render)(report, options, out)
}
