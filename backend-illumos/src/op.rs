//! A step as native operations.
//!
//! In: a [`Step`] and a [`Dialect`]. Out: [`Op`]s, each one command line run or one file written, and as text what an
//! administrator could type instead. The same list is printed and carried out.
//!
//! A plain step is temporary: what it makes is gone after a boot, and what the system keeps persistently is put aside,
//! never deleted. A persistent one goes without `-t` where `ipadm` makes groups, and changes the files of the boot beside
//! the active configuration where `ifconfig` does.

use std::fmt;

use mpath_core::shell::word;
use mpath_core::snapshot::AcceptRa;
use mpath_core::step::{Family, NewGroup};
use mpath_core::{InterfaceName, Step};
use serde::Serialize;

use crate::boot_file::{self, Edit};
pub(crate) use crate::command::CommandLine;
use crate::dialect::Dialect;
use crate::way::Way;
use crate::{mark, mpathd};
use address::{add_address, remove_address};
pub(crate) use address::{addif, object_name};
use client::{end_client, start_client};
use member::{join, leave, set_standby};
pub(crate) use route::route_words;
use route::{add_route, remove_route};

/// The address object of a group that has just a link-local IPv6 address, no advertised ones.
pub(crate) const LINK_LOCAL_OBJECT: &str = "linklocal";
/// The address object of a group that listens to router advertisements.
const ADVERTISED_OBJECT: &str = "advertised";
/// `netstat` names no interface with a route that was added without `-ifp`; such a one is deleted without it, too. No
/// number of a routing protocol that the model knows.
pub(crate) const WITHOUT_INTERFACE: u8 = 250;
/// The boot adds this one from `/etc/defaultrouter`, without `-ifp`. No number of a routing protocol either.
pub(crate) const OF_DEFAULT_ROUTER: u8 = 251;

/// One native operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "op")]
pub(crate) enum Op {
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
        /// The interface whose persistent routes go with it: without their interface they are in the way of others, and no
        /// program shows them among the routes.
        routes_of: Option<String>,
    },
    /// Runs a program about one family of an interface, where it is plumbed for it.
    OfFamily {
        /// The program.
        line: CommandLine,
        /// What succeeds where the interface is plumbed for that family.
        look: CommandLine,
    },
    /// Starts a DHCP client on an interface whose own place is free: an address there would become the lease's
    /// (`open_ip_lif` of dhcpagent). That no lease has come in time is no failure: dhcpagent goes on asking
    /// (DHCP_EXIT_TIMEOUT of `setifdhcp` in `ifconfig.c`).
    StartClient {
        /// What starts it.
        line: CommandLine,
        /// What shows the interface's own place.
        look: CommandLine,
    },
    /// Ends a DHCP client. `release` is refused where there is no lease to give back, and `drop` never (`ipc_cmd_allowed` in
    /// dhcpagent's `agent.c`); `ipadm delete-addr -r` does the same (`i_ipadm_delete_dhcp`).
    EndClient {
        /// What gives the lease back.
        release: CommandLine,
        /// What ends a client without one.
        drop: CommandLine,
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
    /// Puts a member into a group for every boot. What `ipadm` keeps may know the membership already, though the member is
    /// not in the group: it was taken out until the next boot, or the kernel refused it once (the database is written
    /// before it is asked, `i_ipadm_update_ipmp`). That is EXISTS for ever, and only goes by leaving for every boot.
    Join {
        /// What puts it in.
        line: CommandLine,
        /// What lets it join until the next boot and leave for every boot, where that fails.
        forget: [CommandLine; 2],
        /// What takes it out again where nothing was known of it.
        back: CommandLine,
        /// What the kernel refuses however it is asked is kept by `ipadm` all the same, and goes only with the interface: this
        /// removes the interface, which has nothing but its IPv6 by then, and makes it anew.
        anew: [CommandLine; 3],
    },
    /// Makes in.mpathd read its file again, if it runs.
    RereadMpathd(CommandLine),
    /// Writes the mark of an IPMP interface, or removes it.
    Mark {
        /// The IPMP interface.
        device: String,
        /// The text.
        mark: Option<String>,
        /// Whether it stays after a boot.
        lasting: bool,
    },
    /// Changes a file that the boot reads.
    BootFile {
        /// Its path, without the first slash.
        file: String,
        /// What becomes of it.
        edit: Edit,
    },
}

