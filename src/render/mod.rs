//! One file per output format, and the escaping of foreign text.
//!
//! A renderer writes what the report says. It never decides, and leaves nothing out for good: where the output for
//! people folds rows that are alike, it says how many.

mod config_file;
pub mod escape;
pub mod fold;
mod identify;
mod json;
mod nagios;
mod options;
mod table;
pub mod words;
pub mod wrap;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
pub(crate) mod tests;

use std::io::{self, Write};

use crate::report::Report;
pub use config_file::write as write_config;
pub use identify::render as render_identification;
pub use json::to_writer as write_json;
pub use nagios::without_report as plugin_without_report;
pub use options::{ColorChoice, Paint, RenderOptions, Verbosity, WIDTH_WITHOUT_TERMINAL, color_wanted};

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs: `guidpost.report/1`.
    Json,
    /// For monitoring: Nagios, Icinga and everything that runs their plugins.
    Nagios,
}

/// Writes a report in a format.
pub fn render(format: Format, report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table::render(report, options, out),
        Format::Json => json::to_writer(report, out),
        Format::Nagios => nagios::render(report, out),
    }
}
