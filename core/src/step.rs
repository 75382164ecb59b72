//! One change to a host, the unit of reversion. A backend turns it into native operations.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::mode::words;
use crate::settings::Setting;
use crate::snapshot::{AcceptRa, HostWide};
use crate::{Address, GroupSettings, InterfaceName, MacAddress, Route};

/// One change. Each carries what was there before, so that [`Step::inverse`] needs no other source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "step")]
pub enum Step {
    /// Loads the driver, without letting it make a device of its own.
    LoadDriver,
    /// Makes a group's device: down, without members.
    CreateGroup(NewGroup),
    /// Removes a group's device that is down and has no members.
    DeleteGroup(NewGroup),
    /// Changes the text that marks whose a device is.
    SetLabel {
        /// The group's device.
        device: InterfaceName,
        /// The text before.
        from: Option<String>,
        /// The text after.
        to: Option<String>,
    },
    /// Changes settings of a group's device.
    ChangeSettings {
        /// The group's device.
        device: InterfaceName,
        /// All settings before.
        from: Box<GroupSettings>,
        /// All settings after.
        to: Box<GroupSettings>,
    },
    /// Adds a member, which must be down; it comes up.
    AddMember {
        /// The group's device.
        device: InterfaceName,
        /// The member.
        member: InterfaceName,
    },
    /// Removes a member, which goes down and has its own MAC address and MTU again.
    RemoveMember {
        /// The group's device.
        device: InterfaceName,
        /// The member.
        member: InterfaceName,
    },
    /// Changes the rank of a member.
    SetPriority {
        /// The group's device.
        device: InterfaceName,
        /// The member.
        member: InterfaceName,
        /// The rank before.
        from: i32,
        /// The rank after.
        to: i32,
    },
    /// Changes whether a member waits until another fails.
    SetStandby {
        /// The group's device.
        device: InterfaceName,
        /// The member.
        member: InterfaceName,
        /// Whether it waits afterwards.
        standby: bool,
    },
    /// Lets another member that works carry the traffic. It holds until the next failover or failback.
    Activate {
        /// The group's device.
        device: InterfaceName,
        /// Who carried it before; `None` is nobody.
        from: Option<InterfaceName>,
        /// Who carries it after.
        member: InterfaceName,
    },
    /// Takes a member out of use, or puts it in again, on platforms where an administrator can say so of a member. Gone
    /// after a boot.
    SetInUse {
        /// The group's device.
        device: InterfaceName,
        /// The member.
        member: InterfaceName,
        /// Whether it is in use afterwards.
        in_use: bool,
    },
    /// Changes what holds for all groups of the host.
    SetHostWide {
        /// All of it before.
        from: HostWide,
        /// All of it after.
        to: HostWide,
    },
    /// Switches an interface on or off.
    SetUp {
        /// The interface.
        interface: InterfaceName,
        /// Whether it is on afterwards.
        up: bool,
    },
    /// Changes the largest packet.
    SetMtu {
        /// The interface.
        interface: InterfaceName,
        /// Bytes before.
        from: u32,
        /// Bytes after.
        to: u32,
    },
    /// Changes the MAC address.
    SetMac {
        /// The interface.
        interface: InterfaceName,
        /// The address before.
        from: Option<MacAddress>,
        /// The address after.
        to: MacAddress,
    },
    /// Changes whether router advertisements are listened to.
    SetAcceptRa {
        /// The interface.
        interface: InterfaceName,
        /// The way before.
        from: AcceptRa,
        /// The way after.
        to: AcceptRa,
    },
    /// Gives an interface an address.
    AddAddress {
        /// The interface.
        interface: InterfaceName,
        /// The address.
        address: Address,
    },
    /// Takes an address away.
    RemoveAddress {
        /// The interface.
        interface: InterfaceName,
        /// The address.
        address: Address,
    },
    /// Adds a route.
    AddRoute {
        /// The interface that it leads over.
        interface: InterfaceName,
        /// The route.
        route: Route,
    },
    /// Removes a route.
    RemoveRoute {
        /// The interface that it leads over.
        interface: InterfaceName,
        /// The route.
        route: Route,
    },
    /// Starts a DHCP client on a device.
    StartDhcp {
        /// The device.
        interface: InterfaceName,
        /// For which family.
        family: Family,
    },
    /// Gives the lease back and ends the DHCP client.
    StopDhcp {
        /// The device.
        interface: InterfaceName,
        /// For which family.
        family: Family,
    },
    /// The same step, but for every boot to come too: what it makes comes back by itself, and what it takes away does not.
    Persistent {
        /// The step, which is not persistent itself.
        change: Box<Step>,
    },
}

