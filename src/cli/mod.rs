//! Command-line definitions. What an argument means for a run is decided by the commands, against the configuration.

mod asked;
pub mod commands;
mod gone;
mod help;
mod identify;
mod preflight;
mod reporting;
#[cfg(test)]
mod tests;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::base::name::DnsName;
use crate::config::ServerAddress;
use crate::evidence::Family;
use crate::render::ColorChoice;
pub use asked::plugin;
pub use gone::Gone;
pub use identify::Identify;
pub use preflight::Preflight;
pub use reporting::Reporting;
pub use values::OutputSpec;

/// Verifier of Active Directory DNS locator records.
///
/// Asks every DNS server by itself for the records by which domain controllers find their replication partners, tells
/// which are missing, stale or wrong, and forecasts the replication error that follows. It only reads.
#[derive(Clone, Debug, Parser)]
#[command(name = "guidpost", version, after_help = help::MAIN, disable_help_subcommand = true)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// How output for people looks.
    #[command(flatten)]
    pub display: Display,
}

/// How output for people looks; taken by every command.
#[derive(Clone, Copy, Debug, Args)]
pub struct Display {
    /// When to colour; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Display")]
    pub color: ColorChoice,

    /// Write nothing but ASCII (always so when the output is no terminal)
    #[arg(long, global = true, help_heading = "Display")]
    pub ascii: bool,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Verify the forest
    #[command(after_help = help::CHECK)]
    Check(Check),
    /// See whether a machine can become a domain controller
    #[command(after_help = help::PREFLIGHT)]
    Preflight(Preflight),
    /// Prove that nothing of a demoted domain controller is left
    #[command(after_help = help::GONE)]
    Gone(Gone),
    /// Collect evidence only, judge nothing
    #[command(after_help = help::OBSERVE)]
    Observe(Observe),
    /// Find the forest by asking, and write a configuration file for review
    #[command(after_help = help::INIT)]
    Init(Init),
    /// Tell who is behind an address, a host name or a GUID
    #[command(after_help = help::IDENTIFY)]
    Identify(Identify),
    /// Explain a rule, an error number or an event number
    #[command(after_help = help::EXPLAIN)]
    Explain(Explain),
    /// List all rules
    #[command(after_help = help::RULES)]
    Rules(Rules),
    /// Check a broken forest that ships inside the program
    #[command(after_help = help::DEMO)]
    Demo(Demo),
    /// Check a configuration file, or print its schema
    #[command(after_help = help::CONFIG)]
    Config(ConfigArgs),
    /// Print a completion script for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions(Completions),
    /// Print a manual page
    #[command(after_help = help::MAN)]
    Man(Man),
}

/// Which part of the configuration a run is about, and how it asks.
#[derive(Clone, Debug, Default, Args)]
pub struct Run {
    /// Configuration file [default: guidpost.yaml; without it the forest is found by asking]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["forest", "from"])]
    pub config: Option<PathBuf>,

    /// Where to begin without a configuration file.
    #[command(flatten)]
    pub whence: Whence,

    /// Only these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Selection")]
    pub only: Vec<String>,

    /// Not these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Selection")]
    pub skip: Vec<String>,

    /// Only these DNS servers, by their name in the configuration
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Selection")]
    pub server: Vec<String>,

    /// Only these domain controllers, by host name or GUID; the others are still known
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Selection")]
    pub dc: Vec<String>,

    /// How long to wait for a reply, as 2s or 500ms [default: 2s]
    #[arg(long, value_name = "TIME", value_parser = values::timeout, help_heading = "Asking")]
    pub timeout: Option<Duration>,

    /// How often to send a question that gets no reply [default: 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10), help_heading = "Asking")]
    pub tries: Option<u32>,

    /// End the whole run after this time, with what is known by then
    #[arg(long, value_name = "TIME", value_parser = values::deadline, help_heading = "Asking", help = help::deadline())]
    pub deadline: Option<Duration>,

    /// Whom to reach, and over what.
    #[command(flatten)]
    pub reach: Reach,
}

/// Where to begin without a configuration file.
#[derive(Clone, Debug, Default, Args)]
pub struct Whence {
    /// Verify this forest: the DNS name of its root domain [default: the forest of this machine]
    #[arg(long, value_name = "NAME", value_parser = values::forest, help_heading = "Without a configuration")]
    pub forest: Option<DnsName>,

