//! ifconfig: the real sample, the loop of `group`, refusals (facts §2).

use illumos_simulator::{Dialect, Lease, Link, Simulator, User};
use pretty_assertions::assert_eq;

use crate::{failed, host, ok, run};

/// The files of the NexentaStor host (facts §5.3), and what it showed (facts §2.4).
#[test]
fn the_hostname_files_of_nexenta_give_what_nexenta_showed() {
    let links = [Link::ether("e1000g0", "0:c:29:84:3b:ce"), Link::ether("e1000g1", "0:c:29:84:3b:d8")];
    let host = Simulator::with_binary(env!("CARGO_BIN_EXE_illumos-simulator").as_ref(), Dialect::IllumosOld, &links);
    let etc = host.root_dir().join("etc");
    let common = "netmask 255.255.255.0 broadcast + group 10g-failover deprecated -failover";
    for (name, text) in [
        ("hostname.e1000g0", format!("172.16.35.93 mtu 1500 {common} up\n")),
        ("hostname.e1000g1", format!("172.16.35.94 {common} standby up\n")),
        ("hostname.ipmp0", "ipmp group 10g-failover 172.16.35.92 netmask 255.255.255.0 up\n".to_owned()),
        ("defaultrouter", "172.16.35.1\n".to_owned()),
    ] {
        std::fs::write(etc.join(name), text).unwrap();
    }
    host.reboot();
    assert_eq!(host.state().console, Vec::<String>::new());
    let shown = ok(&host, "ifconfig -a4");
    // Ours has net masks and hardware addresses that the sample cut off.
    for text in [
        "ipmp0: flags=8001000843<UP,BROADCAST,RUNNING,MULTICAST,IPv4,IPMP> mtu 1500 index 2
\tinet 172.16.35.92 netmask ffffff00 broadcast 172.16.35.255
\tgroupname 10g-failover
e1000g0: flags=1009040843<UP,BROADCAST,RUNNING,MULTICAST,DEPRECATED,IPv4,NOFAILOVER,FIXEDMTU> mtu 1500 index 3
",
        "e1000g1: flags=69040843<UP,BROADCAST,RUNNING,MULTICAST,DEPRECATED,IPv4,NOFAILOVER,STANDBY,INACTIVE> mtu 1500 index 4
\tinet 172.16.35.94 netmask ffffff00 broadcast 172.16.35.255
\tgroupname 10g-failover
\tether 0:c:29:84:3b:d8 
",
    ] {
        assert!(shown.contains(text), "{shown}");
    }
    // Facts §3, the ipmpstat of the same host.
    assert_eq!(
        ok(&host, "ipmpstat -Pg -o group,groupname,state,fdt,interfaces"),
        "ipmp0:10g-failover:ok:10.00s:e1000g0 (e1000g1)\n"
    );
    assert_eq!(
        ok(&host, "ipmpstat -Pi -o interface,active,group,flags,link,probe,state"),
        "e1000g1:no:ipmp0:is-----:up:ok:ok\ne1000g0:yes:ipmp0:--mb---:up:ok:ok\n"
    );
}

#[test]
fn a_failed_group_is_shown_failed_and_not_running() {
    // Facts §2.4
    let host = host(Dialect::IllumosOld);
    ok(&host, "ifconfig ipmp0 ipmp group home-lan 192.168.1.34/24 up");
    let flags = "ipmp0: flags=8011000803<UP,BROADCAST,MULTICAST,IPv4,FAILED,IPMP> mtu 68 index 2\n";
    assert!(ok(&host, "ifconfig ipmp0").starts_with(flags), "{}", ok(&host, "ifconfig ipmp0"));
    assert_eq!(ok(&host, "ipmpstat -Pg -o group,groupname,state"), "ipmp0:home-lan:failed\n");
}

