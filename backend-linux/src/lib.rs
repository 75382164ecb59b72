//! Failover groups on the Linux bonding driver.
//!
//! In: [`Step`](mpath_core::Step)s. Out: rtnetlink messages, and for what netlink cannot do a file written or a
//! program run; and the other way, dumps as a [`Snapshot`](mpath_core::Snapshot). Which steps are needed is not its
//! business.
//!
//! Here the words are those of bonding: bond, port, enslave, miimon; uapi and iproute2 say "slave".
//!
//! What explains is values and functions, and compiles on every system. All that reads or changes a host exists on Linux only.
//!
//! A plan, on a host that is made up, and each step as commands that an administrator could type:
//!
//! ```
//! use mpath_backend_linux::{capabilities, explain};
//! use mpath_core::resolve::Question;
//! use mpath_core::{Snapshot, SourceFile, plan, read};
//!
//! let text = "[group.bond0]\nmembers = [\"eth0\", \"eth1\"]\naddresses = [\"192.168.1.34/24\"]\n";
//! let groups = read(&[SourceFile::new("bond0.toml", text)]).expect("a good file").groups;
//! let (current, capabilities) = (Snapshot::with_members_of(&groups), capabilities());
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
//!     explain(step).iter().for_each(|command| println!("    {command}"));
//! }
//! # let commands: Vec<_> = prepared.plan.steps.iter().flat_map(explain).collect();
//! # assert!(commands.iter().any(|command| command.starts_with("ip link add")), "{commands:#?}");
//! ```
//!
//! The same on the host that the program runs on, and done. A step that fails is undone with all that were before it, and
//! afterwards the host is looked at: it is as it was wanted, or as it was before. `mpath up` keeps a journal and a receipt beside,
//! so that this outlives the process; whoever does without has to take the group down by itself.
//!
//! ```no_run
//! # #[cfg(target_os = "linux")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use mpath_backend_linux::LinuxBackend;
//! use mpath_core::apply::{Unwatched, apply};
//! use mpath_core::resolve::Question;
//! use mpath_core::{Backend, Snapshot, SourceFile, plan, read};
//!
//! let text = std::fs::read_to_string("/etc/mpath/home-lan.toml")?;
//! let groups = read(&[SourceFile::new("home-lan.toml", text)]).map_err(|problems| problems[0].to_string())?.groups;
//! let mut backend = LinuxBackend::new()?;
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
//! # #[cfg(not(target_os = "linux"))]
//! # fn main() {}
//! ```
//!
//! Files of other tools, read and written; [`format`](mod@format) has a module for each:
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use mpath_backend_linux::format::{netplan, networkd};
//!
//! let text = "network:\n  bonds:\n    bond0: {interfaces: [eth0, eth1], addresses: [192.168.1.34/24], \
//!     parameters: {mode: active-backup, mii-monitor-interval: 100}}\n";
//! let import = netplan::import(&BTreeMap::from([("etc/netplan/bond.yaml".to_owned(), text.to_owned())]));
//! let group = import.drafts[0].clone().settle().group.expect("a complete group");
//! let rendering = networkd::render(&[&group], "bond.yaml").expect("nothing that networkd has no word for");
//! assert!(rendering.files.iter().any(|file| file.path.ends_with("bond0.netdev")), "{rendering:#?}");
//! ```

#![warn(clippy::missing_errors_doc)]

mod change;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has facts to collect"))]
mod facts;
pub mod format;
mod modprobe;
mod op;
mod option;

#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has messages to send and to decode"))]
mod address;
mod capability;
mod diagnosis;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has messages to send and to decode"))]
mod link;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has messages to send and to decode"))]
mod message;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has messages to send and to decode"))]
mod observe;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has messages to send and to decode"))]
mod route;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has messages to send and to decode"))]
mod settings;

#[cfg(target_os = "linux")]
mod backend;
#[cfg(target_os = "linux")]
mod claim;
#[cfg(target_os = "linux")]
mod command;
#[cfg(target_os = "linux")]
mod dhcp;
#[cfg(target_os = "linux")]
mod driver;
#[cfg(target_os = "linux")]
mod leave;
#[cfg(target_os = "linux")]
mod lenient;
#[cfg(target_os = "linux")]
mod manager;
#[cfg(target_os = "linux")]
mod monitor;
#[cfg(target_os = "linux")]
mod netlink;
#[cfg(target_os = "linux")]
mod nl80211;
#[cfg(target_os = "linux")]
mod spanning_tree;
#[cfg(target_os = "linux")]
mod survey;
#[cfg(target_os = "linux")]
mod sysfs;
#[cfg(target_os = "linux")]
mod told;

#[cfg(all(feature = "fuzzing", target_os = "linux"))]
#[doc(hidden)]
pub mod fuzzing;

#[cfg(target_os = "linux")]
pub use backend::LinuxBackend;
pub use capability::capabilities;
pub use diagnosis::diagnose;
pub use op::explain;
