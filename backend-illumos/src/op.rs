//! A step as native operations.
//!
//! In: a [`Step`] and a [`Dialect`]. Out: [`Op`]s, each one command line run or one file written, and as text what an
//! administrator could type instead. The same list is printed and carried out.
//!
//! Everything is temporary: it is gone after a boot, and what the system keeps persistently is put aside, never deleted.
//! `--temporary` is written out, as `-t` is refused by the IPMP subcommands of illumos (their `getopt` string in
//! `ipadm.c` is `":i:"`).

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use mpath_core::snapshot::AcceptRa;
use mpath_core::step::{Family, NewGroup};
use mpath_core::{Address, InterfaceName, Route, Step};
use serde::Serialize;

pub use crate::command::CommandLine;
use crate::dialect::Dialect;
use crate::{mark, mpathd};

/// How long a first lease is waited for; dhcpagent goes on by itself after it.
const FIRST_LEASE: &str = "30";
/// The address object that mpath's DHCP client has.
const DHCP_OBJECT: &str = "dhcp";
/// The address object of a group that has just a link-local IPv6 address, no advertised ones.
pub(crate) const LINK_LOCAL_OBJECT: &str = "linklocal";
/// The address object of a group that listens to router advertisements.
const ADVERTISED_OBJECT: &str = "advertised";
/// `netstat` names no interface with a route that was added without `-ifp`; such a one is deleted without it, too. No
/// number of a routing protocol that the model knows.
pub(crate) const WITHOUT_INTERFACE: u8 = 250;

