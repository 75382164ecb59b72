//! `mpath agent`: what it takes, what it says, what it lets in, and its metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use mpath_core::fake::FakeHost;
use mpath_core::snapshot::Controller;
use serde_json::Value;

use crate::expected::{expect, repository};
use crate::world::{HOME_LAN, OFFICE, Run, World, name};

/// What another program does that takes a member out.
fn take_out(host: &mut FakeHost) {
    let eth0 = host.host.interfaces.get_mut(&name("eth0")).unwrap();
    (eth0.controller, eth0.up) = (None, false);
}

/// What was written, each line without the time before it.
fn untimed(run: &Run) -> String {
    let is_timed = |line: &str| line.len() > 24 && line.as_bytes()[4] == b'-' && line.as_bytes()[23] == b' ';
    let text = |text: &str| -> String {
        text.lines().map(|line| format!("{}\n", if is_timed(line) { &line[24..] } else { line })).collect()
    };
    format!("--- stdout\n{}--- stderr\n{}--- exit {}\n", text(&run.stdout), text(&run.stderr), run.code)
}

#[test]
fn what_it_does_not_take_is_refused() {
    let world = World::up();
    let own = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    let lines = [
        "agent --metrics 0.0.0.0:9119",
        "agent --metrics 192.168.1.34:9119",
        "agent --metrics 9119",
        "agent --converge everything",
        "agent office",
    ];
    let mut text = world.script(&lines);
    world.file("hooks.toml", "[[hook]]\non = [\"ok\"]\nrun = [\"/bin/true\"]\nuser = \"no-such-user\"\n");
    text += &format!("\n{}", world.script(&["agent --for 0"]));
    world.file("hooks.toml", "[[hook]]\non = [\"okay\"]\nrun = [\"bin/true\"]\ngroups = [\"home\"]\n");
    text += &format!("\n{}", world.script(&["check", "agent --for 0"]));
    expect("agent_refused", &text);
    world.file("hooks.toml", format!("[[hook]]\non = [\"ok\"]\nrun = [\"/bin/true\"]\nuser = \"{own}\"\n"));
    assert_eq!(world.run("agent --for 0").code, 0);
}

