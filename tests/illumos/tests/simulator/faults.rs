//! Planned failures.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use illumos_simulator::{Dialect, Ending, Fault, How, When};
use pretty_assertions::assert_eq;

use crate::{home_lan, host, ok, run};

#[test]
fn the_nth_command_that_changes_something_fails() {
    let host = host(Dialect::IllumosNew);
    host.fail(Fault::new(
        When::Mutation(2),
        How::Exit(1, "ipadm: Could not create net0 : Operation failed".to_owned()),
    ));
    ok(&host, "ipadm create-ipmp ipmp0");
    ok(&host, "ipadm show-if");
    let output = run(&host, "ipadm create-if net0");
    assert_eq!(output.stderr(), "ipadm: Could not create net0 : Operation failed");
    assert!(host.state().interface("net0").is_none());
    ok(&host, "ipadm create-if net0");
}

#[test]
fn a_command_can_do_its_work_and_fail_all_the_same() {
    let host = host(Dialect::IllumosNew);
    let when =
        When::Command { program: "ipadm".to_owned(), arguments: vec!["create-if".to_owned(), "net0".to_owned()] };
    host.fail(Fault::after(when, How::Signal(9)));
    ok(&host, "ipadm create-if wlan0");
    assert_eq!(run(&host, "ipadm create-if net0").ending, Ending::Signal(9));
    assert!(host.state().interface("net0").is_some());
}

#[test]
fn output_can_be_garbage_or_cut_off() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    host.fail(Fault::new(When::Call(1), How::Truncate(7)));
    assert_eq!(ok(&host, "ipmpstat -Pg -o group,state"), "ipmp0:o");
    host.fail(Fault::new(When::Call(1), How::Garbage));
    let output = run(&host, "ipmpstat -Pg -o group,state");
    assert!(output.success() && String::from_utf8(output.stdout).is_err());
    assert_eq!(ok(&host, "ipmpstat -Pg -o group,state"), "ipmp0:ok\n");
}

#[test]
fn the_binary_dies_of_a_signal_and_hangs_without_the_lock() {
    let host = host(Dialect::IllumosNew);
    host.fail(Fault::new(When::Call(1), How::Signal(15)));
    let status = Command::new(host.bin_dir().join("ipadm")).arg("show-if").env_clear().status().unwrap();
    assert_eq!(status.signal(), Some(15));
    host.fail(Fault::new(When::Call(1), How::Hang));
    let mut hanging = Command::new(host.bin_dir().join("ipadm")).arg("show-if").env_clear().spawn().unwrap();
    let start = Instant::now();
    while !host.state().faults.is_empty() {
        assert!(start.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(hanging.try_wait().unwrap().is_none());
    ok(&host, "ipadm show-if");
    hanging.kill().unwrap();
    hanging.wait().unwrap();
}
