//! The promises of planner and undo, tried on every ordered pair of a small universe of hosts: the plan ends in the
//! state wanted, planning again finds nothing, and whatever goes wrong on the way, the first state comes back.

mod universe;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ipnet::IpNet;
use pretty_assertions::assert_eq;

use crate::apply::{self, Unwatched, Watch};
use crate::fake::FakeHost;
use crate::settings::MacSharing;
use crate::snapshot::{Controller, Driver};
use crate::target::Target;
use crate::undo::Undo;
use crate::{
    Address, Backend, BackendError, Capabilities, Changes, Counters, Finding, GroupName, InterfaceName, Outage, Plan,
    Snapshot, Step, effect, outage, planner,
};

use universe::{STRANGER, bare, name, settings, universe, with_device};

fn seen(host: &Snapshot) -> Snapshot {
    FakeHost::new(host.clone()).observe().unwrap()
}

/// What of a host must be as wanted: everything but the driver, which stays loaded, and the address of a device that
/// is made of its members' or at random.
fn settled(host: &Snapshot) -> Snapshot {
    let mut settled = host.configuration();
    settled.driver = Driver::Ready;
    let random: Vec<_> = settled
        .interfaces
        .iter()
        .filter(|(_, i)| i.group().is_some_and(|g| g.settings.mac_sharing != MacSharing::Shared))
        .map(|(n, _)| n.clone())
        .collect();
    for device in random {
        settled.interfaces.get_mut(&device).unwrap().mac = None;
    }
    settled
}

/// The addresses that a member had before it joined, and may have again, are history; no plan can change it.
fn forget_own(mut host: Snapshot) -> Snapshot {
    for interface in host.interfaces.values_mut() {
        if let Some(Controller::Group(membership)) = &mut interface.controller {
            membership.own_mac = None;
            interface.mac = None;
        }
    }
    host
}

/// Memory of MTUs is what a receipt brings; the fake has it in the host itself.
fn plan_between(from: &Snapshot, to: &Snapshot) -> Plan {
    let mut target = Target::as_before(&name("bond0"), &seen(to));
    target.others.remove(STRANGER);
    let steps = planner::steps(from, &target, &crate::fake::capabilities())
        .unwrap_or_else(|nonsense| panic!("{nonsense}\nfrom {from:#?}\nto {to:#?}"));
    let outage = outage::predict(&steps, from, from, &crate::fake::capabilities()).unwrap();
    Plan { group: GroupName::new("lan").unwrap(), device: name("bond0"), steps, outage, notes: vec![] }
}

/// A host as lines, so that a difference can be read.
fn lines(host: &Snapshot) -> String {
    serde_json::to_string_pretty(host).unwrap()
}

fn show(steps: &[Step]) -> String {
    steps.iter().map(|step| format!("  {step}\n")).collect()
}

fn every_pair(mut test: impl FnMut(&Snapshot, &Snapshot, &Plan)) {
    let hosts = universe();
    for from in &hosts {
        for to in &hosts {
            // As it is once a system has looked after links and active members.
            let mut host = FakeHost::new(from.clone());
            host.observe().unwrap();
            test(&host.host, to, &plan_between(&host.host, to));
        }
    }
}

#[test]
fn every_plan_ends_in_the_state_wanted_and_planning_again_finds_nothing() {
    let mut plans = 0;
    every_pair(|from, to, plan| {
        let mut host = FakeHost::new(from.clone());
        for step in &plan.steps {
            host.execute(step).unwrap_or_else(|error| panic!("{step}: {error}\n{}", show(&plan.steps)));
        }
        let after = host.observe().unwrap();
        assert_eq!(
            lines(&forget_own(settled(&after))),
            lines(&forget_own(settled(&seen(to)))),
            "\n{}",
            show(&plan.steps)
        );
        let again = plan_between(&host.host, to);
        assert!(again.is_empty(), "still:\n{}after:\n{}", show(&again.steps), show(&plan.steps));
        plans += 1;
    });
    assert!(plans > 1000, "the universe has shrunk: {plans}");
}

