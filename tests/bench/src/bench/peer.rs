//! The programs that are compared: what each is asked to do, in its own words.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::network::{Segment, succeed};
use super::programs::{Daemon, furnish_with, interfaces, services};

/// A program that makes bonds.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// What its name and number are asked with.
    version: &'static str,
    /// What `mpath render` is asked for, to write its files.
    format: Option<&'static str>,
    /// Trees of files that are laid over the machine's.
    trees: &'static [&'static str],
    /// Who must run before.
    daemon: Option<Service>,
    pub(crate) up: &'static [&'static str],
    /// What a user types a second time, when nothing was changed.
    pub(crate) again: &'static [&'static str],
    /// After the file was edited.
    pub(crate) change: &'static [&'static str],
    pub(crate) down: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq)]
enum Service {
    Networkd,
    NetworkManager,
}

/// The folder where the scripts of those without files of their own are.
const SCRIPTS: &str = "/run/mpath-bench";

/// Where files are rendered to before they are laid over those of before.
const RENDERED: &str = "/run/mpath-bench/rendered";

/// Each in turn. The first is what all are measured by.
pub(crate) const PEERS: [Peer; 9] = [
    Peer {
        name: "ip -batch",
        version: "ip -V",
        format: None,
        trees: &["root"],
        daemon: None,
        up: &["ip -batch /run/mpath-bench/up.batch"],
        // What a look costs that finds nothing to do.
        again: &["ip -d -j link"],
        change: &["ip -batch /run/mpath-bench/change.batch"],
        down: &["ip -batch /run/mpath-bench/down.batch"],
    },
    Peer {
        name: "mpath",
        version: "{mpath} --version",
        format: None,
        trees: &["root"],
        daemon: None,
        up: &["{mpath} --config {config} up bond0"],
        again: &["{mpath} --config {config} up bond0"],
        change: &["{mpath} --config {config} up bond0"],
        down: &["{mpath} --config {config} down bond0"],
    },
    Peer {
        name: "shell script of ip commands",
        version: "ip -V",
        format: None,
        trees: &["root"],
        daemon: None,
        up: &["sh -e /run/mpath-bench/up.sh"],
        again: &["sh -e /run/mpath-bench/up.sh"],
        change: &["sh -e /run/mpath-bench/up.sh"],
        down: &["sh -e /run/mpath-bench/down.sh"],
    },
    Peer {
        name: "ifupdown and ifenslave",
        version: "ifup --version",
        format: Some("ifupdown"),
        trees: &["root"],
        daemon: None,
        up: &["ifup bond0"],
        again: &["ifup bond0"],
        change: &["ifdown bond0", "ifup bond0"],
        down: &["ifdown bond0"],
    },
    Peer {
        name: "ifupdown2",
        version: "zcat /usr/share/doc/ifupdown2/changelog.Debian.gz",
        format: Some("ifupdown2"),
        trees: &["ifupdown2", "root"],
        daemon: None,
        up: &["ifup bond0"],
        again: &["ifreload -a"],
        change: &["ifreload -a"],
        down: &["ifdown bond0"],
    },
    Peer {
        name: "systemd-networkd",
        version: "networkctl --version",
        format: Some("networkd"),
        trees: &["root"],
        daemon: Some(Service::Networkd),
        up: &["networkctl reload"],
        again: &["networkctl reload"],
        // It leaves a device that is there as it is (systemd.netdev(5)), and one that went a moment ago is still there to it.
        change: &["networkctl delete bond0", "sleep 0.05", "networkctl reload"],
        down: &["networkctl delete bond0"],
    },
    Peer {
        name: "netplan (generate, networkctl reload)",
        version: "zcat /usr/share/doc/netplan.io/changelog.Debian.gz",
        format: Some("netplan"),
        trees: &["root"],
        daemon: Some(Service::Networkd),
        up: &["netplan generate", "networkctl reload"],
        again: &["netplan generate", "networkctl reload"],
        change: &["networkctl delete bond0", "netplan generate", "networkctl reload"],
        down: &["networkctl delete bond0"],
    },
    Peer {
        name: "NetworkManager",
        version: "nmcli --version",
        format: Some("networkmanager"),
        trees: &["root"],
        daemon: Some(Service::NetworkManager),
        up: &["nmcli connection reload", "nmcli connection up bond0"],
        again: &["nmcli connection reload", "nmcli device reapply bond0"],
        change: &["nmcli connection reload", "nmcli connection up bond0"],
        down: &["nmcli connection down bond0"],
    },
    Peer {
        name: NMSTATE,
        version: "nmstatectl --version",
        format: Some("nmstate"),
        trees: &["root"],
        daemon: Some(Service::NetworkManager),
        up: &["nmstatectl apply /etc/nmstate/bond0.yml"],
        again: &["nmstatectl apply /etc/nmstate/bond0.yml"],
        change: &["nmstatectl apply /etc/nmstate/bond0.yml"],
        down: &["nmstatectl apply /run/mpath-bench/absent.yml"],
    },
];

/// No Debian has it: `tests/bench/nmstate` builds it. What is measured of it is left out where that was not done.
const NMSTATE: &str = "nmstate";

/// The story's group, under the name of its device, as others call it. Where its MAC address is left to a program each
/// chooses another: it is said.
const GROUP: &str = "[group.bond0]\nmembers = [\"eth1\", \"eth0\"]\nprimary = \"eth1\"\nmac = \"02:00:00:00:00:77\"\n\
    addresses = [\"192.168.1.34/24\"]\ngateway = \"192.168.1.24\"\n\
    detection.link = { interval = \"100ms\", up-delay = \"200ms\", down-delay = \"200ms\" }\n";

