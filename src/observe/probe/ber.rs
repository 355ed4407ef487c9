//! The part of BER that LDAP needs (RFC 4511 section 5.1): tags of one octet, definite lengths.

use super::reader::{Malformed, Reader};

/// Tags of the universal class.
pub(super) mod tag {
    pub(in super::super) const BOOLEAN: u8 = 0x01;
    pub(in super::super) const INTEGER: u8 = 0x02;
    pub(in super::super) const OCTETS: u8 = 0x04;
    pub(in super::super) const ENUMERATED: u8 = 0x0a;
    pub(in super::super) const SEQUENCE: u8 = 0x30;
    pub(in super::super) const SET: u8 = 0x31;
}

/// Deepest nesting that is followed. An entry of a search result needs five levels.
const DEEPEST: u8 = 8;

/// The elements inside one constructed element, or of a whole message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elements<'a> {
    reader: Reader<'a>,
    depth: u8,
}

impl<'a> Elements<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self { reader: Reader::new(octets), depth: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.reader.is_empty()
    }

    /// The next element: tag and content.
    pub(super) fn next(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let mut reader = self.reader;
        let tag = reader.u8()?;
        if tag & 0x1f == 0x1f {
            return Err(Malformed("a tag of several octets"));
        }
        let len = length(&mut reader)?;
        let content = reader.take(len)?;
        self.reader = reader;
        Ok((tag, content))
    }

    /// The content of the next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.next()? {
            (found, content) if found == tag => Ok(content),
            _ => Err(Malformed("an unexpected element")),
        }
    }

    /// The elements inside the next element, which must have this tag.
    pub(super) fn enter(&mut self, tag: u8) -> Result<Elements<'a>, Malformed> {
        let content = self.expect(tag)?;
        self.inside(content)
    }

    /// The elements of `content`, one level deeper.
    pub(super) fn inside(&self, content: &'a [u8]) -> Result<Elements<'a>, Malformed> {
        if self.depth >= DEEPEST {
            return Err(Malformed("nested too deeply"));
        }
        Ok(Self { reader: Reader::new(content), depth: self.depth + 1 })
    }

    /// A number that is not negative, of type INTEGER or ENUMERATED.
    pub(super) fn number(&mut self, tag: u8) -> Result<u32, Malformed> {
        let octets = self.expect(tag)?;
        let significant = match octets {
            [] => return Err(Malformed("a number without octets")),
            [first, ..] if first & 0x80 != 0 => return Err(Malformed("a negative number")),
            [0, rest @ ..] => rest,
            all => all,
        };
        if significant.len() > 4 {
            return Err(Malformed("a number is too large"));
        }
        Ok(significant.iter().fold(0, |number, &octet| (number << 8) | u32::from(octet)))
    }
}

/// A definite length of up to four octets behind the first; servers do not keep to the shortest form.
fn length(reader: &mut Reader<'_>) -> Result<usize, Malformed> {
    let first = reader.u8()?;
    let octets = match first {
        0..=0x7f => return Ok(usize::from(first)),
        0x80 => return Err(Malformed("an indefinite length")),
        0x81..=0x84 => reader.take(usize::from(first & 0x7f))?,
        _ => return Err(Malformed("a length of more than four octets")),
    };
    let length = octets.iter().fold(0u32, |length, &octet| (length << 8) | u32::from(octet));
    usize::try_from(length).map_err(|_| Malformed("a length is too large"))
}

/// How long the element at the beginning of `octets` is, as soon as its head has come.
pub(super) fn frame_length(octets: &[u8]) -> Result<Option<usize>, Malformed> {
    let Some(first) = octets.get(1) else { return Ok(None) };
    let head = 2 + if (0x81..=0x84).contains(first) { usize::from(first & 0x7f) } else { 0 };
    let Some(octets) = octets.get(1..head) else { return Ok(None) };
    Ok(Some(length(&mut Reader::new(octets))?.saturating_add(head)))
}

/// Writes one element.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ 0..=0x7f) => out.push(short),
        _ => {
            let octets = (content.len() as u32).to_be_bytes();
            let zeros = octets.iter().take_while(|octet| **octet == 0).count();
            out.push(0x80 | (octets.len() - zeros) as u8);
            out.extend(octets.iter().skip(zeros));
        }
    }
    out.extend_from_slice(content);
    out
}

/// Writes a number that is not negative.
pub(super) fn number(tag: u8, value: u32) -> Vec<u8> {
    let octets = value.to_be_bytes();
    let zeros = octets.iter().take(3).take_while(|octet| **octet == 0).count();
    let mut content: Vec<u8> = octets.into_iter().skip(zeros).collect();
    if content.first().is_some_and(|first| first & 0x80 != 0) {
        content.insert(0, 0);
    }
    element(tag, &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for len in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let written = element(tag::OCTETS, &vec![7; len]);
            assert_eq!(frame_length(&written), Ok(Some(written.len())), "{len}");
            let mut elements = Elements::new(&written);
            assert_eq!(elements.expect(tag::OCTETS).unwrap().len(), len);
            assert!(elements.is_empty());
        }
        for value in [0, 1, 127, 128, 255, 256, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let written = number(tag::INTEGER, value);
            assert_eq!(Elements::new(&written).number(tag::INTEGER), Ok(value));
        }
        assert_eq!(number(tag::INTEGER, 128), [2, 2, 0, 128]);
    }

    #[test]
    fn long_forms_of_short_lengths_are_read() {
        assert_eq!(Elements::new(&[4, 0x84, 0, 0, 0, 1, 9]).expect(4), Ok(&[9][..]));
        assert_eq!(frame_length(&[4, 0x84, 0, 0, 0]), Ok(None));
        assert_eq!(frame_length(&[4, 0x84, 0, 0, 0, 1]), Ok(Some(7)));
    }

    #[test]
    fn bad_lengths_are_refused() {
        for bad in [&[4, 0x80, 0, 0][..], &[4, 0x85, 0, 0, 0, 0, 1, 9], &[4, 0xff, 9], &[4, 2, 9], &[4, 0x82, 1]] {
            assert!(Elements::new(bad).next().is_err(), "{bad:?}");
        }
        assert!(frame_length(&[0x30, 0x80]).is_err());
        assert!(frame_length(&[0x30, 0x85]).is_err());
        assert!(Elements::new(&[0x3f, 1, 1]).next().is_err(), "a tag of several octets");
        assert!(Elements::new(&[2, 0]).number(2).is_err());
        assert!(Elements::new(&[2, 1, 0x80]).number(2).is_err());
        assert!(Elements::new(&[2, 6, 0, 1, 2, 3, 4, 5]).number(2).is_err());
    }

    #[test]
    fn nesting_ends() {
        let mut octets = Vec::new();
        for _ in 0..20 {
            octets = element(tag::SEQUENCE, &octets);
        }
        let mut elements = Elements::new(&octets);
        let mut levels = 0;
        while let Ok(inside) = elements.enter(tag::SEQUENCE) {
            elements = inside;
            levels += 1;
        }
        assert_eq!(levels, 8);
    }
}
