//! Whole lives of a group on a fake host: up, changed, broken off, down; and the host is as it was.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod adopted;

use pretty_assertions::assert_eq;

use mpath_core::address::Lifetime;
use mpath_core::apply::Watch;
use mpath_core::fake::FakeHost;
use mpath_core::plan::{self, Prepared};
use mpath_core::resolve::Question;
use mpath_core::snapshot::{Controller, Interface, Kind, Membership};
use mpath_core::undo::{Extent, Undo};
use mpath_core::{
    Address, Backend as _, Group, GroupName, InterfaceName, MacAddress, Receipt, Route, Snapshot, SourceFile, Step,
};

const WORDS: [&str; 6] = [
    // The story.
    "members = [\"eth1\", \"eth0\"]\nprimary = \"eth1\"\naddresses = [\"192.168.1.34/24\"]\ngateway = \"192.168.1.24\"",
    // Another address, another primary, another MTU.
    "members = [\"eth1\", \"eth0\"]\nprimary = \"eth0\"\naddresses = [\"192.168.1.35/24\", \"2001:db8::34/64\"]\nmtu = 1400",
    // A member less.
    "members = [\"eth1\"]\naddresses = [\"192.168.1.34/24\"]\ngateway = \"192.168.1.24\"",
    // A member more, and ranks.
    "members = [\"eth1\", { name = \"eth0\", prio = 3 }, { name = \"eth2\", prio = 9 }]\naddresses = [\"192.168.1.34/24\"]",
    // Another mode.
    "members = [\"eth1\", \"eth0\"]\nmode = \"lacp\"\naddresses = [\"192.168.1.34/24\"]",
    // MAC addresses of their own, and DHCP.
    "members = [\"eth1\", \"eth0\"]\nmac = \"active\"\ndhcp = true",
];

fn name(text: &str) -> InterfaceName {
    InterfaceName::new(text).unwrap()
}

fn group(words: &str) -> Group {
    let text = format!("[group.lan]\ndevice = \"bond0\"\n{words}\n");
    mpath_core::read(&[SourceFile::new("lan.toml", text)]).unwrap().groups.remove(0)
}

/// A host with three cards, each with something of its own.
fn host() -> FakeHost {
    let address = |text: &str| Address::new(text.parse().unwrap());
    let mut host = Snapshot::default();
    for (number, text) in (1..).zip(["eth0", "eth1", "eth2"]) {
        let mac = Some(MacAddress::new([2, 0, 0, 0, 0, number]));
        host.interfaces.insert(name(text), Interface { mac, permanent_mac: mac, ..Interface::new(Kind::Ethernet) });
    }
    let eth1 = host.interfaces.get_mut("eth1").unwrap();
    eth1.up = true;
    eth1.addresses = vec![address("192.168.1.34/24"), address("192.168.1.40/24"), address("2001:db8::1/64")];
    eth1.routes = vec![Route::default_via("192.168.1.24".parse().unwrap())];
    host.interfaces.get_mut("eth0").unwrap().mtu = 9000;
    let eth2 = host.interfaces.get_mut("eth2").unwrap();
    eth2.up = true;
    eth2.addresses = vec![address("10.0.0.2/8")];
    FakeHost::new(host)
}

/// Brings a group up, as far as so many steps go.
fn up(host: &mut FakeHost, words: &str, receipt: Option<&Receipt>, at_most: usize) -> Receipt {
    let current = host.observe().unwrap();
    let capabilities = host.capabilities.clone();
    let desired = group(words);
    let question = Question {
        desired: &desired,
        current: &current,
        receipt,
        capabilities: &capabilities,
        adopt: false,
        persist: false,
    };
    let earlier = receipt;
    let Prepared { plan, receipt } = plan::up(question).unwrap_or_else(|why| panic!("{words}: {why:?}"));
    for step in plan.steps.iter().take(at_most) {
        host.execute(step).unwrap_or_else(|error| panic!("{words}: {step}: {error}"));
    }
    if plan.steps.len() > at_most { receipt.covering(earlier) } else { receipt }
}