#[test]
fn a_host_that_is_as_wanted_gets_no_step() {
    for host in universe() {
        let plan = plan_between(&host, &host);
        assert!(plan.is_empty(), "{}", show(&plan.steps));
    }
}

/// Else the draft of a planner, and the fake host, would be half changed by what was refused.
#[test]
fn a_step_that_makes_no_sense_changes_nothing() {
    let mut steps = BTreeMap::new();
    every_pair(|_, _, plan| steps.extend(plan.steps.iter().map(|step| (format!("{step:?}"), step.clone()))));
    let mut refused = 0;
    for host in universe() {
        for step in steps.values() {
            let mut after = host.clone();
            if effect::apply(step, &mut after, &crate::fake::capabilities()).is_err() {
                assert_eq!(after, host, "{step}");
                refused += 1;
            }
        }
    }
    assert!(refused > 1000, "the universe has shrunk: {refused}");
}

/// The steps that were undone.
struct Undone(Vec<Step>);

impl Watch for Undone {
    fn undo(&mut self, step: &Step) {
        self.0.push(step.clone());
    }
}

#[test]
fn a_failure_at_every_step_leaves_the_first_state() {
    let mut failures = 0;
    every_pair(|from, _, plan| {
        for late in [false, true] {
            for fails_after in 0..plan.steps.len() {
                let mut host = FakeHost::new(from.clone());
                host.fails_after = Some(fails_after);
                host.fails_late = late;
                let before = host.observe().unwrap();
                let mut undone = Undone(vec![]);
                let failure = apply::apply(plan, &mut before.clone(), &mut host, &|_| vec![], &mut undone).unwrap_err();
                let after = host.observe().unwrap();
                let story = || format!("step {fails_after} of\n{}undone:\n{}", show(&plan.steps), show(&undone.0));
                assert!(matches!(failure.undo, Undo::Complete), "{:?}\n{}", failure.undo, story());
                assert_eq!(lines(&settled(&after)), lines(&settled(&before)), "\n{}", story());
                failures += 1;
            }
        }
    });
    assert!(failures > 10_000, "the universe has shrunk: {failures}");
}

#[test]
fn every_prefix_of_a_plan_is_undone_by_the_inverses_of_its_steps() {
    let mut prefixes = 0;
    every_pair(|from, _, plan| {
        // The address of a device at random is gone when its last member leaves; no inverse can know that.
        let is_change = |step: &Step| matches!(step, Step::AddMember { .. } | Step::RemoveMember { .. });
        let empties = plan.steps.iter().any(is_change);
        let comparable = |mut host: Snapshot| {
            if let Some(device) = host.interfaces.get_mut("bond0").filter(|_| empties) {
                device.mac = None;
            }
            lines(&if empties { forget_own(settled(&host)) } else { settled(&host) })
        };
        for length in 1..=plan.steps.len() {
            let mut host = FakeHost::new(from.clone());
            let before = host.observe().unwrap();
            for step in &plan.steps[..length] {
                host.execute(step).unwrap();
            }
            for inverse in plan.steps[..length].iter().rev().filter_map(Step::inverse) {
                host.execute(&inverse).unwrap_or_else(|e| panic!("{inverse}: {e}\n{}", show(&plan.steps[..length])));
            }
            let after = host.observe().unwrap();
            assert_eq!(comparable(after), comparable(before), "\n{}", show(&plan.steps[..length]));
            prefixes += 1;
        }
    });
    assert!(prefixes > 5_000, "the universe has shrunk: {prefixes}");
}

