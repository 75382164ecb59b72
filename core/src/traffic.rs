//! The traffic that a host carries before a plan begins, and whether it still has a way after each step.
//!
//! In: [`Snapshot`]s, drafted by [`effect`](crate::effect). Out: which [`Flow`]s have no way, and whose traffic a step
//! disturbs although the way stays. Whether real systems behave like this is asked by the kernel tests.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::capability::Capabilities;
use crate::detection::Detection;
use crate::mode::ModeName;
use crate::outage::{MaxOutage, Outage};
use crate::settings::{Failback, Setting};
use crate::snapshot::{Controller, Interface, MemberState};
use crate::{Address, GroupSettings, InterfaceName, Route, Snapshot, Step};

/// Something that traffic needs, on the interface that has it before the first step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Flow {
    /// What it is.
    pub(crate) what: Needed,
    /// The interface.
    pub(crate) holder: InterfaceName,
}

/// What traffic needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Needed {
    /// An address, on whichever interface.
    Address(IpAddr),
    /// A route to there, in this table, over whichever interface.
    Route(IpNet, Option<u32>),
    /// The link of the holder, for another interface that stands on it.
    Link(InterfaceName),
}

/// The traffic of a host.
pub(crate) struct Traffic<'a> {
    start: &'a Snapshot,
    whole: &'a Snapshot,
    capabilities: &'a Capabilities,
    flows: Vec<Flow>,
}

impl<'a> Traffic<'a> {
    /// The traffic of the interfaces of `start`, a part of the host `whole`.
    pub(crate) fn of(start: &'a Snapshot, whole: &'a Snapshot, capabilities: &'a Capabilities) -> Self {
        let mut flows = Vec::new();
        let uppers = whole.stacked().filter(|(_, upper)| upper.up);
        let carriers: BTreeSet<_> = uppers.filter_map(|(_, upper)| upper.lower()).collect();
        for (holder, interface) in start.interfaces.iter().filter(|(_, i)| i.up && i.carrier) {
            let addresses = interface.addresses.iter().filter(|a| is_data(a)).map(|a| Needed::Address(a.net.addr()));
            // The connected route goes and comes with its address.
            let routes = interface.routes.iter().filter(|route| !(route.automatic && route.via.is_none()));
            let routes = routes.map(|route| Needed::Route(route.to, route.table));
            let carries = matches!(interface.controller, Some(Controller::Other { .. })) || carriers.contains(holder);
            let link = carries.then(|| Needed::Link(holder.clone()));
            flows.extend(addresses.chain(routes).chain(link).map(|what| Flow { what, holder: holder.clone() }));
        }
        Self { start, whole, capabilities, flows }
    }

    /// What has no way on a draft.
    pub(crate) fn away(&self, draft: &Snapshot) -> BTreeSet<Flow> {
        self.flows.iter().filter(|flow| !self.has_way(&flow.what, draft)).cloned().collect()
    }

    fn has_way(&self, what: &Needed, draft: &Snapshot) -> bool {
        let over = |has: &dyn Fn(&Interface) -> bool| {
            draft.interfaces.iter().any(|(name, interface)| has(interface) && self.has_link(name, draft))
        };
        match what {
            Needed::Address(address) => over(&|interface| interface.addresses.iter().any(|a| a.net.addr() == *address)),
            Needed::Route(to, table) => {
                let leads = |interface: &Interface| interface.routes.iter().any(|r| r.to == *to && r.table == *table);
                over(&leads) || self.untouched(*to, *table).any(|interface| interface.up)
            }
            Needed::Link(name) => self.has_link(name, draft),
        }
    }

    /// The interfaces of the host that no step changes and that a route leads over.
    fn untouched(&self, to: IpNet, table: Option<u32>) -> impl Iterator<Item = &Interface> {
        let others = self.whole.leading(to, table);
        others.filter(|(name, _)| !self.start.interfaces.contains_key(*name)).map(|(_, interface)| interface)
    }

    /// Whether packets get out of an interface, as far as the start tells: of a card that was off nobody knows.
    fn has_link(&self, name: &InterfaceName, draft: &Snapshot) -> bool {
        let Some(interface) = draft.interface(name).filter(|interface| interface.up) else { return false };
        if interface.group().is_some() {
            return draft.members(name).any(|(member, _)| self.is_usable(member, draft));
        }
        self.has_own_link(name, draft)
    }

