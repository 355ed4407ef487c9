//! From YAML text to a tree, and what to say when it is none.

use std::cell::Cell;

use serde::de::DeserializeSeed;

use super::node::{BOMB, Node, Place, Read, budget};
use super::problems::Problem;
use super::text::{Lines, quote, visible};

/// The tree of a YAML text, or why it is none.
pub(super) fn read(text: &str, places: bool) -> Result<Node, Problem> {
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
        let message = format!("the file holds the character {}", quote(&bad.to_string()));
        return Err(problem(place, message, Some("remove it, if this is the right file at all")));
    }
    if let Some(offset) = nested_too_deeply(text) {
        let place = Lines::new(text).place(text, offset);
        let help = "the first of them that should be closed stands before this one";
        return Err(problem(place, format!("more than {OPEN_BRACKETS} brackets are open"), Some(help)));
    }
    let budget: Cell<usize> = budget(text);
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
            _ if message.contains(BOMB) || message.contains("repetition limit") => BOMB.to_owned(),
            Some((head, _)) => format!("this is no YAML: {head}"),
            None => format!("this is no YAML: {message}"),
        };
        problem(place.unwrap_or(Place::START), visible(&message), help)
    })
}

/// What most often stands behind an error of the YAML reader.
fn help(text: &str, message: &str, place: Option<Place>) -> Option<&'static str> {
    let lines = Lines::new(text);
    let rest = lines.at(place?);
    if rest.starts_with('\t') {
        return Some("YAML indents with spaces, not with tabs");
    }
    if message.contains("unknown anchor") {
        return Some("no `&name` like this stands before; a text that begins with `*` needs quotes");
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
        .then_some("is a bracket or quote open further up? texts with special characters need quotes")
}

/// How many brackets may be open at once; the YAML reader allows 128 levels, and needs time that grows with the square
/// of this number to find that out.
const OPEN_BRACKETS: usize = 256;

/// Where too many brackets are open, if anywhere. Those in quotes and comments count too, since to know them one has to
/// read YAML; no honest file has that many without their counterparts.
fn nested_too_deeply(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > OPEN_BRACKETS
    })
}
