//! NetworkManager: a file that takes the interfaces from it (NetworkManager.conf(5), `unmanaged-devices`), and its profiles of
//! them, which do not come up by themselves any more (nm-settings-keyfile(5), `autoconnect`): one of a group would make its
//! device with each start.

use mpath_core::InterfaceName;
use mpath_core::adoption::{FileChange, LeaveAlone};
use mpath_core::finding::Cure;
use mpath_core::import::Files;
use mpath_core::snapshot::{Kind, Manager};

use super::{HEAD, Takeover};
use crate::sysfs::Root;

const PROFILES: &str = "etc/NetworkManager/system-connections";

pub(super) fn leave(takeover: Takeover<'_>) -> Option<LeaveAlone> {
    let Takeover { root, snapshot, indices, interfaces, devices } = takeover;
    let device = devices.first()?;
    takeover.managed_by(Manager::NetworkManager).next()?;
    let names: Vec<_> = interfaces.iter().map(|name| format!("interface-name:{name}")).collect();
    let text = format!("{HEAD}[keyfile]\nunmanaged-devices+={}\n", names.join(";"));
    let mut files: Vec<_> =
        change(root, &format!("etc/NetworkManager/conf.d/90-mpath-{device}.conf"), |_| text).into_iter().collect();
    for name in root.list(PROFILES).into_iter().filter(|name| name.ends_with(".nmconnection")) {
        let file = format!("{PROFILES}/{name}");
        let of_group = |text: &str| interfaces.iter().any(|interface| is_of(text, interface));
        if Files::read(root, &file).is_some_and(|text| of_group(&text)) {
            files.extend(change(root, &file, |text| sleeping(&text)));
        }
    }
    let is_radio = |name: &&InterfaceName| snapshot.interface(name).is_some_and(|i| i.kind == Kind::Wireless);
    let radio = takeover.managed_by(Manager::NetworkManager).find(is_radio);
    let by_hand = radio.map(|radio| Cure {
        text: format!(
            "NetworkManager lets {radio} go once it leaves it alone: write its network into \
             /etc/wpa_supplicant/wpa_supplicant-{radio}.conf (wpa_passphrase(8)), let wpa_supplicant have it, and adopt again"
        ),
        commands: vec![
            format!("nmcli device set {radio} managed no"),
            format!("systemctl enable --now wpa_supplicant@{radio}"),
        ],
    });
    // Of a device that it leaves alone from its start it says nothing: the word of its last run would stay.
    let said = interfaces.iter().filter_map(|name| indices.get(name));
    let said: Vec<_> = said.map(|index| format!("/run/NetworkManager/devices/{index}")).collect();
    let reload = vec![
        "systemctl stop NetworkManager".to_owned(),
        format!("rm -f {}", said.join(" ")),
        "systemctl start NetworkManager".to_owned(),
    ];
    Some(LeaveAlone { tool: "NetworkManager".to_owned(), files, reload, by_hand: by_hand.into_iter().collect() })
}

/// Whether a profile is of an interface: bound to it, or a port of it.
fn is_of(text: &str, interface: &InterfaceName) -> bool {
    let value = |line: &str| line.split_once('=').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    let says = |key: &str| key == "interface-name" || key == "master" || key == "controller";
    text.lines().filter_map(value).any(|(key, value)| says(&key) && value == interface.as_str())
}

/// A profile that does not come up by itself.
fn sleeping(text: &str) -> String {
    let mut after = String::new();
    let mut section = String::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with('[') {
            trimmed.clone_into(&mut section);
        }
        if section == "[connection]" && trimmed.split('=').next().is_some_and(|key| key.trim() == "autoconnect") {
            continue;
        }
        after += line;
        after.push('\n');
        if trimmed == "[connection]" {
            after += "autoconnect=false\n";
        }
    }
    after
}

fn change(root: &Root, file: &str, text: impl FnOnce(String) -> String) -> Option<FileChange> {
    let before = Files::read(root, file);
    let after = text(before.clone().unwrap_or_default());
    (before.as_ref() != Some(&after)).then(|| FileChange { path: format!("/{file}").into(), before, after })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use mpath_core::Snapshot;
    use mpath_core::snapshot::Interface;

    use super::*;

    #[test]
    fn a_radio_has_to_be_somebody_elses_first_and_the_way_is_told() {
        let names = ["bond0", "eth0", "wlan0"].map(|name| InterfaceName::new(name).unwrap());
        let root = Root::at(std::path::Path::new("/nonexistent"));
        let by_hand = |manager| {
            let interface = |kind| Interface { manager: Some(Manager::NetworkManager), ..Interface::new(kind) };
            let radio = Interface { manager, ..Interface::new(Kind::Wireless) };
            let all = [interface(Kind::Other("bond".to_owned())), interface(Kind::Ethernet), radio];
            let snapshot = Snapshot { interfaces: names.iter().cloned().zip(all).collect(), ..Snapshot::default() };
            let (indices, devices) = (HashMap::new(), [&names[0]]);
            let takeover =
                Takeover { root: &root, snapshot: &snapshot, indices: &indices, interfaces: &names, devices: &devices };
            leave(takeover).unwrap().by_hand
        };
        let [cure] = &by_hand(Some(Manager::NetworkManager))[..] else { panic!("one cure") };
        assert!(cure.text.contains("/etc/wpa_supplicant/wpa_supplicant-wlan0.conf"), "{}", cure.text);
        assert_eq!(cure.commands, ["nmcli device set wlan0 managed no", "systemctl enable --now wpa_supplicant@wlan0"]);
        assert_eq!(by_hand(None), []);
    }

    #[test]
    fn a_profile_of_the_group_goes_to_sleep() {
        let profile = "[connection]\nid=x\nautoconnect=true\ninterface-name=bond0\n\n[bond]\nmode=1\n";
        let wanted = "[connection]\nautoconnect=false\nid=x\ninterface-name=bond0\n\n[bond]\nmode=1\n";
        assert!(is_of(profile, &"bond0".parse().unwrap()) && !is_of(profile, &"bond1".parse().unwrap()));
        assert!(is_of("[connection]\nmaster=bond0\n", &"bond0".parse().unwrap()));
        assert_eq!(sleeping(profile), wanted);
        assert_eq!(sleeping(wanted), wanted);
    }
}
