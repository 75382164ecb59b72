//! Groups of the real tools, taken over by `mpath adopt` under traffic, and given back: `make test-managers`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::mount::{MsFlags, mount};

use crate::formats_networkd::networkd;
use crate::managers::{Daemon, begin, furnish, furnish_with};
use crate::mpath::Config;
use crate::network::{
    Segment, ip, option, picture, succeed, wait_for_active, wait_for_link_local, wait_for_picture, wait_until,
};
use crate::ping::{Ping, now};

crate::cases!(Managers:
    adopted_from_the_kernel_nothing_is_lost_and_all_comes_back,
    adopted_from_networkd_the_address_stays_when_that_begins_anew,
    adopted_from_netplan_the_address_stays_when_it_generates_and_networkd_begins_anew,
    adopted_from_ifupdown_its_stanzas_do_not_count_until_the_release,
    adopted_from_ifupdown2_its_stanzas_do_not_count_until_the_release,
    adopted_from_networkmanager_the_address_stays_when_that_begins_anew,
);

/// A configuration without files, and a place of the test's own for what outlives a boot.
fn config() -> Config {
    fs::create_dir_all("/var/lib/mpath").unwrap();
    mount(Some("tmpfs"), "/var/lib/mpath", Some("tmpfs"), MsFlags::empty(), Some("mode=755")).unwrap();
    let config = Config::new("");
    fs::remove_file(config.folder().join("home-lan.toml")).unwrap();
    config
}

fn has_address() -> bool {
    ip("address show dev bond0").contains("192.168.1.34/24")
}

/// Does something under traffic: the address never goes, and the traffic does not stand still.
fn without_a_gap(what: &str, change: impl FnOnce()) {
    let folder = tempfile::tempdir_in("/run").unwrap();
    let told = folder.path().join("told");
    let output = fs::File::create(&told).unwrap();
    let mut monitor = Command::new("ip").args(["-o", "monitor", "address"]).stdout(output).spawn().unwrap();
    let told = || fs::read_to_string(&told).unwrap();
    // What it is told first and last is of this test's own.
    let mark = |address: &str| {
        wait_until("the monitor hears", || {
            ip(&format!("address replace {address} dev lo"));
            told().contains(address)
        });
    };
    mark("192.0.2.1/32");
    let mut ping = Ping::start(Segment::HOST);
    let begun = now();
    change();
    let gap = ping.longest_gap(begun, now());
    mark("192.0.2.2/32");
    monitor.kill().unwrap();
    monitor.wait().unwrap();
    let lost = told().lines().any(|line| line.starts_with("Deleted") && line.contains("192.168.1.34"));
    assert!(has_address() && !lost, "{what}: {}{}", told(), ip("address show dev bond0"));
    // Starting a daemon is work for the processor that the replies wait for, too.
    assert!(gap < Duration::from_secs(1), "{what}: {gap:?} without traffic");
}

fn adopted_from_the_kernel_nothing_is_lost_and_all_comes_back() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    ip("link add bond0 type bond mode active-backup miimon 100");
    for member in ["eth0", "eth1"] {
        ip(&format!("link set {member} master bond0"));
    }
    ip("link set bond0 type bond primary eth1");
    ip("link set bond0 up");
    ip("address add 192.168.1.34/24 dev bond0");
    ip("route add default via 192.168.1.24 dev bond0");
    wait_for_active("bond0", "eth1");
    wait_for_link_local("bond0");
    let before = picture(&["bond0", "eth0", "eth1"]);
    let config = config();
    without_a_gap("adopt", || drop(config.succeed("adopt kernel --yes")));
    config.succeed("plan --check -q");
    config.succeed("status bond0 --check");
    without_a_gap("release", || drop(config.succeed("release bond0")));
    wait_for_picture(&before, &["bond0", "eth0", "eth1"]);
    assert!(fs::read_dir(config.folder()).unwrap().next().is_none());
}

const NETWORKD: &str = "/usr/lib/systemd/systemd-networkd";

