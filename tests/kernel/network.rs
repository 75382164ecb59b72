//! A network for one test: a switch with a host behind it, and cables to it that can be cut.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use serde_json::Value;

/// The longest that anything which must happen may take: far more than it needs, on a machine with other work to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What keeps the kernel tests from running.
pub(crate) fn obstacle() -> Option<String> {
    if !nix::unistd::geteuid().is_root() {
        return Some("they need root".to_owned());
    }
    let bonding = || std::path::Path::new("/sys/module/bonding").exists();
    if !bonding() {
        let _ = Command::new("modprobe").args(["bonding", "max_bonds=0"]).output();
    }
    if bonding() { None } else { Some("this kernel has no bonding driver".to_owned()) }
}

/// Whether the kernel comes with a simulated Wi-Fi card.
pub(crate) fn has_simulated_wifi() -> bool {
    Command::new("modprobe").args(["-n", "mac80211_hwsim"]).output().is_ok_and(|output| output.status.success())
}

/// Gives this thread mounts of its own and, where wanted, a network of its own.
pub(crate) fn isolate(network: bool) {
    let flags = if network { CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS } else { CloneFlags::CLONE_NEWNS };
    unshare(flags).unwrap();
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).unwrap();
    if network {
        // A mounted /sys shows the network of whoever mounted it.
        mount(Some("sysfs"), "/sys", Some("sysfs"), MsFlags::empty(), none).unwrap();
    }
    for folder in ["/run/mpath", "/run/netns"] {
        std::fs::create_dir_all(folder).unwrap();
        // Everybody may write to a tmpfs, unless told otherwise; mpath would not take it for its own.
        mount(Some("tmpfs"), folder, Some("tmpfs"), MsFlags::empty(), Some("mode=755")).unwrap();
    }
    ip("link set lo up");
}

/// Runs a command that must succeed, and returns what it wrote.
pub(crate) fn succeed(program: &str, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = Command::new(program).args(arguments).output().unwrap();
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{program} {}: {status}: {stderr}", arguments.join(" "));
    String::from_utf8(stdout).unwrap()
}

/// Runs `ip` with words, which must succeed.
pub(crate) fn ip(words: &str) -> String {
    succeed("ip", &words.split_whitespace().collect::<Vec<_>>())
}

/// What `ip -j` says.
pub(crate) fn ip_json(words: &str) -> Value {
    let text = ip(&format!("-j -d {words}"));
    serde_json::from_str(if text.trim().is_empty() { "[]" } else { &text }).unwrap()
}

/// A file of the kernel's, without its last newline; empty where it cannot be read.
pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// An option of a bond, as sysfs tells it.
pub(crate) fn option(bond: &str, option: &str) -> String {
    read(&format!("/sys/class/net/{bond}/bonding/{option}"))
}

/// Waits until something is so, and tells how long that took.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "not in {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
    start.elapsed()
}

/// Waits until a member is the active one.
pub(crate) fn wait_for_active(bond: &str, member: &str) -> Duration {
    wait_until(&format!("{member} becomes the active member of {bond}"), || option(bond, "active_slave") == member)
}

/// Lets IPv6 addresses be used at once: a second of waiting for each that comes back would be most of the time.
pub(crate) fn settle_at_once() {
    std::fs::write("/proc/sys/net/ipv6/conf/default/dad_transmits", "0").unwrap();
}

/// Waits until an interface that is on has its link-local address for good: it comes by itself, and is tentative first.
pub(crate) fn wait_for_link_local(name: &str) {
    wait_until(&format!("the link-local address of {name} is settled"), || {
        let addresses = ip(&format!("-6 address show dev {name} scope link"));
        addresses.contains("fe80") && !addresses.contains("tentative")
    });
}

/// A switch in a namespace `sw` with a host behind it at 192.168.1.24 and 2001:db8:1::24, and cables to it.
pub(crate) struct Segment;

impl Segment {
    /// The host behind the switch.
    pub(crate) const HOST: &str = "192.168.1.24";
    /// The same, by IPv6.
    pub(crate) const HOST6: &str = "2001:db8:1::24";

    /// Lays cables to these interfaces, which are made: down, bare, with MAC addresses 02:00:00:00:00:01 and so on.
    pub(crate) fn new(interfaces: &[&str]) -> Self {
        ip("netns add sw");
        let mut script = "link add br0 type bridge forward_delay 0 mcast_snooping 0\n\
            link set br0 address 02:00:00:00:00:24 up\nlink set lo up\n\
            address add 192.168.1.24/24 dev br0\naddress add 2001:db8:1::24/64 dev br0 nodad\n"
            .to_owned();
        for (number, name) in (1..).zip(interfaces) {
            let mac = format!("02:00:00:00:00:{number:02x}");
            ip(&format!("link add {name} address {mac} type veth peer name p-{name} netns sw"));
            script += &format!("link set p-{name} master br0 up\n");
        }
        batch(&["-n", "sw"], &script);
        Self
    }

