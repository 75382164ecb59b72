//! `down` puts the host back as it was, whatever the members had; and so does an `up` that fails.

use std::process::Command;
use std::time::Instant;

use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, batch, ip, ip_json, option, picture, wait_for_link_local, wait_for_picture};

crate::cases!(OwnNamespace:
    down_gives_members_their_addresses_routes_and_mtu_back,
    down_leaves_members_down_that_were_down,
    down_works_from_observation_without_a_receipt,
    down_a_second_time_has_nothing_to_do,
    an_up_that_the_kernel_refuses_half_way_is_undone,
    an_adopted_bond_is_given_back,
    down_gives_back_what_a_member_had_that_was_taken_out_behind_our_back,
    down_gives_back_what_a_member_had_that_was_taken_out_and_taken_in_again,
    down_in_another_network_leaves_the_receipt_of_this_one_alone,
);

const BOTH: &[&str] = &["eth0", "eth1"];

/// Members with everything that an interface can have.
fn busy_members() {
    batch(
        &[],
        "link set eth0 up mtu 1400\n\
         address add 10.1.2.3/24 dev eth0\n\
         link set eth1 up\n\
         address add 192.168.1.34/24 brd + dev eth1\n\
         address add 192.168.1.35/24 dev eth1 label eth1:1 valid_lft 3000 preferred_lft 2000\n\
         address add 172.16.0.1/32 peer 172.16.0.2 dev eth1 scope link\n\
         address add 2001:db8:1::34/64 dev eth1 nodad\n\
         route add default via 192.168.1.24 dev eth1\n\
         route add default via 192.168.1.24 dev eth1 metric 600 proto dhcp src 192.168.1.34\n\
         route add 10.99.0.0/16 via 192.168.1.77 dev eth1 table 100\n\
         route add 10.98.0.0/16 dev eth1 scope link\n\
         route add default via 2001:db8:1::24 dev eth1\n",
    );
    for name in BOTH {
        wait_for_link_local(name);
    }
}

/// How long eth1's address with a limited life is still valid and preferred.
fn lifetimes() -> (u64, u64) {
    let addresses = ip_json("-4 address show dev eth1");
    let addresses = addresses[0]["addr_info"].as_array().unwrap();
    let address = addresses.iter().find(|address| address["local"] == "192.168.1.35").unwrap();
    let seconds = |key: &str| address[key].as_u64().unwrap();
    (seconds("valid_life_time"), seconds("preferred_life_time"))
}

fn down_gives_members_their_addresses_routes_and_mtu_back() {
    let _segment = Segment::new(BOTH);
    busy_members();
    let before = picture(BOTH);
    let (valid, preferred) = lifetimes();
    let taken = Instant::now();
    let config = Config::new(HOME_LAN);
    let plan = config.succeed("plan home-lan");
    assert!(format!("{}{}", plan.stdout, plan.stderr).contains("gives up"), "{plan:?}");
    config.succeed("up home-lan");
    assert!(ip("address show dev eth1").lines().all(|line| !line.contains("inet")), "addresses on a member");
    assert!(ip("route show default").contains("bond0"));
    config.succeed("down home-lan");
    wait_for_picture(&before, BOTH);
    // Whole seconds are told, and counted from another moment than mpath's.
    let passed = taken.elapsed().as_secs() + 2;
    let (still_valid, still_preferred) = lifetimes();
    assert!((valid - passed..=valid).contains(&still_valid), "{still_valid} s of {valid} s");
    assert!((preferred - passed..=preferred).contains(&still_preferred), "{still_preferred} s of {preferred} s");
}

fn down_leaves_members_down_that_were_down() {
    let _segment = Segment::new(BOTH);
    ip("link set eth0 mtu 9000");
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    config.succeed("down home-lan");
    wait_for_picture(&before, BOTH);
}

fn down_works_from_observation_without_a_receipt() {
    let _segment = Segment::new(BOTH);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    std::fs::remove_file(crate::network::receipt("home-lan").expect("there is a receipt")).unwrap();
    config.succeed("down home-lan").says("no receipt");
    assert!(!std::path::Path::new("/sys/class/net/bond0").exists());
    assert_eq!(crate::network::read("/sys/class/net/eth1/address"), "02:00:00:00:00:02");
}

fn down_a_second_time_has_nothing_to_do() {
    let _segment = Segment::new(BOTH);
    let config = Config::new(HOME_LAN);
    config.succeed("down home-lan");
    config.succeed("up home-lan");
    config.succeed("down home-lan");
    config.succeed("down home-lan");
}

