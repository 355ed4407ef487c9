//! Argument values that need more than a string.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use crate::render::Format;

/// `--output FORMAT=FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSpec {
    /// What to write.
    pub format: Format,
    /// Where to.
    pub file: PathBuf,
}

/// Reads `FORMAT=FILE`.
pub(super) fn output(text: &str) -> Result<OutputSpec, String> {
    let (format, file) = text.split_once('=').ok_or("FORMAT=FILE is expected, such as json=report.json")?;
    let format = Format::from_str(format, false).map_err(|_| {
        let known: Vec<_> = Format::value_variants().iter().filter_map(Format::to_possible_value).collect();
        let names: Vec<_> = known.iter().map(|value| value.get_name()).collect();
        format!("`{format}` is no format; there are {}", names.join(", "))
    })?;
    if file.is_empty() {
        return Err("the file name is empty".into());
    }
    Ok(OutputSpec { format, file: file.into() })
}

/// Reads `2s`, `500ms`, `1m 30s`, or a plain number of seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is expected, such as 2s, 500ms or 1m".to_owned();
    let time = match text.parse::<u32>() {
        Ok(seconds) => Duration::from_secs(seconds.into()),
        Err(_) => {
            let signed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
            Duration::try_from(signed).map_err(|_| wrong())?
        }
    };
    if time.is_zero() { Err("the time must be more than nothing".into()) } else { Ok(time) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        for (text, ms) in [("2s", 2000), ("500ms", 500), ("1m", 60_000), ("1m30s", 90_000), ("3", 3000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "0", "-1s", "abc", "0ms"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn file_names_may_hold_an_equals_sign() {
        assert_eq!(output("json=a=b.json"), Ok(OutputSpec { format: Format::Json, file: "a=b.json".into() }));
        assert!(output("yaml=x").unwrap_err().contains("table, json, nagios"));
        assert!(output("json=").is_err());
    }
}
