use mpath_core::finding::Code;
use mpath_core::snapshot::{Controller, GroupState, Interface, Manager, Membership};

use super::*;
use crate::diagnosis::findings;
use crate::sysfs::tests::Folder;

#[test]
fn an_address_that_another_station_has_is_known_by_its_flag() {
    let text = "fe80000000000000000000000000aa01 04 40 20 80     eth0\n\
        20010db8000100000000000000000034 05 40 00 88    bond0\n\
        20010db8000100000000000000000035 05 40 00 80    bond0\n";
    assert_eq!(dad_failed(text), [("bond0".parse().unwrap(), "2001:db8:1::34/64".parse().unwrap())]);
    assert_eq!(dad_failed("nonsense\n\n0 0 0 0 zz x\n"), []);
}

/// A bond with eth0 (number 2) and wlan0 (number 3), on a host with these files.
fn host(files: &[(&str, &str)], change: fn(&mut Snapshot), test: &str) -> (Snapshot, Facts) {
    let folder = Folder::new(test);
    for (path, text) in files {
        folder.file(path, text);
    }
    let settings = crate::settings::settings_of(&[], |_| None).unwrap();
    let group = GroupState { settings, label: Some("mpath:lan".to_owned()), active: None, dhcp: Default::default() };
    let name = |text: &str| InterfaceName::new(text).unwrap();
    let mut snapshot = Snapshot::default();
    snapshot.interfaces.insert(name("bond0"), Interface::new(Kind::Group(Box::new(group))));
    for (port, kind) in [("eth0", Kind::Ethernet), ("wlan0", Kind::Wireless)] {
        let mut interface = Interface::new(kind);
        interface.controller = Some(Controller::Group(Membership::new(name("bond0"), None)));
        snapshot.interfaces.insert(name(port), interface);
    }
    change(&mut snapshot);
    let indices = [(name("bond0"), 1), (name("eth0"), 2), (name("wlan0"), 3)].into();
    let facts = survey(&Root::at(&folder.0), &snapshot, &indices, Duration::ZERO);
    (snapshot, facts)
}

/// The finding of a code: what it was seen by, as `file:line: text`, and the commands of its cure.
fn find(files: &[(&str, &str)], change: fn(&mut Snapshot), code: Code) -> (Vec<String>, Vec<String>) {
    let (snapshot, facts) = host(files, change, code.word());
    let findings = findings(&snapshot, &facts);
    let found = findings.iter().find(|finding| finding.code == code);
    let found = found.unwrap_or_else(|| panic!("not found: {code}, but {findings:#?}"));
    let seen = |evidence: &mpath_core::finding::Evidence| {
        let line = evidence.line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{}{line}: {}", evidence.source, evidence.seen)
    };
    let commands = found.cure.iter().flat_map(|cure| cure.commands.clone()).collect();
    (found.evidence.iter().map(seen).collect(), commands)
}

#[test]
fn netplans_section_of_a_member_is_found_in_its_file() {
    let yaml = "network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n";
    let (seen, cure) = find(&[("etc/netplan/00-installer.yaml", yaml)], |_| (), Code::ManagedByNetplan);
    assert_eq!(seen, ["/etc/netplan/00-installer.yaml:5: dhcp4: true"]);
    assert_eq!(
        (cure[0].as_str(), cure.last().unwrap().as_str()),
        ("netplan set ethernets.eth0.dhcp4=null", "netplan apply")
    );
}

