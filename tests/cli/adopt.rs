//! `mpath adopt` and `mpath release`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use mpath_core::adoption::{FileChange, LeaveAlone};
use mpath_core::finding::Cure;

use crate::expected::expect;
use crate::world::{World, busy, name};

const THEIRS: &str = "auto bond0\niface bond0 inet static\n    address 192.168.1.34/24\n";
const OUT: &str = "# auto bond0\n# iface bond0 inet static\n#     address 192.168.1.34/24\n";

/// A host whose group is up and another's: a tool that has a file, and would get one.
pub(crate) fn foreign() -> World {
    let world = World::up();
    let mut host = world.host.borrow_mut();
    host.host.interfaces.get_mut(&name("bond0")).unwrap().group_mut().unwrap().label = None;
    drop(host);
    fs::remove_dir_all(world.path("run")).unwrap();
    fs::remove_dir_all(world.path("etc")).unwrap();
    fs::create_dir(world.path("other")).unwrap();
    fs::write(world.path("other/interfaces"), THEIRS).unwrap();
    fs::set_permissions(world.path("other/interfaces"), fs::Permissions::from_mode(0o600)).unwrap();
    let edited =
        FileChange { path: world.path("other/interfaces"), before: Some(THEIRS.to_owned()), after: OUT.to_owned() };
    let added = FileChange::new(world.path("other/bond0.netdev.d/90-mpath.conf"), "[Match]\nHost=!*\n");
    let reload = vec!["systemctl try-restart other".to_owned()];
    world.leaves.replace(vec![LeaveAlone {
        tool: "other".to_owned(),
        files: vec![edited, added],
        reload,
        by_hand: vec![],
    }]);
    world
}

/// Whether every file is as it was before.
fn is_untouched(world: &World) -> bool {
    fs::read_to_string(world.path("other/interfaces")).unwrap() == THEIRS
        && !world.path("other/bond0.netdev.d").exists()
        && !world.path("etc/bond0.toml").exists()
        && !world.path("lib/adoptions/bond0.json").exists()
}

#[test]
fn a_group_of_another_tool_is_taken_over_in_place_and_given_back() {
    let world = foreign();
    let (before, done) = (world.configuration(), world.steps_done());
    let adopted = world.run("adopt kernel --yes");
    assert_eq!(adopted.code, 0, "{adopted}");
    assert_eq!(world.steps_done(), done + 1, "but the mark nothing is changed: {adopted}");
    assert_eq!(fs::read_to_string(world.path("other/interfaces")).unwrap(), OUT);
    let mode = |path: &str| fs::metadata(world.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("other/interfaces"), mode("etc/bond0.toml")), (0o600, 0o644));
    assert!(world.path("other/bond0.netdev.d/90-mpath.conf").exists());
    let between = world.script(&["plan --check -q", "status -q", "adopt kernel --yes -q", "up"]);
    let released = world.run("release bond0");
    assert_eq!(released.code, 0, "{released}");
    assert!(is_untouched(&world));
    assert_eq!(mode("other/interfaces"), 0o600);
    assert_eq!(world.configuration(), before);
    let again = world.run("release bond0");
    expect("adopt", &format!("{adopted}\n{between}\n{released}\n{again}"));
}

#[test]
fn what_is_shown_is_done_only_when_somebody_says_so() {
    let world = foreign();
    let done = world.steps_done();
    let shown = world.script(&["adopt kernel --dry-run", "adopt kernel -q"]);
    world.typed.replace(vec![""]);
    let no = world.run("adopt kernel -q");
    assert!(is_untouched(&world) && world.steps_done() == done, "{no}");
    world.typed.replace(vec!["yes"]);
    let yes = world.run("adopt kernel bond0 -q");
    assert_eq!(yes.code, 0, "{yes}");
    expect("adopt_asks", &format!("{shown}\n{no}\n{yes}\n{}", world.asked.borrow()));
}

#[test]
fn a_failure_puts_everything_back() {
    let world = foreign();
    let before = world.configuration();
    world.fail(|step| Some(busy(step)));
    let failed = world.run("adopt kernel --yes -q");
    assert!(is_untouched(&world), "{failed}");
    assert_eq!(world.configuration(), before);
    world.faults.step.take();
    // The tool's file is another one by now.
    fs::write(world.path("other/interfaces"), "auto eth9\n").unwrap();
    let changed = world.run("adopt kernel --yes -q");
    fs::write(world.path("other/interfaces"), THEIRS).unwrap();
    assert!(is_untouched(&world), "{changed}");
    assert_eq!(world.configuration(), before);
    expect("adopt_fails", &format!("{failed}\n{changed}"));
}

#[test]
fn what_others_changed_meanwhile_is_not_written_over() {
    let world = foreign();
    assert_eq!(world.run("adopt kernel --yes -q").code, 0);
    let adopted = world.configuration();
    fs::write(world.path("other/interfaces"), "auto eth9\n").unwrap();
    let refused = world.run("release bond0");
    assert_eq!((world.configuration(), refused.code), (adopted, 1), "{refused}");
    assert!(world.path("etc/bond0.toml").exists());
    // As it was before is as good as how it was written: that is what a release that was killed leaves.
    fs::write(world.path("other/interfaces"), THEIRS).unwrap();
    fs::remove_file(world.path("etc/bond0.toml")).unwrap();
    let released = world.run("release bond0");
    assert!(is_untouched(&world), "{released}");
    expect("release_refused", &format!("{refused}\n{released}"));
}

