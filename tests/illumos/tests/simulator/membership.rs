//! How `ipadm` lets interfaces join a group and leave it.

use crate::{NEW, home_lan, host, ok, refused, run};
use illumos_simulator::Media;
use pretty_assertions::assert_eq;

#[test]
fn add_ipmp_checks_in_its_order() {
    // Facts §1.4
    let host = host(NEW);
    let told = |text: &str| format!("ipadm: Cannot add interface 'net0' to IPMP interface 'ipmp0': {text}");
    let add = "ipadm add-ipmp -i net0 ipmp0";
    refused(&host, add, &told("Operation not supported on disabled object"));
    ok(&host, "ipadm create-if net0");
    refused(&host, add, &told("Operation not supported on disabled object"));
    ok(&host, "ipadm create-if wlan0");
    refused(
        &host,
        "ipadm add-ipmp -i net0 wlan0",
        "ipadm: Cannot add interface 'net0' to IPMP interface 'wlan0': Invalid argument provided",
    );
    ok(&host, "ipadm create-ipmp ipmp0");
    ok(&host, add);
    refused(&host, add, &told("Interface already in use"));
    ok(&host, "ipadm create-ipmp ipmp1");
    refused(
        &host,
        "ipadm remove-ipmp -i net0 ipmp1",
        "ipadm: Cannot remove interface 'net0' from IPMP interface 'ipmp1': Invalid argument provided",
    );
    let output = run(&host, "ipadm add-ipmp ipmp0");
    assert!(output.stderr().starts_with("ipadm: option '-i' requires a value\nusage: "));
}

#[test]
fn persistent_and_temporary_do_not_mix() {
    // Facts §1.4, §10.4
    let host = host(NEW);
    let add =
        |member: &str, text: &str| format!("ipadm: Cannot add interface '{member}' to IPMP interface 'ipmp0': {text}");
    ok(&host, "ipadm create-ipmp --temporary ipmp0");
    ok(&host, "ipadm create-if net0");
    refused(&host, "ipadm add-ipmp -i net0 ipmp0", &add("net0", "Object not found"));
    ok(&host, "ipadm create-if -t wlan0");
    refused(&host, "ipadm add-ipmp -i wlan0 ipmp0", &add("wlan0", "Invalid argument provided"));
    ok(&host, "ipadm add-ipmp --temporary -i net0,wlan0 ipmp0");
    refused(
        &host,
        "ipadm remove-ipmp -i net0 ipmp0",
        "ipadm: Cannot remove interface 'net0' from IPMP interface 'ipmp0': Object not found",
    );
    refused(
        &host,
        "ipadm remove-ipmp -i wlan0 ipmp0",
        "ipadm: Cannot remove interface 'wlan0' from IPMP interface 'ipmp0': Invalid argument provided",
    );
    refused(
        &host,
        "ipadm set-ifprop -p standby=on -m ip wlan0",
        "ipadm: set-ifprop: standby: Persistent operation on temporary object",
    );
    ok(&host, "ipadm remove-ipmp --temporary -i net0,wlan0 ipmp0");
}

#[test]
fn a_membership_removed_temporarily_is_still_in_the_database() {
    // Facts §1.4
    let host = host(NEW);
    home_lan(&host);
    ok(&host, "ipadm remove-ipmp --temporary -i net0 ipmp0");
    refused(
        &host,
        "ipadm add-ipmp -i net0 ipmp0",
        "ipadm: Cannot add interface 'net0' to IPMP interface 'ipmp0': Already exists",
    );
    host.reboot();
    assert_eq!(ok(&host, "ipmpstat -Pg -o state,interfaces"), "ok:net0 (wlan0)\n");
}

