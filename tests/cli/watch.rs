//! `mpath watch` and `mpath wait-online`, on a host that changes under them.

use mpath_core::Event;
use serde_json::Value;

use crate::expected::{expect, repository};
use crate::world::{HOME_LAN, Run, World, name};

/// What was written, each line without the time before it.
fn untimed(run: &Run) -> String {
    let text: String = run.stdout.lines().map(|line| format!("{}\n", line.get(24..).unwrap_or(line))).collect();
    format!("{text}--- stderr\n{}--- exit {}\n", run.stderr, run.code)
}

#[test]
fn a_failover_is_told_in_lines_for_people() {
    let world = World::up();
    world.later(|host| host.unplugged = vec![name("eth1")]);
    expect("watch_failover", &untimed(&world.run("watch --for 300ms")));
}

#[test]
fn a_line_begins_with_day_and_time() {
    let run = World::up().run("watch --for 0");
    let time = &run.stdout[..24];
    let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00 00:00:00.000 ", "{run}");
}

#[test]
fn a_group_that_somebody_takes_down_is_absent() {
    let world = World::up();
    world.later(|host| {
        host.host.interfaces.remove(&name("bond0"));
        for interface in host.host.interfaces.values_mut() {
            interface.controller = None;
        }
    });
    expect("watch_absent", &untimed(&world.run("watch --for 300ms")));
}

#[test]
fn drift_is_told() {
    let world = World::up();
    world.later(|host| host.host.interfaces.get_mut(&name("bond0")).unwrap().addresses.clear());
    expect("watch_drift", &untimed(&world.run("watch --for 300ms")));
}

#[test]
fn every_line_of_json_is_a_document_and_tells_both_times() {
    let world = World::up();
    world.later(|host| host.unplugged = vec![name("eth1")]);
    let run = world.run("watch --json --for 300ms");
    let events: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(words, ["watching", "member-failed", "failover", "degraded"], "{run}");
    for event in &events {
        assert_eq!(event["schema"], "mpath.event/1");
        assert_eq!((&event["group"], &event["device"]), (&"home-lan".into(), &"bond0".into()));
        assert!(event["time"].as_str().is_some_and(|time| time.len() == 27 && time.ends_with('Z')), "{event}");
    }
    let monotonic: Vec<_> = events.iter().map(|event| event["monotonic"].as_f64().unwrap()).collect();
    assert!(monotonic.is_sorted() && monotonic[0] > 0.0, "{monotonic:?}");
    assert_eq!(events[0]["status"]["members"][0]["name"], "eth1");
    assert_eq!(events[2]["now"], serde_json::json!({ "state": "degraded", "active": "eth0", "drift": 0 }));
    // On a terminal too: a document that is spread over lines would be none of JSON Lines.
    let mut world = World::up();
    world.terminal = true;
    assert_eq!(world.run("watch --json --for 0").stdout.lines().count(), 1);
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    struct Gone;
    impl std::io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut stderr = Vec::new();
    // Without an end of its own.
    assert_eq!(World::up().run_into("watch", &mut Gone, &mut stderr), 0);
    assert_eq!(String::from_utf8(stderr).unwrap(), "");
}

#[test]
fn a_group_that_is_unknown_or_that_the_platform_has_no_name_for_is_an_error() {
    let world = World::up();
    assert_eq!(world.run("watch office").code, 10);
    assert_eq!(world.run("wait-online office").code, 10);
    world.file("home-lan.toml", HOME_LAN.replace("\"bond0\"", "\"all\""));
    expect("watch_refused", &world.script(&["watch", "wait-online"]));
}

#[test]
fn online_is_what_works() {
    let world = World::up();
    expect("wait_online", &world.script(&["wait-online", "wait-online home-lan --timeout 0"]));
    assert_eq!(world.run("wait-online --json").stdout, world.run("status --json").stdout);
    world.host.borrow_mut().unplugged = vec![name("eth1")];
    assert_eq!(world.run("wait-online --timeout 0").code, 0, "degraded is online");
    world.host.borrow_mut().unplugged = vec![];
    world.host.borrow_mut().host.interfaces.get_mut(&name("bond0")).unwrap().addresses.clear();
    assert_eq!(world.run("wait-online --timeout 0").code, 0, "drifted is online");
}

#[test]
fn a_group_that_does_not_come_online_in_time_is_named() {
    let world = World::new();
    let absent = ["wait-online --timeout 20ms", "wait-online --timeout 0 --json"];
    let absent = world.script(&absent);
    world.run("up -q");
    world.host.borrow_mut().unplugged = vec![name("eth0"), name("eth1")];
    expect("wait_online_too_late", &format!("{absent}\n{}", world.script(&["wait-online --timeout 20ms"])));
}

#[test]
fn a_group_that_comes_online_is_waited_for() {
    let world = World::up();
    world.host.borrow_mut().unplugged = vec![name("eth0"), name("eth1")];
    world.later(|host| host.unplugged = vec![name("eth1")]);
    let run = world.run("wait-online");
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
    assert_eq!(world.faults.looks.get(), 5);
}

/// Each event has a row in the reference, and no row is of none.
#[test]
fn every_event_is_in_the_reference() {
    let text = std::fs::read_to_string(repository("docs/reference/json.md")).unwrap();
    let section = text.split_once("## mpath.event/1\n").unwrap().1.split("\n## ").next().unwrap();
    let (_, table) = section.split_once("| Event |").unwrap();
    let rows = table.lines().skip(2).map_while(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(rows.collect::<Vec<_>>(), Event::WORDS);
    for line in blocks(section) {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(Event::WORDS.contains(&event["event"].as_str().unwrap()), "{line}");
        for key in event.as_object().unwrap().keys() {
            assert!(section.contains(&format!("`{key}`")), "`{key}` is not explained");
        }
    }
}

/// The sample is what a run writes, but for its times.
#[test]
fn the_sample_of_the_reference_is_what_is_written() {
    let world = World::up();
    world.later(|host| host.unplugged = vec![name("eth1")]);
    let run = world.run("watch --json --for 300ms");
    let timeless = |line: &str| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        for key in ["time", "monotonic"] {
            assert!(event.as_object_mut().unwrap().remove(key).is_some());
        }
        event
    };
    let text = std::fs::read_to_string(repository("docs/reference/json.md")).unwrap();
    let section = text.split_once("## mpath.event/1\n").unwrap().1.split("\n## ").next().unwrap();
    let sample: Vec<_> = blocks(section).into_iter().map(timeless).collect();
    let written: Vec<_> = run.stdout.lines().skip(1).map(timeless).collect();
    assert_eq!(sample, written);
}

/// The lines of the blocks of JSON Lines.
fn blocks(section: &str) -> Vec<&str> {
    let blocks = section.split("```jsonl\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.flat_map(str::lines).collect()
}