fn down(host: &mut FakeHost, receipt: Option<&Receipt>) {
    let current = host.observe().unwrap();
    let capabilities = host.capabilities.clone();
    let lan = GroupName::new("lan").unwrap();
    let plan = plan::down(&lan, &name("bond0"), &current, receipt, &capabilities, false).unwrap();
    for step in &plan.steps {
        host.execute(step).unwrap_or_else(|error| panic!("{step}: {error}"));
    }
}

fn lines(host: &mut FakeHost) -> String {
    serde_json::to_string_pretty(&host.observe().unwrap().configuration()).unwrap()
}

#[test]
fn after_any_two_files_down_gives_back_the_first_state() {
    for first in WORDS {
        for second in WORDS {
            let mut host = host();
            let before = lines(&mut host);
            let receipt = up(&mut host, first, None, usize::MAX);
            let receipt = up(&mut host, second, Some(&receipt), usize::MAX);
            down(&mut host, Some(&receipt));
            assert_eq!(lines(&mut host), before, "{first}\n--\n{second}");
        }
    }
}

#[test]
fn an_up_broken_off_anywhere_is_gone_on_with_and_down_gives_back_the_first_state() {
    for words in WORDS {
        for at_most in 0..25 {
            for goes_on in [true, false] {
                let mut host = host();
                let before = lines(&mut host);
                let mut receipt = up(&mut host, words, None, at_most);
                if goes_on {
                    receipt = up(&mut host, words, Some(&receipt), usize::MAX);
                }
                down(&mut host, Some(&receipt));
                assert_eq!(lines(&mut host), before, "{words}\nbroken off after {at_most}, going on: {goes_on}");
            }
        }
    }
}

#[test]
fn a_second_up_has_nothing_to_do_and_nothing_new_to_remember() {
    for words in WORDS {
        let mut host = host();
        let receipt = up(&mut host, words, None, usize::MAX);
        let done = host.done.len();
        let again = up(&mut host, words, Some(&receipt), usize::MAX);
        assert_eq!(host.done.len(), done, "{words}");
        assert_eq!(again, receipt, "{words}");
    }
}

#[test]
fn a_device_that_a_snapshot_from_elsewhere_makes_its_own_member_is_planned_for_all_the_same() {
    let mut host = host();
    let receipt = up(&mut host, WORDS[0], None, usize::MAX);
    let mut odd = host.observe().unwrap();
    let bond0 = odd.interfaces.get_mut("bond0").unwrap();
    bond0.controller = Some(Controller::Group(Membership::new(name("bond0"), None)));
    for other in ["eth0", "eth1"] {
        odd.interfaces.get_mut(other).unwrap().controller = None;
    }
    let lan = GroupName::new("lan").unwrap();
    let plan = plan::down(&lan, &name("bond0"), &odd, Some(&receipt), &host.capabilities, false);
    assert!(plan.is_ok_and(|plan| !plan.is_empty()));
}

#[test]
fn a_radio_keeps_the_address_that_its_supplicant_gave_it_meanwhile() {
    let mut host = host();
    host.host.interfaces.get_mut("eth0").unwrap().kind = Kind::Wireless;
    let receipt = up(&mut host, WORDS[0], None, usize::MAX);
    let random = Some(MacAddress::new([0x02, 0xaa, 0, 0, 0, 1]));
    let radio = host.host.interfaces.get_mut("eth0").unwrap();
    radio.mac = random;
    let Some(Controller::Group(membership)) = &mut radio.controller else { panic!("it is a member") };
    membership.own_mac = random;
    down(&mut host, Some(&receipt));
    assert_eq!(host.observe().unwrap().interfaces["eth0"].mac, random);
    assert!(!host.done.iter().any(|step| matches!(step, Step::SetMac { .. })), "{:?}", host.done);
}

/// Seconds that have passed since the host was looked at.
struct Later(u32);

