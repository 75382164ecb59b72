//! What of an interface netlink does not tell, from `/sys` and `/proc`.
//!
//! In: a [`Snapshot`] of the dumps. Out: the same, complete. Reads only what is needed: one link for each Ethernet
//! interface, and only on a host with a radio.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use mpath_core::backend::Hardware;
use mpath_core::import::Files;
use mpath_core::snapshot::{Driver, Kind};
use mpath_core::{Counters, InterfaceName, Snapshot};

/// The file systems of this host; tests have their own.
#[derive(Debug, Clone)]
pub(crate) struct Root(PathBuf);

impl Default for Root {
    fn default() -> Self {
        Self(PathBuf::from("/"))
    }
}

impl Root {
    #[cfg(test)]
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// A path on this host.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.0.join(path)
    }

    /// A whole file without white space around, or nothing where there is none or it cannot be read.
    pub(crate) fn read(&self, path: impl AsRef<Path>) -> Option<String> {
        Some(fs::read_to_string(self.path(path)).ok()?.trim().to_owned())
    }

    /// Whether a process is in this thread's network namespace. One whose namespace may not be read (for that one must
    /// be its owner or root) is taken to be in it.
    pub(crate) fn in_this_network(&self, pid: &str) -> bool {
        let namespace = |process: &str| fs::read_link(self.path(format!("proc/{process}/ns/net"))).ok();
        match (namespace("thread-self"), namespace(pid)) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        }
    }

    /// Whether a process of this thread's network namespace has that name.
    pub(crate) fn is_process(&self, pid: &str, name: &str) -> bool {
        self.read(format!("proc/{pid}/comm")).as_deref() == Some(name) && self.in_this_network(pid)
    }

    /// Whether bonding is there; as a module or built in, it has this folder, as it has parameters.
    pub(crate) fn driver(&self) -> Driver {
        if self.path("sys/module/bonding").exists() { Driver::Ready } else { Driver::NotLoaded }
    }

    /// The file that switches router advertisements.
    pub(crate) fn accept_ra_file(&self, interface: &InterfaceName) -> PathBuf {
        self.path(format!("proc/sys/net/ipv6/conf/{interface}/accept_ra"))
    }

    /// Puts in what netlink does not tell, but for managers and DHCP clients.
    pub(crate) fn complete(&self, snapshot: &mut Snapshot) {
        snapshot.driver = self.driver();
        let has_radio = self.has_radio();
        for (name, interface) in &mut snapshot.interfaces {
            let may_be = has_radio && interface.kind == Kind::Ethernet;
            if may_be && self.path(format!("sys/class/net/{name}/phy80211")).exists() {
                interface.kind = Kind::Wireless;
            }
        }
    }

    /// Whether this network namespace has a radio (`wiphy_register` makes a folder for each).
    fn has_radio(&self) -> bool {
        fs::read_dir(self.path("sys/class/ieee80211")).is_ok_and(|mut radios| radios.next().is_some())
    }

    /// What an interface has carried.
    pub(crate) fn counters(&self, interface: &InterfaceName) -> Option<Counters> {
        let bytes = |name| self.read(format!("sys/class/net/{interface}/statistics/{name}_bytes"))?.parse().ok();
        Some(Counters { received: bytes("rx")?, sent: bytes("tx")? })
    }

    /// What an interface is made of: links to the driver and to the radio, and a number.
    pub(crate) fn hardware(&self, interface: &InterfaceName) -> Hardware {
        let leads_to = |link: &str| {
            let target = fs::read_link(self.path(format!("sys/class/net/{interface}/{link}"))).ok()?;
            Some(target.file_name()?.to_str()?.to_owned())
        };
        Hardware { driver: leads_to("device/driver"), phy: leads_to("phy80211"), speed: self.speed(interface) }
    }

    /// Reading it on an interface that is down or wireless is EINVAL (`speed_show`).
    pub(crate) fn speed(&self, interface: &InterfaceName) -> Option<u32> {
        let file = File::open(self.path(format!("sys/class/net/{interface}/speed"))).ok()?;
        let mut text = String::new();
        // A number, whose length nobody has to ask for: there may be thousands of members.
        file.take(32).read_to_string(&mut text).ok()?;
        speed_of(text.trim())
    }
}

/// Other tools' files, as an import reads them.
impl Files for Root {
    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.path(path)).ok()
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

/// -1 is unknown, on some kernels without its sign (`speed_show`).
pub(crate) fn speed_of(text: &str) -> Option<u32> {
    text.parse().ok().filter(|speed| (1..u32::MAX).contains(speed))
}

#[cfg(test)]
pub(crate) mod tests;
