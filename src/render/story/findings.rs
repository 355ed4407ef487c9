//! The findings: what many of them have in common is told once.

use std::collections::HashSet;

use super::Capped;
use super::fold::{self, Alike, Folded};
use crate::base::codes;
use crate::report::{Finding, Outcome, Report};

/// Servers and domain controllers of folded findings that are named, and servers whose commands are printed.
const NAMED: usize = 8;

/// One or more findings that are told as one.
pub(in crate::render) struct Told<'a> {
    alike: Alike<'a>,
    whole: bool,
}

/// A line of what is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::render) enum Step<'a> {
    /// To be copied, behind a comment sign where somebody has to look at it first.
    Command(&'a str),
    /// To be read: the text of a comment.
    Note(&'a str),
}

/// What is to be done.
pub(in crate::render) struct Remedy<'a> {
    pub(in crate::render) steps: Vec<Step<'a>>,
    /// How many other servers need the same.
    pub(in crate::render) other_servers: usize,
    /// How many other domain controllers need the same.
    pub(in crate::render) other_dcs: usize,
}

/// The findings in the order of the report; a whole story tells each by itself.
pub(super) fn tell(report: &Report, whole: bool) -> Vec<Told<'_>> {
    let alike: Vec<Alike<'_>> = if whole {
        let single = |first| Alike { first, others: Vec::new() };
        fold::nothing(report).into_iter().map(single).collect()
    } else {
        fold::subjects(report)
    };
    alike.into_iter().map(|alike| Told { alike, whole }).collect()
}

impl<'a> Told<'a> {
    /// The finding that stands for all of them.
    pub(in crate::render) fn first(&self) -> &'a Finding {
        self.alike.first.first
    }

    /// Of how many domain controllers it is told.
    pub(in crate::render) fn dcs(&self) -> usize {
        self.alike.others.len() + 1
    }

    /// Whether nothing is to be done about it.
    pub(in crate::render) fn is_pass(&self) -> bool {
        self.first().outcome == Outcome::Pass && self.first().waived.is_none()
    }

    /// The domain controllers, or names, that it is about.
    pub(in crate::render) fn subjects(&self) -> Capped<&'a str> {
        let firsts = self.groups().map(|group| group.first);
        let subjects = firsts.filter_map(|first| first.dc.as_deref().or(first.name.as_deref()));
        Capped::new(subjects.collect(), NAMED, self.whole)
    }

    /// The servers that it is about.
    pub(in crate::render) fn servers(&self) -> Capped<&'a str> {
        Capped::new(self.alike.first.servers().collect(), NAMED, self.whole)
    }

    /// Whether it fails because there is nothing where something ought to be.
    pub(in crate::render) fn found_nothing(&self) -> bool {
        let first = self.first();
        first.actual.is_empty() && !first.expected.is_empty() && first.outcome == Outcome::Fail
    }

    /// Why it is accepted, and until when.
    pub(in crate::render) fn waived(&self) -> Option<String> {
        let waived = self.first().waived.as_ref()?;
        let until = waived.until.as_ref().map(|until| format!(" (until {until})")).unwrap_or_default();
        Some(format!("{}{until}", waived.reason))
    }

    /// The errors and events that follow from it, in words.
    pub(in crate::render) fn predictions(&self) -> impl Iterator<Item = String> {
        self.first().predicts.iter().map(|number| match codes::find(*number) {
            Some(code) => format!("{}: {}", code.title(), code.short),
            None => format!("error {number}"),
        })
    }

    /// What is to be done, each line once; of many servers and domain controllers, at the first of them.
    pub(in crate::render) fn remedy(&self) -> Remedy<'a> {
        let group = &self.alike.first;
        let servers = group.others.len() + 1;
        let shown = if servers < NAMED + 3 { servers } else { NAMED };
        let mut seen = HashSet::new();
        let lines = group.all().take(shown).flat_map(|finding| finding.remedy.iter().map(String::as_str));
        let steps: Vec<Step<'a>> = lines.filter(|line| seen.insert(*line)).map(step).collect();
        let other_servers = if steps.is_empty() { 0 } else { servers - shown };
        let other_dcs = if self.first().remedy.is_empty() { 0 } else { self.alike.others.len() };
        Remedy { steps, other_servers, other_dcs }
    }

    fn groups(&self) -> impl Iterator<Item = &Folded<'a>> {
        std::iter::once(&self.alike.first).chain(&self.alike.others)
    }

    /// All of them.
    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Finding> {
        self.groups().flat_map(Folded::all)
    }
}

fn step(line: &str) -> Step<'_> {
    match line.strip_prefix('#') {
        Some(note) if !is_command(note) => Step::Note(note),
        _ => Step::Command(line),
    }
}

/// Whether a comment is a command that somebody has to look at first: a cmdlet (`Verb-Noun`) or samba-tool.
fn is_command(comment: &str) -> bool {
    // Nothing but a blank ends a word of ours.
    let word = comment.trim_start_matches(' ').split(' ').next().unwrap_or_default();
    let is_cmdlet =
        |(verb, noun): (&str, &str)| [verb, noun].iter().all(|part| part.starts_with(|c: char| c.is_ascii_uppercase()));
    word == "samba-tool" || word.split_once('-').is_some_and(is_cmdlet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_to_look_at_are_told_from_notes() {
        for line in
            ["nltest /dsregdns", "# Remove-DnsServerResourceRecord -Name x", "# samba-tool dns delete", "#Add-X"]
        {
            assert_eq!(step(line), Step::Command(line));
        }
        for note in [" With Samba:", " re-register it", " samba-tool\nx", "", " -", " Well-meant"] {
            assert_eq!(step(&format!("#{note}")), Step::Note(note));
        }
    }
}
