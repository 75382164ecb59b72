//! Addresses that `ipadm` makes, shows and moves, static and leased.

use crate::{NEW, home_lan, host, ok, refused, run};
use illumos_simulator::Lease;
use pretty_assertions::assert_eq;

#[test]
fn persistent_addresses_of_a_member_become_test_addresses() {
    // Facts §0.6, §1.4, §10.5
    let host = host(NEW);
    ok(&host, "ipadm create-addr -T static -a 192.168.1.50/24 net0/v4");
    ok(&host, "ipadm create-ipmp ipmp0");
    ok(&host, "ipadm add-ipmp -i net0 ipmp0");
    assert_eq!(
        ok(&host, "ipadm show-addr -p -o addrobj,type,state,current,addr net0/v4"),
        "net0/v4:static:ok:U---d:192.168.1.50/24\n"
    );
    assert!(ok(&host, "ifconfig net0").contains("DEPRECATED,IPv4,NOFAILOVER>"));
    // It turns on probe-based detection.
    assert_eq!(ok(&host, "ipmpstat -Pg -o fdt"), "10.00s\n");
    // Leaving makes it an ordinary address again, since it is on lif 0.
    ok(&host, "ipadm remove-ipmp -i net0 ipmp0");
    assert_eq!(ok(&host, "ipadm show-addr -p -o state,current net0/v4"), "ok:U----\n");
}

#[test]
fn a_test_address_on_another_lif_keeps_its_flags_when_the_member_leaves() {
    // Facts §1.4
    let host = host(NEW);
    ok(&host, "ipadm create-addr -T static -a 192.168.1.50/24 net0/v4");
    ok(&host, "ipadm create-addr -T static -a 192.168.1.51/24 net0/b");
    ok(&host, "ipadm create-ipmp -i net0 ipmp0");
    ok(&host, "ipadm remove-ipmp -i net0 ipmp0");
    assert_eq!(ok(&host, "ipadm show-addr -p -o addrobj,current net0/"), "net0/v4:U----\nnet0/b:U---d\n");
    assert!(ok(&host, "ifconfig net0:1").contains("NOFAILOVER"));
}

#[test]
fn temporary_addresses_of_a_member_are_lost_when_it_joins() {
    // Facts §0.7
    let host = host(NEW);
    ok(&host, "ipadm create-if net0");
    ok(&host, "ipadm create-addr -t -T static -a 192.168.1.50/24 net0/v4");
    ok(&host, "ipadm create-ipmp ipmp0");
    ok(&host, "ipadm add-ipmp -i net0 ipmp0");
    assert_eq!(ok(&host, "ipadm show-addr -p -o addrobj"), "lo0/v4\nlo0/v6\n");
    // create-addr -t on a member loses what it has just made.
    ok(&host, "ipadm create-addr -t -T static -a 192.168.1.51/24 net0/b");
    assert_eq!(ok(&host, "ipadm show-addr -p -o addrobj"), "lo0/v4\nlo0/v6\n");
}

#[test]
fn an_address_of_ifconfig_on_lif_0_migrates_when_ipadm_lets_its_interface_join() {
    // Facts §1.4, §10.5
    let host = host(NEW);
    ok(&host, "ipadm create-if net0");
    ok(&host, "ifconfig net0 192.168.1.50/24 up");
    ok(&host, "ipadm create-ipmp ipmp0");
    ok(&host, "ipadm add-ipmp -i net0 ipmp0");
    assert_eq!(ok(&host, "ipadm show-addr -p -o addrobj,addr ipmp0/"), "ipmp0/?:192.168.1.50/24\n");
}

#[test]
fn another_address_of_ifconfig_makes_the_kernel_refuse() {
    // Facts §1.4
    let host = host(NEW);
    ok(&host, "ipadm create-if net0");
    ok(&host, "ifconfig net0 addif 192.168.1.50/24 up");
    ok(&host, "ipadm create-ipmp ipmp0");
    refused(
        &host,
        "ipadm add-ipmp -i net0 ipmp0",
        "ipadm: Cannot add interface 'net0' to IPMP interface 'ipmp0': Address already in use",
    );
    assert_eq!(host.state().database.interface("net0").unwrap().group.as_deref(), Some("ipmp0"));
}

