use std::collections::BTreeMap;

use mpath_core::group::MacPolicy;
use mpath_core::mode::LacpSelect;
use mpath_core::{Draft, Mode, SourceFile, read};
use proptest::prelude::ProptestConfig;

use super::*;
use crate::format::ifupdown2;
use crate::format::round_trip::{groups, there_and_back};

/// What is imported from files, as text, and what is told beside it.
pub(crate) fn imported(dialect: Dialect, files: &[(&str, &str)]) -> (String, Vec<String>) {
    let files: BTreeMap<_, _> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let Import { drafts, leftovers } = import_in(&files, dialect);
    let settled: Vec<_> = drafts.into_iter().map(Draft::settle).collect();
    let told = leftovers.into_iter().chain(settled.iter().flat_map(|settled| settled.leftovers.clone()));
    let told = told.map(|leftover| format!("{:?} {}: {}", leftover.fate, leftover.origin, leftover.why)).collect();
    (settled.iter().map(|settled| settled.draft.to_toml()).collect::<Vec<_>>().join("\n"), told)
}

const HOME_LAN: &str = include_str!("../../../../tests/home-lan.toml");

#[test]
fn the_story_is_one_stanza() {
    let group = &read(&[SourceFile::new("home-lan.toml", HOME_LAN)]).unwrap().groups[0];
    let rendering = render(&[group], "/etc/mpath").unwrap();
    assert_eq!(rendering.files[0].path, "etc/network/interfaces.d/home-lan");
    assert_eq!(
        rendering.files[0].text,
        "# Made by mpath from /etc/mpath, where changes belong: the group home-lan.\n\n\
        auto bond0\n\
        iface bond0 inet static\n    \
            bond-slaves eth1 eth0\n    \
            bond-mode active-backup\n    \
            bond-miimon 100\n    \
            bond-updelay 200\n    \
            bond-downdelay 200\n    \
            bond-primary eth1\n    \
            address 192.168.1.34/24\n    \
            gateway 192.168.1.24\n"
    );
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_group_comes_back_from_ifupdown(group in groups()) {
        let (back, told) = there_and_back(&group, render, import);
        proptest::prop_assert_eq!(back, Some(group), "{}", told);
    }
}

/// What ifupdown2 cannot set before the members are in, and an interval that it does not take.
fn is_beyond_ifupdown2(group: &Group) -> bool {
    let of_mode = match group.mode() {
        Mode::Lacp(lacp) => !lacp.active || lacp.select != LacpSelect::Stable || lacp.port_key != 0,
        Mode::TransmitBalance { dynamic, .. } => !dynamic,
        _ => false,
    };
    of_mode
        || matches!(group.mac(), MacPolicy::Active | MacPolicy::Follow)
        || group.detection().link().is_some_and(|link| link.interval.get() > 255)
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_group_comes_back_from_ifupdown2_unless_it_could_not_say_it(group in groups()) {
        let (back, told) = there_and_back(&group, ifupdown2::render, ifupdown2::import);
        proptest::prop_assert_eq!(back.is_none(), is_beyond_ifupdown2(&group), "{}", &told);
        if let Some(back) = back {
            // It has no word for `mac`, and lets members share one address, which is what wired ones do by themselves.
            let mut expected = Draft::from(&group);
            if group.mac() == &MacPolicy::Shared {
                expected.remove("mac");
            }
            proptest::prop_assert_eq!(Draft::from(&back).to_toml(), expected.to_toml(), "{}", told);
        }
    }
}

#[test]
fn the_way_of_2007_is_read_with_its_commands_and_its_modules() {
    let (toml, told) = imported(
        Dialect::Ifenslave,
        &[
            (
                "etc/network/interfaces",
                "auto lo\niface lo inet loopback\n\n# wired first\nauto bond0\niface bond0 inet static\n\
                \taddress 192.168.1.34\n\tnetmask 255.255.255.0\n\tnetwork 192.168.1.0\n\tbroadcast 192.168.1.255\n\
                \tgateway 192.168.1.24\n\tdns-nameservers 192.168.1.24\n\
                \tpre-up modprobe bonding\n\tpre-up sleep 2\n\
                \tpost-up ifenslave bond0 eth1 eth0\n\
                \tup echo eth1 > /sys/class/net/bond0/bonding/primary\n\
                \tup echo 200 > /sys/class/net/$IFACE/bonding/downdelay\n\
                \tup route add -net 10.0.0.0 netmask 255.0.0.0 gw 192.168.1.9\n\
                \tup /usr/local/bin/firewall start\n\
                \tpre-down ifenslave -d bond0 eth1 eth0\n\tpost-down rmmod bonding\n\
                iface eth0 inet manual\n\twpa-ssid home\n",
            ),
            ("etc/modules", "loop\nbonding mode=1 miimon=100 updelay=200\n"),
            ("etc/modprobe.d/arch/i386", "alias bond0 bonding\n"),
        ],
    );
    assert_eq!(
        toml,
        "[group.bond0]\nmembers   = [\"eth1\", \"eth0\"]\nprimary   = \"eth1\"\nmode      = \"active-backup\"\n\
        addresses = [\"192.168.1.34/24\"]\ngateway   = \"192.168.1.24\"\n\
        routes    = [{ to = \"10.0.0.0/8\", via = \"192.168.1.9\" }]\n\n\
        [group.bond0.detection]\nlink = { interval = \"100ms\", up-delay = \"200ms\", down-delay = \"200ms\" }\n"
    );
    let file = "etc/network/interfaces";
    assert_eq!(
        told,
        [
            format!("LeftAlone {file}:2: iface lo inet loopback: no device of a group and no member"),
            format!(
                "Lost {file}:12: dns-nameservers 192.168.1.24: mpath configures no name servers: write them to /etc/resolv.conf"
            ),
            format!("Changed {file}:14: pre-up sleep 2: mpath waits by itself for what it needs"),
            format!(
                "Lost {file}:19: up /usr/local/bin/firewall start: mpath runs no commands of its own when a group comes up; `[[hook]]` does, by the agent"
            ),
            format!("LeftAlone {file}:23: wpa-ssid home: of eth0 alone; it stays with ifupdown"),
        ]
    );
}

