//! Killed in the middle: whatever the moment, the next command ends in the first state or in the wanted one.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::mortal::{Death, dies, journals};
use crate::mpath::{Config, HOME_LAN};
use crate::network::{
    Segment, batch, ip, option, picture, settle_at_once, state_directory, wait_for_link_local, wait_for_picture,
};

crate::cases!(OwnNamespace:
    an_up_killed_at_any_step_ends_in_the_first_state_or_the_wanted_one,
    a_down_killed_at_any_step_is_gone_on_with,
    a_change_killed_at_any_step_leaves_the_group_as_it_was,
    killed_at_any_moment_the_next_command_sets_it_right,
    a_sigint_in_the_middle_undoes_what_was_done,
);

const BOTH: &[&str] = &["eth0", "eth1"];

/// The host of the story before mpath: the address is on the wire.
pub(crate) fn wired() -> Segment {
    let segment = Segment::new(BOTH);
    batch(
        &[],
        "link set eth0 up mtu 1400\nlink set eth1 up\naddress add 192.168.1.34/24 brd + dev eth1\n\
         address add 192.168.1.35/24 dev eth1 valid_lft 3000 preferred_lft 2000\n\
         address add 2001:db8:1::34/64 dev eth1 nodad\n\
         route add default via 192.168.1.24 dev eth1 metric 600\n",
    );
    for name in BOTH {
        wait_for_link_local(name);
    }
    segment
}

fn nothing_is_left_over(story: &str) {
    let left = journals(&state_directory());
    assert!(left.is_empty(), "{story}: {left:?}");
}

/// The group as mpath is to leave it, whatever went before.
fn is_up(config: &Config, story: &str) {
    config.mpath("plan --check").expect(0);
    assert!(option("bond0", "slaves").contains("eth1"), "{story}");
}

fn an_up_killed_at_any_step_ends_in_the_first_state_or_the_wanted_one() {
    settle_at_once();
    let _segment = wired();
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    let mut deaths = 0;
    for late in [false, true] {
        for (step, next) in (0..).zip(["recover", "up", "down"].into_iter().cycle()) {
            let death = Death { step, late };
            let story = format!("{death:?}, then {next}");
            if !dies(&config, "up", death) {
                break;
            }
            assert_eq!(journals(&state_directory()).len(), 1, "{story}");
            config.succeed("status").says("mpath recover");
            config.succeed(next);
            nothing_is_left_over(&story);
            if next == "up" {
                is_up(&config, &story);
                config.succeed("down");
            }
            wait_for_picture(&before, BOTH);
            assert!(!std::path::Path::new("/sys/class/net/bond0").exists(), "{story}");
            deaths += 1;
        }
        config.succeed("down");
        wait_for_picture(&before, BOTH);
    }
    assert!(deaths > 20, "only {deaths}");
}

fn a_down_killed_at_any_step_is_gone_on_with() {
    settle_at_once();
    let _segment = wired();
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    let mut deaths = 0;
    for late in [false, true] {
        for (step, next) in (0..).zip(["recover", "down"].into_iter().cycle()) {
            config.succeed("up");
            if !dies(&config, "down", Death { step, late }) {
                break;
            }
            config.succeed(next);
            nothing_is_left_over(next);
            wait_for_picture(&before, BOTH);
            deaths += 1;
        }
    }
    assert!(deaths > 15, "only {deaths}");
}

fn a_change_killed_at_any_step_leaves_the_group_as_it_was() {
    const THREE: &[&str] = &["eth0", "eth1", "eth2"];
    settle_at_once();
    let _segment = Segment::new(THREE);
    let config = Config::new(HOME_LAN);
    let all = ["bond0", "eth0", "eth1", "eth2"];
    let changed = "[group.home-lan]\ndevice = \"bond0\"\nmembers = [\"eth1\", \"eth2\"]\nprimary = \"eth2\"\naddresses = [\"192.168.1.36/24\"]\n\
        mac = \"active\"\nmtu = 1400\n";
    let mut deaths = 0;
    for late in [false, true] {
        config.write(HOME_LAN);
        config.succeed("up");
        ip("address add 10.9.9.9/24 dev bond0");
        wait_for_link_local("bond0");
        let before = settled(&all);
        for step in 0.. {
            config.write(changed);
            if !dies(&config, "up", Death { step, late }) {
                break;
            }
            config.succeed("recover");
            nothing_is_left_over("recover");
            config.write(HOME_LAN);
            config.mpath("plan --check").expect(0);
            let start = Instant::now();
            while settled(&all) != before {
                if start.elapsed() > crate::network::PATIENCE {
                    pretty_assertions::assert_eq!(settled(&all), before, "died at {step}, late: {late}");
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            deaths += 1;
        }
        config.succeed("down");
    }
    assert!(deaths > 20, "only {deaths}");
}

/// The picture of devices that are up, without what comes and goes by itself: who is active, and what follows of that.
pub(crate) fn settled(interfaces: &[&str]) -> Vec<Value> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                // A device that was made anew has another number; a member has its place's number.
                map.retain(|key, _| {
                    ![
                        "ifindex",
                        "active_slave",
                        "queue_id",
                        "perm_hwaddr",
                        "link_index",
                        "ad_info",
                        // Of a member: a backup, active, or on its way back after the up-delay.
                        "state",
                        "mii_status",
                    ]
                    .contains(&key.as_str())
                });
                // An address that was given back stands behind those that others put there.
                if let Some(Value::Array(addresses)) = map.get_mut("addr_info") {
                    addresses.sort_by_key(ToString::to_string);
                }
                map.values_mut().for_each(strip);
            }
            Value::Array(list) => list.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut all = picture(interfaces);
    all.iter_mut().for_each(strip);
    all
}

