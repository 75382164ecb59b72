//! `script`: the commands of `ip` that `mpath plan` prints, as a shell script. It is written only: what a script does is no
//! data.
//!
//! The group's MAC address is one of a member's, which the script looks up; and members come as they are, so that they are
//! switched off and what they have is taken away first, as the kernel would keep it (`bond_enslave`).

use mpath_core::note::Note;
use mpath_core::refusal::Refusal;
use mpath_core::render::Rendering;
use mpath_core::script::{self, Platform};
use mpath_core::shell::word;
use mpath_core::snapshot::Driver;
use mpath_core::{Group, GroupName, InterfaceName, MacAddress, Snapshot, Step};

use super::may_be_wireless;
use crate::capability::capabilities;
use crate::op::explain;

/// The commands that bring groups up.
///
/// # Errors
///
/// What the format has no word for, and what a group leaves open that it must have: all of it, each with its group.
pub fn render(groups: &[&Group], source: &str) -> Result<Rendering, Vec<(GroupName, Refusal)>> {
    let mut host = Snapshot::with_members_of(groups.iter().copied());
    host.driver = Driver::NotLoaded;
    let mut addresses = Vec::new();
    for (number, (name, interface)) in (0..).zip(&mut host.interfaces) {
        let mac = stand_in(number);
        (interface.up, interface.mac, interface.permanent_mac) = (true, Some(mac), Some(mac));
        let file = format!("/sys/class/net/{name}/address");
        addresses.push((mac.to_string(), format!("\"$(cat {})\"", word(&file))));
    }
    let commands = |step: &Step| -> Vec<String> {
        let known = |line: String| addresses.iter().fold(line, |line, (mac, file)| line.replace(mac, file));
        let lines = explain(step).into_iter().map(known);
        match step {
            Step::LoadDriver => lines.map(|line| format!("[ -d /sys/module/bonding ] || {line}")).collect(),
            _ => lines.collect(),
        }
    };
    let before = |member: &InterfaceName| {
        let what = format!("# what {member} has for itself; nothing remembers it");
        vec![what, format!("ip address flush dev {}", word(member.as_str()))]
    };
    let platform = Platform { capabilities: capabilities(), host, before: &before, explain: &commands };
    let mut rendering = script::render(groups, source, &platform)?;
    for group in groups {
        if let Some(text) = may_be_wireless(group, "the script") {
            rendering.notes.push((group.name().clone(), Note::Remark { text }));
        }
        if group.addressing().dhcp || group.addressing().dhcp6 {
            let text = "the lease is asked for with dhcpcd; write another client in its place".to_owned();
            rendering.notes.push((group.name().clone(), Note::Remark { text }));
        }
    }
    Ok(rendering)
}

/// An address that stands for that of a member until the script runs: nobody's, as its second bit says.
fn stand_in(number: u16) -> MacAddress {
    let [high, low] = number.to_be_bytes();
    MacAddress::new([0x02, 0x6d, 0x70, 0x61, high, low])
}

#[cfg(test)]
mod tests {
    use mpath_core::{SourceFile, read};
    use proptest::prelude::ProptestConfig;

    use super::*;
    use crate::format::round_trip::groups;

    #[test]
    fn the_story_is_the_plan_as_a_script() {
        let text = include_str!("../../../tests/home-lan.toml");
        let group = &read(&[SourceFile::new("home-lan.toml", text)]).unwrap().groups[0];
        let rendering = render(&[group], "/etc/mpath").unwrap();
        assert_eq!(rendering.files[0].path, "home-lan.sh");
        let commands: Vec<_> =
            rendering.files[0].text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert_eq!(
            commands,
            [
                "set -e",
                "ip address flush dev eth1",
                "ip address flush dev eth0",
                "[ -d /sys/module/bonding ] || modprobe bonding max_bonds=0",
                "ip link add name bond0 address \"$(cat /sys/class/net/eth1/address)\" type bond mode active-backup miimon 100 \
                 updelay 200 downdelay 200 primary_reselect always fail_over_mac none num_grat_arp 1",
                "ip link set dev eth0 down",
                "ip link set dev eth0 master bond0",
                "ip link set dev eth1 down",
                "ip link set dev eth1 master bond0",
                "ip link set dev bond0 type bond primary eth1",
                "ip address add 192.168.1.34/24 brd + dev bond0",
                "ip link set dev bond0 up",
                "ip route add default via 192.168.1.24 dev bond0 proto static",
            ]
        );
        let text = &rendering.files[0].text;
        assert!(!text.contains("mpath:home-lan") && text.starts_with("#!/bin/sh\n"), "{text}");
    }

    proptest::proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_group_is_a_script_without_a_made_up_address(group in groups()) {
            let text = render(&[&group], "x").unwrap().files[0].text.clone();
            proptest::prop_assert!(!text.contains("02:6d:70:61"), "{}", text);
        }
    }
}
