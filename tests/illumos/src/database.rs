//! /etc/ipadm/ipadm.conf: what ipmgmtd keeps for the next boot (facts §5.1).

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Its path without the first slash.
pub(crate) const FILE: &str = "etc/ipadm/ipadm.conf";

/// All lines, by what they are about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// Interfaces, the oldest first.
    pub interfaces: Vec<StoredInterface>,
    /// Address objects, the oldest first.
    pub addresses: Vec<StoredAddress>,
}

/// An interface of the next boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredInterface {
    /// `net0`
    pub name: String,
    /// `_ifclass=1`
    pub ipmp: bool,
    /// `_mifnames` of a group, the newest first as ipmgmtd writes them.
    pub members: Vec<String>,
    /// `_gifname` of a member.
    pub group: Option<String>,
    /// The property standby, if it was ever set.
    pub standby: Option<bool>,
}

/// An address object of the next boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAddress {
    /// `net0/v4`
    pub name: String,
    /// What it makes.
    pub kind: StoredKind,
    /// The property deprecated.
    pub deprecated: bool,
}

/// What an address object makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoredKind {
    /// A static address.
    Static {
        /// The address as it was given.
        address: std::net::IpAddr,
        /// The length of its prefix.
        prefix: u8,
        /// `up=yes`
        up: bool,
    },
    /// A lease.
    Dhcp {
        /// Seconds to wait; none is forever.
        wait: Option<u32>,
    },
    /// IPv6 by router advertisements.
    Addrconf,
}

impl StoredAddress {
    /// The interface that the name begins with.
    pub fn interface(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }
}

impl Database {
    /// The interface of that name.
    pub fn interface(&self, name: &str) -> Option<&StoredInterface> {
        self.interfaces.iter().find(|stored| stored.name == name)
    }

    pub(crate) fn interface_mut(&mut self, name: &str) -> Option<&mut StoredInterface> {
        self.interfaces.iter_mut().find(|stored| stored.name == name)
    }

    /// The address object of that name.
    pub fn address(&self, name: &str) -> Option<&StoredAddress> {
        self.addresses.iter().find(|stored| stored.name == name)
    }

    pub(crate) fn address_mut(&mut self, name: &str) -> Option<&mut StoredAddress> {
        self.addresses.iter_mut().find(|stored| stored.name == name)
    }

    /// Notes an interface.
    pub(crate) fn add_interface(&mut self, name: &str, ipmp: bool) {
        if self.interface(name).is_none() {
            self.interfaces.push(StoredInterface {
                name: name.to_owned(),
                ipmp,
                members: Vec::new(),
                group: None,
                standby: None,
            });
        }
    }

    /// Forgets an interface and its addresses. A group's line keeps the stale name of a member (facts §1.4).
    pub(crate) fn delete_interface(&mut self, name: &str) {
        self.interfaces.retain(|stored| stored.name != name);
        self.addresses.retain(|stored| stored.interface() != name);
    }

    /// The file as ipmgmtd writes it (facts §5.1).
    pub fn text(&self) -> String {
        let mut text =
            String::from("# DO NOT EDIT OR PARSE THIS FILE. USE THE ipadm(8) COMMAND TO CHANGE THE CONTENTS.\n");
        for stored in &self.interfaces {
            let class = u8::from(stored.ipmp);
            let _ = write!(text, "_ifname={};_ifclass={class};_families=2,26;", stored.name);
            if !stored.members.is_empty() {
                let _ = write!(text, "_mifnames={};", stored.members.join(","));
            }
            if let Some(group) = &stored.group {
                let _ = write!(text, "_gifname={group};");
            }
            text.push('\n');
        }
        for stored in &self.interfaces {
            if let Some(standby) = stored.standby {
                let value = if standby { "on" } else { "off" };
                let _ = writeln!(text, "_protocol=ip;_ifname={};standby={value};", stored.name);
            }
        }
        for stored in &self.addresses {
            let head = format!("_ifname={};_aobjname={};", stored.interface(), stored.name);
            match &stored.kind {
                StoredKind::Static { address, prefix, up } => {
                    let word = if address.is_ipv4() { "_ipv4addr" } else { "_ipv6addr" };
                    let up = if *up { "yes" } else { "no" };
                    let _ = writeln!(text, "{head}{word}={address},;up={up};");
                    let _ = writeln!(text, "{head}prefixlen={prefix};");
                }
                StoredKind::Dhcp { wait } => {
                    let wait = wait.map_or_else(|| "-1".to_owned(), |seconds| seconds.to_string());
                    let _ = writeln!(text, "{head}_dhcp={wait},no;");
                }
                StoredKind::Addrconf => {
                    let _ = writeln!(text, "{head}_intfid=::/0,yes,yes;");
                }
            }
            if stored.deprecated {
                let _ = writeln!(text, "{head}deprecated=on;");
            }
        }
        text
    }
}
