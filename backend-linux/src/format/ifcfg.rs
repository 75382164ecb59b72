//! `ifcfg`: the files of the network scripts of Red Hat's systems, which NetworkManager's plugin `ifcfg-rh` reads too
//! (initscripts' sysconfig.txt, nm-settings-ifcfg-rh(5)): shell assignments, one file for each interface, and routes beside them.

mod assignment;
mod global;
mod import;
mod ip;
mod render;
mod route;

pub use import::import;
pub use render::render;

/// Where the files of interfaces lie.
const FOLDER: &str = "etc/sysconfig/network-scripts";

/// Where a file of this name would lie on a host.
pub fn place_of(name: &str) -> String {
    if name == "network" { global::FILE.to_owned() } else { format!("{FOLDER}/{name}") }
}

#[cfg(test)]
mod tests;
