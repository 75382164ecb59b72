//! The command line as its users meet it: standard output, standard error and exit code, as one block.
//!
//! A case is a file in `cases/`; `UPDATE_EXPECTED=1 cargo test -p mpath` writes them anew, to be read in the diff.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod adopt;
mod agent;
mod ansible;
mod binary;
mod completion;
mod confirmation;
mod doctor;
mod documents;
mod down;
mod drill;
#[cfg(target_os = "linux")]
mod drop_in_places;
mod drop_ins;
mod enable;
mod examples;
mod expected;
mod files;
mod fleet;
mod fmt;
mod format_netplan;
mod format_networkd;
mod harmless;
mod ifcfg;
mod import;
mod init;
mod json;
mod networkmanager;
mod nmstate;
mod permission;
mod plan;
mod reach;
mod recovery;
mod reference;
mod render;
mod schema;
mod shells;
mod smf;
mod status;
mod switch;
mod trust;
mod up;
mod watch;
mod world;
