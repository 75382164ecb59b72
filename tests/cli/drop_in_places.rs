//! Drop-ins of a boot and of packages, in the places that Linux has for them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::fleet::fleet;
use crate::world::World;

/// A world whose configuration is that of a root.
fn rooted() -> World {
    let world = fleet("web7");
    let root = world.path("root");
    for folder in ["etc", "run/mpath/fleet.toml.d", "usr/lib/mpath/fleet.toml.d"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    fs::rename(world.path("etc"), root.join("etc/mpath")).unwrap();
    fs::create_dir(root.join("etc/mpath/fleet.toml.d")).unwrap();
    world
}

/// Writes a drop-in that sets the MTU.
fn drop_in(world: &World, place: &str, mtu: u32) {
    fs::write(world.path("root").join(place), format!("[group.lan]\nmtu = {mtu}\n")).unwrap();
}

/// The MTU that the file and its drop-ins come to, and the file that it is from.
fn mtu(world: &World) -> String {
    let run = world.run("config show --origin --config DIR/root/etc/mpath");
    assert_eq!(run.code, 0, "{run}");
    let line = run.stdout.lines().find(|line| line.starts_with("mtu "));
    line.map(|line| line.split_whitespace().skip(2).collect::<Vec<_>>().join(" ")).unwrap_or_default()
}

#[test]
fn drop_ins_of_all_places_are_one_row_by_their_names_and_of_two_of_a_name_the_stronger_counts() {
    let world = rooted();
    drop_in(&world, "usr/lib/mpath/fleet.toml.d/50-package.toml", 1050);
    drop_in(&world, "etc/mpath/fleet.toml.d/40-own.toml", 1040);
    // By its name the package's comes later, wherever it lies.
    assert_eq!(mtu(&world), "1050 # DIR/root/usr/lib/mpath/fleet.toml.d/50-package.toml:2");
    drop_in(&world, "run/mpath/fleet.toml.d/50-package.toml", 1051);
    assert_eq!(mtu(&world), "1051 # DIR/root/run/mpath/fleet.toml.d/50-package.toml:2");
    drop_in(&world, "etc/mpath/fleet.toml.d/50-package.toml", 1052);
    assert_eq!(mtu(&world), "1052 # DIR/root/etc/mpath/fleet.toml.d/50-package.toml:2");
    // One that says nothing stands for the weaker ones of its name too, and so does a link to nothing.
    let own = world.path("root/etc/mpath/fleet.toml.d/50-package.toml");
    fs::write(&own, "").unwrap();
    assert_eq!(mtu(&world), "1040 # DIR/root/etc/mpath/fleet.toml.d/40-own.toml:2");
    fs::remove_file(&own).unwrap();
    symlink("/dev/null", &own).unwrap();
    assert_eq!(mtu(&world), "1040 # DIR/root/etc/mpath/fleet.toml.d/40-own.toml:2");
    // The file by itself has the same.
    let run = world.run("config show --origin --config DIR/root/etc/mpath/fleet.toml");
    assert!(run.stdout.contains("mtu       = 1040  # DIR/root/etc/mpath/fleet.toml.d/40-own.toml:2"), "{run}");
    // Whoever lays out their own files leaves a package's alone.
    fs::write(world.path("root/usr/lib/mpath/fleet.toml.d/60-rough.toml"), "[group.lan]\nmtu=1060\n").unwrap();
    assert_eq!(world.run("fmt --check --config DIR/root/etc/mpath").code, 0);
    assert_eq!(mtu(&world), "1060 # DIR/root/usr/lib/mpath/fleet.toml.d/60-rough.toml:2");
}

#[test]
fn drop_ins_elsewhere_wait_for_their_file_and_are_not_for_other_configurations() {
    let world = rooted();
    fs::create_dir_all(world.path("root/usr/lib/mpath/absent.toml.d")).unwrap();
    drop_in(&world, "usr/lib/mpath/absent.toml.d/x.toml", 1);
    assert_eq!(mtu(&world), "");
    drop_in(&world, "usr/lib/mpath/fleet.toml.d/50-package.toml", 1050);
    fs::rename(world.path("root/etc/mpath"), world.path("root/etc/other")).unwrap();
    let run = world.run("config show --config DIR/root/etc/other");
    assert!(run.code == 0 && !run.stdout.contains("mtu"), "{run}");
}

#[test]
fn a_drop_in_of_a_package_that_others_can_write_is_not_taken() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = rooted();
    drop_in(&world, "usr/lib/mpath/fleet.toml.d/a.toml", 1050);
    let folder = world.path("root/usr/lib/mpath/fleet.toml.d");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let run = world.run("up --config DIR/root/etc/mpath");
    assert_eq!((run.code, world.steps_done()), (3, 0), "{run}");
    assert!(run.stderr.contains("usr/lib/mpath/fleet.toml.d"), "{run}");
}

/// What `mpath ansible config` would make of a file, without writing it: its exit code, and what it says.
fn would_be(world: &World, file: &Path, content: &str) -> (u8, String) {
    let request = serde_json::json!({ "_ansible_check_mode": true, "path": file, "content": content });
    fs::write(world.path("request"), request.to_string()).unwrap();
    let run = world.run("ansible DIR/request --module config");
    assert!(!file.exists(), "{run}");
    (run.code, run.stdout)
}

#[test]
fn a_drop_in_that_is_not_there_yet_is_checked_where_it_would_lie() {
    let world = rooted();
    drop_in(&world, "usr/lib/mpath/fleet.toml.d/50-a.toml", 1050);
    fs::remove_dir_all(world.path("root/run")).unwrap();
    for folder in ["etc", "run", "usr/lib"] {
        let folder = world.path("root").join(folder).join("mpath/fleet.toml.d");
        let (code, told) = would_be(&world, &folder.join("60-b.toml"), "[group.lan]\nmtu = 12\n");
        assert!(code == 3 && told.contains("60-b.toml"), "{code}: {told}");
        let (code, told) = would_be(&world, &folder.join("60-b.toml"), "[group.lan]\nmtu = 1200\n");
        assert!(code == 0 && told.contains("to be written"), "{code}: {told}");
    }
    // A folder for drop-ins that waits for its file is right as soon as that comes.
    fs::create_dir(world.path("root/etc/mpath/new.toml.d")).unwrap();
    let content = "[group.new]\nmembers = [\"eth2\"]\ndhcp = true\n";
    let (code, told) = would_be(&world, &world.path("root/etc/mpath/new.toml"), content);
    assert!(code == 0 && told.contains("to be written"), "{code}: {told}");
}
