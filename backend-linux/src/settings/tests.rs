use netlink_packet_route::link::{BondAdSelect, BondMode};

use super::*;

#[test]
fn an_attribute_that_is_not_dumped_has_the_kernels_default() {
    let settings = settings_of(&[], |_| None).unwrap();
    assert_eq!(settings.mode, Mode::RoundRobin { packets_per_member: 1 });
    assert_eq!(settings.detection, None);
    assert_eq!(settings.peer_notifications, 1);
}

#[test]
fn without_either_interval_nothing_watches_whatever_the_delays_say() {
    let attributes = [InfoBond::Mode(BondMode::ActiveBackup), InfoBond::MiiMon(0), InfoBond::UpDelay(200)];
    assert_eq!(settings_of(&attributes, |_| None).unwrap().detection, None);
}

#[test]
fn a_value_without_a_word_is_named_not_guessed() {
    let mode = [InfoBond::Mode(BondMode::Other(7))];
    assert_eq!(settings_of(&mode, |_| None).unwrap_err(), "mode 7 is not known");
    let select = [InfoBond::Mode(BondMode::Ieee8023Ad), InfoBond::AdSelect(BondAdSelect::ActorPortPrio)];
    assert_eq!(settings_of(&select, |_| None).unwrap_err(), "ad_select 3 is not known");
}

#[test]
fn an_option_of_another_mode_is_no_setting() {
    let attributes = [InfoBond::Mode(BondMode::ActiveBackup), InfoBond::AdSelect(BondAdSelect::ActorPortPrio)];
    assert!(settings_of(&attributes, |_| None).is_ok());
}
