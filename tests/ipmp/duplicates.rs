//! An address that another host of the segment has: detection finds it, the commands succeed all the same, and mpath takes it
//! for none that works.

use crate::truth::Truth;
use crate::world::{DIALECTS, HOME_LAN, World};

/// Another host on the segment of the cards has an address.
fn somebody_has(world: &World, address: &str) {
    for card in ["net0", "net1"] {
        world.host.with_link(card, |link| link.hosts = vec![address.parse().unwrap()]);
    }
}

/// And gives it up.
fn nobody_has_it(world: &World) {
    for card in ["net0", "net1"] {
        world.host.with_link(card, |link| link.hosts.clear());
    }
}

const TOLD: &str = "the host with the MAC address 02:00:00:00:00:99 has the address 192.168.1.34/24 of homelan0 too, so homelan0 does not";

#[test]
fn an_up_with_an_address_that_another_host_has_is_undone_and_tells_whose_it_is() {
    for dialect in DIALECTS {
        // However long the detection takes.
        for rounds in [0, 3] {
            let world = World::new(dialect, HOME_LAN);
            world.host.change(|state| state.detection = rounds);
            somebody_has(&world, "192.168.1.34");
            let before = Truth::of(&world.host.state());
            let up = world.run("up");
            assert_eq!(up.code, 1, "{dialect:?}: {up}");
            assert!(up.stderr.contains(TOLD) && up.stderr.contains("everything was undone"), "{dialect:?}: {up}");
            assert!(up.stderr.contains("let the other host give it up"), "{dialect:?}: {up}");
            assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}: {rounds}");
        }
    }
}

#[test]
fn an_address_that_became_a_duplicate_later_is_told_and_tried_again_by_down_and_up() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        let before = Truth::of(&world.host.state());
        world.done("up --persist");
        somebody_has(&world, "192.168.1.34");
        world.reboot();
        let status = world.run("status --check");
        assert!(status.code == 6 && status.stdout.contains("home-lan: degraded"), "{dialect:?}: {status}");
        assert!(status.stdout.contains(&format!("problem    {TOLD}")), "{dialect:?}: {status}");
        let json: serde_json::Value = serde_json::from_str(&world.run("status --json").stdout).unwrap();
        let refusal = &json["groups"][0]["refusals"][0];
        assert_eq!(refusal["refusal"], "duplicate-address", "{dialect:?}: {json}");
        assert_eq!(refusal["owner"], "02:00:00:00:00:99", "{dialect:?}: {json}");
        world.host.forget_calls();
        for line in ["plan", "up"] {
            let run = world.run(line);
            assert!(run.code == 1 && run.stderr.contains(TOLD), "{dialect:?}: {run}");
        }
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}");

        nobody_has_it(&world);
        world.done("down home-lan");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
        world.done("up home-lan");
        world.done("status --check");
    }
}

#[test]
fn the_file_may_name_another_address_instead_of_one_that_another_host_has() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up --persist");
        somebody_has(&world, "192.168.1.34");
        world.reboot();
        world.file(&HOME_LAN.replace(".34", ".35"));
        world.done("up");
        world.done("status --check");
        let addresses: Vec<_> = world.look().interfaces["homelan0"].own_addresses().map(ToString::to_string).collect();
        assert_eq!(addresses, ["192.168.1.35/24"], "{dialect:?}");
    }
}
