//! systemd-networkd: a file for each interface that it has, which says that it is not its business (systemd.network(5)), and
//! one beside the `.netdev` of the group's device, which lets that match no host (systemd.netdev(5), `[Match]`).
//!
//! What netplan writes is read by networkd: both files are in `/etc`, which comes before its own in `/run`.

use mpath_core::InterfaceName;
use mpath_core::adoption::{FileChange, LeaveAlone};
use mpath_core::finding::Cure;
use mpath_core::import::Files;
use mpath_core::snapshot::Manager;

use super::{HEAD, Takeover};
use crate::sysfs::Root;

/// Where its files lie, the strongest first: a file hides those of its name in later folders.
const FOLDERS: [&str; 5] = [
    "etc/systemd/network",
    "run/systemd/network",
    "usr/local/lib/systemd/network",
    "usr/lib/systemd/network",
    "lib/systemd/network",
];

pub(super) fn leave(takeover: Takeover<'_>) -> Option<LeaveAlone> {
    let Takeover { root, indices, devices, .. } = takeover;
    let (mut files, mut by_hand) = (Vec::new(), Vec::new());
    for name in takeover.managed_by(Manager::Networkd) {
        let state = indices.get(name).and_then(|index| Files::read(root, &format!("run/systemd/netif/links/{index}")));
        let theirs = state.as_deref().and_then(network_file).unwrap_or_default();
        match before(theirs) {
            Some(number) => {
                let text = format!("{HEAD}[Match]\nName={name}\n\n[Link]\nUnmanaged=yes\n");
                files.extend(change(root, &format!("etc/systemd/network/{number}-mpath-{name}.network"), text));
            }
            None => by_hand.push(Cure {
                text: format!("give {theirs}, which comes before every other file, another name, as in 10-{theirs}"),
                commands: vec![],
            }),
        }
    }
    for file in devices.iter().flat_map(|device| netdevs(root, device)) {
        let text = format!("{HEAD}[Match]\nHost=!*\n");
        files.extend(change(root, &format!("etc/systemd/network/{file}.d/90-mpath.conf"), text));
    }
    let reload = vec!["systemctl try-restart systemd-networkd".to_owned()];
    let is_there = !files.is_empty() || !by_hand.is_empty();
    is_there.then(|| LeaveAlone { tool: "systemd-networkd".to_owned(), files, reload, by_hand })
}

/// The name of the file that an interface was configured by.
fn network_file(state: &str) -> Option<&str> {
    state.lines().find_map(|line| line.strip_prefix("NETWORK_FILE="))?.rsplit('/').next()
}

/// What a file begins with that comes before theirs: the first that matches wins, by name whatever the folder.
fn before(theirs: &str) -> Option<&'static str> {
    ["10", "00", "0", "!"].into_iter().find(|number| theirs.is_empty() || *format!("{number}-mpath") < *theirs)
}

/// The files that make a device.
fn netdevs(root: &Root, device: &InterfaceName) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for folder in FOLDERS {
        for name in root.list(folder).into_iter().filter(|name| name.ends_with(".netdev")) {
            if seen.contains(&name) {
                continue;
            }
            let text = Files::read(root, &format!("{folder}/{name}")).unwrap_or_default();
            if makes(&text, device) {
                found.push(name.clone());
            }
            seen.push(name);
        }
    }
    found
}

fn makes(text: &str, device: &InterfaceName) -> bool {
    let mut section = "";
    text.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            section = line;
        }
        let value = line.split_once('=').filter(|(key, _)| key.trim() == "Name").map(|(_, value)| value.trim());
        section == "[NetDev]" && value == Some(device.as_str())
    })
}

fn change(root: &Root, file: &str, text: String) -> Option<FileChange> {
    let before = Files::read(root, file);
    (before.as_ref() != Some(&text)).then(|| FileChange { path: format!("/{file}").into(), before, after: text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_file_comes_before_theirs() {
        for (theirs, number) in [
            ("", Some("10")),
            ("80-wired.network", Some("10")),
            ("10-bond.network", Some("00")),
            ("00-bond.network", Some("0")),
        ] {
            assert_eq!(before(theirs), number, "{theirs}");
        }
        assert_eq!(before("!!.network"), None);
        assert_eq!(
            network_file("ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/a.network\n"),
            Some("a.network")
        );
    }

    #[test]
    fn only_the_device_itself_is_made_by_its_file() {
        let device = "bond0".parse().unwrap();
        assert!(makes("[NetDev]\nName = bond0\nKind=bond\n", &device));
        assert!(!makes("[NetDev]\nName=bond01\n[Match]\nName=bond0\n", &device));
    }
}
