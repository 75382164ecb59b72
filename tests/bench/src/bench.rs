//! The commands.

#[path = "../../kernel/flood.rs"]
#[allow(dead_code, reason = "shared with the kernel tests, which use all of it")]
mod flood;
#[path = "../../kernel/network.rs"]
#[allow(dead_code, reason = "shared with the kernel tests, which use all of it")]
pub(crate) mod network;
#[path = "../../kernel/programs.rs"]
#[allow(dead_code, reason = "shared with the kernel tests, which use all of it")]
mod programs;

mod chart;
mod core_stages;
mod failover;
mod figures;
mod gate;
mod goals;
mod life;
mod peer;
mod report;
mod scale;
mod stage;
mod start;
mod stopwatch;
mod tables;
mod trace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser};

#[derive(Parser)]
enum Arguments {
    /// The life of a group, by mpath and by each of its peers: up, again, a change, down
    Life(Measured),
    /// The time without an answer when a cable is pulled, and when it is plugged in
    Failover(Measured),
    /// Many groups on one host, and one with many members
    Scale {
        #[command(flatten)]
        measured: Measured,
        /// How many groups
        #[arg(long, value_delimiter = ',', default_values_t = [1, 10, 100, 1000])]
        groups: Vec<usize>,
    },
    /// How long programs take to start
    Start(Measured),
    /// One stage of the pure core, once
    Core {
        stage: core_stages::Stage,
        /// How many groups
        groups: usize,
    },
    /// The page and the pictures, from the figures
    Report {
        /// The folder with the figures
        figures: PathBuf,
        /// The folder with the documents
        docs: PathBuf,
    },
    /// Hold figures against what is allowed
    Gate {
        /// Allow what was found, with its margins, instead
        #[arg(long)]
        renew: bool,
        /// The folder with the figures
        figures: PathBuf,
        /// What is allowed
        allowed: PathBuf,
    },
}

#[derive(Args)]
struct Measured {
    /// The program under test
    #[arg(long)]
    mpath: PathBuf,
    /// How often each does it
    #[arg(long, default_value_t = 10)]
    rounds: usize,
    /// Only those whose name begins with one of these
    #[arg(long, value_delimiter = ';', default_value = "")]
    only: Vec<String>,
    /// The folder where the figures go; standard output if there is none
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(crate) fn main() -> ExitCode {
    match Arguments::parse() {
        Arguments::Life(Measured { mpath, rounds, only, out }) => {
            figures::write(out.as_deref(), "life", &life::measure(&mpath, rounds, &only));
        }
        Arguments::Failover(Measured { mpath, rounds, only, out }) => {
            figures::write(out.as_deref(), "failover", &failover::measure(&mpath, rounds, &only));
        }
        Arguments::Scale { measured: Measured { mpath, rounds, out, .. }, groups } => {
            let sizes: Vec<_> = groups.into_iter().map(|groups| (groups, 2)).chain([(1, 16)]).collect();
            figures::write(out.as_deref(), "scale", &scale::measure(&mpath, rounds, &sizes));
        }
        Arguments::Start(Measured { mpath, rounds, out, .. }) => {
            figures::write(out.as_deref(), "start", &start::measure(&mpath, rounds));
        }
        Arguments::Core { stage, groups } => println!("{}", core_stages::run(stage, &core_stages::Input::new(groups))),
        Arguments::Report { figures, docs } => report::write(&figures, &docs),
        Arguments::Gate { renew: true, figures, allowed } => gate::renew(&figures, &allowed),
        Arguments::Gate { figures, allowed, .. } if !gate::hold(&figures, &allowed) => return ExitCode::FAILURE,
        Arguments::Gate { .. } => {}
    }
    ExitCode::SUCCESS
}
