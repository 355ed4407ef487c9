//! The decoder: walks the tree, knows at each step which key it is at, and collects every problem instead of stopping.

use std::fmt;
use std::hash::Hash;
use std::time::Duration;

use super::fields::Seen;
use super::node::{Kind, Node, Place};
use super::problems::Problem;
use super::scalars::{self, Fault};
use super::suggest;
use super::text::{Lines, quote};

/// A node and the way to it.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) node: &'a Node,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key { parent: &'a At<'a>, key: &'a Node, name: &'a str },
    Item { parent: &'a At<'a>, index: usize },
}

impl<'a> At<'a> {
    pub(super) fn root(node: &'a Node) -> Self {
        Self { node, step: Step::Root }
    }

    pub(super) fn is_item(&self) -> bool {
        matches!(self.step, Step::Item { .. })
    }

    fn item(&'a self, index: usize, node: &'a Node) -> Self {
        Self { node, step: Step::Item { parent: self, index } }
    }

    pub(super) fn entry(&'a self, key: &'a Node, name: &'a str, node: &'a Node) -> Self {
        Self { node, step: Step::Key { parent: self, key, name } }
    }

    /// The key that it stands at; empty for an item or the whole.
    pub(super) fn name(&self) -> &'a str {
        match self.step {
            Step::Key { name, .. } => name,
            _ => "",
        }
    }

    /// The place of the value; where it holds nothing that has one, of its key.
    pub(super) fn place(&self) -> Option<Place> {
        self.node.place().or_else(|| match self.step {
            Step::Root => None,
            Step::Key { parent, key, .. } => key.place().or_else(|| parent.place()),
            Step::Item { parent, .. } => parent.place(),
        })
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Step::Root => Ok(()),
            Step::Key { parent: At { step: Step::Root, .. }, name, .. } => f.write_str(quote(name).trim_matches('`')),
            Step::Key { parent, name, .. } => write!(f, "{parent}.{}", quote(name).trim_matches('`')),
            Step::Item { parent, index } => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Collects what is wrong.
pub(super) struct Decoder<'a> {
    /// The names that `rules` and `waivers` may use.
    pub(super) rules: &'a [&'a str],
    /// The text, if there is one: to tell `null` from nothing.
    pub(super) lines: Option<&'a Lines<'a>>,
    pub(super) problems: Vec<Problem>,
}

impl Decoder<'_> {
    pub(super) fn report(&mut self, at: &At<'_>, message: impl Into<String>, help: Option<String>) {
        self.report_at(at.place(), at.to_string(), message, help);
    }

    pub(super) fn report_at(
        &mut self,
        place: Option<Place>,
        path: String,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let (line, column) = place.map_or((0, 0), |place| (place.line, place.column));
        self.problems.push(Problem { line, column, path, message: message.into(), help, related: None });
    }

    pub(super) fn wrong_type(&mut self, at: &At<'_>, wanted: &str, help: Option<&str>) {
        if matches!(at.node.kind, Kind::Tagged) {
            return self.report(at, "YAML tags (`!name`) have no meaning here", Some("write the value alone".into()));
        }
        let message = format!("{wanted} is wanted here, not {}", at.node.describe());
        self.report(at, message, help.map(str::to_owned));
    }

    /// A text that `parse` turns into a value.
    pub(super) fn parse<T>(
        &mut self,
        at: &At<'_>,
        wanted: &str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let Kind::Text(text) = &at.node.kind else {
            let number = matches!(at.node.kind, Kind::Bool(_) | Kind::Integer(_) | Kind::Float(_));
            self.wrong_type(at, wanted, number.then_some("if it is right, put it in quotes"));
            return None;
        };
        match parse(text) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.report(at, fault.message, fault.help);
                None
            }
        }
    }

    /// A line of text that says something.
    pub(super) fn line(&mut self, at: &At<'_>) -> Option<String> {
        self.parse(at, "a text", |text| {
            let text = text.trim();
            let message = if text.is_empty() {
                "the text is blank".to_owned()
            } else if let Some(bad) = text.chars().find(|c| c.is_control()) {
                format!("the text holds the control character {}", quote(&bad.to_string()))
            } else {
                return Ok(text.to_owned());
            };
            Err(Fault { message, help: None })
        })
    }

    pub(super) fn bool(&mut self, at: &At<'_>) -> Option<bool> {
        match &at.node.kind {
            Kind::Bool(value) => Some(*value),
            Kind::Text(text) => {
                let meant = match text.to_lowercase().as_str() {
                    "yes" | "on" | "y" | "true" => Some("write true, without quotes".to_owned()),
                    "no" | "off" | "n" | "false" => Some("write false, without quotes".to_owned()),
                    _ => None,
                };
                self.report(at, format!("true or false is wanted here, not {}", quote(text)), meant);
                None
            }
            _ => {
                self.wrong_type(at, "true or false", None);
                None
            }
        }
    }

    pub(super) fn number(&mut self, at: &At<'_>, least: u32, most: u32) -> Option<u32> {
        let Kind::Integer(value) = at.node.kind else {
            let help = matches!(&at.node.kind, Kind::Text(text) if text.parse::<u32>().is_ok());
            self.wrong_type(at, "a whole number", help.then_some("write it without quotes and without leading zeros"));
            return None;
        };
        let number = u32::try_from(value).ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.report(at, format!("{value} is not between {least} and {most}"), None);
        }
        number
    }

    pub(super) fn duration(&mut self, at: &At<'_>, most: Duration) -> Option<Duration> {
        let help = match at.node.kind {
            Kind::Integer(value) => Some(format!("say the unit: {value}s for seconds, {value}ms for milliseconds")),
            _ => None,
        };
        if help.is_some() {
            self.report(at, "a time span is wanted here, not a number alone", help);
            return None;
        }
        let span = self.parse(at, "a time span", scalars::duration)?;
        if span.is_zero() || span > most {
            self.report(
                at,
                format!("the time span must be positive and at most {}", scalars::duration_text(most)),
                None,
            );
            return None;
        }
        Some(span)
    }

    /// One of a few words; the place in the list.
    pub(super) fn word(&mut self, at: &At<'_>, what: &str, words: &[&str]) -> Option<usize> {
        self.parse(at, what, |text| {
            words.iter().position(|word| *word == text).ok_or_else(|| {
                let help = match suggest::nearest(text, words.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("one of {}", words.join(", ")),
                };
                Fault { message: format!("{} is not {what}", quote(text)), help: Some(help) }
            })
        })
    }

    /// A list; each item by itself. Nothing at all, as where every item is commented out, is an empty list.
    pub(super) fn list<T>(&mut self, at: &At<'_>, mut item: impl FnMut(&mut Self, &At<'_>) -> Option<T>) -> Vec<T> {
        match &at.node.kind {
            Kind::Null => Vec::new(),
            Kind::List(items) => {
                items.iter().enumerate().filter_map(|(index, node)| item(self, &at.item(index, node))).collect()
            }
            _ => {
                self.wrong_type(at, "a list", Some("put each item on its own line behind `- `, or all in brackets"));
                Vec::new()
            }
        }
    }

    /// A list in which nothing may stand twice.
    pub(super) fn distinct<T: Clone + Eq + Hash>(
        &mut self,
        at: &At<'_>,
        mut item: impl FnMut(&mut Self, &At<'_>) -> Option<T>,
    ) -> Vec<T> {
        let mut seen = Seen::default();
        self.list(at, |decoder, at| {
            let value = item(decoder, at)?;
            seen.check(decoder, at, value.clone(), || "this stands in the list twice".to_owned());
            Some(value)
        })
    }
}
