//! What `mpath render` writes, brought up by the real program that reads it: `make test-formats`. What the kernel shows then
//! is what it shows after `mpath up`.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::dhcp::Server;
use crate::mpath::{Config, HOME_LAN};
use crate::network::{PATIENCE, Segment, ip, ip_json, option, read, wait_for_active, wait_until};

/// The story's group under the name of its device, as whoever reads other files than mpath's calls it.
pub(crate) fn story() -> String {
    HOME_LAN.replace("home-lan", "bond0")
}

/// What a group says, as the kernel has it: not who is active, nor who made it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    options: Value,
    members: Vec<String>,
    mac: Value,
    mtu: Value,
    pub(crate) addresses: Vec<String>,
    routes: Vec<String>,
}

/// Options of `ip -d link` that change by themselves.
const OF_THE_MOMENT: [&str; 4] = ["active_slave", "ad_info", "mii_status", "peer_notif_delay"];

pub(crate) fn seen(device: &str) -> Seen {
    let link = ip_json(&format!("link show dev {device}"))[0].clone();
    let mut options = link["linkinfo"]["info_data"].clone();
    let shown = options.as_object_mut().unwrap();
    OF_THE_MOMENT.iter().for_each(|name| drop(shown.remove(*name)));
    // Shown whether or not it is ever used, and left out by older tools.
    shown.insert("primary".into(), json!(option(device, "primary")));
    shown.insert("accept_ra".into(), json!(read(&format!("/proc/sys/net/ipv6/conf/{device}/accept_ra"))));
    let mut members: Vec<_> = option(device, "slaves").split_whitespace().map(str::to_owned).collect();
    members.sort();
    for member in &mut members {
        let shown = ip_json(&format!("link show dev {member}"))[0].clone();
        *member += &format!(
            " mtu {} prio {} {}",
            shown["mtu"],
            shown["linkinfo"]["info_slave_data"]["prio"],
            if shown["flags"].as_array().unwrap().contains(&json!("UP")) { "up" } else { "down" }
        );
    }
    let addresses = ip_json(&format!("address show dev {device}"))[0]["addr_info"].clone();
    let of_its_own = |address: &&Value| address["scope"] != "link";
    let net =
        |address: &Value| format!("{}/{} brd {}", text(&address["local"]), address["prefixlen"], address["broadcast"]);
    let mut addresses: Vec<_> = addresses.as_array().unwrap().iter().filter(of_its_own).map(net).collect();
    addresses.sort();
    Seen { options, members, mac: link["address"].clone(), mtu: link["mtu"].clone(), addresses, routes: routes(device) }
}

/// The routes over it but those that the kernel makes by itself, which have no next hop.
fn routes(device: &str) -> Vec<String> {
    let mut routes = Vec::new();
    for family in ["-4", "-6"] {
        for route in ip_json(&format!("{family} route show dev {device}")).as_array().unwrap() {
            if route["protocol"] != "kernel" || !route["gateway"].is_null() {
                let metric = route["metric"].as_u64().unwrap_or_default();
                routes.push(format!("{} via {} metric {metric}", text(&route["dst"]), text(&route["gateway"])));
            }
        }
    }
    routes.sort();
    routes
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("nobody")
}

/// Brings a group up with mpath, and takes it down again; then writes it in a format below `/`, lets another program bring it
/// up, and compares.
pub(crate) fn compare(format: &str, file: &str, bring_up: impl FnOnce()) {
    compare_but(|_| (), format, file, Path::new("/"), bring_up);
}

/// The same below another folder, or where something is known to be different.
pub(crate) fn compare_but(forget: fn(&mut Seen), format: &str, file: &str, root: &Path, bring_up: impl FnOnce()) {
    let settled = || {
        let mut seen = settled();
        forget(&mut seen);
        seen
    };
    let config = Config::new(file);
    config.succeed("up");
    let wanted = settled();
    let imported = import(&config);
    config.succeed("down");
    assert!(!Path::new("/sys/class/net/bond0").exists());
    config.succeed(&format!("render --to {format} --root {}", root.display()));
    bring_up();
    // Some return before they are done.
    wait_until(&format!("{format} has made the device"), || Path::new("/sys/class/net/bond0/bonding").exists());
    let begun = Instant::now();
    let mut found = settled();
    while found != wanted && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(100));
        found = settled();
    }
    pretty_assertions::assert_eq!(found, wanted);
    // What nobody told mpath: it sees the same group.
    pretty_assertions::assert_eq!(import(&config), imported);
}

