//! A group with a wireless member, on simulated radios (mac80211_hwsim). Kernels of user mode have none.

use std::time::Duration;

use serde_json::Value;

use crate::doctor::{codes, find, find_and_cure, findings};
use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, ip, option, read, succeed, wait_for_active, wait_until};
use crate::ping::{Ping, now};
use crate::radio::{KEY, Laptop, lone_radio};

crate::cases!(Wifi:
    a_wireless_member_makes_each_member_keep_its_address,
    follow_with_a_wireless_member_is_refused,
    a_wireless_member_carries_on_when_the_wire_is_cut_and_gives_back,
    a_wireless_member_passes_the_filter_of_an_access_point_by_its_own_address_only,
    a_wireless_member_with_a_random_address_carries_on,
    a_wireless_member_out_of_range_is_left_and_comes_back,
    a_wireless_standby_that_associates_again_costs_no_packet,
    a_wireless_member_with_a_wrong_key_is_found_by_a_drill,
    a_wireless_member_with_a_wrong_key_is_found_by_doctor,
    a_wireless_member_with_something_wrong_is_found_and_cured,
);

fn text(mac: &str) -> String {
    HOME_LAN.replace("\"eth0\"", "\"wlan0\"").replace("primary ", &format!("{mac}\nprimary "))
}

fn a_wireless_member_makes_each_member_keep_its_address() {
    let _segment = lone_radio();
    let config = Config::new(&text(""));
    config.succeed("up home-lan");
    assert_eq!(option("bond0", "fail_over_mac"), "active 1");
    config.mpath("plan --check").expect(0);
    config.succeed("down home-lan");
    config.write(&text("mac = \"shared\""));
    config.succeed("up home-lan").says("wireless");
    assert_eq!(option("bond0", "fail_over_mac"), "none 0");
    config.succeed("down home-lan");
}

fn follow_with_a_wireless_member_is_refused() {
    let _segment = lone_radio();
    let config = Config::new(&text("mac = \"follow\""));
    config.mpath("up home-lan").expect(1).says("follow");
    assert!(!std::path::Path::new("/sys/class/net/bond0").exists());
}

/// What may pass between the loss of a link and the first packet over the other: the detection's interval and its
/// down-delay, and what a busy emulated machine adds to that.
const SOON: Duration = Duration::from_millis(300 + 500);

fn works(member: &str) -> bool {
    read(&format!("/sys/class/net/{member}/bonding_slave/mii_status")) == "up"
}

/// The radio has joined: its carrier alone does not say that it has its keys (RFC 2863, dormant).
fn is_authorized() -> bool {
    works("wlan0") && read("/sys/class/net/wlan0/operstate") == "up"
}

/// A laptop in the network, its group up, and both members at work.
fn up(filtered: bool, mac: &str, more: &str) -> (Laptop, Config) {
    let mut laptop = Laptop::new();
    laptop.serve(filtered);
    laptop.join(KEY, more);
    laptop.wait_for("CTRL-EVENT-CONNECTED");
    let config = Config::new(&text(mac));
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("the radio is associated", is_authorized);
    (laptop, config)
}

/// Cuts the wire under a ping, and plugs it in again.
fn cut_and_plug(laptop: &Laptop) {
    let mut ping = Ping::start(Segment::HOST);
    let begin = now();
    laptop.segment.cut("eth1");
    wait_for_active("bond0", "wlan0");
    // The switch, being Linux, hears of the links of its ports once a second at most (linkwatch_schedule_work), and would
    // be late with the next one. Meanwhile the radio carries the traffic.
    ping.hear_after(now() + Duration::from_secs(2));
    let back = now();
    let gap = ping.longest_gap(begin, back);
    assert!(gap <= SOON, "{gap:?} until the radio carried the traffic");
    laptop.segment.plug("eth1");
    wait_for_active("bond0", "eth1");
    ping.hear_after(now());
    let gap = ping.longest_gap(back, now());
    assert!(gap <= SOON, "{gap:?} when the wire was back");
}

fn a_wireless_member_carries_on_when_the_wire_is_cut_and_gives_back() {
    let (laptop, config) = up(false, "", "");
    cut_and_plug(&laptop);
    config.succeed("plan --check");
    config.succeed("down home-lan");
    assert!(!std::path::Path::new("/sys/class/net/bond0").exists());
}

fn a_wireless_member_passes_the_filter_of_an_access_point_by_its_own_address_only() {
    let (mut laptop, config) = up(true, "", "");
    cut_and_plug(&laptop);
    config.succeed("down home-lan");
    // With the wire's address it is somebody else.
    config.write(&text("mac = \"shared\""));
    config.succeed("up home-lan");
    let refused = laptop.wait_for("CTRL-EVENT-AUTH-REJECT");
    assert!(refused.contains("status_code=1"), "{refused}");
    assert!(!works("wlan0"));
    config.mpath("drill home-lan").expect(1).says("wlan0 is");
}

fn a_wireless_member_with_a_random_address_carries_on() {
    let (laptop, config) = up(false, "", "mac_addr=1");
    let own = read("/sys/class/net/wlan0/address");
    assert_ne!(own, "02:00:00:00:00:00", "the address is the radio's own");
    cut_and_plug(&laptop);
    config.succeed("down home-lan");
}

