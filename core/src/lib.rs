//! The model of mpath: one failover group, described once, on any Unix.
//!
//! In: the text of a configuration and a [`Snapshot`] of a host. Out: a plan of [`Step`]s, and a
//! report of what they did. Everything here is a function from values to values; reading and writing
//! the host is the business of a [`Backend`], talking to people that of the command line.
//!
//! The pipeline, in the order of its nouns: source → spec → validate → [`Group`] → [`Capabilities`]
//! check → target → plan → apply → report.
//!
//! Another program reads a configuration so, and tells what is wrong with one:
//!
//! ```
//! use mpath_core::{Draft, SourceFile, read};
//!
//! let text = r#"
//! [group.home-lan]
//! members   = ["eth0", "wlan0"]
//! primary   = "eth0"
//! addresses = ["192.168.1.34/24"]
//! "#;
//! let described = read(&[SourceFile::new("home-lan.toml", text)]).expect("a good file");
//! let group = &described.groups[0];
//! assert_eq!(group.primary().map(ToString::to_string).as_deref(), Some("eth0"));
//!
//! // Every problem comes at once, each with its place; a group can be written down again.
//! let problems = read(&[SourceFile::new("bad.toml", text.replace("192.168.1.34/24", "192.168.1/24"))]).unwrap_err();
//! assert_eq!(problems[0].key, "group.home-lan.addresses[0]");
//! assert!(Draft::from(group).to_toml().contains(r#"primary   = "eth0""#));
//! ```
//!
//! What is wanted is compared with what a host shows, on which a [`Backend`] stands; the plan is data until it is done:
//!
//! ```
//! use std::error::Error;
//!
//! use mpath_core::apply::{Unwatched, apply};
//! use mpath_core::resolve::Question;
//! use mpath_core::{Backend, Snapshot, SourceFile, plan, read};
//!
//! fn bring_up(text: &str, backend: &mut dyn Backend) -> Result<(), Box<dyn Error>> {
//!     // Parsed and validated: a group that is there is one that makes sense.
//!     let described = read(&[SourceFile::new("home-lan.toml", text)]).map_err(|problems| problems[0].to_string())?;
//!     let mut host = backend.observe()?;
//!     let capabilities = backend.capabilities().clone();
//!     for desired in &described.groups {
//!         let prepare = |current: &Snapshot| {
//!             plan::up(Question { desired, current, receipt: None, capabilities: &capabilities, adopt: false, persist: false })
//!         };
//!         // What stands against it is told before anything is touched.
//!         let plan = prepare(&host)?.plan;
//!         for step in &plan.steps {
//!             println!("{step}");
//!             backend.explain(step).iter().for_each(|command| println!("    {command}"));
//!         }
//!         println!("{}", serde_json::to_string(&plan)?);
//!         // A step that fails is undone with those before it. Then the host is looked at, and a new plan must find nothing.
//!         let replan = |after: &Snapshot| prepare(after).map_or_else(|_| vec![], |prepared| prepared.plan.steps);
//!         apply(&plan, &mut host, backend, &replan, &mut Unwatched)?;
//!     }
//!     Ok(())
//! }
//! # let text = "[group.lan]\nmembers = [\"eth0\", \"eth1\"]\naddresses = [\"192.168.1.34/24\"]\n";
//! # let groups = read(&[SourceFile::new("home-lan.toml", text)]).expect("a good file").groups;
//! # let mut host = mpath_core::fake::FakeHost::new(Snapshot::with_members_of(&groups));
//! # bring_up(text, &mut host).expect("it comes up");
//! # let steps = host.done.len();
//! # assert!(steps > 0);
//! # bring_up(text, &mut host).expect("it is up");
//! # assert_eq!(host.done.len(), steps, "nothing is done twice");
//! ```
//!
//! `mpath-backend-linux` and `mpath-backend-illumos` are the backends. They show the same on a host, and how groups are read from
//! files of other tools. `mpath up` keeps a [`Journal`] and a [`Receipt`] beside, so that what it has changed is undone even
//! when its process dies, and is known when the group is taken down; whoever does without has to take care of both.

#![warn(clippy::missing_errors_doc)]

pub mod address;
pub mod adoption;
pub mod apply;
pub mod backend;
pub mod capability;
mod damping;
pub mod detection;
pub mod dispute;
pub mod draft;
pub mod drill;
pub mod effect;
pub mod event;
pub mod facts;
#[cfg(any(test, feature = "fake-host"))]
pub mod fake;
pub mod finding;
pub mod fleet;
pub mod group;
pub mod handover;
pub mod hook;
pub mod identity;
pub mod import;
pub mod interfaces;
pub mod journal;
pub mod layout;
pub mod mac;
pub mod millis;
pub mod mode;
pub mod name;
pub mod note;
pub mod outage;
pub mod plan;
mod planner;
pub mod problem;
pub mod proposal;
pub mod receipt;
pub mod refusal;
pub mod render;
pub mod resolve;
pub mod route;
pub mod schema;
pub mod script;
pub mod settings;
pub mod shell;
pub mod snapshot;
pub mod source;
pub mod spec;
pub mod status;
pub mod step;
mod target;
pub mod teardown;
mod traffic;
pub mod undo;
pub mod validate;

pub use address::Address;
pub use backend::{Backend, BackendError, Changes, Counters};
pub use capability::Capabilities;
pub use damping::Damping;
pub use detection::Detection;
pub use draft::Draft;
pub use event::Event;
pub use facts::HostFacts;
pub use finding::Finding;
pub use group::Group;
pub use hook::Hook;
pub use identity::Identity;
pub use journal::Journal;
pub use mac::MacAddress;
pub use millis::Millis;
pub use mode::Mode;
pub use name::{GroupName, InterfaceName};
pub use outage::Outage;
pub use plan::Plan;
pub use problem::Problem;
pub use receipt::Receipt;
pub use route::Route;
pub use settings::GroupSettings;
pub use snapshot::Snapshot;
pub use source::{SourceFile, Span};
pub use step::Step;
pub use validate::{Description, read, read_for};
