//! `--persist`: what a boot keeps, and that `down` gives back what was kept before.

use std::fs;
use std::time::Duration;

use illumos_simulator::{Dialect, Lease};

use crate::truth::Truth;
use crate::world::{DIALECTS, HOME_LAN, PROBED, World};

/// What the next boot would find.
pub(crate) fn kept(world: &World) -> (String, Vec<(String, String)>) {
    let state = world.host.state();
    let of_the_boot =
        |name: &String| name.starts_with("etc/hostname") || name.ends_with("router") || name.ends_with("static_routes");
    // A file of routes with nothing in it is as good as none.
    let lines = |text: &String| text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let files = state.files.iter().filter(|(name, text)| of_the_boot(name) && !lines(text).is_empty());
    let settled = |name: &str, text: String| if name.ends_with("static_routes") { in_order(&text) } else { text };
    let files = files.map(|(name, text)| (name.clone(), settled(name, lines(text))));
    (in_order(&world.host.state().database.text()), files.collect())
}

/// The lines of `ipadm.conf` or of routes in order: which came first means nothing.
fn in_order(text: &str) -> String {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[test]
fn home_lan_outlives_a_boot_fails_over_returns_and_leaves_nothing_behind() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        let (before, kept_before) = (world.look().configuration(), kept(&world));
        let up = world.done("up --persist");
        assert!(up.stdout.contains("up on homelan0, net0 active"), "{dialect:?}: {up}");
        world.changes_nothing("up");
        let (made, kept_now) = (world.look().configuration(), kept(&world));

        for _ in 0..2 {
            world.reboot();
            assert_eq!(kept(&world), kept_now, "{dialect:?}");
            let status = world.done("status --check");
            assert!(status.stdout.contains("home-lan: ok"), "{dialect:?}: {status}\n{:#?}", world.host.state().console);
            world.changes_nothing("up");
            world.changes_nothing("up --persist");
        }
        assert_eq!(world.look().configuration(), made, "{dialect:?}");

        world.host.cut("net0");
        assert_eq!(world.active("homelan0").as_deref(), Some("net1"), "{dialect:?}");
        world.host.plug("net0");
        world.host.advance(Duration::from_secs(61));
        assert_eq!(world.active("homelan0").as_deref(), Some("net0"), "{dialect:?}");

        let down = world.done("down");
        assert!(down.stdout.contains("down ("), "{dialect:?}: {down}");
        assert!(!down.stderr.contains("warning"), "{dialect:?}: {down}");
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
        assert_eq!(kept(&world), kept_before, "{dialect:?}");
        world.reboot();
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
        world.host.forget_calls();
        world.done("down");
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}");
    }
}

/// A host on which net0 works for itself and will do so after a boot.
pub(crate) fn busy_world(dialect: Dialect) -> World {
    let world = World::new(dialect, HOME_LAN);
    for line in
        ["create-if net0", "create-addr -T static -a 192.168.1.34/24 net0/v4", "create-addr -T addrconf net0/v6"]
    {
        world.ipadm(line);
    }
    fs::write(world.host.root_dir().join("etc/defaultrouter"), "# the router\n192.168.1.24\n").unwrap();
    world.reboot();
    assert_eq!(world.look().interfaces["net0"].own_addresses().count(), 2);
    assert_eq!(world.look().interfaces["net0"].own_routes().count(), 1);
    world.host.forget_calls();
    world
}

#[test]
fn what_a_member_keeps_over_a_boot_goes_with_the_group_and_comes_back_after_it() {
    for dialect in DIALECTS {
        for boots in [0, 1] {
            let world = busy_world(dialect);
            let (before, kept_before) = (world.look().configuration(), kept(&world));
            let up = world.done("up --persist");
            assert!(up.stderr.contains("net0 gives up 192.168.1.34/24"), "{dialect:?}: {up}");
            for _ in 0..boots {
                world.reboot();
            }
            // The address is the group's, and none of the member is left to become a test address.
            let host = world.look();
            assert_eq!(host.interfaces["net0"].own_addresses().count(), 0, "{dialect:?} {host:#?}");
            assert_eq!(host.interfaces["homelan0"].own_addresses().count(), 1, "{dialect:?}");
            world.changes_nothing("up");
            let down = world.done("down");
            assert_eq!(world.look().configuration(), before, "{dialect:?} {boots} {down}");
            assert_eq!(kept(&world), kept_before, "{dialect:?} {boots}");
            world.reboot();
            assert_eq!(world.look().configuration(), before, "{dialect:?} {boots}");
        }
    }
}

