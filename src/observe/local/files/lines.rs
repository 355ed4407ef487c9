//! Going through the lines of a file from outside.

use crate::base::files;
use crate::evidence::LocalView;

/// Nobody writes longer lines; a longer one is not looked at.
const MAX_LINE: usize = 64 * 1024;

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It counts, or says nothing.
    Read,
    /// It cannot be read, or not all of it.
    Bad,
    /// It takes in another file, which is not read.
    Elsewhere,
    /// It could be read, but so much was kept already that it is left out.
    Full,
}

/// A number of lines that have something in common.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    count: usize,
    first: u32,
}

impl Tally {
    /// One more.
    pub(crate) fn add(&mut self, line: u32) {
        if self.count == 0 {
            self.first = line;
        }
        self.count += 1;
    }

    /// What they have in common, as one sentence or none: `one` about a single line, `many` about several.
    pub(crate) fn tell(self, file: &str, one: &str, many: &str) -> Option<String> {
        match self.count {
            0 => None,
            1 => Some(format!("{file}: line {} {one}", self.first)),
            count => Some(format!("{file}: {count} lines {many}, the first is line {}", self.first)),
        }
    }
}

/// Puts every line to `read`, with its number from 1 and without blanks around it. Octets that are no UTF-8 become
/// U+FFFD: a comment in an old code page hides nothing. What could not be read becomes a trouble, one for all lines.
pub(super) fn each(
    octets: &[u8],
    file: &str,
    view: &mut LocalView,
    mut read: impl FnMut(&mut LocalView, u32, &str) -> Line,
) {
    let wide = files::decode_utf16_lossy(octets);
    if wide.is_some() {
        view.troubles.push(format!("{file}: it is UTF-16, which the system itself may not read"));
    }
    let octets = wide.as_deref().map_or(octets, str::as_bytes);
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let [mut bad, mut elsewhere, mut full] = [Tally::default(); 3];
    for (number, line) in (1..).zip(octets.split(|&octet| octet == b'\n')) {
        let outcome = match line.len() {
            0..=MAX_LINE => read(view, number, String::from_utf8_lossy(line).trim_ascii()),
            _ => Line::Bad,
        };
        match outcome {
            Line::Read => {}
            Line::Bad => bad.add(number),
            Line::Elsewhere => elsewhere.add(number),
            Line::Full => full.add(number),
        }
    }
    let told = [
        bad.tell(file, "cannot be read", "cannot be read"),
        elsewhere.tell(
            file,
            "takes in what stands elsewhere, which was not read",
            "take in what stands elsewhere, which was not read",
        ),
        full.tell(file, "is left out, because the file is too long", "are left out, because the file is too long"),
    ];
    view.troubles.extend(told.into_iter().flatten());
}
