//! Which system is simulated, and which programs it has.

use serde::{Deserialize, Serialize};

/// One of the four dialects of the platform matrix (facts §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// illumos since 2021-11-22: `ipadm create-ipmp` and its kin.
    IllumosNew,
    /// illumos before: IPMP by `ifconfig` and hostname files only.
    IllumosOld,
    /// Oracle Solaris 11.4.
    #[serde(rename = "solaris-11.4")]
    Solaris11,
    /// Solaris 10: no IPMP interface, no `ipadm`.
    #[serde(rename = "solaris-10")]
    Solaris10,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::IllumosNew, Self::IllumosOld, Self::Solaris11, Self::Solaris10];

    /// The name by which `simctl` knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::IllumosNew => "illumos-new",
            Self::IllumosOld => "illumos-old",
            Self::Solaris11 => "solaris-11.4",
            Self::Solaris10 => "solaris-10",
        }
    }

    /// The dialect of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// Whether `ipadm` has create-, delete-, add- and remove-ipmp (facts §7).
    pub fn has_ipadm_ipmp(self) -> bool {
        matches!(self, Self::IllumosNew | Self::Solaris11)
    }

    /// Whether /etc/hostname.* is read at boot (facts §7: not by Solaris 11).
    pub fn has_hostname_files(self) -> bool {
        self != Self::Solaris11
    }

    /// Whether there are IPMP interfaces at all (facts §7).
    pub fn has_ipmp_interface(self) -> bool {
        self != Self::Solaris10
    }

    /// Whether `svc:/network/ipmp` exists (facts §4.6, §7).
    pub fn has_ipmp_service(self) -> bool {
        matches!(self, Self::IllumosNew | Self::Solaris11)
    }

    /// The programs that stand on such a host.
    pub fn programs(self) -> impl Iterator<Item = &'static str> {
        crate::programs::ALL.into_iter().filter(move |program| match *program {
            "ipadm" | "ipmpstat" => self != Self::Solaris10,
            "netadm" => self == Self::Solaris11,
            _ => true,
        })
    }
}
