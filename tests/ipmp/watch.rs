//! `watch` and `wait-online` on IPMP: the same events as anywhere, found by looking again.

use serde_json::Value;

use crate::world::{DIALECTS, HOME_LAN, World};

/// The names of the events, and what carried the traffic after each.
fn told(stdout: &str) -> Vec<(String, Value)> {
    let events = stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.map(|event| (event["event"].as_str().unwrap().to_owned(), event["now"]["active"].clone())).collect()
}

#[test]
fn failover_and_failback_are_told() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        // It looks when it opens the host, when it has begun to listen, and then each second.
        world.meanwhile.replace(Some((3, |host| host.cut("net0"))));
        let run = world.done("watch --json --for 1500ms");
        let words: Vec<_> = told(&run.stdout).into_iter().map(|(word, _)| word).collect();
        assert_eq!(words, ["watching", "member-failed", "failover", "degraded"], "{dialect:?}: {run}");
        world.meanwhile.replace(Some((3, |host| {
            host.plug("net0");
            host.advance(std::time::Duration::from_secs(61));
        })));
        let run = world.done("watch --json --for 1500ms");
        let expected = ["watching", "member-repaired", "failback", "ok"];
        let told = told(&run.stdout);
        assert_eq!(told.iter().map(|(word, _)| word.as_str()).collect::<Vec<_>>(), expected, "{dialect:?}: {run}");
        assert_eq!(told[3].1, "net0", "{dialect:?}");
    }
}

#[test]
fn watching_and_waiting_change_nothing() {
    let world = World::new(DIALECTS[0], HOME_LAN);
    assert_eq!(world.run("wait-online --timeout 0").code, 7);
    world.done("up");
    world.host.forget_calls();
    world.done("watch --for 0");
    world.done("wait-online --timeout 0");
    assert_eq!(world.host.mutations(), Vec::<String>::new());
}
