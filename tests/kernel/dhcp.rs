//! Addresses by DHCP, from a real server, by each of the clients that mpath knows; and by router advertisements.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};

use nix::mount::{MsFlags, mount};

use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, ip, read, wait_for_active, wait_until};

crate::cases!(OwnNamespace:
    dhcpcd_leases_and_releases,
    dhclient_leases_and_releases,
    udhcpc_leases_and_releases,
    without_a_client_the_error_says_what_to_install,
    a_second_up_with_a_lease_changes_nothing,
    dhcpcd_leases_and_releases_ipv6,
    dhclient_leases_and_releases_ipv6,
    router_advertisements_give_an_address_and_a_route,
    router_advertisements_are_ignored_where_the_file_says_so,
);

const CLIENTS: [&str; 3] = ["dhcpcd", "dhclient", "udhcpc"];

/// dnsmasq behind the switch.
pub(crate) struct Server {
    child: Child,
    log: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

/// What a server has to give.
pub(crate) const IPV4: &[&str] =
    &["--dhcp-range=192.168.1.100,192.168.1.120,255.255.255.0,10m", "--dhcp-option=option:router,192.168.1.24"];
/// Advertisements that send whoever wants an address to DHCPv6, and that.
const IPV6: &[&str] = &["--enable-ra", "--dhcp-range=2001:db8:1::100,2001:db8:1::120,64,10m"];
/// Advertisements from which hosts make addresses of their own.
const ADVERTISEMENTS: &[&str] = &["--enable-ra", "--dhcp-range=2001:db8:1::,ra-only,64,10m"];

impl Server {
    pub(crate) fn start(offer: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("dnsmasq").tempdir_in("/run").unwrap();
        let log = folder.path().join("log");
        let leases = folder.path().join("leases");
        let child = Command::new("ip")
            .args(["netns", "exec", "sw", "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0"])
            .args(["--interface=br0", "--bind-interfaces", "--user=root", "--log-dhcp", "--dhcp-authoritative"])
            .arg("--no-ping")
            .args(offer)
            .arg(format!("--log-facility={}", log.display()))
            .arg(format!("--dhcp-leasefile={}", leases.display()))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        wait_until("dnsmasq listens", || {
            let ready = ["DHCP, IP range", "DHCPv6, IP range", "router advertisement on"];
            std::fs::read_to_string(&log).is_ok_and(|text| ready.iter().any(|words| text.contains(words)))
        });
        Self { child, log, _folder: folder }
    }

    pub(crate) fn log(&self) -> String {
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
    addressed_by("dhcp = true")
}

fn addressed_by(line: &str) -> String {
    HOME_LAN.replace("addresses = [\"192.168.1.34/24\"]", line).replace("gateway   = \"192.168.1.24\"", "")
}

/// Hides the clients of these names from this test alone: their folders are covered by ones that lead to everything
/// else. (udhcpc is a link to a program with many names, so nothing can be put in the place of the file itself.)
pub(crate) fn hide(clients: &[&str]) {
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
    let server = Server::start(IPV4);
    let config = Config::new(&by_dhcp());
    let plan = config.succeed("plan home-lan");
    assert!(plan.stdout.contains(client), "{plan:?}");
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("an address is leased", || ip("-4 address show dev bond0").contains("192.168.1.1"));
    wait_until("the default route is there", || ip("route show default").contains("192.168.1.24"));
    assert!(!running(client).is_empty(), "no process of {client} is found: this test is blind");
    config.succeed("down home-lan");
    wait_until("the lease is given back", || server.log().contains("DHCPRELEASE"));
    // dhcpcd's helpers end by themselves, a little after it.
    wait_until("no process of the client is left", || running(client).is_empty());
}

/// The processes of a client in this network, by /proc.
fn running(client: &str) -> Vec<String> {
    let network = |process: &std::path::Path| std::fs::read_link(process.join("ns/net")).ok();
    let here = network("/proc/thread-self".as_ref());
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let processes = processes.filter(|process| network(process) == here);
    let commands = processes.filter_map(|process| std::fs::read_to_string(process.join("cmdline")).ok());
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
    let _server = Server::start(IPV4);
    let config = Config::new(&by_dhcp());
    config.succeed("up home-lan");
    wait_until("an address is leased", || ip("-4 address show dev bond0").contains("192.168.1.1"));
    config.mpath("plan --check").expect(0);
    config.succeed("down home-lan");
}

fn leases_and_releases_ipv6(client: &str) {
    hide(&CLIENTS.into_iter().filter(|other| *other != client).collect::<Vec<_>>());
    let _segment = Segment::new(&["eth0", "eth1"]);
    let server = Server::start(IPV6);
    let config = Config::new(&addressed_by("dhcp6 = true"));
    let plan = config.succeed("plan home-lan");
    assert!(plan.stdout.contains(&format!("{client} -6")), "{plan:?}");
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("an address is leased", || global_addresses("bond0").contains("2001:db8:1::1"));
    assert!(!running(client).is_empty(), "no process of {client} is found: this test is blind");
    config.mpath("plan --check").expect(0);
    config.succeed("down home-lan");
    wait_until("the lease is given back", || server.log().contains("DHCPRELEASE"));
    // dhcpcd's helpers end by themselves, a little after it.
    wait_until("no process of the client is left", || running(client).is_empty());
}

fn global_addresses(interface: &str) -> String {
    ip(&format!("-6 address show dev {interface} scope global"))
}

fn dhcpcd_leases_and_releases_ipv6() {
    leases_and_releases_ipv6("dhcpcd");
}

fn dhclient_leases_and_releases_ipv6() {
    leases_and_releases_ipv6("dhclient");
}

/// How many router advertisements the bond has heard, by the kernel's count.
fn advertisements_heard() -> u64 {
    let counters = read("/proc/thread-self/net/dev_snmp6/bond0");
    let count = counters.lines().find_map(|line| line.strip_prefix("Icmp6InRouterAdvertisements"));
    count.map_or(0, |count| count.trim().parse().unwrap())
}

fn router_advertisements_give_an_address_and_a_route() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let _server = Server::start(ADVERTISEMENTS);
    // A router itself, it would not listen if it were not told to do so always.
    std::fs::write("/proc/sys/net/ipv6/conf/all/forwarding", "1").unwrap();
    let config = Config::new(&addressed_by("accept-ra = true"));
    config.succeed("up home-lan");
    wait_until("an address is made", || global_addresses("bond0").contains("2001:db8:1:"));
    wait_until("the default route is there", || ip("-6 route show default dev bond0").contains("proto ra"));
    assert!(advertisements_heard() > 0, "the count is no measure");
    config.mpath("plan --check").expect(0);
    assert!(config.succeed("up home-lan").stdout.contains("already as wanted"));
    config.succeed("down home-lan");
}

fn router_advertisements_are_ignored_where_the_file_says_so() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(&addressed_by("addresses = [\"192.168.1.34/24\"]\naccept-ra = false"));
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    // Nobody asks for an advertisement here; the server sends one to all in its first seconds.
    let _server = Server::start(ADVERTISEMENTS);
    wait_until("an advertisement is heard", || advertisements_heard() > 0);
    let (addresses, routes) = (global_addresses("bond0"), ip("-6 route show default"));
    assert!(addresses.is_empty() && routes.is_empty(), "{addresses}{routes}");
    config.mpath("plan --check").expect(0);
    config.succeed("down home-lan");
}
