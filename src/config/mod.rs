//! The configuration file: reading, checking, and the form in which it is embedded in evidence.
//!
//! A text becomes a tree (`node`), the tree a [`Config`] (`sections`); `keys` lists what may stand where. Every
//! problem is collected, and shown with the line it stands in.

use std::path::Path;

use crate::base::files::{self, FileError};

mod decode;
mod directory;
mod fields;
mod json;
mod keys;
mod model;
mod node;
mod problems;
mod scalars;
mod schema;
mod sections;
mod servers;
mod suggest;
#[cfg(test)]
mod tests;
mod text;
mod waivers;
mod yaml;

pub use directory::site;
pub use model::*;
pub use problems::{ConfigErrors, Problem};
pub use scalars::{Fault, address, date, duration, guid, name, network, redirect, retired, server};
pub use schema::schema;
pub use sections::{LONGEST_RUN, LONGEST_TIMEOUT};
pub(crate) use text::quote;

use decode::{At, Decoder};
use node::Node;
use text::Lines;

/// The most that is read of a configuration file; ten thousand domain controllers take two or three megabytes.
pub const SIZE_LIMIT: u64 = 32 * 1024 * 1024;

/// Why a configuration file could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is wrong.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
}

/// Reads and checks a configuration file; `known_rules` are the names that it may use for rules.
///
/// # Errors
/// That the file could not be read, or everything that is wrong with it.
pub fn load(path: &Path, known_rules: &[&str]) -> Result<Config, LoadError> {
    let text = files::read_text_up_to(path, SIZE_LIMIT)?;
    Ok(parse(&text, &path.display().to_string(), known_rules)?)
}

/// Checks the text of a configuration file that is called `source` in messages.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(text: &str, source: &str, known_rules: &[&str]) -> Result<Config, ConfigErrors> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let errors = |problems| ConfigErrors::new(source, Some(text), problems);
    let fine = |places| yaml::read(text, places).map_err(|problem| errors(vec![problem]));
    let lines = Lines::new(text);

    let (config, problems) = decode(&fine(false)?, Some(&lines), known_rules);
    if let (Some(config), true) = (config, problems.is_empty()) {
        return Ok(config);
    }
    // Something is wrong: read the text again, now with the place of every word.
    let (config, problems) = decode(&fine(true)?, Some(&lines), known_rules);
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(errors(problems)),
    }
}

/// Checks a configuration that [`Config::to_json`] made.
///
/// # Errors
/// Everything that is wrong with it, without places.
pub fn from_json(value: &serde_json::Value, known_rules: &[&str]) -> Result<Config, ConfigErrors> {
    let (config, problems) = decode(&Node::from(value), None, known_rules);
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(ConfigErrors::new("config", None, problems)),
    }
}

fn decode(root: &Node, lines: Option<&Lines<'_>>, rules: &[&str]) -> (Option<Config>, Vec<Problem>) {
    let mut decoder = Decoder { rules, lines, problems: Vec::new() };
    let config = sections::config(&mut decoder, &At::root(root));
    (config, decoder.problems)
}
