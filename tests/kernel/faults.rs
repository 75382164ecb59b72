//! A step that fails, before its work or after it: the host is as it was, field by field. Every kind of step that Linux
//! has is let fail, in plans that hold all of them.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::crash::{settled, wired};
use crate::dhcp::{IPV4, Server, hide};
use crate::mortal::{Death, dies, fails, journals};
use crate::mpath::{Config, HOME_LAN, Outcome};
use crate::network::{
    Segment, batch, ip, ip_json, picture, settle_at_once, state_directory, succeed, wait_for_link_local, wait_until,
};

crate::cases!(OwnNamespace:
    a_step_of_any_kind_that_fails_leaves_the_host_as_it_was,
    a_change_whose_journal_cannot_be_written_any_more_is_undone,
);

/// The kinds of steps that a plan on Linux can have, by their names in JSON, but for `load-driver`: a driver is the
/// whole machine's, and loading it leaves nothing to undo.
const KINDS: [&str; 17] = [
    "create-group",
    "delete-group",
    "set-label",
    "change-settings",
    "add-member",
    "remove-member",
    "set-priority",
    "set-up",
    "set-mtu",
    "set-mac",
    "set-accept-ra",
    "add-address",
    "remove-address",
    "add-route",
    "remove-route",
    "start-dhcp",
    "stop-dhcp",
];

/// Kinds of steps that only other platforms have: members that are standbys by themselves or taken out of use, settings of
/// the whole host, and groups that outlast a boot.
const ELSEWHERE: [&str; 4] = ["set-standby", "set-in-use", "set-host-wide", "persistent"];

/// Kinds of steps that only `switch` and `drill` take, which leave the host's configuration alone.
const OF_A_HANDOVER: [&str; 1] = ["activate"];

const THREE: &[&str] = &["eth0", "eth1", "eth2"];
const ALL: &[&str] = &["bond0", "eth0", "eth1", "eth2"];

