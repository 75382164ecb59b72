//! What stands in the way is said before anything is touched, with what cures it; and that does cure it.

use illumos_simulator::{Dialect, Family, Link, Zone};

use crate::truth::Truth;
use crate::world::{DIALECTS, HOME_LAN, Run, World};

pub(crate) fn refused(world: &World, code: u8, reason: &str, cure: &str) -> Run {
    let run = world.run("up");
    assert_eq!(run.code, code, "{run}");
    assert!(run.stderr.contains(reason), "{run}");
    assert!(run.stderr.contains(cure), "{run}");
    assert_eq!(world.host.mutations(), Vec::<String>::new(), "{run}");
    run
}

/// Types the hint of a refusal on the simulated host, as it stands there, and expects that `up` goes well then.
pub(crate) fn cured_by_its_hint(world: &World, run: &Run) {
    let hint = run.stderr.lines().find_map(|line| line.trim().strip_prefix("hint: ")).unwrap();
    let commands = hint.rsplit_once("first: ").map_or(hint, |(_, commands)| commands);
    for command in commands.split(" && ") {
        let mut words = command.split(' ');
        let program = words.next().unwrap();
        let output = world.host.run(program, &words.map(|word| word.trim_matches('\'')).collect::<Vec<_>>());
        assert!(output.success(), "{command}: {}", output.stderr());
    }
    world.done("up");
}

#[test]
fn nwam_in_charge_is_named_and_its_cure_cures() {
    for dialect in [Dialect::IllumosNew, Dialect::IllumosOld] {
        let world = World::new(dialect, HOME_LAN);
        world.host.set_profile_manager(true);
        let cure = "svcadm disable svc:/network/physical:nwam && svcadm enable svc:/network/physical:default";
        let run = refused(&world, 1, "NWAM manages the network", cure);
        cured_by_its_hint(&world, &run);
    }
}

#[test]
fn the_automatic_profile_of_solaris_is_named_and_its_cure_cures() {
    let world = World::new(Dialect::Solaris11, HOME_LAN);
    world.host.set_profile_manager(true);
    let reason = "the network profile Automatic manages the network";
    let run = refused(&world, 1, reason, "netadm enable -p ncp DefaultFixed");
    let status = world.run("status --check");
    assert!(status.code == 7 && status.stdout.contains(reason), "{status}");
    cured_by_its_hint(&world, &run);
}

#[test]
fn a_daemon_that_does_not_run_is_started_by_its_service() {
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, HOME_LAN);
        world.host.stop_mpathd();
        let run = refused(&world, 1, "in.mpathd does not run", "svcadm enable -s svc:/network/ipmp:default");
        cured_by_its_hint(&world, &run);
    }
}

#[test]
fn a_service_in_maintenance_is_cleared_since_to_enable_it_changes_nothing() {
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, HOME_LAN);
        world.host.break_mpathd();
        let enable = ["enable", "-s", "svc:/network/ipmp:default"];
        assert!(!world.host.run("svcadm", &enable).success());
        world.host.forget_calls();
        let run = refused(&world, 1, "in maintenance", "svcadm clear svc:/network/ipmp:default");
        assert!(run.stderr.contains("svcs -xv svc:/network/ipmp"), "{run}");
        cured_by_its_hint(&world, &run);
    }
}

#[test]
fn where_ifconfig_starts_the_daemon_nobody_else_has_to() {
    let world = World::new(Dialect::IllumosOld, HOME_LAN);
    world.host.stop_mpathd();
    world.done("up");
    world.done("status --check");
}

#[test]
fn solaris_10_is_not_supported() {
    let world = World::new(Dialect::Solaris10, HOME_LAN);
    let run = world.run("up");
    assert_eq!(run.code, 9, "{run}");
    assert!(run.stderr.contains("Solaris 10"), "{run}");
    assert!(run.stderr.contains("mpath render --to solaris10"), "{run}");
    let rendered = world.done("render --to solaris10");
    assert!(rendered.stdout.contains("192.168.1.34 netmask 255.255.255.0 broadcast + up"), "{rendered}");
}

