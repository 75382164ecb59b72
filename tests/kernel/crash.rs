//! Killed in the middle: whatever the moment, the next command ends in the first state or in the wanted one.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::mortal::{Death, dies, journals};
use crate::mpath::{Config, HOME_LAN};
use crate::network::{
    Segment, batch, ip, option, picture, settle_at_once, state_directory, wait_for_link_local, wait_for_picture,
};
use crate::traced::Traced;

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
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        usize::try_from(self.0).unwrap() % limit
    }
}

/// How many moments: `make test-moments` tries 200.
fn moments() -> usize {
    std::env::var("MPATH_TEST_MOMENTS").ok().map_or(40, |number| number.parse().unwrap())
}

fn killed_at_any_moment_the_next_command_sets_it_right() {
    settle_at_once();
    let _segment = wired();
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    let (up, down) = (Traced::stops(&config, "up"), Traced::stops(&config, "down"));
    let mut numbers = Numbers(20_261_122);
    let (mut killed, mut unfinished) = (0, 0);
    for moment in 0..moments() {
        let (words, stops) = if moment % 2 == 0 { ("up", up) } else { ("down", down) };
        if words == "down" {
            config.succeed("up");
        }
        let stop = numbers.below(stops);
        let mut traced = Traced::start(&config, words);
        traced.go_on(stop);
        killed += usize::from(traced.kill());
        unfinished += journals(&state_directory()).len();
        let next = ["recover", "up", "down"][numbers.below(3)];
        let story = format!("{words} killed at stop {stop} of {stops} ({moment}), then {next}");
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
    let mut first = Traced::start(&config, "up");
    let mut before_work = 0;
    while journals(&state_directory()).is_empty() {
        assert_eq!(first.go_on(1), 1, "it ended before it was at work");
        before_work += 1;
    }
    let at_work = first.go_on(usize::MAX);
    config.succeed("down");
    let mut undone = 0;
    for moment in 0..8 {
        let mut traced = Traced::start(&config, "up");
        traced.go_on(before_work + at_work * moment / 8);
        let (code, said) = traced.interrupt();
        if code != 0 {
            assert_eq!(code, 1, "{said}");
            assert!(said.contains("interrupted (SIGINT)"), "{said}");
            let last = said.trim_end().lines().next_back().unwrap();
            assert!(
                last.ends_with("everything was undone; the host is as it was before")
                    || last.ends_with("nothing was changed"),
                "{said}"
            );
            undone += 1;
        }
        nothing_is_left_over("SIGINT");
        config.succeed("down");
        wait_for_picture(&before, BOTH);
    }
    // The last ones come when all is done.
    assert!(undone > 3, "{undone} of 8 were interrupted in the middle");
}
