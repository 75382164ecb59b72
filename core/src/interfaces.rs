//! The interfaces of a host by their names, and which of them to look at when something is asked of all of them.
//!
//! A host may have thousands, and a plan of each of a thousand groups asks who is in it, where a route leads, and what
//! stands on what. So a large host gets an index when it is first asked. It follows what is [put](Interfaces::insert) in the
//! place of something, as after each of a thousand groups that are brought up, and is lost with any other change. Who asks
//! gets candidates, and looks at each as if there were none.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashMap, btree_map};
use std::fmt;
use std::hash::Hash;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::snapshot::Interface;
use crate::{InterfaceName, MacAddress};

/// Below that, walking through all is quicker than an index: the drafts of a planner are small, and change all the time.
const LARGE: usize = 64;

/// Every interface of a host, by its name.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Interfaces {
    by_name: BTreeMap<InterfaceName, Interface>,
    /// Of `by_name` as it is: the ways to change that are [`insert`](Self::insert), [`remove`](Self::remove) and [`DerefMut`].
    #[serde(skip)]
    index: OnceLock<Index>,
}

/// Names in their order.
type Names = BTreeSet<InterfaceName>;

/// Names by what is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    /// By the device that they work for.
    pub(crate) working_for: HashMap<InterfaceName, Names>,
    /// Groups' devices by their labels.
    pub(crate) labelled: HashMap<String, Names>,
    /// By the MAC address that they were made with.
    pub(crate) made_with: HashMap<MacAddress, Names>,
    /// By the destination and the table of a route over them.
    pub(crate) leading: HashMap<(IpNet, Option<u32>), Names>,
    /// What stands on another.
    pub(crate) stacked: Names,
}

impl Index {
    fn of(interfaces: &BTreeMap<InterfaceName, Interface>) -> Self {
        let mut index = Self::default();
        interfaces.iter().for_each(|(name, interface)| index.mark(name, interface, true));
        index
    }

    /// Notes a name wherever it is asked for an interface like this, or strikes it out there.
    fn mark(&mut self, name: &InterfaceName, interface: &Interface, is_there: bool) {
        if let Some(controller) = &interface.controller {
            mark(&mut self.working_for, controller.device(), name, is_there);
        }
        if let Some(label) = interface.group().and_then(|group| group.label.as_ref()) {
            mark(&mut self.labelled, label, name, is_there);
        }
        if let Some(mac) = &interface.permanent_mac {
            mark(&mut self.made_with, mac, name, is_there);
        }
        for route in &interface.routes {
            mark(&mut self.leading, &(route.to, route.table), name, is_there);
        }
        if is_there && interface.lower().is_some() {
            self.stacked.insert(name.clone());
        } else {
            self.stacked.remove(name);
        }
    }
}

fn mark<K: Clone + Eq + Hash>(lists: &mut HashMap<K, Names>, key: &K, name: &InterfaceName, is_there: bool) {
    if is_there {
        lists.entry(key.clone()).or_default().insert(name.clone());
    } else if let Some(names) = lists.get_mut(key) {
        names.remove(name);
        if names.is_empty() {
            lists.remove(key);
        }
    }
}

impl Interfaces {
    /// Puts an interface in the place of the one with its name, or to the others.
    pub fn insert(&mut self, name: InterfaceName, interface: Interface) -> Option<Interface> {
        let before = self.remove(&name);
        if let Some(index) = self.index.get_mut() {
            index.mark(&name, &interface, true);
        }
        self.by_name.insert(name, interface);
        before
    }

    /// Takes one away.
    pub fn remove<N: Ord + ?Sized>(&mut self, name: &N) -> Option<Interface>
    where
        InterfaceName: Borrow<N>,
    {
        let (name, before) = self.by_name.remove_entry(name)?;
        if let Some(index) = self.index.get_mut() {
            index.mark(&name, &before, false);
        }
        Some(before)
    }

    /// Those that something may be true of: where there is an index, those that it names; otherwise all.
    pub(crate) fn candidates<'a>(
        &'a self,
        named: impl FnOnce(&'a Index) -> Option<&'a Names>,
    ) -> impl Iterator<Item = (&'a InterfaceName, &'a Interface)> {
        let index = (self.by_name.len() >= LARGE).then(|| self.index.get_or_init(|| Index::of(&self.by_name)));
        let all = index.is_none().then_some(&self.by_name);
        let named = index.and_then(named).into_iter().flatten();
        named.filter_map(|name| self.by_name.get_key_value(name)).chain(all.into_iter().flatten())
    }
}

impl Deref for Interfaces {
    type Target = BTreeMap<InterfaceName, Interface>;

    fn deref(&self) -> &Self::Target {
        &self.by_name
    }
}

impl DerefMut for Interfaces {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.index.take();
        &mut self.by_name
    }
}

impl Clone for Interfaces {
    fn clone(&self) -> Self {
        Self::from(self.by_name.clone())
    }
}

impl PartialEq for Interfaces {
    fn eq(&self, other: &Self) -> bool {
        self.by_name == other.by_name
    }
}

impl Eq for Interfaces {}

impl fmt::Debug for Interfaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.by_name.fmt(f)
    }
}

impl From<BTreeMap<InterfaceName, Interface>> for Interfaces {
    fn from(by_name: BTreeMap<InterfaceName, Interface>) -> Self {
        Self { by_name, index: OnceLock::new() }
    }
}

