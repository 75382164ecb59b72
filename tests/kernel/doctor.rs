//! `mpath doctor` on the real driver: each fault is made, found with what it is seen by, and cured by what is told.

use std::process::Command;

use serde_json::Value;

use crate::mpath::{Config, HOME_LAN, run};
use crate::network::{Segment, ip, option, read, succeed, wait_for_active, wait_until};

crate::cases!(OwnNamespace:
    nothing_is_wrong_with_a_group_of_mpath_nor_with_a_good_one_of_somebody_else,
    a_bond_that_nobody_watches_is_found_and_cured,
    addresses_and_routes_of_members_are_found_and_cured,
    members_that_do_not_fit_are_found_and_cured,
    members_that_are_not_there_are_found,
    a_primary_that_does_not_carry_the_traffic_is_found_and_cured,
    a_primary_that_flaps_is_found_and_cured,
    targets_that_do_not_answer_are_found,
    a_member_that_never_hears_anything_is_found,
    an_address_that_somebody_else_has_is_found,
    a_device_of_the_driver_is_found_and_removed,
    options_of_the_module_are_found_and_cured,
    a_switch_that_forwards_late_is_found,
    what_differs_from_the_file_is_fixed_and_the_rest_is_told,
);

/// What doctor finds on this host, without a configuration.
pub(crate) fn findings() -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
    command.args(["doctor", "--listen", "0", "--json"]);
    found_by(command)
}

fn found_by(command: Command) -> Vec<Value> {
    let outcome = run(command);
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"));
    let findings = told["findings"].as_array().unwrap_or_else(|| panic!("{told}")).clone();
    let has = |severity: &str| findings.iter().any(|finding| finding["severity"] == severity);
    let code = if has("error") {
        7
    } else if has("warning") {
        6
    } else {
        0
    };
    assert_eq!(outcome.code, code, "{outcome:?}");
    findings
}

pub(crate) fn codes(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// The finding of this code, which is complete and was seen by this.
#[track_caller]
pub(crate) fn find(code: &str, seen: &str) -> Value {
    let findings = findings();
    let found = findings.iter().find(|finding| finding["code"] == code);
    let found = found.unwrap_or_else(|| panic!("not found: {code}, but {findings:#?}")).clone();
    assert!(found["evidence"].to_string().contains(seen), "not seen: {seen}: {found:#}");
    assert!(!found["cure"].as_array().unwrap().is_empty() && !found["why"].as_str().unwrap().is_empty(), "{found:#}");
    found
}

/// Types the commands of a cure.
pub(crate) fn take(cure: &Value) {
    for command in cure["commands"].as_array().unwrap() {
        succeed("sh", &["-c", command.as_str().unwrap()]);
    }
}

/// Finds a fault, types what is told first, and finds the fault no more.
#[track_caller]
pub(crate) fn find_and_cure(code: &str, seen: &str) {
    take(&find(code, seen)["cure"][0]);
    wait_until(&format!("{code} is cured"), || !codes(&findings()).contains(&code));
}

/// A bond of somebody else with eth0 and eth1, which is on.
fn bond(options: &str) -> Segment {
    let segment = Segment::new(&["eth0", "eth1"]);
    ip(&format!("link add bond0 type bond mode active-backup {options}"));
    for name in ["eth0", "eth1"] {
        ip(&format!("link set {name} master bond0"));
    }
    ip("link set bond0 up");
    segment
}

const GOOD: &str = "miimon 20 updelay 20";

/// A bond of somebody else that is as it should be, eth1 its primary.
fn good() -> Segment {
    let segment = bond(GOOD);
    ip("link set bond0 type bond primary eth1");
    wait_for_active("bond0", "eth1");
    wait_until("the standby is up", || read("/sys/class/net/eth0/bonding_slave/mii_status") == "up");
    segment
}

fn nothing_is_wrong_with_a_group_of_mpath_nor_with_a_good_one_of_somebody_else() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("doctor --listen 0");
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("the standby is up", || read("/sys/class/net/eth0/bonding_slave/mii_status") == "up");
    let outcome = config.succeed("doctor --listen 0");
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("nothing is wrong\n", ""));
    config.succeed("down home-lan");
    for name in ["eth0", "eth1"] {
        ip(&format!("link delete {name}"));
    }
    ip("netns delete sw");
    let _segment = good();
    assert_eq!(codes(&findings()), [""; 0]);
}

fn a_bond_that_nobody_watches_is_found_and_cured() {
    let segment = bond("");
    find("no-primary", "/sys/class/net/bond0/bonding/primary");
    find_and_cure("no-link-monitoring", "/sys/class/net/bond0/bonding/miimon");
    find_and_cure("no-primary", "empty");
    wait_for_active("bond0", "eth0");
    segment.cut("eth0");
    // It was the cure: now it fails over.
    wait_for_active("bond0", "eth1");
}

