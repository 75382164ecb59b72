//! Steers a simulated host from a shell.
//!
//! Its usage lists what there is; the programs of the host are in DIRECTORY/root/usr/sbin.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use illumos_simulator::{Call, Dialect, Link, State, Store, User, Zone};

const USAGE: &str = "usage:
  simctl DIRECTORY create DIALECT LINK[=wifi]…
  simctl DIRECTORY cut|plug|silence|answer LINK
  simctl DIRECTORY advance MILLISECONDS
  simctl DIRECTORY reboot | stop-mpathd | start-mpathd
  simctl DIRECTORY zone global|exclusive-ip|shared-ip
  simctl DIRECTORY user root|NAME [PROFILE]
  simctl DIRECTORY profile-manager on|off
  simctl DIRECTORY dump | calls | mutations";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(text) => {
            // Whoever has stopped reading has read enough.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(problem) => {
            let _ = writeln!(std::io::stderr(), "simctl: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<String, String> {
    let [directory, verb, rest @ ..] = words else {
        return Err(USAGE.to_owned());
    };
    let directory = Path::new(directory);
    if *verb == "create" {
        return create(directory, rest);
    }
    let work = |state: &mut State| -> Result<String, String> {
        let text = change(state, verb, rest)?;
        illumos_simulator::settle(state);
        Ok(text)
    };
    let store = Store::at(directory);
    let told = |error: std::io::Error| format!("{}: {error}", directory.display());
    let text = store.with(work).map_err(told)??;
    if *verb == "reboot" {
        store.empty_memory().map_err(told)?;
    }
    Ok(text)
}

fn create(directory: &Path, words: &[&str]) -> Result<String, String> {
    let [dialect, links @ ..] = words else { return Err("create: which dialect?".to_owned()) };
    let names = Dialect::ALL.map(Dialect::name).join(", ");
    let dialect = Dialect::named(dialect).ok_or_else(|| format!("no dialect {dialect}; there are {names}"))?;
    let links: Vec<Link> = links
        .iter()
        .enumerate()
        .map(|(index, link)| {
            let mac = format!("0:c:29:84:3b:{:x}", 0xd8 + index);
            match link.strip_suffix("=wifi") {
                Some(name) => Link::wifi(name, &mac),
                None => Link::ether(link, &mac),
            }
        })
        .collect();
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let binary = own.with_file_name("illumos-simulator");
    std::fs::create_dir_all(directory).map_err(|error| error.to_string())?;
    let directory = directory.canonicalize().map_err(|error| error.to_string())?;
    let store = Store::create(&directory, &binary, &State::new(dialect, &links)).map_err(|error| error.to_string())?;
    Ok(format!("{}\n", store.bin_dir().display()))
}

fn change(state: &mut State, verb: &str, words: &[&str]) -> Result<String, String> {
    match (verb, words) {
        ("cut" | "plug" | "silence" | "answer", [name]) => {
            let link = state.link_mut(name).ok_or_else(|| format!("no link {name}"))?;
            match verb {
                "cut" | "plug" => link.up = verb == "plug",
                _ => link.answers = verb == "answer",
            }
        }
        ("advance", [time]) => {
            let time = time.parse().map_err(|_| format!("advance: {time} is no number of milliseconds"))?;
            illumos_simulator::advance(state, time);
        }
        ("reboot", []) => illumos_simulator::reboot(state),
        ("stop-mpathd", []) => illumos_simulator::stop_mpathd(state),
        ("start-mpathd", []) => illumos_simulator::start_mpathd(state),
        ("zone", [zone]) => {
            state.zone = match *zone {
                "global" => Zone::Global,
                "exclusive-ip" => Zone::ExclusiveIp,
                "shared-ip" => Zone::SharedIp,
                other => return Err(format!("no kind of zone is named {other}")),
            };
        }
        ("user", ["root"]) => state.user = User::root(),
        ("user", [name]) => state.user = User::ordinary(name),
        ("user", [name, profile]) => {
            state.user = User { name: (*name).to_owned(), profiles: vec![(*profile).to_owned()] };
        }
        ("profile-manager", [word]) => state.profile_manager = *word == "on",
        ("dump", []) => return serde_json::to_string_pretty(state).map_err(|error| error.to_string()),
        ("calls", []) => return Ok(lines(state.calls.iter())),
        ("mutations", []) => return Ok(lines(state.calls.iter().filter(|call| call.mutates))),
        _ => return Err(format!("{verb}: unknown, or wrong arguments")),
    }
    Ok(String::new())
}

fn lines<'a>(calls: impl Iterator<Item = &'a Call>) -> String {
    calls.map(|call| call.line() + "\n").collect()
}