#[test]
fn networkds_file_for_a_member_is_named_and_that_of_netplan_is_netplans() {
    let state = "# private\nADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/80-wired.network\n";
    let managed = |snapshot: &mut Snapshot| {
        snapshot.interfaces.get_mut(&InterfaceName::new("eth0").unwrap()).unwrap().manager = Some(Manager::Networkd);
    };
    let (seen, cure) = find(&[("run/systemd/netif/links/2", state)], managed, Code::ManagedByNetworkd);
    assert_eq!(seen[1], "/run/systemd/netif/links/2:3: NETWORK_FILE=/etc/systemd/network/80-wired.network");
    assert!(cure[0].ends_with("> /etc/systemd/network/10-mpath-eth0.network"), "{cure:?}");
    assert_eq!(cure[1], "networkctl reload");
    let failed = state.replace("configured", "failed");
    let (_, cure) = find(&[("run/systemd/netif/links/2", &failed)], managed, Code::ManagedByNetworkd);
    assert_eq!(cure[1], "systemctl restart systemd-networkd");
    let early = state.replace("/80-wired", "/05-netplan-eth0");
    let (_, cure) = find(&[("run/systemd/netif/links/2", &early)], managed, Code::ManagedByNetplan);
    assert!(cure[0].ends_with("> /etc/systemd/network/00-mpath-eth0.network"), "{cure:?}");
}

#[test]
fn ifupdowns_stanza_is_found_in_a_file_that_another_sources() {
    let files = [
        ("usr/sbin/ifup", ""),
        ("etc/network/interfaces", "source interfaces.d/*.cfg\n"),
        ("etc/network/interfaces.d/a.cfg", "iface eth0 inet dhcp\n  hostname x\n"),
        ("etc/network/interfaces.d/b.cfg~", "iface wlan0 inet dhcp\n"),
    ];
    let (seen, cure) = find(&files, |_| (), Code::ManagedByIfupdown);
    assert_eq!(seen, ["/etc/network/interfaces.d/a.cfg:1: iface eth0 inet dhcp"]);
    assert_eq!(cure[0], "sed -i '1,2s/^/# /' /etc/network/interfaces.d/a.cfg");
    // Without ifupdown its file means nothing.
    let (_, facts) = host(&files[1..], |_| (), "no-ifupdown");
    assert!(facts.claims.is_empty());
}

#[test]
fn a_client_and_a_supplicant_are_found_by_their_processes() {
    let files = [("proc/70/cmdline", "/sbin/dhclient\0-v\0eth0\0"), ("proc/71/cmdline", "wpa_supplicant\0-ibond0\0")];
    let (seen, cure) = find(&files, |_| (), Code::ManagedByDhcpClient);
    assert_eq!((seen, cure[0].as_str()), (vec!["/proc/70/cmdline: dhclient -v eth0".to_owned()], "kill 70"));
    let (seen, _) = find(&files, |_| (), Code::ManagedByWpaSupplicant);
    assert_eq!(seen, ["/proc/71/cmdline: wpa_supplicant -ibond0"]);
}

#[test]
fn a_blocked_radio_and_a_half_duplex_card_are_seen_in_sys() {
    let files = [
        ("sys/class/net/wlan0/phy80211/rfkill3/soft", "1\n"),
        ("sys/class/net/wlan0/phy80211/rfkill3/hard", "0\n"),
        ("sys/class/net/eth0/duplex", "half\n"),
    ];
    let (seen, cure) = find(&files, |_| (), Code::WirelessBlocked);
    assert_eq!(seen, ["/sys/class/net/wlan0/phy80211/rfkill3/soft: 1"]);
    assert_eq!(cure, ["echo 0 > /sys/class/net/wlan0/phy80211/rfkill3/soft", "ip link set dev wlan0 up"]);
    assert_eq!(find(&files, |_| (), Code::HalfDuplex).0, ["/sys/class/net/eth0/duplex: half"]);
}

#[test]
fn options_of_the_module_are_found_in_the_file_that_holds() {
    let files = [
        ("etc/modprobe.d/bond.conf", "options bonding mode=4\n"),
        ("usr/lib/modprobe.d/bond.conf", "options bonding mode=5\n"),
        ("usr/lib/modprobe.d/systemd.conf", "options bonding max_bonds=0\n"),
    ];
    let (seen, cure) = find(&files, |_| (), Code::ModuleOptions);
    assert_eq!(seen, ["/etc/modprobe.d/bond.conf:1: options bonding mode=4"]);
    assert_eq!(cure, ["sed -i '1s/.*/options bonding max_bonds=0/' /etc/modprobe.d/bond.conf"]);
}