#[test]
fn a_device_name_without_a_number_is_not_tried() {
    for dialect in DIALECTS {
        let world = World::new(dialect, &HOME_LAN.replace("primary ", "device = \"lan\"\nprimary "));
        refused(&world, 9, "letters with a number", "device =");
        let check = world.run("check");
        assert!(check.code == 9 && check.stderr.contains("such as ipmp0; lan is none"), "{dialect:?}: {check}");
        world.file(&HOME_LAN.replace("primary ", "device = \"lan3\"\nprimary "));
        world.done("up");
    }
}

#[test]
fn a_disabled_member_is_enabled_by_its_owner() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    world.host.run("ipadm", &["create-ip", "net0"]);
    world.host.run("ipadm", &["disable-if", "-t", "net0"]);
    world.host.forget_calls();
    let run = refused(&world, 1, "net0 is configured but disabled", "ipadm enable-if -t net0");
    cured_by_its_hint(&world, &run);
}

#[test]
fn two_cards_with_one_mac_address_are_refused() {
    for dialect in DIALECTS {
        let links = [Link::ether("net0", "2:0:0:0:0:1"), Link::ether("net1", "2:0:0:0:0:1")];
        let world = World::with_cards(dialect, &links, HOME_LAN);
        let reason = "net0 and net1 have one MAC address";
        let run = refused(&world, 1, reason, "eeprom 'local-mac-address?=true' on SPARC");
        assert!(run.stderr.contains("dladm set-linkprop -p mac-address="), "{run}");
        world.host.with_link("net1", |link| link.mac = "2:0:0:0:0:2".to_owned());
        world.done("up");
    }
}

#[test]
fn a_zone_that_shares_the_network_is_not_supported() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.host.set_zone(Zone::SharedIp);
        let reason = "shares the network of the global zone";
        refused(&world, 9, reason, "zonecfg -z web set ip-type=exclusive");
        world.host.set_zone(Zone::ExclusiveIp);
        world.host.start_mpathd();
        world.done("up");
    }
}

#[test]
fn ipv6_is_not_probed_and_that_is_told() {
    let file = |addresses: &str, gateways: &str, probe: &str| {
        format!(
            "[group.lan]\nmembers = [{{ name = \"net0\", probe-address = \"{probe}\" }}, {{ name = \"net1\", probe-address = \"192.168.1.36/24\" }}]\n\
             primary = \"net0\"\naddresses = [{addresses}]\n{gateways}detection.probe = {{ interval = \"1s\" }}\n"
        )
    };
    let (v4, v6) = ("gateway = \"192.168.1.24\"\n", "gateway6 = \"2001:db8::1\"\n");
    for dialect in [Dialect::IllumosNew, Dialect::Solaris11] {
        let world = World::new(dialect, &file("\"2001:db8::34/64\"", v6, "192.168.1.35/24"));
        refused(
            &world,
            9,
            "`detection.probe` asks for probing IPv6 targets alone",
            "give the group an IPv4 `gateway` too",
        );
        let both = "\"192.168.1.34/24\", \"2001:db8::34/64\"";
        world.file(&file(both, &format!("{v4}{v6}"), "2001:db8::35/64"));
        refused(&world, 9, "`members.probe-address` asks for", "give the member an IPv4 `probe-address`");
        world.file(&file(both, &format!("{v4}{v6}"), "192.168.1.35/24"));
        let up = world.done("up");
        assert!(up.stderr.contains("only the IPv4 targets are probed"), "{dialect:?}: {up}");
        world.done("status --check");
        world.host.silence("net0");
        world.host.advance(std::time::Duration::from_secs(30));
        assert_eq!(world.active("lan0").as_deref(), Some("net1"), "{dialect:?}");
    }
}

