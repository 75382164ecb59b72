//! Whether the host still reaches what it reached before a change: the gate that `mpath up` may have to pass.
//!
//! Before the first step everything that may be demanded is [asked](Prober) once; afterwards what answered must answer
//! again, within a limit, or the change is undone. What did not answer before says nothing about the change.

mod checksum;
mod connections;
mod echo;
mod echoes;
mod gate;
mod inquirer;
mod name_query;
mod neighbor;
mod neighbors;
mod network;
mod options;
mod place;
mod probe;
mod probe_kind;
mod pulse;
mod receiver;
mod resolv_conf;
mod segment;
mod sockets;
mod ssh_connection;
mod syns;
mod target;

use std::io;
use std::time::Duration;

use mpath_core::InterfaceName;

pub(crate) use gate::{Gate, Measured};
pub use network::Network;
pub(crate) use options::ReachArgs;
pub use place::Place;
pub use probe_kind::ProbeKind;
pub use pulse::Pulse;
pub use target::{Question, Role, Target};

/// Who asks targets whether they can be reached.
pub trait Prober {
    /// The addresses of a name.
    fn resolve(&mut self, host: &str) -> io::Result<Vec<Place>>;

    /// Asks all of them at the same time, again and again, until each has answered, the limit is over, or `go_on` says
    /// no. Returns an answer for each.
    fn ask(&mut self, targets: &[Target], limit: Duration, go_on: &dyn Fn() -> bool) -> Vec<Answer>;

    /// Begins to ask one place all the time, over an interface where that is not the routes' business.
    fn pulse(
        &mut self,
        kind: ProbeKind,
        place: &Place,
        over: &InterfaceName,
        interval: Duration,
    ) -> io::Result<Box<dyn Pulse>>;
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was answered.
    Reached,
    /// It was not.
    Silent,
    /// It could not be asked, and why.
    NotAsked(String),
}