#[test]
fn addresses_are_shown_as_in_the_sample() {
    // Facts §1.7
    let host = host(NEW);
    home_lan(&host);
    let shown = ok(&host, "ipadm show-addr");
    assert_eq!(
        shown,
        "\
ADDROBJ           TYPE     STATE        ADDR
lo0/v4            static   ok           127.0.0.1/8
ipmp0/v4          static   ok           192.168.1.34/24
lo0/v6            static   ok           ::1/128
"
    );
    let parsable = ok(&host, "ipadm show-addr -p -o addrobj,type,state,addr");
    assert!(parsable.contains("ipmp0/v4:static:ok:192.168.1.34/24\n"));
    assert!(parsable.contains("lo0/v6:static:ok:\\:\\:1/128\n"));
    assert_eq!(ok(&host, "ipadm show-addr -p -o addr lo0/v6"), "::1/128\n");
    refused(&host, "ipadm show-addr -p", "ipadm: -p requires -o");
    refused(&host, "ipadm show-addr ipmp0", "ipadm: Invalid address object name provided");
    refused(&host, "ipadm show-addr ipmp0/v9", "ipadm: Could not get address: Object not found");
    refused(&host, "ipadm show-if -p", "ipadm: output fields must be specified in parsable mode");
    refused(&host, "ipadm show-if -p -o all", "ipadm: output field `all' invalid in parsable mode");
    refused(&host, "ipadm show-if -p -o over", "ipadm: unknown output field: `over'");
    refused(&host, "ipadm show-if -o over", "ipadm: no valid output fields");
    let output = run(&host, "ipadm show-if -o ifname,over net0");
    assert_eq!(output.stderr(), "ipadm: warning: ignoring unknown output field: `over'\n");
    assert_eq!(output.stdout(), "IFNAME\nnet0\n");
}

#[test]
fn what_create_addr_and_delete_addr_refuse() {
    // Facts §1.2, §1.6
    let host = host(NEW);
    home_lan(&host);
    for (line, text) in [
        (
            "create-addr -T static -a 192.168.1.35/24 ipmp0/v4",
            "Could not create address: Address object already exists",
        ),
        ("create-addr -T static -a 192.168.1.300/24 ipmp0/b", "Error in setting local address: Invalid address"),
        (
            "create-addr -T static -a 192.168.1.35/24 ipmp0/b-c",
            "Error in creating address object: Invalid argument provided",
        ),
        ("create-addr -T static ipmp0/b", "Missing local address"),
        ("create-addr -T magic ipmp0/b", "Invalid address type magic"),
        ("create-addr -T static -a 10.0.0.1/8 net7/b", "Could not create address: Could not open DLPI link"),
        ("delete-addr ipmp0/b", "could not delete address: Object not found"),
        ("up-addr ipmp0/b", "Could not mark the address up: Object not found"),
        ("down-addr ipmp0/b", "Could not mark the address down: Object not found"),
        ("refresh-addr ipmp0/b", "could not refresh address Object not found"),
        ("disable-addr -t ipmp0/b", "could not disable address: Object not found"),
        ("enable-addr -t ipmp0/b", "could not enable address: Object not found"),
        ("disable-if net0", "persistent operation not supported for disable-if"),
    ] {
        refused(&host, &format!("ipadm {line}"), &format!("ipadm: {text}"));
    }
    let output = run(&host, "ipadm create-addr -T static -a 192.168.1.35/24 ipmp0");
    assert!(output.stderr().starts_with("ipadm: invalid address object name: ipmp0\nusage: "));
    let output = run(&host, "ipadm create-addr -a 192.168.1.35/24 ipmp0/b");
    assert!(output.stderr().starts_with("ipadm: Invalid arguments\nusage: "));
    let output = run(&host, "ipadm create-if");
    assert!(output.stderr().starts_with("ipadm: usage: "));
    let output = run(&host, "ipadm delete-if");
    assert!(output.stderr().starts_with("ipadm: Usage: "));
}