#[test]
fn ifconfig_ipmp_starts_the_daemon() {
    // Facts §2.1, §10.3
    let host = host(Dialect::IllumosOld);
    failed(&host, "ipmpstat -g", "ipmpstat: cannot contact in.mpathd(8) -- is IPMP in use?");
    ok(&host, "ifconfig ipmp0 ipmp");
    assert_eq!(ok(&host, "ipmpstat -Pg -o group"), "ipmp0\n");
    failed(&host, "ifconfig ipmp0 ipmp", "ifconfig: cannot create IPMP interface ipmp0: Interface already exists");
    ok(&host, "ifconfig ipmp0 inet6 ipmp");
}

#[test]
fn joining_an_unknown_group_creates_the_lowest_free_ipmp_interface() {
    // Facts §2.2
    let host = host(Dialect::IllumosOld);
    ok(&host, "ifconfig net0 plumb");
    ok(&host, "ifconfig net0 group home-lan up");
    assert_eq!(ok(&host, "ipmpstat -Pg -o group,groupname,state,interfaces"), "ipmp0:home-lan:ok:net0\n");
    ok(&host, "ifconfig wlan0 plumb");
    ok(&host, "ifconfig wlan0 group other up");
    assert_eq!(ok(&host, "ipmpstat -Pg -o group,groupname"), "ipmp1:other\nipmp0:home-lan\n");
    // EALREADY: it leaves the old group first.
    ok(&host, "ifconfig wlan0 group home-lan");
    assert_eq!(ok(&host, "ipmpstat -Pg -o group,interfaces"), "ipmp1:\nipmp0:wlan0 net0\n");
}

#[test]
fn a_family_that_the_group_lacks_is_created() {
    // Facts §2.2
    let host = host(Dialect::IllumosOld);
    ok(&host, "ifconfig ipmp0 ipmp");
    ok(&host, "ifconfig net0 plumb");
    ok(&host, "ifconfig net0 inet6 plumb up");
    ok(&host, "ifconfig net0 group ipmp0 up");
    assert!(ok(&host, "ifconfig ipmp0 inet6").contains("\tinet6 fe80::"));
}

#[test]
fn the_link_local_address_comes_with_plumbing_and_is_off() {
    // IPH_LEGACY in `i_ipadm_plumb_if` of ipadm_if.c; `ipadm` plumbs without it, which facts §1.4 have too.
    let host = host(Dialect::IllumosOld);
    ok(&host, "ifconfig ipmp0 ipmp");
    ok(&host, "ifconfig ipmp0 inet6 ipmp");
    assert_eq!(ok(&host, "ipadm show-addr -p -o addrobj,state ipmp0/"), "ipmp0/?:down\n");
    ok(&host, "ifconfig ipmp0 inet6 up");
    assert!(ok(&host, "ifconfig ipmp0 inet6").contains("\tinet6 fe80::"));
    ok(&host, "ipadm create-if -t net0");
    assert!(ok(&host, "ifconfig net0 inet6").contains("\tinet6 ::/0 "));
}

#[test]
fn data_addresses_migrate_and_never_come_back() {
    // Facts §0.6, §2.2, §10.5
    let host = host(Dialect::IllumosOld);
    ok(&host, "ifconfig net0 plumb 192.168.1.34/24 up");
    ok(&host, "ifconfig net0 addif 192.168.1.36/24 up");
    ok(&host, "ifconfig ipmp0 ipmp");
    ok(&host, "ifconfig net0 group ipmp0");
    // The first replaces the stub, later ones get the next number.
    let shown = ok(&host, "ifconfig -a4");
    assert!(shown.contains("ipmp0: flags=8001000843<"), "{shown}");
    assert!(shown.contains("ipmp0:1: flags=8001000843<"), "{shown}");
    assert!(shown.contains("net0: flags=1000843<UP"), "{shown}");
    ok(&host, "ifconfig net0 group \"\"");
    assert!(ok(&host, "ifconfig net0").contains("inet 0.0.0.0 netmask 0 \n"));
    assert!(ok(&host, "ifconfig ipmp0").contains("inet 192.168.1.34 "));
}

