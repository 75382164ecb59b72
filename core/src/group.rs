//! A group as wanted: checked, complete, and the same on every platform.
//!
//! In: a [`Spec`](crate::spec) that [`validate`](mod@crate::validate) found right; nothing else makes one, so every
//! `Group` keeps the rules of the reference. What a host makes of it is [`plan`](crate::plan)'s business.

use std::net::IpAddr;

use serde::Serialize;

use crate::settings::Failback;
use crate::{Detection, GroupName, InterfaceName, MacAddress, Mode, Route};

/// One failover group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    pub(crate) name: GroupName,
    pub(crate) device: Device,
    pub(crate) members: Vec<Member>,
    pub(crate) primary: Option<InterfaceName>,
    pub(crate) mode: Mode,
    pub(crate) detection: Detection,
    pub(crate) failback: Failback,
    pub(crate) mac: MacPolicy,
    pub(crate) peer_notifications: u8,
    pub(crate) mtu: Option<u32>,
    pub(crate) addressing: Addressing,
}

/// The name of the group's own interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// The one in the file.
    Named(InterfaceName),
    /// The one that the platform derives from the group's name.
    PlatformDefault,
}

/// One interface of the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// How it is found.
    pub selector: MemberSelector,
    /// Its rank among the standbys; higher is preferred. `None` leaves the order of the file.
    pub priority: Option<i32>,
    /// Whether the group comes up without it.
    pub optional: bool,
    /// An address that only probes use, on platforms that probe from each member.
    pub probe_address: Option<ipnet::IpNet>,
}

/// How a member is found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberSelector {
    /// By its name.
    Name(InterfaceName),
    /// By its permanent MAC address, whatever it is called and whatever address it shows now.
    PermanentMac(MacAddress),
}

/// Which MAC address the group shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MacPolicy {
    /// `Shared` where all members are wired, `Active` as soon as one is wireless.
    Auto,
    /// All members show the address of the primary, or of the first member.
    Shared,
    /// The address of the active member.
    Active,
    /// The active member takes over the group's address.
    Follow,
    /// All members show the permanent address of this one.
    Member(InterfaceName),
    /// All members show this one.
    Fixed(MacAddress),
}

/// What the world knows the group by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Addressing {
    /// Static addresses.
    pub addresses: Vec<ipnet::IpNet>,
    /// Next hops of the default routes; at most one of each family.
    pub gateways: Vec<IpAddr>,
    /// Further static routes.
    pub routes: Vec<Route>,
    /// Whether IPv4 is leased by DHCP.
    pub dhcp: bool,
    /// Whether IPv6 is leased by DHCPv6.
    pub dhcp6: bool,
    /// Whether router advertisements are listened to; `None` leaves the system's own way.
    pub accept_ra: Option<bool>,
}

impl Group {
    /// Its name.
    pub fn name(&self) -> &GroupName {
        &self.name
    }

    /// Its own interface.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Its members, in the order of the file; at least one.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The preferred member.
    pub fn primary(&self) -> Option<&InterfaceName> {
        self.primary.as_ref()
    }

    /// How traffic is spread.
    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    /// How failure is found.
    pub fn detection(&self) -> &Detection {
        &self.detection
    }

    /// When the primary is taken back.
    pub fn failback(&self) -> Failback {
        self.failback
    }

    /// Which MAC address it shows.
    pub fn mac(&self) -> &MacPolicy {
        &self.mac
    }

    /// How often the new path is announced after a failover; 1 to 255.
    pub fn peer_notifications(&self) -> u8 {
        self.peer_notifications
    }

    /// The largest packet, in bytes; `None` is what the device has (1500 when it is new).
    pub fn mtu(&self) -> Option<u32> {
        self.mtu
    }

    /// What the world knows it by.
    pub fn addressing(&self) -> &Addressing {
        &self.addressing
    }

    /// The same group as long as these members are not there; `None` where no member would be left. Its primary and
    /// its MAC policy stay as they are: who comes later is to find the group of the file.
    pub fn without(&self, absent: &[MemberSelector]) -> Option<Self> {
        let mut rest = self.clone();
        rest.members.retain(|member| !absent.contains(&member.selector));
        (!rest.members.is_empty()).then_some(rest)
    }
}

impl std::fmt::Display for MemberSelector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => std::fmt::Display::fmt(name, f),
            Self::PermanentMac(mac) => write!(f, "the interface with the permanent MAC {mac}"),
        }
    }
}
