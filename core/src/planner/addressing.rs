//! Addresses and routes of an interface, in an order that loses none which shall stay.

use super::Planner;
use crate::effect::{self, Nonsense};
use crate::snapshot::{Dhcp, Interface, MemberState};
use crate::step::Family;
use crate::target::{Absent, DeviceTarget, Wanted};
use crate::{Address, InterfaceName, Route, Step};

impl Planner<'_> {
    pub(super) fn device_addressing(&mut self, device: &InterfaceName, state: &DeviceTarget) -> Result<(), Nonsense> {
        let mut addresses = state.addresses.clone();
        let mut routes = state.routes.clone();
        if self.capabilities.rules.members_stay_on {
            self.accept_ra(device, state)?;
        }
        if state.up {
            let early = self.take_early(device)?;
            self.put_back.0.extend(early);
        }
        let (lost_addresses, lost_routes) = std::mem::take(&mut self.put_back);
        if let Absent::These(unwanted) = &addresses.absent {
            let foreign = lost_addresses.into_iter().filter(|lost| !unwanted.iter().any(|other| other.same(lost)));
            addresses.present.extend(foreign);
        }
        if let Absent::These(unwanted) = &routes.absent {
            let foreign = lost_routes.into_iter().filter(|lost| !unwanted.iter().any(|other| other.same(lost)));
            routes.present.extend(foreign);
        }
        if !state.up {
            self.switch_off(device)?;
            self.put_back = Default::default();
            return self.addresses(device, &addresses).map(drop);
        }
        if self.at(device).is_some_and(|interface| !interface.up) {
            // The first active member is announced with what the device has by then (NETDEV_NOTIFY_PEERS). IPv6 cannot
            // be there before: switched off again, the device would lose it.
            let present = addresses.present.iter().filter(|address| !address.is_ipv6()).cloned().collect();
            self.addresses(device, &Wanted { present, absent: addresses.absent.clone() })?;
        }
        self.set_up(device, true)?;
        // What a client that goes on was given is the client's, and taking it away would end the client.
        let lasting = self.at(device).into_iter().flat_map(Interface::own_addresses);
        let wants = |ipv6: bool| if ipv6 { state.dhcp.v6 } else { state.dhcp.v4 };
        let leased = lasting.filter(|address| address.lifetime.is_some() && wants(address.is_ipv6()));
        let known = |address: &Address| addresses.present.iter().any(|other| other.same(address));
        let leased: Vec<_> = leased.filter(|address| !known(address)).cloned().collect();
        for lease in leased {
            // At its place among the others, which are nobody's to move for it.
            let after = self.place_of(device, &lease);
            let place = addresses.present.iter().position(|other| self.place_of(device, other) > after);
            addresses.present.insert(place.unwrap_or(addresses.present.len()), lease);
        }
        self.routes_absent(device, &routes)?;
        let lost = self.addresses(device, &addresses)?;
        if let Absent::These(_) = &routes.absent {
            // Those of others, too: what was to go has gone before.
            let known = |route: &Route| routes.present.iter().any(|other| other.same(route));
            let foreign: Vec<_> = lost.into_iter().filter(|route| !known(route)).collect();
            routes.present.extend(foreign);
        }
        self.routes(device, &routes)?;
        for (wanted, family) in [(state.dhcp.v4, Family::V4), (state.dhcp.v6, Family::V6)] {
            if wanted && !self.dhcp_runs(device, family) {
                self.push(Step::StartDhcp { interface: device.clone(), family })?;
            }
        }
        Ok(())
    }

    /// Where an address stands among those of an interface; `None` where it is not there.
    fn place_of(&self, name: &InterfaceName, address: &Address) -> Option<usize> {
        self.at(name)?.addresses.iter().position(|other| other.same(address))
    }

    /// Takes away the IPv6 addresses that an interface got while it was off: once it is on, switching it off again
    /// would lose them, so they are given after.
    pub(super) fn take_early(&mut self, name: &InterfaceName) -> Result<Vec<Address>, Nonsense> {
        let Some(interface) = self.at(name).filter(|interface| !interface.up) else { return Ok(vec![]) };
        let early: Vec<_> = interface.own_addresses().filter(|address| address.is_ipv6()).cloned().collect();
        for address in early.iter().rev().cloned() {
            self.push(Step::RemoveAddress { interface: name.clone(), address })?;
        }
        Ok(early)
    }

    /// Takes away the IPv6 addresses and routes of a device that are kept over a boot; [`Self::device_addressing`] gives
    /// them again.
    pub(super) fn lift_ipv6(&mut self, device: &InterfaceName) -> Result<(), Nonsense> {
        let Some(interface) = self.at(device) else { return Ok(()) };
        let addresses = interface.own_addresses().filter(|address| address.is_ipv6() && address.kept);
        let addresses: Vec<_> = addresses.cloned().collect();
        if addresses.is_empty() {
            return Ok(());
        }
        // They hang on the addresses.
        let routes: Vec<_> = interface.own_routes().filter(|route| route.is_ipv6()).cloned().collect();
        for route in nearest_first(&routes).into_iter().rev().cloned() {
            self.push(Step::RemoveRoute { interface: device.clone(), route })?;
        }
        for address in addresses.iter().rev().cloned() {
            self.push(Step::RemoveAddress { interface: device.clone(), address })?;
        }
        self.put_back.0.extend(addresses);
        self.put_back.1.extend(routes);
        Ok(())
    }

    pub(super) fn dhcp_runs(&self, device: &InterfaceName, family: Family) -> bool {
        let dhcp = self.draft.group(device).map(|group| group.dhcp).unwrap_or_default();
        if family == Family::V4 { dhcp.v4 } else { dhcp.v6 }
    }

    pub(super) fn stop_dhcp(&mut self, device: &InterfaceName, wanted: Dhcp) -> Result<(), Nonsense> {
        for (wanted, family) in [(wanted.v4, Family::V4), (wanted.v6, Family::V6)] {
            if !wanted && self.dhcp_runs(device, family) {
                self.push(Step::StopDhcp { interface: device.clone(), family })?;
            }
        }
        Ok(())
    }

    /// Takes an interface's own addresses and routes away.
    pub(super) fn strip(&mut self, name: &InterfaceName) -> Result<(), Nonsense> {
        self.routes(name, &Wanted { present: vec![], absent: Absent::AllOthers })?;
        self.addresses(name, &Wanted { present: vec![], absent: Absent::AllOthers }).map(drop)
    }

    /// Gives an interface the addresses that are wanted. What comes back are the routes that had to go for that.
    pub(super) fn addresses(&mut self, name: &InterfaceName, wanted: &Wanted<Address>) -> Result<Vec<Route>, Nonsense> {
        let Some(interface) = self.at(name) else { return Ok(vec![]) };
        let now: Vec<_> = interface.own_addresses().cloned().collect();
        // A client that is there again may have been given another lease, which is as good.
        let lease = |wanted: &Address| now.iter().find(|other| other.same_client(wanted)).unwrap_or(wanted).clone();
        let wanted = &Wanted { present: wanted.present.iter().map(lease).collect(), absent: wanted.absent.clone() };
        let goes = |address: &Address| match &wanted.absent {
            Absent::AllOthers => !keeps_its_place(address, &now, &wanted.present),
            Absent::These(these) => match wanted.present.iter().find(|other| other.same(address)) {
                Some(other) => self.persistent && other.kept && !address.kept,
                None => these.iter().any(|other| other.same(address)),
            },
        };
        let going: Vec<_> = now.iter().filter(|address| goes(address)).collect();
        // Secondaries go with the first address of their subnet, so they go before it, and come back after it.
        let mut returning = Vec::new();
        let mut lost = Vec::new();
        for address in now.iter().rev() {
            let place = now.iter().position(|other| other == address).unwrap_or(0);
            let follows = |first: &&&Address| {
                effect::is_secondary_to(address, first) && now[..place].iter().any(|other| other == **first)
            };
            let itself = going.contains(&address);
            if !itself && !going.iter().any(|first| follows(&first)) {
                continue;
            }
            lost.extend(self.free_of_routes(name, address)?);
            self.push(Step::RemoveAddress { interface: name.clone(), address: address.clone() })?;
            if !itself {
                returning.insert(0, address.clone());
            }
        }
        for address in wanted.present.iter().chain(&returning) {
            let there = self.at(name).is_some_and(|now| now.addresses.iter().any(|other| other.same(address)));
            if !there {
                let address = Address { out_of_use: self.is_out_of_use(name), ..address.clone() };
                self.push(Step::AddAddress { interface: name.clone(), address })?;
            }
        }
        Ok(lost)
    }

    /// Takes away the routes that an address would take along as it goes.
    fn free_of_routes(&mut self, name: &InterfaceName, address: &Address) -> Result<Vec<Route>, Nonsense> {
        let rules = &self.capabilities.rules;
        let Some(interface) = self.at(name).filter(|now| effect::ends_ipv4(now, address, rules)) else {
            return Ok(vec![]);
        };
        let routes: Vec<_> = interface.own_routes().filter(|route| !route.is_ipv6()).cloned().collect();
        for route in nearest_first(&routes).into_iter().rev().cloned() {
            self.push(Step::RemoveRoute { interface: name.clone(), route })?;
        }
        Ok(routes)
    }

    /// Whether somebody took a member out of use: what it is given comes up with it, not before.
    fn is_out_of_use(&self, name: &InterfaceName) -> bool {
        let membership = self.at(name).and_then(Interface::membership);
        membership.is_some_and(|membership| membership.state == MemberState::Offline)
    }

    /// Removes the routes that are not wanted.
    pub(super) fn routes_absent(&mut self, name: &InterfaceName, wanted: &Wanted<Route>) -> Result<(), Nonsense> {
        let Some(interface) = self.at(name) else { return Ok(()) };
        let goes = |route: &Route| match &wanted.absent {
            Absent::AllOthers => !wanted.present.contains(route),
            Absent::These(these) => match wanted.present.iter().find(|other| other.same(route)) {
                Some(other) => self.persistent && other.kept && !route.kept,
                None => these.iter().any(|other| other.same(route)),
            },
        };
        let going: Vec<_> = interface.own_routes().filter(|route| goes(route)).cloned().collect();
        for route in nearest_first(&going).into_iter().rev().cloned() {
            self.push(Step::RemoveRoute { interface: name.clone(), route })?;
        }
        Ok(())
    }

    pub(super) fn routes(&mut self, name: &InterfaceName, wanted: &Wanted<Route>) -> Result<(), Nonsense> {
        self.routes_absent(name, wanted)?;
        for route in nearest_first(&wanted.present) {
            let there = self.at(name).is_some_and(|now| now.routes.iter().any(|other| other.same(route)));
            if !there {
                self.push(Step::AddRoute { interface: name.clone(), route: route.clone() })?;
            }
        }
        Ok(())
    }
}

