//! Maps: their keys, what is missing, unknown or there twice.

use hashbrown::HashMap;
use std::hash::Hash;

use super::decode::{At, Decoder};
use super::keys::{Key, Need, Shape};
use super::node::{Kind, Place};
use super::suggest;
use super::text::quote;

impl Decoder<'_> {
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
        if matches!(at.node.kind, Kind::Null) && at.is_item() {
            self.wrong_type(at, "a map", None);
            return None;
        }
        let known = matches!(at.node.kind, Kind::Null | Kind::Map(_));
        let mut values = vec![None; keys.len()];
        for (of_key, value) in self.entries(at) {
            let name = of_key.name();
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
            (Some(lines), Some(place)) => {
                let rest = lines.at(place);
                let behind = ["null", "Null", "NULL", "~"].iter().find_map(|null| rest.strip_prefix(null));
                behind.is_some_and(|behind| !behind.starts_with(|c: char| c.is_alphanumeric()))
            }
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

    /// The number at a key, within the limits that the table gives; nothing if it is missing or wrong.
    pub(super) fn number(&self, decoder: &mut Decoder<'_>, name: &str) -> Option<u32> {
        let at = self.get(name)?;
        match self.keys.iter().find(|key| key.name == name)?.shape {
            Shape::Number(least, most) => decoder.number(&at, least, most),
            _ => None,
        }
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
