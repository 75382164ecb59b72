//! The JSON documents: each parses, says its schema, and is as `docs/reference/json.md` shows it.

use std::fs;

use serde_json::Value;

use crate::adopt::foreign;
use crate::enable::systemd;
use crate::expected::{is_update, repository};
use crate::world::{HOME_LAN, OFFICE, World, busy, name, no_driver};

/// What a run wrote to standard output, as JSON.
fn json(world: &World, line: &str) -> Value {
    let run = world.run(line);
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
}

/// Compares with the sample of this name in the reference, and finds every key of it explained there.
#[track_caller]
fn documented(sample: &str, world: &World, line: &str) {
    let run = world.run(line);
    let shown = run.stdout.trim_end().replace("DIR/etc", "/etc/mpath").replace("DIR/other", "/etc/network");
    let path = repository("docs/reference/json.md");
    let text = fs::read_to_string(&path).unwrap();
    let marker = format!("<!-- sample: {sample} -->\n```json\n");
    let (before, rest) = text.split_once(&marker).unwrap_or_else(|| panic!("no sample {sample} in json.md"));
    let (expected, after) = rest.split_once("\n```").unwrap();
    if is_update() {
        fs::write(&path, format!("{before}{marker}{shown}\n```{after}")).unwrap();
        return;
    }
    assert!(expected == shown, "the sample {sample} of json.md is out of date; found\n{shown}");
    let mut keys = Vec::new();
    keys_of(&serde_json::from_str(&shown).unwrap(), &mut keys);
    for key in keys {
        assert!(text.contains(&format!("`{key}`")), "json.md does not explain `{key}` of {sample}");
    }
}

fn keys_of(value: &Value, keys: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                keys.push(key.clone());
                // What a step, a note or a refusal carries beside its sentence is data of the model.
                if !matches!(key.as_str(), "steps" | "notes" | "refusals" | "snapshot" | "receipts") {
                    keys_of(value, keys);
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| keys_of(value, keys)),
        _ => {}
    }
}

/// All samples in one test: they lie in one file, which an update rewrites.
#[test]
fn every_document_is_as_the_reference_shows_it() {
    let mut world = World::new();
    world.terminal = true;
    documented("plan", &world, "plan --json");
    documented("init", &world, "init --yes --members eth2 --dry-run --json");
    documented("report", &world, "up --json");
    documented("status", &world, "status --json");
    documented("drill", &world, "drill --json --rest 100ms --max-gap 500ms");
    let unwatched = |host: &mut mpath_core::Snapshot| {
        host.interfaces.get_mut(&name("bond0")).unwrap().group_mut().unwrap().settings.detection = None;
    };
    unwatched(&mut world.host.borrow_mut().host);
    documented("doctor", &world, "doctor --json");
    documented("explain", &world, "explain single-member --json");
    world.run("up -q");
    documented("check", &world, "check --json");
    documented("render", &world, "render --to solaris10 --json --config DIR/etc/home-lan.toml");
    let mut foreign = foreign();
    foreign.terminal = true;
    documented("adopt", &foreign, "adopt kernel --yes --json");
    documented("release", &foreign, "release bond0 --json");
    world.capture();
    documented("facts", &world, "facts");
    documented("config", &world, "config show --json --config DIR/etc/home-lan.toml");
    documented("plan-hosts", &world, "plan --hosts DIR/etc/facts --json --config DIR/etc/home-lan.toml");
    let list = "[host.web1]\nos = \"linux\"\n[host.web2]\nos = \"linux\"\n";
    std::fs::write(world.path("hosts.toml"), list).unwrap();
    documented("check-hosts", &world, "check --hosts DIR/hosts.toml --json --config DIR/etc/home-lan.toml");
    let mut booting = systemd();
    booting.terminal = true;
    documented("enable", &booting, "enable home-lan --json --config DIR/tree/etc/mpath");
    world.run("down -q");
    world.fail(|step| matches!(step, mpath_core::Step::AddMember { .. }).then(|| busy(step)));
    documented("report-failed", &world, "up --json");
    documented("error", &world, "up home-lna --json");
    world.file("home-lan.toml", HOME_LAN.replace("primary   = \"eth1\"", "primary   = \"eth9\""));
    documented("problems", &world, "check --json");
}

#[test]
fn every_way_to_fail_gives_a_document() {
    let world = World::new();
    assert_eq!(json(&world, "up --json --nonsense")["schema"], "mpath.error/1");
    assert_eq!(json(&world, "status --json --config DIR/nowhere")["exit"], 3);
    world.file("office.toml", OFFICE.replace("eth2", "eth7"));
    let report = json(&world, "up --all --json");
    assert_eq!(report["schema"], "mpath.report/1");
    assert_eq!(
        (&report["groups"][0]["outcome"], &report["groups"][1]["outcome"]),
        (&"changed".into(), &"refused".into())
    );
    assert_eq!(report["groups"][1]["refusals"][0]["refusal"], "no-member");
    let again = json(&world, "up home-lan --json");
    assert_eq!(again["groups"][0]["outcome"], "unchanged");
    assert_eq!(again["groups"][0]["undone"], Value::Null);
    let plan = json(&world, "plan --json");
    assert_eq!(
        plan["groups"][1]["refusals"][0]["hint"],
        "there is eth2; or let the group come up without it by `optional = true`"
    );
    world.faults.open.set(Some(no_driver));
    let error = json(&world, "down home-lan --json");
    assert_eq!((&error["schema"], &error["exit"]), (&"mpath.error/1".into(), &9.into()));
}

#[test]
fn a_failed_undo_is_in_the_report() {
    let world = World::new();
    let failed = std::cell::Cell::new(false);
    world.fail(move |step| {
        failed
            .set(failed.get() || matches!(step, mpath_core::Step::AddMember { member, .. } if *member == name("eth1")));
        failed.get().then(|| busy(step))
    });
    let report = json(&world, "up --json");
    let group = &report["groups"][0];
    assert_eq!((&group["outcome"], &group["undone"]), (&"failed".into(), &false.into()));
    assert!(!group["left"].as_array().unwrap().is_empty() && !group["failures"].as_array().unwrap().is_empty());
}

#[test]
fn a_terminal_gets_json_in_lines() {
    let mut world = World::new();
    assert_eq!(world.run("status --json").stdout.lines().count(), 1);
    world.terminal = true;
    assert!(world.run("status --json").stdout.lines().count() > 10);
}
