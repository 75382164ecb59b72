//! The command line as it is written.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, ValueEnum};
use mpath_core::Millis;
use mpath_core::millis::MillisError;
use mpath_core::outage::MaxOutage;

use crate::command::Command;
use crate::config;

/// Make failover groups of network interfaces, described once in a file
#[derive(Debug, Parser)]
#[command(name = "mpath", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(after_long_help = "\
Examples:
  mpath plan home-lan
      what would be done; changes nothing
  mpath up home-lan
      do it
  mpath status
      how all groups are doing
  mpath down home-lan
      put everything back as it was")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Read this file, or every *.toml of this directory
    #[arg(long, short, global = true, value_name = "FILE|DIR", default_value = config::DEFAULT)]
    pub(crate) config: PathBuf,
    /// Print JSON on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Tell each step; twice: also its native commands
    #[arg(long, short, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,
    /// Tell only what is asked for, warnings and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Use colours; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
}

/// When to use colours; `Auto` is on a terminal, unless NO_COLOR is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

impl Default for Global {
    fn default() -> Self {
        Self { config: config::DEFAULT.into(), json: false, verbose: 0, quiet: false, color: ColorChoice::Auto }
    }
}

/// How much a change may interrupt.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Limit {
    /// Refuse what would interrupt traffic for longer: 0, or a time as in 1s
    #[arg(long, value_name = "TIME", value_parser = max_outage)]
    pub(crate) max_outage: Option<MaxOutage>,
}

/// A time with a unit, or 0, which needs none.
fn max_outage(text: &str) -> Result<MaxOutage, String> {
    if text == "0" {
        return Ok(MaxOutage(Millis::default()));
    }
    text.parse().map(MaxOutage).map_err(|error: MillisError| format!("0 or a time: {error}"))
}

/// Which groups a command is about.
#[derive(Debug, Clone, Args)]
pub(crate) struct Selection {
    /// The groups
    #[arg(value_name = "GROUP", conflicts_with = "all")]
    pub(crate) groups: Vec<String>,
    /// Every group of the configuration
    #[arg(long)]
    pub(crate) all: bool,
}

/// How long to wait for another mpath.
#[derive(Debug, Clone, Args)]
pub(crate) struct Patience {
    /// How long to wait for another mpath to end; 0 is not at all
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) wait: Millis,
}

/// A time to confirm a change, in whole seconds: 1 s to a day.
pub(crate) fn confirm_time(text: &str) -> Result<u64, String> {
    let time: Millis = text.parse().map_err(|error: MillisError| error.to_string())?;
    match u64::from(time.get()).div_ceil(1000) {
        seconds @ 1..=86_400 => Ok(seconds),
        _ => Err("1s to 86400s, a day, are possible".to_owned()),
    }
}

/// Zero needs no unit.
pub(crate) fn duration(text: &str) -> Result<Millis, MillisError> {
    if text == "0" { Ok(Millis::new(0)) } else { text.parse() }
}
