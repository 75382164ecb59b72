//! What of a host matters to its groups beside a snapshot: values, collected by the survey of a backend.

use std::collections::BTreeMap;

use ipnet::Ipv6Net;
use mpath_core::InterfaceName;
use mpath_core::finding::{Cure, Evidence};

/// Everything that a [diagnosis](crate::diagnosis) looks at beside the snapshot. What could not be read is not in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// What is known of interfaces, by their names.
    pub(crate) interfaces: BTreeMap<InterfaceName, InterfaceFacts>,
    /// Who else manages which interface.
    pub(crate) claims: Vec<Claim>,
    /// The options of the bonding module in the files of modprobe.d(5).
    pub(crate) module_options: Vec<ModuleOption>,
}

/// What is known of one interface.
#[derive(Debug, Clone, Default)]
pub(crate) struct InterfaceFacts {
    /// Its operational state (RFC 2863), in the words of `/sys/class/net/X/operstate`.
    pub(crate) operstate: Option<String>,
    /// Whether it sends or receives, but not both at once.
    pub(crate) half_duplex: bool,
    /// Its driver.
    pub(crate) driver: Option<String>,
    /// The number that the maker of the card has given it (`subsystem_device` of PCI).
    pub(crate) card: Option<String>,
    /// How many packets it has received since it was made.
    pub(crate) received: Option<u64>,
    /// The switches of its radio that are off.
    pub(crate) blocks: Vec<Block>,
    /// Whether its radio sleeps between packets.
    pub(crate) power_save: Option<bool>,
    /// IPv6 addresses that another station has already (RFC 4862, 5.4.5).
    pub(crate) dad_failed: Vec<Ipv6Net>,
    /// The longest that the port of the switch keeps silent after a link came up (IEEE 802.1D, twice the forward delay),
    /// by what the switch itself says.
    pub(crate) switch_delay: Option<SwitchDelay>,
}

/// A switch that keeps a radio off (rfkill).
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// The file that says so.
    pub(crate) file: String,
    /// Whether it is one that a person must move.
    pub(crate) is_hard: bool,
}

/// How long a port of the switch keeps silent after a link came up.
#[derive(Debug, Clone)]
pub(crate) struct SwitchDelay {
    /// In milliseconds.
    pub(crate) millis: u32,
    /// What was heard.
    pub(crate) heard: Evidence,
}

/// A program that manages an interface, or would.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// Who.
    pub(crate) by: Claimant,
    /// What.
    pub(crate) interface: InterfaceName,
    /// How it is known.
    pub(crate) evidence: Vec<Evidence>,
    /// What makes it leave the interface alone.
    pub(crate) cure: Vec<Cure>,
}

/// A program that manages interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claimant {
    /// NetworkManager.
    NetworkManager,
    /// systemd-networkd, by files of its own.
    Networkd,
    /// netplan, by way of either.
    Netplan,
    /// ifupdown and its kin, by `/etc/network/interfaces`.
    Ifupdown,
    /// A DHCP client.
    DhcpClient,
    /// `wpa_supplicant`.
    WpaSupplicant,
}

/// A line of modprobe.d(5) with options of bonding.
#[derive(Debug, Clone)]
pub(crate) struct ModuleOption {
    /// Where it is, and what it says.
    pub(crate) evidence: Evidence,
    /// The options, as in `max_bonds=1`.
    pub(crate) options: Vec<String>,
}
