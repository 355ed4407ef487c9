//! The decoder: walks the tree, knows at each step which key it is at, and collects every problem instead of stopping.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::time::Duration;

use super::keys::{Key, Need};
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

    fn item(&'a self, index: usize, node: &'a Node) -> Self {
        Self { node, step: Step::Item { parent: self, index } }
    }

    fn entry(&'a self, key: &'a Node, name: &'a str, node: &'a Node) -> Self {
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

    fn wrong_type(&mut self, at: &At<'_>, wanted: &str, help: Option<&str>) {
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

    /// The entries of a map with free keys; duplicate keys are reported.
    pub(super) fn entries<'n>(&mut self, at: &'n At<'n>) -> Vec<(At<'n>, At<'n>)> {
        let map = match &at.node.kind {
            Kind::Null => return Vec::new(),
            Kind::Map(map) => map,
            _ => {
                self.wrong_type(at, "a map", Some("write `key: value` lines"));
                return Vec::new();
            }
        };
        let mut seen = Seen::default();
        let mut entries = Vec::new();
        for (key, value) in map {
            let Kind::Text(name) = &key.kind else {
                self.report(
                    &at.entry(key, "?", key),
                    format!("a key must be a text, not {}", key.describe()),
                    Some("put it in quotes".into()),
                );
                continue;
            };
            if name == "<<" {
                let help = "write the keys out; anchors and aliases of whole values work";
                self.report(&at.entry(key, name, key), "merge keys (`<<`) are not supported", Some(help.into()));
                continue;
            }
            let of_key = at.entry(key, name, key);
            if seen.check(self, &of_key, name.clone(), || format!("the key {} stands here twice", quote(name))) {
                entries.push((of_key, at.entry(key, name, value)));
            }
        }
        entries
    }

    /// The entries of a map with these keys only.
    pub(super) fn fields<'n>(&mut self, at: &'n At<'n>, keys: &'static [Key]) -> Option<Fields<'n>> {
        if matches!(at.node.kind, Kind::Null) && matches!(at.step, Step::Item { .. }) {
            self.wrong_type(at, "a map", None);
            return None;
        }
        let known = matches!(at.node.kind, Kind::Null | Kind::Map(_));
        let mut values = vec![None; keys.len()];
        for (of_key, value) in self.entries(at) {
            let Step::Key { name, .. } = of_key.step else { continue };
            let Some(index) = keys.iter().position(|key| key.name == name) else {
                let help = match suggest::nearest(name, keys.iter().map(|key| key.name)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        format!("the keys here are {}", keys.iter().map(|key| key.name).collect::<Vec<_>>().join(", "))
                    }
                };
                self.report(&of_key, format!("the key {} is not known here", quote(name)), Some(help));
                continue;
            };
            if self.says_something(&value, &keys[index]) {
                values[index] = Some(value);
            }
        }
        known.then_some(Fields { at, keys, values })
    }

    /// Whether a value is there. An explicit `null` counts as a missing key; nothing behind the colon is a slip, unless
    /// it is a list or map of which nothing is left.
    fn says_something(&mut self, value: &At<'_>, key: &Key) -> bool {
        if !matches!(value.node.kind, Kind::Null) {
            return true;
        }
        let explicit = match (self.lines, value.node.place()) {
            (None, _) => true,
            (Some(lines), Some(place)) => matches!(lines.word(place), "null" | "Null" | "NULL" | "~"),
            // Not known yet: this reading is repeated with places because of the problem reported here.
            (Some(_), None) => false,
        };
        if !explicit && key.shape.is_scalar() && key.need != Need::Required {
            let help = format!("write a value behind `{}:`, or remove the key", key.name);
            let comment = " (a `#` behind a space begins a comment)";
            self.report(value, format!("the key has no value{comment}"), Some(help));
        }
        false
    }
}

/// The entries of a map whose keys are known.
pub(super) struct Fields<'a> {
    pub(super) at: &'a At<'a>,
    keys: &'static [Key],
    values: Vec<Option<At<'a>>>,
}

impl<'a> Fields<'a> {
    /// The value of a key, if it is there.
    pub(super) fn get(&self, name: &str) -> Option<At<'a>> {
        let index = self.keys.iter().position(|key| key.name == name);
        debug_assert!(index.is_some(), "`{name}` is not in the table of keys");
        self.values.get(index?).copied().flatten()
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, decoder: &mut Decoder<'_>, name: &str) -> Option<At<'a>> {
        let value = self.get(name);
        if value.is_none() {
            let about = self.keys.iter().find(|key| key.name == name).map(|key| key.about.to_owned());
            decoder.report(self.at, format!("the key `{name}` is missing"), about);
        }
        value
    }
}

/// What was seen before, to report what stands twice.
pub(super) struct Seen<T>(HashMap<T, Option<Place>>);

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Eq + Hash> Seen<T> {
    /// Notes a value; false, with a problem, if it was noted before.
    pub(super) fn check(
        &mut self,
        decoder: &mut Decoder<'_>,
        at: &At<'_>,
        value: T,
        message: impl FnOnce() -> String,
    ) -> bool {
        let Some(first) = self.0.get(&value) else {
            self.0.insert(value, at.place());
            return true;
        };
        let first = *first;
        decoder.report(at, message(), None);
        if let Some(problem) = decoder.problems.last_mut() {
            problem.related = first.map(|place| (place, "first here"));
        }
        false
    }
}