/// One native operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "op")]
pub enum Op {
    /// Runs a program.
    Run(CommandLine),
    /// Changes values in `/etc/default/mpathd`.
    SetMpathd {
        /// Keys with their new values.
        changes: Vec<(&'static str, String)>,
    },
    /// Runs a program that removes something, unless it is gone already.
    Remove {
        /// What removes it.
        line: CommandLine,
        /// What succeeds as long as it is there.
        look: CommandLine,
    },
    /// Makes a member a standby. One that in.mpathd holds INACTIVE without being a standby, as a primary that came back
    /// with FAILBACK=no, cannot become one (EINVAL of `ip_sioctl_flags` in the kernel's `ip_if.c`), until it has been
    /// taken out of use and in again: who is put into use is active (`mpd_probe.c`).
    StandBy {
        /// What makes it a standby.
        line: CommandLine,
        /// What takes it out of use and in again, where that fails.
        wake: [CommandLine; 2],
    },
    /// Makes in.mpathd read its file again, if it runs.
    RereadMpathd(CommandLine),
    /// Writes the mark of an IPMP interface, or removes it.
    Mark {
        /// The IPMP interface.
        device: InterfaceName,
        /// The text.
        mark: Option<String>,
    },
}

/// The native operations of a step.
pub fn ops_for(step: &Step, dialect: Dialect) -> Vec<Op> {
    let old = dialect == Dialect::Ifconfig;
    match step {
        Step::CreateGroup(NewGroup { device, label, .. }) => {
            let mark = label.clone().map(|mark| Op::Mark { device: device.clone(), mark: Some(mark) });
            let make = match old {
                // Each family for itself; without `group`, the group's name is the interface's.
                true => vec![ifconfig(&[device.as_str(), "ipmp"]), ifconfig(&[device.as_str(), "inet6", "ipmp"])],
                false => vec![ipadm(&["create-ipmp", "--temporary", device.as_str()])],
            };
            make.into_iter().chain(mark).collect()
        }
        Step::DeleteGroup(NewGroup { device, label, .. }) => {
            let unmark = label.as_ref().map(|_| Op::Mark { device: device.clone(), mark: None });
            let remove = match old {
                // Each family for itself, and one of them may be gone from a try before.
                true => ["inet6", "inet"].map(|family| unplumb(device.as_str(), family)).into(),
                false => vec![ipadm(&["delete-ipmp", device.as_str()])],
            };
            remove.into_iter().chain(unmark).collect()
        }
        Step::SetLabel { device, to, .. } => vec![Op::Mark { device: device.clone(), mark: to.clone() }],
        Step::AddMember { device, member } => join(device.as_str(), member.as_str(), old),
        Step::RemoveMember { device, member } => match old {
            true => vec![ifconfig(&[member.as_str(), "group", ""])],
            // A membership made with --temporary is undone only with --temporary (ipmgmt_ipmp_update_handler). The
            // link-local address of `join` would hinder it in joining again (EADDRINUSE); it goes last, so that a
            // member which could not leave still has its IPv6.
            false => vec![
                ipadm(&["remove-ipmp", "--temporary", "-i", member.as_str(), device.as_str()]),
                ifconfig(&[member.as_str(), "inet6", "down"]),
            ],
        },
        Step::SetStandby { member, standby, .. } => {
            let member = member.as_str();
            let line = match (old, *standby) {
                (true, true) => CommandLine::new("ifconfig", [member, "standby"]),
                (true, false) => CommandLine::new("ifconfig", [member, "-standby"]),
                (false, true) => {
                    CommandLine::new("ipadm", ["set-ifprop", "-t", "-p", "standby=on", "-m", "ip", member])
                }
                (false, false) => {
                    CommandLine::new("ipadm", ["set-ifprop", "-t", "-p", "standby=off", "-m", "ip", member])
                }
            };
            let wake = || ["-d", "-r"].map(|way| CommandLine::new("if_mpadm", [way, member]));
            vec![if *standby { Op::StandBy { line, wake: wake() } } else { Op::Run(line) }]
        }
        Step::SetHostWide { from, to } => {
            let reread = match old {
                true => CommandLine::new("pkill", ["-HUP", "-x", "in.mpathd"]),
                false => CommandLine::new("svcadm", ["refresh", "svc:/network/ipmp:default"]),
            };
            vec![Op::SetMpathd { changes: mpathd::changes(from, to) }, Op::RereadMpathd(reread)]
        }
        Step::SetUp { interface, up } => vec![switch(interface.as_str(), *up, dialect)],
        Step::SetMtu { interface, to, .. } => {
            vec![run("dladm", &["set-linkprop", "-t", "-p", &format!("mtu={to}"), interface.as_str()])]
        }
        Step::SetMac { interface, to, .. } => vec![ifconfig(&[interface.as_str(), "ether", &to.to_string()])],
        Step::SetAcceptRa { interface, from, to } => accept_ra(interface, *from, *to),
        Step::AddAddress { interface, address } => vec![add_address(interface, address, dialect)],
        Step::RemoveAddress { interface, address } => vec![remove_address(interface, address, dialect)],
        Step::AddRoute { interface, route } => vec![change_route("add", interface, route)],
        Step::RemoveRoute { interface, route } => vec![change_route("delete", interface, route)],
        Step::StartDhcp { interface, family: Family::V4 } => {
            let object = format!("{interface}/{DHCP_OBJECT}");
            vec![ipadm(&["create-addr", "-t", "-T", "dhcp", "-w", FIRST_LEASE, &object])]
        }
        Step::StopDhcp { interface, family: Family::V4 } => {
            vec![ipadm(&["delete-addr", "-r", &format!("{interface}/{DHCP_OBJECT}")])]
        }
        // The platform has none of these, and its capabilities keep them out of plans.
        Step::LoadDriver
        | Step::ChangeSettings { .. }
        | Step::SetPriority { .. }
        | Step::StartDhcp { family: Family::V6, .. }
        | Step::StopDhcp { family: Family::V6, .. } => vec![],
    }
}

/// A step as commands that an administrator could type.
pub fn explain(step: &Step, dialect: Dialect) -> Vec<String> {
    ops_for(step, dialect).iter().map(Op::to_string).collect()
}

fn run(program: &'static str, words: &[&str]) -> Op {
    Op::Run(CommandLine::new(program, words.iter().copied()))
}

fn ipadm(words: &[&str]) -> Op {
    run("ipadm", words)
}

fn ifconfig(words: &[&str]) -> Op {
    run("ifconfig", words)
}

fn unplumb(device: &str, family: &str) -> Op {
    let line = |words: &[&str]| CommandLine::new("ifconfig", words.iter().copied());
    Op::Remove { line: line(&[device, family, "unplumb"]), look: line(&[device, family]) }
}

/// A member counts as active for a family only with an address of it that is up (`ipmp_ill_is_active` in the kernel's
/// `ipmp.c`). `ipadm` switches 0.0.0.0 on and leaves IPv6 off (`i_ipadm_set_groupname_active`), so that IPv6 of the
/// group would be dead while everything looks well. A link-local address does not move to the group, and without
/// NOFAILOVER it starts no probes. It is switched off before: one that is on still, as after `remove-ipmp` by hand,
/// hinders the member in joining (EADDRINUSE), and where it is `::` only, no program lists it.
fn join(device: &str, member: &str, old: bool) -> Vec<Op> {
    if old {
        return vec![ifconfig(&[member, "group", device]), ifconfig(&[member, "up"])];
    }
    vec![
        ifconfig(&[member, "inet6", "down"]),
        ipadm(&["add-ipmp", "--temporary", "-i", member, device]),
        ifconfig(&[member, "inet6", "up"]),
    ]
}

/// An interface is on when IP knows it. Both families are made, as the group has both.
fn switch(interface: &str, up: bool, dialect: Dialect) -> Op {
    match (dialect, up) {
        (Dialect::Ifconfig, true) => ipadm(&["create-if", "-t", interface]),
        (Dialect::Ifconfig, false) => ipadm(&["delete-if", interface]),
        (_, true) => ipadm(&["create-ip", "-t", interface]),
        (_, false) => ipadm(&["delete-ip", interface]),
    }
}

/// `Unless` is the way of a new interface: no IPv6 address at all.
fn accept_ra(interface: &InterfaceName, from: AcceptRa, to: AcceptRa) -> Vec<Op> {
    let object = |accept: AcceptRa| match accept {
        AcceptRa::No => Some(format!("{interface}/{LINK_LOCAL_OBJECT}")),
        AcceptRa::Always => Some(format!("{interface}/{ADVERTISED_OBJECT}")),
        AcceptRa::Unless => None,
    };
    let remove = object(from).map(|object| ipadm(&["delete-addr", &object]));
    let make = object(to).map(|object| match to {
        AcceptRa::No => ipadm(&["create-addr", "-t", "-T", "addrconf", "-p", "stateful=no,stateless=no", &object]),
        _ => ipadm(&["create-addr", "-t", "-T", "addrconf", &object]),
    });
    remove.into_iter().chain(make).collect()
}

/// Who manages an address.
enum Keeper {
    /// `ipadm`, under this name.
    Object(String),
    /// Nobody: it was made by `ifconfig`.
    Nobody,
}

fn keeper(interface: &InterfaceName, address: &Address, dialect: Dialect) -> Keeper {
    match &address.label {
        Some(label) if label.ends_with("/?") => Keeper::Nobody,
        Some(label) => Keeper::Object(label.clone()),
        // `ipadm` takes an interface out of its group to give it an address, and loses temporary ones when it joins again
        // (`i_ipadm_set_groupname_active`), so test addresses are ifconfig's.
        None if address.probe_only || dialect == Dialect::Ifconfig => Keeper::Nobody,
        None => Keeper::Object(format!("{interface}/{}", object_name(&address.net))),
    }
}

/// The name of an address object: a letter and at most 31 letters and digits more, nothing else.
fn object_name(net: &IpNet) -> String {
    let text: String =
        net.addr().to_string().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { 'x' }).collect();
    match net.addr() {
        IpAddr::V6(address) if text.len() > 31 => {
            // The first digit of a global address is 2 (RFC 4291, 2.4), and of 32 digits there is room for 31.
            format!("v{}", &format!("{:032x}", u128::from(address))[1..])
        }
        _ => format!("v{text}"),
    }
}