#[test]
fn what_the_system_ignores_is_found_by_reading_back_and_everything_is_undone() {
    let from = bare();
    let to = with_device(bare(), settings(), &["eth0", "eth1"], |device| device.mtu = 9000);
    let mut ranked = to.clone();
    if let Some(Controller::Group(m)) = &mut ranked.interfaces.get_mut("eth1").unwrap().controller {
        m.priority = 7;
    }
    let plan = plan_between(&from, &ranked);
    let mut host = FakeHost::new(from);
    host.ignores = |step| matches!(step, Step::SetPriority { .. });
    let before = host.observe().unwrap();
    let replan = |now: &Snapshot| plan_between(now, &ranked).steps;
    let failure = apply::apply(&plan, &mut before.clone(), &mut host, &replan, &mut Unwatched).unwrap_err();
    assert!(failure.to_string().contains("give eth1 the priority 7"), "{failure}");
    assert!(matches!(failure.undo, Undo::Complete), "{:?}", failure.undo);
    assert_eq!(settled(&host.observe().unwrap()), settled(&before));
}

#[test]
fn what_another_program_adds_meanwhile_is_taken_away_once_and_the_second_time_undoes_everything() {
    let from = bare();
    let to = with_device(bare(), settings(), &["eth0", "eth1"], |_| {});
    let plan = plan_between(&from, &to);
    let intruder = || vec![(name("eth1"), Address::new("169.254.7.7/16".parse().unwrap()))];
    for (times, works) in [(1, true), (2, false)] {
        let mut host = FakeHost::new(from.clone());
        let before = host.observe().unwrap();
        host.meddled = (0..times).map(|_| intruder()).collect();
        let replan = |now: &Snapshot| plan_between(now, &to).steps;
        let mut after = before.clone();
        match apply::apply(&plan, &mut after, &mut host, &replan, &mut Unwatched) {
            Ok(()) => assert!(works && after.interfaces["eth1"].addresses.is_empty()),
            Err(failure) => {
                assert!(!works && failure.to_string().contains("169.254.7.7/16"), "{failure}");
                assert!(matches!(failure.undo, Undo::Complete), "{:?}", failure.undo);
                assert_eq!(settled(&host.observe().unwrap()), settled(&before));
            }
        }
    }
}

/// A host on which a device can be made, but neither joined nor deleted.
struct Stuck(FakeHost);

impl Backend for Stuck {
    fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }
    fn observe(&mut self) -> Result<Snapshot, BackendError> {
        self.0.observe()
    }
    fn changes(&mut self) -> Result<Box<dyn Changes>, BackendError> {
        self.0.changes()
    }
    fn counters(&self, interface: &InterfaceName) -> Option<Counters> {
        self.0.counters(interface)
    }
    fn diagnose(&mut self, _: &Snapshot, _: Duration) -> Result<Vec<Finding>, BackendError> {
        Ok(vec![])
    }
    fn explain(&self, step: &Step) -> Vec<String> {
        self.0.explain(step)
    }
    fn execute(&mut self, step: &Step) -> Result<(), BackendError> {
        if matches!(step, Step::AddMember { .. } | Step::DeleteGroup(_)) {
            let (operation, errno) = (step.to_string(), Some(16));
            return Err(BackendError::Refused { operation, errno, message: None });
        }
        self.0.execute(step)
    }
}

#[test]
fn an_undo_that_fails_too_says_what_is_left() {
    let from = bare();
    let to = with_device(bare(), settings(), &["eth0", "eth1"], |_| {});
    let plan = plan_between(&from, &to);
    let mut host = FakeHost::new(from);
    let before = host.observe().unwrap();
    let failure = apply::apply(&plan, &mut before.clone(), &mut Stuck(host), &|_| vec![], &mut Unwatched).unwrap_err();
    let Undo::Incomplete { errors, left } = failure.undo else { panic!("{:?}", failure.undo) };
    assert!(!errors.is_empty());
    assert!(left.iter().any(|step| matches!(step, Step::DeleteGroup(_))), "{}", show(&left));
}