/// The native operations of a step.
pub(crate) fn ops_for(step: &Step, dialect: Dialect) -> Vec<Op> {
    let way = Way::of(step, dialect);
    match step.change() {
        Step::CreateGroup(NewGroup { device, label, .. }) => {
            let device = device.as_str();
            let make = match way.by_ifconfig() {
                // Each family for itself; without `group`, the group's name is the interface's.
                true => vec![ifconfig(&[device, "ipmp"]), ifconfig(&[device, "inet6", "ipmp"])],
                false => vec![way.ipmp("create-ipmp", &[device])],
            };
            let file = hostname_file(way, device, || Edit::Make(vec![boot_file::group_line(device)]));
            // The mark comes first: one without its interface means nothing, but an interface of every boot that a power
            // cut left without its mark would be nobody's.
            let mark = label.is_some().then(|| mark_op(way, device, label.as_deref()));
            mark.into_iter().chain(make).chain(file).collect()
        }
        Step::DeleteGroup(NewGroup { device, label, .. }) => {
            let device = device.as_str();
            // The file goes first: if the rest fails, the interface is still there to be deleted another time.
            let file = hostname_file(way, device, || Edit::Unmake(boot_file::group_line(device)));
            let remove = match way.by_ifconfig() {
                // Each family for itself, and one of them may be gone from a try before.
                true => ["inet6", "inet"].map(|family| unplumb(device, family, way)).into(),
                false => vec![remove("ipadm", &["delete-ipmp", device], &["show-if", device], device, way)],
            };
            let unmark = label.is_some().then(|| mark_op(way, device, None));
            file.into_iter().chain(remove).chain(unmark).collect()
        }
        Step::SetLabel { device, to, .. } => vec![mark_op(way, device.as_str(), to.as_deref())],
        Step::AddMember { device, member } => join(device.as_str(), member.as_str(), way),
        Step::RemoveMember { device, member } => leave(device.as_str(), member.as_str(), way),
        Step::SetStandby { member, standby, .. } => set_standby(member.as_str(), *standby, way),
        // Its announcements are the kernel's (`ipmp_ill_bind_ipaddr`, which sends gratuitous ARP and unsolicited NA).
        Step::SetInUse { member, in_use, .. } => {
            vec![run("if_mpadm", &[if *in_use { "-r" } else { "-d" }, member.as_str()])]
        }
        Step::SetHostWide { from, to } => {
            let reread = match way.by_ifconfig() {
                true => CommandLine::new("pkill", ["-HUP", "-x", "in.mpathd"]),
                false => CommandLine::new("svcadm", ["refresh", "svc:/network/ipmp:default"]),
            };
            vec![Op::SetMpathd { changes: mpathd::changes(from, to) }, Op::RereadMpathd(reread)]
        }
        Step::SetUp { interface, up } => vec![switch(interface.as_str(), *up, way)],
        Step::SetMtu { interface, to, .. } => {
            vec![run("dladm", &["set-linkprop", "-t", "-p", &format!("mtu={to}"), interface.as_str()])]
        }
        Step::SetMac { interface, to, .. } => vec![ifconfig(&[interface.as_str(), "ether", &to.to_string()])],
        Step::SetAcceptRa { interface, from, to } => accept_ra(interface, *from, *to, way),
        Step::AddAddress { interface, address } => add_address(interface, address, way),
        Step::RemoveAddress { interface, address } => remove_address(interface, address, way),
        Step::AddRoute { interface, route } => add_route(interface, route, way),
        Step::RemoveRoute { interface, route } => remove_route(interface, route, way),
        Step::StartDhcp { interface, family: Family::V4 } => start_client(interface.as_str(), way),
        Step::StopDhcp { interface, family: Family::V4 } => end_client(interface.as_str(), way),
        // The platform has none of these, and its capabilities keep them out of plans.
        Step::LoadDriver
        | Step::Activate { .. }
        | Step::ChangeSettings { .. }
        | Step::SetPriority { .. }
        | Step::StartDhcp { family: Family::V6, .. }
        | Step::StopDhcp { family: Family::V6, .. } => vec![],
        // One that lasts is made of one that does not.
        Step::Persistent { .. } => vec![],
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

fn unplumb(device: &str, family: &str, way: Way) -> Op {
    remove("ifconfig", &[device, family, "unplumb"], &[device, family], device, way)
}

fn remove(program: &'static str, line: &[&str], look: &[&str], device: &str, way: Way) -> Op {
    let [line, look] = [line, look].map(|words| CommandLine::new(program, words.iter().copied()));
    Op::Remove { line, look, routes_of: way.lasting.then(|| device.to_owned()) }
}

/// A step's edit of a hostname file, where that is what keeps the interface.
fn hostname_file(way: Way, interface: &str, edit: impl FnOnce() -> Edit) -> Option<Op> {
    let keeps = way.lasting && way.by_ifconfig();
    keeps.then(|| Op::BootFile { file: boot_file::hostname(interface), edit: edit() })
}

fn mark_op(way: Way, device: &str, mark: Option<&str>) -> Op {
    Op::Mark { device: device.to_owned(), mark: mark.map(str::to_owned), lasting: way.lasting }
}

/// The address object that is a member's link-local address for every boot.
pub(crate) fn member_link_local(member: &str) -> String {
    format!("{member}/{LINK_LOCAL_OBJECT}")
}

fn make_link_local(object: &str, way: Way) -> Op {
    way.ipadm("create-addr", &["-T", "addrconf", "-p", "stateful=no,stateless=no", object])
}

/// An interface is on when IP knows it. Both families are made, as the group has both.
fn switch(interface: &str, up: bool, way: Way) -> Op {
    match (way.by_ifconfig(), up) {
        (true, true) => way.ipadm("create-if", &[interface]),
        (true, false) => ipadm(&["delete-if", interface]),
        (false, true) => way.ipadm("create-ip", &[interface]),
        (false, false) => ipadm(&["delete-ip", interface]),
    }
}

/// `Unless` is the way of a new interface: no IPv6 address at all.
///
/// By `ifconfig` the link-local address is there when the interface is (IPH_LEGACY in `i_ipadm_plumb_if`), and with it on,
/// in.ndpd listens, unless its own file says otherwise.
fn accept_ra(interface: &InterfaceName, from: AcceptRa, to: AcceptRa, way: Way) -> Vec<Op> {
    if way.by_ifconfig() {
        let switch = if to == AcceptRa::Unless { "down" } else { "up" };
        return vec![ifconfig(&[interface.as_str(), "inet6", switch])];
    }
    let object = |accept: AcceptRa| match accept {
        AcceptRa::No => Some(format!("{interface}/{LINK_LOCAL_OBJECT}")),
        AcceptRa::Always => Some(format!("{interface}/{ADVERTISED_OBJECT}")),
        AcceptRa::Unless => None,
    };
    let remove = object(from).map(|object| ipadm(&["delete-addr", &object]));
    let make = object(to).map(|object| match to {
        AcceptRa::No => make_link_local(&object, way),
        _ => way.ipadm("create-addr", &["-T", "addrconf", &object]),
    });
    remove.into_iter().chain(make).collect()
}

impl Op {
    /// As somebody types it who has the profile and is not root. Files are written with the caller's own rights.
    pub(crate) fn by_profile(&self) -> String {
        match self {
            Self::Run(_)
            | Self::RereadMpathd(_)
            | Self::Remove { .. }
            | Self::OfFamily { .. }
            | Self::StartClient { .. }
            | Self::StandBy { .. }
            | Self::Join { .. } => format!("pfexec {self}"),
            Self::EndClient { release, drop } => format!("pfexec {release} || pfexec {drop}"),
            Self::SetMpathd { .. } | Self::Mark { .. } | Self::BootFile { .. } => self.to_string(),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(line)
            | Self::RereadMpathd(line)
            | Self::Remove { line, .. }
            | Self::OfFamily { line, .. }
            | Self::StartClient { line, .. }
            | Self::StandBy { line, .. }
            | Self::Join { line, .. } => fmt::Display::fmt(line, f),
            Self::EndClient { release, drop } => write!(f, "{release} || {drop}"),
            Self::SetMpathd { changes } => {
                // A key that the file does not have, or has in a comment only, comes at the end.
                let keys: Vec<_> = changes.iter().map(|(key, _)| *key).collect();
                let (file, kept, keys) = (mpathd::FILE, mpathd::KEPT, keys.join("|"));
                write!(f, "cp -p /{file} /{kept} && {{ egrep -v '^({keys})=' /{kept};")?;
                changes.iter().try_for_each(|(key, value)| write!(f, " echo {};", word(&format!("{key}={value}"))))?;
                write!(f, " }} > /{file}")
            }
            Self::Mark { device, mark: Some(mark), lasting } => {
                let directory = mark::directory(*lasting);
                let file = format!("/{directory}/{device}");
                write!(f, "mkdir -p /{directory} && echo {} > {}", word(mark), word(&file))
            }
            Self::Mark { device, mark: None, lasting } => {
                write!(f, "rm -f {}", word(&format!("/{}/{device}", mark::directory(*lasting))))
            }
            Self::BootFile { file, edit } => f.write_str(&boot_file::explain(file, edit)),
        }
    }
}

mod address;
mod client;
mod member;
mod route;
#[cfg(test)]
mod tests;
