//! Boots of a group with DHCP: what `mpath-dhcp.conf` gives the unit is enough for each client, and for its scripts.

use crate::machine::{HOME_LAN, Tree};

crate::cases!(
    dhcpcd_has_the_rights_that_it_needs_at_a_boot,
    dhclient_has_the_rights_that_it_needs_at_a_boot,
    udhcpc_has_the_rights_that_it_needs_at_a_boot,
);

const CLIENTS: [&str; 3] = ["dhcpcd", "dhclient", "udhcpc"];

/// dnsmasq behind the switch, at work before its unit counts as started; addresses of both families.
const SERVER: &str = "[Unit]
DefaultDependencies=no
After=lab-cables.service
Before=network-pre.target
[Service]
Type=forking
ExecStartPre=ip -n sw address add 2001:db8:1::24/64 dev br0 nodad
ExecStart=ip netns exec sw dnsmasq --conf-file=/dev/null --port=0 --interface=br0 --bind-interfaces --user=root \
    --log-dhcp --dhcp-authoritative --no-ping --pid-file=/run/lab-dhcp.pid --log-facility=/run/lab-dhcp.log \
    --dhcp-leasefile=/run/lab-dhcp.leases --enable-ra \
    --dhcp-range=192.168.1.100,192.168.1.120,255.255.255.0,10m --dhcp-option=option:router,192.168.1.24 \
    --dhcp-option=option:dns-server,192.168.1.24 --dhcp-range=2001:db8:1::100,2001:db8:1::120,64,10m
";

/// What needs the network notes what there is as it starts: a lease, and what the client's script made of it.
const NEEDS_NETWORK: &str = "[Unit]
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
ExecStart=/bin/bash -c '{ ip -br -4 address show bond0; ip route show default; } >/run/found 2>&1'
";

const SHOW: &str = "
wait_for() { for moment in {1..900}; do \"$@\" && return; sleep 0.1; done; echo \"in vain: $*\"; show; exit 1; }
show() { journalctl --no-pager -o cat -u mpath@home-lan.service; cat /run/lab-dhcp.log; }
resolver() { grep -qx 'nameserver 192.168.1.24' /etc/resolv.conf; }
leased6() { ip -6 address show dev bond0 scope global | grep -q 2001:db8:1::1; }
released() { grep -q DHCPRELEASE /run/lab-dhcp.log; }
echo '== found'; cat /run/found
wait_for resolver
if grep -q dhcp6 /etc/mpath/home-lan.toml; then wait_for leased6; fi
echo '== failed'; systemctl --failed --plain --no-legend
echo '== unit'; systemctl show -P DropInPaths mpath@home-lan.service
group=/sys/fs/cgroup$(systemctl show -P ControlGroup mpath@home-lan.service)
for process in $(<$group/cgroup.procs); do echo \"in the unit: $(</proc/$process/comm)\"; done
mpath plan home-lan --check && echo as wanted
systemctl stop mpath@home-lan.service
wait_for released
test ! -e /sys/class/net/bond0 && echo gone
test ! -e $group/cgroup.procs || { sleep 2; cat $group/cgroup.procs; }
systemctl --failed --plain --no-legend
echo '== journal'; show
";

fn has_the_rights(client: &str, wanted: &str) {
    let tree = Tree::new(&["eth0", "eth1"]);
    let text =
        HOME_LAN.replace("addresses = [\"192.168.1.34/24\"]", wanted).replace("gateway   = \"192.168.1.24\"\n", "");
    assert!(text.contains(wanted) && !text.contains("gateway"), "{text}");
    tree.file("etc/mpath/home-lan.toml", &text);
    let others = CLIENTS.iter().filter(|other| **other != client);
    let paths: Vec<_> = others
        .flat_map(|name| ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map(|folder| format!("{folder}/{name}")))
        .collect();
    tree.unit(
        "lab-clients.service",
        &format!(
            "[Unit]\nDefaultDependencies=no\nBefore=network-pre.target\n\
             [Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/rm -f {}\n",
            paths.join(" ")
        ),
    );
    tree.unit("lab-dhcp.service", SERVER);
    tree.unit("lab-needs-network.service", NEEDS_NETWORK);
    tree.mpath("enable home-lan");
    let seen = tree.boot(SHOW);
    let (found, _) = seen.stdout.split_once("== failed\n").unwrap_or_else(|| panic!("{seen:?}"));
    assert!(found.contains("192.168.1.1") && found.contains("via 192.168.1.24"), "{seen:?}");
    seen.has("== failed\n== unit\n").has("/mpath@home-lan.service.d/mpath-dhcp.conf\n");
    seen.has(&format!("in the unit: {client}\n")).has("as wanted\n").has("gone\n== journal\n");
    let (_, journal) = seen.stdout.split_once("== journal\n").unwrap();
    for refused in ["not permitted", "ermission denied", "Read-only file system", "Bad system call"] {
        assert!(!journal.contains(refused), "{seen:?}");
    }
}

fn dhcpcd_has_the_rights_that_it_needs_at_a_boot() {
    has_the_rights("dhcpcd", "dhcp = true\ndhcp6 = true");
}

fn dhclient_has_the_rights_that_it_needs_at_a_boot() {
    has_the_rights("dhclient", "dhcp = true\ndhcp6 = true");
}

fn udhcpc_has_the_rights_that_it_needs_at_a_boot() {
    has_the_rights("udhcpc", "dhcp = true");
}
