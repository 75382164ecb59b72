//! Many groups on one host, and one with many members.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::figures::{Phase, Requests, Series, milliseconds};
use super::network::batch;
use super::peer::config;
use super::stage::alone;
use super::stopwatch::{self, Cost};
use super::trace;

/// What a number of groups takes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Scale {
    /// By name: `ip -batch`, up, again, status, plan, look (`ip -d -j link`), down.
    pub(crate) phases: BTreeMap<String, Phase>,
    /// From a change of a link until `mpath watch` has told of it, in milliseconds.
    pub(crate) event: Series,
    /// The most memory that `mpath watch` had, in KiB.
    #[serde(default)]
    pub(crate) watching: u64,
}

/// Measures groups in these numbers, with so many members each.
pub(crate) fn measure(mpath: &Path, rounds: usize, sizes: &[(usize, usize)]) -> BTreeMap<String, Scale> {
    let mut scales = BTreeMap::new();
    for (groups, members) in sizes.iter().copied() {
        let path = mpath.to_owned();
        // A thousand take minutes.
        let rounds = if groups > 100 { rounds.min(3) } else { rounds };
        let scale = alone(move || of(&path, rounds, groups, members));
        for (name, phase) in &scale.phases {
            eprintln!("{groups} of {members}: {name}: {:.1} ms", phase.returned.median().unwrap());
        }
        scales.insert(format!("{groups} of {members}"), scale);
    }
    scales
}

fn of(mpath: &Path, rounds: usize, groups: usize, members: usize) -> Scale {
    let config = config();
    let mut links = String::new();
    for number in 0..groups * members {
        writeln!(links, "link add m{number} type dummy").unwrap();
    }
    batch(&[], &links);
    let (mut file, mut by_hand, mut away) = (String::new(), String::new(), String::new());
    for group in 0..groups {
        let names: Vec<String> = (0..members).map(|member| format!("m{}", group * members + member)).collect();
        let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        let address = format!("10.{}.{}.1/24", group / 256, group % 256);
        writeln!(
            file,
            "[group.g{group}]\nmembers = [{}]\nprimary = \"{}\"\naddresses = [\"{address}\"]",
            quoted.join(", "),
            names[0]
        )
        .unwrap();
        writeln!(by_hand, "link add g{group} type bond mode active-backup miimon 100").unwrap();
        for name in &names {
            writeln!(by_hand, "link set {name} master g{group}").unwrap();
        }
        writeln!(
            by_hand,
            "link set g{group} type bond primary {}\naddress add {address} dev g{group}\nlink set g{group} up",
            names[0]
        )
        .unwrap();
        writeln!(away, "link delete g{group}").unwrap();
        names.iter().for_each(|name| writeln!(away, "link set {name} down").unwrap());
    }
    let scripts = ["up", "down"].map(|name| config.with_file_name(format!("scale-{name}.batch")));
    std::fs::write(&scripts[0], by_hand).unwrap();
    std::fs::write(&scripts[1], away).unwrap();
    std::fs::write(config.join("bond0.toml"), file).unwrap();
    let words = |command: &str| super::peer::words(command, mpath, &config);
    let ip = |script: &Path| ["ip", "-batch", script.to_str().unwrap()].map(str::to_owned).to_vec();
    let mut scale = Scale::default();
    let mut note = |name: &str, cost: Cost| scale.phases.entry(name.to_owned()).or_default().note(cost);
    for _ in 0..rounds {
        note("ip -batch", stopwatch::run(&[ip(&scripts[0])], &[]));
        stopwatch::run(&[ip(&scripts[1])], &[]);
        note("up", stopwatch::run(&[words("{mpath} --config {config} up --all")], &[]));
        for _ in 0..3 {
            note("look", stopwatch::run(&[words("ip -d -j link")], &[]));
            note("again", stopwatch::run(&[words("{mpath} --config {config} up --all")], &[]));
            note("status", stopwatch::run(&[words("{mpath} --config {config} status --json")], &[]));
            note("plan", stopwatch::run(&[words("{mpath} --config {config} plan --all")], &[]));
        }
        note("down", stopwatch::run(&[words("{mpath} --config {config} down --all")], &[]));
    }
    stopwatch::run(&[words("{mpath} --config {config} up --all")], &[]);
    let file = config.with_file_name("trace");
    stopwatch::run(&[trace::traced(&words("{mpath} --config {config} up --all"), &file)], &[]);
    let requests: Requests = trace::count(&file);
    scale.phases.get_mut("again").unwrap().requests = Some(requests);
    (scale.event, scale.watching) = events(mpath, &config, rounds);
    scale
}

/// Takes the link of the first member away and gives it back; how long until that is told, and who watches for how much memory.
fn events(mpath: &Path, config: &Path, rounds: usize) -> (Series, u64) {
    let mut command = Command::new(mpath);
    command.arg("--config").arg(config).args(["watch", "--json"]).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let (sender, heard) = std::sync::mpsc::channel();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send((Instant::now(), line))));
    let quiet = Duration::from_millis(1500);
    while heard.recv_timeout(quiet).is_ok() {}
    let mut series = Series::default();
    for round in 0..rounds {
        // A member that is switched off is told at once: its carrier is gone with it.
        let state = if round % 2 == 0 { "down" } else { "up" };
        let begun = Instant::now();
        batch(&[], &format!("link set m1 {state}\n"));
        if let Ok((at, _)) = heard.recv_timeout(Duration::from_secs(10)) {
            series.0.push(milliseconds(at - begun));
        }
        while heard.recv_timeout(quiet).is_ok() {}
    }
    let memory = stopwatch::peak_memory(child.id());
    let _ = kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGTERM);
    let _ = child.wait();
    (series, memory)
}
