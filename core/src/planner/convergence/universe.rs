//! A small universe of hosts: every kind of difference that a plan may meet.

use std::collections::BTreeMap;

use crate::detection::{Detection, LinkDetection, ProbeDetection, ProbeValidation};
use crate::mode::{Lacp, LacpRate, Mode, ModeName};
use crate::settings::{Failback, MacSharing};
use crate::snapshot::{AcceptRa, Controller, Dhcp, Driver, GroupState, Interface, Kind, Membership};
use crate::{Address, GroupSettings, InterfaceName, MacAddress, Millis, Route, Snapshot};

const MEMBERS: [&str; 3] = ["eth0", "eth1", "wlan0"];

/// An interface of every host that has nothing to do with the group.
pub(super) const STRANGER: &str = "eth7";

pub(super) fn name(text: &str) -> InterfaceName {
    InterfaceName::new(text).unwrap()
}

pub(super) fn address(text: &str) -> Address {
    Address::new(text.parse().unwrap())
}

pub(super) fn route(to: &str, via: Option<&str>) -> Route {
    Route::new(to.parse().unwrap(), via.map(|via| via.parse().unwrap()))
}

pub(super) fn settings() -> GroupSettings {
    GroupSettings {
        mode: Mode::ActiveBackup,
        detection: Some(Detection::default()),
        primary: None,
        failback: Failback::Always,
        mac_sharing: MacSharing::Shared,
        peer_notifications: 1,
    }
}

/// A host with three cards, each down and bare, and a stranger that is neither.
pub(super) fn bare() -> Snapshot {
    let card = |(number, text): (u8, &&str)| {
        let mac = Some(MacAddress::new([2, 0, 0, 0, 0, number]));
        let kind = if *text == "wlan0" { Kind::Wireless } else { Kind::Ethernet };
        (name(text), Interface { mac, permanent_mac: mac, ..Interface::new(kind) })
    };
    let mut interfaces: BTreeMap<_, _> = (1..).zip(&MEMBERS).map(card).collect();
    let (stranger, mut interface) = card((7, &STRANGER));
    interface.up = true;
    interface.mtu = 1420;
    interface.addresses = vec![address("10.7.0.7/24"), address("10.7.0.8/24"), address("2001:db8:7::7/64")];
    interface.routes = vec![
        Route { metric: Some(700), ..route("0.0.0.0/0", Some("10.7.0.1")) },
        route("10.70.0.0/16", Some("10.7.0.1")),
        route("2001:db8:70::/48", Some("2001:db8:7::1")),
    ];
    interfaces.insert(stranger, interface);
    Snapshot { driver: Driver::Ready, interfaces: interfaces.into(), ..Snapshot::default() }
}

/// How cards are when they work for themselves.
fn cards() -> Vec<Snapshot> {
    let mut busy = bare();
    let eth1 = busy.interfaces.get_mut("eth1").unwrap();
    eth1.up = true;
    eth1.addresses = vec![address("192.168.1.34/24"), address("192.168.1.35/24"), address("2001:db8::34/64")];
    eth1.routes = vec![route("0.0.0.0/0", Some("192.168.9.1")), route("192.168.9.0/24", None)];
    let mut odd = bare();
    let eth0 = odd.interfaces.get_mut("eth0").unwrap();
    eth0.mtu = 9000;
    eth0.mac = Some(MacAddress::new([6, 6, 6, 6, 6, 6]));
    eth0.addresses = vec![address("10.0.0.1/8")];
    let wlan0 = odd.interfaces.get_mut("wlan0").unwrap();
    wlan0.up = true;
    wlan0.routes = vec![Route { metric: Some(600), ..route("0.0.0.0/0", Some("192.168.1.1")) }];
    vec![bare(), busy, odd]
}