fn addresses_and_routes_of_members_are_found_and_cured() {
    let _segment = good();
    ip("address add 192.168.1.7/24 dev eth0");
    find_and_cure("member-has-address", "192.168.1.7/24");
    ip("address add 192.168.1.34/24 dev bond0");
    ip("route add default via 192.168.1.24 dev bond0 metric 100");
    ip("route add default via 192.168.1.24 dev eth0 metric 50 onlink");
    ip("route add 198.51.100.0/24 dev eth0");
    find_and_cure("member-has-route", "198.51.100.0/24");
    find_and_cure("default-route-on-member", "default via 192.168.1.24 metric 50 dev eth0");
    assert_eq!(codes(&findings()), [""; 0]);
    // One that does not win is a route like others.
    ip("route add default via 192.168.1.24 dev eth0 metric 200 onlink");
    find_and_cure("member-has-route", "metric 200");
}

fn members_that_do_not_fit_are_found_and_cured() {
    let _segment = good();
    ip("link set eth0 mtu 1400");
    find_and_cure("mtu-mix", "/sys/class/net/eth0/mtu");
    ip("link set eth0 address 02:00:00:00:00:99");
    find_and_cure("member-mac-differs", "02:00:00:00:00:99");
    wait_until("the standby is up", || read("/sys/class/net/eth0/bonding_slave/mii_status") == "up");
    ip("link set eth1 address 02:00:00:00:00:98");
    find_and_cure("active-member-mac", "02:00:00:00:00:98");
    ip("link add eth2 address 02:00:00:00:00:01 type veth peer name p-eth2");
    ip("link set p-eth2 up");
    ip("link set eth2 master bond0");
    find_and_cure("duplicate-mac", "eth2: Permanent HW addr: 02:00:00:00:00:01");
    ip("link set bond0 type bond num_grat_arp 0");
    find_and_cure("no-announcement", "num_grat_arp");
}

fn members_that_are_not_there_are_found() {
    let segment = good();
    segment.cut("eth0");
    wait_until("eth0 has no carrier", || read("/sys/class/net/eth0/carrier") == "0");
    find("member-no-link", "/sys/class/net/eth0/carrier");
    segment.plug("eth0");
    wait_until("it is back", || codes(&findings()).is_empty());
    ip("link set eth0 down");
    find_and_cure("member-off", "/sys/class/net/eth0/flags");
    ip("link set eth0 nomaster");
    let found = find("single-member", "eth1");
    assert_eq!((&found["device"], &found["group"]), (&"bond0".into(), &Value::Null));
}

fn a_primary_that_does_not_carry_the_traffic_is_found_and_cured() {
    let _segment = good();
    ip("link set bond0 type bond active_slave eth0");
    find_and_cure("primary-not-active", "/sys/class/net/bond0/bonding/active_slave");
    assert_eq!(option("bond0", "active_slave"), "eth1");
    // Where nobody asked for a return, there is nothing wrong.
    ip("link set bond0 type bond primary_reselect failure");
    ip("link set bond0 type bond active_slave eth0");
    assert_eq!(codes(&findings()), [""; 0]);
}

fn a_primary_that_flaps_is_found_and_cured() {
    let segment = good();
    ip("link set bond0 type bond updelay 0");
    for _ in 0..3 {
        segment.cut("eth1");
        wait_for_active("bond0", "eth0");
        segment.plug("eth1");
        wait_for_active("bond0", "eth1");
    }
    find_and_cure("failback-flaps", "/sys/class/net/eth1/bonding_slave/link_failure_count");
    assert_eq!(option("bond0", "updelay"), "5000");
    ip("link set bond0 type bond updelay 0");
    take(&find("failback-flaps", "updelay")["cure"][1]);
    assert_eq!(codes(&findings()), [""; 0]);
}

fn targets_that_do_not_answer_are_found() {
    let segment = bond("arp_interval 50 arp_validate all arp_ip_target 192.168.1.99");
    ip("address add 192.168.1.34/24 dev bond0");
    ip("link set bond0 type bond primary eth1");
    wait_until("the driver has given up", || codes(&findings()).contains(&"probe-targets-silent"));
    find("probe-targets-silent", "192.168.1.99");
    ip("link set bond0 type bond arp_ip_target 192.168.1.24");
    wait_until("both members work", || codes(&findings()).is_empty());
    segment.break_path("eth0");
    wait_until("eth0 has failed", || read("/sys/class/net/eth0/bonding_slave/mii_status") != "up");
    let found = find("path-dead", "/sys/class/net/eth0/carrier");
    assert_eq!(found["interface"], "eth0");
    succeed("bridge", &["-n", "sw", "link", "set", "dev", "p-eth0", "state", "3"]);
    wait_until("the path is back", || codes(&findings()).is_empty());
}

