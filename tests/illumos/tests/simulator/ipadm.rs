//! ipadm: syntax, refusals, side effects (facts §1).

use illumos_simulator::{Dialect, Lease, Link, Media, Simulator, User, Zone};
use pretty_assertions::assert_eq;

use crate::{home_lan, host, ok, refused, run};

const NEW: Dialect = Dialect::IllumosNew;

#[test]
fn short_t_is_refused_by_the_ipmp_subcommands_only() {
    // Facts §0.2
    let host = host(NEW);
    ok(&host, "ipadm create-if -t net0");
    for subcommand in ["create-ipmp -t ipmp0", "add-ipmp -t -i net0 ipmp0", "remove-ipmp -t -i net0 ipmp0"] {
        let output = run(&host, &format!("ipadm {subcommand}"));
        assert!(output.stderr().starts_with("ipadm: unrecognized option '-t'\nusage: "), "{}", output.stderr());
        assert_eq!(output.stdout(), "\n");
    }
    ok(&host, "ipadm create-ipmp --temporary ipmp0");
    ok(&host, "ipadm add-ipmp --temporary -i net0 ipmp0");
    ok(&host, "ipadm remove-ipmp --temporary -i net0 ipmp0");
}

#[test]
fn help_goes_to_standard_error_and_succeeds() {
    // Facts §1.1, §1.2
    let host = host(NEW);
    let output = run(&host, "ipadm help");
    assert!(output.success() && output.stdout().is_empty());
    assert!(output.stderr().contains("create-ipmp"));
    let output = run(&host, "ipadm frobnicate");
    assert!(output.stderr().starts_with("ipadm: unknown subcommand 'frobnicate'\n"));
    assert!(!output.success());
    assert_eq!(ok(&host, "ipadm"), ok(&host, "ipadm show-addr"));
}

#[test]
fn create_ipmp_pings_the_daemon_first() {
    // Facts §1.4, §10.3
    let host = host(NEW);
    ok(&host, "ipadm create-if net0");
    ok(&host, "ipadm create-ipmp ipmp0");
    host.stop_mpathd();
    refused(&host, "ipadm create-ipmp ipmp1", "ipadm: Cannot ping in.mpathd: cannot contact in.mpathd");
    refused(&host, "ipadm create-ipmp home-lan", "ipadm: Cannot ping in.mpathd: cannot contact in.mpathd");
    // add-ipmp and remove-ipmp do not ask it.
    ok(&host, "ipadm add-ipmp -i net0 ipmp0");
    ok(&host, "ipadm remove-ipmp -i net0 ipmp0");
}

#[test]
fn a_name_without_a_number_is_no_interface() {
    // Facts §0.4, §1.3
    let host = host(NEW);
    refused(&host, "ipadm create-ipmp home-lan", "ipadm: Could not create home-lan : Invalid argument provided");
    let long = "i".repeat(31) + "0";
    refused(
        &host,
        &format!("ipadm create-ipmp {long}"),
        &format!("ipadm: Could not create {long} : Invalid argument provided"),
    );
    refused(
        &host,
        &format!("ipadm add-ipmp -i {long} ipmp0"),
        &format!("ipadm: Incorrect length of interface name: {long}"),
    );
    refused(&host, "ipadm show-if home-lan", "ipadm: Could not get interface(s): Invalid argument provided");
}

#[test]
fn what_create_refuses() {
    // Facts §1.4
    let host = host(NEW);
    ok(&host, "ipadm create-if net0");
    refused(&host, "ipadm create-if net0", "ipadm: Could not create net0 : Interface already exists");
    refused(&host, "ipadm create-if net9", "ipadm: Could not create net9 : Could not open DLPI link");
    ok(&host, "ipadm create-ipmp ipmp0");
    refused(&host, "ipadm create-ipmp ipmp0", "ipadm: Could not create ipmp0 : Interface already exists");
    ok(&host, "ipadm disable-if -t ipmp0");
    refused(
        &host,
        "ipadm create-ipmp ipmp0",
        "ipadm: Could not create ipmp0 : Operation not supported on disabled object",
    );
    host.with_link("wlan0", |link| link.temporary = true);
    refused(&host, "ipadm create-if wlan0", "ipadm: Could not create wlan0 : Persistent operation on temporary object");
    host.with_link("wlan0", |link| link.zone = Some("web".to_owned()));
    refused(&host, "ipadm create-if -t wlan0", "ipadm: Could not create wlan0 : Interface already in use");
}

#[test]
fn without_authorization_everything_that_changes_is_refused() {
    // Facts §1.4, §10.13
    let host = host(NEW);
    home_lan(&host);
    host.set_user(User::ordinary("kim"));
    for (line, text) in [
        ("create-ipmp ipmp1", "Could not create ipmp1 : Insufficient user authorizations"),
        ("delete-ipmp ipmp0", "Could not delete ipmp0: Insufficient user authorizations"),
        (
            "remove-ipmp -i net0 ipmp0",
            "Cannot remove interface 'net0' from IPMP interface 'ipmp0': Insufficient user authorizations",
        ),
        ("set-ifprop -p standby=off -m ip wlan0", "set-ifprop: standby: Insufficient user authorizations"),
        (
            "create-addr -T static -a 192.168.1.35/24 ipmp0/b",
            "Could not create address: Insufficient user authorizations",
        ),
        ("delete-addr ipmp0/v4", "could not delete address: Insufficient user authorizations"),
    ] {
        refused(&host, &format!("ipadm {line}"), &format!("ipadm: {text}"));
    }
    ok(&host, "ipadm show-if");
    ok(&host, "ipmpstat -g");
    host.set_user(User::network_manager("kim"));
    refused(&host, "ipadm delete-addr ipmp0/v4", "ipadm: could not delete address: Insufficient user authorizations");
    ok(&host, "pfexec ipadm delete-addr ipmp0/v4");
}

