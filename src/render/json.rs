//! `--format json`: the report itself, in ASCII.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

use super::Kind;

/// For programs that have time.
pub(super) const KIND: Kind =
    Kind { render: |report, _, out| to_writer(report, out), for_people: false, deadline: None, without_report: None };

/// Writes a value as indented JSON with a final line end.
///
/// Everything outside printable ASCII is written as `\uXXXX`: the same JSON, but harmless on a terminal and safe from
/// consoles that guess a code page.
pub fn to_writer<T: Serialize + ?Sized>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Pieces { gathered: Vec::with_capacity(PIECE), out };
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Ascii(PrettyFormatter::new()));
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// How much is gathered before it is handed on.
const PIECE: usize = 32 * 1024;

/// Gathers the many small pieces that make up a document: a call to a writer that only the run time knows costs more than
/// most of them.
struct Pieces<'a> {
    gathered: Vec<u8>,
    out: &'a mut dyn Write,
}

impl Write for Pieces<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.write_all(octets)?;
        Ok(octets.len())
    }

    fn write_all(&mut self, octets: &[u8]) -> io::Result<()> {
        self.gathered.extend_from_slice(octets);
        if self.gathered.len() < PIECE { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.gathered)?;
        self.gathered.clear();
        Ok(())
    }
}

/// The pretty formatter with another way of writing strings.
struct Ascii(PrettyFormatter<'static>);

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.bytes().all(|octet| (b' '..=b'~').contains(&octet)) {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| !(' '..='~').contains(&c)) {
            out.write_all(&rest.as_bytes()[..at])?;
            let mut chars = rest[at..].chars();
            if let Some(c) = chars.next() {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            rest = chars.as_str();
        }
        out.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_stay_the_same_and_are_written_in_ascii() {
        let texts = ["a\"\\\n\x1b\u{7f}", "ü\u{202e}\u{9b}", "\u{1f600}|", "", "plain"];
        let mut out = Vec::new();
        to_writer(&texts, &mut out).unwrap();
        assert!(out.iter().all(|byte| *byte == b'\n' || (b' '..=b'~').contains(byte)));
        assert_eq!(serde_json::from_slice::<Vec<String>>(&out).unwrap(), texts);
    }
}
