//! `mpath doctor` and the real programs that manage networks: `make test-managers`.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, ip, option, succeed, wait_for_active, wait_until};
pub(crate) use crate::programs::{Daemon, begin, furnish, furnish_with};

crate::cases!(Managers:
    networkmanager_takes_a_group_apart_and_leaves_it_alone_once_cured,
    networkd_configures_members_and_leaves_them_alone_once_cured,
    ifupdown_configures_a_member_and_leaves_it_alone_once_cured,
    a_dhcpcd_for_all_interfaces_configures_members_and_leaves_one_alone_once_cured,
);

fn doctor(config: &Config) -> Vec<Value> {
    let outcome = config.mpath("doctor --listen 0 --json");
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"));
    told["findings"].as_array().unwrap().clone()
}

fn of_code<'f>(findings: &'f [Value], code: &str) -> Vec<&'f Value> {
    findings.iter().filter(|finding| finding["code"] == code).collect()
}

/// The interfaces that are found with a code; each was seen by this.
fn found(findings: &[Value], code: &str, seen: &str) -> Vec<String> {
    let of_code = of_code(findings, code);
    for finding in &of_code {
        assert!(finding["evidence"].to_string().contains(seen), "not seen: {seen}: {finding:#}");
    }
    of_code.iter().map(|finding| finding["interface"].as_str().unwrap().to_owned()).collect()
}

/// Types all that is told about a code.
fn cure(findings: &[Value], code: &str) {
    for finding in of_code(findings, code) {
        for command in finding["cure"].as_array().unwrap().iter().flat_map(|cure| cure["commands"].as_array().unwrap())
        {
            succeed("sh", &["-c", command.as_str().unwrap()]);
        }
    }
}

/// Brings the group up. A manager that is at work gives members addresses at any moment, also between the last step and
/// the look at what came of it: then everything is undone, and it is tried again.
fn up(config: &Config) {
    wait_until("the group is up", || config.mpath("up home-lan").code == 0);
    wait_for_active("bond0", "eth1");
}

fn members() -> String {
    option("bond0", "slaves")
}

fn networkmanager_takes_a_group_apart_and_leaves_it_alone_once_cured() {
    /// Longer than its DHCP goes on (`ipv4.dhcp-timeout`, 45 s) with all else that it does.
    const ITS_PATIENCE: Duration = Duration::from_secs(90);
    let (_others, segment) = begin();
    let manager = Daemon::start("NetworkManager", &["--no-daemon"]);
    wait_until("it works on both", || {
        let devices = Command::new("nmcli").args(["-t", "-f", "device,state", "device"]).output().unwrap().stdout;
        String::from_utf8(devices).unwrap().matches("connecting").count() == 2
    });
    let config = Config::new(HOME_LAN);
    up(&config);
    let begun = Instant::now();
    let findings = doctor(&config);
    assert_eq!(found(&findings, "managed-by-networkmanager", "managed=true"), ["eth0", "eth1"], "{findings:#?}");
    assert_eq!(config.mpath("doctor --listen 0").code, 7);
    while !members().is_empty() {
        assert!(begun.elapsed() < ITS_PATIENCE, "it leaves the members alone: {}", members());
        std::thread::sleep(Duration::from_millis(200));
    }
    up(&config);
    cure(&doctor(&config), "managed-by-networkmanager");
    wait_until("it has let go", || of_code(&doctor(&config), "managed-by-networkmanager").is_empty());
    up(&config);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        assert_eq!(members().split_whitespace().count(), 2, "after {:?}", begun.elapsed());
        std::thread::sleep(Duration::from_millis(500));
    }
    segment.cut("eth1");
    wait_for_active("bond0", "eth0");
    segment.plug("eth1");
    wait_for_active("bond0", "eth1");
    // It leaves them alone when it begins anew, too.
    drop(manager);
    let _manager = Daemon::start("NetworkManager", &["--no-daemon"]);
    wait_until("it is there again", || {
        let devices = Command::new("nmcli").args(["-t", "-f", "device,state", "device"]).output().unwrap().stdout;
        String::from_utf8(devices).unwrap().contains("eth0:unmanaged")
    });
    wait_until("all is well", || doctor(&config).is_empty());
    assert_eq!(members().split_whitespace().count(), 2);
}

