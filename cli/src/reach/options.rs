//! What must still be reached after a change, as the command line says it.

use std::time::Duration;

use clap::{Args, ValueEnum};
use mpath_core::Millis;
use mpath_core::millis::MillisError;

use super::probe::Probe;

/// The options of the gate.
#[derive(Debug, Args)]
pub(crate) struct ReachArgs {
    /// Undo it where gateway, name servers or SSH peer are lost [default: auto with --confirm, else none]
    #[arg(long, value_name = "WHAT")]
    check_reachable: Option<Usual>,
    /// How long it may take until all of them answer again
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = limit)]
    pub(super) check_limit: Millis,
    /// Check this host too, by ping or by a TCP connection to the port
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) probe: Vec<Probe>,
}

/// What is asked without being named: gateways, name servers and the peer of SSH, or none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Usual {
    Auto,
    None,
}

/// A time in which a network can be expected to work again.
fn limit(text: &str) -> Result<Millis, String> {
    let time: Millis = text.parse().map_err(|error: MillisError| error.to_string())?;
    match time.get() {
        1000..=600_000 => Ok(time),
        _ => Err("1s to 600s are possible".to_owned()),
    }
}

impl ReachArgs {
    /// Whether gateways, name servers and the peer of SSH are asked.
    pub(super) fn asks_the_usual(&self, confirm: bool) -> bool {
        match self.check_reachable {
            Some(usual) => usual == Usual::Auto,
            None => confirm,
        }
    }

    /// How long it may take until all answers.
    pub(super) fn limit(&self) -> Duration {
        self.check_limit.into()
    }
}
