//! The life of a group by each program: it comes up, is asked for again, is changed, and goes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::figures::{Life, Phase, Requests, milliseconds};
use super::flood::Flood;
use super::network::{option, wait_until};
use super::peer::{self, PEERS, Peer};
use super::stage::alone;
use super::stopwatch::{self, Cost, Waiting};
use super::trace::{self, Listening};

/// Far longer than any of them takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one program took, once, for each phase.
type Once = BTreeMap<&'static str, (Cost, Option<Duration>)>;

/// Lets each do it so many times, in turns; every other turn backwards.
pub(crate) fn measure(mpath: &Path, rounds: usize, only: &[String]) -> BTreeMap<String, Life> {
    let mut chosen: Vec<&'static Peer> =
        PEERS.iter().filter(|peer| only.iter().any(|name| peer.name.starts_with(name))).collect();
    chosen.retain(|peer| {
        let there = peer.is_installed();
        if !there {
            eprintln!("NOT MEASURED: {}, which is not installed", peer.name);
        }
        there
    });
    let mut lives: BTreeMap<String, Life> = BTreeMap::new();
    for round in 0..rounds {
        let mut order = chosen.clone();
        if round % 2 == 1 {
            order.reverse();
        }
        for peer in order {
            let path = mpath.to_owned();
            let once = alone(move || live(peer, &path));
            let life = lives.entry(peer.name.to_owned()).or_default();
            for (phase, (cost, more)) in once {
                let figures = life.phases.entry(phase.to_owned()).or_default();
                figures.note(cost);
                let series = if phase == "up" { &mut figures.usable } else { &mut figures.outage };
                series.0.extend(more.map(milliseconds));
            }
            eprintln!("{} of {rounds}: {}: {}", round + 1, peer.name, summary(life));
        }
    }
    for peer in chosen {
        let path = mpath.to_owned();
        let (version, requests) = alone(move || ask(peer, &path));
        let life = lives.get_mut(peer.name).unwrap();
        life.version = version;
        for (phase, requests) in requests {
            life.phases.get_mut(phase).unwrap().requests = Some(requests);
        }
    }
    lives
}

fn summary(life: &Life) -> String {
    let last = |phase: &Phase| phase.returned.0.last().copied().unwrap_or_default();
    life.phases.iter().map(|(name, phase)| format!("{name} {:.0} ms", last(phase))).collect::<Vec<_>>().join(", ")
}

fn interval_is(milliseconds: &str) -> bool {
    option("bond0", "miimon") == milliseconds
}

/// The whole life, timed.
fn live(peer: &Peer, mpath: &Path) -> Once {
    let (running, _segment) = peer.prepare();
    wait_until("what must run before answers", || peer.is_ready());
    let config = peer::config();
    let daemons: Vec<u32> = running.last().map(|daemon| daemon.0.id()).into_iter().collect();
    let do_it = |commands: &[&str]| stopwatch::run(&words(commands, mpath, &config), &daemons);
    let mut once = Once::new();

    peer.edit(mpath, &config, "100ms");
    settle();
    let waiting = Waiting::start();
    let up = do_it(peer.up);
    let usable = waiting.end(PATIENCE);
    wait_until("the primary carries the traffic", || option("bond0", "active_slave") == "eth1");
    assert!(interval_is("100"));
    once.insert("up", (up, Some(usable)));

    settle();
    once.insert("again", (do_it(peer.again), None));
    assert!(interval_is("100"));
    // A script makes it anew.
    wait_until("the primary carries the traffic", || option("bond0", "active_slave") == "eth1");

    peer.edit(mpath, &config, "50ms");
    let mut flood = Flood::start("192.168.1.34");
    settle();
    let begun = Instant::now();
    let change = do_it(peer.change);
    wait_until("the change is made", || interval_is("50"));
    let end = flood.wait_for_answers();
    once.insert("change", (change, Some(flood.longest_gap(begun, end))));
    drop(flood);
    wait_until("the primary carries the traffic", || option("bond0", "active_slave") == "eth1");

    settle();
    let begun = Instant::now();
    let mut down = do_it(peer.down);
    wait_until("it is gone", || !Path::new("/sys/class/net/bond0").exists());
    down.wall = down.wall.max(begun.elapsed());
    once.insert("down", (down, None));
    once
}

/// Lets daemons end what they began, and the kernel what it does behind a new interface.
fn settle() {
    std::thread::sleep(Duration::from_millis(300));
}

fn words(commands: &[&str], mpath: &Path, config: &Path) -> Vec<Vec<String>> {
    commands.iter().map(|command| peer::words(command, mpath, config)).collect()
}

/// Its version, and what it asks of the kernel in each phase: under strace, and therefore not timed.
fn ask(peer: &Peer, mpath: &Path) -> (String, BTreeMap<&'static str, Requests>) {
    let (running, _segment) = peer.prepare();
    wait_until("what must run before answers", || peer.is_ready());
    let config = peer::config();
    let version = peer.version(mpath);
    let daemon = running.last().map(|daemon| daemon.0.id());
    let mut requests = BTreeMap::new();
    let mut phase = |name: &'static str, commands: &[&str]| {
        let listening = daemon.map(|daemon| Listening::start(daemon, &file("daemon")));
        let files: Vec<PathBuf> = (0..commands.len()).map(|number| file(&number.to_string())).collect();
        let traced =
            words(commands, mpath, &config).into_iter().zip(&files).map(|(words, file)| trace::traced(&words, file));
        stopwatch::run(&traced.collect::<Vec<_>>(), &[]);
        settle();
        drop(listening);
        let daemon = daemon.map(|_| file("daemon"));
        let counted = files.iter().chain(&daemon).map(|file| trace::count(file));
        requests.insert(name, counted.fold(Requests::default(), Requests::plus));
    };
    peer.edit(mpath, &config, "100ms");
    phase("up", peer.up);
    wait_until("the primary carries the traffic", || option("bond0", "active_slave") == "eth1");
    phase("again", peer.again);
    peer.edit(mpath, &config, "50ms");
    phase("change", peer.change);
    phase("down", peer.down);
    (version, requests)
}

fn file(name: &str) -> PathBuf {
    Path::new("/run/mpath-bench").join(format!("trace-{name}"))
}
