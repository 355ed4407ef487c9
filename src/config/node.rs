//! The configuration as a tree, before it means anything: from YAML or JSON, duplicates kept, places known on request.
//!
//! The YAML reader tells places only in its errors. So a text is read without places first; only when something is
//! wrong with it, it is read again with [`Read::places`] on: each scalar is then taken by a visitor that keeps the value
//! and fails on purpose, and the error that comes back says where the scalar stands.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor};

/// A place in the text: line and column, both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    pub(super) const START: Self = Self { line: 1, column: 1 };
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Of a scalar, once places were asked for.
    place: Option<Place>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    /// A value with a YAML tag such as `!secret`.
    Tagged,
}

impl Node {
    /// The place of the scalar, or of the first scalar inside.
    pub(super) fn place(&self) -> Option<Place> {
        self.first_scalar()?.place
    }

    // Stops at the first scalar even where places are not known: the whole tree is not searched for one.
    fn first_scalar(&self) -> Option<&Self> {
        match &self.kind {
            Kind::List(items) => items.iter().find_map(Node::first_scalar),
            Kind::Map(entries) => {
                entries.iter().find_map(|(key, value)| key.first_scalar().or_else(|| value.first_scalar()))
            }
            _ => Some(self),
        }
    }

    /// What it is, for a message about what it should be.
    pub(super) fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Bool(value) => format!("`{value}`"),
            Kind::Integer(value) => format!("the number {value}"),
            Kind::Float(value) => format!("the number {value}"),
            Kind::Text(_) => "a text".to_owned(),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
            Kind::Tagged => "a tagged value".to_owned(),
        }
    }
}

/// How a tree is read.
#[derive(Clone, Copy)]
pub(super) struct Read<'a> {
    /// Whether to find out where each scalar stands.
    pub(super) places: bool,
    /// What may still be built: aliases can make a small text unfold without end.
    pub(super) budget: &'a Cell<usize>,
}

/// What a node costs of the budget, besides its text.
const NODE_COST: usize = 16;

/// How much the nodes of a text may cost: plenty for what stands there, and for aliases used with sense.
pub(super) fn budget(text: &str) -> Cell<usize> {
    Cell::new(text.len().saturating_mul(NODE_COST * 2).saturating_add(16 * 1024 * 1024))
}

/// The message for a text that unfolds without end.
pub(super) const BOMB: &str = "the aliases unfold to far more than the file holds";

impl Read<'_> {
    fn pay<E: serde::de::Error>(&self, cost: usize) -> Result<(), E> {
        let left = self.budget.get().checked_sub(cost).ok_or_else(|| E::custom(BOMB))?;
        self.budget.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Read<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let caught = RefCell::new(None);
        match deserializer.deserialize_any(Reader { read: self, caught: &caught }) {
            Ok(kind) => Ok(Node { kind, place: None }),
            // The visitor failed on purpose, and the error knows where.
            Err(error) => match caught.take() {
                Some(kind) => Ok(Node { kind, place: Some(place_in(&error.to_string())) }),
                None => Err(error),
            },
        }
    }
}

/// Reads the place off the end of an error's text; the trait of errors gives no other access to it. The very start of
/// the text is not mentioned there.
fn place_in(error: &str) -> Place {
    let read = || {
        let (_, place) = error.rsplit_once(" at line ")?;
        let (line, column) = place.split_once(" column ")?;
        Some(Place { line: line.parse().ok()?, column: column.parse().ok()? })
    };
    read().unwrap_or(Place::START)
}

struct Reader<'a> {
    read: Read<'a>,
    /// Where a scalar goes when its visitor fails on purpose.
    caught: &'a RefCell<Option<Kind>>,
}

impl Reader<'_> {
    fn scalar<E: serde::de::Error>(self, kind: Kind) -> Result<Kind, E> {
        let length = if let Kind::Text(text) = &kind { text.len() } else { 0 };
        self.read.pay(NODE_COST + length)?;
        if self.read.places {
            self.caught.replace(Some(kind));
            return Err(E::custom("here"));
        }
        Ok(kind)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Kind, E> {
        self.scalar(Kind::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Kind, E> {
        self.scalar(Kind::Integer(value.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Kind, E> {
        self.scalar(Kind::Integer(value.into()))
    }

    fn visit_i128<E: serde::de::Error>(self, value: i128) -> Result<Kind, E> {
        self.scalar(Kind::Integer(value))
    }

    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<Kind, E> {
        // No number here comes near the limit, so it does not matter which too large one it is.
        self.scalar(Kind::Integer(i128::try_from(value).unwrap_or(i128::MAX)))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Kind, E> {
        self.scalar(Kind::Float(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Kind, E> {
        self.scalar(Kind::Text(value.to_owned()))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Kind, E> {
        self.scalar(Kind::Null)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Kind, E> {
        self.scalar(Kind::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Kind, A::Error> {
        self.read.pay(NODE_COST)?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.read)? {
            items.push(item);
        }
        Ok(Kind::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        self.read.pay(NODE_COST)?;
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(self.read)? {
            entries.push((key, map.next_value_seed(self.read)?));
        }
        Ok(Kind::Map(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Kind, A::Error> {
        let (_, content) = tagged.variant::<IgnoredAny>()?;
        content.newtype_variant::<IgnoredAny>()?;
        self.scalar(Kind::Tagged)
    }
}

impl From<&serde_json::Value> for Node {
    fn from(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(value) => Kind::Bool(*value),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(integer), _) => Kind::Integer(integer.into()),
                (_, Some(integer)) => Kind::Integer(integer.into()),
                _ => Kind::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Kind::Text(text.clone()),
            Value::Array(items) => Kind::List(items.iter().map(Node::from).collect()),
            Value::Object(entries) => Kind::Map(
                entries
                    .iter()
                    .map(|(key, value)| (Node { kind: Kind::Text(key.clone()), place: None }, Node::from(value)))
                    .collect(),
            ),
        };
        Self { kind, place: None }
    }
}
