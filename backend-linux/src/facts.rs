//! What of a host matters to its groups beside a snapshot: values, collected by the survey of a backend.

use std::collections::BTreeMap;

use ipnet::Ipv6Net;
use mpath_core::InterfaceName;
use mpath_core::finding::{Cure, Evidence};

/// Everything that [`diagnose`](crate::diagnose) looks at beside the snapshot. What could not be read is not in it.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// What is known of interfaces, by their names.
    pub interfaces: BTreeMap<InterfaceName, InterfaceFacts>,
    /// Who else manages which interface.
    pub claims: Vec<Claim>,
    /// The options of the bonding module in the files of modprobe.d(5).
    pub module_options: Vec<ModuleOption>,
}

/// What is known of one interface.
#[derive(Debug, Clone, Default)]
pub struct InterfaceFacts {
    /// Its operational state (RFC 2863), in the words of `/sys/class/net/X/operstate`.
    pub operstate: Option<String>,
    /// Whether it sends or receives, but not both at once.
    pub half_duplex: bool,
    /// Its driver.
    pub driver: Option<String>,
    /// The number that the maker of the card has given it (`subsystem_device` of PCI).
    pub card: Option<String>,
    /// How many packets it has received since it was made.
    pub received: Option<u64>,
    /// The switches of its radio that are off.
    pub blocks: Vec<Block>,
    /// Whether its radio sleeps between packets.
    pub power_save: Option<bool>,
    /// IPv6 addresses that another station has already (RFC 4862, 5.4.5).
    pub dad_failed: Vec<Ipv6Net>,
    /// The longest that the port of the switch keeps silent after a link came up (IEEE 802.1D, twice the forward delay),
    /// by what the switch itself says.
    pub switch_delay: Option<SwitchDelay>,
}

/// A switch that keeps a radio off (rfkill).
#[derive(Debug, Clone)]
pub struct Block {
    /// The file that says so.
    pub file: String,
    /// Whether it is one that a person must move.
    pub is_hard: bool,
}

/// How long a port of the switch keeps silent after a link came up.
#[derive(Debug, Clone)]
pub struct SwitchDelay {
    /// In milliseconds.
    pub millis: u32,
    /// What was heard.
    pub heard: Evidence,
}

/// A program that manages an interface, or would.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Who.
    pub by: Claimant,
    /// What.
    pub interface: InterfaceName,
    /// How it is known.
    pub evidence: Vec<Evidence>,
    /// What makes it leave the interface alone.
    pub cure: Vec<Cure>,
}

/// A program that manages interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimant {
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
pub struct ModuleOption {
    /// Where it is, and what it says.
    pub evidence: Evidence,
    /// The options, as in `max_bonds=1`.
    pub options: Vec<String>,
}
