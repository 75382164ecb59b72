//! The real NetworkManager and what `mpath render --to networkmanager` writes: `make test-formats`.

use std::os::unix::fs::PermissionsExt as _;

use crate::formats::{group_on, imported_from_kernel, so_far};
use crate::managers::{Daemon, begin};
use crate::mpath::Config;
use crate::network::{ip, wait_for_active, wait_until};

crate::cases!(Managers:
    rendered_for_networkmanager_a_group_comes_up_the_same_and_fails_over,
    rendered_for_networkmanager_other_modes_and_probes_come_up_the_same,
);

const PROFILES: &str = "/etc/NetworkManager/system-connections";

/// Brings the group up by mpath and then by NetworkManager from what mpath renders: the kernel shows the same.
fn same(config: &Config, group: &str, device: &str, is_up: impl Fn() -> bool) -> Daemon {
    config.succeed(&format!("up {group}"));
    wait_until("it is up", &is_up);
    let (by_mpath, imported) = (group_on(device), imported_from_kernel(config, group, device));
    config.succeed(&format!("down {group}"));
    let _ = std::fs::remove_dir_all(PROFILES);
    config.succeed(&format!("render {group} --to networkmanager --root /"));
    for file in std::fs::read_dir(PROFILES).unwrap() {
        assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let manager = Daemon::start("NetworkManager", &["--no-daemon"]);
    wait_until("it has brought it up", || is_up());
    pretty_assertions::assert_eq!(group_on(device), by_mpath);
    assert_eq!(imported_from_kernel(config, group, device), imported);
    manager
}

/// Whether the device has these members and addresses, none of them tentative.
fn has(device: &str, members: &[&str], addresses: &[&str]) -> bool {
    let (ports, nets) =
        (so_far(&format!("-o link show master {device}")), so_far(&format!("-o address show dev {device}")));
    members.iter().all(|member| ports.contains(&format!(" {member}")))
        && addresses.iter().all(|address| nets.contains(address))
        && !nets.contains("tentative")
}

fn rendered_for_networkmanager_a_group_comes_up_the_same_and_fails_over() {
    let (_others, segment) = begin();
    let config = Config::new(
        "[group.home-lan]\ndevice = \"bond0\"\nmembers = [\"eth1\", \"eth0\"]\nprimary = \"eth1\"\nmtu = 1400\n\
         addresses = [\"192.168.1.34/24\", \"192.168.1.35/24\", \"2001:db8:1::34/64\"]\n\
         gateway = [\"192.168.1.24\", \"2001:db8:1::24\"]\nfailback = \"better\"\npeer-notifications = 3\nmac = \"02:00:00:00:00:77\"\n\
         routes = [{ to = \"10.0.0.0/8\", via = \"192.168.1.9\", metric = 7 }, { to = \"192.0.2.0/24\" }]\n\
         detection.link = { interval = \"50ms\", up-delay = \"100ms\", down-delay = \"200ms\" }\n",
    );
    let is_up = || {
        has("bond0", &["eth0", "eth1"], &["192.168.1.34/24", "192.168.1.35/24", "2001:db8:1::34/64"])
            && so_far("-d link show dev bond0").contains("active_slave eth1")
            && so_far("-6 route show dev bond0").contains("default via 2001:db8:1::24")
            && so_far("-4 route show dev bond0").contains("default via 192.168.1.24")
    };
    let _manager = same(&config, "home-lan", "bond0", is_up);
    assert!(ip("link show dev bond0").contains("02:00:00:00:00:77"), "a pinned address is what the group shows");
    let text = config.succeed("import --from networkmanager").stdout;
    let lines: Vec<_> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert!(lines.contains(&"members = [\"eth1\", \"eth0\"]".to_owned()), "{text}");
    segment.cut("eth1");
    wait_for_active("bond0", "eth0");
    segment.plug("eth1");
}

fn rendered_for_networkmanager_other_modes_and_probes_come_up_the_same() {
    let (_others, _segment) = begin();
    for (group, text) in [
        (
            "trunk",
            "[group.trunk]\nmembers = [\"eth0\", \"eth1\"]\nmode = \"lacp\"\ntransmit-hash = \"layer3+4\"\n\
             lacp = { rate = \"fast\", min-links = 1, system-priority = 9, select = \"count\", port-key = 3 }\n\
             addresses = [\"192.168.1.34/24\"]\n",
        ),
        (
            "probes",
            "[group.probes]\nmembers = [{ mac = \"02:00:00:00:00:01\" }, { mac = \"02:00:00:00:00:02\" }]\n\
             addresses = [\"192.168.1.34/24\"]\n\
             detection.probe = { interval = \"500ms\", targets = [\"192.168.1.24\"], validate = \"active\", all-targets = true }\n",
        ),
    ] {
        let is_up = || has(group, &["eth0", "eth1"], &["192.168.1.34/24"]);
        drop(same(&Config::new(text), group, group, is_up));
        ip(&format!("link delete dev {group}"));
    }
}