/// A group's device to be made, or as it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewGroup {
    /// Its name.
    pub device: InterfaceName,
    /// Its settings.
    pub settings: Box<GroupSettings>,
    /// The text that marks whose it is.
    pub label: Option<String>,
    /// Its MAC address; `None` follows from its members.
    pub mac: Option<MacAddress>,
    /// Its largest packet in bytes; `None` is the system's default.
    pub mtu: Option<u32>,
}

words! {
    /// A family of addresses.
    Family {
        /// IPv4.
        V4 = "IPv4",
        /// IPv6.
        V6 = "IPv6",
    }
}

impl Step {
    /// The step that undoes this one on a host where this one was the last; `None` where nothing is to be undone.
    pub fn inverse(&self) -> Option<Self> {
        let inverse = match self.clone() {
            // A driver without devices does nothing; unloading it could take away somebody else's new device.
            Self::LoadDriver => return None,
            Self::CreateGroup(group) => Self::DeleteGroup(group),
            Self::DeleteGroup(group) => Self::CreateGroup(group),
            Self::SetLabel { device, from, to } => Self::SetLabel { device, from: to, to: from },
            Self::ChangeSettings { device, from, to } => Self::ChangeSettings { device, from: to, to: from },
            Self::AddMember { device, member } => Self::RemoveMember { device, member },
            Self::RemoveMember { device, member } => Self::AddMember { device, member },
            Self::SetPriority { device, member, from, to } => Self::SetPriority { device, member, from: to, to: from },
            Self::SetStandby { device, member, standby } => Self::SetStandby { device, member, standby: !standby },
            Self::Activate { device, from, member } => Self::Activate { device, from: Some(member), member: from? },
            Self::SetInUse { device, member, in_use } => Self::SetInUse { device, member, in_use: !in_use },
            Self::SetHostWide { from, to } => Self::SetHostWide { from: to, to: from },
            Self::SetUp { interface, up } => Self::SetUp { interface, up: !up },
            Self::SetMtu { interface, from, to } => Self::SetMtu { interface, from: to, to: from },
            Self::SetMac { interface, from, to } => Self::SetMac { interface, from: Some(to), to: from? },
            Self::SetAcceptRa { interface, from, to } => Self::SetAcceptRa { interface, from: to, to: from },
            Self::AddAddress { interface, address } => Self::RemoveAddress { interface, address },
            Self::RemoveAddress { interface, address } => Self::AddAddress { interface, address },
            Self::AddRoute { interface, route } => Self::RemoveRoute { interface, route },
            Self::RemoveRoute { interface, route } => Self::AddRoute { interface, route },
            Self::StartDhcp { interface, family } => Self::StopDhcp { interface, family },
            Self::StopDhcp { interface, family } => Self::StartDhcp { interface, family },
            Self::Persistent { change } => change.inverse()?.persistent(),
        };
        Some(inverse)
    }
}

impl Step {
    /// The same, for every boot to come too.
    #[must_use]
    pub fn persistent(self) -> Self {
        match self {
            Self::Persistent { .. } => self,
            change => Self::Persistent { change: Box::new(change) },
        }
    }

    /// What is changed now, whether or not it lasts.
    pub fn change(&self) -> &Self {
        match self {
            Self::Persistent { change } => change,
            change => change,
        }
    }