fn an_up_that_the_kernel_refuses_half_way_is_undone() {
    let _segment = Segment::new(BOTH);
    busy_members();
    // A macvlan holds the receive handler that the bond needs: the kernel refuses when it comes to eth1.
    ip("link add mv0 link eth1 type macvlan mode bridge");
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    let outcome = config.mpath("up home-lan").expect(1).says("Device is in use and cannot be enslaved");
    assert!(outcome.stderr.contains("undone"), "{outcome:?}");
    wait_for_picture(&before, BOTH);
    assert!(!std::path::Path::new("/sys/class/net/bond0").exists());
    assert_eq!(crate::network::receipt("home-lan"), None);
}

fn an_adopted_bond_is_given_back() {
    let _segment = Segment::new(BOTH);
    batch(
        &[],
        "link add bond0 type bond mode balance-rr miimon 50\n\
         link set bond0 up\n\
         link set eth0 master bond0\n\
         address add 10.5.5.5/24 dev bond0\n\
         route add 10.6.0.0/16 via 10.5.5.1 dev bond0\n",
    );
    let config = Config::new(HOME_LAN);
    config.mpath("up home-lan").expect(1).says("--adopt");
    assert_eq!(option("bond0", "mode"), "balance-rr 0", "touched without being asked");
    config.mpath("down home-lan").expect(1).says("--adopt");
    config.succeed("up --adopt home-lan");
    assert_eq!(option("bond0", "mode"), "active-backup 1");
    config.mpath("plan --check").expect(0);
    config.succeed("down home-lan");
    assert_eq!(option("bond0", "mode"), "balance-rr 0");
    assert_eq!(option("bond0", "miimon"), "50");
    assert_eq!(option("bond0", "slaves"), "eth0");
    let addresses = ip("-4 address show dev bond0");
    assert!(addresses.contains("10.5.5.5/24") && !addresses.contains("192.168.1.34"), "{addresses}");
    assert!(ip("route show").contains("10.6.0.0/16 via 10.5.5.1 dev bond0"));
}

fn down_gives_back_what_a_member_had_that_was_taken_out_behind_our_back() {
    let _segment = Segment::new(BOTH);
    busy_members();
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    ip("link set dev eth1 nomaster");
    config.succeed("down home-lan");
    wait_for_picture(&before, BOTH);
}

fn down_gives_back_what_a_member_had_that_was_taken_out_and_taken_in_again() {
    let _segment = Segment::new(BOTH);
    busy_members();
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    // It is off and bare now: no state of its own that anybody chose.
    ip("link set dev eth1 nomaster");
    config.succeed("up home-lan");
    assert!(option("bond0", "slaves").contains("eth1"));
    config.succeed("down home-lan");
    wait_for_picture(&before, BOTH);
}

/// The files of receipts, by name, and what is in them.
fn receipts() -> Vec<(std::path::PathBuf, String)> {
    let is_receipt = |path: &std::path::PathBuf| path.extension().is_some_and(|extension| extension == "json");
    let files = walk("/run/mpath".as_ref()).into_iter().filter(is_receipt);
    let mut receipts: Vec<_> = files.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect();
    receipts.sort();
    receipts
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

fn down_in_another_network_leaves_the_receipt_of_this_one_alone() {
    let _segment = Segment::new(BOTH);
    busy_members();
    // As containers may, another network shares this one's /run. It has interfaces of the same names.
    ip("netns add other");
    batch(&["-n", "other"], "link add eth0 type dummy\nlink add eth1 type dummy\naddress add 10.7.7.7/24 dev eth1\n");
    let elsewhere = || [ip("-n other -o link show"), ip("-n other -o -4 address show")];
    let before = picture(BOTH);
    let before_elsewhere = elsewhere();
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    let kept = receipts();
    assert_eq!(kept.len(), 1, "{kept:#?}");
    let mut command = Command::new("ip");
    command.args(["netns", "exec", "other", env!("CARGO_BIN_EXE_mpath"), "--config"]);
    command.arg(config.folder()).args(["down", "home-lan"]);
    crate::mpath::run(command).expect(0);
    assert_eq!(receipts(), kept, "the receipt was touched");
    assert_eq!(elsewhere(), before_elsewhere, "the other network was touched");
    config.mpath("plan --check").expect(0);
    config.succeed("down home-lan");
    wait_for_picture(&before, BOTH);
}
