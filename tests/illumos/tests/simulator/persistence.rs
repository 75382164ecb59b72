//! What a reboot keeps (facts §5, §10.11).

use pretty_assertions::assert_eq;

use crate::{NEW, home_lan, home_lan_with_v6, host, ok};

#[test]
fn a_persistent_group_is_back_after_a_reboot() {
    let host = host(NEW);
    home_lan_with_v6(&host);
    ok(&host, "route -p add default 192.168.1.1");
    let database = host.state().database;
    let before = (ok(&host, "ipadm show-if"), ok(&host, "ipadm show-addr"), ok(&host, "netstat -rn"));
    host.reboot();
    assert_eq!(ok(&host, "ipmpstat -Pg -o state,interfaces"), "ok:net0 (wlan0)\n");
    // Order follows the order of plumbing, which is the database's.
    assert_eq!((ok(&host, "ipadm show-if"), ok(&host, "ipadm show-addr"), ok(&host, "netstat -rn")), before);
    assert_eq!(host.state().database, database);
}

#[test]
fn a_temporary_group_is_gone_after_a_reboot() {
    let host = host(NEW);
    let before = host.state().interfaces;
    for line in [
        "ipadm create-if -t net0",
        "ipadm create-if -t wlan0",
        "ipadm set-ifprop -t -p standby=on -m ip wlan0",
        "ipadm create-ipmp --temporary ipmp0",
        "ipadm add-ipmp --temporary -i net0,wlan0 ipmp0",
        "ipadm create-addr -t -T static -a 192.168.1.34/24 ipmp0/v4",
        "route add default 192.168.1.1",
    ] {
        ok(&host, line);
    }
    assert_eq!(ok(&host, "ipmpstat -Pg -o state,interfaces"), "ok:net0 (wlan0)\n");
    assert_eq!(ok(&host, "ipadm show-if -p -o ifname,persistent ipmp0"), "ipmp0:---\n");
    assert_eq!(ok(&host, "ipadm show-addr -p -o persistent ipmp0/v4"), "---\n");
    assert_eq!(ok(&host, "ipadm show-ifprop -c -o current,persistent -p standby wlan0"), "on:\n");
    host.reboot();
    assert_eq!(host.state().interfaces, before);
    assert_eq!(ok(&host, "ipmpstat -g"), "");
    assert!(!ok(&host, "netstat -rn").contains("default"));
}

#[test]
fn it_does_not_matter_which_side_of_a_membership_comes_up_last() {
    // Facts §1.4, enable-if
    let host = host(NEW);
    home_lan(&host);
    ok(&host, "ipadm disable-if -t net0");
    assert_eq!(
        ok(&host, "ipadm show-if -p -o ifname,state,current,persistent net0"),
        "net0:disabled:------------:-46\n"
    );
    assert_eq!(ok(&host, "ipmpstat -Pg -o interfaces"), "wlan0\n");
    ok(&host, "ipadm enable-if -t net0");
    assert_eq!(ok(&host, "ipmpstat -Pg -o interfaces"), "net0 (wlan0)\n");
    for name in ["net0", "wlan0", "ipmp0"] {
        ok(&host, &format!("ipadm disable-if -t {name}"));
    }
    assert_eq!(ok(&host, "ipadm show-addr -p -o addrobj,state,addr ipmp0/"), "ipmp0/v4:disabled:192.168.1.34/24\n");
    for name in ["net0", "wlan0", "ipmp0"] {
        ok(&host, &format!("ipadm enable-if -t {name}"));
    }
    assert_eq!(ok(&host, "ipmpstat -Pg -o state,interfaces"), "ok:net0 (wlan0)\n");
}

#[test]
fn a_group_comes_up_without_a_card_that_is_gone() {
    let host = host(NEW);
    home_lan(&host);
    host.with_link("net0", |link| link.present = false);
    host.reboot();
    assert_eq!(ok(&host, "ipmpstat -Pg -o state,interfaces"), "ok:wlan0\n");
    assert_eq!(ok(&host, "ipadm show-if -p -o state net0"), "disabled\n");
}

