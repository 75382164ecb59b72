//! A host in memory, for tests: it remembers what is done to it, refuses nonsense, and fails when it is told to.

use std::time::Duration;

use crate::backend::{Backend, BackendError, Changes, Counters};
use crate::capability::{Capabilities, ChangeNeed, Cures, DefaultDevice, Feature, GroupRules, Missing};
use crate::effect;
use crate::finding::Finding;
use crate::settings::{MacSharing, Setting};
use crate::snapshot::{Controller, Driver, Manager, MemberState, Membership};
use crate::{Address, InterfaceName, MacAddress, Snapshot, Step};

/// A host in memory.
#[derive(Debug, Clone)]
pub struct FakeHost {
    /// How it is.
    pub host: Snapshot,
    /// Every step that it was asked to do and did.
    pub done: Vec<Step>,
    /// How many more steps succeed before one fails; `None` is all of them.
    pub fails_after: Option<usize>,
    /// Whether the failing step is done all the same, as when an answer is lost.
    pub fails_late: bool,
    /// Settings and addresses that it takes without doing anything, as kernels do with what they do not know.
    pub ignores: fn(&Step) -> bool,
    /// What another program puts on interfaces before each of the next looks, the last first.
    pub meddled: Vec<Vec<(InterfaceName, Address)>>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// How often all of it was looked at.
    pub observed: usize,
    /// How often a part of it was.
    pub refreshed: usize,
    /// Members whose cable is out.
    pub unplugged: Vec<InterfaceName>,
    /// A member that was made the active one, and those that worked then: it stays so until they are others.
    chosen: Option<(InterfaceName, Vec<InterfaceName>)>,
}

/// A host in memory says nothing by itself: whoever listens looks again and again.
struct Beat;

impl Changes for Beat {
    fn wait(&mut self) -> Result<(), BackendError> {
        std::thread::sleep(std::time::Duration::from_millis(1));
        Ok(())
    }
}

/// What the fake can do: as much as Linux bonding.
pub fn capabilities() -> Capabilities {
    Capabilities {
        platform: "the fake host",
        longest_interface_name: 15,
        reserved_names: &["all", "default"],
        default_device: DefaultDevice::GroupName,
        missing: vec![Missing { feature: Feature::Persistence, reason: "it is in memory".to_owned(), cure: None }],
        rules: GroupRules::default(),
        cures: Cures {
            show_interfaces: "ip link",
            free_member: "ip link set dev {member} nomaster",
            free_passing_member: "ip link set dev {member} nomaster",
            remove_route: "ip route del {route} dev {interface}",
            ranks_routes: true,
            switch_off: "ip link set dev {interface} down",
            remove_interface: "ip link delete dev {interface}",
            leave_alone: &[
                (Manager::NetworkManager, "nmcli device set {interface} managed no"),
                (
                    Manager::Networkd,
                    "printf '[Match]\\nName={name}\\n[Link]\\nUnmanaged=yes\\n' > {unit} && networkctl reload",
                ),
            ],
            own_directory: "run it as root; or, with CAP_NET_ADMIN, let root type first: install -d -o {user} {directory}",
        },
        obstacles: vec![],
        remarks: vec![],
        change_needs: &[
            (Setting::Mode, ChangeNeed::DownAndEmpty),
            (Setting::MacSharing, ChangeNeed::DownAndEmpty),
            (Setting::LacpRate, ChangeNeed::Down),
            (Setting::LacpSelect, ChangeNeed::Down),
        ],
    }
}

impl FakeHost {
    /// A host that is as given.
    pub fn new(host: Snapshot) -> Self {
        Self {
            host,
            done: vec![],
            fails_after: None,
            fails_late: false,
            ignores: |_| false,
            meddled: vec![],
            capabilities: capabilities(),
            observed: 0,
            refreshed: 0,
            unplugged: vec![],
            chosen: None,
        }
    }

    /// How it is, as a system shows it.
    fn look(&mut self) -> Snapshot {
        for (name, address) in self.meddled.pop().into_iter().flatten() {
            if let Some(interface) = self.host.interfaces.get_mut(&name) {
                interface.addresses.push(address);
            }
        }
        self.settle();
        let mut seen = self.host.clone();
        for interface in seen.interfaces.values_mut() {
            if let Some(Controller::Group(membership)) = &mut interface.controller {
                membership.own_mtu = None;
            }
        }
        seen
    }

