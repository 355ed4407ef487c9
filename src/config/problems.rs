//! What is wrong with a configuration, all of it at once, and how it is shown.

use std::fmt;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::node::Place;
use super::text::{Lines, is_visible, visible};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1; 0 if the configuration did not come from a text.
    pub line: usize,
    /// Column in characters, from 1; 0 if the configuration did not come from a text.
    pub column: usize,
    /// The key it is about, such as `dns_servers[1].address`; empty for the whole file.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead, or where to find the right value.
    pub help: Option<String>,
    /// Another place that matters, such as the first of two duplicates: line, column, and what it is.
    pub(super) related: Option<(Place, &'static str)>,
}

/// Everything that is wrong with a configuration, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    source: String,
    text: Option<String>,
    problems: Vec<Problem>,
}

/// How many problems are shown with an excerpt; nobody reads more before mending the first ones.
const SHOWN: usize = 100;

/// How much of a line an excerpt shows before and behind the word.
const AROUND: usize = 120;

impl ConfigErrors {
    pub(super) fn new(source: &str, text: Option<&str>, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        Self { source: visible(source), text: text.map(str::to_owned), problems }
    }

    /// The problems, in the order of the file; never empty.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The problems with excerpts of the file, as a terminal shows them; ends with a line feed.
    pub fn render(&self, color: bool, ascii: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let decor = if ascii { DecorStyle::Ascii } else { DecorStyle::Unicode };
        let renderer = renderer.decor_style(decor).term_width(100);
        let lines = Lines::new(self.text.as_deref().unwrap_or_default());
        let mut output = String::new();
        for problem in self.problems.iter().take(SHOWN) {
            output.push_str(&self.render_one(problem, &lines, renderer.clone()));
            output.push_str("\n\n");
        }
        let more = self.problems.len().saturating_sub(SHOWN);
        if more > 0 {
            output.push_str(&format!("and {more} more\n\n"));
        }
        output.truncate(output.trim_end().len());
        output.push('\n');
        // The renderer takes the controls of ASCII out of excerpts, and not all that is invisible or turns text round.
        output = output.replace(|c: char| !c.is_ascii() && !is_visible(c), "\u{fffd}");
        if ascii { output.replace('…', "...") } else { output }
    }

    fn render_one(&self, problem: &Problem, lines: &Lines<'_>, renderer: Renderer) -> String {
        let mut group = if problem.line == 0 || self.text.is_none() {
            let title = format!("{}: {}", self.source, problem.located_message());
            Group::with_title(Level::ERROR.primary_title(title))
        } else {
            let group = Group::with_title(Level::ERROR.primary_title(problem.message.as_str()));
            group.element(self.excerpt(problem, lines))
        };
        if let Some(help) = &problem.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }

    /// The lines from the first place that matters to the last; the renderer folds what lies between.
    fn excerpt<'a>(
        &'a self,
        problem: &'a Problem,
        lines: &Lines<'_>,
    ) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let path = (!problem.path.is_empty()).then_some(problem.path.as_str());
        let place = Place { line: problem.line, column: problem.column };
        let mut marks = vec![(place, AnnotationKind::Primary, path)];
        marks.extend(problem.related.map(|(other, label)| (other, AnnotationKind::Context, Some(label))));
        let first = marks.iter().map(|(at, ..)| at.line).min().unwrap_or(place.line);
        let last = marks.iter().map(|(at, ..)| at.line).max().unwrap_or(place.line);

        let mut text = String::new();
        let mut annotations = Vec::new();
        for number in first..=last {
            let line = lines.line(number);
            let here = || marks.iter().filter(|(at, ..)| at.line == number);
            // A line without end, as in a file that is no YAML at all, is shown around the word only.
            let long = line.len() > 4 * AROUND;
            let skip = here().map(|(at, ..)| at.column.saturating_sub(AROUND)).min().filter(|_| long).unwrap_or(0);
            let cut = line.char_indices().nth(skip).map_or(0, |(index, _)| index);
            let offset = text.len();
            text.extend(line[cut..].chars().take(if long { 2 * AROUND } else { usize::MAX }));
            for (at, kind, label) in here() {
                let start = offset + (line.len() - lines.at(*at).len()).saturating_sub(cut);
                let end = start + lines.word(*at).len();
                annotations.push(kind.span(start.min(text.len())..end.min(text.len())).label(*label));
            }
            text.push('\n');
        }
        Snippet::source(text).line_start(first).path(self.source.as_str()).annotations(annotations)
    }
}

impl Problem {
    /// The message behind the key that it is about.
    fn located_message(&self) -> String {
        if self.path.is_empty() { self.message.clone() } else { format!("{}: {}", self.path, self.message) }
    }
}

impl fmt::Display for ConfigErrors {
    /// One line for each problem: `file:line:column: key: message (help)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&self.source)?;
            if problem.line > 0 {
                write!(f, ":{}:{}", problem.line, problem.column)?;
            }
            write!(f, ": {}", problem.located_message())?;
            if let Some(help) = &problem.help {
                write!(f, " ({help})")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