    /// The same of an interface that stands on no others. A group is no member of another (bond_enslave), whatever a
    /// snapshot from elsewhere says.
    fn has_own_link(&self, name: &InterfaceName, draft: &Snapshot) -> bool {
        let is_on = draft.interface(name).is_some_and(|interface| interface.up);
        is_on && self.start.interface(name).is_some_and(|start| start.up && start.carrier)
    }

    fn is_usable(&self, member: &InterfaceName, draft: &Snapshot) -> bool {
        let failed = |state| matches!(state, MemberState::Failed | MemberState::Offline);
        let membership = draft.interface(member).and_then(Interface::membership);
        self.has_own_link(member, draft) && membership.is_some_and(|membership| !failed(membership.state))
    }

    /// Whose traffic a step disturbs, and how long, though everything that it needs stays or comes back by itself.
    pub(crate) fn disturbed_by(&self, step: &Step, draft: &Snapshot) -> Option<(InterfaceName, Outage)> {
        if let Step::RemoveRoute { interface, route } = step.change() {
            let used = self.flows.iter().any(|flow| flow.what == Needed::Route(route.to, route.table));
            return (used && self.is_best(route, draft)).then(|| (interface.clone(), Outage::Blip));
        }
        let interface = step.subject()?;
        let membership = draft.interface(interface).and_then(Interface::membership);
        let device = match step.change() {
            Step::AddMember { device, .. } => device,
            _ => membership.map_or(interface, |membership| &membership.device),
        };
        let outage = match step.change() {
            // Peers send to the old address until they ask again, which takes them seconds: arp_notify is off
            // (inetdev_event, NETDEV_CHANGEADDR), and bonding announces only another active member.
            Step::SetMac { .. } => Outage::Outage,
            Step::ChangeSettings { from, to, .. } if from.detection != to.detection => first_answer(to),
            _ => Outage::Blip,
        };
        (self.disturbs(step, device, draft) && self.carries(device, draft)).then(|| (device.clone(), outage))
    }

    /// Whether a device carries any of the traffic now.
    fn carries(&self, device: &InterfaceName, draft: &Snapshot) -> bool {
        let Some(interface) = draft.interface(device) else { return false };
        let here = |flow: &Flow| match &flow.what {
            Needed::Address(address) => interface.addresses.iter().any(|a| a.net.addr() == *address),
            Needed::Route(to, table) => interface.routes.iter().any(|r| r.to == *to && r.table == *table),
            Needed::Link(name) => name == device,
        };
        self.has_link(device, draft) && self.flows.iter().any(here)
    }

    /// Whether no other route to its place comes before it.
    fn is_best(&self, route: &Route, draft: &Snapshot) -> bool {
        // IP6_RT_PRIO_USER is the metric of an IPv6 route that has none of its own.
        let metric = |route: &Route| route.metric.unwrap_or(if route.is_ipv6() { 1024 } else { 0 });
        let all =
            draft.interfaces.values().chain(self.untouched(route.to, route.table)).filter(|interface| interface.up);
        let mut rivals = all.flat_map(|interface| &interface.routes).filter(|other| !other.same(route));
        !rivals.any(|other| other.to == route.to && other.table == route.table && metric(other) < metric(route))
    }