#[test]
fn members_that_name_their_bond_templates_and_a_label_are_followed() {
    let (toml, told) = imported(
        Dialect::Ifenslave,
        &[(
            "etc/network/interfaces",
            "allow-hotplug eth0\niface eth0 inet manual\n  bond-master bond0\n  bond-primary eth1 eth0\n  bond-give-a-chance 10\n\
            iface slow inet static\n  bond_mode 1\n  bond-miimon 1000\n\
            auto bond0\niface bond0 inet dhcp inherits slow\n  bond-slaves none\n  bond-fail-over-mac 1\n  bond-min-links 1\n\
            iface bond0:1 inet static\n  address 10.0.0.7/8\n\
            iface bond0 inet6 static\n  address 2001:db8:1::34\n  netmask 64\n  gateway 2001:db8:1::1\n\
            iface eth1 inet manual\n  bond-master bond0\n  up ethtool -s eth1 speed 100\n\
            iface bond0.5 inet dhcp\nmapping eth*\n  script /bin/x\n",
        )],
    );
    assert_eq!(
        toml,
        "[group.bond0]\nmembers   = [\"eth0\", \"eth1\"]\nprimary   = \"eth1\"\nmode      = \"active-backup\"\nmac       = \"active\"\n\
        addresses = [\"10.0.0.7/8\", \"2001:db8:1::34/64\"]\ngateway   = \"2001:db8:1::1\"\ndhcp      = true\naccept-ra = false\n\n\
        [group.bond0.detection]\nlink = { interval = \"1000ms\" }\n"
    );
    let fates: Vec<_> = told.iter().map(|told| told.split(": ").next().unwrap()).collect();
    let expected = [
        "Lost etc/network/interfaces:5",
        "Changed etc/network/interfaces:13",
        "Changed etc/network/interfaces:14",
        "Changed etc/network/interfaces:16",
        "Lost etc/network/interfaces:22",
        "LeftAlone etc/network/interfaces:23",
        "LeftAlone etc/network/interfaces:24",
        "Changed etc/network/interfaces:4",
        "Lost etc/network/interfaces:13",
    ];
    assert_eq!(fates, expected, "{told:#?}");
}

#[test]
fn a_bond_that_nothing_monitors_is_told_and_monitored() {
    let text = "iface bond0 inet static\n  address 10.0.0.1/8\n  slaves eth0 eth1\n";
    let (toml, told) = imported(Dialect::Ifenslave, &[("etc/network/interfaces", text)]);
    assert!(toml.contains("mode      = \"balance-rr\"") && !toml.contains("detection"), "{toml}");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|told| told.starts_with("Changed etc/network/interfaces:1")), "{told:?}");
    assert!(told[1].contains("nothing would monitor the members"), "{told:?}");
}

#[test]
fn what_ifenslave_has_no_option_for_is_given_to_the_device_before_and_comes_back() {
    let text = "[group.bond0]\nmembers = [{ name = \"eth0\", prio = 5 }, \"eth1\"]\ndhcp = true\nprimary = \"eth1\"\n\
        detection = { probe = { interval = \"1s\", targets = [\"10.0.0.1\", \"2001:db8::1\"], missed = 5 } }\nmtu = 1400\n";
    let group = &read(&[SourceFile::new("x", text)]).unwrap().groups[0];
    let rendering = render(&[group], "x").unwrap();
    let stanza = &rendering.files[0].text;
    for line in [
        "iface bond0 inet manual\n    pre-up [ -d /sys/class/net/bond0 ] || ip link add dev bond0 type bond\n",
        "    pre-up ip link set dev bond0 type bond mode active-backup ns_ip6_target 2001:db8::1 arp_all_targets any arp_missed_max 5\n",
        "    up ip link set dev bond0 address \"$(cat /sys/class/net/eth1/bonding_slave/perm_hwaddr)\"\n",
        "    up ip link set dev eth0 type bond_slave prio 5\n",
        "    mtu 1400\n",
        "\niface bond0 inet dhcp\n",
    ] {
        assert!(stanza.contains(line), "{line}{stanza}");
    }
    let (back, told) = there_and_back(group, render, import);
    assert_eq!(back.as_ref(), Some(group), "{told}");
}

