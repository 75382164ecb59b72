use proptest::prelude::*;

use super::condition::Condition;
use super::*;
use crate::status::Role;
use crate::{GroupName, MacAddress};

const MAC: MacAddress = MacAddress::new([2, 0, 0, 0, 0, 9]);

fn name(text: &str) -> InterfaceName {
    InterfaceName::new(text).unwrap()
}

fn member(name: &str, state: &'static str, link: LinkState) -> MemberStatus {
    MemberStatus {
        name: name.to_owned(),
        state,
        link,
        role: Role::Standby,
        active: false,
        optional: false,
        speed: None,
        mac: None,
        permanent_mac: None,
        failures: 0,
        priority: 0,
    }
}

fn up(name: &str) -> MemberStatus {
    member(name, "ok", LinkState::Up)
}

fn group(state: GroupHealth, drift: usize, active: Option<&str>, members: Vec<MemberStatus>) -> GroupStatus {
    GroupStatus {
        name: GroupName::new("lan").unwrap(),
        device: name("bond0"),
        state,
        drift,
        mode: "active-backup".to_owned(),
        active: active.map(name),
        primary: Some(name("eth1")),
        mac: None,
        members,
        addresses: vec![],
    }
}

fn words(earlier: &GroupStatus, later: &GroupStatus) -> Vec<&'static str> {
    between(earlier, later).iter().map(Event::word).collect()
}

fn ok() -> GroupStatus {
    group(GroupHealth::Ok, 0, Some("eth1"), vec![up("eth1"), up("eth0")])
}

fn failed_over() -> GroupStatus {
    let members = vec![member("eth1", "failed", LinkState::Down), up("eth0")];
    group(GroupHealth::Degraded, 0, Some("eth0"), members)
}

#[test]
fn nothing_happened_where_nothing_differs() {
    assert_eq!(between(&ok(), &ok()), []);
    assert_eq!(between(&failed_over(), &failed_over()), []);
}

#[test]
fn a_failover_is_told_after_its_cause_and_before_its_consequence() {
    let events = between(&ok(), &failed_over());
    let told: Vec<_> = events.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["eth1 has failed, link down", "failover from eth1 to eth0", "degraded"]);
    let back: Vec<_> = between(&failed_over(), &ok()).iter().map(ToString::to_string).collect();
    assert_eq!(back, ["eth1 works again", "failback from eth0 to eth1", "ok"]);
}

#[test]
fn a_member_on_its_way_down_has_not_failed_yet() {
    let failing =
        group(GroupHealth::Degraded, 0, Some("eth1"), vec![member("eth1", "failing", LinkState::Down), up("eth0")]);
    assert_eq!(words(&ok(), &failing), ["member-changed", "degraded"]);
    assert_eq!(words(&failing, &failed_over()), ["member-failed", "failover"]);
    let linked =
        group(GroupHealth::Degraded, 0, Some("eth0"), vec![member("eth1", "failed", LinkState::Up), up("eth0")]);
    assert_eq!(words(&failed_over(), &linked), ["link-up"]);
    assert_eq!(words(&linked, &failed_over()), ["link-down"]);
}

#[test]
fn the_last_member_to_fail_takes_the_group_with_it() {
    let members = ["eth1", "eth0"].map(|name| member(name, "failed", LinkState::Down)).to_vec();
    let failed = group(GroupHealth::Failed, 0, None, members);
    assert_eq!(words(&failed_over(), &failed), ["member-failed", "active-lost", "failed"]);
    assert_eq!(words(&failed, &failed_over()), ["member-repaired", "active-found", "degraded"]);
}

#[test]
fn a_member_taken_out_behind_our_back_is_drift() {
    let members = vec![up("eth1"), member("eth0", "outside", LinkState::Up)];
    let taken = group(GroupHealth::Degraded, 2, Some("eth1"), members);
    assert_eq!(words(&ok(), &taken), ["member-left", "drift", "degraded"]);
    assert_eq!(words(&taken, &ok()), ["member-joined", "ok"]);
}

#[test]
fn drift_is_told_when_it_grows_shrinks_and_ends() {
    let drifted = |steps| group(GroupHealth::Drifted, steps, Some("eth1"), vec![up("eth1"), up("eth0")]);
    assert_eq!(between(&ok(), &drifted(1)), [Event::Drift { steps: 1, state: GroupHealth::Drifted }]);
    assert_eq!(words(&drifted(1), &drifted(3)), ["drift"]);
    assert_eq!(words(&drifted(3), &ok()), ["ok"]);
    let both = GroupStatus { drift: 2, ..failed_over() };
    let told = between(&both, &failed_over());
    assert_eq!(told, [Event::Drift { steps: 0, state: GroupHealth::Degraded }]);
    assert_eq!(told[0].to_string(), "the host is as the file says again");
    // The same steps, and no other trouble any more.
    let healed = GroupStatus { drift: 2, ..ok() };
    assert_eq!(words(&both, &GroupStatus { state: GroupHealth::Drifted, ..healed })[2..], ["drift"]);
}

