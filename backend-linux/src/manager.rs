//! Who else manages an interface.
//!
//! In: the files that NetworkManager and systemd-networkd keep under `/run`. Out: a [`Manager`].
//!
//! Quirks: both leave their files behind when they end, so that a live process counts too; a private network namespace
//! has interface numbers of its own, so that the process must live in this one. networkd's files are not meant for
//! others ("private data. Do not parse."), but say the same since version 229 and need no D-Bus.

use std::fs;

use mpath_core::snapshot::{Kind, Manager};

use crate::sysfs::Root;

/// Which of the programs run, in this network namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Managers {
    network_manager: bool,
    networkd: bool,
}

impl Managers {
    /// Looks for the programs, if they have ever run since the start of the system.
    pub(crate) fn look(root: &Root) -> Self {
        let mut network_manager = root.path("run/NetworkManager/devices").is_dir();
        let mut networkd = root.path("run/systemd/netif/links").is_dir();
        if network_manager || networkd {
            let running = running(root);
            network_manager &= running.iter().any(|name| name == "NetworkManager");
            // comm has 15 characters (TASK_COMM_LEN).
            networkd &= running.iter().any(|name| name == "systemd-network");
        }
        Self { network_manager, networkd }
    }

    /// The manager of one interface.
    pub(crate) fn of(self, root: &Root, index: u32, kind: &Kind) -> Option<Manager> {
        let read = |folder: &str| root.read(format!("{folder}/{index}")).unwrap_or_default();
        if self.network_manager && network_manager_owns(&read("run/NetworkManager/devices"), kind) {
            return Some(Manager::NetworkManager);
        }
        (self.networkd && networkd_owns(&read("run/systemd/netif/links"))).then_some(Manager::Networkd)
    }
}

/// The names of the managers that run in this network namespace.
fn running(root: &Root) -> Vec<String> {
    let Ok(folder) = fs::read_dir(root.path("proc")) else { return Vec::new() };
    let is_process = |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit);
    folder
        .flatten()
        .filter(is_process)
        .filter_map(|process| Some((fs::read_to_string(process.path().join("comm")).ok()?, process)))
        .map(|(name, process)| (name.trim().to_owned(), process))
        .filter(|(name, _)| name == "NetworkManager" || name == "systemd-network")
        .filter(|(_, process)| root.in_this_network(&process.file_name().to_string_lossy()))
        .map(|(name, _)| name)
        .collect()
}

/// NetworkManager calls a bond of others "managed" too, but touches it only if it made it ("nm-owned").
pub(crate) fn network_manager_owns(file: &str, kind: &Kind) -> bool {
    let says = |line: &str| file.lines().any(|other| other.trim() == line);
    says("managed=true") && (!matches!(kind, Kind::Group(_)) || says("nm-owned=true"))
}

/// A new interface is `pending`, then `initialized`, for a moment, also one that it then leaves alone (networkctl(1)). What
/// has a file of its already is being looked at anew; or it `failed`, since the interface was taken away from it while it
/// was at work, and the next boot configures it after all.
pub(crate) fn networkd_owns(file: &str) -> bool {
    let value = |key: &str| file.lines().find_map(|line| line.strip_prefix(key));
    match value("ADMIN_STATE=") {
        Some("configured" | "configuring") => true,
        Some("pending" | "initialized" | "failed") => value("NETWORK_FILE=").is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