impl Watch for Later {
    fn age(&self) -> u32 {
        self.0
    }
}

#[test]
fn an_undo_gives_a_leased_address_back_for_as_long_as_it_would_still_last() {
    for (seconds, left) in [(0, vec![600]), (40, vec![560]), (600, vec![])] {
        let mut host = host();
        let eth2 = host.host.interfaces.get_mut("eth2").unwrap();
        eth2.addresses[0].lifetime = Some(Lifetime { valid: 600, preferred: 300 });
        let before = host.observe().unwrap();
        let all =
            [Step::RemoveAddress { interface: name("eth2"), address: before.interfaces["eth2"].addresses[0].clone() }];
        host.execute(&all[0]).unwrap();
        let extent = Extent::of(&name("bond0"), &all, &before);
        let undo = extent.undo(&[&all[0]], &mut host, &mut Later(seconds));
        assert!(matches!(undo, Undo::Complete), "{undo:?}");
        let now = host.observe().unwrap();
        let lifetimes = now.interfaces["eth2"].addresses.iter().map(|address| address.lifetime.unwrap().valid);
        assert_eq!(lifetimes.collect::<Vec<_>>(), left, "after {seconds} s");
    }
}

#[test]
fn a_member_that_vanished_while_the_group_was_up_is_no_obstacle_to_down() {
    let mut host = host();
    let receipt = up(&mut host, WORDS[0], None, usize::MAX);
    host.host.interfaces.remove("eth1");
    host.host.interfaces.get_mut("bond0").unwrap().group_mut().unwrap().settings.primary = None;
    down(&mut host, Some(&receipt));
    assert!(!host.host.interfaces.contains_key("bond0"));
    assert_eq!(host.host.interfaces["eth0"].mtu, 9000);
}

#[test]
fn without_a_receipt_the_members_are_released() {
    let mut host = host();
    up(&mut host, WORDS[0], None, usize::MAX);
    down(&mut host, None);
    assert!(!host.host.interfaces.contains_key("bond0"));
    assert!(host.host.interfaces.values().all(|interface| interface.controller.is_none()));
}

#[test]
fn a_change_broken_off_anywhere_and_gone_on_with_leaves_nothing_of_the_old_file() {
    for first in WORDS {
        for second in WORDS {
            for at_most in 0..20 {
                let mut host = host();
                let before = lines(&mut host);
                let receipt = up(&mut host, first, None, usize::MAX);
                let receipt = up(&mut host, second, Some(&receipt), at_most);
                let receipt = up(&mut host, second, Some(&receipt), usize::MAX);
                let story = format!("{first}\n--\n{second}\nbroken off after {at_most}");
                let straight = {
                    let mut host = self::host();
                    up(&mut host, second, None, usize::MAX);
                    host.host.interfaces["bond0"].clone()
                };
                let bond0 = &host.host.interfaces["bond0"];
                let sorted = |interface: &Interface| {
                    let mut texts: Vec<_> = interface.own_addresses().map(ToString::to_string).collect();
                    texts.extend(interface.own_routes().map(ToString::to_string));
                    texts.sort();
                    texts
                };
                assert_eq!(sorted(bond0), sorted(&straight), "{story}");
                down(&mut host, Some(&receipt));
                assert_eq!(lines(&mut host), before, "{story}");
            }
        }
    }
}

#[test]
fn a_member_taken_out_behind_our_back_is_still_given_back_what_it_had() {
    let mut host = host();
    let before = lines(&mut host);
    let receipt = up(&mut host, WORDS[0], None, usize::MAX);
    let eth1 = host.host.interfaces.get_mut("eth1").unwrap();
    eth1.controller = None;
    eth1.up = false;
    eth1.mac = eth1.permanent_mac;
    host.host.interfaces.get_mut("bond0").unwrap().group_mut().unwrap().settings.primary = None;
    let receipt = up(&mut host, WORDS[0], Some(&receipt), usize::MAX);
    down(&mut host, Some(&receipt));
    assert_eq!(lines(&mut host), before);
}

