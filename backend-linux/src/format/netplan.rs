//! `netplan`: the YAML files of netplan, for systemd-networkd behind it.
//!
//! In: netplan(5). Out: drafts; and the way back. All files are one: [`document`] joins them.

mod bond;
pub(crate) mod document;
mod import;
mod members;
mod parameters;
mod render;

pub use import::import;
pub use render::render;
