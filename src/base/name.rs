//! DNS names in presentation form, the one form in which guidpost keeps and compares them.

use std::borrow::Borrow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A DNS name in presentation form (RFC 1035 section 5.1): ASCII, lower case, no final dot.
///
/// Octets outside printable ASCII, and dots inside labels, are escaped as `\DDD` or `\.`. Two names are equal exactly
/// when DNS calls them equal, because DNS compares ASCII letters without case (RFC 4343).
///
/// Clones share one copy: in a large forest the same name is asked of hundreds of servers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsName(Arc<str>);

/// Why a text is no DNS name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty, or the root.
    #[error("the name is empty")]
    Empty,
    /// Two dots in a row, or a leading dot.
    #[error("a label of the name is empty (two dots in a row, or a leading dot)")]
    EmptyLabel,
    /// A label is longer than 63 octets (RFC 1035 section 2.3.4).
    #[error("the label `{0}` is longer than 63 octets")]
    LongLabel(String),
    /// The whole name needs more than 255 octets on the wire.
    #[error("the name is longer than 255 octets")]
    Long,
    /// A character that no host or locator record name can hold.
    #[error("the character {0:?} cannot stand in a DNS name here")]
    BadCharacter(char),
    /// A backslash without three digits or a character behind it.
    #[error("a backslash must be followed by three digits up to 255, or by a character")]
    BadEscape,
}

