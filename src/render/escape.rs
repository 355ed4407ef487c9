//! Makes foreign text harmless for the medium it is printed to.
//!
//! Names, texts and reasons come from DNS servers, probed machines and files. Whoever controls them must not be able to
//! move the cursor, recolour or clear the screen, reverse the reading direction, or forge lines and fields of output.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text for people: one line, without anything that a terminal obeys or the eye cannot see.
///
/// With `ascii`, everything outside printable ASCII is written as an escape, because consoles and pipes of unknown code
/// page would turn it into garbage.
pub fn terminal(text: &str, ascii: bool) -> Cow<'_, str> {
    escape(text, |c| if ascii { !(' '..='~').contains(&c) } else { deceives(c) })
}

/// Text for monitoring plugins: printable ASCII without what the next reader obeys. `|` begins performance data,
/// notification commands decode backslashes and are lines of a shell, web pages interpret `<`, `>` and `&`. Every other
/// character is written as its code point, `{7C}`: that means nothing to anybody.
///
/// Checkmk shows a state where it finds `(!)`, `(!!)` or `(?)`; these get a blank.
pub fn plugin(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| !(' '..='~').contains(&c) || PLUGIN_OBEYS.contains(&c);
    let marked = STATE_MARKS.iter().any(|mark| text.contains(mark));
    if !marked && !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        if hidden(c) {
            // Writing to a String cannot fail.
            let _ = write!(out, "{{{:02X}}}", u32::from(c));
            continue;
        }
        out.push(c);
        if STATE_MARKS.iter().any(|mark| text[at..].starts_with(mark)) {
            out.push(' ');
        }
    }
    Cow::Owned(out)
}

/// Printable, but with a meaning for somebody who reads the output of plugins.
const PLUGIN_OBEYS: [char; 9] = ['\\', '|', '<', '>', '&', '`', '$', '"', '\''];
/// What Checkmk replaces by the mark of a state.
const STATE_MARKS: [&str; 3] = ["(!)", "(!!)", "(?)"];

/// Replaces every character that `hidden` names by an escape.
fn escape(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        // Writing to a String cannot fail.
        let _ = match c {
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            c if !hidden(c) => out.write_char(c),
            c if c.is_ascii() => write!(out, "\\x{:02x}", u32::from(c)),
            c => write!(out, "\\u{{{:x}}}", u32::from(c)),
        };
    }
    Cow::Owned(out)
}

/// Whether a character can act on a terminal, is invisible, or changes how its neighbours are read.
fn deceives(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}'                    // soft hyphen
            | '\u{34f}'                 // combining grapheme joiner
            | '\u{61c}'                 // Arabic letter mark
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers: blank letters
            | '\u{17b4}' | '\u{17b5}'   // invisible Khmer vowels
            | '\u{180b}'..='\u{180f}'   // Mongolian selectors and vowel separator
            | '\u{200b}'..='\u{200f}'   // zero width, directional marks
            | '\u{202a}'..='\u{202e}'   // directional embeddings and overrides
            | '\u{2060}'..='\u{206f}'   // word joiner, invisible operators, directional isolates
            | '\u{2800}'                // blank Braille pattern
            | '\u{fe00}'..='\u{fe0f}'   // variation selectors
            | '\u{feff}'                // byte order mark
            | '\u{fff0}'..='\u{fffb}'   // annotation marks
            | '\u{e000}'..='\u{f8ff}'   // private use: whatever the font makes of it
            | '\u{e0000}'..='\u{10ffff}' // tags, selectors, private planes
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_left_alone_and_not_copied() {
        for text in ["dc1.contoso.com", "Zürich – Büro 東京", "a\\.b", ""] {
            assert!(matches!(terminal(text, false), Cow::Borrowed(same) if same == text));
        }
        assert!(matches!(terminal("dc1.contoso.com", true), Cow::Borrowed(_)));
    }

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        for (attack, shown) in [
            ("\x1b[2J\x1b[31mOK", "\\x1b[2J\\x1b[31mOK"),
            ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
            ("\x1b]8;;http://evil/\x1b\\dc1", "\\x1b]8;;http://evil/\\x1b\\dc1"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("over\rwritten", "over\\rwritten"),
            ("back\x08\x08", "back\\x08\\x08"),
            ("line\nCRITICAL", "line\\nCRITICAL"),
            ("nul\0del\x7f", "nul\\x00del\\x7f"),
            ("exe.\u{202e}moc", "exe.\\u{202e}moc"),
            ("\u{2066}dc\u{2069}", "\\u{2066}dc\\u{2069}"),
            ("dc\u{200b}1", "dc\\u{200b}1"),
            ("dc1\u{2028}dc2", "dc1\\u{2028}dc2"),
            ("dc\u{a0}1\u{3164}", "dc\\u{a0}1\\u{3164}"),
            ("\u{e0041}tag", "\\u{e0041}tag"),
        ] {
            assert_eq!(terminal(attack, false), shown);
            assert_eq!(terminal(attack, true), shown);
        }
    }

    #[test]
    fn ascii_output_is_ascii() {
        assert_eq!(terminal("Zürich", true), "Z\\u{fc}rich");
    }

    #[test]
    fn plugin_text_holds_nothing_that_is_obeyed_or_decoded_again() {
        for (text, shown) in [
            ("a|b'=1;;\nc", "a{7C}b{27}=1;;{0A}c"),
            ("\u{202e}x\u{e0041}\u{1}é", "{202E}x{E0041}{01}{E9}"),
            ("_ldap._tcp.old\\032site", "_ldap._tcp.old{5C}032site"),
            ("<b>&amp;`id`$(id)\"", "{3C}b{3E}{26}amp;{60}id{60}{24}(id){22}"),
            ("all (!) of (!!) these (?) (!!!) ((!)", "all ( !) of ( !!) these ( ?) (!!!) (( !)"),
        ] {
            assert_eq!(plugin(text), shown);
        }
        for text in ["dc1.contoso.com", "[2001:db8::1]:53", "100% {x} ~ ^ #!/*", ""] {
            assert!(matches!(plugin(text), Cow::Borrowed(same) if same == text));
        }
    }

    proptest::proptest! {
        #[test]
        fn escaped_text_never_holds_a_control_or_directional_character(text in "\\PC*|(?s).*") {
            proptest::prop_assert!(!terminal(&text, false).chars().any(deceives));
            proptest::prop_assert!(terminal(&text, true).bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }

        #[test]
        fn plugin_text_is_plain_whatever_it_is_made_of(text in "\\PC*|(?s).*|[(!?)|\\\\`']{0,9}") {
            let plugin = plugin(&text);
            proptest::prop_assert!(plugin.chars().all(|c| (' '..='~').contains(&c) && !PLUGIN_OBEYS.contains(&c)));
            proptest::prop_assert!(!STATE_MARKS.iter().any(|mark| plugin.contains(mark)));
        }
    }
}
