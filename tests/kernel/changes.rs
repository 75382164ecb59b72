//! A group that is there already: left alone where nothing differs, changed in place where the kernel allows it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::crash::settled;
use crate::faults::is_again;
use crate::mpath::{Config, HOME_LAN};
use crate::network::{PATIENCE, Segment, batch, ip, ip_json, option, wait_for_active, wait_for_link_local, wait_until};
use crate::ping::{Ping, now};

crate::cases!(OwnNamespace:
    a_second_up_writes_nothing,
    an_option_is_changed_in_place_without_a_loss,
    a_changed_address_replaces_the_old_one_and_leaves_those_of_others,
    the_routes_of_a_group_outlive_a_change_of_its_only_address,
    a_mode_change_takes_the_members_out_and_says_so,
    every_mode_comes_up_and_converges,
    a_member_taken_out_behind_our_back_comes_back,
    a_member_that_left_the_file_gets_its_own_address_back,
    a_member_that_left_the_file_does_not_get_back_what_the_group_has_now,
    a_group_keeps_its_mac_address_when_only_its_primary_changes,
    two_groups_come_up_by_all,
    each_mac_policy_is_what_the_kernel_shows,
);

/// `ip monitor all`, line by line.
struct Monitor {
    child: Child,
    lines: Receiver<String>,
}

/// The device of the marks between which the monitor is heard. That its group number changes is one event and no more,
/// if it is on (netdev_state_change).
const MARK: &str = "mark0";
const HELLO: u32 = 1;
const BEGIN: u32 = 2;
const END: u32 = 3;

fn mark(number: u32) {
    ip(&format!("link set dev {MARK} group {number}"));
}

impl Monitor {
    /// Starts it, and waits until it listens.
    fn start() -> Self {
        batch(&[], &format!("link add {MARK} type dummy\nlink set {MARK} addrgenmode none up\n"));
        let mut child = Command::new("ip").args(["-o", "monitor", "all"]).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, lines) = channel();
        std::thread::spawn(move || out.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let monitor = Self { child, lines };
        // Nothing tells when it begins to listen, so it is called until it answers.
        wait_until("the monitor listens", || {
            mark(HELLO);
            monitor.lines.recv_timeout(Duration::from_millis(100)).is_ok()
        });
        monitor
    }

    /// Waits until it has printed nothing for longer than linkwatch, which looks once a second, can take to tell.
    fn wait_for_rest(&self) {
        let start = Instant::now();
        while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(1500)) {
            assert!(start.elapsed() < PATIENCE, "it does not come to rest: {line}");
        }
    }

    /// Makes a mark, and returns what the monitor prints until it prints that.
    fn until(&self, number: u32) -> Vec<String> {
        mark(number);
        let mut heard = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("the mark {number} is not heard after {heard:#?}"));
            if !line.contains(MARK) {
                heard.push(line);
            } else if line.contains(&format!("group {number} ")) {
                return heard;
            }
        }
    }

    /// What it prints while something is done, apart from the marks.
    fn heard(&self, during: impl FnOnce()) -> Vec<String> {
        self.until(BEGIN);
        during();
        self.until(END)
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn a_second_up_writes_nothing() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    // What the first run set going must have come to rest: both links, and the link-local address of the bond.
    wait_until("the standby is up", || crate::network::read("/sys/class/net/eth0/bonding_slave/mii_status") == "up");
    wait_for_link_local("bond0");
    config.mpath("plan --check").expect(0);
    let monitor = Monitor::start();
    monitor.wait_for_rest();
    let noise = monitor.heard(|| {
        let outcome = config.succeed("up home-lan");
        assert!(outcome.stdout.contains("already as wanted"), "{outcome:?}");
    });
    assert!(noise.is_empty(), "{noise:#?}");
    // The monitor does hear what mpath writes when there is something to write.
    config.write(&HOME_LAN.replace("\"200ms\", down-delay = \"200ms\"", "\"300ms\", down-delay = \"200ms\""));
    let noise = monitor.heard(|| {
        config.succeed("up home-lan");
    });
    assert!(noise.iter().any(|line| line.contains("bond0")), "the monitor is deaf: {noise:#?}");
}

fn an_option_is_changed_in_place_without_a_loss() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    let index = ip_json("link show dev bond0")[0]["ifindex"].clone();
    let mut ping = Ping::start(Segment::HOST);
    let start = now();
    config.write(
        &HOME_LAN
            .replace("interval = \"100ms\"", "interval = \"50ms\"")
            .replace("primary   = \"eth1\"", "failback = \"better\"\nprimary = \"eth1\"\npeer-notifications = 3"),
    );
    config.mpath("plan --check").expect(4);
    config.succeed("up home-lan");
    config.mpath("plan --check").expect(0);
    assert_eq!(ping.lost(start, now()), 0);
    assert_eq!(ip_json("link show dev bond0")[0]["ifindex"], index, "the device was made anew");
    // The kernel keeps the delays in multiples of the interval; they must still be what the file says.
    let options =
        ["miimon", "updelay", "downdelay", "primary_reselect", "num_grat_arp"].map(|name| option("bond0", name));
    assert_eq!(options, ["50", "200", "200", "better 1", "3"]);
}