/// Whether an address may stay where it is: it is wanted, and so are those of its subnet before it, in this order.
/// The order counts because the first of a subnet is the source of new connections.
fn keeps_its_place(address: &Address, now: &[Address], wanted: &[Address]) -> bool {
    let subnet = |list: &[Address]| -> Vec<Address> {
        list.iter().filter(|other| *other == address || effect::is_secondary_to(other, address)).cloned().collect()
    };
    let kept = subnet(now);
    let kept = kept.iter().zip(&subnet(wanted)).take_while(|(a, b)| equal_but_for_lifetime(a, b)).count();
    let place = subnet(now).iter().position(|other| other == address);
    let elsewhere = address.is_ipv6() && wanted.iter().any(|other| equal_but_for_lifetime(other, address));
    elsewhere || place.is_some_and(|place| place < kept)
}

/// Whether an address is as it was given, however long it lasts now, whoever else has it, and in use or not.
fn equal_but_for_lifetime(a: &Address, b: &Address) -> bool {
    let given = |address: &Address| Address { lifetime: None, duplicate: None, out_of_use: false, ..address.clone() };
    given(a) == given(b)
}

/// Routes to the segment before those over a next hop, which may need them.
pub(super) fn nearest_first(routes: &[Route]) -> Vec<&Route> {
    let (near, far): (Vec<_>, Vec<_>) = routes.iter().partition(|route| route.via.is_none());
    near.into_iter().chain(far).collect()
}
