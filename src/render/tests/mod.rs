//! Every renderer against one report.

mod checklist;
mod folding;
mod hostile;
#[expect(dead_code, reason = "this is a part of what the tests of the program need")]
#[path = "../../../tests/plugin_text/mod.rs"]
pub(crate) mod plugin_text;
mod schema;
mod snapshots;

use super::{Format, RenderOptions, render};
use crate::report::Report;

fn text(format: Format, report: &Report, options: RenderOptions) -> String {
    let mut out = Vec::new();
    render(format, report, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn plain(width: usize) -> RenderOptions {
    RenderOptions { width, ..RenderOptions::default() }
}

fn table(report: &Report, width: usize) -> String {
    text(Format::Table, report, plain(width))
}
