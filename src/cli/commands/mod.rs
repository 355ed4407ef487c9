//! One file per subcommand: glue, no logic.

pub mod check;
pub mod completions;
pub mod config;
mod console;
pub mod demo;
pub mod explain;
pub mod gone;
pub mod identify;
pub mod init;
pub mod man;
mod manual;
pub mod observe;
pub mod preflight;
mod progress;
pub mod rules;
mod settings;
mod side_files;

use std::io::{self, Write};
use std::path::PathBuf;

pub use console::{Console, nothing_printed, to_stdout};

use crate::base::files::FileError;
use crate::base::texts::SubjectError;
use crate::config::LoadError;
use crate::discover::Failure;
use crate::evidence::file::EvidenceError;
use crate::jobs::gone::DepartedError;
use crate::jobs::identify::PrepareError;
use crate::jobs::preflight::CandidateError;
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
    /// No configuration was named, and there is none in the current directory.
    #[error(
        "there is no guidpost.yaml here; name a configuration file with -c FILE, or write one (`guidpost init` does; \
         config.example.yaml shows every key)"
    )]
    NoConfig,
    /// Without configuration, the forest was not found.
    #[error(transparent)]
    Discovery(Failure),
    /// `init` would overwrite a file.
    #[error("{path} exists already; --force overwrites it", path = .0.display())]
    Exists(PathBuf),
    /// The configuration file cannot be read, or is wrong.
    #[error(transparent)]
    Config(LoadError),
    /// `--only` or `--skip` names no rule.
    #[error("there is no rule `{0}`; `guidpost rules` lists them")]
    UnknownRule(String),
    /// `--dc` names no DC.
    #[error("the configuration has no domain controller `{0}` (--dc takes a host name, its first label, or a GUID)")]
    UnknownDc(String),
    /// `--server` names no server.
    #[error("the configuration has no DNS server `{0}` (--server takes the name that reports use)")]
    UnknownServer(String),
    /// `demo` has no such scenario.
    #[error("there is no scenario `{0}`; `guidpost demo --list` lists them")]
    UnknownScenario(String),
    /// The arguments of `identify` mean nothing.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// They do not go together with the configuration.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The machine that is to become a DC cannot be one, or is not told whole.
    #[error(transparent)]
    Candidate(#[from] CandidateError),
    /// The evidence file is of another command.
    #[error(
        "{path}: this evidence was saved by another command than {wanted}: `guidpost {saved} --evidence` judges it",
        path = .path.display()
    )]
    OtherJob {
        /// The file.
        path: PathBuf,
        /// The command that judges it.
        saved: &'static str,
        /// The command that was given.
        wanted: &'static str,
    },
    /// The arguments of `gone` describe no former DC.
    #[error(transparent)]
    Departed(#[from] DepartedError),
    /// The evidence is of a command that asked about no former DC.
    #[error("{path}: this evidence was saved by another command than gone; name the former DC", path = .0.display())]
    NobodyGone(PathBuf),
    /// A GUID without configuration.
    #[error(
        "the alias of a GUID is looked up at the DNS servers of its forest: name a configuration file with -c FILE \
         (there is no guidpost.yaml here)"
    )]
    GuidWithoutConfig,
    /// An address that may not be asked.
    #[error("with --no-probe there is nothing to ask about an address; a host name or a GUID can be looked up")]
    NothingToAsk,
    /// Standard input could not be read, or is no text.
    #[error("cannot read standard input: {0}")]
    Stdin(String),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An evidence file is none.
    #[error("{path}: {error}", path = .path.display())]
    Evidence {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: EvidenceError,
    },
    /// A file beside the report could not be written.
    #[error("{option}: cannot write it: {error}")]
    SideFile {
        /// The option that asked for it, as `--output json=report.json`.
        option: String,
        /// What the operating system said.
        #[source]
        error: io::Error,
    },
    /// The operating system gives no runtime, or no port.
    #[error("cannot start asking: {0}")]
    Runtime(#[source] io::Error),
    /// The run ended early; what was seen by then is saved.
    #[error("the run ended before everything was asked; {path} holds what was seen by then", path = .0.display())]
    Incomplete(PathBuf),
}

impl CommandError {
    /// Writes the message for people; it may quote text from outside.
    pub fn write(&self, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
        // The excerpts have several lines, and are escaped already.
        if let Self::Config(LoadError::Config(errors)) = self {
            return out.write_all(errors.render(options.color, options.ascii).as_bytes());
        }
        writeln!(out, "{} {}", options.paint(Paint::Bad, "guidpost:"), options.clean(&self.to_string()))
    }

    /// The message for programs that show one line; it may quote text from outside, line ends too.
    pub fn line(&self) -> String {
        let text = self.to_string();
        match self {
            // Each problem has a line, which says where it is.
            Self::Config(LoadError::Config(_)) => text.lines().next().unwrap_or_default().to_owned(),
            _ => text,
        }
    }
}
