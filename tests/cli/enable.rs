//! `mpath enable` and `disable`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::expected::{expect, repository};
use crate::world::{HOME_LAN, OFFICE, World};

/// A group with DHCP.
const DOCK: &str = "[group.\"dock.1\"]\nmembers = [\"eth5\", \"eth6\"]\ndhcp = true\n";

/// A system whose files are in the world, with a manager of services and the units of mpath.
fn system(sign: &str, packaging: &str, place: &str) -> World {
    let world = World::new();
    let etc = folder(&world, "tree/etc/mpath");
    for (name, text) in [("home-lan.toml", HOME_LAN), ("office.toml", OFFICE)] {
        write(&etc.join(name), text);
    }
    folder(&world, &format!("tree/{sign}"));
    let place = folder(&world, &format!("tree/{place}"));
    for entry in fs::read_dir(repository(packaging)).unwrap().flatten() {
        fs::copy(entry.path(), place.join(entry.file_name())).unwrap();
    }
    world
}

pub(crate) fn systemd() -> World {
    system("run/systemd/system", "packaging/systemd", "usr/lib/systemd/system")
}

/// Makes a folder, whatever the umask of whoever runs this.
fn folder(world: &World, path: &str) -> PathBuf {
    let mut made = world.path("");
    for part in Path::new(path) {
        made.push(part);
        if !made.exists() {
            fs::create_dir(&made).unwrap();
            fs::set_permissions(&made, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    made
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
}

/// What a manager does that is asked to enable a unit.
fn link(world: &World, target: &str, unit: &str, template: &str) {
    let wants = folder(world, &format!("tree/etc/systemd/system/{target}.wants"));
    symlink(format!("/usr/lib/systemd/system/{template}"), wants.join(unit)).unwrap();
}

/// All links below a folder, as `path -> where`.
fn links(world: &World, below: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![world.path("tree").join(below)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if let Ok(to) = fs::read_link(entry.path()) {
                let path = entry.path().strip_prefix(world.path("tree")).unwrap().display().to_string();
                found.push(format!("{path} -> {}", to.display()));
            }
        }
    }
    found.sort();
    found
}

/// Runs on the system's own configuration.
fn script(world: &World, lines: &[&str]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| format!("{line} --config DIR/tree/etc/mpath")).collect();
    world.script(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn systemd_is_asked_for_the_units_of_a_group_and_only_for_those_that_are_not_enabled() {
    let world = systemd();
    let mut text = script(&world, &["enable", "enable home-lan --dry-run", "enable home-lan"]);
    for (target, unit, template) in [
        ("multi-user.target", "mpath@home-lan.service", "mpath@.service"),
        ("network-online.target", "mpath-wait-online@home-lan.service", "mpath-wait-online@.service"),
        ("multi-user.target", "mpath-agent.service", "mpath-agent.service"),
    ] {
        link(&world, target, unit, template);
    }
    text += &script(
        &world,
        &["enable home-lan -v", "enable --all -v", "enable home-lan --now -v", "disable -v", "disable home-lan --now"],
    );
    expect("enable_systemd", &format!("{text}\n{}\n", world.managed.borrow().join("\n")));
    assert_eq!(world.steps_done(), 0);
}

#[test]
fn a_group_with_dhcp_gets_the_rights_of_its_client_as_long_as_it_has_one() {
    let world = systemd();
    let etc = folder(&world, "tree/etc/mpath");
    write(&etc.join("dock.toml"), DOCK);
    let link = "etc/systemd/system/mpath@dock.1.service.d/mpath-dhcp.conf -> /usr/lib/systemd/system/mpath-dhcp.conf";
    let first = script(&world, &["enable dock.1"]);
    assert_eq!(links(&world, "etc/systemd"), [link], "{first}");
    write(&etc.join("dock.toml"), "[group.\"dock.1\"]\nmembers = [\"eth5\", \"eth6\"]\naddresses = [\"10.0.0.9/8\"]\n");
    script(&world, &["enable dock.1 --now"]);
    assert_eq!(links(&world, "etc/systemd"), [""; 0]);
    let asked = world.managed.borrow();
    assert_eq!(asked[1..asked.len() - 1], ["systemctl daemon-reload"], "{asked:?}");
}

#[test]
fn in_a_tree_that_does_not_run_the_same_links_are_made_and_nobody_is_asked() {
    let world = systemd();
    let text = script(
        &world,
        &["enable home-lan --root DIR/tree", "enable --all --root DIR/tree", "enable --all --root DIR/tree"],
    );
    let made = links(&world, "etc/systemd").join("\n");
    let gone = script(&world, &["disable home-lan --root DIR/tree", "disable --root DIR/tree"]);
    assert_eq!(links(&world, "etc/systemd"), [""; 0]);
    expect("enable_root", &format!("{text}\n{made}\n\n{gone}"));
    assert!(world.managed.borrow().is_empty());
}

#[test]
fn openrc_has_a_link_to_the_script_for_each_group() {
    let world = system("run/openrc", "packaging/openrc", "etc/init.d");
    let mut text = script(&world, &["enable home-lan -v", "enable home-lan --now --without-agent -v"]);
    let tree = script(&world, &["enable --all --root DIR/tree"]);
    text += &format!("{tree}\n{}\n\n", links(&world, "etc").join("\n"));
    text += &script(&world, &["disable --all --root DIR/tree"]);
    assert_eq!(links(&world, "etc"), [""; 0]);
    expect("enable_openrc", &format!("{text}\n{}\n", world.managed.borrow().join("\n")));
}

#[test]
fn what_stands_against_it_is_told_with_its_cure() {
    let world = systemd();
    let mut text = script(&world, &["enable lan", "disable lan"]);
    text += &world.script(&["enable home-lan"]);
    world.manager_fails.set(true);
    text += &script(&world, &["enable home-lan", "enable home-lan --json"]);
    fs::remove_dir_all(world.path("tree/usr")).unwrap();
    text += &script(&world, &["enable home-lan", "enable home-lan --root DIR/tree"]);
    fs::remove_dir_all(world.path("tree/run")).unwrap();
    text += &script(&world, &["enable home-lan", "disable home-lan"]);
    expect("enable_refused", &text);
}

#[test]
fn a_name_in_a_unit_needs_no_escape() {
    // The characters of a group's name, and those of a unit's (systemd.unit(5)).
    let allowed = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    for character in (0..=0x7f).map(char::from) {
        if mpath_core::GroupName::new(format!("a{character}")).is_ok() {
            assert!(allowed(character), "{character:?}");
        }
    }
}