fn add_address(interface: &InterfaceName, address: &Address, dialect: Dialect) -> Op {
    match keeper(interface, address, dialect) {
        Keeper::Object(object) if address.kept => ipadm(&["enable-addr", "-t", &object]),
        Keeper::Object(object) if is_link_local(address) => ipadm(&["create-addr", "-t", "-T", "addrconf", &object]),
        Keeper::Object(object) if address.lifetime.is_some() => {
            ipadm(&["create-addr", "-t", "-T", "dhcp", "-w", FIRST_LEASE, &object])
        }
        Keeper::Object(object) => {
            ipadm(&["create-addr", "-t", "-T", "static", "-a", &address.net.to_string(), &object])
        }
        Keeper::Nobody => {
            let net = address.net.to_string();
            let mut words = vec![interface.as_str()];
            words.extend(address.is_ipv6().then_some("inet6"));
            words.extend(["addif", net.as_str()]);
            // Before `up`: what comes up without it moves to the IPMP interface (ifconfig(8)).
            words.extend(address.probe_only.then_some("-failover"));
            words.push("up");
            ifconfig(&words)
        }
    }
}

/// Whether it is the address of an addrconf object: no other is link-local.
fn is_link_local(address: &Address) -> bool {
    matches!(address.net, IpNet::V6(net) if net.addr().is_unicast_link_local())
}

