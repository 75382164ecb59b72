//! What mpath remembers of a group that it brought up: how its interfaces were before, and what it put there.
//!
//! Where receipts lie and how they are written is the command line's business.

use std::net::IpAddr;

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
    /// The device, where it was there, and every interface that has joined, each as it was before it did.
    pub before: Snapshot,
    /// The addresses that mpath put on the device.
    pub addresses: Vec<Address>,
    /// The routes that mpath put on the device.
    pub routes: Vec<Route>,
    /// What interfaces that left while the group went on are still to get back: addresses and routes that the group
    /// has now, and that cannot be in two places.
    #[serde(default, skip_serializing_if = "owes_nothing")]
    pub owed: Snapshot,
    /// Whether the group comes back after a boot, so that the receipt must.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub persistent: bool,
}

impl Receipt {
    /// The schema of what is written today.
    pub const SCHEMA: &'static str = "mpath.receipt/1";

    /// The same, for the time in which a change is under way: what mpath put on the device before, and what an
    /// interface that leaves is to get back, is not forgotten until it is known to be done.
    pub fn covering(&self, earlier: Option<&Self>) -> Self {
        let mut both = self.clone();
        let earlier = earlier.into_iter();
        for earlier in earlier {
            let new = |address: &&Address| !self.addresses.iter().any(|other| other.same(address));
            both.addresses.extend(earlier.addresses.iter().filter(new).cloned());
            let new = |route: &&Route| !self.routes.iter().any(|other| other.same(route));
            both.routes.extend(earlier.routes.iter().filter(new).cloned());
            for (name, interface) in &earlier.before.interfaces {
                both.before.interfaces.entry(name.clone()).or_insert_with(|| interface.clone());
            }
            for (name, interface) in &earlier.owed.interfaces {
                both.owed.interfaces.entry(name.clone()).or_insert_with(|| interface.clone());
            }
        }
        both
    }

    /// The same after a boot: what would not have come back by itself is not to be given back either.
    #[must_use]
    pub fn after_boot(mut self) -> Self {
        self.before = self.before.after_boot();
        self.owed = self.owed.after_boot();
        self
    }

    /// The same, some seconds later: [`Snapshot::aged`].
    pub fn aged(mut self, seconds: u32) -> Self {
        self.before = self.before.aged(seconds);
        self.owed = self.owed.aged(seconds);
        self
    }
}

fn owes_nothing(owed: &Snapshot) -> bool {
    owed.interfaces.is_empty()
}

impl Snapshot {
    /// What of a state remembered comes back by itself after a boot.
    #[must_use]
    pub fn after_boot(mut self) -> Self {
        for interface in self.interfaces.values_mut() {
            interface.addresses.retain(|address| address.kept);
            // A lease that is asked for at boot brings its own routes along; what somebody added beside is gone.
            let leased = interface.addresses.iter().any(|address| address.lifetime.is_some());
            interface.routes.retain(|route| route.kept || (leased && route.goes_with_lease()));
            if !interface.persistent {
                interface.up = false;
                interface.addresses.clear();
                interface.routes.clear();
            }
        }
        self
    }

    /// Lets the addresses of a state remembered grow older. One that has come to its end is forgotten, and with it the
    /// routes that no system would take without it.
    pub fn aged(mut self, seconds: u32) -> Self {
        for interface in self.interfaces.values_mut() {
            let all = interface.addresses.len();
            interface.addresses.retain_mut(|address| match &mut address.lifetime {
                None => true,
                Some(lifetime) => {
                    lifetime.valid = lifetime.valid.saturating_sub(seconds);
                    lifetime.preferred = lifetime.preferred.saturating_sub(seconds);
                    lifetime.valid > 0
                }
            });
            if interface.addresses.len() < all {
                let addresses = &interface.addresses;
                interface.routes.retain(|route| is_reachable(route, addresses));
            }
        }
        self
    }
}