#[test]
fn a_failover_is_told_in_the_words_of_watch_and_with_json_as_its_documents() {
    let world = World::up();
    world.later(|host| host.unplugged = vec![name("eth1")]);
    expect("agent_failover", &untimed(&world.run("agent --for 300ms")));
    let world = World::up();
    world.later(|host| host.unplugged = vec![name("eth1")]);
    let run = world.run("agent --for 300ms --json");
    let events = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let words: Vec<_> = events.map(|event| event["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(words, ["watching", "member-failed", "failover", "degraded"], "{run}");
}

#[test]
fn a_member_that_was_taken_out_is_let_in_by_the_plan_that_was_said() {
    let world = World::up();
    let receipt = world.receipt("home-lan");
    world.later(take_out);
    expect("agent_rejoin", &untimed(&world.run("agent --for 1800ms")));
    assert_eq!(world.run("plan --check").code, 0);
    assert_eq!(world.journal("home-lan"), None);
    assert_eq!(world.receipt("home-lan").map(|text| text.len()), receipt.map(|text| text.len()));
}

#[test]
fn a_step_that_fails_is_undone_and_said() {
    let world = World::up();
    world.later(take_out);
    world.fail(|step| step.to_string().starts_with("add eth0").then(|| crate::world::busy(step)));
    let run = world.run("agent --for 1800ms");
    assert!(run.stderr.contains("everything was undone"), "{run}");
    assert_eq!(world.journal("home-lan"), None);
}

#[test]
fn what_differs_otherwise_is_left_unless_all_is_asked_for() {
    let world = World::up();
    world.later(|host| host.host.interfaces.get_mut(&name("bond0")).unwrap().addresses.clear());
    let steps = world.steps_done();
    assert!(!world.run("agent --for 1800ms").stderr.contains("put right"));
    assert_eq!(world.steps_done(), steps);
    let run = world.run("agent --for 1800ms --converge all");
    assert!(run.stderr.contains("home-lan: what differs from the file is put right: "), "{run}");
    assert_eq!(world.run("plan --check").code, 0);
}

#[test]
fn a_group_that_is_down_stays_down_and_one_without_a_receipt_is_not_touched() {
    let world = World::new();
    let run = world.run("agent --for 1500ms --converge all");
    assert!(run.stderr.contains("home-lan: absent"), "{run}");
    assert_eq!(world.steps_done(), 0);
    let world = World::up();
    fs::remove_file(world.path("run/receipts/home-lan.json")).unwrap();
    let steps = world.steps_done();
    world.later(take_out);
    world.run("agent --for 1500ms --converge all");
    assert_eq!(world.steps_done(), steps);
}

#[test]
fn nothing_is_put_right_while_another_mpath_is_at_work_or_a_change_waits() {
    let world = World::up();
    world.later(take_out);
    let lock = fs::File::options().write(true).open(world.path("run/lock")).unwrap();
    lock.try_lock().unwrap();
    let steps = world.steps_done();
    let run = world.run("agent --for 1500ms");
    assert!(run.stderr.contains("home-lan: eth0 has to wait: another mpath is at work"), "{run}");
    drop(lock);
    // A change of another group is no different.
    world.file("office.toml", OFFICE);
    assert_eq!(world.run("up office --confirm 60s -q").code, 0);
    let before = world.steps_done();
    let run = world.run("agent home-lan --for 1500ms");
    assert!(run.stderr.contains("eth0 has to wait: a change of office waits to be confirmed"), "{run}");
    assert_eq!(world.steps_done(), before);
    assert!(before > steps);
}

#[test]
fn what_is_refused_is_said_once() {
    let world = World::up();
    world.later(|host| {
        take_out(host);
        let eth0 = host.host.interfaces.get_mut(&name("eth0")).unwrap();
        eth0.controller = Some(Controller::Other { name: name("br0"), kind: "bridge".to_owned() });
    });
    let run = world.run("agent --for 1800ms");
    let said = run.stderr.lines().filter(|line| line.contains("eth0 is left as it is: ")).count();
    assert_eq!(said, 1, "{run}");
}

/// Types and units by name, and the names of the labels.
fn families(text: &str) -> BTreeMap<String, (String, String, BTreeSet<String>)> {
    let mut found: BTreeMap<String, (String, String, BTreeSet<String>)> = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<_> = line.split(' ').collect();
        match words.as_slice() {
            ["#", "TYPE", name, kind] => found.entry((*name).to_owned()).or_default().0 = (*kind).to_owned(),
            ["#", "UNIT", name, unit] => found.entry((*name).to_owned()).or_default().1 = (*unit).to_owned(),
            ["#", ..] => {}
            _ => {
                let (name, labels) = line.split_once(['{', ' ']).unwrap();
                let name = name.strip_suffix("_total").unwrap_or(name);
                let names =
                    labels.split('"').step_by(2).filter_map(|piece| piece.trim_matches([',', '{']).strip_suffix('='));
                let family = found.get_mut(name).unwrap_or_else(|| panic!("{line} is of no family"));
                family.2.extend(names.map(str::to_owned));
            }
        }
    }
    found
}

#[test]
fn the_metrics_are_those_of_the_reference() {
    let world = World::up();
    let own = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    world.file("hooks.toml", format!("[[hook]]\non = [\"ok\"]\nrun = [\"/bin/true\"]\nuser = \"{own}\"\n"));
    let run = world.run("agent --for 100ms --textfile DIR/mpath.prom");
    assert_eq!(run.code, 0, "{run}");
    let text = fs::read_to_string(world.path("mpath.prom")).unwrap();
    let written = families(&text);
    let reference = fs::read_to_string(repository("docs/reference/metrics.md")).unwrap();
    let rows =
        reference.lines().filter_map(|line| line.strip_prefix("| `mpath_").map(|rest| format!("| `mpath_{rest}")));
    let mut documented = BTreeMap::new();
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, unit, labels, _] = cells.as_slice() else { panic!("{row}") };
        let labels =
            labels.split(", ").map(|label| label.trim_matches('`').to_owned()).filter(|label| !label.is_empty());
        let name = name.trim_matches('`').to_owned();
        documented.insert(name, ((*kind).to_owned(), (*unit).to_owned(), labels.collect::<BTreeSet<_>>()));
    }
    pretty_assertions::assert_eq!(written, documented);
    assert!(written.len() > 12);
}

#[test]
fn a_directory_for_the_metrics_that_is_not_there_is_said_once() {
    let world = World::up();
    let run = world.run("agent --for 300ms --textfile DIR/nowhere/mpath.prom");
    assert_eq!(run.stderr.matches("cannot write DIR/nowhere/mpath.prom").count(), 1, "{run}");
    assert_eq!(run.code, 0);
}

#[test]
fn a_configuration_that_others_can_change_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::up();
    world.file("home-lan.toml", HOME_LAN);
    let path = world.path("etc/home-lan.toml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let run = world.run("agent --for 0");
    assert!(run.code != 0 && run.stderr.contains("everybody may write to"), "{run}");
}
