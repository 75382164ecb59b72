use proptest::prelude::*;

use super::*;
use crate::fake::FakeHost;
use crate::mode::ModeName;
use crate::settings::{Failback, MacSharing};
use crate::snapshot::{Controller, GroupState, Interface, Kind};
use crate::step::NewGroup;
use crate::{Backend as _, Detection, GroupSettings};

fn name(text: &str) -> InterfaceName {
    InterfaceName::new(text).unwrap()
}

/// A group of so many members, of which the last is the primary.
fn host(members: usize) -> FakeHost {
    let settings = GroupSettings {
        mode: ModeName::ActiveBackup.with_defaults(),
        detection: Some(Detection::default()),
        primary: None,
        failback: Failback::Always,
        mac_sharing: MacSharing::Shared,
        peer_notifications: 1,
    };
    let mut host = FakeHost::new(Snapshot::default());
    let settings = Box::new(settings);
    let new = NewGroup { device: name("bond0"), settings: settings.clone(), label: None, mac: None, mtu: None };
    let mut steps = vec![Step::LoadDriver, Step::CreateGroup(new)];
    for number in 0..members {
        let member = name(&format!("eth{number}"));
        host.host.interfaces.insert(member.clone(), Interface::new(Kind::Ethernet));
        steps.push(Step::AddMember { device: name("bond0"), member });
    }
    let primary = GroupSettings { primary: Some(name(&format!("eth{}", members - 1))), ..*settings.clone() };
    steps.push(Step::ChangeSettings { device: name("bond0"), from: settings, to: Box::new(primary) });
    steps.push(Step::SetUp { interface: name("bond0"), up: true });
    for step in steps {
        host.execute(&step).unwrap_or_else(|error| panic!("{step}: {error}"));
    }
    host
}

fn ask<T>(host: &mut FakeHost, question: impl FnOnce(Question<'_>) -> T) -> T {
    let (current, capabilities) = (host.observe().unwrap(), host.capabilities.clone());
    let (group, device) = (GroupName::new("lan").unwrap(), name("bond0"));
    question(Question { group: &group, device: &device, current: &current, capabilities: &capabilities })
}

fn active(host: &mut FakeHost) -> String {
    ask(host, |question| question.active().map(ToString::to_string).unwrap_or_default())
}

fn do_all(host: &mut FakeHost, steps: &[Step]) {
    steps.iter().for_each(|step| host.execute(step).unwrap_or_else(|error| panic!("{step}: {error}")));
}

#[test]
fn a_switch_leads_to_another_member_that_works_and_back() {
    let mut host = host(2);
    assert_eq!(active(&mut host), "eth1");
    let steps = ask(&mut host, |question| question.switch(None, false)).unwrap().steps;
    do_all(&mut host, &steps);
    assert_eq!((steps.len(), active(&mut host)), (1, "eth0".to_owned()));
    let again = ask(&mut host, |question| question.switch(Some("eth0"), false)).unwrap();
    assert_eq!(again.steps, [], "it carries it already");
    let back = ask(&mut host, |question| question.release()).unwrap().steps;
    do_all(&mut host, &back);
    assert_eq!(active(&mut host), "eth1");
    assert_eq!(ask(&mut host, |question| question.release()).unwrap().steps, []);
}

#[test]
fn the_last_member_that_works_is_left_only_by_force() {
    let mut host = host(2);
    host.unplugged = vec![name("eth0")];
    let refused = ask(&mut host, |question| question.switch(None, false)).unwrap_err();
    assert_eq!(refused.to_string(), "eth1 is the last member of bond0 that works: eth0 is failed");
    let named = ask(&mut host, |question| question.switch(Some("eth0"), false)).unwrap_err();
    assert_eq!(named.to_string(), "eth0 cannot take over from eth1: it is failed");
    assert_eq!(ask(&mut host, |question| question.switch(None, true)).unwrap().steps.len(), 1);
}

#[test]
fn who_is_no_member_is_told_who_is() {
    let mut host = host(3);
    let refused = ask(&mut host, |question| question.switch(Some("eth7"), false)).unwrap_err();
    assert_eq!(refused.to_string(), "eth7 is no member of bond0");
    assert!(refused.hint().starts_with("the members are eth"), "{}", refused.hint());
    let nowhere = name("bond7");
    let absent = ask(&mut host, |question| Question { device: &nowhere, ..question }.switch(None, false)).unwrap_err();
    assert_eq!(
        (absent.to_string().as_str(), absent.hint().as_str()),
        ("bond7 is not there: the group is not up", "mpath up lan")
    );
}

#[test]
fn a_mode_without_an_active_member_has_no_hand_over() {
    let mut host = host(2);
    let state = host.host.interfaces.get_mut(&name("bond0")).and_then(Interface::group_mut).unwrap();
    *state = GroupState {
        settings: GroupSettings { mode: ModeName::Xor.with_defaults(), ..state.settings.clone() },
        ..state.clone()
    };
    let refused = ask(&mut host, |question| question.switch(None, false)).unwrap_err();
    assert!(matches!(refused, NoHandover::NoActiveMember { mode: "balance-xor", .. }), "{refused}");
}

/// Where members are taken out of use, the system chooses who follows: only the one who is wanted is left to it.
#[test]
fn where_members_are_taken_out_of_use_only_the_wanted_one_is_left_to_take_over() {
    let mut host = host(3);
    host.capabilities.rules.taken_out_of_use = true;
    let told = |steps: Vec<Step>| steps.iter().map(ToString::to_string).collect::<Vec<_>>();
    let steps = ask(&mut host, |question| question.switch(Some("eth0"), false)).unwrap().steps;
    let expected = ["take eth1 of bond0 out of use", "take eth2 of bond0 out of use", "put eth1 of bond0 in use again"];
    assert_eq!(told(steps), expected);
    // What is out of use comes back by a release.
    if let Some(Controller::Group(m)) = &mut host.host.interfaces.get_mut(&name("eth2")).unwrap().controller {
        m.state = MemberState::Offline;
    }
    let current = host.host.clone();
    let (group, device) = (GroupName::new("lan").unwrap(), name("bond0"));
    let question = Question { group: &group, device: &device, current: &current, capabilities: &host.capabilities };
    assert_eq!(told(question.release().unwrap().steps), ["put eth2 of bond0 in use again"]);
}

proptest! {
    /// However members were switched off and the traffic was moved, the way back is found.
    #[test]
    fn whatever_was_switched_is_put_back(members in 2..5_usize, deeds in prop::collection::vec((0..5_usize, any::<bool>()), 0..8)) {
        let mut host = host(members);
        let before = host.observe().unwrap();
        for (number, off) in deeds {
            let member = name(&format!("eth{}", number % members));
            let steps = match off {
                true if host.host.interfaces[&member].up => vec![Step::SetUp { interface: member, up: false }],
                true => vec![],
                false => ask(&mut host, |question| question.switch(Some(member.as_str()), false)).unwrap_or_default().steps,
            };
            do_all(&mut host, &steps);
        }
        for _ in 0..2 {
            let steps = ask(&mut host, |question| question.put_back(&before));
            do_all(&mut host, &steps);
        }
        prop_assert!(ask(&mut host, |question| question.is_back(&before)));
        let after = host.observe().unwrap();
        prop_assert_eq!(after.group(&name("bond0")), before.group(&name("bond0")));
    }
}
