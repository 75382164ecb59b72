//! Rendered files, brought up by the real systemd-networkd, as Debian packages it: `make test-formats`.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::formats::compare_leased;
use crate::managers::{Daemon, begin};
use crate::mpath::Config;
use crate::network::{PATIENCE, ip, ip_json, option, settle_at_once, succeed, wait_for_active, wait_until};

crate::cases!(Managers:
    rendered_for_networkd_groups_are_those_of_up,
    rendered_for_networkd_a_lease_is_asked_for,
);

/// Groups that between them have most of what a group can have, each on the same two interfaces.
pub(crate) const GROUPS: [&str; 4] = [
    "primary = \"eth1\"\naddresses = [\"192.168.1.34/24\"]\ngateway = \"192.168.1.24\"\n\
        detection.link = { interval = \"100ms\", up-delay = \"200ms\", down-delay = \"200ms\" }\n",
    "primary = \"eth0\"\nmtu = 1400\naccept-ra = false\nmac = \"active\"\nfailback = \"never\"\npeer-notifications = 3\n\
        addresses = [\"192.168.1.34/24\", \"10.1.0.1/16\", \"2001:db8:1::34/64\"]\ngateway = [\"192.168.1.24\", \"2001:db8:1::24\"]\n\
        routes = [{ to = \"10.9.0.0/16\", via = \"10.1.0.9\", metric = 7 }, { to = \"2001:db8:2::/48\", via = \"2001:db8:1::9\" }]\n",
    "mode = \"lacp\"\ntransmit-hash = \"layer3+4\"\naddresses = [\"192.168.1.34/24\"]\nmac = \"52:54:00:00:00:07\"\n\
        lacp = { rate = \"fast\", select = \"count\", min-links = 1, system-priority = 7, system = \"52:54:00:00:00:09\", port-key = 9 }\n",
    "primary = \"eth1\"\naddresses = [\"192.168.1.34/24\"]\n\
        detection.probe = { interval = \"500ms\", targets = [\"192.168.1.24\"], validate = \"active\", all-targets = true }\n",
];

/// The group as a file.
pub(crate) fn config(keys: &str) -> Config {
    Config::new(&format!("[group.bond0]\nmembers = [\"eth1\", \"eth0\"]\n{keys}"))
}

/// The group as the kernel has it: as mpath reads it, and as `ip` tells it.
pub(crate) fn observed(config: &Config) -> (String, Value, Vec<Value>) {
    let mut options = ip_json("link show bond0")[0]["linkinfo"]["info_data"].clone();
    // Of the moment, and no option.
    ["active_slave", "ad_info"].iter().for_each(|key| drop(options.as_object_mut().unwrap().remove(*key)));
    let member = |name: &str| {
        let link = &ip_json(&format!("link show {name}"))[0];
        serde_json::json!([link["master"], link["mtu"]])
    };
    // systemd-networkd listens to routers itself and keeps the kernel from it, so that an import cannot tell. Keys stand in a
    // column that is as wide as the longest of them.
    let text = config.mpath("import bond0").stdout;
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let text = lines.filter(|line| !line.starts_with("accept-ra")).collect::<Vec<_>>().join("\n");
    (text, options, ["bond0", "eth0", "eth1"].map(member).to_vec())
}

/// Brings a group up with mpath and down again: what another tool is to make of it.
pub(crate) fn wanted(config: &Config) -> (String, Value, Vec<Value>) {
    config.succeed("up bond0");
    settled();
    let wanted = observed(config);
    config.succeed("down bond0");
    wanted
}

/// Waits until the members are in the group and the group works.
fn settled() {
    for member in ["eth0", "eth1"] {
        wait_until(&format!("{member} works in the group"), || {
            let link = &ip_json(&format!("link show {member}"))[0];
            link["master"] == "bond0" && link["operstate"] == "UP"
        });
    }
    wait_until("the group works", || ip_json("link show bond0")[0]["operstate"] == "UP");
}

/// Starts systemd-networkd as a package's scripts would have it.
pub(crate) fn networkd() -> Daemon {
    std::fs::create_dir_all("/run/systemd/netif").unwrap();
    succeed("chown", &["-R", "systemd-network:systemd-network", "/run/systemd/netif"]);
    Daemon::start("/usr/lib/systemd/systemd-networkd", &[])
}

/// Lets systemd-networkd make a group of its files, and compares it with the one of mpath's.
pub(crate) fn is_brought_up(config: &Config, wanted: &(String, Value, Vec<Value>)) {
    let manager = networkd();
    let mut found = None;
    let begun = Instant::now();
    while found.as_ref() != Some(wanted) {
        assert!(begun.elapsed() < PATIENCE, "not in {PATIENCE:?}: wanted {wanted:#?}, found {found:#?}");
        std::thread::sleep(Duration::from_millis(20));
        found = Path::new("/sys/class/net/bond0").exists().then(|| observed(config));
    }
    let mac = &ip_json("link show bond0")[0]["address"];
    assert!(["52:54:00:00:00:07", "02:00:00:00:00:01", "02:00:00:00:00:02"].iter().any(|of| mac == of), "{mac}");
    settled();
    // Probes decide by what they hear, which is of the moment.
    if wanted.0.contains("primary") && !wanted.0.contains("probe") {
        let primary = option("bond0", "primary");
        wait_for_active("bond0", primary.split(' ').next().unwrap());
    }
    drop(manager);
    ip("link delete bond0");
    ["eth0", "eth1"].iter().for_each(|name| drop(ip(&format!("link set {name} down"))));
}

fn rendered_for_networkd_groups_are_those_of_up() {
    let (_others, _segment) = begin();
    settle_at_once();
    for keys in GROUPS {
        let config = config(keys);
        let wanted = wanted(&config);
        config.succeed("render bond0 --to networkd --root /");
        is_brought_up(&config, &wanted);
        let back = config.succeed("import --from networkd --root /").stdout;
        assert!(back.starts_with("[group.bond0]\n"), "{back}");
        std::fs::remove_dir_all("/etc/systemd/network").unwrap();
    }
}

fn rendered_for_networkd_a_lease_is_asked_for() {
    let (_others, _segment) = begin();
    let mut manager = None;
    compare_leased("networkd", || manager = Some(networkd()));
}
