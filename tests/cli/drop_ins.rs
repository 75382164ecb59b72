//! Drop-ins: where they lie, which counts, and what they take out.

use std::fs;
use std::os::unix::fs::symlink;

use crate::fleet::fleet;

#[test]
fn drop_ins_are_laid_over_their_file_and_can_be_masked() {
    let world = fleet("web7");
    let folder = world.path("etc/fleet.toml.d");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("20-b.toml"), "[group.lan]\nmtu = 2000\n").unwrap();
    fs::write(folder.join("10-a.toml"), "[group.lan]\nmtu = 1000\ndevice = \"bond9\"\n").unwrap();
    fs::write(folder.join("README"), "no drop-in").unwrap();
    fs::write(folder.join("30-empty.toml"), "").unwrap();
    let shown = world.run("config show --origin").stdout;
    assert!(shown.contains("mtu       = 2000  # DIR/etc/fleet.toml.d/20-b.toml:2"), "{shown}");
    assert!(shown.contains("device    = \"bond9\"  # DIR/etc/fleet.toml.d/10-a.toml:3"), "{shown}");
    fs::remove_file(folder.join("20-b.toml")).unwrap();
    symlink("/dev/null", folder.join("20-b.toml")).unwrap();
    let shown = world.run("config show --config DIR/etc/fleet.toml").stdout;
    assert!(shown.contains("mtu       = 1000"), "{shown}");
    fs::write(folder.join("40-c.toml"), "[group.lan]\n\nmtu=12\n").unwrap();
    let run = world.run("check");
    assert!(run.code == 3 && run.stderr.contains("fleet.toml.d/40-c.toml:3:5"), "{run}");
    assert_eq!(world.run("fmt").code, 0);
    assert_eq!(fs::read_to_string(folder.join("40-c.toml")).unwrap(), "[group.lan]\n\nmtu = 12\n");
    fs::rename(world.path("etc/fleet.toml"), world.path("etc/other.toml")).unwrap();
    let run = world.run("check");
    assert!(run.code == 3 && run.stderr.contains("for the drop-ins in DIR/etc/fleet.toml.d"), "{run}");
}

#[test]
fn a_drop_in_that_others_can_write_is_not_taken() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = fleet("web7");
    let folder = world.path("etc/fleet.toml.d");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.toml"), "[group.lan]\nmtu = 2000\n").unwrap();
    fs::set_permissions(folder.join("a.toml"), fs::Permissions::from_mode(0o666)).unwrap();
    let run = world.run("up");
    assert_eq!((run.code, world.steps_done()), (3, 0), "{run}");
    assert!(run.stderr.contains("fleet.toml.d/a.toml"), "{run}");
}

#[test]
fn what_a_drop_in_takes_out_is_not_shown_and_not_planned() {
    let world = fleet("db3");
    fs::create_dir(world.path("etc/fleet.toml.d")).unwrap();
    assert!(world.run("config show").stdout.contains("gateway"));
    fs::write(world.path("etc/fleet.toml.d/a.toml"), "[group.lan]\nunset = [\"gateway\"]\n").unwrap();
    assert!(!world.run("config show").stdout.contains("gateway"));
    let plan = world.run("plan");
    assert!(plan.code == 0 && !plan.stdout.contains("192.168.1.254"), "{plan}");
    fs::write(world.path("etc/fleet.toml.d/a.toml"), "[group.lan]\nunset = [\"gatway\"]\n").unwrap();
    let run = world.run("check");
    assert!(run.code == 3 && run.stderr.contains("fleet.toml.d/a.toml:2:10"), "{run}");
    assert!(run.stderr.contains("did you mean `gateway`?"), "{run}");
}