#[test]
fn what_cannot_be_said_is_refused_with_a_cure() {
    let refused = |text: &str| -> Vec<String> {
        let group = &read(&[SourceFile::new("x", text)]).unwrap().groups[0];
        render(&[group], "x").unwrap_err().into_iter().map(|(_, refusal)| refusal.to_string()).collect()
    };
    let dotted = "[group.a]\ndevice = \"bond0.5\"\nmembers = [{ mac = \"02:00:00:00:00:01\" }]\ndhcp = true\n";
    assert_eq!(
        refused(dotted),
        [
            "ifupdown takes bond0.5 for a VLAN or for a label, by the character in it",
            "the member with the MAC address 02:00:00:00:00:01 has no name, and bond-slaves takes names"
        ]
    );
}

#[test]
fn what_nobody_understands_is_told_and_makes_nothing_fall_over() {
    for text in [
        "iface\n x\n",
        "iface bond0\n bond-slaves\n up echo >\n up ip link\n address\n gateway",
        "iface :\n bond-master :\n",
        "stray\n",
    ] {
        let files = [("etc/network/interfaces", text), ("etc/modules", "bonding mode\nbonding =\n")];
        assert!(!imported(Dialect::Ifenslave, &files).1.is_empty(), "{text}");
    }
}

#[test]
fn what_stands_on_a_bond_is_told_as_that_and_half_of_a_command_too() {
    let file = "etc/network/interfaces";
    let (_, told) = imported(
        Dialect::Ifenslave,
        &[(
            file,
            "iface bond0 inet dhcp\n\tbond-slaves eth0 eth1\n\tbond-mode 1\n\tbond-miimon 100\n\tmetric 50\n\
            \tup ip addr add 10.0.0.8/8 brd + dev bond0 label bond0\n\tup ip addr add 10.0.0.9/8 dev bond0 label bond0:9\n\
            iface br0 inet manual\n\tbridge_ports eth7 bond0\niface lan inet manual\n\tvlan-raw-device bond0\n\
            iface br1 inet manual\n\tbridge_ports bond0.5\niface br2 inet manual\n\tbridge_ports bond01\n",
        )],
    );
    assert_eq!(
        told,
        [
            format!("Lost {file}:5: metric 50: mpath leaves the metric of what a lease or a router brings as it is"),
            format!(
                "Lost {file}:7: up ip addr add 10.0.0.9/8 dev bond0 label bond0:9: the rest of it is taken over, label bond0:9 is not"
            ),
            format!("LeftAlone {file}:8: iface br0 inet manual: stands on bond0, and stays with ifupdown"),
            format!("LeftAlone {file}:10: iface lan inet manual: stands on bond0, and stays with ifupdown"),
            format!("LeftAlone {file}:12: iface br1 inet manual: stands on bond0, and stays with ifupdown"),
            format!("LeftAlone {file}:14: iface br2 inet manual: no device of a group and no member"),
        ]
    );
}

#[test]
fn a_member_that_is_none_is_told_with_its_own_line() {
    let file = "etc/network/interfaces";
    let text = "iface eth0 inet manual\n\tbond-master bond0\niface eth/1 inet manual\n\tbond-master bond0\n\
        iface bond0 inet dhcp\n\tbond-mode 1\n\tbond-miimon 100\n";
    let (text, told) = imported(Dialect::Ifenslave, &[(file, text)]);
    assert!(text.contains("[\"eth0\"]"), "{text}");
    assert!(told.len() == 1 && told[0].starts_with(&format!("Lost {file}:4: bond-master bond0: ")), "{told:?}");
}

#[test]
fn an_address_that_is_not_taken_over_is_told_as_that_alone() {
    let file = "etc/network/interfaces";
    let text = "iface bond0 inet dhcp\n\tbond-slaves eth0\n\tbond-mode 1\n\tbond-miimon 100\n\
        \tdown ip addr add 10.0.0.8/8 dev bond0 nodad\n\tup ip addr add 10.0.0.9/8 dev eth7 label eth7:1\n";
    let (_, told) = imported(Dialect::Ifenslave, &[(file, text)]);
    assert_eq!(
        told,
        [
            format!(
                "Lost {file}:5: down ip addr add 10.0.0.8/8 dev bond0 nodad: mpath runs no commands of its own when a group goes down"
            ),
            format!(
                "Lost {file}:6: up ip addr add 10.0.0.9/8 dev eth7 label eth7:1: eth7 is no group, and mpath leaves it as it is"
            ),
        ]
    );
}