#[test]
fn an_interface_that_goes_and_comes_is_told_by_its_name() {
    let gone =
        group(GroupHealth::Degraded, 0, Some("eth0"), vec![member("eth1", "absent", LinkState::Unknown), up("eth0")]);
    assert_eq!(words(&ok(), &gone), ["member-gone", "failover", "degraded"]);
    assert_eq!(words(&gone, &ok()), ["member-appeared", "failback", "ok"]);
}

#[test]
fn a_member_that_the_file_gives_by_its_mac_address_is_one_member_under_two_names() {
    let there = group(GroupHealth::Ok, 0, None, vec![MemberStatus { permanent_mac: Some(MAC), ..up("usb0") }]);
    let gone = group(GroupHealth::Failed, 0, None, vec![member(&MAC.to_string(), "absent", LinkState::Unknown)]);
    let now = |member: &str, formerly: &str, state, link| MemberNow {
        member: member.to_owned(),
        formerly: Some(formerly.to_owned()),
        state,
        link,
    };
    let mac = MAC.to_string();
    assert_eq!(between(&there, &gone)[0], Event::MemberGone(now(&mac, "usb0", "absent", LinkState::Unknown)));
    assert_eq!(between(&gone, &there)[0], Event::MemberAppeared(now("usb0", &mac, "ok", LinkState::Up)));
}

#[test]
fn a_stranger_comes_and_leaves_without_a_trace() {
    let with = group(GroupHealth::Drifted, 1, Some("eth1"), vec![up("eth1"), up("eth0"), up("eth7")]);
    assert_eq!(words(&ok(), &with), ["member-joined", "drift"]);
    assert_eq!(words(&with, &ok()), ["member-left", "ok"]);
    let mut condition = Condition::of(&with);
    between(&with, &ok()).iter().for_each(|event| condition.take(event));
    assert_eq!(condition, Condition::of(&ok()));
}

#[test]
fn every_event_says_its_word_in_json() {
    let mut seen = vec![Event::Watching { status: Box::new(ok()) }];
    for (earlier, later) in [(ok(), failed_over()), (failed_over(), ok())] {
        seen.extend(between(&earlier, &later));
    }
    for event in seen {
        assert_eq!(serde_json::to_value(&event).unwrap()["event"], event.word());
    }
}

/// A member of the file, in any state that one can have; the second is given by its MAC address.
fn of_the_file(number: usize) -> impl Strategy<Value = MemberStatus> {
    let inside = prop::sample::select(vec!["ok", "failing", "failed", "recovering", "offline", "unknown", "outside"]);
    let link = prop::sample::select(vec![LinkState::Up, LinkState::Down]);
    prop_oneof![
        4 => (inside, link).prop_map(move |(state, link)| MemberStatus {
            permanent_mac: (number == 1).then_some(MAC),
            ..member(["eth1", "usb0", "eth0"][number], state, link)
        }),
        1 => Just(if number == 1 { MAC.to_string() } else { ["eth1", "", "eth0"][number].to_owned() })
            .prop_map(|name| member(&name, "absent", LinkState::Unknown)),
    ]
}

fn any_status() -> impl Strategy<Value = GroupStatus> {
    let stranger = prop::option::of(prop::sample::select(vec!["ok", "failed"]));
    let active = prop::option::of(prop::sample::select(vec!["eth1", "usb0", "eth0"]));
    let members = (of_the_file(0), of_the_file(1), of_the_file(2), stranger);
    (members, active, prop::sample::select(GroupHealth::ALL.to_vec()), 0_usize..3).prop_map(
        |((a, b, c, stranger), active, state, drift)| {
            let stranger = stranger.map(|state| member("eth7", state, LinkState::Up));
            // As `GroupStatus::of` has it: drifted is where there is a drift and no other trouble.
            let drift = match state {
                GroupHealth::Ok => 0,
                GroupHealth::Drifted => drift + 1,
                _ => drift,
            };
            group(state, drift, active, [a, b, c].into_iter().chain(stranger).collect())
        },
    )
}

proptest! {
    #[test]
    fn events_lead_from_any_status_to_any_other(earlier in any_status(), later in any_status()) {
        let mut condition = Condition::of(&earlier);
        let events = between(&earlier, &later);
        prop_assert_eq!(events.is_empty(), condition == Condition::of(&later));
        for event in &events {
            condition.take(event);
        }
        prop_assert_eq!(condition, Condition::of(&later), "{:?}", events);
    }
}
