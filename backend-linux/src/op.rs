//! A step as native operations.
//!
//! In: a [`Step`]. Out: [`Op`]s, each one netlink message, one file written or one program run, and as text what an
//! administrator could type instead. The same list is printed and carried out.
//!
//! Every step is one operation: the kernel takes a message as a whole or, but for the options of an existing bond
//! (`bond_changelink`), not at all, so that a failed step leaves nothing half done.

pub(crate) mod typed;

use mpath_core::snapshot::AcceptRa;
use mpath_core::step::{Family, NewGroup};
use mpath_core::{Address, InterfaceName, MacAddress, Route, Step};
use serde::Serialize;

use crate::change::{changes, options_of};
use crate::option::BondOption;

/// One native operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "op")]
pub(crate) enum Op {
    /// Loads the module without its `bond0` (`max_bonds`).
    LoadModule,
    /// `RTM_NEWLINK` with `NLM_F_CREATE`.
    CreateBond {
        /// The bond.
        device: InterfaceName,
        /// Its options.
        options: Vec<BondOption>,
        /// `IFLA_ADDRESS`.
        mac: Option<MacAddress>,
        /// `IFLA_MTU`.
        mtu: Option<u32>,
    },
    /// `RTM_DELLINK`.
    DeleteBond {
        /// The bond.
        device: InterfaceName,
    },
    /// `RTM_NEWLINK` without `NLM_F_CREATE`: `RTM_SETLINK` says yes and ignores the options.
    ChangeBond {
        /// The bond.
        device: InterfaceName,
        /// The options that differ.
        options: Vec<BondOption>,
    },
    /// `IFLA_IFALIAS`; empty is none.
    SetAlias {
        /// The bond.
        device: InterfaceName,
        /// The text.
        alias: String,
    },
    /// `IFLA_MASTER`.
    Enslave {
        /// The port.
        port: InterfaceName,
        /// The bond.
        device: InterfaceName,
    },
    /// `IFLA_MASTER` 0.
    Release {
        /// The port.
        port: InterfaceName,
    },
    /// `IFLA_BOND_SLAVE_PRIO`.
    SetPortPriority {
        /// The port.
        port: InterfaceName,
        /// The number; more wins.
        prio: i32,
    },
    /// `IFF_UP`.
    SetUp {
        /// The interface.
        interface: InterfaceName,
        /// On or off.
        up: bool,
    },
    /// `IFLA_MTU`.
    SetMtu {
        /// The interface.
        interface: InterfaceName,
        /// Bytes.
        mtu: u32,
    },
    /// `IFLA_ADDRESS`.
    SetMac {
        /// The interface.
        interface: InterfaceName,
        /// The address.
        mac: MacAddress,
    },
    /// Writes `net.ipv6.conf.IF.accept_ra`.
    SetAcceptRa {
        /// The interface.
        interface: InterfaceName,
        /// 0, 1 or 2.
        accept: AcceptRa,
    },
    /// `RTM_NEWADDR`.
    AddAddress {
        /// The interface.
        interface: InterfaceName,
        /// The address.
        address: Address,
    },
    /// `RTM_DELADDR`.
    DeleteAddress {
        /// The interface.
        interface: InterfaceName,
        /// The address.
        address: Address,
    },
    /// `RTM_NEWROUTE`.
    AddRoute {
        /// The interface.
        interface: InterfaceName,
        /// The route.
        route: Route,
    },
    /// `RTM_DELROUTE`.
    DeleteRoute {
        /// The interface.
        interface: InterfaceName,
        /// The route.
        route: Route,
    },
    /// Starts the first DHCP client that is installed.
    StartDhcp {
        /// The interface.
        interface: InterfaceName,
        /// The family.
        family: Family,
    },
    /// Makes that client give its lease back and end.
    StopDhcp {
        /// The interface.
        interface: InterfaceName,
        /// The family.
        family: Family,
    },
}

/// The native operations of a step.
pub(crate) fn ops_for(step: &Step) -> Vec<Op> {
    let op = match step.clone() {
        Step::LoadDriver => Op::LoadModule,
        Step::CreateGroup(NewGroup { device, settings, label, mac, mtu }) => {
            let create = Op::CreateBond { device: device.clone(), options: options_of(&settings), mac, mtu };
            // rtnl_create_link does not look at IFLA_IFALIAS: the mark is a message of its own.
            let mark = label.map(|alias| Op::SetAlias { device, alias });
            return [create].into_iter().chain(mark).collect();
        }
        Step::DeleteGroup(NewGroup { device, .. }) => Op::DeleteBond { device },
        Step::SetLabel { device, to, .. } => Op::SetAlias { device, alias: to.unwrap_or_default() },
        Step::ChangeSettings { device, from, to } => {
            let options = changes(&from, &to);
            // Settings that mean nothing in this mode, such as the primary of balance-rr, need no change.
            if options.is_empty() {
                return Vec::new();
            }
            Op::ChangeBond { device, options }
        }
        Step::AddMember { device, member } => Op::Enslave { port: member, device },
        Step::RemoveMember { member, .. } => Op::Release { port: member },
        Step::Activate { device, member, .. } => {
            Op::ChangeBond { device, options: vec![BondOption::ActiveSlave(member)] }
        }
        // Bonding says neither of a member nor of a host what it says of a device.
        Step::SetStandby { .. } | Step::SetInUse { .. } | Step::SetHostWide { .. } => return Vec::new(),
        Step::SetPriority { member, to, .. } => Op::SetPortPriority { port: member, prio: to },
        Step::SetUp { interface, up } => Op::SetUp { interface, up },
        Step::SetMtu { interface, to, .. } => Op::SetMtu { interface, mtu: to },
        Step::SetMac { interface, to, .. } => Op::SetMac { interface, mac: to },
        Step::SetAcceptRa { interface, to, .. } => Op::SetAcceptRa { interface, accept: to },
        Step::AddAddress { interface, address } => Op::AddAddress { interface, address },
        Step::RemoveAddress { interface, address } => Op::DeleteAddress { interface, address },
        Step::AddRoute { interface, route } => Op::AddRoute { interface, route },
        Step::RemoveRoute { interface, route } => Op::DeleteRoute { interface, route },
        Step::StartDhcp { interface, family } => Op::StartDhcp { interface, family },
        Step::StopDhcp { interface, family } => Op::StopDhcp { interface, family },
        // Nothing lasts here, and the capabilities keep such steps out of plans.
        Step::Persistent { .. } => return vec![],
    };
    vec![op]
}

/// A step as commands that an administrator could type.
pub fn explain(step: &Step) -> Vec<String> {
    ops_for(step).iter().map(Op::to_string).collect()
}

/// The number in `net.ipv6.conf.*.accept_ra`.
pub(crate) fn accept_ra_number(accept: AcceptRa) -> u8 {
    match accept {
        AcceptRa::No => 0,
        AcceptRa::Unless => 1,
        AcceptRa::Always => 2,
    }
}

#[cfg(test)]
mod tests;