#[test]
fn the_database_is_written_before_the_kernel_refuses() {
    // Facts §1.4: mixed media
    let host = host(NEW);
    ok(&host, "ipadm create-if net0");
    ok(&host, "ipadm create-if wlan0");
    host.with_link("wlan0", |link| link.media = Media::Infiniband);
    ok(&host, "ipadm create-ipmp -i net0 ipmp0");
    refused(
        &host,
        "ipadm add-ipmp -i wlan0 ipmp0",
        "ipadm: Cannot add interface 'wlan0' to IPMP interface 'ipmp0': Invalid argument provided",
    );
    assert_eq!(host.state().database.interface("wlan0").unwrap().group.as_deref(), Some("ipmp0"));
    assert_eq!(host.state().interface("wlan0").unwrap().group, None);
}

#[test]
fn create_ipmp_leaves_the_group_where_a_member_fails() {
    // Facts §1.4
    let host = host(NEW);
    ok(&host, "ipadm create-if net0");
    refused(
        &host,
        "ipadm create-ipmp -i net0,wlan0 ipmp0",
        "ipadm: Cannot add interface 'wlan0' to IPMP interface 'ipmp0': Operation not supported on disabled object",
    );
    assert_eq!(ok(&host, "ipmpstat -Pg -o interfaces"), "net0\n");
}

#[test]
fn an_ethernet_and_a_radio_are_one_medium() {
    // Facts §0.9
    let host = host(NEW);
    home_lan(&host);
    assert_eq!(ok(&host, "dladm show-phys -p -o link,media,state"), "net0:Ethernet:up\nwlan0:WiFi:up\n");
    assert_eq!(ok(&host, "ipmpstat -Pg -o state"), "ok\n");
}

#[test]
fn a_member_can_be_deleted_and_leaves_a_stale_name() {
    // Facts §1.4, §10.6
    let host = host(NEW);
    home_lan(&host);
    ok(&host, "ipadm delete-if net0");
    assert_eq!(ok(&host, "ipmpstat -Pg -o state,interfaces"), "ok:wlan0\n");
    let text = std::fs::read_to_string(host.root_dir().join("etc/ipadm/ipadm.conf")).unwrap();
    assert!(text.contains("_ifname=ipmp0;_ifclass=1;_families=2,26;_mifnames=wlan0,net0;\n"), "{text}");
    assert!(!text.contains("_ifname=net0"));
}

#[test]
fn the_ipv6_stub_of_a_member_stays_down() {
    // Facts §1.4, the IPv6 trap
    let host = host(NEW);
    home_lan(&host);
    assert!(ok(&host, "ifconfig net0").starts_with("net0: flags=1000843<UP,"));
    assert!(ok(&host, "ifconfig net0 inet6").starts_with("net0: flags=2000840<RUNNING,"));
    ok(&host, "ipadm create-addr -T addrconf ipmp0/v6");
    ok(&host, "ipadm create-addr -T static -a 2001:db8::34/64 ipmp0/data");
    // ipmpstat counts both families and is content; nobody receives for the IPv6 address.
    assert_eq!(ok(&host, "ipmpstat -Pg -o state"), "ok\n");
    assert_eq!(ok(&host, "ipmpstat -nPa -o address,state,inbound").lines().next(), Some("2001\\:db8\\:\\:34:up:"));
    ok(&host, "ipadm create-addr -T addrconf net0/v6");
    assert_eq!(ok(&host, "ipmpstat -nPa -o address,state,inbound").lines().next(), Some("2001\\:db8\\:\\:34:up:net0"));
    // A link-local address that fails over does not start probes.
    assert_eq!(ok(&host, "ipmpstat -Pi -o probe"), "disabled\ndisabled\n");
}

