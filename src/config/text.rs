//! The source text of a configuration: its lines as YAML counts them, and how its words appear in messages.

use super::node::Place;

/// The most characters of a word that a message repeats.
const QUOTED: usize = 80;

/// A word from the file inside a message: in backquotes, what could disturb a terminal escaped, long ones cut.
pub(crate) fn quote(word: &str) -> String {
    let mut quoted = String::from("`");
    for character in word.chars().take(QUOTED) {
        push_visible(&mut quoted, character);
    }
    if word.chars().nth(QUOTED).is_some() {
        quoted.push('…');
    }
    quoted.push('`');
    quoted
}

/// A whole text with what could disturb a terminal escaped.
pub(super) fn visible(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    text.chars().for_each(|character| push_visible(&mut safe, character));
    safe
}

/// Whether a character shows, and changes nothing about how its neighbours are read.
pub(super) fn is_visible(character: char) -> bool {
    matches!(character, '\'' | '"' | '\\') || character.escape_debug().len() == 1
}

fn push_visible(text: &mut String, character: char) {
    match character {
        '\'' | '"' | '\\' => text.push(character),
        // Controls and format characters, the bidirectional ones among them, become `\u{202e}`.
        _ => text.extend(character.escape_debug()),
    }
}

/// The lines of a text, broken where YAML 1.1 breaks them: also at NEL, LS and PS.
pub(super) struct Lines<'a>(Vec<&'a str>);

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut lines = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            lines.push(&rest[..at]);
            let behind = &rest[at..];
            let skip = if behind.starts_with("\r\n") { 2 } else { behind.chars().next().map_or(1, char::len_utf8) };
            rest = &behind[skip..];
        }
        lines.push(rest);
        Self(lines)
    }

    /// The line of this number, from 1; empty behind the end.
    pub(super) fn line(&self, number: usize) -> &'a str {
        number.checked_sub(1).and_then(|index| self.0.get(index)).copied().unwrap_or_default()
    }

    /// What stands at a place: the rest of its line.
    pub(super) fn at(&self, place: Place) -> &'a str {
        let line = self.line(place.line);
        let skip = place.column.saturating_sub(1);
        line.char_indices().nth(skip).map_or("", |(index, _)| &line[index..])
    }

    /// The word at a place, with its quotes; at least one character, unless the line ends there.
    pub(super) fn word(&self, place: Place) -> &'a str {
        let rest = self.at(place);
        let end = match rest.chars().next() {
            Some(mark @ ('"' | '\'')) => rest[1..].find(mark).map(|at| at + 2),
            Some('[' | ']' | '{' | '}' | ',') => Some(1),
            _ => None,
        };
        &rest[..end.unwrap_or_else(|| plain_end(rest))]
    }

    /// The place of the byte at this offset of the text; for what the YAML reader does not see.
    pub(super) fn place(&self, text: &str, offset: usize) -> Place {
        let before = Lines::new(text.get(..offset).unwrap_or(text));
        let last = before.0.last().copied().unwrap_or_default();
        Place { line: before.0.len(), column: last.chars().count() + 1 }
    }

    /// Where the second document of a stream begins.
    pub(super) fn second_document(&self) -> Place {
        let mut content = false;
        let marks = self.0.iter().enumerate().filter(|(_, line)| {
            let mark = line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
            let second = mark && content;
            content |= mark || !(line.trim().is_empty() || line.starts_with(['#', '%']));
            second
        });
        let line = marks.map(|(index, _)| index + 1).next().unwrap_or(1);
        Place { line, column: 1 }
    }
}

/// Where an unquoted word ends: at the end of the line, at a comment, or at what separates it in a map or list.
fn plain_end(rest: &str) -> usize {
    let mut before = None;
    for (index, character) in rest.char_indices() {
        let behind = rest[index + character.len_utf8()..].chars().next();
        let ends = match character {
            ':' => behind.is_none_or(char::is_whitespace),
            ',' => behind.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'')),
            '[' | ']' | '{' | '}' => true,
            '#' => before.is_some_and(char::is_whitespace),
            _ => false,
        };
        if ends {
            return rest[..index].trim_end().len();
        }
        before = Some(character);
    }
    rest.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_as_yaml_sees_them() {
        let text = "a: 'b c' # d\r\nlist: [x, \"y]\"]\u{85}é: ü:1 # z";
        let lines = Lines::new(text);
        let word = |line, column| lines.word(Place { line, column });
        assert_eq!(word(1, 1), "a");
        assert_eq!(word(1, 4), "'b c'");
        assert_eq!(word(2, 8), "x");
        assert_eq!(word(2, 11), "\"y]\"");
        assert_eq!(word(3, 4), "ü:1");
        assert_eq!(word(9, 9), "");
        assert_eq!(lines.place(text, text.find('ü').unwrap_or_default()), Place { line: 3, column: 4 });
    }

    #[test]
    fn nothing_in_a_message_disturbs_a_terminal() {
        assert_eq!(quote("a\u{1b}[31m\u{202e}é'"), "`a\\u{1b}[31m\\u{202e}é'`");
        assert_eq!(quote(&"x".repeat(100)).chars().count(), QUOTED + 3);
    }

    #[test]
    fn the_second_document_is_found_behind_head_and_comments() {
        assert_eq!(Lines::new("# c\n---\na: 1\n--- # next\nb: 2").second_document().line, 4);
        assert_eq!(Lines::new("a: 1\n---\nb: 2").second_document().line, 2);
    }
}