impl DnsName {
    /// Parses what a person wrote: letters, digits, `-`, `_` and non-ASCII letters (kept as UTF-8 octets, as Microsoft
    /// DNS does), labels separated by dots, one final dot allowed.
    ///
    /// # Errors
    /// Says which character or label is wrong.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if is_plain(text) {
            return Ok(Self::from_plain(text));
        }
        if let Some(bad) =
            text.chars().find(|c| c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'))
        {
            return Err(NameError::BadCharacter(bad));
        }
        if let Some(bad) = text.chars().find(|c| !c.is_ascii() && !c.is_alphanumeric()) {
            return Err(NameError::BadCharacter(bad));
        }
        Self::from_presentation(text)
    }

    /// Takes a name in presentation form as evidence keeps it, with any octets, escaped or not.
    ///
    /// # Errors
    /// Says what is wrong with its labels or escapes.
    pub fn from_presentation(text: &str) -> Result<Self, NameError> {
        if is_plain(text) {
            return Ok(Self::from_plain(text));
        }
        let labels = labels(text)?;
        Ok(Self::from_labels(labels.iter().map(Vec::as_slice)))
    }

    /// Takes a plain text. It is copied once: large forests have many names.
    fn from_plain(text: &str) -> Self {
        let mut name: Arc<str> = text.into();
        Arc::make_mut(&mut name).make_ascii_lowercase();
        Self(name)
    }

    /// Builds the name from the octets of its labels, first label first. The lengths are the caller's business.
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut text = String::new();
        for label in labels {
            if !text.is_empty() {
                text.push('.');
            }
            push_label(&mut text, label);
        }
        text.make_ascii_lowercase();
        Self(text.into())
    }

    /// The name of an address in the reverse zones (RFC 1035 section 3.5, RFC 3596 section 2.5).
    pub fn reverse(address: IpAddr) -> Self {
        let text = match address {
            IpAddr::V4(v4) => {
                let [a, b, c, d] = v4.octets();
                format!("{d}.{c}.{b}.{a}.in-addr.arpa")
            }
            IpAddr::V6(v6) => {
                let nibbles = v6.octets().into_iter().rev().flat_map(|octet| [octet & 0xf, octet >> 4]);
                nibbles.map(|nibble| format!("{nibble:x}.")).collect::<String>() + "ip6.arpa"
            }
        };
        Self(text.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The octets of the labels, as they go over the wire.
    pub fn labels(&self) -> Vec<Vec<u8>> {
        labels(&self.0).expect("a DnsName was checked when it was made")
    }

    /// `label` in front of this name.
    pub fn child(&self, label: &str) -> Self {
        let mut text = [label, ".", &self.0].concat();
        text.make_ascii_lowercase();
        Self(text.into())
    }

    /// The name without its first label; `None` for a name of one label.
    pub fn parent(&self) -> Option<Self> {
        let dot = first_dot(&self.0)?;
        Some(Self(self.0[dot + 1..].into()))
    }

    /// Whether this name is `zone` or lies below it.
    pub fn is_within(&self, zone: &DnsName) -> bool {
        self.relative_to(zone).is_some()
    }

    /// The part of this name in front of `zone`, `@` for the zone itself; `None` outside the zone.
    pub fn relative_to(&self, zone: &DnsName) -> Option<&str> {
        let head = self.0.strip_suffix(&*zone.0)?;
        if head.is_empty() {
            return Some("@");
        }
        let head = head.strip_suffix('.')?;
        // A dot that is part of a label ends in an odd number of backslashes before it.
        let slashes = head.len() - head.trim_end_matches('\\').len();
        slashes.is_multiple_of(2).then_some(head)
    }
}

/// Appends one label in presentation form, its case kept.
pub fn push_label(text: &mut String, label: &[u8]) {
    if is_plain_label(label)
        && let Ok(plain) = std::str::from_utf8(label)
    {
        text.push_str(plain);
        return;
    }
    for &octet in label {
        match octet {
            b'.' | b'\\' | b'"' | b'(' | b')' | b';' | b'@' | b'$' => {
                text.push('\\');
                text.push(char::from(octet));
            }
            0x21..=0x7e => text.push(char::from(octet)),
            _ => text.push_str(&format!("\\{octet:03}")),
        }
    }
}

/// Whether a label is made of what nearly all names are made of: nothing that is escaped, or could be.
pub fn is_plain_label(label: &[u8]) -> bool {
    label.iter().all(|&octet| PLAIN[usize::from(octet)])
}

/// Letters, digits, `-` and `_`: a table, because every octet of every name in every reply is looked at.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut octet = 0;
    while octet < 128 {
        plain[octet] = matches!(octet as u8, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_');
        octet += 1;
    }
    plain
};

/// Whether a text is a name without escapes and final dot, so that only its case can differ from its [`DnsName`].
fn is_plain(text: &str) -> bool {
    let is_label = |length: usize| (1..=63).contains(&length);
    let mut length = 0;
    for octet in text.bytes() {
        if PLAIN[usize::from(octet)] {
            length += 1;
        } else if octet == b'.' && is_label(length) {
            length = 0;
        } else {
            return false;
        }
    }
    // 255 octets on the wire: a length before each label, and the final 0.
    is_label(length) && text.len() <= 253
}

/// The position of the first dot that separates labels.
fn first_dot(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|b| {
        let separator = b == b'.' && !escaped;
        escaped = b == b'\\' && !escaped;
        separator
    })
}

