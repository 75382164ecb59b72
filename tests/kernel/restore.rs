//! `down` puts the host back as it was, whatever the members had; and so does an `up` that fails.

use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, batch, ip, option, picture, wait_for_picture, wait_until};

crate::cases!(OwnNamespace:
    down_gives_members_their_addresses_routes_and_mtu_back,
    down_leaves_members_down_that_were_down,
    down_works_from_observation_without_a_receipt,
    down_a_second_time_has_nothing_to_do,
    an_up_that_the_kernel_refuses_half_way_is_undone,
    an_adopted_bond_is_given_back,
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
         address add 192.168.1.35/24 dev eth1 label eth1:1\n\
         address add 172.16.0.1/32 peer 172.16.0.2 dev eth1 scope link\n\
         address add 2001:db8:1::34/64 dev eth1 nodad\n\
         route add default via 192.168.1.24 dev eth1\n\
         route add default via 192.168.1.24 dev eth1 metric 600 proto dhcp src 192.168.1.34\n\
         route add 10.99.0.0/16 via 192.168.1.77 dev eth1 table 100\n\
         route add 10.98.0.0/16 dev eth1 scope link\n\
         route add default via 2001:db8:1::24 dev eth1\n",
    );
    for name in BOTH {
        wait_until("the link-local address is settled", || {
            let addresses = ip(&format!("-6 address show dev {name} scope link"));
            addresses.contains("fe80") && !addresses.contains("tentative")
        });
    }
}

fn down_gives_members_their_addresses_routes_and_mtu_back() {
    let _segment = Segment::new(BOTH);
    busy_members();
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    let plan = config.succeed("plan home-lan");
    assert!(format!("{}{}", plan.stdout, plan.stderr).contains("gives up"), "{plan:?}");
    config.succeed("up home-lan");
    assert!(ip("address show dev eth1").lines().all(|line| !line.contains("inet")), "addresses on a member");
    assert!(ip("route show default").contains("bond0"));
    config.succeed("down home-lan");
    wait_for_picture(&before, BOTH);
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
