//! Failover groups on IPMP, the IP multipathing of illumos and Solaris.
//!
//! In: [`Step`](mpath_core::Step)s. Out: command lines of `ipadm`, `ifconfig` and `route`, and two files; and the other
//! way, what the system's programs print as a [`Snapshot`](mpath_core::Snapshot). Which steps are needed is not its
//! business.
//!
//! Here the words are those of IPMP: IPMP interface, underlying interface, standby, data address, test address.
//!
//! Nothing here is bound to a system: everything compiles, and is tested, everywhere. Quirks that shape all of it:
//! `ipadm` writes the newline of an error to standard output (`die()` in `ipadm.c`); its `-t` does not work on the IPMP
//! subcommands, `--temporary` does; parseable output with a single field escapes nothing (`libofmt`).

pub mod diagnosis;
mod dialect;
pub mod op;
pub mod render;

mod address;
mod backend;
mod boot;
mod boot_file;
mod capability;
mod claim;
mod command;
mod datalink;
mod group;
mod ifconfig;
pub mod import;
mod interface;
mod mark;
mod mpathd;
mod observe;
mod obstacle;
mod parseable;
mod property;
mod route;
mod way;

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;

pub use backend::IllumosBackend;
pub use boot_file::Edit;
pub use capability::{capabilities, capabilities_of, obstacles_in};
#[cfg(feature = "simulator")]
pub use command::Within;
pub use dialect::Dialect;
pub use mpathd::shipped_settings;
pub use op::{Op, explain, ops_for};