fn labels(text: &str) -> Result<Vec<Vec<u8>>, NameError> {
    let mut labels = vec![Vec::new()];
    let mut octets = text.bytes();
    while let Some(octet) = octets.next() {
        let octet = match octet {
            b'.' => {
                labels.push(Vec::new());
                continue;
            }
            b'\\' => match octets.next().ok_or(NameError::BadEscape)? {
                hundreds @ b'0'..=b'9' => {
                    let mut code = u16::from(hundreds - b'0');
                    for _ in 0..2 {
                        let digit = octets.next().filter(u8::is_ascii_digit).ok_or(NameError::BadEscape)?;
                        code = code * 10 + u16::from(digit - b'0');
                    }
                    u8::try_from(code).map_err(|_| NameError::BadEscape)?
                }
                literal => literal,
            },
            plain => plain,
        };
        if let Some(label) = labels.last_mut() {
            label.push(octet);
        }
    }
    // One final dot only says that the name is complete.
    if labels.len() > 1 && labels.last().is_some_and(Vec::is_empty) {
        labels.pop();
    }
    if labels.len() == 1 && labels[0].is_empty() {
        return Err(NameError::Empty);
    }
    if labels.iter().any(Vec::is_empty) {
        return Err(NameError::EmptyLabel);
    }
    if let Some(long) = labels.iter().find(|label| label.len() > 63) {
        return Err(NameError::LongLabel(String::from_utf8_lossy(long).into_owned()));
    }
    if labels.iter().map(|label| label.len() + 1).sum::<usize>() > 254 {
        return Err(NameError::Long);
    }
    Ok(labels)
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for DnsName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for DnsName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DnsName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_presentation(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DnsName {
        DnsName::parse(text).expect("a good name")
    }

    #[test]
    fn case_and_final_dot_make_no_difference() {
        assert_eq!(name("DC1.Contoso.com."), name("dc1.contoso.COM"));
        assert_eq!(name("DC1.Contoso.com.").as_str(), "dc1.contoso.com");
    }

    #[test]
    fn what_is_no_name_is_refused_with_the_reason() {
        assert_eq!(DnsName::parse(""), Err(NameError::Empty));
        assert_eq!(DnsName::parse("."), Err(NameError::Empty));
        assert_eq!(DnsName::parse("a..b"), Err(NameError::EmptyLabel));
        assert_eq!(DnsName::parse("dc 1"), Err(NameError::BadCharacter(' ')));
        assert_eq!(DnsName::parse("a\u{202e}b"), Err(NameError::BadCharacter('\u{202e}')));
        assert!(matches!(DnsName::parse(&"a".repeat(64)), Err(NameError::LongLabel(_))));
        assert_eq!(DnsName::parse(&["abcdefg"; 40].join(".")), Err(NameError::Long));
        assert_eq!(DnsName::from_presentation("a\\2"), Err(NameError::BadEscape));
        assert_eq!(DnsName::from_presentation("a\\299"), Err(NameError::BadEscape));
    }

    #[test]
    fn plain_names_are_what_the_long_way_makes_of_them() {
        let four = |last: usize| [&"a".repeat(63)[..], &"b".repeat(63), &"c".repeat(63), &"d".repeat(last)].join(".");
        for text in ["DC1._msdcs.Contoso-1.com", "x", &four(60), &four(61), &four(62), "a..b", ".a", "a.", "", "é.test"]
        {
            let long_way = labels(text).map(|labels| DnsName::from_labels(labels.iter().map(Vec::as_slice)));
            assert_eq!(DnsName::from_presentation(text), long_way, "{text}");
        }
        assert!(is_plain(&four(61)) && !is_plain(&four(62)));
        for plain in [&b"dc1"[..], b"_ldap", b"b-1"] {
            let mut text = String::from("x.");
            push_label(&mut text, plain);
            assert_eq!(text.as_bytes()[2..], *plain);
        }
    }

    #[test]
    fn any_octets_survive_the_presentation_form() {
        let odd = DnsName::from_labels([&b"a.b\\ <\x1b\xff"[..], b"com"]);
        assert_eq!(odd.as_str(), r"a\.b\\\032<\027\255.com");
        assert_eq!(DnsName::from_presentation(odd.as_str()), Ok(odd.clone()));
        assert_eq!(odd.labels()[0], b"a.b\\ <\x1b\xff");
        assert_eq!(odd.parent(), Some(name("com")));
    }

    #[test]
    fn addresses_have_reverse_names() {
        let reverse = |text: &str| DnsName::reverse(text.parse().expect("an address")).to_string();
        assert_eq!(reverse("192.0.2.12"), "12.2.0.192.in-addr.arpa");
        let nibbles = "2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
        assert_eq!(reverse("2001:db8::12"), nibbles);
    }

    #[test]
    fn zones_contain_whole_labels_only() {
        let zone = name("contoso.com");
        assert_eq!(name("dc1.contoso.com").relative_to(&zone), Some("dc1"));
        assert_eq!(zone.relative_to(&zone), Some("@"));
        assert_eq!(name("dc1.evilcontoso.com").relative_to(&zone), None);
        assert!(!DnsName::from_labels([&b"x.contoso"[..], b"com"]).is_within(&zone));
    }
}
