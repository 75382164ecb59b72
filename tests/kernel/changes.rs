//! A group that is there already: left alone where nothing differs, changed in place where the kernel allows it.

use std::io::Read as _;
use std::process::{Command, Stdio};

use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, ip, ip_json, option, wait_for_active, wait_until};
use crate::ping::{Ping, now};

crate::cases!(OwnNamespace:
    a_second_up_writes_nothing,
    an_option_is_changed_in_place_without_a_loss,
    a_changed_address_replaces_the_old_one_and_leaves_those_of_others,
    a_mode_change_takes_the_members_out_and_says_so,
    every_mode_comes_up_and_converges,
    a_member_taken_out_behind_our_back_comes_back,
    a_member_that_left_the_file_gets_its_own_address_back,
    two_groups_come_up_by_all,
    each_mac_policy_is_what_the_kernel_shows,
);

/// Runs something while `ip monitor all` listens, and returns what it heard.
fn heard(during: impl FnOnce()) -> String {
    let mut monitor = Command::new("ip").args(["monitor", "all"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = monitor.stdout.take().unwrap();
    let listener = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).unwrap();
        text
    });
    // It listens as soon as its own mark comes through; another one ends what is heard.
    let mark = |name: &str| {
        ip(&format!("link add {name} type dummy"));
        ip(&format!("link del {name}"));
    };
    std::thread::sleep(std::time::Duration::from_millis(500));
    mark("mark-begin");
    during();
    mark("mark-end");
    std::thread::sleep(std::time::Duration::from_millis(300));
    monitor.kill().unwrap();
    monitor.wait().unwrap();
    let text = listener.join().unwrap();
    let begin = text.rfind("mark-begin").expect("the monitor was too late to listen");
    let end = text.find("mark-end").expect("the monitor ended too early");
    // The last line of the first mark ends after its name; the first of the last begins before its.
    let after = text[begin..end].split_once('\n').map_or("", |(_, rest)| rest);
    after.rsplit_once('\n').map_or("", |(text, _)| text).to_owned()
}

fn a_second_up_writes_nothing() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    // What the first run set going must have come to rest: both links, and the link-local address of the bond.
    wait_until("the standby is up", || crate::network::read("/sys/class/net/eth0/bonding_slave/mii_status") == "up");
    wait_until("the link-local address is settled", || {
        let addresses = ip("-6 address show dev bond0 scope link");
        addresses.contains("fe80") && !addresses.contains("tentative")
    });
    config.mpath("plan --check").expect(0);
    let noise = heard(|| {
        let outcome = config.succeed("up home-lan");
        assert!(outcome.stdout.contains("already as wanted"), "{outcome:?}");
    });
    let lines: Vec<_> = noise.lines().filter(|line| !line.contains("mark-")).collect();
    let news: Vec<_> = lines.iter().filter(|line| line.contains("bond0") || line.contains("eth")).collect();
    assert!(news.is_empty(), "{news:#?}");
    // The monitor does hear what mpath writes when there is something to write.
    config.write(&HOME_LAN.replace("\"200ms\", down-delay = \"200ms\"", "\"300ms\", down-delay = \"200ms\""));
    let noise = heard(|| {
        config.succeed("up home-lan");
    });
    assert!(noise.contains("bond0"), "the monitor is deaf: {noise}");
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
