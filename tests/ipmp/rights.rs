//! Who is not root: with the profile the programs run by pfexec, without it nothing is touched.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use illumos_simulator::{Dialect, User};

use crate::truth::Truth;
use crate::world::{DIALECTS, HOME_LAN, World};

/// Where a test that runs itself as nobody finds the directory of another.
const ELSEWHERE: &str = "MPATH_TEST_DIRECTORY_OF_ANOTHER";

#[test]
fn the_profile_is_enough_by_pfexec() {
    for dialect in DIALECTS {
        let world = World::by_processes(dialect, HOME_LAN);
        world.host.set_user(User::network_manager("kim"));
        let before = Truth::of(&world.host.state());
        let plan = world.done("plan");
        assert!(plan.stdout.contains("pfexec if") || plan.stdout.contains("pfexec ip"), "{dialect:?}: {plan}");
        world.done("up");
        let mutations = world.host.mutations();
        let by_profile = |line: &String| line.starts_with("pfexec /") && line.contains("/usr/sbin/");
        assert!(!mutations.is_empty() && mutations.iter().all(by_profile), "{dialect:?}: {mutations:#?}");
        world.done("status --check");
        world.done("down");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
    }
}

#[test]
fn without_the_profile_nothing_is_touched_and_its_name_is_told() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.host.set_user(User::ordinary("kim"));
        let before = Truth::of(&world.host.state());
        let up = world.run("up");
        assert_eq!(up.code, 8, "{dialect:?}: {up}");
        assert!(up.stderr.contains("the profile Network Management"), "{dialect:?}: {up}");
        assert!(up.stderr.contains("nothing was changed"), "{dialect:?}: {up}");
        assert_eq!(world.host.mutations(), Vec::<String>::new(), "{dialect:?}");
        assert_eq!(Truth::of(&world.host.state()), before, "{dialect:?}");
    }
}

#[test]
fn whoever_may_not_change_a_group_may_look_at_it() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    world.done("up");
    world.host.set_user(User::ordinary("kim"));
    let status = world.done("status --check");
    assert!(status.stdout.contains("home-lan: ok"), "{status}");
    world.done("plan --check");
    let down = world.run("down");
    assert_eq!(down.code, 8, "{down}");
    assert!(down.stderr.contains("Network Management"), "{down}");
    world.host.set_user(User::root());
    world.done("status --check");
}

#[test]
fn a_profile_that_is_taken_away_meanwhile_is_told_too() {
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    world.host.set_user(User { profiles: vec!["Network Management".to_owned()], ..User::ordinary("kim") });
    world.host.fail(illumos_simulator::Fault::new(
        illumos_simulator::When::Mutation(1),
        illumos_simulator::How::Exit(
            1,
            "ipadm: Could not create homelan0 : Insufficient user authorizations".to_owned(),
        ),
    ));
    let up = world.run("up");
    assert!(up.code == 8 && up.stderr.contains("Network Management"), "{up}");
}

/// The lock, the receipts and the marks are in one directory, which has an owner.
#[test]
fn a_directory_of_somebody_else_is_named_with_what_cures_it() {
    if let Some(directory) = std::env::var_os(ELSEWHERE) {
        let world = World::within_directory(Dialect::IllumosNew, HOME_LAN, directory.into());
        world.host.set_user(User::network_manager("kim"));
        let up = world.run("up");
        assert_eq!(up.code, 8, "{up}");
        let directory = world.state_directory().display().to_string();
        assert!(up.stderr.contains(&format!("cannot make the directory {directory}")), "{up}");
        assert!(
            up.stderr.contains(&format!(
                "mkdir -p -m 755 {directory} && chown {} {directory}",
                rustix::process::geteuid().as_raw()
            )),
            "{up}"
        );
        assert!(up.stderr.contains("Network Management"), "{up}");
        return;
    }
    // Root may write everywhere, so the test runs itself as nobody.
    let directory = illumos_simulator::directory().unwrap();
    let path = |name: &str| directory.path().join(name);
    // By another process: see execve(2), ETXTBSY, for what happens while a child of another test has the file open to write.
    let copied = Command::new("cp").arg(std::env::current_exe().unwrap()).arg(path("test")).status().unwrap();
    assert!(copied.success());
    fs::create_dir(path("var")).unwrap();
    fs::set_permissions(path("var"), fs::Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(path("test"));
    command.args(["--exact", "rights::a_directory_of_somebody_else_is_named_with_what_cures_it"]);
    command.env(ELSEWHERE, path("var/mpath")).env("ILLUMOS_SIMULATOR", "/bin/true");
    if rustix::process::geteuid().is_root() {
        command.gid(65534).uid(65534);
    }
    let output = command.current_dir("/").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
