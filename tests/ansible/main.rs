//! Real ansible-core, Salt and Puppet on a fleet: `make test-ansible`.
//!
//! The fleet are network namespaces of one machine of the lab, each with files and an sshd of its own: hosts with the
//! bonding driver, and hosts whose commands are those of the illumos simulator. Without `MPATH_TEST_ANSIBLE`, which names what
//! `tests/ansible/setup` has made, the tests are counted as ignored; with it they must run, in the lab.
//!
//! Under the name `mpath` the same program is mpath on a simulated illumos: the hosts of that kind run it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stderr, reason = "why tests were not run is for the person who ran them")]

#[cfg(target_os = "linux")]
#[path = "suite.rs"] // so that its modules stand beside it
mod suite;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    suite::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("the tests of a fleet are ignored here: they need Linux, and this is {}", std::env::consts::OS);
    let arguments = libtest_mimic::Arguments::from_args();
    let all = libtest_mimic::Trial::test("mpath_on_a_fleet", || Err("it needs Linux".into()));
    libtest_mimic::run(&arguments, vec![all.with_ignored_flag(true)]).exit_code()
}
