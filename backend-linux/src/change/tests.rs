use mpath_core::InterfaceName;
use mpath_core::mode::{Lacp, LacpRate, LacpSelect, TransmitHash};
use mpath_core::settings::{Failback, MacSharing};
use netlink_packet_route::link::InfoBond;

use super::*;
use crate::message::attribute_of;
use crate::settings::settings_of;

const PRIMARY: u32 = 7;

fn settings(mode: Mode) -> GroupSettings {
    let primary = mode.name().has_primary().then(|| InterfaceName::new("eth1").unwrap());
    let link = LinkDetection { interval: Millis::new(50), up_delay: Millis::new(100), down_delay: Millis::new(150) };
    GroupSettings {
        mode,
        detection: Some(Detection::Link(link)),
        primary,
        failback: Failback::Always,
        mac_sharing: MacSharing::Active,
        peer_notifications: 3,
    }
}

fn modes() -> Vec<Mode> {
    let transmit_hash = TransmitHash::Encap34;
    let lacp = Lacp {
        rate: LacpRate::Fast,
        active: false,
        select: LacpSelect::Count,
        min_links: 2,
        transmit_hash,
        system_priority: 9,
        system: Some("02:00:00:00:00:09".parse().unwrap()),
        port_key: 5,
    };
    vec![
        Mode::RoundRobin { packets_per_member: 9 },
        Mode::ActiveBackup,
        Mode::Xor { transmit_hash },
        Mode::Broadcast,
        Mode::Lacp(lacp),
        Mode::TransmitBalance { transmit_hash, dynamic: false, learning_interval: 4 },
        Mode::AdaptiveBalance { learning_interval: 4 },
    ]
}

fn attributes(options: &[BondOption]) -> Vec<InfoBond> {
    options.iter().map(|option| attribute_of(option, |_| Ok::<_, ()>(PRIMARY)).unwrap()).collect()
}

fn read(attributes: &[InfoBond]) -> GroupSettings {
    settings_of(attributes, |index| (index == PRIMARY).then(|| InterfaceName::new("eth1").unwrap())).unwrap()
}

#[test]
fn what_is_sent_for_a_new_bond_reads_back_as_it_was_in_every_mode() {
    for mode in modes() {
        let wanted = settings(mode);
        assert_eq!(read(&attributes(&options_of(&wanted))), wanted);
        let unwatched = GroupSettings { detection: None, ..wanted };
        assert_eq!(read(&attributes(&options_of(&unwatched))), unwatched);
    }
}

#[test]
fn a_probing_bond_reads_back_with_every_validation() {
    for validate in ProbeValidation::ALL {
        let probe = ProbeDetection {
            interval: Millis::new(500),
            targets: vec!["10.0.0.1".parse().unwrap(), "fd00::1".parse().unwrap()],
            missed: 5,
            validate: *validate,
            all_targets: true,
        };
        let wanted = GroupSettings { detection: Some(Detection::Probe(probe)), ..settings(Mode::ActiveBackup) };
        assert_eq!(read(&attributes(&options_of(&wanted))), wanted);
    }
}

#[test]
fn a_new_mode_says_everything_anew() {
    for from in modes() {
        for to in modes() {
            if from.name() != to.name() {
                let (from, to) = (settings(from.clone()), settings(to));
                assert_eq!(read(&attributes(&changes(&from, &to))), to);
            }
        }
    }
}

#[test]
fn a_new_mode_is_told_again_how_to_validate_probes() {
    let probe = ProbeDetection {
        interval: Millis::new(500),
        targets: vec!["10.0.0.1".parse().unwrap()],
        missed: 2,
        validate: ProbeValidation::All,
        all_targets: false,
    };
    let probing = |mode| GroupSettings { detection: Some(Detection::Probe(probe.clone())), ..settings(mode) };
    let options = changes(&probing(Mode::ActiveBackup), &probing(Mode::Broadcast));
    assert!(options.contains(&BondOption::ArpValidate(ProbeValidation::All)), "{options:?}");
}

#[test]
fn when_to_fail_back_is_said_in_every_mode() {
    let from = settings(Mode::Broadcast);
    let to = GroupSettings { failback: Failback::Never, ..from.clone() };
    assert_eq!(changes(&from, &to), [BondOption::PrimaryReselect(Failback::Never)]);
}

#[test]
fn a_mode_with_a_primary_forgets_an_earlier_one() {
    let from = settings(Mode::Broadcast);
    let to = GroupSettings { primary: None, ..settings(Mode::ActiveBackup) };
    assert!(changes(&from, &to).contains(&BondOption::Primary(None)));
}

#[test]
fn a_changed_option_of_a_mode_goes_alone() {
    let lacp = |rate| settings(Mode::Lacp(Lacp { rate, ..Lacp::default() }));
    assert_eq!(changes(&lacp(LacpRate::Slow), &lacp(LacpRate::Fast)), [BondOption::LacpRate(LacpRate::Fast)]);
}

#[test]
fn a_list_of_targets_is_replaced_as_a_whole_and_only_its_own_family() {
    let probe = |targets: &[&str]| {
        let probe = ProbeDetection {
            interval: Millis::new(500),
            targets: targets.iter().map(|target| target.parse().unwrap()).collect(),
            missed: 2,
            validate: ProbeValidation::All,
            all_targets: false,
        };
        GroupSettings { detection: Some(Detection::Probe(probe)), ..settings(Mode::ActiveBackup) }
    };
    assert_eq!(
        changes(&probe(&["10.0.0.1", "fd00::1"]), &probe(&["10.0.0.2", "fd00::1"])),
        [BondOption::ArpIpTarget(vec![[10, 0, 0, 2].into()])]
    );
}

#[test]
fn a_bond_that_nothing_watched_before_is_watched_by_one_change() {
    let from = GroupSettings { detection: None, ..settings(Mode::ActiveBackup) };
    let to = settings(Mode::ActiveBackup);
    assert_eq!(changes(&from, &to).first(), Some(&BondOption::Miimon(Millis::new(50))));
    assert_eq!(changes(&to, &from), [BondOption::Miimon(Millis::new(0))]);
}