fn adopted_from_networkd_the_address_stays_when_that_begins_anew() {
    let (_others, _segment) = begin();
    let folder = Path::new("/etc/systemd/network");
    fs::create_dir_all(folder).unwrap();
    let files = [
        ("10-bond.netdev", "[NetDev]\nName=bond0\nKind=bond\n[Bond]\nMode=active-backup\nMIIMonitorSec=100ms\n"),
        ("10-members.network", "[Match]\nName=eth0 eth1\n[Network]\nBond=bond0\n"),
        ("20-bond.network", "[Match]\nName=bond0\n[Network]\nAddress=192.168.1.34/24\nGateway=192.168.1.24\n"),
        ("90-last.netdev", "[NetDev]\nName=last0\nKind=dummy\n"),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    let listed = || {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = listed();
    fs::create_dir_all("/run/systemd/netif").unwrap();
    succeed("chown", &["-R", "systemd-network:systemd-network", "/run/systemd/netif"]);
    let state = |name: &str| {
        let index = fs::read_to_string(format!("/sys/class/net/{name}/ifindex")).unwrap();
        fs::read_to_string(format!("/run/systemd/netif/links/{}", index.trim())).unwrap_or_default()
    };
    let configured = |state: String| state.contains("ADMIN_STATE=configured");
    let manager = Daemon::start(NETWORKD, &[]);
    wait_until("it has brought the group up", || {
        Path::new("/sys/class/net/bond0").exists()
            && has_address()
            && configured(state("bond0"))
            && !option("bond0", "active_slave").is_empty()
    });
    wait_until("the members are configured", || configured(state("eth0")) && configured(state("eth1")));
    let config = config();
    without_a_gap("adopt", || drop(config.succeed("adopt networkd --yes")));
    let mut manager = manager;
    without_a_gap("begin anew", || {
        std::mem::replace(&mut manager, Daemon::start("true", &[])).stop();
        manager = Daemon::start(NETWORKD, &[]);
        wait_until("it leaves all of them alone", || {
            ["bond0", "eth0", "eth1"].iter().all(|name| state(name).contains("ADMIN_STATE=unmanaged"))
        });
    });
    config.succeed("plan --check -q");
    config.succeed("doctor --listen 0");
    // It does not make the device either, as after a boot.
    std::mem::replace(&mut manager, Daemon::start("true", &[])).stop();
    ip("link delete bond0");
    ip("link delete last0");
    manager = Daemon::start(NETWORKD, &[]);
    wait_until("it has made what it makes", || Path::new("/sys/class/net/last0").exists());
    assert!(!Path::new("/sys/class/net/bond0").exists());
    config.succeed("up bond0");
    wait_until("the group is there", has_address);
    config.succeed("release bond0");
    assert_eq!(listed(), before);
    manager.stop();
    let _manager = Daemon::start(NETWORKD, &[]);
    wait_until("it has the group again", || {
        Path::new("/sys/class/net/bond0").exists() && has_address() && configured(state("bond0"))
    });
}

fn adopted_from_netplan_the_address_stays_when_it_generates_and_networkd_begins_anew() {
    let (_others, _segment) = begin();
    fs::create_dir_all("/etc/netplan").unwrap();
    let file = "/etc/netplan/50-bond.yaml";
    let theirs = "network:\n  version: 2\n  ethernets: {eth0: {}, eth1: {}}\n  bonds:\n    bond0:\n      interfaces: [eth0, eth1]\n      \
        parameters: {mode: active-backup, mii-monitor-interval: 100, primary: eth1}\n      addresses: [192.168.1.34/24]\n      \
        routes: [{to: default, via: 192.168.1.24}]\n";
    fs::write(file, theirs).unwrap();
    succeed("chmod", &["600", file]);
    let generate = || drop(succeed("/usr/libexec/netplan/generate", &[]));
    generate();
    let mut manager = networkd();
    wait_until("it has brought the group up", || {
        Path::new("/sys/class/net/bond0").exists() && has_address() && is_configured(&["bond0", "eth0", "eth1"])
    });
    wait_for_active("bond0", "eth1");
    let config = config();
    without_a_gap("adopt", || drop(config.succeed("adopt netplan --yes")));
    without_a_gap("begin anew", || {
        std::mem::replace(&mut manager, Daemon::start("true", &[])).stop();
        // As the next boot does.
        generate();
        manager = networkd();
        wait_until("it leaves all of them alone", || config.mpath("doctor --listen 0").code == 0);
    });
    config.succeed("plan --check -q");
    config.succeed("release bond0");
    assert_eq!(fs::read_to_string(file).unwrap(), theirs);
    std::mem::replace(&mut manager, Daemon::start("true", &[])).stop();
    generate();
    let _manager = networkd();
    wait_until("it has the group again", || is_configured(&["bond0", "eth0", "eth1"]));
    assert!(has_address());
}

/// Whether systemd-networkd has configured them.
fn is_configured(names: &[&str]) -> bool {
    names.iter().all(|name| {
        let index = fs::read_to_string(format!("/sys/class/net/{name}/ifindex")).unwrap_or_default();
        let state = fs::read_to_string(format!("/run/systemd/netif/links/{}", index.trim()));
        state.is_ok_and(|state| state.contains("ADMIN_STATE=configured"))
    })
}

fn adopted_from_ifupdown_its_stanzas_do_not_count_until_the_release() {
    furnish();
    stanzas_do_not_count_until_the_release("ifupdown");
}

fn adopted_from_ifupdown2_its_stanzas_do_not_count_until_the_release() {
    furnish_with(&["ifupdown2", "root"]);
    stanzas_do_not_count_until_the_release("ifupdown2");
}

/// What is printed to let a tool begin anew: ifupdown2 remembers what it has brought up.
fn begin_anew(told: &str) {
    let commands: Vec<_> =
        told.lines().filter(|line| ["  rm -f", "  ifreload"].iter().any(|head| line.starts_with(head))).collect();
    assert_eq!(commands.len(), if Path::new("/sbin/ifreload").exists() { 2 } else { 0 }, "{told}");
    for command in commands {
        succeed("sh", &["-c", command]);
    }
}

fn stanzas_do_not_count_until_the_release(format: &str) {
    let _segment = Segment::new(&["eth0", "eth1"]);
    fs::create_dir_all("/etc/network/interfaces.d").unwrap();
    let theirs = "auto lo bond0\niface lo inet loopback\n\niface bond0 inet static\n    address 192.168.1.34/24\n    \
        gateway 192.168.1.24\n    bond-slaves eth0 eth1\n    bond-mode active-backup\n    bond-primary eth1\n    bond-miimon 100\n";
    fs::write("/etc/network/interfaces", theirs).unwrap();
    succeed("ifup", &["bond0"]);
    wait_for_active("bond0", "eth1");
    let config = config();
    let text = || fs::read_to_string("/etc/network/interfaces").unwrap();
    without_a_gap("adopt, and nobody confirms", || {
        config.succeed(&format!("adopt {format} --yes --confirm 2s"));
        assert_ne!(text(), theirs);
        wait_until("all of it is back", || text() == theirs && fs::read_dir(config.folder()).unwrap().next().is_none());
    });
    wait_until("nothing waits", || config.succeed("pending").stdout.contains("no change"));
    without_a_gap("adopt", || {
        let adopted = config.succeed(&format!("adopt {format} --yes"));
        begin_anew(&adopted.stdout);
    });
    config.succeed("plan --check -q");
    assert!(!succeed("ifquery", &["--list"]).contains("bond0"));
    config.succeed("doctor --listen 0");
    without_a_gap("release", || begin_anew(&config.succeed("release bond0").stdout));
    assert_eq!(text(), theirs);
    assert!(succeed("ifquery", &["--list"]).contains("bond0"));
    succeed("ifdown", &["bond0"]);
    assert!(!Path::new("/sys/class/net/bond0").exists());
}

fn adopted_from_networkmanager_the_address_stays_when_that_begins_anew() {
    let (_others, _segment) = begin();
    let folder = Path::new("/etc/NetworkManager/system-connections");
    fs::create_dir_all(folder).unwrap();
    let port = |name: &str, uuid: char| {
        let uuid = format!("{}-0000-4000-8000-000000000000", uuid.to_string().repeat(8));
        let text = format!(
            "[connection]\nid={name}\nuuid={uuid}\ntype=ethernet\ninterface-name={name}\nmaster=bond0\nslave-type=bond\n"
        );
        (format!("{name}.nmconnection"), text)
    };
    let bond = "[connection]\nid=bond0\nuuid=cccccccc-0000-4000-8000-000000000000\ntype=bond\ninterface-name=bond0\n\n[bond]\n\
        mode=active-backup\nmiimon=100\n\n[ipv4]\nmethod=manual\naddress1=192.168.1.34/24,192.168.1.24\n\n[ipv6]\nmethod=disabled\n";
    let files = [port("eth0", 'a'), port("eth1", 'b'), ("bond0.nmconnection".to_owned(), bond.to_owned())];
    for (name, text) in &files {
        fs::write(folder.join(name), text).unwrap();
        succeed("chmod", &["600", folder.join(name).to_str().unwrap()]);
    }
    let manager = Daemon::start("NetworkManager", &["--no-daemon"]);
    wait_until("it has brought the group up", || {
        Path::new("/sys/class/net/bond0").exists()
            && has_address()
            && option("bond0", "slaves").split_whitespace().count() == 2
    });
    wait_until("a member is active", || !option("bond0", "active_slave").is_empty());
    let config = config();
    without_a_gap("adopt", || drop(config.succeed("adopt kernel bond0 --yes")));
    let mut manager = manager;
    let nmcli = |words: &[&str]| String::from_utf8(Command::new("nmcli").args(words).output().unwrap().stdout).unwrap();
    let states = || nmcli(&["-t", "-f", "device,state", "device"]);
    without_a_gap("begin anew", || {
        std::mem::replace(&mut manager, Daemon::start("true", &[])).stop();
        // As the commands that it printed.
        fs::remove_dir_all("/run/NetworkManager/devices").unwrap();
        manager = Daemon::start("NetworkManager", &["--no-daemon"]);
        wait_until("it has looked at all of them", || states().matches(":unmanaged").count() == 4);
    });
    // A device is unmanaged at first, whatever becomes of it.
    wait_until("it leaves all of them alone", || config.mpath("doctor --listen 0").code == 0);
    assert!(
        ["bond0", "eth0", "eth1"].iter().all(|name| states().contains(&format!("{name}:unmanaged"))),
        "{}",
        states()
    );
    assert!(has_address());
    config.succeed("plan --check -q");
    config.succeed("release bond0");
    for (name, text) in &files {
        assert_eq!(&fs::read_to_string(folder.join(name)).unwrap(), text);
    }
    manager.stop();
    let _manager = Daemon::start("NetworkManager", &["--no-daemon"]);
    wait_until("it has the group again", || states().contains("bond0:connected"));
}