/// A sequence of numbers that is the same in every run (Lehmer's generator, with the numbers of Park and Miller).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 % limit
    }
}

/// How many moments: `make test-moments` tries 200.
fn moments() -> usize {
    std::env::var("MPATH_TEST_MOMENTS").ok().map_or(40, |number| number.parse().unwrap())
}

/// How many marks the journals hold.
fn marks() -> usize {
    let lines = |path: &std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default().lines().count();
    journals(&state_directory()).iter().map(lines).sum()
}

fn killed_at_any_moment_the_next_command_sets_it_right() {
    settle_at_once();
    let _segment = wired();
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    let take = |words: &str| {
        let start = Instant::now();
        config.succeed(words);
        u64::try_from(start.elapsed().as_micros()).unwrap()
    };
    // Half as long again, so that some are killed after their last word.
    let (up, down) = (take("up") * 3 / 2, take("down") * 3 / 2);
    let mut numbers = Numbers(20_261_122);
    let (mut killed, mut unfinished) = (0, 0);
    for moment in 0..moments() {
        let (words, time) = if moment % 2 == 0 { ("up", up) } else { ("down", down) };
        if words == "down" {
            config.succeed("up");
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
        command.arg("--config").arg(config.folder()).arg(words).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let story = if moment % 4 < 2 {
            // One half anywhere, from its first instruction on.
            let wait = Duration::from_micros(numbers.below(time));
            std::thread::sleep(wait);
            format!("{words} killed after {wait:?} ({moment})")
        } else {
            // One half where it is at work: so long after so many marks, however fast this machine is now.
            let (wanted, wait) = (1 + numbers.below(12), Duration::from_micros(numbers.below(2000)));
            while marks() < usize::try_from(wanted).unwrap() && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            std::thread::sleep(wait);
            format!("{words} killed {wait:?} after {wanted} marks ({moment})")
        };
        child.kill().unwrap();
        killed += usize::from(child.wait().unwrap().code().is_none());
        unfinished += journals(&state_directory()).len();
        let next = ["recover", "up", "down"][usize::try_from(numbers.below(3)).unwrap()];
        let story = format!("{story}, then {next}");
        config.succeed(next);
        nothing_is_left_over(&story);
        let is_there = std::path::Path::new("/sys/class/net/bond0").exists();
        match next {
            "up" => assert!(is_there, "{story}"),
            "down" => assert!(!is_there, "{story}"),
            _ => {}
        }
        if is_there {
            is_up(&config, &story);
            config.succeed("down");
        }
        wait_for_picture(&before, BOTH);
    }
    // Otherwise the moments were not those that matter.
    let enough = killed > moments() / 3 && unfinished > moments() / 8;
    assert!(enough, "{killed} were killed, {unfinished} of them in the middle");
}

fn a_sigint_in_the_middle_undoes_what_was_done() {
    settle_at_once();
    let _segment = wired();
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    let mut interrupted = 0;
    // Some come too late: a run is over in a few hundredths of a second, and there is one processor for both.
    for moment in 0..40_u64 {
        if interrupted == 5 {
            break;
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
        command.arg("--config").arg(config.folder()).arg("up").stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Where it is at work, on a kernel of any speed.
        while journals(&state_directory()).is_empty() && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(moment % 8));
        if child.try_wait().unwrap().is_none() {
            let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
            nix::sys::signal::kill(pid, nix::sys::signal::SIGINT).unwrap();
        }
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        if text.contains("interrupted (SIGINT)") {
            interrupted += 1;
            assert_eq!(output.status.code(), Some(1), "{text}");
            let undone = ["the host is as it was before", "nothing was changed"];
            assert!(undone.iter().any(|words| text.contains(words)), "{text}");
        }
        nothing_is_left_over("SIGINT");
        config.succeed("down");
        wait_for_picture(&before, BOTH);
    }
    assert!(interrupted > 0, "no signal came in the middle");
}
