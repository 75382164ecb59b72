//! A fleet of ten thousand hosts, made up, planned and checked from one file: how long that takes, and how much memory.
//!
//! `make bench-fleet` runs it with an optimised build. It writes a line of JSON for each command, for programs that
//! compare, and fails where a command does not find what was put in. `MPATH_BENCH_HOSTS` is another number of hosts,
//! `MPATH_BENCH_PROGRAM` another mpath to measure.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "its figures are what it is for")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use mpath_core::backend::Hardware;
use mpath_core::identity::Os;
use mpath_core::plan;
use mpath_core::resolve::Question;
use mpath_core::snapshot::{Interface, Kind};
use mpath_core::{
    Address, HostFacts, Identity, InterfaceName, MacAddress, Receipt, Route, Snapshot, SourceFile, effect, read_for,
};
use serde_json::{Value, json};

/// The file of the fleet.
const FILE: &str = r#"
[group.lan]
members   = ["eth0", "eth1"]
primary   = "eth0"
addresses = ["10.1.${host.index / 250}.${host.index % 250 }/16"]
gateway   = "10.1.255.254"

[group.lan.match]
host = ["web*", "db*"]

[group.lan.os.illumos]
device  = "ipmp0"
members = ["net0", "net1"]
primary = "net0"

[group.lan.host."db*"]
mtu       = 9000
detection = { link = { interval = "50ms" } }

[group.lan.host.db7]
failback = "never"
"#;

/// What each tenth host is, by the last digit of its number.
const LAST_UP: u32 = 2;
const ILLUMOS: u32 = 9;
/// Of a thousand hosts one lacks a card.
const WITHOUT_A_CARD: u32 = 500;

fn main() {
    let hosts: u32 = std::env::var("MPATH_BENCH_HOSTS").map_or(10_000, |text| text.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let (file, facts) = (directory.path().join("fleet.toml"), directory.path().join("facts.json"));
    fs::write(&file, FILE).unwrap();
    let mut writer = BufWriter::new(File::create(&facts).unwrap());
    let mut expected = BTreeMap::from([("change", 0), ("unchanged", 0), ("error", 0)]);
    for number in 1..=hosts {
        let (host, status) = host(number);
        *expected.get_mut(status).unwrap() += 1;
        serde_json::to_writer(&mut writer, &host).unwrap();
        writer.write_all(b"\n").unwrap();
    }
    writer.flush().unwrap();
    drop(writer);
    let bytes = fs::metadata(&facts).unwrap().len();
    println!("{}", json!({ "bench": "fleet", "hosts": hosts, "facts_bytes": bytes }));

    // The program that needs least first: the system tells the most memory that any of them had until now.
    let summary = measure("plan --summary", &["plan", "--hosts", "FACTS", "--summary"], &file, &facts);
    for (status, number) in expected {
        assert_eq!(summary["summary"][status], number, "{status}: {}", summary["summary"]);
    }
    let checked = measure("check", &["check", "--hosts", "FACTS"], &file, &facts);
    let errors = checked["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "error");
    let missing = (1..=hosts).filter(|number| number % 1000 == WITHOUT_A_CARD).count();
    assert_eq!(errors.count(), missing);
    let plans = measure("plan", &["plan", "--hosts", "FACTS"], &file, &facts);
    assert_eq!(plans["hosts"].as_array().unwrap().len(), usize::try_from(hosts).unwrap());
}

/// Runs mpath and tells what that took.
fn measure(name: &str, arguments: &[&str], file: &Path, facts: &Path) -> Value {
    let program = std::env::var_os("MPATH_BENCH_PROGRAM").unwrap_or(env!("CARGO_BIN_EXE_mpath").into());
    let mut command = Command::new(program);
    command.env_clear().args(["--json", "--config"]).arg(file);
    for argument in arguments {
        if *argument == "FACTS" {
            command.arg(facts)
        } else {
            command.arg(argument)
        };
    }
    let start = Instant::now();
    let output = command.output().unwrap();
    let milliseconds = start.elapsed().as_millis();
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    println!("{}", json!({ "bench": name, "milliseconds": milliseconds, "most_memory_mib": most_memory() }));
    document
}

/// The most memory that any child has had until now, in MiB: getrusage(2), in kibibytes on Linux.
#[cfg(target_os = "linux")]
fn most_memory() -> Option<i64> {
    use nix::sys::resource::{UsageWho, getrusage};
    getrusage(UsageWho::RUSAGE_CHILDREN).ok().map(|usage| usage.max_rss() / 1024)
}

/// illumos does not tell (getrusage(3C)).
#[cfg(not(target_os = "linux"))]
fn most_memory() -> Option<i64> {
    None
}

/// The facts of a host, and what its plan must come to.
fn host(number: u32) -> (HostFacts, &'static str) {
    let os = if number % 10 == ILLUMOS { Os::Illumos } else { Os::Linux };
    let name = format!("{}{number}", if number.is_multiple_of(4) { "db" } else { "web" });
    let identity = Identity::named(name, os);
    let mut snapshot = cards(number, os);
    let mut receipts = BTreeMap::new();
    let mut status = "change";
    if number % 1000 == WITHOUT_A_CARD {
        snapshot.interfaces.remove(&interface(os, 1));
        status = "error";
    } else if number % 10 <= LAST_UP {
        let receipt = brought_up(&identity, &mut snapshot);
        receipts.insert(receipt.group.clone(), receipt);
        status = "unchanged";
    }
    (HostFacts::of(&identity, snapshot, &|_| Hardware::default(), receipts), status)
}

/// A host with two cards, of which the first has the way out.
fn cards(number: u32, os: Os) -> Snapshot {
    let mut snapshot = Snapshot::default();
    if os == Os::Illumos {
        snapshot.host_wide = Some(mpath_backend_illumos::shipped_settings());
    }
    let [high, low] = [u8::try_from(number >> 8).unwrap_or(u8::MAX), u8::try_from(number & 255).unwrap()];
    for card in 0..2 {
        let mut found = Interface::new(Kind::Ethernet);
        let mac = MacAddress::new([0x52, 0x54, 0, high, low, card]);
        (found.mac, found.permanent_mac) = (Some(mac), Some(mac));
        (found.up, found.carrier, found.speed) = (true, true, Some(10_000));
        if card == 0 {
            let old = format!("10.2.{}.{}/16", number / 250, number % 250);
            found.addresses.push(Address::new(old.parse().unwrap()));
            found.routes.push(Route::new("0.0.0.0/0".parse().unwrap(), Some("10.2.255.254".parse().unwrap())));
        }
        snapshot.interfaces.insert(interface(os, card), found);
    }
    snapshot
}

fn interface(os: Os, card: u8) -> InterfaceName {
    InterfaceName::new(format!("{}{card}", if os == Os::Illumos { "net" } else { "eth" })).unwrap()
}

/// Lets the host be as the file wants it, by mpath's own rules, and returns what is remembered of that.
fn brought_up(identity: &Identity, snapshot: &mut Snapshot) -> Receipt {
    let description = read_for(&[SourceFile::new("fleet.toml", FILE)], identity).unwrap();
    let capabilities = mpath_backend_linux::capabilities();
    let desired = &description.groups[0];
    let question = Question {
        desired,
        current: snapshot,
        receipt: None,
        capabilities: &capabilities,
        adopt: false,
        persist: false,
    };
    let prepared = plan::up(question).unwrap();
    for step in &prepared.plan.steps {
        effect::apply(step, snapshot, &capabilities).unwrap();
    }
    prepared.receipt
}
