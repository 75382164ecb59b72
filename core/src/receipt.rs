//! What mpath remembers of a group that it brought up: how its interfaces were before, and what it put there.
//!
//! Where receipts lie and how they are written is the command line's business.

use serde::{Deserialize, Serialize};

use crate::{Address, GroupName, InterfaceName, Route, Snapshot};

/// The memory of one group that is up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// [`Receipt::SCHEMA`].
    pub schema: String,
    /// The group.
    pub group: GroupName,
    /// Its device.
    pub device: InterfaceName,
    /// Whether the group was as wanted when this was written. Where it was not, an `up` was broken off: what it took away
    /// from an interface is only here any more.
    pub complete: bool,
    /// The device, where it was there, and every interface that has joined, each as it was before it did.
    pub before: Snapshot,
    /// The addresses that mpath put on the device.
    pub addresses: Vec<Address>,
    /// The routes that mpath put on the device.
    pub routes: Vec<Route>,
}

impl Receipt {
    /// The schema of what is written today.
    pub const SCHEMA: &'static str = "mpath.receipt/1";

    /// Lets the addresses of before grow older. One that has come to its end is forgotten.
    pub fn aged(mut self, seconds: u32) -> Self {
        for interface in self.before.interfaces.values_mut() {
            interface.addresses.retain_mut(|address| match &mut address.lifetime {
                None => true,
                Some(lifetime) => {
                    lifetime.valid = lifetime.valid.saturating_sub(seconds);
                    lifetime.preferred = lifetime.preferred.saturating_sub(seconds);
                    lifetime.valid > 0
                }
            });
        }
        self
    }
}