fn a_wireless_member_out_of_range_is_left_and_comes_back() {
    let (laptop, config) = up(false, "", "");
    config.succeed("switch home-lan --to wlan0");
    let mut ping = Ping::start(Segment::HOST);
    let begin = now();
    laptop.carry(true);
    wait_for_active("bond0", "eth1");
    ping.hear_after(now());
    let gap = ping.longest_gap(begin, now());
    // Nobody says good-bye: the radio misses some beacons first, and asks for the access point.
    assert!(gap > Duration::from_millis(300) && gap < Duration::from_secs(8), "{gap:?}");
    wait_until("the radio is lost", || !works("wlan0"));
    config.mpath("drill home-lan").expect(1).says("wlan0 is");
    laptop.carry(false);
    wait_until("the radio is back", is_authorized);
    config.succeed("switch --release");
}

fn a_wireless_standby_that_associates_again_costs_no_packet() {
    let (mut laptop, config) = up(false, "", "");
    // From outside: who only answers sends nothing that would show the switch the way again.
    let mut ping = Ping::start_at_far_side("192.168.1.34");
    let begin = now();
    for _ in 0..3 {
        laptop.associate_again();
    }
    let lost = ping.lost(begin, now());
    assert_eq!(lost, 0);
    assert_eq!(option("bond0", "active_slave"), "eth1");
    config.succeed("plan --check");
}

fn a_wireless_member_with_a_wrong_key_is_found_by_a_drill() {
    let mut laptop = Laptop::new();
    laptop.serve(false);
    laptop.join("wrong horse", "");
    laptop.wait_for("Associated with");
    let config = Config::new(&text(""));
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    // For some seconds of each attempt the carrier says that all is well: it is there before the keys are.
    wait_until("the carrier says yes", || works("wlan0"));
    assert_ne!(read("/sys/class/net/wlan0/operstate"), "up");
    let outcome = config.mpath("drill home-lan --rest 300ms --json");
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let event = &told["groups"][0]["events"][0];
    assert_eq!((&event["event"], &event["member"]), (&"hand-over".into(), &"wlan0".into()), "{outcome:?}");
    let (sent, lost) = (event["sent"].as_u64().unwrap(), event["lost"].as_u64().unwrap());
    assert!(lost + 2 >= sent && event["within"] == false, "something came through: {event}");
    wait_for_active("bond0", "eth1");
    let mut ping = Ping::start(Segment::HOST);
    ping.hear_after(now());
}

fn a_wireless_member_with_a_wrong_key_is_found_by_doctor() {
    let mut laptop = Laptop::new();
    laptop.serve(false);
    laptop.join("wrong horse", "");
    laptop.wait_for("Associated with");
    let config = Config::new(&text(""));
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    // Between two attempts it is in no network at all.
    wait_until("it is found", || codes(&findings()) == ["wireless-not-authorized"]);
    wait_until("and seen by its state", || {
        let findings = findings();
        findings.iter().any(|finding| finding["evidence"].to_string().contains("dormant"))
    });
}

fn a_wireless_member_with_something_wrong_is_found_and_cured() {
    let _segment = lone_radio();
    let radio = "wlan0";
    ip("link add bond0 type bond mode active-backup miimon 20 fail_over_mac follow");
    for name in ["eth1", radio] {
        ip(&format!("link set {name} master bond0"));
    }
    ip("link set bond0 type bond primary eth1");
    ip("link set bond0 up");
    wait_for_active("bond0", "eth1");
    find_and_cure("wireless-follow", "/sys/class/net/bond0/bonding/fail_over_mac");
    wait_for_active("bond0", "eth1");
    // There is no access point.
    assert_eq!(codes(&findings()), ["wireless-not-associated"]);

    // The same with one address for all: then that may be why.
    ip("link set bond0 down");
    for name in ["eth1", radio] {
        ip(&format!("link set {name} nomaster"));
    }
    ip("link set bond0 type bond fail_over_mac none");
    for name in ["eth1", radio] {
        ip(&format!("link set {name} down"));
        ip(&format!("link set {name} master bond0"));
    }
    ip("link set bond0 up");
    wait_for_active("bond0", "eth1");
    find("wireless-shared-mac", "none");
    find_and_cure("wireless-mac-filter", "phy80211/macaddress");
    wait_for_active("bond0", "eth1");
    assert_eq!(codes(&findings()), ["wireless-not-associated"]);

    let folder = std::fs::read_dir(format!("/sys/class/net/{radio}/phy80211")).unwrap();
    let switches = folder.map(|entry| entry.unwrap().path()).filter(|path| path.to_string_lossy().contains("rfkill"));
    let switch = switches.map(|path| path.join("soft")).next().unwrap();
    std::fs::write(&switch, "1").unwrap();
    wait_until("it is blocked", || codes(&findings()) == ["wireless-blocked"]);
    find_and_cure("wireless-blocked", "soft");
    assert_eq!(codes(&findings()), ["wireless-not-associated"]);

    succeed("iw", &["dev", radio, "set", "power_save", "on"]);
    find_and_cure("wireless-power-save", "power_save");
}
