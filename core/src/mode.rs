//! How a group spreads its traffic over its members, each mode with just the options that it takes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::MacAddress;

/// A mode and its options. Modes and numbers are those of Linux `Documentation/networking/bonding.rst`;
/// failover as mpath means it is [`Mode::ActiveBackup`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "mode")]
pub enum Mode {
    /// `balance-rr` (0): packets go out on the members in turn.
    #[serde(rename = "balance-rr")]
    RoundRobin {
        /// How many packets go out on a member before its turn ends; 0 to 65535, 0 is random.
        packets_per_member: u16,
    },
    /// `active-backup` (1): one member carries the traffic; another takes over when it fails.
    ActiveBackup,
    /// `balance-xor` (2): a hash of the packet chooses the member.
    #[serde(rename = "balance-xor")]
    Xor {
        /// What is hashed.
        transmit_hash: TransmitHash,
    },
    /// `broadcast` (3): every packet goes out on every member.
    Broadcast,
    /// `802.3ad` (4): link aggregation by LACP (IEEE 802.1AX); the switch must do it too.
    #[serde(rename = "802.3ad")]
    Lacp(Lacp),
    /// `balance-tlb` (5): outgoing traffic is spread by load.
    #[serde(rename = "balance-tlb")]
    TransmitBalance {
        /// What is hashed where `dynamic` is off.
        transmit_hash: TransmitHash,
        /// Whether flows move between members by load.
        dynamic: bool,
        /// Seconds between the learning packets sent to the switches; 1 to 2,147,483,647.
        learning_interval: u32,
    },
    /// `balance-alb` (6): both directions are spread, the incoming one by ARP.
    #[serde(rename = "balance-alb")]
    AdaptiveBalance {
        /// Seconds between the learning packets sent to the switches; 1 to 2,147,483,647.
        learning_interval: u32,
    },
}

/// The options of `802.3ad`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacp {
    /// How often the partner is asked to send.
    pub rate: LacpRate,
    /// Whether this side begins to speak.
    pub active: bool,
    /// Which aggregator is chosen.
    pub select: LacpSelect,
    /// How many members must be up before the group has carrier.
    pub min_links: u32,
    /// What is hashed to choose the member.
    pub transmit_hash: TransmitHash,
    /// The system's priority, 1 to 65535; lower is stronger.
    pub system_priority: u16,
    /// The system's MAC; `None` is the group's own.
    pub system: Option<MacAddress>,
    /// The upper bits of the port key, 0 to 1023.
    pub port_key: u16,
}

impl Default for Lacp {
    /// The kernel's own defaults (`bond_check_params` in `drivers/net/bonding/bond_main.c`).
    fn default() -> Self {
        Self {
            rate: LacpRate::Slow,
            active: true,
            select: LacpSelect::Stable,
            min_links: 0,
            transmit_hash: TransmitHash::Layer2,
            system_priority: 65535,
            system: None,
            port_key: 0,
        }
    }
}

/// A fixed set of words, each with the name that the field gives it.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in the order of the field's own numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Every word, for the text of an error.
            pub fn words() -> Vec<&'static str> {
                Self::ALL.iter().map(|value| value.word()).collect()
            }

            /// The value of a word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What of a packet is hashed to choose a member (`xmit_hash_policy`).
    TransmitHash {
        /// MAC addresses and packet type.
        Layer2 = "layer2",
        /// IP addresses and ports.
        Layer34 = "layer3+4",
        /// MAC and IP addresses.
        Layer23 = "layer2+3",
        /// As `layer2+3`, of the innermost packet of a tunnel.
        Encap23 = "encap2+3",
        /// As `layer3+4`, of the innermost packet of a tunnel.
        Encap34 = "encap3+4",
        /// VLAN and source MAC (Linux 5.12 and later).
        VlanSourceMac = "vlan+srcmac",
    }
}
words! {
    /// How often the LACP partner is asked to send.
    LacpRate {
        /// Every 30 s.
        Slow = "slow",
        /// Every second.
        Fast = "fast",
    }
}
words! {
    /// Which aggregator is chosen (`ad_select`).
    LacpSelect {
        /// The one in use stays until it has no member left.
        Stable = "stable",
        /// The one with the most bandwidth.
        Bandwidth = "bandwidth",
        /// The one with the most members.
        Count = "count",
    }
}
words! {
    /// A mode without its options.
    ModeName {
        /// See [`Mode::RoundRobin`].
        RoundRobin = "balance-rr",
        /// See [`Mode::ActiveBackup`].
        ActiveBackup = "active-backup",
        /// See [`Mode::Xor`].
        Xor = "balance-xor",
        /// See [`Mode::Broadcast`].
        Broadcast = "broadcast",
        /// See [`Mode::Lacp`].
        Lacp = "802.3ad",
        /// See [`Mode::TransmitBalance`].
        TransmitBalance = "balance-tlb",
        /// See [`Mode::AdaptiveBalance`].
        AdaptiveBalance = "balance-alb",
    }
}

