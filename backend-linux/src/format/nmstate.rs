//! `nmstate`: the YAML of nmstate (nmstate.io, "YAML API"): a state of the network that is wanted.

mod import;
mod render;

pub use import::import;
pub use render::render;

/// Where `nmstate.service` looks for states.
const FOLDER: &str = "etc/nmstate";

/// Where a file of this name would lie on a host.
pub fn place_of(name: &str) -> String {
    let ending = if is_state(name) { "" } else { ".yml" };
    format!("{FOLDER}/{name}{ending}")
}

fn is_state(name: &str) -> bool {
    [".yml", ".yaml", ".json"].iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests;
