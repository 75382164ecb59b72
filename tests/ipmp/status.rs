//! What `status` says: the words of `ipmpstat`, in the documents that every platform has.

use std::collections::BTreeSet;
use std::fs;

use illumos_simulator::Dialect;
use serde_json::Value;

use crate::world::{DIALECTS, HOME_LAN, World};

fn json(world: &World, line: &str) -> Value {
    let run = world.run(line);
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
}

/// Every key with the way to it. What a step, a note or a refusal is about differs from one to the other.
fn keys(value: &Value, way: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let way = format!("{way}.{key}");
                if !matches!(key.as_str(), "step" | "notes" | "refusals") {
                    keys(value, &way, found);
                }
                found.insert(way);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, way, found)),
        _ => {}
    }
}

fn keys_of(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    keys(value, "", &mut found);
    found
}

/// The document of another platform, as the reference shows it; that it is what runs there, other tests see to.
fn sample(name: &str) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/json.md");
    let text = fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once(&format!("<!-- sample: {name} -->\n```json\n")).unwrap();
    serde_json::from_str(rest.split_once("\n```").unwrap().0).unwrap()
}

#[test]
fn the_documents_have_the_keys_that_they_have_on_other_platforms() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        // What only some steps carry is data of the model.
        let every_step_has = |key: &str| ["step", "text", "commands"].contains(&key);
        let outer = |value: &Value| -> BTreeSet<String> {
            let of_step = |key: &String| key.strip_prefix(".groups.steps.").is_none_or(every_step_has);
            keys_of(value).into_iter().filter(of_step).collect()
        };
        assert_eq!(outer(&json(&world, "plan --json")), outer(&sample("plan")), "{dialect:?}");
        assert_eq!(keys_of(&json(&world, "up --json")), keys_of(&sample("report")), "{dialect:?}");
        assert_eq!(keys_of(&json(&world, "status --json")), keys_of(&sample("status")), "{dialect:?}");
    }
}

/// The state of the group and of each member, as `ipmpstat` tells them.
fn told_by_ipmpstat(world: &World) -> (String, BTreeSet<(String, String)>) {
    let ask = |words: &[&str]| world.host.run("ipmpstat", words).stdout();
    let group = ask(&["-P", "-o", "state", "-g"]).trim().to_owned();
    let members = ask(&["-P", "-o", "interface,state", "-i"]);
    let pair = |line: &str| line.split_once(':').map(|(name, state)| (name.to_owned(), state.to_owned()));
    (group, members.lines().filter_map(pair).collect())
}

fn told_by_mpath(world: &World) -> (String, BTreeSet<(String, String)>) {
    let status = json(world, "status --json");
    let group = &status["groups"][0];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let members = group["members"].as_array().unwrap().iter();
    (text(&group["state"]), members.map(|member| (text(&member["name"]), text(&member["state"]))).collect())
}

#[test]
fn groups_and_members_are_as_ipmpstat_says() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        let agrees = |group: &str, net0: &str| {
            let (told, mpath) = (told_by_ipmpstat(&world), told_by_mpath(&world));
            assert_eq!(told, mpath, "{dialect:?}");
            assert_eq!(mpath.0, group, "{dialect:?}");
            assert!(mpath.1.contains(&("net0".to_owned(), net0.to_owned())), "{dialect:?}: {mpath:?}");
        };
        agrees("ok", "ok");
        world.host.cut("net0");
        agrees("degraded", "failed");
        world.host.cut("net1");
        agrees("failed", "failed");
        world.host.plug("net0");
        world.host.plug("net1");
        agrees("ok", "ok");
        assert!(world.host.run("if_mpadm", &["-d", "net0"]).success());
        agrees("degraded", "offline");
        assert!(world.run("status").stdout.contains("offline"), "{dialect:?}");
    }
}

#[test]
fn transitive_probing_is_told_and_left_as_it_is() {
    let world = World::new(Dialect::Solaris11, HOME_LAN);
    assert!(!world.run("plan").stdout.contains("transitive"));
    let on = ["-s", "svc:/network/ipmp", "setprop", "config/transitive-probing=true"];
    assert!(world.host.run("svccfg", &on).success());
    let up = world.done("up");
    assert!(up.stderr.contains("transitive probing is on for all groups of this host"), "{up}");
    world.done("status --check");
    world.done("down");
    assert!(world.host.state().transitive_probing);
    // The property is Oracle's, and nobody asks for it elsewhere.
    let world = World::new(Dialect::IllumosNew, HOME_LAN);
    world.done("up");
    assert!(world.host.calls().iter().all(|call| call.program != "svcprop"));
}
