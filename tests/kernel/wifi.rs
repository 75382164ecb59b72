//! A group with a wireless member, on simulated radios (mac80211_hwsim). Kernels of user mode have none.

use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, ip, option, succeed, wait_until};

crate::cases!(Wifi: a_wireless_member_makes_each_member_keep_its_address, follow_with_a_wireless_member_is_refused);

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

fn text(mac: &str) -> String {
    let links = ip("-o link");
    let name = links.split_whitespace().find(|word| word.starts_with("wlan")).unwrap().trim_end_matches(':').to_owned();
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