    /// Pulls the cable of an interface: a loss of carrier.
    pub(crate) fn cut(&self, name: &str) {
        ip(&format!("-n sw link set p-{name} down"));
    }

    /// Plugs it in again.
    pub(crate) fn plug(&self, name: &str) {
        ip(&format!("-n sw link set p-{name} up"));
    }

    /// Leaves the link up, but lets nothing through: the switch's port is blocked, as by a spanning tree. A port that
    /// just left the bridge would still answer, since Linux answers ARP for all of its addresses everywhere.
    pub(crate) fn break_path(&self, name: &str) {
        succeed("bridge", &["-n", "sw", "link", "set", "dev", &format!("p-{name}"), "state", "0"]);
    }
}

/// Where mpath keeps its state in this thread's network.
pub(crate) fn state_directory() -> std::path::PathBuf {
    let namespace = |process: &str| {
        let file = std::fs::metadata(format!("/proc/{process}/ns/net")).unwrap();
        std::os::unix::fs::MetadataExt::ino(&file)
    };
    match (namespace("1"), namespace("thread-self")) {
        (first, own) if first == own => "/run/mpath".into(),
        (_, own) => format!("/run/mpath/net-{own}").into(),
    }
}

/// The receipt of a group in this thread's network, if there is one.
pub(crate) fn receipt(group: &str) -> Option<std::path::PathBuf> {
    Some(state_directory().join(format!("receipts/{group}.json"))).filter(|path| path.exists())
}

/// Runs many `ip` commands at once, and returns what they wrote.
pub(crate) fn batch(options: &[&str], script: &str) -> String {
    use std::io::Write as _;
    let mut command = Command::new("ip");
    let pipe = std::process::Stdio::piped;
    let mut child = command.args(options).args(["-batch", "-"]).stdin(pipe()).stdout(pipe()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "ip -batch of:\n{script}");
    String::from_utf8(output.stdout).unwrap()
}

/// What `ip -j` says to each of several questions. One process for all: in a kernel of user mode it costs more to start one
/// than to ask.
fn ip_json_each(options: &[&str], questions: &[String]) -> Vec<Value> {
    let options = [&["-j", "-d"], options].concat();
    let text = batch(&options, &questions.join("\n"));
    // Nothing at all is said about routes where there are none.
    let answers: Vec<Value> = serde_json::Deserializer::from_str(&text).into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.len(), questions.len(), "{questions:?}: {text}");
    answers
}

/// All that `down` must bring back, as `ip` shows it.
pub(crate) fn picture(interfaces: &[&str]) -> Vec<Value> {
    let ask = |options: &[&str], question: &str| {
        ip_json_each(options, &interfaces.iter().map(|name| format!("{question} dev {name}")).collect::<Vec<_>>())
    };
    let (mut addresses, mut links) = (ask(&[], "address show"), ask(&[], "link show"));
    // How long a finite lifetime still is changes with the clock; counters are no configuration.
    for addresses in &mut addresses {
        strip(addresses, &["valid_life_time", "preferred_life_time"], |value| {
            value.as_u64() != Some(u64::from(u32::MAX))
        });
    }
    // A device gets its queueing discipline when it is first switched on, and keeps it (dev_activate). Its operational
    // state follows the flags by itself, up to a second later (linkwatch); before that it may be UNKNOWN.
    for value in addresses.iter_mut().chain(&mut links) {
        strip(value, &["qdisc", "operstate"], |_| true);
    }
    let mut routes = [ask(&["-4"], "route show table all"), ask(&["-6"], "route show table all")].concat();
    for list in routes.iter_mut().filter_map(Value::as_array_mut) {
        list.sort_by_key(ToString::to_string);
    }
    [addresses, links, routes].concat()
}

fn strip(value: &mut Value, keys: &[&str], when: fn(&Value) -> bool) {
    match value {
        Value::Object(map) => {
            map.retain(|key, value| !(keys.contains(&key.as_str()) && when(value)));
            map.values_mut().for_each(|value| strip(value, keys, when));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| strip(value, keys, when)),
        _ => {}
    }
}

/// Waits until the picture is as before, and shows the difference if it never is.
pub(crate) fn wait_for_picture(before: &[Value], interfaces: &[&str]) {
    let start = Instant::now();
    while picture(interfaces) != before {
        if start.elapsed() > PATIENCE {
            pretty_assertions::assert_eq!(picture(interfaces), before);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