#[test]
fn a_new_group_is_failed_and_not_running() {
    // Facts §1.4, §10.8
    let host = host(NEW);
    ok(&host, "ipadm create-ipmp ipmp0");
    assert_eq!(ok(&host, "ipadm show-if -p -o class,state,current ipmp0"), "IPMP:failed:bm--I-----46\n");
    assert_eq!(ok(&host, "ipmpstat -Pg -o group,state,interfaces"), "ipmp0:failed:\n");
    // 0.0.0.0 and :: are not listed.
    assert_eq!(ok(&host, "ipadm show-addr -p -o addrobj"), "lo0/v4\nlo0/v6\n");
}

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
fn a_group_with_members_is_not_deleted() {
    // Facts §1.4, §10.6
    let host = host(NEW);
    home_lan(&host);
    refused(&host, "ipadm delete-ipmp ipmp0", "ipadm: Could not delete ipmp0: IPMP group is not empty");
    refused(&host, "ipadm disable-if -t ipmp0", "ipadm: Could not disable ipmp0: IPMP group is not empty");
    refused(&host, "ipadm delete-ipmp ipmp7", "ipadm: Could not delete ipmp7: Interface does not exist");
    ok(&host, "ipadm remove-ipmp -i net0,wlan0 ipmp0");
    ok(&host, "ipadm delete-ipmp ipmp0");
    // The data address and its object go with it.
    assert_eq!(ok(&host, "ipadm show-addr -p -o addrobj"), "lo0/v4\nlo0/v6\n");
    assert_eq!(ok(&host, "ipmpstat -g"), "");
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

#[test]
fn a_zone_that_shares_its_stack_has_no_daemon() {
    // Facts §4.6
    let host = host(NEW);
    host.set_zone(Zone::SharedIp);
    host.reboot();
    refused(&host, "ipadm create-ipmp ipmp0", "ipadm: Cannot ping in.mpathd: cannot contact in.mpathd");
    assert_eq!(ok(&host, "zonename"), "web\n");
    assert_eq!(ok(&host, "zonename -t"), "shared\n");
    refused(&host, "ipadm create-if net0", "ipadm: Could not create net0 : Permission denied");
    host.set_zone(Zone::ExclusiveIp);
    assert_eq!(ok(&host, "zonename -t"), "exclusive\n");
    // The global zone has not the flag of an exclusive stack.
    host.set_zone(Zone::Global);
    assert_eq!((ok(&host, "zonename"), ok(&host, "zonename -t")), ("global\n".to_owned(), "shared\n".to_owned()));
}

#[test]
fn every_line_of_the_database_is_as_ipmgmtd_writes_it() {
    // Facts §5.1
    let host = host(NEW);
    ok(&host, "ipadm create-ipmp ipmp0");
    ok(&host, "ipadm create-if net0");
    ok(&host, "ipadm create-if wlan0");
    ok(&host, "ipadm set-ifprop -p standby=on -m ip wlan0");
    ok(&host, "ipadm add-ipmp -i net0,wlan0 ipmp0");
    ok(&host, "ipadm create-addr -T static -a 192.168.1.34/24 ipmp0/v4");
    let text = std::fs::read_to_string(host.root_dir().join("etc/ipadm/ipadm.conf")).unwrap();
    for line in [
        "_ifname=ipmp0;_ifclass=1;_families=2,26;_mifnames=wlan0,net0;",
        "_ifname=net0;_ifclass=0;_families=2,26;_gifname=ipmp0;",
        "_protocol=ip;_ifname=wlan0;standby=on;",
        "_ifname=ipmp0;_aobjname=ipmp0/v4;_ipv4addr=192.168.1.34,;up=yes;",
        "_ifname=ipmp0;_aobjname=ipmp0/v4;prefixlen=24;",
    ] {
        assert!(text.lines().any(|there| there == line), "{line}\n{text}");
    }
}

#[test]
fn the_header_comes_again_with_every_screen() {
    // Facts §1.7
    let links: Vec<Link> =
        (0..30).map(|number| Link::ether(&format!("net{number}"), &format!("0:0:0:0:0:{number:x}"))).collect();
    let host = Simulator::with_binary(env!("CARGO_BIN_EXE_illumos-simulator").as_ref(), NEW, &links);
    let shown = ok(&host, "dladm show-link");
    let headers: Vec<usize> =
        shown.lines().enumerate().filter(|(_, line)| line.starts_with("LINK ")).map(|(index, _)| index).collect();
    assert_eq!(headers, [0, 24]);
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
