//! Groups in the files of Linux's own tools: one module for each format, with a `render`
//! ([`Renderer`](mpath_core::render::Renderer)) and an `import` ([`Importer`](mpath_core::import::Importer)).
//!
//! All but systemd-networkd and netplan take the kernel's names for options; [`bond_option`] knows what they are in mpath's words.

pub(crate) mod bond_option;
pub mod ifupdown;
pub mod ifupdown2;
pub(crate) mod interfaces;
#[cfg(test)]
pub(crate) mod round_trip;