#[test]
fn a_duplicate_address_is_told_by_show_addr_only() {
    // Facts §1.4
    let host = host(NEW);
    home_lan(&host);
    host.with_link("net0", |link| link.hosts.push("192.168.1.35".parse().unwrap()));
    ok(&host, "ipadm create-addr -T static -a 192.168.1.35/24 ipmp0/b");
    assert_eq!(ok(&host, "ipadm show-addr -p -o state ipmp0/b"), "duplicate\n");
    host.with_link("net0", |link| link.hosts.clear());
    ok(&host, "ipadm refresh-addr ipmp0/b");
    assert_eq!(ok(&host, "ipadm show-addr -p -o state ipmp0/b"), "ok\n");
}

#[test]
fn a_lease_that_does_not_come_is_a_warning() {
    // Facts §1.2, §1.6, §1.7
    let host = host(NEW);
    home_lan(&host);
    let output = run(&host, "ipadm create-addr -T dhcp -w 5 ipmp0/dhcp");
    assert!(output.success());
    assert_eq!(output.stderr(), "ipadm: warning: Communication with dhcpagent timed out\n");
    assert_eq!(ok(&host, "ipadm show-addr -p -o type,addr ipmp0/dhcp"), "dhcp:?\n");
    ok(&host, "ipadm delete-addr -r ipmp0/dhcp");
    let lease = Lease { address: "192.168.1.77/24".to_owned(), router: Some("192.168.1.1".to_owned()) };
    host.with_link("net0", |link| link.lease = Some(lease));
    ok(&host, "ipadm create-addr -T dhcp ipmp0/dhcp");
    assert_eq!(ok(&host, "ipadm show-addr -p -o type,state,addr ipmp0/dhcp"), "dhcp:ok:192.168.1.77/24\n");
    // The static address is on ipmp0 itself, and the client on the next logical interface.
    assert_eq!(ok(&host, "dhcpinfo -i ipmp0:1 Router"), "192.168.1.1\n");
    let output = run(&host, "dhcpinfo -i ipmp0 Router");
    assert_eq!(output.stderr(), "dhcpinfo: interface is not under DHCP control\n");
    assert!(ok(&host, "netstat -rn").contains("default              192.168.1.1          UG"));
}

#[test]
fn a_lease_of_the_group_is_asked_for_until_a_member_is_active() {
    // Facts §6
    let host = host(NEW);
    home_lan(&host);
    for link in ["net0", "wlan0"] {
        let lease = Lease { address: "192.168.1.77/24".to_owned(), router: Some("192.168.1.1".to_owned()) };
        host.with_link(link, |link| link.lease = Some(lease));
    }
    ok(&host, "ipadm create-addr -T dhcp ipmp0/dhcp");
    host.cut("net0");
    host.cut("wlan0");
    host.reboot();
    assert_eq!(ok(&host, "ipadm show-addr -p -o addr ipmp0/dhcp"), "?\n");
    host.plug("wlan0");
    assert_eq!(ok(&host, "ipadm show-addr -p -o state,addr ipmp0/dhcp"), "ok:192.168.1.77/24\n");
    assert_eq!(host.state().routes.len(), 1);
    host.plug("net0");
    assert_eq!(ok(&host, "ipmpstat -nPa -o address,inbound").lines().next(), Some("192.168.1.77:net0"));
}

#[test]
fn a_lease_of_a_member_becomes_a_test_address() {
    // Facts §1.4, §6
    let host = host(NEW);
    let lease = Lease { address: "192.168.1.77/24".to_owned(), router: Some("192.168.1.1".to_owned()) };
    host.with_link("net0", |link| link.lease = Some(lease));
    ok(&host, "ipadm create-addr -T dhcp net0/dhcp");
    ok(&host, "ipadm create-ipmp -i net0 ipmp0");
    assert_eq!(ok(&host, "ipadm show-addr -p -o state,current net0/dhcp"), "ok:U---d\n");
    assert!(!ok(&host, "netstat -rn").contains("default"));
}