#[test]
fn a_group_that_lasts_is_changed_for_every_boot() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        let before = world.look().configuration();
        world.done("up --persist");
        let other = HOME_LAN.replace("primary   = \"net0\"", "primary   = \"net1\"").replace(".34", ".35");
        world.file(&format!("{other}\n[[group.home-lan.routes]]\nto = \"10.0.0.0/8\"\nvia = \"192.168.1.25\"\n"));
        world.done("up");
        for _ in 0..2 {
            world.changes_nothing("up");
            assert_eq!(world.active("homelan0").as_deref(), Some("net1"), "{dialect:?}");
            let addresses: Vec<_> =
                world.look().interfaces["homelan0"].own_addresses().map(ToString::to_string).collect();
            assert_eq!(addresses, ["192.168.1.35/24"], "{dialect:?}");
            assert_eq!(world.look().interfaces["homelan0"].own_routes().count(), 2, "{dialect:?}");
            world.reboot();
        }
        world.file(&other.replace("[\"net0\", \"net1\"]", "[\"net1\"]"));
        world.done("up");
        world.reboot();
        world.changes_nothing("up");
        assert!(world.look().interfaces["net0"].membership().is_none(), "{dialect:?}");
        world.done("down");
        world.reboot();
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
    }
}

#[test]
fn test_addresses_come_back_after_a_boot_and_probe() {
    for dialect in DIALECTS {
        let world = World::new(dialect, PROBED);
        let before = world.look().configuration();
        world.done("up --persist");
        world.changes_nothing("up");
        world.reboot();
        world.changes_nothing("up");
        world.host.advance(Duration::from_secs(30));
        assert_eq!(world.active("homelan0").as_deref(), Some("net0"), "{dialect:?}");
        world.host.silence("net0");
        world.host.advance(Duration::from_secs(30));
        assert_eq!(world.active("homelan0").as_deref(), Some("net1"), "{dialect:?}");
        world.done("down");
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
        world.reboot();
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
    }
}

#[test]
fn ipv6_of_a_group_that_lasts_has_an_active_member_after_a_boot() {
    let file = "[group.lan]\nmembers = [\"net0\", \"net1\"]\nprimary = \"net0\"\naddresses = [\"2001:db8::34/64\"]\n";
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, file);
        let before = world.look().configuration();
        world.done("up --persist");
        world.changes_nothing("up");
        world.reboot();
        world.changes_nothing("up");
        assert_eq!(world.active("lan0").as_deref(), Some("net0"), "{dialect:?}");
        world.done("down");
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
    }
}

#[test]
fn a_group_that_lasts_and_begins_to_listen_to_routers_keeps_its_ipv6_address_over_a_boot() {
    let file = "[group.lan]\nmembers = [\"net0\"]\naddresses = [\"2001:db8::34/64\"]\nroutes = [{ to = \"2001:db8:20::/48\", via = \"2001:db8::1\" }]\n";
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, file);
        let before = Truth::of(&world.host.state());
        world.done("up --persist");
        for listens in [true, false] {
            world.file(&format!("{file}accept-ra = {listens}\n"));
            world.done("up");
            let kept = Truth::of(&world.host.state());
            world.reboot();
            assert_eq!(Truth::of(&world.host.state()), kept, "{dialect:?}, accept-ra = {listens}");
            world.changes_nothing("up");
        }
        world.done("down");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
    }
}

#[test]
fn a_hostname_file_of_somebody_else_is_put_aside_and_given_back() {
    let world = World::new(Dialect::IllumosOld, HOME_LAN);
    let file = world.host.root_dir().join("etc/hostname.net1");
    fs::write(&file, "").unwrap();
    world.reboot();
    let before = world.look().configuration();
    world.done("up --persist");
    assert_eq!(fs::read_to_string(&file).unwrap(), "group homelan0\nup\nstandby\n");
    world.reboot();
    world.done("down");
    assert_eq!(fs::read_to_string(&file).unwrap(), "");
    world.reboot();
    assert_eq!(world.look().configuration(), before);
}

#[test]
fn what_would_spoil_the_group_at_boot_is_refused_only_where_it_shall_last() {
    let refused = |world: &World, reason: &str, cure: &str| {
        world.host.forget_calls();
        let run = world.run("up --persist");
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stderr.contains(reason) && run.stderr.contains(cure), "{run}");
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{run}");
        world.done("up");
    };
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    fs::write(world.host.root_dir().join("etc/hostname.net0"), "").unwrap();
    refused(&world, "the boot ignores what ipadm keeps of net0", "mv /etc/hostname.net0 /etc/hostname.net0.saved");
    for dialect in [Dialect::IllumosNew, Dialect::IllumosOld] {
        let world = World::new(dialect, HOME_LAN);
        fs::write(world.host.root_dir().join("etc/dhcp.net1"), "").unwrap();
        refused(&world, "the boot starts a DHCP client on net1", "mv /etc/dhcp.net1 /etc/dhcp.net1.saved");
    }
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    for line in ["create-ip net0", "create-addr -T static -a 192.168.1.7/24 net0/v4", "disable-addr -t net0/v4"] {
        world.ipadm(line);
    }
    refused(&world, "net0/v4 is not in use now", "ipadm delete-addr net0/v4");
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    for line in
        ["create-ip net0", "create-addr -T static -a 192.168.1.7/24 net0/v4", "set-addrprop -p deprecated=on net0/v4"]
    {
        world.ipadm(line);
    }
    refused(&world, "net0/v4 has properties", "ipadm reset-addrprop");
}