    /// Begin at this domain controller or DNS server, as 192.0.2.10 or 192.0.2.10:53 [default: this machine's resolvers]
    #[arg(long, value_name = "ADDRESS", value_parser = values::from, help_heading = "Without a configuration")]
    pub from: Option<(ServerAddress, Option<u16>)>,
}

/// Whom to reach, and over what.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Reach {
    /// Ask DNS only, no machine who it is; the rules about machines are then not applied
    #[arg(long, help_heading = "Asking")]
    pub no_probe: bool,

    /// Reach servers and machines over IPv4 only; both record types are still asked
    #[arg(short = '4', long, conflicts_with = "ipv6", help_heading = "Asking")]
    pub ipv4: bool,

    /// Reach servers and machines over IPv6 only; both record types are still asked
    #[arg(short = '6', long, help_heading = "Asking")]
    pub ipv6: bool,
}

impl Reach {
    /// The address family that `-4` or `-6` asks for.
    pub fn family(self) -> Option<Family> {
        match (self.ipv4, self.ipv6) {
            (true, _) => Some(Family::V4),
            (_, true) => Some(Family::V6),
            _ => None,
        }
    }
}

/// `guidpost check`
#[derive(Clone, Debug, Args)]
pub struct Check {
    /// What to ask, and how.
    #[command(flatten)]
    pub run: Run,

    /// How it is reported.
    #[command(flatten)]
    pub reporting: Reporting,
}

/// `guidpost observe`
#[derive(Clone, Debug, Args)]
pub struct Observe {
    /// What to ask, and how.
    #[command(flatten)]
    pub run: Run,

    /// Where to save the evidence
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,

    /// Say nothing
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Tell on standard error what is being done
    #[arg(short, long)]
    pub verbose: bool,
}

/// `guidpost init`
#[derive(Clone, Debug, Args)]
pub struct Init {
    /// Where to write the configuration file; - is standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,

    /// Overwrite the file if it exists
    #[arg(long)]
    pub force: bool,

    /// Where to begin.
    #[command(flatten)]
    pub whence: Whence,

    /// How long to wait for a reply, as 2s or 500ms [default: 2s]
    #[arg(long, value_name = "TIME", value_parser = values::timeout, help_heading = "Asking")]
    pub timeout: Option<Duration>,

    /// How often to send a question that gets no reply [default: 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10), help_heading = "Asking")]
    pub tries: Option<u32>,

    /// Give up after this time [default: none]
    #[arg(long, value_name = "TIME", value_parser = values::deadline, help_heading = "Asking")]
    pub deadline: Option<Duration>,

    /// Whom to reach, and over what.
    #[command(flatten)]
    pub reach: Reach,

    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

/// `guidpost explain`
#[derive(Clone, Debug, Args)]
pub struct Explain {
    /// Rule name, error number (8524, 0x6D9, -2146893022), event number, or symbol
    #[arg(required = true, value_name = "TOPIC", num_args = 1.., allow_negative_numbers = true)]
    pub topic: Vec<String>,
}

/// `guidpost rules`
#[derive(Clone, Debug, Args)]
pub struct Rules {
    /// Format of the list
    #[arg(short, long, default_value = "table")]
    pub format: ListFormat,
}

/// Formats of lists that are no reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// `guidpost demo`
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// The scenario to show in full; without it all are run, one line each
    #[arg(value_name = "SCENARIO", conflicts_with = "list")]
    pub scenario: Option<String>,

    /// List the scenarios
    #[arg(long)]
    pub list: bool,

    /// End with the exit code of the verdict instead of 0
    #[arg(long, conflicts_with = "list")]
    pub exit_code: bool,
}

/// `guidpost config`
#[derive(Clone, Debug, Args)]
pub struct ConfigArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What `guidpost config` does.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check a configuration file without asking anybody
    Check {
        /// Configuration file [default: guidpost.yaml]
        #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        config: Option<PathBuf>,
    },
    /// Print the JSON schema of the configuration file
    Schema,
}

/// `guidpost completions`
#[derive(Clone, Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `guidpost man`
#[derive(Clone, Debug, Args)]
pub struct Man {
    /// The command whose page to print [default: the main page]
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}
