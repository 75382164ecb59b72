//! Failover beyond the story: probing, three members, priorities, failback.

use std::time::Duration;

use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, option, picture, wait_for_active, wait_for_picture, wait_until};
use crate::ping::{Ping, now};
use crate::story::MARGIN;

crate::cases!(OwnNamespace:
    probes_find_a_dead_path_behind_a_link_that_is_up,
    ipv6_probes_find_a_dead_path_or_the_kernel_is_said_to_be_too_old,
    of_three_members_the_next_in_the_file_takes_over,
    priorities_decide_among_the_standbys_or_the_kernel_is_said_to_be_too_old,
    failback_never_stays_with_the_standby,
    status_tells_a_failed_member_and_a_failed_group,
    follow_keeps_the_mac_of_the_bond_over_a_failover,
);

fn probing(probe: &str) -> String {
    let (head, _) = HOME_LAN.split_once("link =").unwrap();
    format!("{head}probe = {probe}\n")
}

/// What probing every 100 ms promises at most. bond_ab_arp_inspect: down after more than (missed + 1/2) intervals; it
/// looks once an interval.
const PROBED: Duration = Duration::from_millis(100 * 2 + 50 + 100);

fn probes_find_a_dead_path_behind_a_link_that_is_up() {
    let segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(&probing(r#"{ interval = "100ms", targets = ["192.168.1.24"] }"#));
    config.succeed("up home-lan");
    assert_eq!(option("bond0", "miimon"), "0");
    assert_eq!(option("bond0", "arp_interval"), "100");
    assert_eq!(option("bond0", "arp_ip_target"), "192.168.1.24");
    assert_eq!(option("bond0", "arp_validate"), "all 3");
    wait_for_active("bond0", "eth1");
    a_dead_path_is_left_in_time(&segment, Segment::HOST);
}

/// Breaks what is behind the link of the active member, while somebody is pinged.
fn a_dead_path_is_left_in_time(segment: &Segment, pinged: &str) {
    let mut ping = Ping::start(pinged);
    // Both must have been heard before one of them can be missed.
    wait_until("both members are up", || option_of_both("mii_status") == ["up", "up"]);
    let broken = now();
    segment.break_path("eth1");
    wait_for_active("bond0", "eth0");
    let gap = ping.longest_gap(broken, now());
    assert!(gap <= PROBED + MARGIN, "{gap:?} without traffic, {PROBED:?} promised");
    assert_eq!(crate::network::read("/sys/class/net/eth1/carrier"), "1", "the link was to stay up");
}

fn option_of_both(name: &str) -> [String; 2] {
    ["eth0", "eth1"].map(|member| crate::network::read(&format!("/sys/class/net/{member}/bonding_slave/{name}")))
}

/// Whether the running kernel is at least this.
fn kernel_is(major: u32, minor: u32) -> bool {
    let release = nix::sys::utsname::uname().unwrap().release().to_string_lossy().into_owned();
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    (numbers.next().unwrap(), numbers.next().unwrap()) >= (major, minor)
}

/// An option that the kernel does not know is refused where a bond shows that beforehand, else undone afterwards.
fn is_said_to_be_too_old(config: &Config) {
    let outcome = config.mpath("up home-lan");
    assert!(matches!(outcome.code, 1 | 9), "{outcome:?}");
    assert!(!std::path::Path::new("/sys/class/net/bond0").exists(), "something was left behind");
}

fn ipv6_probes_find_a_dead_path_or_the_kernel_is_said_to_be_too_old() {
    let segment = Segment::new(&["eth0", "eth1"]);
    let text = probing(r#"{ interval = "100ms", targets = ["2001:db8:1::24"] }"#)
        .replace("192.168.1.34/24", "2001:db8:1::34/64")
        .replace("gateway   = \"192.168.1.24\"", "");
    let config = Config::new(&text);
    if !kernel_is(5, 18) {
        return is_said_to_be_too_old(&config);
    }
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    // Before that nothing is answered, neither pings nor probes.
    wait_until("the address is no longer tentative", || {
        !crate::network::ip("-6 address show dev bond0 scope global").contains("tentative")
    });
    a_dead_path_is_left_in_time(&segment, Segment::HOST6);
}

fn three(extra: &str) -> String {
    HOME_LAN.replace(r#"["eth1", "eth0"]"#, extra)
}

fn of_three_members_the_next_in_the_file_takes_over() {
    let segment = Segment::new(&["eth0", "eth1", "eth2"]);
    let config = Config::new(&three(r#"["eth1", "eth2", "eth0"]"#));
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("all links are up", || {
        option("bond0", "mii_status") == "up" && link_is_up("eth2") && link_is_up("eth0")
    });
    let mut ping = Ping::start(Segment::HOST);
    let start = now();
    segment.cut("eth1");
    wait_for_active("bond0", "eth2");
    let first = ping.longest_gap(start, now());
    let second_cut = now();
    segment.cut("eth2");
    wait_for_active("bond0", "eth0");
    let second = ping.longest_gap(second_cut, now());
    for gap in [first, second] {
        assert!(gap <= Duration::from_millis(300) + MARGIN, "{gap:?} without traffic");
    }
    segment.plug("eth1");
    wait_for_active("bond0", "eth1");
}

fn link_is_up(member: &str) -> bool {
    crate::network::read(&format!("/sys/class/net/{member}/bonding_slave/mii_status")) == "up"
}

fn priorities_decide_among_the_standbys_or_the_kernel_is_said_to_be_too_old() {
    let segment = Segment::new(&["eth0", "eth1", "eth2"]);
    let members = r#"["eth1", { name = "eth0", prio = 10 }, { name = "eth2", prio = 20 }]"#;
    let config = Config::new(&three(members));
    if !kernel_is(6, 0) {
        return is_said_to_be_too_old(&config);
    }
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("all links are up", || link_is_up("eth2") && link_is_up("eth0"));
    segment.cut("eth1");
    wait_for_active("bond0", "eth2");
}

fn failback_never_stays_with_the_standby() {
    let segment = Segment::new(&["eth0", "eth1"]);
    let text = HOME_LAN.replace("primary ", "failback = \"never\"\nprimary ");
    let config = Config::new(&text);
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("the standby is up", || link_is_up("eth0"));
    segment.cut("eth1");
    wait_for_active("bond0", "eth0");
    segment.plug("eth1");
    wait_until("eth1 is up again", || link_is_up("eth1"));
    assert_eq!(option("bond0", "active_slave"), "eth0");
}

fn status_tells_a_failed_member_and_a_failed_group() {
    let segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.mpath("status --check").expect(7);
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("the standby is up", || link_is_up("eth0"));
    let group = &config.json("status")["groups"][0];
    assert_eq!((group["name"].as_str(), group["device"].as_str()), (Some("home-lan"), Some("bond0")));
    assert_eq!((group["state"].as_str(), group["active"].as_str()), (Some("ok"), Some("eth1")));
    assert_eq!(group["members"][0]["role"], "primary");
    assert_eq!(group["members"][1]["role"], "standby");
    config.mpath("status --check").expect(0);
    segment.cut("eth1");
    wait_for_active("bond0", "eth0");
    let group = &config.json("status")["groups"][0];
    assert_eq!((group["state"].as_str(), group["active"].as_str()), (Some("degraded"), Some("eth0")));
    let member = &group["members"][0];
    assert_eq!((member["state"].as_str(), member["link"].as_str()), (Some("failed"), Some("down")));
    assert_eq!(member["failures"], 1);
    config.mpath("status --check").expect(6);
    segment.cut("eth0");
    wait_until("no member is active", || option("bond0", "active_slave").is_empty());
    config.mpath("status --check").expect(7);
}

fn follow_keeps_the_mac_of_the_bond_over_a_failover() {
    let segment = Segment::new(&["eth0", "eth1"]);
    let before = picture(&["eth0", "eth1"]);
    let mac_of = |name: &str| crate::network::read(&format!("/sys/class/net/{name}/address"));
    let config = Config::new(&HOME_LAN.replace("primary ", "mac = \"follow\"\nprimary "));
    config.succeed("up home-lan");
    assert_eq!(option("bond0", "fail_over_mac"), "follow 2");
    wait_for_active("bond0", "eth1");
    wait_until("the standby is up", || link_is_up("eth0"));
    config.mpath("plan --check").expect(0);
    // At first it is that of the member that joined first; the active one has it, the other one has the other's.
    let mac = mac_of("bond0");
    wait_until("the active member has the address of the bond", || mac_of("eth1") == mac);
    let mut macs = [mac_of("eth0"), mac_of("eth1")];
    macs.sort();
    assert_eq!(macs, ["02:00:00:00:00:01", "02:00:00:00:00:02"]);
    let mut ping = Ping::start(Segment::HOST);
    let cut = now();
    segment.cut("eth1");
    wait_for_active("bond0", "eth0");
    let gap = ping.longest_gap(cut, now());
    assert!(gap <= Duration::from_millis(300) + MARGIN, "{gap:?} without traffic");
    wait_until("the address follows", || mac_of("eth0") == mac);
    assert_eq!(mac_of("bond0"), mac, "the bond has another address");
    assert_ne!(mac_of("eth1"), mac, "two members with one address");
    config.mpath("plan --check").expect(0);
    config.succeed("down home-lan");
    segment.plug("eth1");
    wait_for_picture(&before, &["eth0", "eth1"]);
}