const UP: &str = "link add bond0 address 02:00:00:00:00:77 type bond mode active-backup miimon 100 updelay 200 downdelay 200\n\
    link set eth1 down\nlink set eth1 master bond0\nlink set eth0 down\nlink set eth0 master bond0\n\
    link set bond0 type bond primary eth1\naddress add 192.168.1.34/24 broadcast + dev bond0\nlink set bond0 up\n\
    route add default via 192.168.1.24 dev bond0\n";
const DOWN: &str = "link delete bond0\nlink set eth0 down\nlink set eth1 down\n";

/// What nmstate is told instead of a command that takes a group down.
const ABSENT: &str = "interfaces:\n- {name: bond0, type: bond, state: absent}\n- {name: eth0, type: ethernet, state: down}\n\
    - {name: eth1, type: ethernet, state: down}\n";

/// A script of `ip` commands, each a process of its own.
fn script(lines: &str) -> String {
    lines.lines().map(|line| format!("ip {line}\n")).collect()
}

impl Peer {
    /// Lays its files out and starts what must run before: the host as it is before somebody brings the group up.
    pub(crate) fn prepare(&self) -> (Vec<Daemon>, Segment) {
        std::fs::create_dir_all(SCRIPTS).unwrap();
        furnish_with(self.trees);
        interfaces();
        if self.format == Some("netplan") {
            // It looks its library up in the cache, which a package's script would have made.
            succeed("ldconfig", &[]);
        }
        let mut running = Vec::new();
        if self.daemon.is_some() {
            running.extend(services());
        }
        let segment = Segment::new(&["eth0", "eth1"]);
        match self.daemon {
            None => {}
            Some(Service::Networkd) => {
                std::fs::create_dir_all("/run/systemd/netif").unwrap();
                succeed("chown", &["-R", "systemd-network:systemd-network", "/run/systemd/netif"]);
                running.push(Daemon::start("/usr/lib/systemd/systemd-networkd", &[]));
            }
            Some(Service::NetworkManager) => {
                std::fs::create_dir_all("/etc/NetworkManager/conf.d").unwrap();
                std::fs::write("/etc/NetworkManager/conf.d/bench.conf", "[main]\nno-auto-default=*\n").unwrap();
                running.push(Daemon::start("NetworkManager", &["--no-daemon"]));
            }
        }
        (running, segment)
    }

    /// Whether it can be measured here.
    pub(crate) fn is_installed(&self) -> bool {
        let path = std::env::var("PATH").unwrap_or_default();
        self.name != NMSTATE || path.split(':').any(|folder| Path::new(folder).join("nmstatectl").is_file())
    }

    /// Whether what must run before answers.
    pub(crate) fn is_ready(&self) -> bool {
        let asked = match self.daemon {
            None => return true,
            Some(Service::Networkd) => Command::new("networkctl").arg("list").output(),
            Some(Service::NetworkManager) => Command::new("nmcli").args(["general", "status"]).output(),
        };
        // networkctl lists links by itself, too, and then says that nobody manages them.
        asked.is_ok_and(|output| {
            output.status.success() && !String::from_utf8_lossy(&output.stderr).contains("is not running")
        })
    }

    /// Writes its files: the group with this interval between two looks at the link.
    pub(crate) fn edit(&self, mpath: &Path, config: &Path, interval: &str) {
        let text = GROUP.replace("100ms", interval);
        std::fs::write(config.join("bond0.toml"), &text).unwrap();
        if let Some(format) = self.format {
            let (mpath, config) = (mpath.to_str().unwrap(), config.to_str().unwrap());
            // It writes over nothing that is there.
            let _ = std::fs::remove_dir_all(RENDERED);
            succeed(mpath, &["--config", config, "render", "--to", format, "--root", RENDERED]);
            succeed("cp", &["-a", &format!("{RENDERED}/."), "/"]);
        }
        let up = UP.replace("miimon 100", &format!("miimon {}", interval.trim_end_matches("ms")));
        let files = [
            ("up.batch", up.clone()),
            ("up.sh", format!("ip link show bond0 >/dev/null 2>&1 && ip link delete bond0\n{}", script(&up))),
            ("change.batch", format!("link set bond0 type bond miimon {}\n", interval.trim_end_matches("ms"))),
            ("absent.yml", ABSENT.to_owned()),
            ("down.batch", DOWN.to_owned()),
            ("down.sh", script(DOWN)),
        ];
        for (name, text) in files {
            std::fs::write(Path::new(SCRIPTS).join(name), text).unwrap();
        }
    }

    pub(crate) fn version(&self, mpath: &Path) -> String {
        let words = words(self.version, mpath, Path::new("/"));
        let output = Command::new(&words[0]).args(&words[1..]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned()
    }
}

/// The words of a command.
pub(crate) fn words(command: &str, mpath: &Path, config: &Path) -> Vec<String> {
    let fill = |word: &str| match word {
        "{mpath}" => mpath.display().to_string(),
        "{config}" => config.display().to_string(),
        word => word.to_owned(),
    };
    command.split(' ').map(fill).collect()
}

/// A folder for the file of mpath.
pub(crate) fn config() -> PathBuf {
    let folder = Path::new(SCRIPTS).join("config");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