    /// The interface that it changes; for a membership, the member.
    pub fn subject(&self) -> Option<&InterfaceName> {
        match self {
            Self::LoadDriver | Self::SetHostWide { .. } => None,
            Self::CreateGroup(group) | Self::DeleteGroup(group) => Some(&group.device),
            Self::SetLabel { device, .. } | Self::ChangeSettings { device, .. } => Some(device),
            Self::AddMember { member, .. }
            | Self::RemoveMember { member, .. }
            | Self::SetPriority { member, .. }
            | Self::SetStandby { member, .. }
            | Self::Activate { member, .. }
            | Self::SetInUse { member, .. } => Some(member),
            Self::SetUp { interface, .. }
            | Self::SetMtu { interface, .. }
            | Self::SetMac { interface, .. }
            | Self::SetAcceptRa { interface, .. }
            | Self::AddAddress { interface, .. }
            | Self::RemoveAddress { interface, .. }
            | Self::AddRoute { interface, .. }
            | Self::RemoveRoute { interface, .. }
            | Self::StartDhcp { interface, .. }
            | Self::StopDhcp { interface, .. } => Some(interface),
            Self::Persistent { change } => change.subject(),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoadDriver => write!(f, "load the driver for groups"),
            Self::CreateGroup(group) => {
                write!(f, "create the group device {} ({})", group.device, group.settings.mode)?;
                group.label.as_ref().map_or(Ok(()), |label| write!(f, ", marked {label}"))
            }
            Self::DeleteGroup(group) => write!(f, "delete the group device {}", group.device),
            Self::SetLabel { device, to: Some(label), .. } => write!(f, "mark {device} as {label}"),
            Self::SetLabel { device, to: None, .. } => write!(f, "take the mark off {device}"),
            Self::ChangeSettings { device, from, to } => match (from.differences(to).as_slice(), &to.primary) {
                ([Setting::Primary], Some(primary)) => write!(f, "make {primary} the primary of {device}"),
                ([Setting::Primary], None) => write!(f, "let {device} have no primary"),
                (changed, _) => {
                    let changed: Vec<_> = changed.iter().map(|setting| setting.change(from, to)).collect();
                    write!(f, "change {device}: {}", changed.join(", "))
                }
            },
            Self::AddMember { device, member } => write!(f, "add {member} to {device}"),
            Self::RemoveMember { device, member } => write!(f, "remove {member} from {device}"),
            Self::SetPriority { member, to, .. } => write!(f, "give {member} the priority {to}"),
            Self::SetStandby { device, member, standby: true } => write!(f, "make {member} a standby of {device}"),
            Self::SetStandby { device, member, standby: false } => {
                write!(f, "let {member} be a standby of {device} no more")
            }
            Self::Activate { device, member, .. } => write!(f, "let {member} carry the traffic of {device}"),
            Self::SetInUse { device, member, in_use: true } => write!(f, "put {member} of {device} in use again"),
            Self::SetInUse { device, member, in_use: false } => write!(f, "take {member} of {device} out of use"),
            Self::SetHostWide { from, to } => {
                write!(f, "change for all groups of this host: ")?;
                if from.failback != to.failback {
                    write!(f, "failback from {} to {}", from.failback, to.failback)?;
                }
                if from.failback != to.failback && from.probe_time != to.probe_time {
                    write!(f, ", ")?;
                }
                if from.probe_time != to.probe_time {
                    write!(f, "the failure time of probes from {} to {}", from.probe_time, to.probe_time)?;
                }
                Ok(())
            }
            Self::SetUp { interface, up: true } => write!(f, "switch {interface} on"),
            Self::SetUp { interface, up: false } => write!(f, "switch {interface} off"),
            Self::SetMtu { interface, from, to } => write!(f, "change the MTU of {interface} from {from} to {to}"),
            Self::SetMac { interface, to, .. } => write!(f, "change the MAC address of {interface} to {to}"),
            Self::SetAcceptRa { interface, to: AcceptRa::No, .. } => {
                write!(f, "let {interface} ignore router advertisements")
            }
            Self::SetAcceptRa { interface, .. } => write!(f, "let {interface} accept router advertisements"),
            Self::AddAddress { interface, address } => write!(f, "add the address {address} to {interface}"),
            Self::RemoveAddress { interface, address } => write!(f, "remove the address {address} from {interface}"),
            Self::AddRoute { interface, route } => write!(f, "add the route {route} over {interface}"),
            Self::RemoveRoute { interface, route } => write!(f, "remove the route {route} over {interface}"),
            Self::StartDhcp { interface, family } => write!(f, "start a DHCP client for {family} on {interface}"),
            Self::StopDhcp { interface, family } => {
                write!(f, "release the {family} lease of {interface} and stop its DHCP client")
            }
            Self::Persistent { change } => write!(f, "{change}, for every boot"),
        }
    }
}
