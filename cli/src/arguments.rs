//! The command line as it is written.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, ValueEnum};
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

impl Arguments {
    /// Reads the words of a command line, of which the first is the program's name.
    ///
    /// All commands take what [`Global`] has, and clap gives it to each before it reads a word, which took more memory than
    /// everything else of a short command. So at first they are read as if there were only the one command that is named;
    /// what this does not take is read once more with all of them, and told in those terms.
    pub(crate) fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        let all = Self::command();
        if let Some(named) = words.iter().skip(1).find_map(|word| all.find_subcommand(word)) {
            let one = clap::Command::new("mpath").subcommand(named.clone()).subcommand_required(true);
            if let Ok(mut found) = Global::augment_args(one).try_get_matches_from(words) {
                return Self::from_arg_matches_mut(&mut found);
            }
        }
        let mut found = all.try_get_matches_from(words)?;
        Self::from_arg_matches_mut(&mut found)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::read(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    /// What clap makes of a line with all commands at once.
    fn plainly(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn a_line_means_the_same_whether_one_command_is_looked_at_or_all() {
        for line in [
            "mpath up home-lan",
            "mpath --json up --all -v",
            "mpath up --json home-lan",
            "mpath -c plan status",
            "mpath --config up up up",
            "mpath --config=up down plan",
            "mpath plan -- up",
            "mpath -vv --color never drill status --yes",
            "mpath",
            "mpath --version",
            "mpath --version up",
            "mpath --help",
            "mpath up --help",
            "mpath help up",
            "mpath upp home-lan",
            "mpath bond0 up",
            "mpath up --no-such-flag",
            "mpath -c status",
            "mpath status --quiet --verbose",
        ] {
            match (read(line), plainly(line)) {
                (Ok(read), Ok(plainly)) => assert_eq!(format!("{read:?}"), format!("{plainly:?}"), "{line}"),
                (Err(read), Err(plainly)) => assert_eq!(read.to_string(), plainly.to_string(), "{line}"),
                (read, plainly) => panic!("{line}: {read:?}, but {plainly:?}"),
            }
        }
    }
}
