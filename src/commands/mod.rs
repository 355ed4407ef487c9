//! One file per subcommand: glue, no logic.

pub mod completions;
mod console;
pub mod explain;
pub mod man;
mod manual;
pub mod rules;

use std::io::{self, Write};

pub use console::{Console, to_stdout};

use crate::render::{Paint, RenderOptions};

/// Why a command could not do its work. Every one of them ends with exit code 3.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Standard output could not be written to; a reader that went away is no error.
    #[error("cannot write to standard output: {0}")]
    Stdout(#[source] io::Error),
    /// `explain` knows neither rule nor number of this name.
    #[error("there is no rule, error or event `{topic}`{suggestion}")]
    UnknownTopic {
        /// What was asked for.
        topic: String,
        /// A hint that begins with `; `, or nothing.
        suggestion: String,
    },
    /// `man` knows no command of this name.
    #[error("there is no command `{0}`; `guidpost --help` lists them")]
    UnknownCommand(String),
}

impl CommandError {
    /// Writes the message for people; it may quote text from outside.
    pub fn write(&self, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} {}", options.paint(Paint::Bad, "guidpost:"), options.clean(&self.to_string()))
    }
}
