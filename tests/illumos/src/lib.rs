//! The network commands of illumos and Solaris over one state file, for tests of a backend that drives them.
//!
//! Comes in: a [`State`], a program's name and its arguments. Goes out: what the program prints and how it ends, and the
//! state as it leaves it. The rules are those of the operating system's source as the project's fact sheet on IPMP
//! tells them; `facts §N` in a comment is its section. What the sheet marks as inferred is marked here too.
//!
//! Not its business: to be a network. No packet goes anywhere; addresses are values, probes are answered or not as a
//! test says, and no time passes but what a test lets pass.

mod boot;
mod clock;
mod database;
mod dialect;
mod fault;
mod group;
mod host;
mod interface;
mod kernel;
mod layout;
mod link;
mod mpathd;
mod output;
mod programs;
mod route;
mod state;
mod status;
mod store;

pub use crate::boot::reboot;
pub use crate::clock::{advance, settle};
pub use crate::database::{Database, StoredAddress, StoredInterface, StoredKind};
pub use crate::dialect::Dialect;
pub use crate::fault::{Fault, How, When};
pub use crate::group::Group;
pub use crate::host::{Simulator, directory};
pub use crate::interface::{Class, Family, Half, Interface, Lif};
pub use crate::link::{Lease, Link, Media};
pub use crate::mpathd::{MemberState, Mpathd, Tracked, start as start_mpathd, stop as stop_mpathd};
pub use crate::output::{Ending, Output};
pub use crate::programs::{ALL as PROGRAMS, run};
pub use crate::route::Route;
pub use crate::state::{Behind, Call, State, User, Zone};
pub use crate::status::{Errno, Status};
pub use crate::store::Store;
