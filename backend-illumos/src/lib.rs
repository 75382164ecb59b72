//! Failover groups on IPMP, the IP multipathing of illumos and Solaris.
//!
//! In: [`Step`](mpath_core::Step)s. Out: command lines of `ipadm`, `ifconfig` and `route`, and two files; and the other
//! way, what the system's programs print as a [`Snapshot`](mpath_core::Snapshot). Which steps are needed is not its
//! business.
//!
//! Here the words are those of IPMP: IPMP interface, underlying interface, standby, data address, test address.
//!
//! A plan, on a host that is made up, and each step as commands that an administrator could type:
//!
//! ```
//! use mpath_backend_illumos::{Dialect, capabilities, explain, shipped_settings};
//! use mpath_core::resolve::Question;
//! use mpath_core::{Snapshot, SourceFile, plan, read};
//!
//! let text = "[group.lan]\nmembers = [\"net0\", \"net1\"]\nprimary = \"net0\"\naddresses = [\"192.168.1.34/24\"]\n";
//! let groups = read(&[SourceFile::new("lan.toml", text)]).expect("a good file").groups;
//! let mut current = Snapshot::with_members_of(&groups);
//! current.host_wide = Some(shipped_settings());
//! let capabilities = capabilities();
//! let question = Question {
//!     desired: &groups[0],
//!     current: &current,
//!     receipt: None,
//!     capabilities: &capabilities,
//!     adopt: false,
//!     persist: false,
//! };
//! let prepared = plan::up(question).expect("nothing stands against it");
//! for step in &prepared.plan.steps {
//!     println!("{step}");
//!     explain(step, Dialect::Ipadm).iter().for_each(|command| println!("    {command}"));
//! }
//! # let commands: Vec<_> = prepared.plan.steps.iter().flat_map(|step| explain(step, Dialect::Ipadm)).collect();
//! # assert!(commands.iter().any(|command| command.starts_with("ipadm create-ipmp")), "{commands:#?}");
//! ```
//!
//! On a host, [`IllumosBackend`] observes and executes; how a plan is done with a backend is the same everywhere, and
//! shown in `mpath-backend-linux`.
//!
//! Nothing here is bound to a system: everything compiles, and is tested, everywhere. Quirks that shape all of it:
//! `ipadm` writes the newline of an error to standard output (`die()` in `ipadm.c`); its `-t` does not work on the IPMP
//! subcommands, `--temporary` does; parseable output with a single field escapes nothing (`libofmt`).

mod diagnosis;
mod dialect;
mod op;
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
