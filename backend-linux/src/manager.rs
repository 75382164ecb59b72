//! Who else manages an interface.
//!
//! In: the files that NetworkManager and systemd-networkd keep under `/run`. Out: a [`Manager`].
//!
//! Quirks: both leave their files behind when they end, so that a live process counts too; a private network namespace
//! has interface numbers of its own, so that the process must live in this one. networkd's files are not meant for
//! others ("private data. Do not parse."), but say the same since version 229 and need no D-Bus.

use std::cell::OnceCell;
use std::fs;

use mpath_core::snapshot::{Kind, Manager};

use crate::sysfs::Root;

/// A program that manages interfaces.
#[derive(Debug, Default)]
struct Program {
    /// Whether it has run since the start of the system.
    has_files: bool,
    /// Whether it does now; it is looked for when one of its files says that an interface is its own.
    runs: OnceCell<bool>,
}

impl Program {
    fn look(root: &Root, files: &str) -> Self {
        Self { has_files: root.path(files).is_dir(), runs: OnceCell::new() }
    }

    fn runs(&self, root: &Root, service: &str, name: &str) -> bool {
        *self.runs.get_or_init(|| is_service(root, service, name) || runs_anywhere(root, name))
    }
}

/// Which of the programs run, in this network namespace.
#[derive(Debug, Default)]
pub(crate) struct Managers {
    network_manager: Program,
    networkd: Program,
}

/// Where they keep what they say of each interface.
const NETWORK_MANAGER: &str = "run/NetworkManager/devices";
const NETWORKD: &str = "run/systemd/netif/links";

impl Managers {
    /// Looks for what the programs leave behind.
    pub(crate) fn look(root: &Root) -> Self {
        Self { network_manager: Program::look(root, NETWORK_MANAGER), networkd: Program::look(root, NETWORKD) }
    }

    /// The manager of one interface.
    pub(crate) fn of(&self, root: &Root, index: u32, kind: &Kind) -> Option<Manager> {
        let read = |folder: &str| root.read(format!("{folder}/{index}")).unwrap_or_default();
        let Self { network_manager, networkd } = self;
        if network_manager.has_files
            && network_manager_owns(&read(NETWORK_MANAGER), kind)
            && network_manager.runs(root, "NetworkManager", "NetworkManager")
        {
            return Some(Manager::NetworkManager);
        }
        // comm has 15 characters (TASK_COMM_LEN).
        let owned = networkd.has_files
            && networkd_owns(&read(NETWORKD))
            && networkd.runs(root, "systemd-networkd", "systemd-network");
        owned.then_some(Manager::Networkd)
    }
}

/// Whether systemd runs it, as one file tells that is quick to read: in the only hierarchy of control groups, or in systemd's
/// own beside those of version 1 (cgroups(7)).
fn is_service(root: &Root, service: &str, name: &str) -> bool {
    let processes = |cgroup| root.read(format!("{cgroup}/system.slice/{service}.service/cgroup.procs"));
    let pids = ["sys/fs/cgroup", "sys/fs/cgroup/unified", "sys/fs/cgroup/systemd"].into_iter().find_map(processes);
    pids.is_some_and(|pids| pids.lines().any(|pid| root.is_process(pid, name)))
}

/// Whether any process is it, whoever started it.
fn runs_anywhere(root: &Root, name: &str) -> bool {
    let Ok(folder) = fs::read_dir(root.path("proc")) else { return false };
    let pids = folder.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    pids.filter(|pid| pid.bytes().all(|byte| byte.is_ascii_digit())).any(|pid| root.is_process(&pid, name))
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