fn remove_address(interface: &InterfaceName, address: &Address, dialect: Dialect) -> Op {
    match keeper(interface, address, dialect) {
        Keeper::Object(object) if address.kept => ipadm(&["disable-addr", "-t", &object]),
        Keeper::Object(object) => ipadm(&["delete-addr", &object]),
        Keeper::Nobody => {
            let local = address.net.addr().to_string();
            let mut words = vec![interface.as_str()];
            words.extend(address.is_ipv6().then_some("inet6"));
            words.extend(["removeif", local.as_str()]);
            ifconfig(&words)
        }
    }
}

fn change_route(verb: &str, interface: &InterfaceName, route: &Route) -> Op {
    let to = if route.is_default() { "default".to_owned() } else { route.to.to_string() };
    let via = route.via.map(|via| via.to_string());
    let mut words = vec![verb];
    words.push(if route.is_ipv6() { "-inet6" } else { "-inet" });
    words.push(&to);
    words.extend(via.as_deref());
    if route.protocol != WITHOUT_INTERFACE {
        words.extend(["-ifp", interface.as_str()]);
    }
    run("route", &words)
}

impl Op {
    /// As somebody types it who has the profile and is not root. Files are written with the caller's own rights.
    pub(crate) fn by_profile(&self) -> String {
        match self {
            Self::Run(_) | Self::RereadMpathd(_) | Self::Remove { .. } | Self::StandBy { .. } => {
                format!("pfexec {self}")
            }
            Self::SetMpathd { .. } | Self::Mark { .. } => self.to_string(),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(line) | Self::RereadMpathd(line) | Self::Remove { line, .. } | Self::StandBy { line, .. } => {
                fmt::Display::fmt(line, f)
            }
            Self::SetMpathd { changes } => {
                write!(f, "cp -p /{file} /{kept} && sed", file = mpathd::FILE, kept = mpathd::KEPT)?;
                for (key, value) in changes {
                    write!(f, " -e 's/^{key}=.*/{key}={value}/'")?;
                }
                write!(f, " /{kept} > /{file}", file = mpathd::FILE, kept = mpathd::KEPT)
            }
            Self::Mark { device, mark: Some(mark) } => {
                write!(f, "mkdir -p /{directory} && echo {mark} > /{directory}/{device}", directory = mark::DIRECTORY)
            }
            Self::Mark { device, mark: None } => write!(f, "rm -f /{}/{device}", mark::DIRECTORY),
        }
    }
}

#[cfg(test)]
mod tests;
