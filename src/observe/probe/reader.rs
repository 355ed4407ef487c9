//! A cursor over the octets of a reply: every step can fail, none can panic.

use jiff::Timestamp;

use crate::evidence::probe::Failure;

/// Longest name or other text that is taken from a reply. No name of a host, domain or site is longer, nor is any
/// distinguished name of a server.
const LONGEST_TEXT: usize = 1024;

/// What is wrong with a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl From<Malformed> for Failure {
    fn from(Malformed(reason): Malformed) -> Self {
        Self::Malformed(String::from(reason))
    }
}

/// Why a message is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// It belongs to another question; the answer to this one may still come.
    Alien,
    /// It belongs to this question, and this is wrong with it.
    Failure(Failure),
}

impl From<Malformed> for Rejected {
    fn from(malformed: Malformed) -> Self {
        Self::Failure(malformed.into())
    }
}

impl From<Failure> for Rejected {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// The octets that were not read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Malformed("cut short"))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed("cut short"))?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[octet]| octet)
    }

    pub(super) fn u16_le(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u16_be(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32_le(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u32_be(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }
}

/// Text of a reply; octets that are no UTF-8 are replaced.
pub(super) fn text(octets: &[u8]) -> Result<String, Malformed> {
    if octets.len() > LONGEST_TEXT {
        return Err(Malformed("a text is too long"));
    }
    Ok(String::from_utf8_lossy(octets).into_owned())
}

/// Text in UTF-16, little-endian.
pub(super) fn utf16(octets: &[u8]) -> Result<String, Malformed> {
    if octets.len() > LONGEST_TEXT {
        return Err(Malformed("a text is too long"));
    }
    if !octets.len().is_multiple_of(2) {
        return Err(Malformed("a UTF-16 text of odd length"));
    }
    let units: Vec<u16> =
        octets.chunks_exact(2).filter_map(|pair| pair.first_chunk().copied()).map(u16::from_le_bytes).collect();
    Ok(String::from_utf16_lossy(&units))
}

/// A FILETIME: hundreds of nanoseconds since 1601 (MS-DTYP 2.3.3). `None` for a time that no calendar has.
pub(super) fn filetime(ticks: u64) -> Option<Timestamp> {
    /// Seconds between 1601 and 1970.
    const EPOCH: i64 = 11_644_473_600;
    let seconds = i64::try_from(ticks / 10_000_000).ok()? - EPOCH;
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_behind_the_end() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.u16_be(), Ok(0x0102));
        assert_eq!(reader.u32_le(), Err(Malformed("cut short")));
        assert_eq!(reader.take(2), Err(Malformed("cut short")));
        assert_eq!(reader.rest(), &[3], "a step that fails takes nothing");
        assert_eq!(reader.u8(), Ok(3));
        assert!(reader.is_empty());
        assert_eq!(reader.take(usize::MAX), Err(Malformed("cut short")));
    }

    #[test]
    fn times_before_1970_and_far_ahead_are_no_trouble() {
        assert_eq!(filetime(133_000_000_000_000_000).unwrap().to_string(), "2022-06-18T04:26:40Z");
        assert_eq!(filetime(0).unwrap().to_string(), "1601-01-01T00:00:00Z");
        assert_eq!(filetime(u64::MAX), None);
    }

    #[test]
    fn text_is_bounded() {
        assert!(text(&[b'a'; 1024]).is_ok());
        assert!(text(&[b'a'; 1025]).is_err());
        assert!(utf16(&[0x41, 0, 0x42]).is_err());
        assert_eq!(utf16(&[0x41, 0, 0xe9, 0]).as_deref(), Ok("Aé"));
    }
}