#[test]
fn standby_makes_inactive_at_once() {
    // Facts §1.4, §10.9
    let host = host(NEW);
    ok(&host, "ipadm create-if wlan0");
    ok(&host, "ipadm set-ifprop -p standby=on -m ip wlan0");
    assert_eq!(ok(&host, "ipadm show-if -p -o current,persistent wlan0"), "bm---si---46:s46\n");
    assert_eq!(
        ok(&host, "ipadm show-ifprop -p standby -m ip wlan0"),
        "\
IFNAME      PROPERTY        PROTO PERM CURRENT    PERSISTENT DEFAULT    POSSIBLE
wlan0       standby         ip    rw   on         on         off        on,off
"
    );
    assert_eq!(ok(&host, "ipadm show-ifprop -c -o current -p standby wlan0"), "on\n");
    for (line, text) in [
        ("set-ifprop -p standby=on -m ipv4 wlan0", "set-ifprop: standby: Incorrect protocol family for operation"),
        ("set-ifprop -p speed=on -m ip wlan0", "set-ifprop: speed: Unknown property"),
        ("set-ifprop -p standby=on -m ip net0", "set-ifprop: standby: Interface does not exist"),
        ("set-ifprop -p standby=on -m tcp wlan0", "invalid protocol 'tcp' specified"),
        ("set-ifprop -p standby=on -p standby=off -m ip wlan0", "-p must be specified once only"),
        ("show-ifprop -p standby net0", "no such object 'net0': Interface does not exist"),
    ] {
        refused(&host, &format!("ipadm {line}"), &format!("ipadm: {text}"));
    }
    let output = run(&host, "ipadm set-ifprop -p standby -m ip wlan0");
    assert!(output.stderr().starts_with("ipadm: please specify the value to be set.\n"));
    ok(&host, "ipadm reset-ifprop -p standby -m ip wlan0");
    assert_eq!(ok(&host, "ipadm show-if -p -o current,persistent wlan0"), "bm--------46:-46\n");
}

#[test]
fn standby_is_refused_on_a_member_that_is_inactive_without_it() {
    // Facts §1.4, §2.3
    let host = host(NEW);
    home_lan(&host);
    std::fs::write(host.root_dir().join("etc/default/mpathd"), "FAILBACK=no\n").unwrap();
    ok(&host, "svcadm refresh network/ipmp");
    host.cut("net0");
    host.plug("net0");
    assert_eq!(ok(&host, "ipadm show-if -p -o current net0"), "bm----i---46\n");
    refused(
        &host,
        "ipadm set-ifprop -p standby=on -m ip net0",
        "ipadm: set-ifprop: standby: Invalid argument provided",
    );
}

#[test]
fn loopback_joins_no_group() {
    // Facts §2.3
    let host = host(NEW);
    ok(&host, "ipadm create-ipmp ipmp0");
    let output = run(&host, "ipadm add-ipmp --temporary -i lo0 ipmp0");
    assert_eq!(
        output.stderr(),
        "ipadm: Cannot add interface 'lo0' to IPMP interface 'ipmp0': Invalid argument provided"
    );
}

#[test]
fn a_member_may_be_in_one_family_only() {
    // Facts §1.4: results of both families are merged
    let host = host(NEW);
    ok(&host, "ifconfig net0 plumb");
    ok(&host, "ipadm create-ipmp ipmp0");
    ok(&host, "ipadm add-ipmp --temporary -i net0 ipmp0");
    assert_eq!(ok(&host, "ipadm show-if -p -o current net0"), "bm--------4-\n");
    ok(&host, "ipadm delete-if net0");
    assert_eq!(ok(&host, "ipmpstat -Pg -o interfaces"), "\n");
}

#[test]
fn a_member_is_not_seen_as_a_group() {
    let host = host(NEW);
    home_lan(&host);
    refused(
        &host,
        "ipadm add-ipmp -i ipmp0 net0",
        "ipadm: Cannot add interface 'ipmp0' to IPMP interface 'net0': Invalid argument provided",
    );
    refused(
        &host,
        "ipadm remove-ipmp -i ipmp0 ipmp0",
        "ipadm: Cannot remove interface 'ipmp0' from IPMP interface 'ipmp0': Invalid argument provided",
    );
}