    fn disturbs(&self, step: &Step, device: &InterfaceName, draft: &Snapshot) -> bool {
        let rules = &self.capabilities.rules;
        let group = draft.group(device);
        match step.change() {
            Step::ChangeSettings { from, to, .. } => {
                from.differences(to).into_iter().any(|setting| self.setting_disturbs(setting, from, to, device, draft))
            }
            // One more that sends at once takes flows over from the others.
            Step::AddMember { .. } => group.is_some_and(|group| group.settings.mode.name() != ModeName::ActiveBackup),
            Step::RemoveMember { member, .. } => self.is_active(member, device, draft),
            // bond_option_prio_set: with a primary, priorities decide nothing at once.
            Step::SetPriority { member, from, to, .. } => {
                let decides = group.is_some_and(|group| group.settings.primary.is_none());
                decides && (self.is_active(member, device, draft) != (to > from))
            }
            Step::SetStandby { member, standby, .. } => {
                let another = draft
                    .members(device)
                    .any(|(other, membership)| other != member && !membership.standby && self.is_usable(other, draft));
                !rules.standbys_receive || (*standby && !another)
            }
            // A switch of cables' worth of frames may be on the way to the member of before.
            Step::Activate { .. } => !rules.standbys_receive,
            Step::SetInUse { member, in_use: false, .. } => self.is_active(member, device, draft),
            Step::SetUp { interface, up } if interface != device => {
                let settings = group.map(|group| &group.settings);
                let returns = settings.is_some_and(|settings| {
                    settings.primary.as_ref() == Some(interface) && settings.failback != Failback::Never
                });
                if *up { returns && !rules.standbys_receive } else { self.is_active(interface, device, draft) }
            }
            // Drivers may restart a card for it.
            Step::SetMtu { .. } | Step::SetMac { .. } => true,
            // The link-local address is made anew, and the others stand on it.
            Step::SetAcceptRa { interface, .. } => {
                let ipv6 = draft.interface(interface).is_some_and(|i| i.addresses.iter().any(Address::is_ipv6));
                rules.ipv6_needs_link_local && ipv6
            }
            _ => false,
        }
    }

    fn setting_disturbs(
        &self,
        setting: Setting,
        from: &GroupSettings,
        to: &GroupSettings,
        device: &InterfaceName,
        draft: &Snapshot,
    ) -> bool {
        match setting {
            // bond_option_primary_set: a new primary takes over at once, whatever the failback is.
            Setting::Primary => {
                let inactive = |primary: &InterfaceName| !self.is_known_active(primary, device, draft);
                !self.capabilities.rules.standbys_receive && to.primary.as_ref().is_some_and(inactive)
            }
            Setting::Failback => {
                let inactive = |primary: &InterfaceName| !self.is_known_active(primary, device, draft);
                let waits = to.primary.as_ref().is_some_and(inactive);
                waits && to.failback != Failback::Never && !self.capabilities.rules.standbys_receive
            }
            // Until the first answer, members that did not probe before may count as failed.
            Setting::Detection => {
                let by_link = |detection: &Option<Detection>| !matches!(detection, Some(d) if d.probe().is_some());
                !(by_link(&from.detection) && by_link(&to.detection))
            }
            Setting::PeerNotifications | Setting::PacketsPerMember | Setting::LearningInterval => false,
            _ => true,
        }
    }

    /// Whether a member may carry traffic; when nobody knows, it may.
    fn is_active(&self, member: &InterfaceName, device: &InterfaceName, draft: &Snapshot) -> bool {
        if !self.is_usable(member, draft) {
            return false;
        }
        let Some(group) = draft.group(device) else { return false };
        let mut usable = draft.members(device).filter(|(name, _)| self.is_usable(name, draft));
        let unknown = !usable.any(|(name, _)| self.is_known_active(name, device, draft));
        group.settings.mode.name() != ModeName::ActiveBackup
            || unknown
            || self.is_known_active(member, device, draft)
            // It may have taken over by an earlier step.
            || group.settings.primary.as_ref() == Some(member)
    }

    fn is_known_active(&self, member: &InterfaceName, device: &InterfaceName, draft: &Snapshot) -> bool {
        let membership = draft.interface(member).and_then(Interface::membership);
        let said = draft.group(device).and_then(|group| group.active.as_ref()) == Some(member);
        membership.is_some_and(|membership| membership.device == *device && (said || membership.active))
    }
}

/// How long members that did not probe before may count as failed: until they have asked and looked twice
/// (bond_ab_arp_inspect).
fn first_answer(to: &GroupSettings) -> Outage {
    let interval = to.detection.as_ref().and_then(Detection::probe).map_or(0, |probe| probe.interval.get());
    if interval.saturating_mul(3) < MaxOutage::OF_BLIP.get() { Outage::Blip } else { Outage::Outage }
}

/// Whether an address is one that traffic needs: neither link-local nor for probes.
fn is_data(address: &Address) -> bool {
    let link_local = matches!(address.net.addr(), IpAddr::V6(address) if address.is_unicast_link_local());
    !address.probe_only && !link_local
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{address}"),
            Self::Route(to, table) => write!(f, "the route {}", Route { table: *table, ..Route::new(*to, None) }),
            Self::Link(name) => write!(f, "the link of {name}"),
        }
    }
}
