//! What the simulator does, against the samples and error texts of the fact sheet on IPMP.
//!
//! The sheet is quoted in the tests; `facts §N` is its section.

mod address;
mod dialects;
mod faults;
mod ifconfig;
mod invariants;
mod ipadm;
mod ipmpstat;
mod membership;
mod mpathd;
mod persistence;
mod routes;
mod simctl;
mod story;

use illumos_simulator::{Dialect, Link, Output, Simulator};

const NEW: Dialect = Dialect::IllumosNew;

/// A host with a wire, net0, and a radio, wlan0.
fn host(dialect: Dialect) -> Simulator {
    let links = [Link::ether("net0", "0:c:29:84:3b:d8"), Link::wifi("wlan0", "0:c:29:84:3b:d9")];
    Simulator::with_binary(env!("CARGO_BIN_EXE_illumos-simulator").as_ref(), dialect, &links)
}

/// `Simulator::new`, for other packages, has cargo build the binary.
#[test]
fn a_host_of_another_package_has_the_programs() {
    let host = Simulator::new(Dialect::IllumosNew, &[Link::ether("net0", "0:c:29:84:3b:d8")]);
    let output = std::process::Command::new(host.bin_dir().join("zonename")).env_clear().output().unwrap();
    assert_eq!(output.stdout, b"global\n");
}

/// A command line, words separated by spaces.
fn run(host: &Simulator, line: &str) -> Output {
    let words: Vec<&str> = line.split_whitespace().map(|word| if word == "\"\"" { "" } else { word }).collect();
    host.run(words[0], &words[1..])
}

/// A command that must succeed without a word on standard error; its standard output.
#[track_caller]
fn ok(host: &Simulator, line: &str) -> String {
    let output = run(host, line);
    assert_eq!((output.stderr().as_str(), output.success()), ("", true), "{line}");
    output.stdout()
}

/// A command of ipadm that must fail with this text.
#[track_caller]
fn refused(host: &Simulator, line: &str, text: &str) {
    let output = run(host, line);
    // Facts §0.10: the text without its newline on stderr, the newline on stdout, exit 1.
    assert_eq!((output.stderr().as_str(), output.stdout().as_str()), (text, "\n"), "{line}");
    assert_eq!(output.ending, illumos_simulator::Ending::Exit(1), "{line}");
}

/// A command of another program that must fail with this line.
#[track_caller]
fn failed(host: &Simulator, line: &str, text: &str) {
    let output = run(host, line);
    assert_eq!(output.stderr(), format!("{text}\n"), "{line}");
    assert_eq!(output.ending, illumos_simulator::Ending::Exit(1), "{line}");
}

/// The group of facts §1.8: net0, and wlan0 standby.
fn home_lan(host: &Simulator) {
    for line in [
        "ipadm create-if net0",
        "ipadm create-if wlan0",
        "ipadm set-ifprop -p standby=on -m ip wlan0",
        "ipadm create-ipmp ipmp0",
        "ipadm add-ipmp -i net0,wlan0 ipmp0",
        "ipadm create-addr -T static -a 192.168.1.34/24 ipmp0/v4",
    ] {
        assert_eq!(ok(host, line), "", "{line}");
    }
}

/// The same with IPv6 link-local addresses on the members, so that they are active in both families.
fn home_lan_with_v6(host: &Simulator) {
    home_lan(host);
    ok(host, "ipadm create-addr -T addrconf net0/v6");
    ok(host, "ipadm create-addr -T addrconf wlan0/v6");
}