#[test]
fn a_record_of_an_adoption_that_was_killed_at_its_beginning_is_put_back() {
    let world = foreign();
    assert_eq!(world.run("adopt kernel --yes -q").code, 0);
    let record = fs::read(world.path("lib/adoptions/bond0.json")).unwrap();
    assert_eq!(world.run("release bond0 -q").code, 0);
    let before = world.configuration();
    fs::write(world.path("lib/adoptions/bond0.json"), record).unwrap();
    fs::write(world.path("other/interfaces"), OUT).unwrap();
    let refused = world.run("adopt kernel --yes -q");
    assert!(refused.stderr.contains("mpath release bond0"), "{refused}");
    let released = world.run("release bond0 -q");
    assert_eq!((released.code, world.configuration()), (0, before), "{released}");
    assert!(is_untouched(&world), "{released}");
}

#[test]
fn what_cannot_be_taken_over_is_refused_before_anything_is_touched() {
    let world = foreign();
    let mut text = world.script(&["adopt kernel bond7", "adopt kernel --yes --dry-run"]);
    let cure = Cure { text: "let wpa_supplicant keep eth0 associated".to_owned(), commands: vec![] };
    world.leaves.borrow_mut()[0].by_hand.push(cure);
    text += &world.run("adopt kernel --yes -q").to_string();
    assert!(is_untouched(&world));
    let none = World::new();
    text += &none.run("adopt kernel").to_string();
    let own = World::up();
    text += &own.script(&["adopt kernel", "release home-lan"]);
    expect("adopt_refused", &text);
}

/// Takes the group over for so long, and gives the name of the change.
fn pending(world: &World, time: &str) -> String {
    let run = world.run(&format!("adopt kernel --yes -q --confirm {time}"));
    assert_eq!(run.code, 0, "{run}");
    let last: serde_json::Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    let token = last["pending"][0]["token"].as_str().unwrap().to_owned();
    assert_eq!(world.guards.borrow().as_slice(), std::slice::from_ref(&token), "{run}");
    assert!(!is_untouched(world), "{run}");
    token
}

#[test]
fn an_adoption_that_is_confirmed_stays_and_can_be_released() {
    let world = foreign();
    let before = world.configuration();
    let token = pending(&world, "60s");
    let held = world.run("release bond0 -q");
    assert_eq!((held.code, is_untouched(&world)), (12, false), "{held}");
    let confirmed = world.run(&format!("confirm {token}"));
    assert_eq!(confirmed.code, 0, "{confirmed}");
    assert!(world.receipt("bond0").is_some() && world.journal("bond0").is_none());
    // Nothing is left that somebody would wait for.
    assert_eq!(world.run("recover").stdout, "nothing to recover\n");
    let released = world.run("release bond0 -q");
    assert!(released.code == 0 && is_untouched(&world), "{released}");
    assert_eq!(world.configuration(), before);
}

#[test]
fn an_adoption_that_nobody_confirms_goes_back_with_every_file() {
    let ways: [fn(&World, &str) -> String; 3] = [
        |_, token| format!("revert {token}"),
        |_, token| format!("guard {token}"),
        // A boot takes the journal with it, and what was made.
        |world, _| {
            fs::remove_dir_all(world.path("run")).unwrap();
            world.host.borrow_mut().host.interfaces.get_mut(&name("bond0")).unwrap().group_mut().unwrap().label = None;
            "recover".to_owned()
        },
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let world = foreign();
        let before = world.configuration();
        let token = pending(&world, "1s");
        let line = way(&world, &token);
        let undone = world.run(&line);
        assert!(undone.code == 0 && is_untouched(&world), "{undone}");
        assert_eq!(world.configuration(), before);
        let told = format!("{}{}", undone.stdout, undone.stderr);
        assert!(told.contains("every file is as it was") && told.contains("systemctl try-restart other"), "{undone}");
        if number == 0 {
            expect("adopt_reverted", &undone.to_string().replace(&token, "TOKEN"));
        }
        // It can be taken over anew.
        world.guards.take();
        pending(&world, "60s");
    }
}

#[test]
fn a_file_that_somebody_changed_meanwhile_is_not_written_over_by_a_revert() {
    let world = foreign();
    let token = pending(&world, "60s");
    fs::write(world.path("other/interfaces"), "auto eth9\n").unwrap();
    let refused = world.run(&format!("revert {token}"));
    assert_eq!(refused.code, 5, "{refused}");
    assert_eq!(fs::read_to_string(world.path("other/interfaces")).unwrap(), "auto eth9\n");
    fs::write(world.path("other/interfaces"), THEIRS).unwrap();
    let recovered = world.run("recover -q");
    assert!(recovered.code == 0 && is_untouched(&world), "{recovered}");
}
