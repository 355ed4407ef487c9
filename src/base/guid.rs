//! GUIDs in the form in which DNS and the directory print them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A GUID, such as the objectGUID of an NTDS Settings object: its 16 octets in the order of the dashed form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid([u8; 16]);

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The text is not 32 hexadecimal digits in groups of 8-4-4-4-12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a GUID has 32 hexadecimal digits in groups of 8-4-4-4-12, like 3dab7f9b-92e7-4391-b8db-71df532c1493")]
pub struct GuidError;

impl Guid {
    /// Reads the dashed form, in any case, with or without braces.
    ///
    /// # Errors
    /// [`GuidError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, GuidError> {
        let text = text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(text);
        if !text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) {
            return Err(GuidError);
        }
        octets(text.chars().filter(|&c| c != '-')).map(Self)
    }

    /// Reads the GUID of an extended distinguished name, `<GUID=…>`: the dashed form, or the octets of the packet form in
    /// hexadecimal (MS-ADTS 3.1.1.3.4.1.5).
    ///
    /// # Errors
    /// [`GuidError`] for anything else.
    pub fn parse_extended(text: &str) -> Result<Self, GuidError> {
        if text.len() != 32 {
            return Self::parse(text);
        }
        octets(text.chars()).map(Self::from_packet)
    }

    /// Takes the 16 octets of the packet form, whose first three groups are little-endian (MS-DTYP 2.3.4.2).
    pub fn from_packet(octets: [u8; 16]) -> Self {
        let [a, b, c, d, e, f, g, h, rest @ ..] = octets;
        let [i, j, k, l, m, n, o, p] = rest;
        Self([d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p])
    }

    /// Whether every octet is zero; no object has such a GUID.
    pub fn is_nil(self) -> bool {
        self.0 == [0; 16]
    }
}

/// Reads 32 hexadecimal digits.
fn octets(digits: impl Iterator<Item = char>) -> Result<[u8; 16], GuidError> {
    let mut digits = digits.map(|c| c.to_digit(16));
    let mut octets = [0; 16];
    for octet in &mut octets {
        let (Some(Some(high)), Some(Some(low))) = (digits.next(), digits.next()) else { return Err(GuidError) };
        *octet = (high << 4 | low) as u8;
    }
    Ok(octets)
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In one piece, because large forests print many.
        let mut text = String::with_capacity(36);
        for (index, octet) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.extend([octet >> 4, octet & 15].map(|digit| char::from(HEX[usize::from(digit)])));
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Guid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Guid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_braces_make_no_difference() {
        let plain = Guid::parse("3dab7f9b-92e7-4391-b8db-71df532c1493").expect("good");
        assert_eq!(Guid::parse("{3DAB7F9B-92E7-4391-B8DB-71DF532C1493}"), Ok(plain));
        assert_eq!(plain.to_string(), "3dab7f9b-92e7-4391-b8db-71df532c1493");
    }

    #[test]
    fn the_packet_form_is_half_little_endian() {
        let packet = [0xe3, 0x4a, 0x1e, 0x82, 0x83, 0x3a, 0x5f, 0x45, 0xa4, 0x99, 0x72, 0xea, 0x90, 0xa0, 0x25, 0xb7];
        assert_eq!(Guid::from_packet(packet).to_string(), "821e4ae3-3a83-455f-a499-72ea90a025b7");
        let text = serde_json::to_string(&Guid::from_packet(packet)).unwrap();
        assert_eq!(serde_json::from_str::<Guid>(&text).unwrap(), Guid::from_packet(packet));
    }

    #[test]
    fn extended_names_have_either_form() {
        let dashed = "821e4ae3-3a83-455f-a499-72ea90a025b7";
        for text in [dashed, "{821E4AE3-3A83-455F-A499-72EA90A025B7}", "e34a1e82833a5f45a49972ea90a025b7"] {
            assert_eq!(Guid::parse_extended(text), Guid::parse(dashed), "{text}");
        }
        for bad in ["", "e34a1e82833a5f45a49972ea90a025bg", "+34a1e82833a5f45a49972ea90a025b7", "éééééééééééééééé"]
        {
            assert_eq!(Guid::parse_extended(bad), Err(GuidError), "{bad}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            "",
            "3dab7f9b",
            "3dab7f9b-92e7-4391-b8db-71df532c149",
            "3dab7f9b-92e7-4391-b8db-71df532c149g",
            "3dab7f9b92e74391b8db71df532c1493",
            "3dab7f9b-92e7-4391-b8db-71df532c1493-",
            "é3ab7f9b-92e7-4391-b8db-71df532c149",
        ] {
            assert_eq!(Guid::parse(bad), Err(GuidError), "{bad}");
        }
    }
}
