//! What `mpath agent` is made of: where it tells what happens, whom it lets know, and what it does about it.

mod hook_process;
mod hooks;
mod log;

pub(crate) use hook_process::Ending;
pub(crate) use hooks::{Hooked, Hooks};
pub(crate) use log::{Log, LogChoice, Weight};
