//! What arguments ask for that cannot be parsed as a whole.

use std::ffi::OsString;

use clap::{Arg, Command, CommandFactory};

use super::Cli;
use crate::render::Format;

/// The output of a monitoring plugin, if the arguments behind the program's name ask for one: such output is read by a
/// program, which has to be told that there is no report, too.
///
/// The format is found as the parser would find it, whatever is wrong with the other arguments. A command that is none is
/// taken for `check`.
pub fn plugin(arguments: impl IntoIterator<Item = OsString>) -> Option<Format> {
    let plugins: Vec<(Format, String)> =
        Format::all().iter().filter(|format| format.is_plugin()).map(|format| (*format, format.name())).collect();
    let wanted = |option: &Arg, value: Option<&str>| {
        let (format, name) = plugins.iter().find(|(_, name)| Some(name.as_str()) == value)?;
        // Lists have formats, too, but not these.
        let is_format =
            option.get_id() == "format" && option.get_possible_values().iter().any(|value| value.get_name() == name);
        is_format.then_some(*format)
    };
    let words: Vec<String> = arguments.into_iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let cli = Cli::command();
    let named = words.iter().find_map(|word| cli.find_subcommand(word));
    let command = named.or_else(|| cli.find_subcommand("check"))?;
    let mut words = words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        let Some((option, attached)) = option(command, word) else { continue };
        let value = attached.or_else(|| words.next_if(|next| !next.starts_with('-')));
        if let Some(format) = wanted(option, value) {
            return Some(format);
        }
    }
    None
}

/// The option with a value that a word is, with what stands behind it in the same word.
fn option<'a>(command: &'a Command, word: &'a str) -> Option<(&'a Arg, Option<&'a str>)> {
    let takes_value = |option: &&Arg| option.get_action().takes_values();
    if let Some(long) = word.strip_prefix("--") {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        let option = command.get_arguments().find(|option| option.get_long() == Some(name))?;
        return takes_value(&option).then_some((option, value));
    }
    // `-vfnagios` is `-v -f nagios`: flags, and an option that takes the rest.
    let letters = word.strip_prefix('-')?;
    for (at, letter) in letters.char_indices() {
        let option = command.get_arguments().find(|option| option.get_short() == Some(letter))?;
        if takes_value(&option) {
            let rest = &letters[at + letter.len_utf8()..];
            return Some((option, (!rest.is_empty()).then(|| rest.strip_prefix('=').unwrap_or(rest))));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    use super::*;
    use crate::cli::Command as Asked;

    fn asks(arguments: &[&str]) -> bool {
        plugin(arguments.iter().map(OsString::from)) == Some(Format::Nagios)
    }

    #[test]
    fn the_format_is_found_whatever_is_wrong_beside_it() {
        for line in [
            "check -f nagios --bogus",
            "check --bogus -fnagios",
            "check -f=nagios --tries 0",
            "check --tries 0 --format nagios",
            "check --format=nagios -c",
            "check -c -f nagios",
            "check -4 -6 -vf nagios",
            "gone -f nagios",
            "preflight -qfnagios --address x",
            "check -f nagios -f table",
            "chek -f nagios",
            "-f nagios",
            "--color sometimes check -f nagios",
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            assert!(asks(&words), "{line}");
            assert!(Cli::try_parse_from([&["guidpost"], &words[..]].concat()).is_err(), "{line}");
        }
    }

    #[test]
    fn other_words_are_no_format() {
        for line in [
            "",
            "check",
            "check --bogus",
            "check -f",
            "check -f Nagios",
            "check -f json --only nagios",
            "check -c -f -- nagios",
            "check -- -f nagios",
            "check -cf nagios",
            "check -xf nagios",
            "check --output nagios=x --bogus",
            "gone nagios --bogus",
            "rules -f nagios",
            "identify x -f nagios",
            "observe -f nagios",
            "explain -f nagios",
            "config check -f nagios",
        ] {
            assert!(!asks(&line.split(' ').collect::<Vec<_>>()), "{line}");
        }
    }

    /// Right and odd words beside the format.
    const BESIDE: [&str; 11] = [
        "-v",
        "-4",
        "-cx",
        "-c=-f",
        "--config=-f",
        "--only",
        "nagios",
        "--output=nagios=x",
        "--no-probe",
        "--",
        "--tries=1",
    ];
    const FORMATS: [&str; 10] = [
        "-f nagios",
        "-fnagios",
        "-f=nagios",
        "--format nagios",
        "--format=nagios",
        "-vfnagios",
        "-f json",
        "-ftable",
        "-4f nagios",
        "",
    ];

    proptest! {
        /// What parses is the measure.
        #[test]
        fn what_is_found_is_what_the_parser_finds(
            command in select(vec!["check", "gone", "preflight"]),
            beside in subsequence(BESIDE.to_vec(), 0..5).prop_shuffle(),
            format in select(FORMATS.to_vec()),
            at in any::<proptest::sample::Index>(),
        ) {
            let (before, after) = beside.split_at(at.index(beside.len() + 1));
            let format: Vec<&str> = format.split_whitespace().collect();
            let words = [&[command], before, &format, after].concat();
            if let Ok(cli) = Cli::try_parse_from([&["guidpost"], &words[..]].concat()) {
                let parsed = match cli.command {
                    Asked::Check(check) => check.reporting.format,
                    Asked::Gone(gone) => gone.reporting.format,
                    Asked::Preflight(preflight) => preflight.reporting.format,
                    other => panic!("{other:?}"),
                };
                prop_assert_eq!(asks(&words), parsed == Format::Nagios, "{:?}", words);
            }
        }
    }
}