fn a_step_of_any_kind_that_fails_leaves_the_host_as_it_was() {
    let mut failed = BTreeSet::new();
    for scene in [from_the_wire, changed, adopted, leased, released, taken_down] {
        // A network of its own each, in a thread of its own.
        let here = std::thread::spawn(move || {
            crate::network::isolate(true);
            settle_at_once();
            scene()
        });
        failed.extend(here.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
    }
    let every: BTreeSet<_> = KINDS.into_iter().map(str::to_owned).collect();
    assert_eq!(failed, every, "steps of these kinds were let fail");
    let others = ELSEWHERE.len() + OF_A_HANDOVER.len();
    // And the driver, which is loaded and stays.
    assert_eq!(every.len() + others + 1, kinds_of_steps(), "there is a new kind of step: let it fail, too");
}

/// How many kinds of steps there are, as serde tells where it meets none that it knows.
fn kinds_of_steps() -> usize {
    let error = serde_json::from_str::<mpath_core::Step>("{\"step\":\"none of them\"}").unwrap_err().to_string();
    let expected = error.split("expected one of").nth(1).unwrap();
    expected.matches('`').count() / 2
}

/// The kinds of the steps of a plan, in their order.
fn kinds(config: &Config, words: &str) -> Vec<String> {
    let document = config.json(words);
    let steps = document["groups"][0]["steps"].as_array().unwrap();
    steps.iter().map(|step| step["step"].as_str().unwrap().to_owned()).collect()
}

/// Lets each step of an `up` fail once before its work and once after it, and looks at the host each time.
fn each_step_fails(config: &Config, options: &str, look: &dyn Fn() -> Vec<Value>) -> Vec<String> {
    let before = look();
    let kinds = kinds(config, &format!("plan {options}"));
    for late in [false, true] {
        for (step, kind) in kinds.iter().enumerate() {
            let story = format!("{kind} ({step}) fails, late: {late}");
            let outcome = fails(config, &format!("up {options}"), Death { step, late });
            assert_eq!(outcome.code, 1, "{story}: {outcome:?}");
            assert!(outcome.stderr.contains("it was told to fail"), "{story}: {outcome:?}");
            let undone = ["the host is as it was before", "nothing was changed"];
            assert!(undone.iter().any(|words| outcome.stderr.contains(words)), "{story}: {outcome:?}");
            assert_eq!(journals(&state_directory()), Vec::<std::path::PathBuf>::new(), "{story}");
            is_again(&before, look, &story);
        }
    }
    kinds
}

/// Waits until the host looks as before, and shows the difference if it never does.
pub(crate) fn is_again(before: &[Value], look: &dyn Fn() -> Vec<Value>, story: &str) {
    let start = Instant::now();
    while look() != before {
        if start.elapsed() > crate::network::PATIENCE {
            pretty_assertions::assert_eq!(look(), before, "{story}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The first `up` on a host whose cards work for themselves.
fn from_the_wire() -> Vec<String> {
    let _segment = wired();
    let lifetime = || {
        let addresses = ip_json("-4 address show dev eth1");
        let addresses = addresses[0]["addr_info"].as_array().unwrap();
        addresses.iter().find(|address| address["local"] == "192.168.1.35").unwrap()["valid_life_time"]
            .as_u64()
            .unwrap()
    };
    let (start, valid) = (Instant::now(), lifetime());
    let config = Config::new(&HOME_LAN.replace("[\"eth1\", \"eth0\"]", "[{ name = \"eth1\", prio = 7 }, \"eth0\"]"));
    let kinds = each_step_fails(&config, "", &|| picture(&["eth0", "eth1"]));
    // The picture has no lifetimes that end, since they change with the clock; and each way back keeps whole seconds.
    let (passed, left) = (start.elapsed().as_secs() + 2, lifetime());
    assert!((valid - passed..=valid).contains(&left), "{left} s of {valid} s after {passed} s");
    kinds
}

/// A group that is up gets other members, another primary, MTU, MAC policy, addresses and routes.
fn changed() -> Vec<String> {
    let _segment = Segment::new(THREE);
    let config = Config::new(HOME_LAN);
    config.succeed("up");
    ip("address add 10.9.9.9/24 dev bond0");
    wait_for_link_local("bond0");
    config.write(
        "[group.home-lan]\ndevice = \"bond0\"\nmembers = [{ name = \"eth1\", prio = 5 }, \"eth2\"]\nprimary = \"eth2\"\n\
         addresses = [\"192.168.1.36/24\"]\nroutes = [{ to = \"10.77.0.0/16\", via = \"192.168.1.24\" }]\n\
         mac = \"02:aa:bb:cc:dd:ee\"\nmtu = 1400\naccept-ra = true\n",
    );
    let mut kinds = each_step_fails(&config, "", &|| settled(ALL));
    // What only a device that has no members can change.
    config.write(&HOME_LAN.replace("primary ", "mac = \"active\"\nprimary "));
    kinds.extend(each_step_fails(&config, "", &|| settled(ALL)));
    kinds
}

/// Somebody else's bond is taken over.
fn adopted() -> Vec<String> {
    let _segment = Segment::new(THREE);
    batch(
        &[],
        "link add bond0 type bond mode balance-rr miimon 50\nlink set bond0 up\nlink set eth0 master bond0\n\
         address add 10.5.5.5/24 dev bond0\nroute add 10.6.0.0/16 via 10.5.5.1 dev bond0\n\
         link set eth1 up\naddress add 192.168.1.34/24 dev eth1\n",
    );
    wait_for_link_local("bond0");
    wait_for_link_local("eth1");
    let config = Config::new(HOME_LAN);
    each_step_fails(&config, "--adopt", &|| settled(ALL))
}

fn by_dhcp() -> String {
    HOME_LAN.replace("addresses = [\"192.168.1.34/24\"]", "dhcp = true").replace("gateway   = \"192.168.1.24\"", "")
}

/// A group goes over to addresses by DHCP.
fn leased() -> Vec<String> {
    hide(&["dhcpcd", "dhclient"]);
    let _segment = Segment::new(THREE);
    let _server = Server::start(IPV4);
    let config = Config::new(HOME_LAN);
    config.succeed("up");
    wait_for_link_local("bond0");
    config.write(&by_dhcp());
    each_step_fails(&config, "", &|| settled(ALL))
}

/// A group goes over from DHCP to addresses of the file.
fn released() -> Vec<String> {
    hide(&["dhcpcd", "dhclient"]);
    let _segment = Segment::new(THREE);
    let _server = Server::start(IPV4);
    let config = Config::new(&by_dhcp());
    config.succeed("up");
    wait_for_link_local("bond0");
    wait_until("there is a lease", || ip("-4 address show dev bond0").contains("192.168.1.1"));
    config.write(HOME_LAN);
    let kinds = each_step_fails(&config, "", &|| settled(ALL));
    config.succeed("down");
    kinds
}

/// A `down` is not undone: it does all that can be done, and another one does the rest.
fn taken_down() -> Vec<String> {
    let _segment = wired();
    let before = picture(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("up");
    let kinds = kinds(&config, "plan --down");
    for late in [false, true] {
        for (step, kind) in kinds.iter().enumerate() {
            let story = format!("{kind} ({step}) fails on the way down, late: {late}");
            config.succeed("up");
            fails(&config, "down", Death { step, late });
            config.succeed("down");
            assert_eq!(journals(&state_directory()), Vec::<std::path::PathBuf>::new(), "{story}");
            is_again(&before, &|| picture(&["eth0", "eth1"]), &story);
            assert!(!succeed("ls", &["/sys/class/net"]).contains("bond0\n"), "{story}");
        }
    }
    kinds
}

/// A disk that is full after so many bytes, as a process sees it that may not write longer files (setrlimit(2)).
fn with_room_for(bytes: u64, config: &Config, words: &str) -> Outcome {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", "prlimit", &format!("--fsize={bytes}")]);
    command.arg(env!("CARGO_BIN_EXE_mpath")).arg("--config").arg(config.folder()).args(words.split_whitespace());
    crate::mpath::run(command)
}

fn a_change_whose_journal_cannot_be_written_any_more_is_undone() {
    settle_at_once();
    let _segment = wired();
    let both = ["eth0", "eth1"];
    let before = picture(&both);
    let config = Config::new(HOME_LAN);
    // The first line of the journal, as long as it is now.
    assert!(dies(&config, "up", Death { step: 0, late: false }));
    let first = std::fs::read(&journals(&state_directory())[0]).unwrap();
    let first = first.iter().position(|byte| *byte == b'\n').unwrap() as u64;
    config.succeed("recover");
    let mut ended = BTreeSet::new();
    for bytes in [100, first - 50].into_iter().chain((first + 1..first + 800).step_by(73)).chain([1 << 20]) {
        let outcome = with_room_for(bytes, &config, "up");
        let story = format!("{bytes} bytes: {outcome:?}");
        match outcome.code {
            1 => {
                assert_eq!(journals(&state_directory()), Vec::<std::path::PathBuf>::new(), "{story}");
                is_again(&before, &|| picture(&both), &story);
            }
            // The group is up, and what is to be remembered could not be written.
            5 => {
                assert!(outcome.stderr.contains("mpath recover"), "{story}");
                config.succeed("recover");
                config.mpath("plan --check").expect(0);
            }
            code => assert_eq!(code, 0, "{story}"),
        }
        let undone = outcome.stderr.contains("was undone");
        ended.insert((outcome.code, undone));
        config.succeed("down");
        is_again(&before, &|| picture(&both), &story);
    }
    assert!(ended.contains(&(1, false)) && ended.contains(&(1, true)) && ended.contains(&(0, false)), "{ended:?}");
}
