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
//! The same on the host that the program runs on, and done. A step that fails is undone with all that were before it, and
//! afterwards the host is looked at: it is as it was wanted, or as it was before.
//!
//! ```no_run
//! use mpath_backend_illumos::IllumosBackend;
//! use mpath_core::apply::{Unwatched, apply};
//! use mpath_core::resolve::Question;
//! use mpath_core::{Backend, Snapshot, SourceFile, plan, read};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = std::fs::read_to_string("/etc/mpath/lan.toml")?;
//! let groups = read(&[SourceFile::new("lan.toml", text)]).map_err(|problems| problems[0].to_string())?.groups;
//! let mut backend = IllumosBackend::new()?;
//! let mut host = backend.observe()?;
//! let capabilities = backend.capabilities().clone();
//! let prepare = |current: &Snapshot| {
//!     let desired = &groups[0];
//!     plan::up(Question { desired, current, receipt: None, capabilities: &capabilities, adopt: false, persist: false })
//! };
//! let prepared = prepare(&host)?;
//! let replan = |after: &Snapshot| prepare(after).map_or_else(|_| vec![], |prepared| prepared.plan.steps);
//! apply(&prepared.plan, &mut host, &mut backend, &replan, &mut Unwatched)?;
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here is bound to a system: everything compiles, and is tested, everywhere. Quirks that shape all of it:
//! `ipadm` writes the newline of an error to standard output (`die()` in `ipadm.c`); its `-t` does not work on the IPMP
//! subcommands, `--temporary` does; parseable output with a single field escapes nothing (`libofmt`).

#![warn(clippy::missing_errors_doc)]

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
pub use capability::{capabilities, capabilities_of, obstacles_in};
#[cfg(feature = "simulator")]
pub use command::Within;
pub use dialect::Dialect;
pub use mpathd::shipped_settings;
pub use op::explain;