impl FromStr for ModeName {
    type Err = ();

    /// Takes the name, the kernel's number, and the words that people use for it.
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.to_ascii_lowercase();
        if let Some(name) = Self::from_word(&text) {
            return Ok(name);
        }
        let alias = Self::ALIASES.iter().find(|(alias, _)| *alias == text).map(|(_, mode)| *mode);
        let numbered = || Self::ALL.iter().copied().find(|mode| mode.number().to_string() == text);
        alias.or_else(numbered).ok_or(())
    }
}

impl ModeName {
    /// The words that people use beside the names.
    pub const ALIASES: &[(&str, Self)] = &[
        ("rr", Self::RoundRobin),
        ("round-robin", Self::RoundRobin),
        ("roundrobin", Self::RoundRobin),
        ("ab", Self::ActiveBackup),
        ("activebackup", Self::ActiveBackup),
        ("failover", Self::ActiveBackup),
        ("xor", Self::Xor),
        ("lacp", Self::Lacp),
        ("8023ad", Self::Lacp),
        ("802.1ax", Self::Lacp),
        ("tlb", Self::TransmitBalance),
        ("alb", Self::AdaptiveBalance),
    ];

    /// The kernel's number of it.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Whether the mode has one active member and a primary (`bond_mode_uses_primary` in `include/net/bonding.h`).
    pub const fn has_primary(self) -> bool {
        matches!(self, Self::ActiveBackup | Self::TransmitBalance | Self::AdaptiveBalance)
    }

    /// Whether probing is possible in it (`BOND_NO_USES_ARP` in `include/net/bonding.h`).
    pub const fn can_probe(self) -> bool {
        matches!(self, Self::RoundRobin | Self::ActiveBackup | Self::Xor | Self::Broadcast)
    }

    /// The mode with the kernel's default options.
    pub fn with_defaults(self) -> Mode {
        let transmit_hash = TransmitHash::Layer2;
        match self {
            Self::RoundRobin => Mode::RoundRobin { packets_per_member: 1 },
            Self::ActiveBackup => Mode::ActiveBackup,
            Self::Xor => Mode::Xor { transmit_hash },
            Self::Broadcast => Mode::Broadcast,
            Self::Lacp => Mode::Lacp(Lacp::default()),
            Self::TransmitBalance => Mode::TransmitBalance { transmit_hash, dynamic: true, learning_interval: 1 },
            Self::AdaptiveBalance => Mode::AdaptiveBalance { learning_interval: 1 },
        }
    }
}

impl Mode {
    /// The mode without its options.
    pub const fn name(&self) -> ModeName {
        match self {
            Self::RoundRobin { .. } => ModeName::RoundRobin,
            Self::ActiveBackup => ModeName::ActiveBackup,
            Self::Xor { .. } => ModeName::Xor,
            Self::Broadcast => ModeName::Broadcast,
            Self::Lacp(_) => ModeName::Lacp,
            Self::TransmitBalance { .. } => ModeName::TransmitBalance,
            Self::AdaptiveBalance { .. } => ModeName::AdaptiveBalance,
        }
    }
}

impl Mode {
    /// What is hashed, in the modes that hash.
    pub const fn transmit_hash(&self) -> Option<TransmitHash> {
        match self {
            Self::Xor { transmit_hash } | Self::TransmitBalance { transmit_hash, .. } => Some(*transmit_hash),
            Self::Lacp(lacp) => Some(lacp.transmit_hash),
            _ => None,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.name(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_known_by_name_number_and_nickname() {
        for name in ModeName::ALL {
            assert_eq!(name.word().parse(), Ok(*name));
            assert_eq!(name.number().to_string().parse(), Ok(*name));
            assert_eq!(name.with_defaults().name(), *name);
        }
        assert_eq!("LACP".parse(), Ok(ModeName::Lacp));
        assert_eq!("7".parse::<ModeName>(), Err(()));
    }
}
