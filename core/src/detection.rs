//! How a group finds out that a member has failed. A group that nothing monitors cannot be expressed.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::Millis;
use crate::mode::words;

/// By the link, by probes, or by both; which of these a platform can do is its capability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detection {
    /// The carrier of each member is watched.
    Link(LinkDetection),
    /// Targets beyond the switch are asked.
    Probe(ProbeDetection),
    /// Both at once.
    LinkAndProbe(LinkDetection, ProbeDetection),
}

/// Watches the carrier of each member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkDetection {
    /// How often it looks; 1 ms and more, default 100 ms.
    pub interval: Millis,
    /// How long a link must be back before it is used; a multiple of `interval`.
    pub up_delay: Millis,
    /// How long a link must be gone before it is left; a multiple of `interval`. All of it is outage.
    pub down_delay: Millis,
}

impl LinkDetection {
    /// The interval where the file gives none.
    pub const DEFAULT_INTERVAL: Millis = Millis::new(100);
    /// The system tells of a link that goes or comes, and nobody waits.
    pub const AT_ONCE: Self = Self { interval: Millis::new(0), up_delay: Millis::new(0), down_delay: Millis::new(0) };
}

impl Default for LinkDetection {
    fn default() -> Self {
        Self { interval: Self::DEFAULT_INTERVAL, up_delay: Millis::new(0), down_delay: Millis::new(0) }
    }
}

/// Asks targets beyond the switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeDetection {
    /// How often it asks; 1 ms and more.
    pub interval: Millis,
    /// Whom it asks: 1 to 16 of each family; in the order of the file.
    pub targets: Vec<IpAddr>,
    /// How many answers in a row may be missing; 1 to 255.
    pub missed: u8,
    /// Whose traffic must be an answer to count as a sign of life.
    pub validate: ProbeValidation,
    /// Whether every target must answer, not just any.
    pub all_targets: bool,
}

impl ProbeDetection {
    /// Probes of which only the interval can be chosen.
    pub fn every(interval: Millis) -> Self {
        let validate = ProbeValidation::All;
        Self { interval, targets: vec![], missed: Self::DEFAULT_MISSED, validate, all_targets: false }
    }

    /// The interval where the file gives none.
    pub const DEFAULT_INTERVAL: Millis = Millis::new(500);
    /// The misses allowed where the file says nothing (the kernel's `arp_missed_max`).
    pub const DEFAULT_MISSED: u8 = 2;
    /// The most targets of one family (`BOND_MAX_ARP_TARGETS`, `BOND_MAX_NS_TARGETS`).
    pub(crate) const MAX_TARGETS: usize = 16;
}

words! {
    /// Whose traffic must be an answer to a probe to count as a sign of life (`arp_validate`).
    ProbeValidation {
        /// Nobody's: any traffic counts.
        None = "none",
        /// The active member's.
        Active = "active",
        /// The standby members'.
        Standby = "standby",
        /// Everybody's.
        All = "all",
        /// Nobody's, but only probe traffic counts.
        Filter = "filter",
        /// The active member's, and only probe traffic counts.
        FilterActive = "filter-active",
        /// The standby members', and only probe traffic counts.
        FilterStandby = "filter-standby",
    }
}

impl ProbeValidation {
    /// The value of a word: ours, or the kernel's with `backup` for `standby`, and with `_` for `-`.
    pub(crate) fn from_any_word(word: &str) -> Option<Self> {
        Self::from_word(&word.replace('_', "-").replace("backup", "standby"))
    }

    /// Every word that is taken, ours first.
    pub(crate) fn every_word() -> Vec<&'static str> {
        let kernels = ["backup", "filter_active", "filter_standby", "filter_backup", "filter-backup"];
        Self::words().into_iter().chain(kernels).collect()
    }
}

impl Detection {
    /// The part that watches the link.
    pub fn link(&self) -> Option<&LinkDetection> {
        match self {
            Self::Link(link) | Self::LinkAndProbe(link, _) => Some(link),
            Self::Probe(_) => None,
        }
    }

    /// The part that probes.
    pub fn probe(&self) -> Option<&ProbeDetection> {
        match self {
            Self::Probe(probe) | Self::LinkAndProbe(_, probe) => Some(probe),
            Self::Link(_) => None,
        }
    }
}

impl fmt::Display for Detection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.link() == Some(&LinkDetection::AT_ONCE) {
            write!(f, "link at once")?;
        } else if let Some(LinkDetection { interval, up_delay, down_delay }) = self.link() {
            write!(f, "link every {interval} (up-delay {up_delay}, down-delay {down_delay})")?;
        }
        if matches!(self, Self::LinkAndProbe(..)) {
            write!(f, " and ")?;
        }
        if let Some(ProbeDetection { interval, targets, missed, .. }) = self.probe() {
            let targets: Vec<_> = targets.iter().map(ToString::to_string).collect();
            write!(f, "probes of {} every {interval} ({missed} may be missed)", targets.join(", "))?;
        }
        Ok(())
    }
}

impl Default for Detection {
    fn default() -> Self {
        Self::Link(LinkDetection::default())
    }
}
