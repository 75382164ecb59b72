//! mpath on the real bonding driver. Each test has a network of its own; one boot of the lab runs them all:
//! `tests/lab/run cargo test --test kernel`, or `make test`.
//!
//! Outside the lab, on a machine without bonding or without root, the tests are counted as ignored and the reason is
//! printed. Inside the lab (`MPATH_LAB` is set) they must run: what cannot run there fails.
//!
//! Other systems than Linux have no such driver: there all of them are one ignored test.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stderr, reason = "why tests were not run is for the person who ran them")]

#[cfg(target_os = "linux")]
#[path = "suite.rs"] // so that its modules stand beside it
mod suite;
#[cfg(target_os = "linux")]
use suite::{
    Case, Place, agent, capture, cases, crash, dhcp, doctor, faults, flood, formats, formats_networkd, hooks, managers,
    mortal, mpath, network, ping, planned, programs, radio, story, traced, watch,
};

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    suite::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("kernel tests are ignored here: they need Linux, and this is {}", std::env::consts::OS);
    let arguments = libtest_mimic::Arguments::from_args();
    let all = libtest_mimic::Trial::test("mpath_on_the_bonding_driver", || Err("it needs Linux".into()));
    libtest_mimic::run(&arguments, vec![all.with_ignored_flag(true)]).exit_code()
}