fn a_member_that_never_hears_anything_is_found() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    // A port that is blocked forwards again when its link comes; one that is none is silent, but for IPv6's own.
    succeed("ip", &["netns", "exec", "sw", "sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/p-eth0/disable_ipv6"]);
    ip("-n sw link set p-eth0 nomaster");
    ip(&format!("link add bond0 type bond mode active-backup {GOOD}"));
    for name in ["eth0", "eth1"] {
        ip(&format!("link set {name} master bond0"));
    }
    ip("link set bond0 type bond primary eth1");
    ip("link set bond0 up");
    ip("address add 192.168.1.34/24 dev bond0");
    wait_for_active("bond0", "eth1");
    succeed("ping", &["-q", "-c", "120", "-i", "0.002", Segment::HOST]);
    let found = find("carrier-untold", "/sys/class/net/eth0/statistics/rx_packets");
    assert_eq!(found["interface"], "eth0");
    // The cure, with a neighbour that is there, finds the dead path.
    for command in found["cure"][0]["commands"].as_array().unwrap() {
        succeed("sh", &["-c", &command.as_str().unwrap().replace("192.0.2.1", Segment::HOST)]);
    }
    wait_until("eth0 has failed", || read("/sys/class/net/eth0/bonding_slave/mii_status") == "down");
    wait_until("the dead path is found", || codes(&findings()) == ["path-dead"]);
}

fn an_address_that_somebody_else_has_is_found() {
    let _segment = good();
    ip(&format!("address add {}/64 dev bond0", Segment::HOST6));
    wait_until("the kernel has found out", || ip("-6 address show dev bond0").contains("dadfailed"));
    let found = find("dad-failed", Segment::HOST6);
    assert_eq!(found["device"], "bond0");
    take(&found["cure"][1]);
    assert_eq!(codes(&findings()), [""; 0]);
}

fn a_device_of_the_driver_is_found_and_removed() {
    ip("link add bond7 type bond");
    find_and_cure("driver-made-device", "balance-rr");
    assert!(!std::path::Path::new("/sys/class/net/bond7").exists());
}

fn options_of_the_module_are_found_and_cured() {
    let file = "/etc/modprobe.d/mpath-test.conf";
    std::fs::create_dir_all("/etc/modprobe.d").unwrap();
    std::fs::write(file, "# from long ago\noptions bonding mode=1 max_bonds=2\n").unwrap();
    let found = find("module-options", "mode=1 max_bonds=2");
    let evidence = found["evidence"].as_array().unwrap();
    let line = evidence.iter().find(|evidence| evidence["source"] == file).unwrap();
    assert_eq!(line["line"], 2);
    find_and_cure("module-options", file);
    assert_eq!(std::fs::read_to_string(file).unwrap(), "# from long ago\noptions bonding max_bonds=0\n");
    std::fs::remove_file(file).unwrap();
}

fn a_switch_that_forwards_late_is_found() {
    let _segment = good();
    let listening = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
        command.args(["doctor", "--listen", "5s", "--json"]);
        found_by(command)
    };
    ip("-n sw link set br0 type bridge stp_state 1 hello_time 100 forward_delay 200");
    let findings = listening();
    assert_eq!(codes(&findings), ["up-delay-short"]);
    let heard = findings[0]["evidence"][1]["seen"].as_str().unwrap();
    assert_eq!(heard, "BPDU of 02:00:00:00:00:24: forward delay 2 s");
    take(&findings[0]["cure"][1]);
    assert_eq!(option("bond0", "updelay"), "4000");
    assert_eq!(codes(&listening()), [""; 0]);
}

fn what_differs_from_the_file_is_fixed_and_the_rest_is_told() {
    let segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    segment.cut("eth0");
    ip("link set bond0 type bond miimon 0");
    ip("address add 192.168.1.7/24 dev eth0");
    wait_until("eth0 has no carrier", || read("/sys/class/net/eth0/carrier") == "0");
    let outcome = config.mpath("doctor home-lan --listen 0 --json").expect(7);
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let findings = told["findings"].as_array().unwrap();
    assert_eq!(codes(findings), ["no-link-monitoring", "member-no-link", "member-has-address", "drifted"]);
    assert!(findings.iter().all(|finding| finding["group"] == "home-lan"), "{told:#}");
    let outcome = config.mpath("doctor home-lan --listen 0 --fix").expect(6);
    assert!(outcome.stdout.contains("home-lan: up on bond0"), "{outcome:?}");
    assert!(outcome.stdout.contains("[member-no-link]") && !outcome.stdout.contains("[drifted]"), "{outcome:?}");
    assert!(outcome.stdout.contains("these are beyond the file"), "{outcome:?}");
    assert_eq!(option("bond0", "miimon"), "100");
    segment.plug("eth0");
    wait_until("all is well", || config.mpath("doctor home-lan --listen 0").code == 0);
    // A group that is not up is not brought up by a doctor.
    config.succeed("down home-lan");
    config.succeed("doctor --listen 0 --fix");
    assert!(!std::path::Path::new("/sys/class/net/bond0").exists());
}
