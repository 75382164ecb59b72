//! `mpath ansible`: what the modules of the Ansible collection do, on a host in memory.

use std::fs;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::world::{OFFICE, World, busy};

/// Runs a module, and gives what Ansible gets.
fn run(world: &World, module: &str, arguments: &Value) -> Value {
    fs::write(world.path("arguments.json"), arguments.to_string()).unwrap();
    let run = world.run(&format!("ansible DIR/arguments.json --module {module}"));
    let reply: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"));
    assert_eq!(reply["failed"] == true, run.code != 0, "{run}");
    assert_eq!(reply["exit"], run.code, "{run}");
    reply
}

/// The same in check mode, with the difference.
fn check(world: &World, module: &str, arguments: &Value) -> Value {
    let mut arguments = arguments.clone();
    arguments["_ansible_check_mode"] = true.into();
    arguments["_ansible_diff"] = true.into();
    let before = (world.configuration(), tree(world), world.steps_done());
    let reply = run(world, module, &arguments);
    assert!((world.configuration(), tree(world), world.steps_done()) == before, "{reply}");
    reply
}

/// All files of the world, but for the arguments.
fn tree(world: &World) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["etc", "run", "run/receipts", "run/journal", "lib"] {
        for entry in fs::read_dir(world.path(folder)).into_iter().flatten().flatten() {
            let path = entry.path().display().to_string();
            found.push((path, fs::read_to_string(entry.path()).unwrap_or_default()));
        }
    }
    found.sort();
    found
}

fn settings() -> Value {
    json!({ "members": ["eth1", "eth0"], "primary": "eth1", "addresses": ["192.168.1.34/24"], "gateway": "192.168.1.24" })
}

#[track_caller]
fn says(reply: &Value, words: &str) {
    assert!(reply["msg"].as_str().unwrap().contains(words), "{words}\n{reply:#}");
    assert_eq!(reply["comment"], reply["msg"]);
}

#[test]
fn a_group_is_brought_up_once() {
    let world = World::new();
    let wanted = json!({ "name": "home-lan", "state": "up" });
    let would = check(&world, "group", &wanted);
    assert_eq!(would["changed"], true);
    assert!(would["diff"][0]["prepared"].as_str().unwrap().contains("ip link add"), "{would:#}");
    let first = run(&world, "group", &wanted);
    assert_eq!((&first["changed"], &first["groups"][0]["outcome"]), (&json!(true), &json!("changed")));
    assert_eq!(first["commands"], json!([format!("mpath up --config=DIR/etc home-lan")]));
    let steps = world.steps_done();
    for again in [check(&world, "group", &wanted), run(&world, "group", &wanted), run(&world, "group", &json!({}))] {
        assert_eq!((&again["changed"], again.get("diff")), (&json!(false), None));
    }
    assert_eq!(world.steps_done(), steps);
}

#[test]
fn a_group_is_taken_down_once() {
    let world = World::up();
    let wanted = json!({ "name": "home-lan", "state": "down" });
    assert_eq!(check(&world, "group", &wanted)["changed"], true);
    assert_eq!(run(&world, "group", &wanted)["changed"], true);
    assert_eq!(run(&world, "group", &wanted)["changed"], false);
    let unknown = run(&world, "group", &json!({ "name": "hom-lan", "state": "down" }));
    says(&unknown, "did you mean home-lan?");
    assert_eq!(unknown["exit"], 10);
}

#[test]
fn the_settings_of_a_group_become_its_file() {
    let world = World::new();
    fs::remove_file(world.path("etc/home-lan.toml")).unwrap();
    let wanted = json!({ "name": "home-lan", "state": "present", "settings": settings() });
    let would = check(&world, "group", &wanted);
    let text = "[group.home-lan]\naddresses = [\"192.168.1.34/24\"]\ngateway   = \"192.168.1.24\"\n\
                members   = [\"eth1\", \"eth0\"]\nprimary   = \"eth1\"\n";
    let file = "DIR/etc/home-lan.toml";
    assert_eq!(
        would["diff"],
        json!([{ "before_header": "/dev/null", "before": "", "after_header": file, "after": text }])
    );
    assert_eq!(run(&world, "group", &wanted)["changed"], true);
    assert_eq!(fs::read_to_string(world.path("etc/home-lan.toml")).unwrap(), text);
    assert_eq!((run(&world, "group", &wanted)["changed"].clone(), world.steps_done()), (json!(false), 0));

    let absent = json!({ "name": "home-lan", "state": "absent" });
    assert_eq!(run(&world, "group", &json!({ "name": "home-lan", "settings": settings() }))["changed"], true);
    let before = world.steps_done();
    assert!(before > 0);
    assert_eq!(check(&world, "group", &absent)["diff"].as_array().unwrap().len(), 2);
    assert_eq!(run(&world, "group", &absent)["changed"], true);
    assert!(!world.path("etc/home-lan.toml").exists() && world.steps_done() > before);
    assert_eq!(run(&world, "group", &absent)["changed"], false);
}

