//! A group with a wireless member, on simulated radios (mac80211_hwsim). Kernels of user mode have none.

use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, ip, option, succeed, wait_until};

crate::cases!(Wifi: a_wireless_member_makes_each_member_keep_its_address, follow_with_a_wireless_member_is_refused);

/// A laptop with eth1 and a radio that is called wlan0 here.
fn laptop() -> Segment {
    let segment = Segment::new(&["eth1"]);
    succeed("modprobe", &["-r", "mac80211_hwsim"]);
    succeed("modprobe", &["mac80211_hwsim", "radios=1"]);
    // The radio appears in the first namespace; this test's network is another one.
    let find = "for p in /sys/class/ieee80211/*; do basename $p; done";
    let me = std::process::id().to_string();
    let first = |command: &str| {
        succeed("nsenter", &["-t", "1", "-n", "sh", "-c", &format!("mount -t sysfs sysfs /sys 2>/dev/null; {command}")])
    };
    let radio = first(find).lines().last().unwrap().to_owned();
    let thread = nix::unistd::gettid().to_string();
    succeed("nsenter", &["-t", "1", "-n", "iw", "phy", &radio, "set", "netns", &thread]);
    let _ = me;
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
