use super::*;
use crate::detection::{LinkDetection, ProbeDetection};
use crate::fake;
use crate::mode::ModeName;
use crate::settings::MacSharing;
use crate::snapshot::{Controller, Dhcp, GroupState, Interface, Kind as Sort, MemberState, Membership};
use crate::{GroupName, GroupSettings, Millis};

fn name(text: &str) -> InterfaceName {
    InterfaceName::new(text).unwrap()
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn link() -> LinkDetection {
    LinkDetection { interval: Millis::new(100), up_delay: Millis::new(200), down_delay: Millis::new(200) }
}

fn host(members: &[&str], failback: Failback) -> Snapshot {
    let mut host = Snapshot::default();
    for member in members {
        let mut interface = Interface::new(Sort::Ethernet);
        (interface.up, interface.carrier) = (true, true);
        let membership = Membership { state: MemberState::Ok, ..Membership::new(name("bond0"), None) };
        interface.controller = Some(Controller::Group(membership));
        host.interfaces.insert(name(member), interface);
    }
    let settings = GroupSettings {
        mode: ModeName::ActiveBackup.with_defaults(),
        detection: Some(Detection::Link(link())),
        primary: Some(name(members[0])),
        failback,
        mac_sharing: MacSharing::Shared,
        peer_notifications: 1,
    };
    let state = GroupState { settings, label: None, active: Some(name(members[0])), dhcp: Dhcp::default() };
    host.interfaces.insert(name("bond0"), Interface::new(Sort::Group(Box::new(state))));
    host
}

fn drill(host: &Snapshot, how: How) -> Result<Vec<String>, NoDrill> {
    let (group, device, capabilities) = (GroupName::new("lan").unwrap(), name("bond0"), fake::capabilities());
    let question = Question { group: &group, device: &device, current: host, capabilities: &capabilities };
    let told = |event: Event| format!("{} {} {}", event.kind, event.member, event.bound.as_millis());
    Ok(events(question, how)?.into_iter().map(told).collect())
}

#[test]
fn a_switch_goes_round_and_ends_where_it_began() {
    let host = host(&["eth1", "eth2", "eth3"], Failback::Always);
    assert_eq!(drill(&host, How::Switch).unwrap(), ["hand-over eth2 0", "hand-over eth3 0", "hand-over eth1 0"]);
}

#[test]
fn only_the_failure_of_the_active_member_may_cost_what_detection_takes() {
    let always = host(&["eth1", "eth2"], Failback::Always);
    let expected = ["fail eth1 300", "restore eth1 0", "fail eth2 0", "restore eth2 0"];
    assert_eq!(drill(&always, How::Admin).unwrap(), expected);
    assert_eq!(drill(&always, How::Carrier).unwrap(), expected);
    let never = drill(&host(&["eth1", "eth2"], Failback::Never), How::Admin).unwrap();
    assert_eq!(never[..3], ["fail eth1 300", "restore eth1 0", "hand-over eth1 0"], "it does not return by itself");
}

#[test]
fn redundancy_is_not_put_at_risk() {
    let mut host = host(&["eth1", "eth2"], Failback::Always);
    host.interfaces.get_mut(&name("eth2")).unwrap().carrier = false;
    let refused = drill(&host, How::Switch).unwrap_err();
    assert_eq!(refused.to_string(), "eth2 is without a link: a drill wants every member to work");
    host.interfaces.remove(&name("eth2"));
    assert!(matches!(drill(&host, How::Admin), Err(NoDrill::TooFew { members: 1, .. })));
}

#[test]
fn the_bound_is_that_of_whatever_finds_the_failure_first() {
    let probe = ProbeDetection::every(Millis::new(100));
    assert_eq!(bound(Some(&Detection::Link(link()))), ms(300));
    assert_eq!(bound(Some(&Detection::Probe(probe.clone()))), ms(350));
    assert_eq!(bound(Some(&Detection::LinkAndProbe(link(), probe))), ms(300));
    assert_eq!(bound(None), ms(0));
}

#[test]
fn a_cable_that_is_pulled_and_not_missed_is_told_from_one_that_was_not_pulled() {
    let mut host = host(&["eth1", "eth2"], Failback::Always);
    let event =
        |deed| Event { kind: Kind::Fail, member: name("eth1"), deed, until: Until::Left(name("eth1")), bound: ms(300) };
    let stuck = |host: &Snapshot, deed, silent| Stuck::of(&event(deed), host, silent);
    assert_eq!(stuck(&host, Deed::Cut, true), Stuck::CarrierStayed { member: name("eth1") });
    assert_eq!(stuck(&host, Deed::Cut, false), Stuck::NotCut { member: name("eth1") });
    let slow = |state: &str| Stuck::Slow { member: name("eth1"), state: state.to_owned() };
    assert_eq!(stuck(&host, Deed::Plug, true), slow("ok"));
    host.interfaces.get_mut(&name("eth1")).unwrap().carrier = false;
    assert_eq!(stuck(&host, Deed::Cut, true), slow("without a link"), "the driver told, and nobody took over");
}