#[test]
fn failover_must_be_off_before_up() {
    // Facts §2.2
    let host = host(Dialect::IllumosOld);
    ok(&host, "ifconfig ipmp0 ipmp");
    ok(&host, "ifconfig net0 plumb group ipmp0 192.168.1.50/24 -failover up");
    assert!(ok(&host, "ifconfig net0").contains("inet 192.168.1.50 "));
    ok(&host, "ifconfig wlan0 plumb group ipmp0 192.168.1.51/24 up");
    assert!(ok(&host, "ifconfig ipmp0").contains("inet 192.168.1.51 "));
    // Back to failover, the test address is downed, upped, and migrates.
    ok(&host, "ifconfig net0 failover");
    assert!(ok(&host, "ifconfig ipmp0:1").contains("inet 192.168.1.50 "));
    ok(&host, "ifconfig ipmp0 removeif 192.168.1.50");
    failed(&host, "ifconfig ipmp0:1", "ifconfig: status: SIOCGLIFFLAGS: ipmp0:1: no such interface");
}

#[test]
fn deprecated_stays_while_nofailover_is_set() {
    // Facts §2.1
    let host = host(Dialect::IllumosOld);
    ok(&host, "ifconfig net0 plumb 192.168.1.50/24 -failover up");
    let output = run(&host, "ifconfig net0 -deprecated");
    assert_eq!(output.stderr(), "ifconfig: setifflags: SIOCSLIFFLAGS: net0: Invalid argument\n");
}

#[test]
fn flags_of_members_cannot_be_changed_on_the_group() {
    // Facts §2.3
    let host = host(Dialect::IllumosOld);
    ok(&host, "ifconfig ipmp0 ipmp");
    for flag in ["standby", "-failover"] {
        assert!(!run(&host, &format!("ifconfig ipmp0 {flag}")).success());
    }
}

#[test]
fn an_address_of_dhcpagent_keeps_its_interface_out_of_a_group() {
    // Facts §2.2
    let host = host(Dialect::IllumosOld);
    let lease = Lease { address: "192.168.1.77/24".to_owned(), router: None };
    host.with_link("net0", |link| link.lease = Some(lease));
    ok(&host, "ifconfig net0 plumb");
    ok(&host, "ifconfig net0 dhcp");
    ok(&host, "ifconfig ipmp0 ipmp");
    failed(
        &host,
        "ifconfig net0 group ipmp0",
        "ifconfig: cannot join IPMP group: net0 has data addresses managed by dhcpagent(8)",
    );
    assert!(ok(&host, "ifconfig net0").contains("inet 192.168.1.77 "));
}

#[test]
fn plumbing_twice_complains_and_succeeds() {
    // Facts §2.2
    let host = host(Dialect::IllumosOld);
    ok(&host, "ifconfig net0 plumb");
    let output = run(&host, "ifconfig net0 plumb");
    assert_eq!(output.stderr(), "ifconfig: cannot plumb net0: Interface already exists\n");
    assert!(output.success());
}

#[test]
fn what_ifconfig_refuses() {
    // Facts §2.1, §2.2
    let host = host(Dialect::IllumosOld);
    failed(&host, "ifconfig net9", "ifconfig: status: SIOCGLIFFLAGS: net9: no such interface");
    ok(&host, "ifconfig net0 plumb group home-lan up");
    failed(&host, "ifconfig ipmp0 unplumb", "ifconfig: cannot unplumb ipmp0: IPMP group is not empty");
    ok(&host, "ifconfig ipmp1 ipmp");
    failed(&host, "ifconfig ipmp1 group home-lan", "ifconfig: SIOCSLIFGROUPNAME: ipmp1: File exists");
    failed(&host, "ifconfig ipmp1 group \"\"", "ifconfig: SIOCSLIFGROUPNAME: ipmp1: Invalid argument");
    host.set_user(User::ordinary("kim"));
    failed(&host, "ifconfig net0 down", "ifconfig: down: net0: permission denied");
    // Hardware addresses are for root only.
    assert!(!ok(&host, "ifconfig -a").contains("ether"));
}

