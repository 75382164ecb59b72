//! Failover groups on the Linux bonding driver.
//!
//! In: [`Step`](mpath_core::Step)s. Out: rtnetlink messages, and for what netlink cannot do a file written or a
//! program run; and the other way, dumps as a [`Snapshot`](mpath_core::Snapshot). Which steps are needed is not its
//! business.
//!
//! Here the words are those of bonding: bond, port, enslave, miimon; uapi and iproute2 say "slave".
//!
//! [`op`], [`option`] and [`change`] are values and functions: they compile and explain on every system. All that
//! reads or changes a host exists on Linux only.

pub mod change;
pub mod facts;
pub mod format;
pub mod op;
pub mod option;

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
mod modprobe;
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

#[cfg(all(feature = "fuzzing", target_os = "linux"))]
#[doc(hidden)]
pub mod fuzzing;

#[cfg(target_os = "linux")]
pub use backend::LinuxBackend;
pub use capability::capabilities;
pub use diagnosis::diagnose;
pub use facts::Facts;
pub use op::{Op, explain, ops_for};