    /// Lets links, the active member and random addresses be as a system would have them.
    fn settle(&mut self) {
        let devices: Vec<_> =
            self.host.interfaces.iter().filter(|(_, i)| i.group().is_some()).map(|(n, _)| n.clone()).collect();
        for (name, interface) in &mut self.host.interfaces {
            interface.carrier = interface.up && !self.unplugged.contains(name);
            let carrier = interface.carrier;
            if let Some(Controller::Group(membership)) = &mut interface.controller {
                membership.state = if carrier { MemberState::Ok } else { MemberState::Failed };
                membership.active = false;
            }
        }
        for device in devices {
            let Some(group) = self.host.group(&device) else { continue };
            let working: Vec<_> = self
                .host
                .members(&device)
                .filter(|(_, membership)| membership.state == MemberState::Ok)
                .map(|(name, _)| name.clone())
                .collect();
            let chosen = self.chosen.clone().filter(|(_, then)| *then == working).map(|(chosen, _)| chosen);
            let primary = group.settings.primary.clone().filter(|primary| working.contains(primary));
            let stays = group.active.clone().filter(|active| working.contains(active));
            let active = chosen.or(primary).or(stays).or_else(|| working.first().cloned());
            let sharing = group.settings.mac_sharing;
            let active_mac = active.as_ref().and_then(|active| self.host.interface(active)?.mac);
            if let Some(active) = &active
                && let Some(Controller::Group(m)) =
                    self.host.interfaces.get_mut(active).and_then(|i| i.controller.as_mut())
            {
                m.active = true;
            }
            let Some(interface) = self.host.interfaces.get_mut(&device) else { continue };
            interface.carrier = interface.up && active.is_some();
            if sharing == MacSharing::Active {
                interface.mac = active_mac.or(interface.mac);
            }
            interface.mac = interface.mac.or(Some(MacAddress::new([0x06, 0, 0, 0, 0, 1])));
            if let Some(group) = interface.group_mut() {
                group.active = active;
            }
        }
    }
}

impl Backend for FakeHost {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn observe(&mut self) -> Result<Snapshot, BackendError> {
        self.observed += 1;
        Ok(self.look())
    }

    /// Here it is known what is another: all that differs.
    fn refresh(&mut self, last: &mut Snapshot, _: &[InterfaceName]) -> Result<(), BackendError> {
        self.refreshed += 1;
        *last = self.look();
        Ok(())
    }

    fn changes(&mut self) -> Result<Box<dyn Changes>, BackendError> {
        Ok(Box::new(Beat))
    }

    fn counters(&self, _: &InterfaceName) -> Option<Counters> {
        None
    }

    fn diagnose(&mut self, _: &Snapshot, _: Duration) -> Result<Vec<Finding>, BackendError> {
        Ok(vec![])
    }

    fn explain(&self, step: &Step) -> Vec<String> {
        vec![format!("fake: {step}")]
    }

    fn execute(&mut self, step: &Step) -> Result<(), BackendError> {
        let refused = |message: String| BackendError::Refused {
            operation: step.to_string(),
            errno: None,
            message: Some(message),
        };
        let fails = match &mut self.fails_after {
            Some(0) => {
                self.fails_after = None;
                true
            }
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        };
        if fails && !self.fails_late {
            return Err(refused("told to fail".to_owned()));
        }
        if *step == Step::LoadDriver && self.host.driver == Driver::Ready {
            return Ok(());
        }
        if (self.ignores)(step) {
            return Ok(());
        }
        effect::apply(step, &mut self.host, &self.capabilities).map_err(|nonsense| refused(nonsense.reason))?;
        if let Step::Activate { device, member, .. } = step {
            let works = |membership: &Membership| membership.state == MemberState::Ok;
            let working = self.host.members(device).filter(|(_, m)| works(m)).map(|(name, _)| name.clone());
            self.chosen = Some((member.clone(), working.collect()));
        }
        self.settle();
        self.done.push(step.clone());
        if fails { Err(refused("told to fail after all".to_owned())) } else { Ok(()) }
    }
}
