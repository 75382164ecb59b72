//! What `mpath agent` is made of: where it tells what happens, whom it lets know, and what it does about it.

mod carrier;
mod convergence;
mod endpoint;
mod hook_process;
mod hooks;
mod log;
mod metrics;
mod outlets;

pub(crate) use carrier::CarrierWatch;
pub(crate) use convergence::{Converge, Convergence};
pub(crate) use endpoint::{Address, Endpoint};
pub(crate) use hook_process::Ending;
pub(crate) use hooks::{Hooked, Hooks};
pub(crate) use log::{Log, LogChoice, Weight};
pub(crate) use metrics::Metrics;
pub(crate) use outlets::Outlets;