fn a_changed_address_replaces_the_old_one_and_leaves_those_of_others() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    ip("address add 192.168.1.99/32 dev bond0");
    config.write(&HOME_LAN.replace("192.168.1.34", "192.168.1.35"));
    config.succeed("up home-lan");
    let addresses = ip("-4 address show dev bond0");
    assert!(!addresses.contains("192.168.1.34/"), "{addresses}");
    assert!(addresses.contains("192.168.1.35/24"), "{addresses}");
    assert!(addresses.contains("192.168.1.99/32"), "somebody else's address was taken away: {addresses}");
    config.succeed("down home-lan");
}

/// With the last address the kernel takes all IPv4 routes away, those of others too (`fib_inetaddr_event`).
fn the_routes_of_a_group_outlive_a_change_of_its_only_address() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    ip("route add 198.51.100.0/24 via 192.168.1.24 dev bond0");
    config.write(&HOME_LAN.replace("192.168.1.34", "192.168.1.35"));
    config.succeed("up home-lan");
    let addresses = ip("-4 address show dev bond0");
    assert!(addresses.contains("192.168.1.35/24") && !addresses.contains("192.168.1.34/"), "{addresses}");
    let routes = ip("route show dev bond0");
    assert!(routes.contains("default via 192.168.1.24") && routes.contains("198.51.100.0/24 via"), "{routes}");
    config.succeed("plan --check");
    config.succeed("down home-lan");
}

fn a_mode_change_takes_the_members_out_and_says_so() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    config.write(&HOME_LAN.replace("primary   = \"eth1\"", "mode = \"balance-xor\"\ntransmit-hash = \"layer3+4\""));
    let plan = config.mpath("plan home-lan").expect(0);
    assert!(format!("{}{}", plan.stdout, plan.stderr).contains("members taken out"), "{plan:?}");
    config.succeed("up home-lan");
    assert_eq!(option("bond0", "mode"), "balance-xor 2");
    assert_eq!(option("bond0", "xmit_hash_policy"), "layer3+4 1");
    assert_eq!(option("bond0", "slaves").split(' ').count(), 2);
    assert!(ip("-4 address show dev bond0").contains("192.168.1.34/24"));
    assert!(ip("route show default").contains("192.168.1.24"));
    config.mpath("plan --check").expect(0);
}

fn every_mode_comes_up_and_converges() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let options = [
        ("balance-rr", "packets-per-member = 4"),
        ("active-backup", ""),
        ("balance-xor", "transmit-hash = \"layer2+3\""),
        ("broadcast", ""),
        ("lacp", "lacp = { rate = \"fast\", select = \"count\", min-links = 1, system-priority = 100, port-key = 7 }"),
        ("5", "dynamic-balance = false\ntransmit-hash = \"layer3+4\"\nlearning-interval = \"2s\""),
        ("alb", "learning-interval = \"3s\""),
    ];
    let config = Config::new(HOME_LAN);
    // One after the other on the same device, so that every change of mode is tried too.
    for (mode, options) in options {
        config.write(&HOME_LAN.replace("primary   = \"eth1\"", &format!("mode = \"{mode}\"\n{options}")));
        config.succeed("up home-lan");
        config.mpath("plan --check").expect(0);
    }
    config.succeed("down home-lan");
}

fn a_member_taken_out_behind_our_back_comes_back() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    ip("link set dev eth1 nomaster");
    config.mpath("status --check").expect(6);
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    config.mpath("plan --check").expect(0);
}

