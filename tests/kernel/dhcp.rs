//! An address by DHCP, from a real server, by each of the clients that mpath knows.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};

use nix::mount::{MsFlags, mount};

use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, ip, wait_for_active, wait_until};

crate::cases!(OwnNamespace:
    dhcpcd_leases_and_releases,
    dhclient_leases_and_releases,
    udhcpc_leases_and_releases,
    without_a_client_the_error_says_what_to_install,
    a_second_up_with_a_lease_changes_nothing,
);

const CLIENTS: [&str; 3] = ["dhcpcd", "dhclient", "udhcpc"];

/// dnsmasq behind the switch.
struct Server {
    child: Child,
    log: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("dnsmasq").tempdir_in("/run").unwrap();
        let log = folder.path().join("log");
        let leases = folder.path().join("leases");
        let child = Command::new("ip")
            .args(["netns", "exec", "sw", "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0"])
            .args(["--interface=br0", "--bind-interfaces", "--user=root", "--log-dhcp", "--dhcp-authoritative"])
            .args(["--dhcp-range=192.168.1.100,192.168.1.120,255.255.255.0,10m", "--no-ping"])
            .args(["--dhcp-option=option:router,192.168.1.24"])
            .arg(format!("--log-facility={}", log.display()))
            .arg(format!("--dhcp-leasefile={}", leases.display()))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        wait_until("dnsmasq listens", || {
            std::fs::read_to_string(&log).is_ok_and(|text| text.contains("DHCP, IP range"))
        });
        Self { child, log, _folder: folder }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn by_dhcp() -> String {
    HOME_LAN.replace("addresses = [\"192.168.1.34/24\"]", "dhcp = true").replace("gateway   = \"192.168.1.24\"", "")
}

/// Hides the clients of these names from this test alone: their folders are covered by ones that lead to everything
/// else. (udhcpc is a link to a program with many names, so nothing can be put in the place of the file itself.)
fn hide(clients: &[&str]) {
    let none = None::<&str>;
    let folders: BTreeSet<_> = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
        .into_iter()
        .map(|folder| std::fs::canonicalize(folder).unwrap())
        .collect();
    for folder in folders.iter().filter(|folder| clients.iter().any(|client| folder.join(client).exists())) {
        let kept = tempfile::Builder::new().prefix("programs").tempdir_in("/run").unwrap().keep();
        mount(Some(folder), &kept, none, MsFlags::MS_BIND, none).unwrap();
        mount(Some("tmpfs"), folder, Some("tmpfs"), MsFlags::empty(), none).unwrap();
        for entry in std::fs::read_dir(&kept).unwrap() {
            let name = entry.unwrap().file_name();
            if !clients.iter().any(|client| name == **client) {
                std::os::unix::fs::symlink(kept.join(&name), folder.join(&name)).unwrap();
            }
        }
    }
}

fn leases_and_releases(client: &str) {
    hide(&CLIENTS.into_iter().filter(|other| *other != client).collect::<Vec<_>>());
    let _segment = Segment::new(&["eth0", "eth1"]);
    let server = Server::start();
    let config = Config::new(&by_dhcp());
    let plan = config.succeed("plan home-lan");
    assert!(plan.stdout.contains(client), "{plan:?}");
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("an address is leased", || ip("-4 address show dev bond0").contains("192.168.1.1"));
    wait_until("the default route is there", || ip("route show default").contains("192.168.1.24"));
    config.succeed("down home-lan");
    wait_until("the lease is given back", || server.log().contains("DHCPRELEASE"));
    let processes = running(client);
    assert!(processes.is_empty(), "{processes:?} still run");
}

/// The processes of a client, by /proc.
fn running(client: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let commands = processes.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
    let program = |command: &String| {
        command.split(['\0', ' ', ':']).next().unwrap_or_default().rsplit('/').next() == Some(client)
    };
    commands.filter(program).collect()
}

fn dhcpcd_leases_and_releases() {
    leases_and_releases("dhcpcd");
}

fn dhclient_leases_and_releases() {
    leases_and_releases("dhclient");
}

fn udhcpc_leases_and_releases() {
    leases_and_releases("udhcpc");
}

fn without_a_client_the_error_says_what_to_install() {
    hide(&CLIENTS);
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(&by_dhcp());
    config.mpath("up home-lan").expect(9).says("apt install");
    assert!(!std::path::Path::new("/sys/class/net/bond0").exists(), "something was left behind");
}

fn a_second_up_with_a_lease_changes_nothing() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let _server = Server::start();
    let config = Config::new(&by_dhcp());
    config.succeed("up home-lan");
    wait_until("an address is leased", || ip("-4 address show dev bond0").contains("192.168.1.1"));
    config.mpath("plan --check").expect(0);
    config.succeed("down home-lan");
}
