//! How long programs take to start and to end: nothing else is done.

use std::collections::BTreeMap;
use std::path::Path;

use super::figures::Phase;
use super::peer;
use super::stopwatch;

const COMMANDS: [&str; 5] =
    ["true", "ip -V", "{mpath} --version", "{mpath} --config {config} check", "nmcli --version"];

/// Starts each so many times, in turns.
pub(crate) fn measure(mpath: &Path, rounds: usize) -> BTreeMap<String, Phase> {
    let config = peer::config();
    std::fs::write(
        config.join("bond0.toml"),
        "[group.bond0]\nmembers = [\"eth1\", \"eth0\"]\naddresses = [\"192.168.1.34/24\"]\n",
    )
    .unwrap();
    let mut phases: BTreeMap<String, Phase> = BTreeMap::new();
    for _ in 0..rounds {
        for command in COMMANDS {
            let words = peer::words(command, mpath, &config);
            if !is_there(&words[0]) {
                continue;
            }
            let cost = stopwatch::run(&[words], &[]);
            let name = command.replace("{mpath} --config {config}", "mpath").replace("{mpath}", "mpath");
            phases.entry(name).or_default().note(cost);
        }
    }
    phases
}

fn is_there(program: &str) -> bool {
    Path::new(program).is_file()
        || std::env::var("PATH").unwrap_or_default().split(':').any(|folder| Path::new(folder).join(program).is_file())
}
