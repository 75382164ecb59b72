//! A boot of a bare Debian in which the package is installed and home-lan enabled, by hands that had nothing but it.

use crate::machine::{Tree, installed};

crate::cases!(the_installed_package_brings_home_lan_up_before_what_needs_the_network);

/// Something that needs the network: it notes what it finds as it starts.
const NEEDS_NETWORK: &str = "[Unit]
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
ExecStart=/bin/bash -c '{ ip -br address show bond0; ping -c 1 -w 20 192.168.1.24; } >/run/found 2>&1'
";

/// It runs as whoever the package made for that.
const HOOK: &str = r#"[[hook]]
on  = ["failover"]
run = ["/bin/sh", "-c", "echo told as $(id -un), of the groups $(id -Gn)"]
"#;

const SHOW: &str = r#"
echo '== found'; cat /run/found
echo '== failed'; systemctl --failed --plain --no-legend 'mpath*' 'lab-*'
units='mpath@home-lan.service mpath-wait-online@home-lan.service mpath-agent.service'
echo '== units'; systemctl is-active $units; systemctl is-enabled $units
echo '== changed'; dpkg --verify mpath
for unit in $units mpath-recover.service; do
    echo "from $(systemctl show -P FragmentPath $unit) $(systemctl show -P DropInPaths $unit)"
done
for unit in mpath@home-lan.service network-online.target; do
    echo $unit=$(systemctl show -P ActiveEnterTimestampMonotonic $unit)
done
echo '== failover'
wait_for() { for moment in {1..600}; do "$@" && return; sleep 0.1; done; echo "in vain: $*"; exit 1; }
active() { [[ $(</sys/class/net/bond0/bonding/active_slave) = $1 ]]; }
told() { journalctl --no-pager -o cat -u mpath-agent.service | grep "told as"; }
mtu() { [[ $(</sys/class/net/bond0/mtu) = $1 ]]; }
wait_for active eth1
ip -n sw link set to-eth1 down
wait_for active eth0
ping -c 1 -w 20 192.168.1.24
wait_for told
echo '== confirm'
sed -i '/^device/a mtu = 1400' /etc/mpath/home-lan.toml
mpath up home-lan --confirm 3s
mtu 1400 && echo changed
wait_for mtu 1500
echo undone
systemctl --failed --plain --no-legend 'mpath*'
echo '== journal'; journalctl --no-pager -o cat -u 'mpath*'
"#;

fn the_installed_package_brings_home_lan_up_before_what_needs_the_network() {
    let root = installed().unwrap();
    let tree = Tree::over(Some(root), &["eth0", "eth1"]);
    tree.unit("lab-needs-network.service", NEEDS_NETWORK);
    tree.file("etc/mpath/hooks.toml", HOOK);
    // The driver is not loaded, as on a fresh system.
    let seen = tree.boot_with(&["--modules", "absent"], SHOW);
    let parts: Vec<_> = seen.stdout.split("== ").collect();
    let part = |name: &str| {
        let found = parts.iter().find_map(|part| part.strip_prefix(name)?.strip_prefix('\n'));
        found.unwrap_or_else(|| panic!("no {name}: {seen:?}"))
    };
    assert!(part("found").contains("192.168.1.34/24") && part("found").contains("1 received"), "{seen:?}");
    assert_eq!(part("failed"), "", "{seen:?}");
    assert_eq!(part("units"), "active\nactive\nactive\nenabled\nenabled\nenabled\n", "{seen:?}");
    // As they were packaged: no file of the package differs, and none of another's has a say.
    let lines: Vec<_> = part("changed").lines().take_while(|line| line.starts_with("from ")).collect();
    assert_eq!(lines.len(), 4, "{seen:?}");
    assert!(
        lines.iter().all(|line| line.ends_with(".service ") && line.contains("/lib/systemd/system/mpath")),
        "{seen:?}"
    );
    let (group, online) = (seen.number("mpath@home-lan.service"), seen.number("network-online.target"));
    assert!(0 < group && group <= online, "{seen:?}");
    assert!(part("failover").contains("1 received"), "{seen:?}");
    assert!(part("failover").contains("told as _mpath-hooks, of the groups _mpath-hooks"), "{seen:?}");
    assert!(part("confirm").contains("changed\nundone\n"), "{seen:?}");
    assert!(part("confirm").ends_with("undone\n"), "{seen:?}");
}