#[test]
fn a_lease_of_a_group_that_lasts_is_asked_for_after_a_boot_and_that_of_a_member_comes_back() {
    let file = "[group.lan]\nmembers = [\"net0\", \"net1\"]\nprimary = \"net0\"\ndhcp = true\n";
    for dialect in DIALECTS {
        let world = World::new(dialect, file);
        for link in ["net0", "net1"] {
            world.host.with_link(link, |link| {
                let (address, router) = ("192.168.1.77/24".to_owned(), Some("192.168.1.24".to_owned()));
                link.lease = Some(Lease { address, router });
            });
        }
        for line in ["create-if net0", "create-addr -T dhcp net0/dhcp"] {
            world.ipadm(line);
        }
        let before = world.look().configuration();
        world.done("up --persist");
        world.changes_nothing("up");
        world.reboot();
        world.changes_nothing("up");
        assert_eq!(world.look().interfaces["lan0"].own_addresses().count(), 1, "{dialect:?}");
        world.done("down");
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
        world.reboot();
        assert_eq!(world.look().configuration(), before, "{dialect:?}");
    }
}

#[test]
fn failback_of_the_host_is_given_back_after_a_boot_too() {
    for dialect in DIALECTS {
        let world = World::new(dialect, &HOME_LAN.replace("primary ", "failback = \"never\"\nprimary "));
        let before = world.look();
        world.done("up --persist");
        world.reboot();
        world.changes_nothing("up");
        world.host.cut("net0");
        world.host.plug("net0");
        assert_eq!(world.active("homelan0").as_deref(), Some("net1"), "{dialect:?}");
        world.done("down");
        assert_eq!(world.look().host_wide, before.host_wide, "{dialect:?}");
    }
}

#[test]
fn a_group_that_somebody_made_to_last_is_adopted_for_every_boot_and_given_back() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    for line in [
        "create-if net0",
        "create-if net1",
        "create-ipmp homelan0",
        "add-ipmp -i net0,net1 homelan0",
        "create-addr -T static -a 192.168.1.40/24 homelan0/v4",
    ] {
        world.ipadm(line);
    }
    let (before, kept_before) = (world.look().configuration(), kept(&world));
    let refused = world.run("up --persist");
    assert!(refused.code == 1 && refused.stderr.contains("mpath up --adopt home-lan"), "{refused}");
    world.done("up --adopt");
    world.reboot();
    world.changes_nothing("up");
    assert_eq!(world.look().interfaces["homelan0"].own_addresses().count(), 2);
    world.done("down");
    assert_eq!(world.look().configuration(), before);
    assert_eq!(kept(&world), kept_before);
    world.reboot();
    assert_eq!(world.look().configuration(), before);
}

#[test]
fn a_group_that_the_system_brings_up_at_a_boot_has_its_services_enabled_and_no_other_has() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.with_smf();
        world.done("up");
        let passing = world.run("enable");
        assert_eq!(passing.code, 1, "{passing}");
        assert!(passing.stderr.contains("hint: mpath down home-lan && mpath up home-lan --persist"), "{passing}");
        world.done("down");
        let absent = world.run("enable home-lan");
        assert!(absent.stderr.contains("hint: mpath up home-lan --persist"), "{absent}");
        assert!(world.asked.borrow().is_empty());

        world.done("up --persist");
        let kept_now = kept(&world);
        let enabled = world.done("enable");
        assert!(enabled.stdout.contains("home-lan: enabled; it comes up at a boot (SMF)"), "{enabled}");
        let services = ["recover", "agent"].map(|name| format!("svcadm enable svc:/network/mpath/{name}:default"));
        assert_eq!(*world.asked.borrow(), services);
        let disabled = world.run("disable");
        assert_eq!(disabled.code, 1, "{disabled}");
        assert!(disabled.stderr.contains("hint: mpath down home-lan && mpath up home-lan"), "{disabled}");
        assert_eq!(kept(&world), kept_now, "enable and disable leave the network alone");

        world.done("down");
        world.asked.borrow_mut().clear();
        world.done("disable");
        let services = ["agent", "recover"].map(|name| format!("svcadm disable svc:/network/mpath/{name}:default"));
        assert_eq!(*world.asked.borrow(), services);
    }
}
