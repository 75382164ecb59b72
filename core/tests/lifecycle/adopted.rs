//! A device that somebody else made is taken over, and given back.

use pretty_assertions::assert_eq;

use mpath_core::fake::FakeHost;
use mpath_core::mode::{Mode, ModeName};
use mpath_core::plan::{self, Prepared};
use mpath_core::resolve::Question;
use mpath_core::settings::{Failback, MacSharing};
use mpath_core::step::NewGroup;
use mpath_core::{Address, Backend as _, Detection, Draft, GroupSettings, Step};

use crate::{WORDS, down, group, host, lines, name};

/// A device of somebody else's, with the MAC address of this interface and with these members.
fn of_somebody_else(host: &mut FakeHost, mode: Mode, mac_of: &str, members: &[&str]) {
    let settings = GroupSettings {
        mode,
        detection: Some(Detection::default()),
        primary: None,
        failback: Failback::Always,
        mac_sharing: MacSharing::Shared,
        peer_notifications: 1,
    };
    let new = NewGroup {
        device: name("bond0"),
        settings: Box::new(settings),
        label: None,
        mac: host.host.interfaces[&name(mac_of)].mac,
        mtu: None,
    };
    host.execute(&Step::CreateGroup(new)).unwrap();
    for member in members {
        let member = host.host.interfaces.get_mut(*member).map(|interface| {
            interface.up = false;
            interface.addresses.clear();
            interface.routes.clear();
            name(member)
        });
        host.execute(&Step::AddMember { device: name("bond0"), member: member.unwrap() }).unwrap();
    }
    let address = Address::new("10.5.5.5/24".parse().unwrap());
    for step in
        [Step::SetUp { interface: name("bond0"), up: true }, Step::AddAddress { interface: name("bond0"), address }]
    {
        host.execute(&step).unwrap();
    }
}

#[test]
fn an_adopted_device_keeps_the_mac_address_that_its_neighbours_know() {
    for (mac_of, members, is_kept) in [("eth0", ["eth1", "eth0"], true), ("eth2", ["eth1", "eth0"], false)] {
        let mut host = host();
        of_somebody_else(&mut host, ModeName::ActiveBackup.with_defaults(), mac_of, &members);
        let (current, capabilities) = (host.observe().unwrap(), host.capabilities.clone());
        let desired = group("members = [\"eth1\", \"eth0\"]\naddresses = [\"10.5.5.5/24\"]");
        let question = Question {
            desired: &desired,
            current: &current,
            receipt: None,
            capabilities: &capabilities,
            adopt: true,
            persist: false,
        };
        let plan = plan::up(question).unwrap().plan;
        let changes = plan.steps.iter().any(|step| matches!(step, Step::SetMac { .. }));
        assert_eq!(!changes, is_kept, "{:?}", plan.steps);
        // Written down, an address that is no member's is the group's.
        let written = Draft::of_host(&name("bond0"), &current).unwrap();
        let mac = current.interfaces["bond0"].mac.unwrap().to_string();
        assert_eq!(written.get("mac"), (!is_kept).then(|| mac.into()).as_ref());
    }
}

#[test]
fn an_adopted_device_is_given_back_with_all_its_members() {
    let mut host = host();
    of_somebody_else(&mut host, ModeName::Xor.with_defaults(), "eth2", &["eth2"]);
    let before = lines(&mut host);
    let current = host.observe().unwrap();
    let capabilities = host.capabilities.clone();
    let desired = group(WORDS[0]);
    let question = |adopt| Question {
        desired: &desired,
        current: &current,
        receipt: None,
        capabilities: &capabilities,
        adopt,
        persist: false,
    };
    assert!(plan::up(question(false)).is_err());
    let Prepared { plan, receipt } = plan::up(question(true)).unwrap();
    for step in &plan.steps {
        host.execute(step).unwrap();
    }
    assert!(host.host.interfaces["eth2"].controller.is_none(), "not in the file");
    down(&mut host, Some(&receipt));
    assert_eq!(lines(&mut host), before);
}
