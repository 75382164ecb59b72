//! Members, as operations: how they join a group, leave it and stand by.

use super::{Op, hostname_file, ifconfig, ipadm, make_link_local, member_link_local};
use crate::boot_file::{self, Edit};
use crate::command::CommandLine;
use crate::way::Way;

/// A member counts as active for a family only with an address of it that is up (`ipmp_ill_is_active` in the kernel's
/// `ipmp.c`). `ipadm` switches 0.0.0.0 on and leaves IPv6 off (`i_ipadm_set_groupname_active`), so that IPv6 of the
/// group would be dead while everything looks well. A link-local address does not move to the group, and without
/// NOFAILOVER it starts no probes. It is switched off before, where it goes with a boot: one that is on still, as after `remove-ipmp` by hand,
/// hinders the member in joining (EADDRINUSE), and where it is `::` only, no program lists it. For every boot it is an address object, which the boot brings back; made before the
/// member joins, as `ipadm` takes a member out of its group for a moment to give it one.
pub(super) fn join(device: &str, member: &str, way: Way) -> Vec<Op> {
    if way.by_ifconfig() {
        let lines = || Edit::Make(vec![boot_file::member_line(device), "up".to_owned()]);
        let file = hostname_file(way, member, lines);
        // What is up when it joins, `ifconfig` switches off for that moment by itself (`setifgroupname`).
        let ipv6 = (!way.lasting).then(|| switch_ipv6(member, "up"));
        let now = [ifconfig(&[member, "group", device]), ifconfig(&[member, "up"])];
        return now.into_iter().chain(ipv6).chain(file).collect();
    }
    let add = way.ipmp("add-ipmp", &["-i", member, device]);
    match way.lasting {
        true => vec![make_link_local(&member_link_local(member), way), forgetting(add, device, member, way)],
        false => vec![ifconfig(&[member, "inet6", "down"]), add, ifconfig(&[member, "inet6", "up"])],
    }
}

/// What puts a member into a group for every boot, with what clears the way where that fails.
fn forgetting(op: Op, device: &str, member: &str, way: Way) -> Op {
    let Op::Run(line) = op else { return op };
    let ipmp = |verb: &'static str, option: Option<&'static str>| {
        CommandLine::new("ipadm", [verb].into_iter().chain(option).chain(["-i", member, device]))
    };
    let temporary = Some("--temporary");
    let forget = [ipmp("add-ipmp", temporary), ipmp("remove-ipmp", None)];
    let lasting = Way { dialect: way.dialect, lasting: true };
    let object = member_link_local(member);
    let anew =
        [ipadm(&["delete-ip", member]), lasting.ipadm("create-ip", &[member]), make_link_local(&object, lasting)];
    let anew = anew.map(|op| match op {
        Op::Run(line) => line,
        _ => CommandLine::new("ipadm", []),
    });
    Op::Join { line, forget, back: ipmp("remove-ipmp", temporary), anew }
}

/// A membership made with --temporary is undone only with --temporary (`ipmgmt_ipmp_update_handler`), and one made without
/// only without. The link-local address of [`join`] would hinder a member in joining again (EADDRINUSE); it goes last, so
/// that a member which could not leave still has its IPv6.
pub(super) fn leave(device: &str, member: &str, way: Way) -> Vec<Op> {
    let remove = way.ipmp("remove-ipmp", &["-i", member, device]);
    match (way.by_ifconfig(), way.lasting) {
        (true, false) => vec![ifconfig(&[member, "group", ""]), switch_ipv6(member, "down")],
        (true, true) => {
            let file = hostname_file(way, member, || Edit::Unmake(boot_file::member_line(device)));
            // The boot makes IPv4 alone, `ipadm` both; of what is there already, ifconfig only complains (exit status 0).
            let both = [ifconfig(&[member, "group", ""]), ifconfig(&[member, "inet6", "plumb"])];
            file.into_iter().chain(both).collect()
        }
        (false, false) => vec![remove, ifconfig(&[member, "inet6", "down"])],
        (false, true) => vec![remove, ipadm(&["delete-addr", &member_link_local(member)])],
    }
}

/// Switches IPv6 of a member on or off. By `ifconfig` a group of IPv4 alone may have members without it.
fn switch_ipv6(member: &str, switch: &str) -> Op {
    let [line, look] = [&[member, "inet6", switch][..], &[member, "inet6"]]
        .map(|words| CommandLine::new("ifconfig", words.iter().copied()));
    Op::OfFamily { line, look }
}

pub(super) fn set_standby(member: &str, standby: bool, way: Way) -> Vec<Op> {
    if way.by_ifconfig() {
        let line = "standby".to_owned();
        let file = hostname_file(way, member, || if standby { Edit::Add(line) } else { Edit::Drop(line) });
        let now = ifconfig(&[member, if standby { "standby" } else { "-standby" }]);
        return [now].into_iter().map(|op| if standby { waking(op, member) } else { op }).chain(file).collect();
    }
    match (way.lasting, standby) {
        // Back at the default, nothing is left of it in what the system keeps.
        (true, false) => vec![ipadm(&["reset-ifprop", "-p", "standby", "-m", "ip", member])],
        (_, true) => vec![waking(way.ipadm("set-ifprop", &["-p", "standby=on", "-m", "ip", member]), member)],
        (false, false) => vec![way.ipadm("set-ifprop", &["-p", "standby=off", "-m", "ip", member])],
    }
}

/// What makes a member a standby, with what wakes it first where that fails.
fn waking(op: Op, member: &str) -> Op {
    match op {
        Op::Run(line) => {
            Op::StandBy { line, wake: ["-d", "-r"].map(|way| CommandLine::new("if_mpadm", [way, member])) }
        }
        other => other,
    }
}
