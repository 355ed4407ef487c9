//! Manual pages of rules, from their doc comments to text for a terminal.

use std::io::{self, Write};

use crate::render::{Paint, RenderOptions, wrap};

/// Writes markdown as rules use it: headings, paragraphs, lists, fenced or indented code. Code is never wrapped.
pub(super) fn write(markdown: &str, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut paragraph = Paragraph::default();
    let mut fenced = false;
    let mut blank = true;
    // Doc comments keep the blank after `///`; it is no indentation.
    let shift = markdown.lines().all(|line| line.is_empty() || line.starts_with(' '));
    for line in markdown.lines() {
        let line = if shift { line.strip_prefix(' ').unwrap_or(line) } else { line };
        let text = line.trim();
        if text.starts_with("```") {
            paragraph.end(options, out)?;
            fenced = !fenced;
        } else if fenced || (line.starts_with("    ") && paragraph.is_empty() && !text.is_empty()) {
            writeln!(out, "      {}", options.clean(line.trim_end()))?;
            blank = false;
        } else if let Some(heading) = text.strip_prefix('#') {
            paragraph.end(options, out)?;
            let space = if blank { "" } else { "\n" };
            writeln!(
                out,
                "{space}{}",
                options.paint(Paint::Strong, options.clean(heading.trim_start_matches('#').trim()))
            )?;
            blank = false;
        } else if text.is_empty() {
            paragraph.end(options, out)?;
            if !std::mem::replace(&mut blank, true) {
                writeln!(out)?;
            }
        } else {
            if is_item(text) {
                paragraph.end(options, out)?;
            }
            paragraph.add(text);
            blank = false;
        }
    }
    paragraph.end(options, out)
}

/// `- text`, `* text` or `1. text`.
fn is_item(text: &str) -> bool {
    marker(text).is_some()
}

/// Length of an item's marker with the blank behind it.
fn marker(text: &str) -> Option<usize> {
    if text.starts_with("- ") || text.starts_with("* ") {
        return Some(2);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0 && text[digits..].starts_with(". ")).then_some(digits + 2)
}

#[derive(Default)]
struct Paragraph(String);

impl Paragraph {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0.push_str(text);
    }

    fn end(&mut self, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
        let text = options.clean(&std::mem::take(&mut self.0));
        let rest = " ".repeat(2 + marker(&text).unwrap_or(0));
        for line in wrap::paragraph(&text, options.width, "  ", &rest) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_text() {
        let markdown = " An address is not the DC's.\n\n # What it checks\n\n Every address\n in the record.\n\n \
                        # How to fix\n\n 1. Delete the record, on each server that holds it, and no other:\n ```text\n \
                        dnscmd dc1 /RecordDelete\n ```\n 2. Register again.\n - `nltest`\n";
        let mut out = Vec::new();
        write(markdown, &RenderOptions { width: 40, ..RenderOptions::default() }, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
          An address is not the DC's.

        What it checks

          Every address in the record.

        How to fix

          1. Delete the record, on each server
             that holds it, and no other:
              dnscmd dc1 /RecordDelete
          2. Register again.
          - `nltest`
        "#);
    }

    #[test]
    fn code_is_never_wrapped() {
        let line = "x".repeat(30) + " " + &"y".repeat(200);
        let mut out = Vec::new();
        write(&format!("```\n{line}\n```\n\n    {line}\n"), &RenderOptions::default(), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap().matches(&line).count(), 2);
    }
}