/// What is there once the primary carries the traffic, if there is one.
fn settled() -> Seen {
    let primary = option("bond0", "primary");
    if let Some(primary) = primary.split_whitespace().next() {
        wait_for_active("bond0", primary);
    }
    // Addresses that are being looked for on the segment are not there yet.
    wait_until("every address is settled", || !ip("address show dev bond0").contains("tentative"));
    seen("bond0")
}

/// Without what managers keep from the kernel: they listen to routers themselves.
fn import(config: &Config) -> String {
    let text = config.succeed("import --from kernel bond0").stdout;
    text.lines().filter(|line| !line.starts_with("accept-ra")).map(|line| format!("{line}\n")).collect()
}

/// A group with much of what a file can say, and addresses of both families.
pub(crate) const RICH: &str = r#"[group.bond0]
members            = ["eth0", { name = "eth1", prio = 7 }]
primary            = "eth1"
failback           = "better"
mac                = "active"
peer-notifications = 3
mtu                = 1400
addresses          = ["192.168.1.34/24", "192.168.1.35/24", "2001:db8:1::34/64"]
gateway            = ["192.168.1.24", "2001:db8:1::24"]
routes             = [{ to = "10.0.0.0/8", via = "192.168.1.24", metric = 7 }, { to = "2001:db8:2::/48", via = "2001:db8:1::24" }]
accept-ra          = false
detection.probe    = { interval = "200ms", targets = ["192.168.1.24"], missed = 4 }
"#;

/// One whose members speak LACP, with options that can be set only on a device that is down.
pub(crate) const LACP: &str = r#"[group.bond0]
members        = ["eth0", "eth1"]
mode           = "lacp"
addresses      = ["192.168.1.34/24"]
transmit-hash  = "layer3+4"
lacp           = { rate = "fast", active = false, select = "count", min-links = 1, system-priority = 9, port-key = 3, system = "52:54:00:00:00:09" }
detection.link = { interval = "50ms", up-delay = "100ms" }
"#;

/// The story with a lease, and the same address whoever makes the group: some have no word for leaving it to the members.
const LEASED: &str = r#"[group.bond0]
members = ["eth1", "eth0"]
primary = "eth1"
mac     = "52:54:00:00:00:07"
dhcp    = true
"#;

/// A server with a single address to give, so that everybody gets the same.
const ONE_ADDRESS: &[&str] =
    &["--dhcp-range=192.168.1.100,192.168.1.100,255.255.255.0,10m", "--dhcp-option=option:router,192.168.1.24"];

/// Brings a group with a lease up with mpath, and then with another program by what is rendered for it, and compares.
pub(crate) fn compare_leased(format: &str, bring_up: impl FnOnce()) {
    let server = Server::start(ONE_ADDRESS);
    let config = Config::new(LEASED);
    config.succeed("up");
    wait_until("mpath's client has a lease", || leased().is_some_and(|seen| has_lease(&seen)));
    let wanted = leased().unwrap();
    config.succeed("down");
    wait_until("the address is free again", || server.log().contains("DHCPRELEASE"));
    assert!(!Path::new("/sys/class/net/bond0").exists());
    config.succeed(&format!("render --to {format} --root /"));
    bring_up();
    let begun = Instant::now();
    let mut found = leased();
    while found.as_ref() != Some(&wanted) && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(100));
        found = leased();
    }
    pretty_assertions::assert_eq!(found, Some(wanted));
}

fn has_lease(seen: &Seen) -> bool {
    seen.addresses == ["192.168.1.100/24"] && seen.routes == ["default via 192.168.1.24"]
}

/// The group, once it works, without what each client has its own way with: broadcast address, the metric of its default
/// route, and whether the kernel listens to routers.
fn leased() -> Option<Seen> {
    if option("bond0", "active_slave") != "eth1" {
        return None;
    }
    let mut seen = seen("bond0");
    seen.options.as_object_mut().unwrap().remove("accept_ra");
    for address in &mut seen.addresses {
        address.truncate(address.find(" brd").unwrap());
    }
    seen.routes.retain(|route| route.starts_with("default"));
    for route in &mut seen.routes {
        route.truncate(route.find(" metric").unwrap());
    }
    Some(seen)
}

/// The wires.
pub(crate) fn segment() -> Segment {
    Segment::new(&["eth0", "eth1"])
}
