//! A group with a wireless member, on simulated radios (mac80211_hwsim). Kernels of user mode have none.

use crate::doctor::{codes, find, find_and_cure, findings};
use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, ip, option, succeed, wait_for_active, wait_until};

crate::cases!(Wifi:
    a_wireless_member_makes_each_member_keep_its_address,
    follow_with_a_wireless_member_is_refused,
    what_is_wrong_with_a_radio_is_found_and_cured,
);

/// A laptop with eth1 and a radio that is called wlan0 here.
fn laptop() -> Segment {
    let segment = Segment::new(&["eth1"]);
    succeed("modprobe", &["-r", "mac80211_hwsim"]);
    succeed("modprobe", &["mac80211_hwsim", "radios=1"]);
    // The radio appears in the network of the first process, and is sent here from there.
    let in_first =
        |words: &str| succeed("nsenter", &["-t", "1", "-n"].into_iter().chain(words.split(' ')).collect::<Vec<_>>());
    let radios = in_first("iw phy");
    // By its number, as /sys, where iw would look its name up, is that of this test already.
    let radio = radios.lines().find_map(|line| line.trim().strip_prefix("wiphy index: ")).unwrap();
    let here = nix::unistd::gettid();
    in_first(&format!("iw phy#{radio} set netns {here}"));
    wait_until("the radio is here", || ip("-o link").contains("wlan"));
    segment
}

/// The name of the radio.
fn radio() -> String {
    let links = ip("-o link");
    links.split_whitespace().find(|word| word.starts_with("wlan")).unwrap().trim_end_matches(':').to_owned()
}

fn text(mac: &str) -> String {
    let name = radio();
    HOME_LAN.replace("\"eth0\"", &format!("\"{name}\"")).replace("primary ", &format!("{mac}\nprimary "))
}

fn a_wireless_member_makes_each_member_keep_its_address() {
    let _segment = laptop();
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
    let _segment = laptop();
    let config = Config::new(&text("mac = \"follow\""));
    config.mpath("up home-lan").expect(1).says("follow");
    assert!(!std::path::Path::new("/sys/class/net/bond0").exists());
}

fn what_is_wrong_with_a_radio_is_found_and_cured() {
    let _segment = laptop();
    let radio = radio();
    ip("link add bond0 type bond mode active-backup miimon 20 fail_over_mac follow");
    for name in ["eth1", radio.as_str()] {
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
    for name in ["eth1", radio.as_str()] {
        ip(&format!("link set {name} nomaster"));
    }
    ip("link set bond0 type bond fail_over_mac none");
    for name in ["eth1", radio.as_str()] {
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

    succeed("iw", &["dev", &radio, "set", "power_save", "on"]);
    find_and_cure("wireless-power-save", "power_save");
}
