//! How long programs take to start and to end, and to look at one group.

use std::collections::BTreeMap;
use std::path::Path;

use super::figures::Phase;
use super::network::Segment;
use super::peer;
use super::stage::alone;
use super::stopwatch;

const COMMANDS: [&str; 7] = [
    "true",
    "ip -V",
    "ip -d -j link",
    "{mpath} --version",
    "{mpath} --config {config} check",
    "{mpath} --config {config} status",
    "{mpath} --config {config} up bond0",
];

/// Starts each so many times, in turns.
pub(crate) fn measure(mpath: &Path, rounds: usize) -> BTreeMap<String, Phase> {
    let mpath = mpath.to_owned();
    alone(move || on_a_network(&mpath, rounds))
}

fn on_a_network(mpath: &Path, rounds: usize) -> BTreeMap<String, Phase> {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = peer::config();
    std::fs::write(
        config.join("bond0.toml"),
        "[group.bond0]\nmembers = [\"eth1\", \"eth0\"]\naddresses = [\"192.168.1.34/24\"]\n",
    )
    .unwrap();
    stopwatch::run(&[peer::words("{mpath} --config {config} up bond0", mpath, &config)], &[]);
    let mut phases: BTreeMap<String, Phase> = BTreeMap::new();
    for _ in 0..rounds {
        for command in COMMANDS {
            let words = peer::words(command, mpath, &config);
            let cost = stopwatch::run(&[words], &[]);
            let name = command.replace("{mpath} --config {config}", "mpath").replace("{mpath}", "mpath");
            phases.entry(name).or_default().note(cost);
        }
    }
    phases
}
