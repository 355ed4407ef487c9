//! Breaking prose into lines. Words are never cut: a name, GUID or address longer than the line stands on its own line.

/// `text` in lines of at most `width` columns, the first after `first`, the others after `rest`.
///
/// Columns are counted as characters; names are ASCII, and prose in wide scripts may run over without harm.
pub fn paragraph(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    fill(text.split_whitespace(), width, first, rest)
}

/// `items` as `a, b, c` in lines of at most `width` columns; breaks only after a comma.
pub fn list(items: &[String], width: usize, first: &str, rest: &str) -> Vec<String> {
    let comma = |index| if index + 1 < items.len() { "," } else { "" };
    fill(items.iter().enumerate().map(|(index, item)| format!("{item}{}", comma(index))), width, first, rest)
}

/// A label and the blanks behind it, up to the column where values stand; a longer label has one blank all the same.
pub fn label(indent: &str, label: &str, column: usize) -> String {
    let text = format!("{indent}{label} ");
    format!("{text:column$}")
}

/// Pieces with a blank between them, each whole.
fn fill(pieces: impl Iterator<Item = impl AsRef<str>>, width: usize, first: &str, rest: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut used = line.chars().count();
    let mut empty = true;
    for piece in pieces {
        let piece = piece.as_ref();
        let length = piece.chars().count();
        if !empty && used + 1 + length > width {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            used = rest.chars().count();
            empty = true;
        }
        if !empty {
            line.push(' ');
            used += 1;
        }
        line.push_str(piece);
        used += length;
        empty = false;
    }
    if !empty {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_never_cut() {
        let guid = "3dab7f9b-92e7-4391-b8db-71df532c1493._msdcs.contoso.com";
        let lines = paragraph(&format!("the alias {guid} is absent"), 20, "- ", "  ");
        assert_eq!(lines, ["- the alias", &format!("  {guid}"), "  is absent"]);
    }

    #[test]
    fn lines_keep_to_the_width_where_words_allow() {
        let lines = paragraph("one two three four five six", 13, "> ", "  ");
        assert_eq!(lines, ["> one two", "  three four", "  five six"]);
        assert!(lines.iter().all(|line| line.len() <= 13));
        assert!(paragraph("  ", 10, "", "").is_empty());
    }

    #[test]
    fn a_label_never_touches_its_value() {
        assert_eq!(
            ["GUID", "sixsix", "OS version"].map(|text| label("  ", text, 9)),
            ["  GUID   ", "  sixsix ", "  OS version "]
        );
        assert_eq!(label("", "", 3), "   ");
    }

    #[test]
    fn lists_break_after_commas_only() {
        let items: Vec<String> = ["a b", "c d", "e f"].map(String::from).into();
        assert_eq!(list(&items, 9, "", " "), ["a b, c d,", " e f"]);
    }
}
