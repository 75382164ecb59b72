//! What is wrong with the IPMP groups of a host, whoever made them.
//!
//! In: what stands in the way of any group, and a [`Snapshot`]. Out: [`Finding`]s. Pure.

use mpath_core::capability::Obstacle;
use mpath_core::finding::{Code, Finding};
use mpath_core::shell::word;
use mpath_core::snapshot::{Interface, Membership};
use mpath_core::{Address, InterfaceName, Snapshot};

use crate::dialect::Dialect;

/// What is wrong with the host as a whole. Without a group nobody needs the daemon; with one it is needed also where
/// making a group would start it.
pub(crate) fn of_the_host(
    obstacles: Vec<(Code, &'static str, Obstacle)>,
    snapshot: &Snapshot,
    daemon_answers: bool,
) -> Vec<Finding> {
    let has_groups = snapshot.interfaces.values().any(|interface| interface.group().is_some());
    let matters = |(code, ..): &(Code, &str, Obstacle)| has_groups || *code != Code::MpathdOff;
    let mut findings: Vec<_> = obstacles
        .into_iter()
        .filter(matters)
        .map(|(code, seen, obstacle)| {
            let (source, seen) = seen.rsplit_once(": ").unwrap_or((seen, ""));
            let finding = Finding::new(code, obstacle.reason).seen(source, seen);
            // What cannot be typed on this host is told in words.
            if code == Code::ZoneSharesNetwork {
                finding.advice(obstacle.cure)
            } else {
                finding.cured_by("let groups work", [obstacle.cure])
            }
        })
        .collect();
    if has_groups && !daemon_answers && !findings.iter().any(|finding| finding.code == Code::MpathdOff) {
        findings.push(
            Finding::new(Code::MpathdOff, "in.mpathd does not run, and without it nothing fails over")
                .seen("ipmpstat -g", "it cannot contact in.mpathd")
                .cured_by("start it, as it is started at boot", ["/lib/inet/in.mpathd"]),
        );
    }
    findings
}

/// A member of a group.
type Member<'a> = (&'a InterfaceName, &'a Membership, &'a Interface);

/// What is wrong with groups.
pub(crate) fn diagnose(snapshot: &Snapshot, dialect: Dialect) -> Vec<Finding> {
    let devices = snapshot.interfaces.iter().filter(|(_, interface)| interface.group().is_some());
    let of_group = |(device, _): (&InterfaceName, _)| {
        let member = |(name, membership)| Some((name, membership, snapshot.interface(name)?));
        let members: Vec<Member<'_>> = snapshot.members(device).filter_map(member).collect();
        let mut findings = Vec::new();
        findings.extend(only_standbys(device, &members, dialect));
        findings.extend(single_member(device, &members));
        findings.extend(no_test_address(device, &members));
        let own = snapshot.interface(device).map(|interface| (device, interface));
        let all = own.into_iter().chain(members.iter().map(|(name, _, interface)| (*name, *interface)));
        findings.extend(all.flat_map(|(name, interface)| duplicates(device, name, interface)));
        findings
    };
    devices.flat_map(of_group).collect()
}

fn duplicates(device: &InterfaceName, name: &InterfaceName, interface: &Interface) -> Vec<Finding> {
    let finding = |address: &Address| {
        let owner = address.duplicate?.owner.map(|mac| format!(", {mac}")).unwrap_or_default();
        let alone = address.net.addr();
        let summary = format!("{alone} of {name} is another station's already{owner}, and is not used");
        let finding = Finding::new(Code::DadFailed, summary).of(device).on(name);
        let finding = finding.seen(format!("ifconfig {name}"), format!("{alone} DUPLICATE"));
        Some(finding.advice("let the other station give it up, and then add it here again"))
    };
    interface.addresses.iter().filter_map(finding).collect()
}

fn only_standbys(device: &InterfaceName, members: &[Member<'_>], dialect: Dialect) -> Option<Finding> {
    let (name, first, _) = members.first()?;
    if members.iter().any(|(_, membership, _)| !membership.standby) {
        return None;
    }
    let flag = match dialect {
        Dialect::Ifconfig => format!("ifconfig {} -standby", word(name.as_str())),
        _ if first.persistent => format!("ipadm set-ifprop -p standby=off -m ip {}", word(name.as_str())),
        _ => format!("ipadm set-ifprop -t -p standby=off -m ip {}", word(name.as_str())),
    };
    let mut finding = Finding::new(Code::OnlyStandbys, format!("every member of {device} waits for another to fail"));
    for (name, ..) in members {
        finding = finding.seen("ipmpstat -i", format!("{name}: s in FLAGS"));
    }
    Some(finding.of(device).cured_by(format!("let one carry the traffic, as here {name}"), [flag]))
}

fn single_member(device: &InterfaceName, members: &[Member<'_>]) -> Option<Finding> {
    let [(only, ..)] = members else { return None };
    Some(
        Finding::new(Code::SingleMember, format!("{device} has one member, {only}"))
            .of(device)
            .seen("ipmpstat -g", format!("INTERFACES: {only}"))
            .advice(format!("let another interface join: ipadm add-ipmp -i NAME {device}")),
    )
}

fn no_test_address(device: &InterfaceName, members: &[Member<'_>]) -> Vec<Finding> {
    let is_probed = |(_, _, interface): &&Member<'_>| interface.addresses.iter().any(|address| address.probe_only);
    let Some((probed, _, example)) = members.iter().find(is_probed) else { return vec![] };
    let example = example.addresses.iter().find(|address| address.probe_only).map(ToString::to_string);
    let finding = |(name, membership, _): &Member<'_>| {
        let add = match membership.persistent {
            true => format!("ipadm create-addr -T static -a ADDRESS/LENGTH {name}/test"),
            false => format!("ifconfig {name} addif ADDRESS/LENGTH -failover up"),
        };
        Finding::new(Code::NoTestAddress, format!("{name} is not probed, as {probed} is: it has no test address"))
            .of(device)
            .on(name)
            .seen(format!("ipadm show-addr {name}/"), "no address of its own")
            .seen(format!("ipadm show-addr {probed}/"), example.clone().unwrap_or_default())
            .advice(format!("give it a free address of the same subnet: {add}"))
    };
    members.iter().filter(|member| !is_probed(member)).map(finding).collect()
}
