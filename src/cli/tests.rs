//! What parses, and what does not.

use crate::render::Verbosity;
use clap::CommandFactory;

use super::*;

#[test]
fn the_definitions_are_consistent() {
    Cli::command().debug_assert();
}

/// It is wrapped at 100 columns: longer lines would be broken a second time.
#[test]
fn lines_of_the_help_are_broken_once() {
    for command in Cli::command().get_subcommands() {
        let after = command.get_after_help().or(command.get_after_long_help()).map(ToString::to_string);
        let long = after.iter().flat_map(|text| text.lines()).find(|line| line.chars().count() > 100);
        // An exit code's line may be broken: it stands for itself.
        assert_eq!(long.filter(|line| !line.starts_with("  ")), None, "{}", command.get_name());
    }
}

fn check(arguments: &[&str]) -> Result<Check, clap::Error> {
    match Cli::try_parse_from(["guidpost", "check"].iter().chain(arguments))?.command {
        Command::Check(check) => Ok(check),
        other => panic!("parsed as {other:?}"),
    }
}

#[test]
fn lists_take_commas_and_repetition() {
    let check = check(&["--only", "a,b", "--only=c", "--dc", "dc1,dc2", "--server", "s1", "-4", "-v"]).unwrap();
    assert_eq!(check.run.only, ["a", "b", "c"]);
    assert_eq!(check.run.dc, ["dc1", "dc2"]);
    assert_eq!(check.run.reach.family(), Some(Family::V4));
    assert_eq!(check.reporting.verbosity(), Verbosity::Verbose);
}

#[test]
fn contradictions_are_usage_errors() {
    for arguments in [
        &["-4", "-6"][..],
        &["-q", "-v"],
        &["--tries", "0"],
        &["--timeout", "0s"],
        &["--output", "json"],
        &["--output", "yaml=x"],
        &["-f", "yaml"],
        &["--evidence", "a", "--timeout", "1s"],
    ] {
        assert!(check(arguments).is_err(), "{arguments:?}");
    }
}

#[test]
fn a_negative_number_is_no_option() {
    let cli = Cli::try_parse_from(["guidpost", "explain", "-2146893022"]).unwrap();
    assert!(matches!(cli.command, Command::Explain(explain) if explain.topic == ["-2146893022"]));
}