/// Makes cards members of a device.
pub(super) fn with_device(
    mut host: Snapshot,
    settings: GroupSettings,
    members: &[&str],
    change: fn(&mut Interface),
) -> Snapshot {
    let mut device = Interface::new(Kind::Group(Box::new(GroupState {
        settings: GroupSettings { primary: settings.primary.filter(|p| members.contains(&p.as_str())), ..settings },
        label: Some("mpath:lan".to_owned()),
        active: None,
        dhcp: Dhcp::default(),
    })));
    device.up = true;
    device.mac = Some(MacAddress::new([2, 0, 0, 0, 0, 9]));
    change(&mut device);
    for text in members {
        let member = host.interfaces.get_mut(*text).unwrap();
        let membership = Membership { own_mtu: Some(member.mtu), ..Membership::new(name("bond0"), member.mac) };
        member.controller = Some(Controller::Group(membership));
        member.up = true;
        member.addresses.clear();
        member.routes.clear();
        member.mtu = device.mtu;
        if device.group().unwrap().settings.mac_sharing == MacSharing::Shared {
            member.mac = device.mac;
        }
    }
    host.interfaces.insert(name("bond0"), device);
    host
}

/// All of it: a few dozen hosts.
pub(super) fn universe() -> Vec<Snapshot> {
    let link = |interval, up, down| {
        let (interval, up_delay, down_delay) = (Millis::new(interval), Millis::new(up), Millis::new(down));
        Some(Detection::Link(LinkDetection { interval, up_delay, down_delay }))
    };
    let probe = Some(Detection::Probe(ProbeDetection {
        interval: Millis::new(200),
        targets: vec!["192.168.1.24".parse().unwrap()],
        missed: 2,
        validate: ProbeValidation::All,
        all_targets: false,
    }));
    let lacp = |rate| Mode::Lacp(Lacp { rate, ..Lacp::default() });
    let variants = [
        settings(),
        GroupSettings { primary: Some(name("eth1")), detection: link(100, 200, 200), ..settings() },
        GroupSettings { primary: Some(name("eth0")), failback: Failback::Never, ..settings() },
        GroupSettings { detection: probe, ..settings() },
        GroupSettings { mac_sharing: MacSharing::Active, primary: Some(name("eth1")), ..settings() },
        GroupSettings { mode: ModeName::RoundRobin.with_defaults(), detection: None, ..settings() },
        GroupSettings { mode: lacp(LacpRate::Slow), ..settings() },
        GroupSettings { mode: lacp(LacpRate::Fast), ..settings() },
    ];
    let changes: [fn(&mut Interface); 6] = [
        |_| {},
        |device| {
            device.addresses = vec![address("192.168.1.34/24"), address("192.168.1.35/24")];
            device.routes = vec![route("0.0.0.0/0", Some("192.168.1.24"))];
        },
        |device| {
            device.addresses = vec![address("192.168.1.35/24"), address("2001:db8::34/64")];
            device.routes = vec![route("::/0", Some("2001:db8::1")), route("192.168.9.0/24", None)];
            device.accept_ra = AcceptRa::No;
        },
        |device| {
            device.mtu = 9000;
            device.group_mut().unwrap().dhcp = Dhcp { v4: true, v6: true };
        },
        |device| {
            device.up = false;
            device.addresses = vec![address("2001:db8::34/64"), address("192.168.1.34/24")];
            device.group_mut().unwrap().label = None;
        },
        |device| device.group_mut().unwrap().label = Some("somebody".to_owned()),
    ];
    let mut hosts = cards();
    let sets: [&[&str]; 4] = [&[], &["eth1"], &["eth0", "eth1"], &["eth0", "eth1", "wlan0"]];
    for (place, variant) in variants.iter().enumerate() {
        for (turn, members) in sets.iter().enumerate() {
            let change = changes[(place + turn) % changes.len()];
            let card = cards()[(place + turn) % 3].clone();
            let mut host = with_device(card, variant.clone(), members, change);
            // One place, one route: a card keeps its default route only where the device has none.
            let device_has_default = host.interfaces["bond0"].routes.iter().any(Route::is_default);
            for card in MEMBERS.iter().filter(|_| device_has_default) {
                host.interfaces.get_mut(*card).unwrap().routes.retain(|route| !route.is_default());
            }
            hosts.push(host);
        }
    }
    let mut ranked = with_device(bare(), settings(), &["eth0", "eth1"], |_| {});
    for (card, rank) in [("eth0", 10), ("eth1", -5)] {
        if let Some(Controller::Group(m)) = &mut ranked.interfaces.get_mut(card).unwrap().controller {
            m.priority = rank;
        }
    }
    hosts.push(ranked);
    let mut unready = bare();
    unready.driver = Driver::NotLoaded;
    hosts.push(unready);
    hosts
}
