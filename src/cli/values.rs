//! Argument values that need more than a string.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use crate::base::name::DnsName;
use crate::config::{self, ServerAddress};
use crate::render::Format;

/// `--output FORMAT=FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSpec {
    /// What to write.
    pub format: Format,
    /// Where to.
    pub file: PathBuf,
}

impl fmt::Display for OutputSpec {
    /// As it was given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.format.name(), self.file.display())
    }
}

/// Reads `FORMAT=FILE`.
pub(super) fn output(text: &str) -> Result<OutputSpec, String> {
    let (format, file) = text.split_once('=').ok_or("FORMAT=FILE is expected, such as json=report.json")?;
    let format = Format::from_str(format, false).map_err(|_| {
        let names: Vec<_> = Format::all().iter().map(|format| format.name()).collect();
        format!("`{format}` is no format; there are {}", names.join(", "))
    })?;
    if file.is_empty() {
        return Err("the file name is empty".into());
    }
    Ok(OutputSpec { format, file: file.into() })
}

/// Reads the name of a forest.
pub(super) fn forest(text: &str) -> Result<DnsName, String> {
    config::name(text).map_err(said)
}

/// Reads where to begin.
pub(super) fn from(text: &str) -> Result<(ServerAddress, Option<u16>), String> {
    match config::server(text).map_err(said)? {
        (ServerAddress::System, _) => Err("the resolvers of this machine are asked anyway; leave it out".into()),
        server => Ok(server),
    }
}

fn said(fault: config::Fault) -> String {
    match fault.help {
        Some(help) => format!("{}; {help}", fault.message),
        None => fault.message,
    }
}

/// Reads how long a reply is waited for.
pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    duration(text, config::LONGEST_TIMEOUT)
}

/// Reads how long a run may take.
pub(super) fn deadline(text: &str) -> Result<Duration, String> {
    duration(text, config::LONGEST_RUN)
}

/// Reads `2s`, `500ms`, `1m`, or a plain number of seconds, within the limits of the configuration file: evidence holds
/// the configuration of its run, and must be readable again.
fn duration(text: &str, longest: Duration) -> Result<Duration, String> {
    let time = match text.parse::<u32>() {
        Ok(seconds) => Duration::from_secs(seconds.into()),
        Err(_) => config::duration(text).map_err(|_| "a time is expected, such as 2s, 500ms or 1m".to_owned())?,
    };
    match time {
        Duration::ZERO => Err("the time must be more than nothing".into()),
        time if time > longest => Err(format!("the longest time is {} s", longest.as_secs())),
        time => Ok(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        for (text, ms) in [("2s", 2000), ("500ms", 500), ("1m", 60_000), ("3", 3000)] {
            assert_eq!(timeout(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "0", "-1s", "abc", "0ms", "61s", "99999999999999999999h"] {
            assert!(timeout(text).is_err(), "{text}");
        }
        assert_eq!(deadline("90m"), Ok(Duration::from_secs(5400)));
        assert!(deadline("25h").is_err());
    }

    #[test]
    fn file_names_may_hold_an_equals_sign() {
        assert_eq!(output("json=a=b.json"), Ok(OutputSpec { format: Format::Json, file: "a=b.json".into() }));
        assert_eq!(output("json=a=b.json").unwrap().to_string(), "json=a=b.json");
        assert!(output("yaml=x").unwrap_err().contains("table, json, nagios"));
        assert!(output("json=").is_err());
    }
}