fn a_member_that_left_the_file_gets_its_own_address_back() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    ip("link set eth0 up mtu 1400");
    ip("address add 192.168.7.7/24 dev eth0");
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    assert!(!ip("-4 address show dev eth0").contains("192.168.7.7"));
    config.write(&HOME_LAN.replace(r#"["eth1", "eth0"]"#, r#"["eth1"]"#));
    config.succeed("up home-lan");
    assert_eq!(option("bond0", "slaves"), "eth1");
    let eth0 = ip("address show dev eth0");
    assert!(eth0.contains("192.168.7.7/24") && eth0.contains("mtu 1400"), "{eth0}");
    config.succeed("down home-lan");
}

fn a_member_that_left_the_file_does_not_get_back_what_the_group_has_now() {
    // The device keeps the link-local address made of this member's MAC address as long as it is up, so that the member's
    // own fails duplicate address detection or not, as the moment falls (docs/reference/safety.md).
    std::fs::write("/proc/sys/net/ipv6/conf/default/dad_transmits", "0").unwrap();
    let _segment = Segment::new(&["eth0", "eth1"]);
    batch(
        &[],
        "link set eth0 up\nlink set eth1 up mtu 1400\naddress add 192.168.1.34/24 brd + dev eth1\n\
         address add 10.1.2.3/24 dev eth1\nroute add default via 192.168.1.24 dev eth1 proto static\n\
         route add 10.9.0.0/16 via 10.1.2.1 dev eth1\n",
    );
    let both = ["eth0", "eth1"];
    both.into_iter().for_each(wait_for_link_local);
    let before = settled(&both);
    let config = Config::new(HOME_LAN);
    config.succeed("up");
    config.write(&HOME_LAN.replace("\"eth1\", ", "").replace("primary   = \"eth1\"", "primary   = \"eth0\""));
    config.succeed("up").says("eth1 does not get 192.168.1.34/24");
    let eth1 = ip("address show dev eth1");
    assert!(!eth1.contains("192.168.1.34") && eth1.contains("10.1.2.3/24") && eth1.contains("mtu 1400"), "{eth1}");
    assert!(ip("route show dev eth1").contains("10.9.0.0/16"));
    let default = ip("route show default");
    assert!(default.contains("dev bond0") && !default.contains("eth1"), "{default}");
    config.mpath("plan --check").expect(0);
    wait_for_active("bond0", "eth0");
    // Its MAC address went with it, so the group's is another.
    assert_eq!(crate::network::read("/sys/class/net/bond0/address"), "02:00:00:00:00:01");
    Ping::start("192.168.1.24").hear(3);
    config.succeed("down");
    is_again(&before, &|| settled(&both), "down");
}

fn a_group_keeps_its_mac_address_when_only_its_primary_changes() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("up");
    wait_for_active("bond0", "eth1");
    let mac = || crate::network::read("/sys/class/net/bond0/address");
    let first = mac();
    config.write(&HOME_LAN.replace("primary   = \"eth1\"", "primary   = \"eth0\""));
    config.succeed("up");
    wait_for_active("bond0", "eth0");
    assert_eq!(mac(), first);
    config.mpath("plan --check").expect(0);
    config.succeed("down");
}

fn two_groups_come_up_by_all() {
    let _segment = Segment::new(&["eth0", "eth1", "eth2", "eth3"]);
    let other = "[group.other]\nmembers = [\"eth2\", \"eth3\"]\naddresses = [\"10.9.8.7/24\"]\n";
    let config = Config::new(&format!("{HOME_LAN}\n{other}"));
    config.mpath("up").expect(2);
    config.succeed("up --all");
    assert_eq!(option("other", "mode"), "active-backup 1");
    assert_eq!(option("other", "miimon"), "100");
    let status = config.json("status");
    assert_eq!(status["schema"], "mpath.status/1");
    assert_eq!(status["groups"].as_array().unwrap().len(), 2);
    config.succeed("down --all");
    assert!(read_masters().is_empty(), "{}", read_masters());
}

fn read_masters() -> String {
    crate::network::read("/sys/class/net/bonding_masters")
}

fn each_mac_policy_is_what_the_kernel_shows() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let mac_of = |name: &str| crate::network::read(&format!("/sys/class/net/{name}/address"));
    let cases = [
        ("auto", "none 0", "02:00:00:00:00:02", ["02:00:00:00:00:02", "02:00:00:00:00:02"]),
        ("shared", "none 0", "02:00:00:00:00:02", ["02:00:00:00:00:02", "02:00:00:00:00:02"]),
        ("member:eth0", "none 0", "02:00:00:00:00:01", ["02:00:00:00:00:01", "02:00:00:00:00:01"]),
        ("02:aa:bb:cc:dd:ee", "none 0", "02:aa:bb:cc:dd:ee", ["02:aa:bb:cc:dd:ee", "02:aa:bb:cc:dd:ee"]),
        ("active", "active 1", "02:00:00:00:00:02", ["02:00:00:00:00:01", "02:00:00:00:00:02"]),
    ];
    for (policy, option_shown, bond, members) in cases {
        let config = Config::new(&HOME_LAN.replace("primary ", &format!("mac = \"{policy}\"\nprimary ")));
        config.succeed("up home-lan");
        wait_for_active("bond0", "eth1");
        assert_eq!(option("bond0", "fail_over_mac"), option_shown, "{policy}");
        wait_until(&format!("{policy}: the bond shows {bond}"), || mac_of("bond0") == bond);
        assert_eq!(["eth0", "eth1"].map(mac_of), members, "{policy}");
        config.mpath("plan --check").expect(0);
        config.succeed("down home-lan");
        assert_eq!(["eth0", "eth1"].map(mac_of), ["02:00:00:00:00:01", "02:00:00:00:00:02"], "{policy}");
    }
}