/// Whether a route has what it needs: its source, and a subnet that its next hop lies in.
pub(crate) fn is_reachable(route: &Route, addresses: &[Address]) -> bool {
    let source = route.source.is_none_or(|source| addresses.iter().any(|address| address.net.addr() == source));
    let link_local = |via: &IpAddr| matches!(via, IpAddr::V6(via) if via.is_unicast_link_local());
    let within = |via: &IpAddr| addresses.iter().any(|address| address.net.contains(via) || address.peer == Some(*via));
    source && route.via.is_none_or(|via| route.onlink || link_local(&via) || within(&via))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Lifetime;
    use crate::snapshot::{Interface, Kind};

    #[test]
    fn a_boot_takes_what_would_not_have_come_back() {
        let kept = |text: &str, kept| Address { kept, ..Address::new(text.parse().unwrap()) };
        let mut lasting = Interface { up: true, persistent: true, ..Interface::new(Kind::Ethernet) };
        lasting.addresses = vec![kept("192.168.1.7/24", true), kept("10.0.0.7/8", false)];
        lasting.routes = vec![Route::default_via([192, 168, 1, 1].into())];
        let passing = Interface { persistent: false, ..lasting.clone() };
        let mut leased = lasting.clone();
        let lifetime = Some(Lifetime { valid: u32::MAX, preferred: u32::MAX });
        leased.addresses.push(Address { lifetime, ..kept("192.168.1.77/24", true) });
        let told =
            Route { protocol: Route::OF_A_LEASE, automatic: true, ..Route::default_via([192, 168, 1, 24].into()) };
        leased.routes.push(told.clone());
        let name = |text: &str| InterfaceName::new(text).unwrap();
        let interfaces =
            [(name("net0"), lasting), (name("net1"), passing), (name("net2"), leased)].into_iter().collect();
        let receipt = Receipt {
            schema: Receipt::SCHEMA.to_owned(),
            group: GroupName::new("lan").unwrap(),
            device: name("ipmp0"),
            before: Snapshot { interfaces, ..Snapshot::default() },
            addresses: vec![],
            routes: vec![],
            owed: Snapshot::default(),
            persistent: true,
        };
        let after = receipt.after_boot();
        let (net0, net1) = (&after.before.interfaces["net0"], &after.before.interfaces["net1"]);
        assert!(net0.up && net0.routes.is_empty());
        assert_eq!(net0.addresses, [kept("192.168.1.7/24", true)]);
        assert!(!net1.up && net1.addresses.is_empty());
        assert_eq!(after.before.interfaces["net2"].routes, [told], "the lease brings its own");
        assert_eq!(after.clone().after_boot(), after);
    }

    #[test]
    fn a_lease_that_ran_out_takes_its_routes_with_it() {
        let leased = |text: &str, valid| Address {
            lifetime: Some(Lifetime { valid, preferred: valid }),
            ..Address::new(text.parse().unwrap())
        };
        let mut interface = Interface::new(Kind::Ethernet);
        interface.addresses = vec![leased("192.168.1.7/24", 60), leased("10.0.0.7/8", 600)];
        let via = |text: &str| Route::default_via(text.parse().unwrap());
        let metric = |route: Route| Route { metric: Some(7), ..route };
        interface.routes = vec![via("192.168.1.1"), metric(via("10.0.0.1"))];
        let eth0 = InterfaceName::new("eth0").unwrap();
        let mut before = Snapshot::default();
        before.interfaces.insert(eth0.clone(), interface);
        let receipt = Receipt {
            schema: Receipt::SCHEMA.to_owned(),
            group: GroupName::new("lan").unwrap(),
            device: InterfaceName::new("bond0").unwrap(),
            before,
            addresses: vec![],
            routes: vec![],
            owed: Snapshot::default(),
            persistent: false,
        };
        let aged = receipt.aged(100).before.interfaces.remove(&eth0).unwrap();
        assert_eq!(aged.addresses, [leased("10.0.0.7/8", 500)]);
        assert_eq!(aged.routes, [metric(via("10.0.0.1"))]);
    }
}
