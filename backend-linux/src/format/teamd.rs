//! `teamd`: the JSON of teamd (teamd.conf(5)): another driver than bonding, whose runners are modes of it for the most part.
//!
//! It has no addresses: what it says is no whole group, and what it is written as is not all of one.

mod import;
mod link_watch;
mod port;
mod render;

pub use import::import;
pub use render::render;

/// Where the files of instances lie (teamd@.service).
const FOLDER: &str = "etc/teamd";

/// Where a file of this name would lie on a host.
pub fn place_of(name: &str) -> String {
    let ending = if is_config(name) { "" } else { ".conf" };
    format!("{FOLDER}/{name}{ending}")
}

fn is_config(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|ending| ending == "conf" || ending == "json")
}

#[cfg(test)]
mod tests;