impl Extend<(InterfaceName, Interface)> for Interfaces {
    fn extend<I: IntoIterator<Item = (InterfaceName, Interface)>>(&mut self, interfaces: I) {
        for (name, interface) in interfaces {
            self.insert(name, interface);
        }
    }
}

impl FromIterator<(InterfaceName, Interface)> for Interfaces {
    fn from_iter<I: IntoIterator<Item = (InterfaceName, Interface)>>(interfaces: I) -> Self {
        Self::from(BTreeMap::from_iter(interfaces))
    }
}

impl IntoIterator for Interfaces {
    type Item = (InterfaceName, Interface);
    type IntoIter = btree_map::IntoIter<InterfaceName, Interface>;

    fn into_iter(self) -> Self::IntoIter {
        self.by_name.into_iter()
    }
}

impl<'a> IntoIterator for &'a Interfaces {
    type Item = (&'a InterfaceName, &'a Interface);
    type IntoIter = btree_map::Iter<'a, InterfaceName, Interface>;

    fn into_iter(self) -> Self::IntoIter {
        self.by_name.iter()
    }
}

impl<'a> IntoIterator for &'a mut Interfaces {
    type Item = (&'a InterfaceName, &'a mut Interface);
    type IntoIter = btree_map::IterMut<'a, InterfaceName, Interface>;

    fn into_iter(self) -> Self::IntoIter {
        self.deref_mut().iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::Index;
    use crate::mode::ModeName;
    use crate::settings::{Failback, MacSharing};
    use crate::snapshot::{Controller, Dhcp, GroupState, Interface, Kind, Membership};
    use crate::{GroupSettings, InterfaceName, Route, Snapshot};

    fn name(text: &str) -> InterfaceName {
        InterfaceName::new(text).unwrap()
    }

    /// A host with so many interfaces, every second one a member of one of ten devices.
    fn host(interfaces: usize) -> Snapshot {
        let one = |number: usize| {
            let mut interface = Interface::new(Kind::Ethernet);
            if number.is_multiple_of(2) {
                let device = name(&format!("bond{}", number % 10));
                interface.controller = Some(Controller::Group(Membership::new(device, None)));
            }
            interface.routes.push(Route::new(format!("10.{}.0.0/16", number % 7).parse().unwrap(), None));
            if number.is_multiple_of(5) {
                interface.kind = Kind::Stacked(Some(name("m1")));
            }
            (name(&format!("m{number}")), interface)
        };
        Snapshot { interfaces: (0..interfaces).map(one).collect(), ..Snapshot::default() }
    }

    #[test]
    fn a_large_host_answers_as_a_small_one_does() {
        for size in [20, 63, 64, 500] {
            let host = host(size);
            let device = name("bond4");
            let all = host.interfaces.iter();
            let members: Vec<_> =
                all.clone().filter(|(_, i)| i.membership().is_some_and(|m| m.device == device)).collect();
            assert_eq!(host.members(&device).count(), members.len());
            assert!(host.members(&device).map(|(name, _)| name).eq(members.iter().map(|(name, _)| *name)));
            let to = "10.3.0.0/16".parse().unwrap();
            let leading: Vec<_> = all.clone().filter(|(_, i)| i.routes.iter().any(|r| r.to == to)).collect();
            assert!(host.leading(to, None).eq(leading));
            assert!(host.stacked().eq(all.filter(|(_, i)| i.lower().is_some())));
        }
    }

    #[test]
    fn what_is_changed_is_asked_anew() {
        let mut host = host(500);
        let (device, member) = (name("bond4"), name("m4"));
        let before = host.members(&device).count();
        host.interfaces.get_mut(&member).unwrap().controller = None;
        assert_eq!(host.members(&device).count(), before - 1);
        for (_, interface) in &mut host.interfaces {
            interface.controller = None;
        }
        assert_eq!(host.members(&device).count(), 0);
        assert!(host.clone().members(&device).next().is_none());
    }

    /// After each of a thousand groups a few interfaces are put in the place of what they were.
    #[test]
    fn what_is_put_in_or_taken_away_leaves_the_index_as_one_that_is_made_anew() {
        let mut host = host(500);
        assert!(host.stacked().next().is_some());
        let device = name("bond4");
        let mut joins = Interface::new(Kind::Ethernet);
        joins.controller = Some(Controller::Group(Membership::new(device.clone(), None)));
        joins.permanent_mac = Some("02:00:00:00:00:01".parse().unwrap());
        joins.routes.push(Route::new("192.0.2.0/24".parse().unwrap(), None));
        let mut group = Interface::new(Kind::Group(Box::new(GroupState {
            settings: GroupSettings {
                mode: ModeName::ActiveBackup.with_defaults(),
                detection: None,
                primary: None,
                failback: Failback::Always,
                mac_sharing: MacSharing::Shared,
                peer_notifications: 1,
            },
            label: Some("mpath:lan".to_owned()),
            active: None,
            dhcp: Dhcp::default(),
        })));
        group.up = true;
        host.interfaces.extend([(name("m5"), joins.clone()), (name("m0"), joins), (device, group)]);
        host.interfaces.remove("m4");
        assert!(host.interfaces.remove("m4").is_none());
        host.interfaces.insert(name("m10"), Interface::new(Kind::Ethernet));
        let index = host.interfaces.index.get().expect("nothing made it worthless");
        assert_eq!(*index, Index::of(&host.interfaces.by_name));
    }
}