#[test]
fn an_interface_that_no_target_names_is_never_touched() {
    let stranger = name(STRANGER);
    every_pair(|from, _, plan| {
        let touching: Vec<_> = plan.steps.iter().filter(|step| step.subject() == Some(&stranger)).collect();
        assert!(touching.is_empty(), "{touching:#?}");
        let mut host = FakeHost::new(from.clone());
        for step in &plan.steps {
            host.execute(step).unwrap_or_else(|error| panic!("{step}: {error}\n{}", show(&plan.steps)));
        }
        let (before, after) = (from.interface(&stranger), host.observe().unwrap());
        assert!(before.is_some_and(|interface| interface.up && interface.own_routes().next().is_some()));
        assert_eq!(after.interface(&stranger), before, "\n{}", show(&plan.steps));
    });
}

/// The addresses that others can reach: on an interface that is on and has a link, or a member that has one.
fn reachable(host: &mut FakeHost) -> BTreeSet<IpNet> {
    let seen = host.observe().unwrap();
    let on = seen.interfaces.values().filter(|interface| interface.up && interface.carrier);
    on.flat_map(|interface| interface.own_addresses().map(|address| address.net)).collect()
}

#[test]
fn an_address_goes_away_once_and_comes_back_once_at_the_steps_that_say_so() {
    let (mut outages, mut undisturbed) = (0, 0);
    every_pair(|from, _, plan| {
        let mut host = FakeHost::new(from.clone());
        let mut first = reachable(&mut host);
        // Where two interfaces have one address, both must let go of it.
        let holders =
            |net: &IpNet| from.interfaces.values().filter(|i| i.addresses.iter().any(|a| a.net == *net)).count();
        first.retain(|net| holders(net) == 1);
        let mut before = first.clone();
        let (mut gone, mut back) = (BTreeSet::new(), BTreeSet::new());
        for (step, outage) in plan.steps.iter().zip(&plan.outage.steps) {
            let story = || format!("{step}, in\n{}", show(&plan.steps));
            host.execute(step).unwrap();
            let after = reachable(&mut host);
            for lost in before.difference(&after).filter(|address| first.contains(address)) {
                assert_eq!(*outage, Outage::Outage, "{lost} is lost by {}", story());
                assert!(gone.insert(*lost), "{lost} is lost a second time by {}", story());
                outages += 1;
            }
            for returned in after.difference(&before).filter(|address| first.contains(address)) {
                assert!(back.insert(*returned), "{returned} comes back a second time by {}", story());
            }
            before = after;
        }
        let interruption = plan.outage.interruption.as_ref();
        assert_eq!(interruption.is_none(), plan.outage.worst() == Outage::None);
        for lost in gone.difference(&back) {
            let told = &interruption.unwrap().gone;
            assert!(
                told.contains(&lost.addr().to_string()),
                "{lost} stays away, untold: {told:?}\n{}",
                show(&plan.steps)
            );
        }
        undisturbed += usize::from(!plan.is_empty() && interruption.is_none());
    });
    assert!(outages > 500 && undisturbed > 100, "the universe has shrunk: {outages}, {undisturbed}");
}

#[test]
fn a_group_that_goes_keeps_its_addresses_until_its_last_member_leaves_and_gives_them_back_before_the_device_goes() {
    let mut asked = 0;
    every_pair(|from, to, plan| {
        let Some(interruption) = plan.outage.interruption.as_ref().filter(|i| i.worst == Outage::Outage) else {
            return;
        };
        let bond0 = name("bond0");
        if from.interface(&bond0).is_none() || to.interface(&bond0).is_some() || interruption.of != [bond0] {
            return;
        }
        let away = &plan.steps[interruption.first..=interruption.last.unwrap_or(interruption.first)];
        let leave = away.iter().filter(|step| matches!(step, Step::RemoveMember { .. })).count();
        assert!(leave <= 1, "{interruption}\n{}", show(&plan.steps));
        let deleted = away.iter().any(|step| matches!(step, Step::DeleteGroup(_)));
        assert!(!deleted, "{interruption}\n{}", show(&plan.steps));
        asked += 1;
    });
    assert!(asked > 10, "the universe has shrunk: {asked}");
}