#[test]
fn a_file_that_says_the_same_in_other_words_is_kept() {
    let world = World::new();
    let text = "# by hand\n[group.home-lan]\nprimary = 'eth1'\nmembers = ['eth1',\n 'eth0']\n\
                addresses = ['192.168.1.34/24']\ngateway = '192.168.1.24'\n";
    world.file("home-lan.toml", text);
    let wanted = json!({ "name": "home-lan", "state": "present", "settings": settings() });
    assert_eq!(run(&world, "group", &wanted)["changed"], false);
    assert_eq!(fs::read_to_string(world.path("etc/home-lan.toml")).unwrap(), text);
}

#[test]
fn a_file_with_other_groups_is_not_written_over() {
    let world = World::new();
    world.file("home-lan.toml", format!("{}{OFFICE}", crate::world::HOME_LAN));
    for state in ["present", "absent"] {
        let settings = if state == "present" { settings() } else { Value::Null };
        let reply = run(&world, "group", &json!({ "name": "home-lan", "state": state, "settings": settings }));
        says(&reply, "has more than the group home-lan: office");
    }
}

#[test]
fn a_file_that_is_wrong_is_not_written() {
    let world = World::new();
    let file = world.path("etc/office.toml");
    for (bad, why) in [
        ("[group.office]\nmembers = [\"eth2\"]\nadresses = []\n", ":3:1: group.office.adresses: "),
        (crate::world::HOME_LAN, "home-lan"),
        ("[group", "office.toml:1:"),
    ] {
        let wanted = json!({ "path": file, "content": bad });
        says(&check(&world, "config", &wanted), why);
        says(&run(&world, "config", &wanted), why);
        assert!(!file.exists());
    }
    let good = json!({ "path": file, "content": OFFICE });
    assert_eq!(check(&world, "config", &good)["changed"], true);
    let first = run(&world, "config", &good);
    assert_eq!((&first["changed"], &first["previous"]), (&json!(true), &Value::Null));
    let again = run(&world, "config", &good);
    assert_eq!((&again["changed"], &again["previous"]), (&json!(false), &json!(OFFICE)));
    let more = json!({ "path": file, "groups": { "office": { "members": ["eth2"], "addresses": ["10.0.0.2/8"] } } });
    assert_eq!(run(&world, "config", &more)["previous"], OFFICE);
    assert_eq!(run(&world, "config", &json!({ "path": file, "state": "absent" }))["changed"], true);
    assert!(!file.exists());
}

#[test]
fn the_file_of_an_up_that_failed_is_as_it_was() {
    let world = World::up();
    let before = fs::read_to_string(world.path("etc/home-lan.toml")).unwrap();
    world.fail(|step| matches!(step, mpath_core::Step::SetMtu { .. }).then(|| busy(step)));
    let mut wanted = settings();
    wanted["mtu"] = 1400.into();
    wanted["device"] = "bond0".into();
    let reply = run(&world, "group", &json!({ "name": "home-lan", "settings": wanted }));
    says(&reply, "everything was undone");
    assert_eq!((&reply["file"], &reply["changed"]), (&json!("as it was before"), &json!(false)));
    assert_eq!(fs::read_to_string(world.path("etc/home-lan.toml")).unwrap(), before);
}

