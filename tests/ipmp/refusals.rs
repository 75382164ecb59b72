//! What stands in the way is said before anything is touched, with the command that cures it.

use illumos_simulator::{Dialect, Link, Simulator};

use crate::world::{HOME_LAN, World};

fn refused(world: &World, reason: &str, cure: &str) {
    let run = world.run("up");
    assert_ne!(run.code, 0, "{run}");
    assert!(run.stderr.contains(reason), "{run}");
    assert!(run.stderr.contains(cure), "{run}");
    assert_eq!(world.host.mutations(), Vec::<String>::new(), "{run}");
}

#[test]
fn a_profile_manager_in_charge_is_named() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    world.host.set_profile_manager(true);
    refused(&world, "NWAM", "svcadm disable svc:/network/physical:nwam");
}

#[test]
fn a_daemon_that_does_not_run_is_started_by_its_service() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    world.host.stop_mpathd();
    refused(&world, "in.mpathd does not run", "svcadm enable -s svc:/network/ipmp:default");
}

#[test]
fn solaris_10_is_not_supported() {
    let world = World::new(Dialect::Solaris10, HOME_LAN);
    let run = world.run("up");
    assert_eq!(run.code, 9, "{run}");
    assert!(run.stderr.contains("Solaris 10"), "{run}");
}

#[test]
fn a_device_name_without_a_number_is_not_tried() {
    let world = World::new(Dialect::IllumosNew, &HOME_LAN.replace("primary ", "device = \"lan\"\nprimary "));
    refused(&world, "letters with a number", "device =");
}

#[test]
fn a_disabled_member_is_enabled_by_its_owner() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    world.host.run("ipadm", &["create-ip", "net0"]);
    world.host.run("ipadm", &["disable-if", "-t", "net0"]);
    world.host.forget_calls();
    refused(&world, "net0 is configured but disabled", "ipadm enable-if -t net0");
}

#[test]
fn two_cards_with_one_mac_address_are_refused() {
    let links = [Link::ether("net0", "2:0:0:0:0:1"), Link::ether("net1", "2:0:0:0:0:1")];
    let mut world = World::new(Dialect::IllumosNew, HOME_LAN);
    world.host = Simulator::new(Dialect::IllumosNew, &links).into();
    refused(&world, "have one MAC address", "local-mac-address");
}

#[test]
fn a_zone_that_shares_the_network_is_not_supported() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    world.host.set_zone(illumos_simulator::Zone::SharedIp);
    refused(&world, "shares the network of the global zone", "zonecfg");
    assert_eq!(world.run("up").code, 9);
}
