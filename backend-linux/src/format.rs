//! Groups in the files of Linux's own tools: one module for each format, with a `render`
//! ([`Renderer`](mpath_core::render::Renderer)) and an `import` ([`Importer`](mpath_core::import::Importer)).
//!
//! All but systemd-networkd and netplan take the kernel's names for options; [`bond_option`] knows what they are in mpath's words.

pub mod ifcfg;
pub mod ifupdown;
pub mod ifupdown2;
pub mod networkmanager;

pub(crate) mod bond_option;
mod fit;
pub(crate) mod interfaces;
mod key_file;
#[cfg(test)]
pub(crate) mod round_trip;