#[test]
fn a_change_is_confirmed_or_was_undone() {
    let world = World::new();
    let up = run(&world, "group", &json!({ "name": "home-lan", "confirm": "60" }));
    let token = up["token"].as_str().unwrap();
    assert_eq!(up["pending"]["token"], token);
    assert_eq!(*world.guards.borrow(), [token]);
    assert_eq!(run(&world, "info", &json!({}))["pending"][0]["token"], token);
    assert_eq!(check(&world, "confirm", &json!({ "token": token }))["changed"], true);
    assert_eq!(run(&world, "confirm", &json!({ "token": token }))["changed"], true);
    // Who lost the answer asks again.
    assert_eq!(run(&world, "confirm", &json!({ "token": token }))["changed"], false);
    assert_eq!(run(&world, "confirm", &json!({}))["changed"], false);

    assert_eq!(run(&world, "group", &json!({ "name": "home-lan", "state": "down" }))["changed"], true);
    run(&world, "group", &json!({ "name": "home-lan", "confirm": 60 }));
    let reverted = json!({ "name": "home-lan", "state": "reverted" });
    assert_eq!(run(&world, "confirm", &reverted)["changed"], true);
    assert_eq!(run(&world, "confirm", &reverted)["changed"], false);
    says(&run(&world, "confirm", &json!({ "name": "home-lan" })), "not confirmed in time was undone");
}

#[test]
fn the_traffic_is_moved_once() {
    let world = World::up();
    let wanted = json!({ "name": "home-lan", "to": "eth0" });
    assert_eq!(check(&world, "switch", &wanted)["changed"], true);
    assert_eq!(run(&world, "switch", &wanted)["changed"], true);
    assert_eq!(run(&world, "switch", &wanted)["changed"], false);
    assert_eq!(run(&world, "switch", &json!({ "release": "yes" }))["changed"], true);
    says(&run(&world, "switch", &json!({})), "either to");
    says(&run(&world, "switch", &json!({ "to": "eth7" })), "eth7");
}

#[test]
fn a_drill_changes_nothing_and_tells_what_was_lost() {
    let world = World::up();
    assert_eq!(check(&world, "drill", &json!({ "name": "home-lan" }))["changed"], false);
    let steps = world.steps_done();
    let held = run(&world, "drill", &json!({ "name": "home-lan", "rest": "100ms", "max_gap": "1s" }));
    assert_eq!(held["changed"], false);
    assert!(held["longest_gap_ms"].is_number() && world.steps_done() > steps, "{held:#}");
    world.beyond.silent.replace(std::time::Duration::from_millis(150)..std::time::Duration::from_millis(250));
    let late = run(&world, "drill", &json!({ "rest": "100ms", "max_gap": "20ms" }));
    assert_eq!(late["exit"], 11);
    says(&late, "and 20 ms are allowed");
}

#[test]
fn groups_are_told_of() {
    let world = World::up();
    let told = run(&world, "info", &json!({}));
    assert_eq!((&told["groups"][0]["state"], &told["changed"]), (&json!("ok"), &json!(false)));
    let nowhere = world.path("nowhere").display().to_string();
    assert_eq!(run(&world, "info", &json!({ "config": nowhere }))["groups"], json!([]));
    world.file("home-lan.toml", "[group.home-lan]\n");
    assert_eq!(run(&world, "info", &json!({}))["exit"], 3);
}

/// Ansible hands over what it was given, and more of its own; a module with a slip in it must not do half of it.
#[test]
fn arguments_that_make_no_sense_are_refused() {
    let world = World::new();
    for (module, arguments, why) in [
        ("group", json!({ "nmae": "home-lan" }), "unknown field `nmae`"),
        ("group", json!({ "state": "up", "adopt": "perhaps" }), "yes or no"),
        ("group", json!({ "state": "sideways" }), "`sideways`"),
        ("group", json!({ "name": "--all" }), "there is no group --all"),
        ("group", json!({ "state": "present", "name": "home-lan" }), "needs the settings"),
        ("group", json!({ "state": "absent" }), "needs the name"),
        ("group", json!({ "name": "home-lan", "confirm": 100_000 }), "1s to 86400s"),
        ("config", json!({ "path": "/etc/mpath/home-lan.conf", "content": "" }), "end with .toml"),
        ("config", json!({ "path": "home-lan.toml", "content": "" }), "begin with /"),
        ("drill", json!({ "probe": "carrier-pigeon" }), "carrier-pigeon"),
        ("bond", json!({}), "there is no module bond"),
    ] {
        let reply = run(&world, module, &arguments);
        says(&reply, why);
        assert_eq!(reply["changed"], false);
    }
    assert_eq!(world.steps_done(), 0);
    for text in ["", "[]", "{"] {
        fs::write(world.path("arguments.json"), text).unwrap();
        assert_eq!(world.run("ansible DIR/arguments.json --module group").code, 2);
    }
    assert_eq!(world.run("ansible DIR/nowhere.json --module group").code, 2);
}