#[test]
fn a_former_member_that_works_for_another_device_is_left_to_it() {
    let mut host = host();
    let receipt = up(&mut host, WORDS[0], None, usize::MAX);
    let bridge = Controller::Other { name: name("br0"), kind: "bridge".to_owned() };
    host.host.interfaces.get_mut("bond0").unwrap().group_mut().unwrap().settings.primary = None;
    host.host.interfaces.get_mut("eth1").unwrap().controller = Some(bridge.clone());
    down(&mut host, Some(&receipt));
    assert!(!host.host.interfaces.contains_key("bond0"));
    let eth1 = &host.host.interfaces["eth1"];
    assert_eq!(eth1.controller, Some(bridge));
    assert_eq!(eth1.own_addresses().count(), 0, "an address on a port of somebody else's bridge");
}

#[test]
fn what_the_group_has_taken_over_is_given_back_by_down_and_nothing_else_of_a_former_member_is_touched() {
    let address = |text: &str| Address::new(text.parse().unwrap());
    let both = "members = [\"eth1\", \"eth0\"]\naddresses = [\"192.168.1.34/24\"]\ngateway = \"192.168.1.24\"";
    let one = both.replace("\"eth1\", ", "");
    let mut host = host();
    let before = host.observe().unwrap().interfaces["eth1"].clone();
    let receipt = up(&mut host, both, None, usize::MAX);
    let receipt = up(&mut host, &one, Some(&receipt), usize::MAX);
    let left = &host.host.interfaces["eth1"];
    let has = |text: &str| left.addresses.iter().any(|other| other.same(&address(text)));
    assert!(left.up && !has("192.168.1.34/24") && has("192.168.1.40/24") && has("2001:db8::1/64"), "{left:?}");
    assert_eq!(left.own_routes().count(), 0, "its default route is the group's");
    let done = host.done.len();
    let receipt = up(&mut host, &one, Some(&receipt), usize::MAX);
    assert_eq!(host.done.len(), done, "and it stays so");

    let mut gone_on = host.clone();
    gone_on.host.interfaces.get_mut("eth1").unwrap().addresses.push(address("10.7.7.7/8"));
    down(&mut gone_on, Some(&receipt));
    let eth1 = &gone_on.host.interfaces["eth1"];
    for text in ["10.7.7.7/8", "192.168.1.34/24", "192.168.1.40/24"] {
        assert!(eth1.addresses.iter().any(|other| other.same(&address(text))), "{text}: {eth1:?}");
    }
    assert_eq!(eth1.routes, before.routes);

    // One that joins again is remembered with all that it had.
    let receipt = up(&mut host, both, Some(&receipt), usize::MAX);
    assert!(receipt.owed.interfaces.is_empty());
    down(&mut host, Some(&receipt));
    let eth1 = &host.host.interfaces["eth1"];
    assert!(before.addresses.iter().all(|address| eth1.addresses.iter().any(|other| other.same(address))), "{eth1:?}");
    assert_eq!(eth1.routes, before.routes);
}

#[test]
fn a_group_keeps_its_mac_address_when_only_its_primary_changes() {
    let words = |primary: &str| {
        format!("members = [\"eth1\", \"eth0\"]\nprimary = \"{primary}\"\naddresses = [\"192.168.1.50/24\"]")
    };
    let mut host = host();
    let receipt = up(&mut host, &words("eth1"), None, usize::MAX);
    let mac = |host: &FakeHost| host.host.interfaces["bond0"].mac;
    let first = mac(&host);
    let receipt = up(&mut host, &words("eth0"), Some(&receipt), usize::MAX);
    assert_eq!(mac(&host), first);
    // One that leaves takes its address along: it is on the segment by itself now.
    up(&mut host, "members = [\"eth0\"]\naddresses = [\"192.168.1.50/24\"]", Some(&receipt), usize::MAX);
    assert_eq!(mac(&host), host.host.interfaces["eth0"].permanent_mac);
}