#[test]
fn by_ifconfig_ipv6_goes_with_the_boot_and_hears_routers() {
    let file =
        |more: &str| format!("[group.lan]\nmembers = [\"net0\", \"net1\"]\naddresses = [\"192.168.1.34/24\"{more}\n");
    let ipv6 = file(", \"2001:db8::34/64\"]");
    let world = World::new(Dialect::IllumosOld, &ipv6);
    let up = world.run("up --persist");
    assert_eq!(up.code, 9, "{up}");
    assert!(up.stderr.contains("`addresses` asks for IPv6 in a group that comes back after a boot"), "{up}");
    assert!(up.stderr.contains("leave `--persist` out"), "{up}");
    assert_eq!(world.host.mutations(), Vec::<String>::new());

    // A group that lasts gets none later either, however it is asked.
    world.file(&file("]"));
    world.done("up --persist");
    world.host.forget_calls();
    for (more, key) in [(", \"2001:db8::34/64\"]", "addresses"), ("]\naccept-ra = true", "accept-ra")] {
        world.file(&file(more));
        let up = world.run("up");
        assert_eq!(up.code, 9, "{up}");
        assert!(up.stderr.contains(&format!("`{key}` asks for IPv6 in a group that comes back")), "{up}");
        assert!(!up.stderr.contains("leave `--persist` out"), "{up}");
    }
    assert_eq!(world.host.mutations(), Vec::<String>::new());
    world.done("down");

    world.host.forget_calls();
    world.file(&file(", \"2001:db8::34/64\"]\naccept-ra = false"));
    refused(&world, 9, "`accept-ra` asks for IPv6 without router advertisements", "/etc/inet/ndpd.conf");
    world.file(&ipv6);
    let plan = world.run("plan");
    assert!(plan.stdout.contains("let lan0 accept router advertisements"), "{plan}");
    world.done("up");
}

#[test]
fn by_ifconfig_a_member_without_ipv6_is_one_of_a_group_without_it() {
    let file =
        |more: &str| format!("[group.lan]\nmembers = [\"net0\", \"net1\"]\naddresses = [\"192.168.1.34/24\"{more}]\n");
    let world = World::new(Dialect::IllumosOld, &file(""));
    assert!(world.host.run("ifconfig", &["net0", "plumb"]).success());
    let before = Truth::of(&world.host.state());
    world.done("up");
    world.done("status --check");

    world.host.forget_calls();
    world.file(&file(", \"2001:db8::34/64\""));
    refused(
        &world,
        1,
        "net0 is not plumbed for IPv6, and would carry none of the group's",
        "ifconfig net0 inet6 plumb",
    );
    world.file(&file(""));
    world.done("down");
    assert_eq!(Truth::of(&world.host.state()), before);

    world.file(&file(", \"2001:db8::34/64\""));
    assert!(world.host.run("ifconfig", &["net0", "inet6", "plumb"]).success());
    let before = Truth::of(&world.host.state());
    world.done("up");
    world.done("status --check");
    assert!(world.host.state().interface("net0").unwrap().is_active(Family::V6));
    world.done("down");
    // Its own link-local address is off again, as it was.
    assert_eq!(Truth::of(&world.host.state()), before);
}

#[test]
fn a_client_of_ifconfig_does_not_take_the_place_of_an_address() {
    let file = "[group.lan]\nmembers = [\"net0\"]\ndevice = \"lan0\"\ndhcp = true\n";
    let world = World::new(Dialect::IllumosOld, file);
    for line in ["lan0 ipmp 192.168.1.34/24 up", "net0 plumb", "net0 inet6 plumb", "net0 group lan0", "net0 up"] {
        assert!(world.host.run("ifconfig", &line.split(' ').collect::<Vec<_>>()).success(), "{line}");
    }
    let before = Truth::of(&world.host.state());
    let run = world.run("up --adopt");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("the address 192.168.1.34 would become the lease's"), "{run}");
    assert_eq!(Truth::of(&world.host.state()), before, "{run}");
}