#[test]
fn a_reboot_forgets_what_if_mpadm_did() {
    // Facts §4.1, §10.10
    let host = host(NEW);
    home_lan(&host);
    ok(&host, "if_mpadm -d net0");
    host.reboot();
    assert_eq!(ok(&host, "ipmpstat -Pg -o state,interfaces"), "ok:net0 (wlan0)\n");
}

#[test]
fn a_hostname_file_displaces_what_ipadm_has_for_the_interface() {
    // Facts §5.1, §5.3
    let host = host(NEW);
    ok(&host, "ipadm create-addr -T static -a 10.0.0.5/8 net0/v4");
    let etc = host.root_dir().join("etc");
    for (name, text) in [
        ("hostname.ipmp0", "ipmp group home-lan 192.168.1.34 netmask 255.255.255.0 up\n"),
        ("hostname.net0", "group home-lan up\n"),
        ("hostname.wlan0", "group home-lan standby up\n"),
        // No digit at the end, no interface.
        ("hostname.net0.saved", "10.0.0.9\n"),
    ] {
        std::fs::write(etc.join(name), text).unwrap();
    }
    host.reboot();
    assert_eq!(host.state().console, ["found /etc/hostname.net0 or /etc/hostname6.net0, ignoring ipadm configuration"]);
    assert_eq!(ok(&host, "ipmpstat -Pg -o group,groupname,state,interfaces"), "ipmp0:home-lan:ok:net0 (wlan0)\n");
    assert_eq!(ok(&host, "ipadm show-addr -p -o addrobj,addr ipmp0/"), "ipmp0/?:192.168.1.34/24\n");
    host.cut("net0");
    assert_eq!(ok(&host, "ipmpstat -Pg -o state,interfaces"), "degraded:wlan0 [net0]\n");
}

#[test]
fn whoever_has_a_hostname6_file_is_on_after_its_lines() {
    // net-physical: each line is arguments of ifconfig, and then `ifconfig IF inet6 up`.
    let host = host(illumos_simulator::Dialect::IllumosOld);
    let etc = host.root_dir().join("etc");
    for (name, text) in [
        ("hostname.ipmp0", "ipmp group ipmp0\naddif 192.168.1.34/24 up\n"),
        ("hostname6.ipmp0", "ipmp group ipmp0\naddif 2001:db8::34/64 up\n"),
        ("hostname.net0", "group ipmp0\nup\n"),
        ("hostname6.net0", ""),
    ] {
        std::fs::write(etc.join(name), text).unwrap();
    }
    host.reboot();
    assert_eq!(host.state().console, Vec::<String>::new());
    let shown = ok(&host, "ipadm show-addr -p -o addrobj,state,addr ipmp0/");
    let states: Vec<_> = shown.lines().filter(|line| line.starts_with("ipmp0/?:ok:")).collect();
    assert!(states.len() == 3 && shown.contains("fe80\\:\\:") && shown.contains("2001\\:db8\\:\\:34/64"), "{shown}");
    assert!(host.state().interface("net0").unwrap().is_active(illumos_simulator::Family::V6));
}

#[test]
fn an_address_that_was_marked_down_stays_down() {
    let host = host(NEW);
    home_lan(&host);
    ok(&host, "ipadm down-addr ipmp0/v4");
    host.reboot();
    assert_eq!(ok(&host, "ipadm show-addr -p -o state,persistent ipmp0/v4"), "down:---\n");
    ok(&host, "ipadm up-addr ipmp0/v4");
    ok(&host, "ipadm set-addrprop -p deprecated=on ipmp0/v4");
    host.reboot();
    assert_eq!(ok(&host, "ipadm show-addr -p -o state,current,persistent ipmp0/v4"), "ok:U---d:U-d\n");
    assert_eq!(ok(&host, "ipadm show-addrprop -c -o current,persistent -p deprecated ipmp0/v4"), "on:on\n");
}
