//! How long nobody is answered when the cable of the active member is pulled, and when it is plugged in again.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::figures::{Series, milliseconds};
use super::flood::{Flood, until};
use super::network::{PATIENCE, Segment, batch, ip, option, wait_for_active, wait_until};
use super::peer::{self, PEERS, Peer, config};
use super::programs::Daemon;
use super::stage::alone;
use super::stopwatch;

/// What was measured of one way to have a group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Gaps {
    /// The longest that the rules of the driver allow, in milliseconds, for a cut at the worst moment.
    pub(crate) bound: Option<f64>,
    /// Without an answer after the cable is pulled, in milliseconds. Empty: nothing took over.
    pub(crate) failover: Series,
    /// Without an answer after it is plugged in again.
    pub(crate) failback: Series,
}

/// A way to have a group.
struct Setup {
    name: &'static str,
    made: Made,
    bound: Option<f64>,
}

enum Made {
    /// By mpath, from what its file says of detection.
    Mpath { detection: &'static str, agent: bool },
    /// By `ip`, with these options.
    Hand(&'static str),
    /// By a peer, from the least that its file can say: a file, and its text.
    Default { peer: &'static str, files: &'static [(&'static str, &'static str)] },
    /// By a peer, from what `mpath render` writes of the story: delays, as people set them who know of them.
    Rendered { peer: &'static str },
}

const NETWORKD: &[(&str, &str)] = &[
    ("/etc/systemd/network/bond0.netdev", "[NetDev]\nName=bond0\nKind=bond\n[Bond]\nMode=active-backup\n"),
    ("/etc/systemd/network/bond0.network", "[Match]\nName=bond0\n[Network]\nAddress=192.168.1.34/24\n"),
    ("/etc/systemd/network/eth0.network", "[Match]\nName=eth0\n[Network]\nBond=bond0\n"),
    ("/etc/systemd/network/eth1.network", "[Match]\nName=eth1\n[Network]\nBond=bond0\nPrimarySlave=yes\n"),
];
const IFUPDOWN: &[(&str, &str)] = &[(
    "/etc/network/interfaces.d/bond0",
    "iface bond0 inet static\n    address 192.168.1.34/24\n    bond-mode active-backup\n    bond-slaves eth1 eth0\n    bond-primary eth1\n",
)];
const NETPLAN: &[(&str, &str)] = &[(
    "/etc/netplan/bond0.yaml",
    "network:\n  version: 2\n  ethernets: {eth0: {}, eth1: {}}\n  bonds:\n    bond0:\n      interfaces: [eth1, eth0]\n      \
     addresses: [192.168.1.34/24]\n      parameters: {mode: active-backup, primary: eth1}\n",
)];
const NETWORKMANAGER: &[(&str, &str)] = &[
    (
        "/etc/NetworkManager/system-connections/bond0.nmconnection",
        "[connection]\nid=bond0\ntype=bond\ninterface-name=bond0\nautoconnect-slaves=1\n[bond]\nmode=active-backup\nprimary=eth1\n\
         [ipv4]\nmethod=manual\naddress1=192.168.1.34/24\n[ipv6]\nmethod=disabled\n",
    ),
    (
        "/etc/NetworkManager/system-connections/eth0.nmconnection",
        "[connection]\nid=eth0\ntype=ethernet\ninterface-name=eth0\nmaster=bond0\nslave-type=bond\n",
    ),
    (
        "/etc/NetworkManager/system-connections/eth1.nmconnection",
        "[connection]\nid=eth1\ntype=ethernet\ninterface-name=eth1\nmaster=bond0\nslave-type=bond\n",
    ),
];

/// A look finds the loss, and the delay is counted in looks (`bond_miimon_inspect`). A look comes a tick of the kernel's clock
/// later than it is asked for (`calc_index` in kernel/time/timer.c): 10 ms at 100 Hz.
const fn bound(interval: u32, down_delay: u32) -> Option<f64> {
    Some(((interval + 10) * (1 + down_delay / interval)) as f64)
}

const SETUPS: [Setup; 18] = [
    Setup { name: "mpath, link 10ms", made: by_mpath("link = { interval = \"10ms\" }"), bound: bound(10, 0) },
    Setup { name: "ip, miimon 10", made: Made::Hand("miimon 10"), bound: bound(10, 0) },
    Setup { name: "mpath, link 50ms", made: by_mpath("link = { interval = \"50ms\" }"), bound: bound(50, 0) },
    Setup { name: "ip, miimon 50", made: Made::Hand("miimon 50"), bound: bound(50, 0) },
    Setup { name: "mpath, link 100ms", made: by_mpath("link = { interval = \"100ms\" }"), bound: bound(100, 0) },
    Setup { name: "ip, miimon 100", made: Made::Hand("miimon 100"), bound: bound(100, 0) },
    Setup {
        name: "mpath, the story: link 100ms, delays 200ms",
        made: by_mpath("link = { interval = \"100ms\", up-delay = \"200ms\", down-delay = \"200ms\" }"),
        bound: bound(100, 200),
    },
    Setup {
        name: "mpath, the story, and its agent",
        made: Made::Mpath {
            detection: "link = { interval = \"100ms\", up-delay = \"200ms\", down-delay = \"200ms\" }",
            agent: true,
        },
        bound: None,
    },
    Setup {
        name: "mpath, probes 100ms",
        made: by_mpath("probe = { interval = \"100ms\", targets = [\"192.168.1.24\"] }"),
        bound: None,
    },
    Setup {
        name: "ip, arp_interval 100",
        made: Made::Hand("arp_interval 100 arp_ip_target 192.168.1.24 arp_validate all"),
        bound: None,
    },
    Setup { name: "ip, nothing said", made: Made::Hand(""), bound: None },
    Setup {
        name: "ifupdown and ifenslave, nothing said",
        made: Made::Default { peer: "ifupdown and ifenslave", files: IFUPDOWN },
        bound: None,
    },
    Setup {
        name: "systemd-networkd, nothing said",
        made: Made::Default { peer: "systemd-networkd", files: NETWORKD },
        bound: None,
    },
    Setup {
        name: "netplan, nothing said",
        made: Made::Default { peer: "netplan (generate, networkctl reload)", files: NETPLAN },
        bound: None,
    },
    Setup {
        name: "NetworkManager, nothing said",
        made: Made::Default { peer: "NetworkManager", files: NETWORKMANAGER },
        // What its manual says it sets by itself: `miimon=100`.
        bound: bound(100, 0),
    },
    Setup {
        name: "ifupdown and ifenslave, the story",
        made: Made::Rendered { peer: "ifupdown and ifenslave" },
        bound: bound(100, 200),
    },
    Setup {
        name: "systemd-networkd, the story",
        made: Made::Rendered { peer: "systemd-networkd" },
        bound: bound(100, 200),
    },
    Setup {
        name: "NetworkManager, the story",
        made: Made::Rendered { peer: "NetworkManager" },
        bound: bound(100, 200),
    },
];

const fn by_mpath(detection: &'static str) -> Made {
    Made::Mpath { detection, agent: false }
}

/// How long the network is left alone before something is plugged in, and before the first cut. The bridge uses a port once
/// linkwatch has looked at it, at most once a second (`linkwatch_nextevent`), and one look may be behind with the cable's
/// other end: sooner there would be a link that leads nowhere for a while, which would be measured as the group's.
const SETTLED: Duration = Duration::from_millis(2200);

/// Waits until both ends of the cable of eth1 are known to be up, and then some.
fn wait_for_cable() {
    let is_up = |text: String| text.contains(" state UP ");
    wait_until("both ends of the cable have been looked at", || {
        [ip("link show dev eth1"), ip("-n sw link show dev p-eth1")].map(is_up) == [true; 2]
    });
    std::thread::sleep(SETTLED / 4);
}

/// Waits for the moment of a cut: they are this far apart on the system's clock, and 17 hundredths of it more for each round.
/// So they are at other points between two looks of the driver each time, and in virtual time, where a group is also made at
/// such a moment, at the same ones in every run.
fn wait_for_moment(round: usize) {
    const APART: Duration = Duration::from_millis(100);
    // Beside the ticks of the kernel and the packets: at those it is a matter of chance who comes first.
    const ASIDE: Duration = Duration::from_micros(250);
    std::thread::sleep(until(APART, APART * u32::try_from(round * 17 % 100).unwrap() / 100 + ASIDE));
}

/// How long a group that nothing monitors is waited for.
const NEVER: Duration = Duration::from_secs(5);

/// Lets each fail over so many times.
pub(crate) fn measure(mpath: &Path, rounds: usize, only: &[String]) -> BTreeMap<String, Gaps> {
    let chosen = SETUPS.iter().filter(|setup| only.iter().any(|name| setup.name.starts_with(name)));
    chosen
        .map(|setup| {
            let path = mpath.to_owned();
            let gaps = alone(move || cut(setup, &path, rounds));
            eprintln!("{}: {:?} and {:?} ms", setup.name, gaps.failover.median(), gaps.failback.median());
            (setup.name.to_owned(), gaps)
        })
        .collect()
}

/// A program in the background that ends when asked to.
struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = kill(Pid::from_raw(i32::try_from(self.0.id()).unwrap()), Signal::SIGTERM);
        let _ = self.0.wait();
    }
}

/// The host as it is before a peer brings a group up.
fn prepare(name: &str) -> (&'static Peer, Vec<Daemon>, Segment) {
    let peer = PEERS.iter().find(|known| known.name == name).unwrap();
    let (daemons, segment) = peer.prepare();
    wait_until("what must run before answers", || peer.is_ready());
    (peer, daemons, segment)
}

fn bring_up(peer: &Peer, mpath: &Path) {
    let words: Vec<_> = peer.up.iter().map(|command| peer::words(command, mpath, Path::new("/"))).collect();
    stopwatch::run(&words, &[]);
}

fn cut(setup: &Setup, mpath: &Path, rounds: usize) -> Gaps {
    let mut running = Vec::new();
    let mut agent = None;
    let segment = match &setup.made {
        Made::Mpath { detection, agent: wanted } => {
            let segment = Segment::new(&["eth0", "eth1"]);
            let config = config();
            let text = format!(
                "[group.bond0]\nmembers = [\"eth1\", \"eth0\"]\nprimary = \"eth1\"\naddresses = [\"192.168.1.34/24\"]\n\
                 [group.bond0.detection]\n{detection}\n"
            );
            std::fs::write(config.join("bond0.toml"), text).unwrap();
            let of = |words: &[&str]| {
                let mut command = Command::new(mpath);
                command.arg("--config").arg(&config).args(words).stdout(Stdio::null());
                command
            };
            wait_for_moment(0);
            assert!(of(&["up", "bond0"]).status().unwrap().success());
            if *wanted {
                let mut child = of(&["agent", "--handover-on-carrier"]).stderr(Stdio::piped()).spawn().unwrap();
                let mut told = BufReader::new(child.stderr.take().unwrap());
                let mut line = String::new();
                while !line.contains("bond0: ok") {
                    line.clear();
                    assert!(told.read_line(&mut line).unwrap() > 0, "the agent has ended");
                }
                std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
                agent = Some(Agent(child));
            }
            segment
        }
        Made::Hand(options) => {
            let segment = Segment::new(&["eth0", "eth1"]);
            wait_for_moment(0);
            batch(
                &[],
                &format!(
                    "link add bond0 type bond mode active-backup {options}\nlink set eth1 master bond0\nlink set eth0 master bond0\n\
                     link set bond0 type bond primary eth1\naddress add 192.168.1.34/24 dev bond0\nlink set bond0 up\n"
                ),
            );
            segment
        }
        Made::Default { peer, files } => {
            let (peer, daemons, segment) = prepare(peer);
            running.extend(daemons);
            for (file, text) in *files {
                std::fs::create_dir_all(Path::new(file).parent().unwrap()).unwrap();
                std::fs::write(file, text).unwrap();
                // NetworkManager takes no file that others may read, and systemd-networkd, which is not root, none that it may not.
                let mode = if file.contains("NetworkManager") { 0o600 } else { 0o644 };
                std::fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
            }
            bring_up(peer, mpath);
            segment
        }
        Made::Rendered { peer } => {
            let (peer, daemons, segment) = prepare(peer);
            running.extend(daemons);
            peer.edit(mpath, &config(), "100ms");
            bring_up(peer, mpath);
            segment
        }
    };
    wait_for_active("bond0", "eth1");
    let mut gaps = Gaps { bound: setup.bound, ..Gaps::default() };
    let mut flood = Flood::start("192.168.1.34");
    std::thread::sleep(SETTLED);
    for round in 0..rounds {
        wait_for_moment(round);
        let begun = Instant::now();
        segment.cut("eth1");
        while option("bond0", "active_slave") != "eth0" {
            if begun.elapsed() > NEVER {
                return gaps;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let end = flood.wait_for_answers();
        gaps.failover.0.push(milliseconds(flood.longest_gap(begun, end)));
        std::thread::sleep(SETTLED);
        let begun = Instant::now();
        segment.plug("eth1");
        let patience = Instant::now() + PATIENCE;
        while option("bond0", "active_slave") != "eth1" {
            assert!(Instant::now() < patience, "{}: never back", setup.name);
            std::thread::sleep(Duration::from_millis(2));
        }
        let end = flood.wait_for_answers();
        gaps.failback.0.push(milliseconds(flood.longest_gap(begun, end)));
        wait_for_cable();
    }
    drop(agent);
    gaps
}
