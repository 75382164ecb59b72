//! `mpath render`.

use std::fs;

use crate::expected::expect;
use crate::world::{HOME_LAN, World};

const PROBING: &str = r#"[group.office]
device    = "ipmp3"
members   = [{ name = "net0", probe-address = "10.0.0.35/23" }, { name = "net1", probe-address = "10.0.0.36/23" }]
primary   = "net1"
failback  = "never"
addresses = ["10.0.0.34/23", "10.0.0.37/23"]
gateway   = "10.0.0.1"
routes    = [{ to = "172.16.0.0/12", via = "10.0.0.2" }]
detection.probe = { interval = "500ms" }
"#;

fn world(office: &str) -> World {
    let world = World::new();
    world.file("home-lan.toml", HOME_LAN.replace("eth", "e1000g").replace("bond0", "ipmp0"));
    world.file("office.toml", office);
    world
}

#[test]
fn groups_are_written_as_the_files_of_a_boot() {
    let world = world(PROBING);
    for format in ["solaris10", "hostname"] {
        expect(
            &format!("render_{format}"),
            &world.script(&[&format!("render home-lan --to {format}"), &format!("render office --to {format}")]),
        );
    }
    assert_eq!(world.steps_done(), 0);
}

#[test]
fn a_tree_is_written_once_and_nothing_in_it_is_overwritten() {
    let world = world(PROBING);
    let first = world.run("render home-lan --to hostname --root DIR/tree");
    assert_eq!(first.code, 0, "{first}");
    let file = world.path("tree/etc/hostname.e1000g1");
    assert_eq!(fs::read_to_string(&file).unwrap(), "group ipmp0\nup\n");
    let again = world.run("render home-lan --to hostname --root DIR/tree");
    assert_eq!(again.code, 0, "{again}");
    fs::write(&file, "192.168.1.7\n").unwrap();
    fs::remove_file(world.path("tree/etc/hostname.ipmp0")).unwrap();
    let refused = world.run("render home-lan --to hostname --root DIR/tree");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("etc/hostname.e1000g1"), "{refused}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "192.168.1.7\n");
    assert!(!world.path("tree/etc/hostname.ipmp0").exists(), "all or none");
}

#[test]
fn what_files_cannot_say_is_refused_and_no_file_is_written() {
    let other = PROBING
        .replace(r#"{ name = "net0", probe"#, r#"{ mac = "02:00:00:00:00:07", probe"#)
        .replace("\"net1\"", "\"wlan\"")
        .replace("failback  = \"never\"", "failback = \"better\"\naccept-ra = true\nmtu = 1400")
        .replace("172.16.0.0/12\", via = \"10.0.0.2\"", "172.16.0.0/12\", via = \"10.0.0.2\", metric = 5");
    let world = world(&other);
    expect("render_refused", &world.script(&["render --to solaris10", "render office --to hostname --root DIR/tree"]));
    assert!(!world.path("tree").exists());
}

#[test]
fn groups_that_disagree_about_the_host_are_not_written_together() {
    let world = world(PROBING);
    let run = world.run("render --to hostname");
    assert_eq!(run.code, 9, "{run}");
    assert!(
        run.stderr.contains("failback holds for the whole host, and is always for the group home-lan and never here"),
        "{run}"
    );
    world.file("office.toml", PROBING.replace("failback  = \"never\"\n", ""));
    expect("render_several", &world.script(&["render --to hostname"]));
}

/// A group with what is hard to say elsewhere.
const LINUX: &str = r#"[group.lab]
members   = ["eth2", { name = "wlan0", prio = 5 }]
primary   = "wlan0"
addresses = ["10.0.0.34/23", "2001:db8::34/64"]
gateway   = ["10.0.0.1", "fe80::1"]
routes    = [{ to = "172.16.0.0/12", via = "10.0.0.2", metric = 5 }]
mtu       = 1400
accept-ra = false
detection.probe = { interval = "500ms", targets = ["10.0.0.1"], missed = 4 }
"#;

#[test]
fn groups_are_written_for_linux_tools() {
    let world = World::new();
    world.file("lab.toml", LINUX);
    for format in ["ifupdown", "ifupdown2", "script"] {
        expect(
            &format!("render_{format}"),
            &world.script(&[&format!("render home-lan --to {format}"), &format!("render lab --to {format}")]),
        );
    }
    world.file(
        "lab.toml",
        LINUX
            .replace("\"eth2\"", "{ mac = \"02:00:00:00:00:07\" }")
            .replace("[group.lab]", "[group.lab]\nmac = \"follow\""),
    );
    let refused = ["ifupdown", "ifupdown2", "script"].map(|format| format!("render lab --to {format}"));
    expect("render_linux_refused", &world.script(&refused.each_ref().map(String::as_str)));
    assert_eq!(world.steps_done(), 0);
}

#[test]
fn groups_are_written_as_commands_of_illumos() {
    let world = world(PROBING);
    expect("render_script_illumos", &world.script(&["render home-lan --to script-illumos"]));
}