fn networkd_configures_members_and_leaves_them_alone_once_cured() {
    let (_others, _segment) = begin();
    std::fs::create_dir_all("/etc/systemd/network").unwrap();
    let file = "/etc/systemd/network/80-wired.network";
    // Without a gateway: it would give up on an interface that loses its address between that and the route through it.
    std::fs::write(file, "[Match]\nName=eth0\n[Network]\nAddress=192.168.1.77/24\n").unwrap();
    std::fs::create_dir_all("/run/systemd/netif").unwrap();
    succeed("chown", &["-R", "systemd-network:systemd-network", "/run/systemd/netif"]);
    let _manager = Daemon::start("/usr/lib/systemd/systemd-networkd", &[]);
    wait_until("it has configured eth0", || ip("address show dev eth0").contains("192.168.1.77"));
    let config = Config::new(HOME_LAN);
    up(&config);
    // It writes down what it has at its own time, so that two looks may differ.
    let mut findings = Vec::new();
    wait_until("it tells of eth0", || {
        findings = doctor(&config);
        !of_code(&findings, "managed-by-networkd").is_empty()
    });
    assert_eq!(found(&findings, "managed-by-networkd", file), ["eth0"], "{findings:#?}");
    cure(&findings, "managed-by-networkd");
    wait_until("it has let go", || of_code(&doctor(&config), "managed-by-networkd").is_empty());
    config.succeed("doctor --listen 0 --fix");
    assert!(!ip("address show dev eth0").contains("192.168.1.77"));
    config.succeed("doctor --listen 0");
}

fn ifupdown_configures_a_member_and_leaves_it_alone_once_cured() {
    furnish();
    let _segment = Segment::new(&["eth0", "eth1"]);
    std::fs::create_dir_all("/etc/network/interfaces.d").unwrap();
    std::fs::write(
        "/etc/network/interfaces",
        "source /etc/network/interfaces.d/*\n\nauto eth1\niface eth1 inet manual\n",
    )
    .unwrap();
    let file = "/etc/network/interfaces.d/eth0";
    let text = "# of the installer\nauto eth0\niface eth0 inet static\n    address 192.168.1.77/24\n";
    std::fs::write(file, text).unwrap();
    let config = Config::new(HOME_LAN);
    // Whoever would write a file for these cards is told who has them.
    let client = Daemon::start("udhcpc", &["-f", "-i", "eth1", "-s", "/bin/true"]);
    let missing = config.folder().join("none");
    let managed_by = || config.mpath(&format!("init --yes --dry-run --config {}", missing.display())).stderr;
    wait_until("the client is seen", || managed_by().contains("udhcpc"));
    let told = managed_by();
    let row = |name: &str| told.lines().find(|line| line.contains(name)).unwrap_or_default().to_owned();
    assert!(row("eth0").contains("ifupdown") && row("eth1").contains("udhcpc"), "{told}");
    drop(client);
    up(&config);
    succeed("ifup", &["eth0"]);
    assert!(ip("address show dev eth0").contains("192.168.1.77"));
    let findings = doctor(&config);
    assert_eq!(found(&findings, "managed-by-ifupdown", file), ["eth0"], "{findings:#?}");
    let claim = of_code(&findings, "managed-by-ifupdown")[0];
    assert_eq!(
        (&claim["evidence"][0]["line"], &claim["evidence"][0]["seen"]),
        (&3.into(), &"iface eth0 inet static".into())
    );
    assert!(!of_code(&findings, "member-has-address").is_empty(), "{findings:#?}");
    cure(&findings, "managed-by-ifupdown");
    assert_eq!(doctor(&config), Vec::<Value>::new());
    // The next boot finds nothing to do for it.
    Command::new("ifup").arg("-a").output().unwrap();
    assert!(!ip("address show dev eth0").contains("192.168.1.77"));
}

fn a_dhcpcd_for_all_interfaces_configures_members_and_leaves_one_alone_once_cured() {
    furnish();
    let _segment = Segment::new(&["eth0", "eth1"]);
    std::fs::write("/etc/dhcpcd.conf", "denyinterfaces bond0\n").unwrap();
    let config = Config::new(HOME_LAN);
    up(&config);
    succeed("dhcpcd", &["-b"]);
    wait_until("it is there", || !of_code(&doctor(&config), "managed-by-dhcp-client").is_empty());
    let findings = doctor(&config);
    assert_eq!(found(&findings, "managed-by-dhcp-client", "dhcpcd"), ["eth0", "eth1"], "{findings:#?}");
    cure(&findings, "managed-by-dhcp-client");
    wait_until("it leaves both alone", || of_code(&doctor(&config), "managed-by-dhcp-client").is_empty());
    let runs = Command::new("pgrep").args(["-x", "dhcpcd"]).output().unwrap().status.success();
    assert!(runs, "it was to leave two interfaces alone, not to end");
    let _ = Command::new("dhcpcd").arg("-x").output();
}
