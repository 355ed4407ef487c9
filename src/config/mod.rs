//! The configuration file: reading, checking, and the form in which it is embedded in evidence.
//!
//! A text becomes a tree ([`node`]), the tree a [`Config`] ([`sections`]); [`keys`] lists what may stand where. Every
//! problem is collected, and shown with the line it stands in.

use std::cell::Cell;
use std::path::Path;

use serde::de::DeserializeSeed;

use crate::files::{self, FileError};

mod decode;
mod directory;
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

pub use model::*;
pub use problems::{ConfigErrors, Problem};
pub use scalars::{Fault, address, date, duration, guid, name, network, redirect, retired, server};
pub use schema::schema;

use decode::{At, Decoder};
use node::{Node, Place, Read};
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
    let fine = |places| read(text, places).map_err(|problem| errors(vec![problem]));
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

/// The tree of a YAML text, or why it is none.
fn read(text: &str, places: bool) -> Result<Node, Problem> {
    let problem = |place: Place, message: String, help: Option<&str>| Problem {
        line: place.line,
        column: place.column,
        path: String::new(),
        message,
        help: help.map(str::to_owned),
        related: None,
    };
    // The YAML reader would refuse these too, but not say where.
    let control = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}')) || ('\u{fffe}'..='\u{ffff}').contains(&c)
    };
    if let Some((offset, bad)) = text.char_indices().find(|(_, c)| control(*c)) {
        let place = Lines::new(text).place(text, offset);
        let message = format!("the file holds the character {}", text::quote(&bad.to_string()));
        return Err(problem(place, message, Some("is this a YAML file?")));
    }
    let budget: Cell<usize> = node::budget(text);
    let read = Read { places, budget: &budget };
    read.deserialize(serde_yaml::Deserializer::from_str(text)).map_err(|error| {
        let message = error.to_string();
        let place = error.location().map(|at| Place { line: at.line(), column: at.column() });
        if message.contains("more than one document") {
            let message = "the file holds more than one YAML document".to_owned();
            return problem(Lines::new(text).second_document(), message, Some("keep one, remove the `---` line"));
        }
        let help = help(text, &message, place);
        let message = match message.split_once(" at line ") {
            _ if message.contains(node::BOMB) || message.contains("repetition limit") => node::BOMB.to_owned(),
            Some((head, _)) => format!("this is no YAML: {head}"),
            None => format!("this is no YAML: {message}"),
        };
        problem(place.unwrap_or(Place::START), text::visible(&message), help)
    })
}

/// What most often stands behind an error of the YAML reader.
fn help(text: &str, message: &str, place: Option<Place>) -> Option<&'static str> {
    let lines = Lines::new(text);
    let rest = lines.at(place?);
    if rest.starts_with('\t') {
        return Some("YAML indents with spaces, not with tabs");
    }
    if rest.starts_with(['@', '`', '%', '*', '&', '!']) {
        return Some("put a text that begins with such a character in quotes");
    }
    if message.contains("mapping values are not allowed") {
        return Some("is the line indented like its neighbours? a text with a colon and a space needs quotes");
    }
    if message.contains("recursion limit") {
        return Some("no configuration is nested that deeply");
    }
    (rest.starts_with(':') || message.contains("expected ',' or"))
        .then_some("put addresses and texts with special characters in quotes")
}
