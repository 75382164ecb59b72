//! `ifcfg`: the files of the network scripts of Red Hat's systems, which NetworkManager's plugin `ifcfg-rh` reads too
//! (initscripts' sysconfig.txt, nm-settings-ifcfg-rh(5)): shell assignments, one file for each interface, and routes beside them.

mod assignment;
mod import;
mod ip;
mod render;
mod route;

pub use import::import;
pub use render::render;

/// Where the files lie.
pub const FOLDER: &str = "etc/sysconfig/network-scripts";

#[cfg(test)]
mod tests;