#[test]
fn ipmgmtd_forgets_the_objects_of_an_interface_that_ifconfig_has_moved() {
    // Facts §2.1
    let host = host(Dialect::IllumosNew);
    ok(&host, "ipadm create-addr -T static -a 192.168.1.50/24 net0/v4");
    ok(&host, "ipadm create-ipmp ipmp0");
    ok(&host, "ifconfig net0 group ipmp0");
    assert_eq!(
        ok(&host, "ipadm show-addr -p -o addrobj,state,addr").lines().nth(1),
        Some("ipmp0/?:ok:192.168.1.50/24")
    );
    // Nothing of it is saved.
    host.reboot();
    assert_eq!(ok(&host, "ipmpstat -Pg -o interfaces"), "\n");
}

#[test]
fn loopback_is_as_everywhere() {
    let host = host(Dialect::IllumosNew);
    assert_eq!(
        ok(&host, "ifconfig -a"),
        "lo0: flags=2001000849<UP,LOOPBACK,RUNNING,MULTICAST,IPv4,VIRTUAL> mtu 8232 index 1
\tinet 127.0.0.1 netmask ff000000 
lo0: flags=2002000849<UP,LOOPBACK,RUNNING,MULTICAST,IPv6,VIRTUAL> mtu 8252 index 1
\tinet6 ::1/128 
"
    );
}

/// `setifdhcp` of ifconfig.c, `ipc_cmd_allowed` of dhcpagent's agent.c.
#[test]
fn a_client_of_ifconfig_is_released_with_a_lease_and_dropped_without() {
    let links = [Link::ether("net0", "2:0:0:0:0:1")];
    let binary = env!("CARGO_BIN_EXE_illumos-simulator").as_ref();
    let host = Simulator::with_binary(binary, Dialect::IllumosOld, &links);
    let exit = |line: &str| {
        let output = run(&host, line);
        (output.ending, output.stderr())
    };
    let told = |code, text: &str| (illumos_simulator::Ending::Exit(code), format!("ifconfig: lan0: {text}\n"));
    for line in ["ifconfig lan0 ipmp", "ifconfig net0 plumb", "ifconfig net0 group lan0", "ifconfig net0 up"] {
        ok(&host, line);
    }
    assert_eq!(exit("ifconfig lan0 dhcp drop"), told(2, "interface is not under DHCP control"));
    let late = told(4, "wait timed out, operation still pending...");
    assert_eq!(exit("ifconfig lan0 dhcp start wait 30"), late);
    ok(&host, "ifconfig lan0 dhcp start wait 0");
    assert_eq!(
        ok(&host, "ipadm show-addr -p -o addrobj,type,addr"),
        "lo0/v4:static:127.0.0.1/8\nlan0/?:dhcp:?\nlo0/v6:static:\\:\\:1/128\n"
    );
    let without = "interface not in appropriate state for command";
    assert_eq!(exit("ifconfig lan0 dhcp release"), told(2, without));
    assert_eq!(run(&host, "dhcpinfo -i lan0 Router").stderr(), format!("dhcpinfo: {without}\n"));
    ok(&host, "ifconfig lan0 dhcp drop");
    let lease = Lease { address: "192.168.1.77/24".to_owned(), router: Some("192.168.1.1".to_owned()) };
    host.with_link("net0", |link| link.lease = Some(lease));
    ok(&host, "ifconfig lan0 dhcp start wait 30");
    assert_eq!(ok(&host, "dhcpinfo -i lan0 Router"), "192.168.1.1\n");
    assert_eq!(exit("ifconfig lan0 dhcp start"), told(2, "DHCP is already running"));
    ok(&host, "ifconfig lan0 dhcp release");
    assert!(!ok(&host, "netstat -rn").contains("192.168.1.1"));
    // A boot starts it where there is the file.
    std::fs::write(host.root_dir().join("etc/hostname.lan0"), "ipmp group lan0\ndown\n").unwrap();
    std::fs::write(host.root_dir().join("etc/hostname.net0"), "group lan0\nup\n").unwrap();
    std::fs::write(host.root_dir().join("etc/dhcp.lan0"), "start\n").unwrap();
    host.reboot();
    assert_eq!(ok(&host, "dhcpinfo -i lan0 Yiaddr"), "192.168.1.77\n");
}
