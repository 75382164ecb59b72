//! Groups as configurations of teamd.

use mpath_core::detection::{LinkDetection, ProbeValidation};
use mpath_core::group::{MacPolicy, MemberSelector};
use mpath_core::mode::{LacpRate, LacpSelect, TransmitHash};
use mpath_core::note::Note;
use mpath_core::refusal::Refusal;
use mpath_core::render::{RenderedFile, Rendering};
use mpath_core::settings::Failback;
use mpath_core::{Group, Mode};

use super::FOLDER;
use crate::format::fit::{self, Fitting, Refusals, fit};

/// Groups as configurations, one file for each.
///
/// # Errors
///
/// What the format has no word for, and what a group leaves open that it must have: all of it, each with its group.
pub fn render(groups: &[&Group], _: &str) -> Result<Rendering, Refusals> {
    let (fitting, mut refusals) = fit(groups);
    for group in groups {
        refusals.extend(fit::mac_of_member(group));
        let cannot =
            |(reason, cure): (&str, &str)| Refusal::NotInFormat { reason: reason.to_owned(), cure: cure.to_owned() };
        refusals.extend(without_equal(group).into_iter().map(|what| (group.name().clone(), cannot(what))));
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut rendering = Rendering::default();
    for Fitting { group, device } in fitting {
        let mut entries = vec![format!("\"device\": \"{device}\"")];
        if let MacPolicy::Fixed(mac) = group.mac() {
            entries.push(format!("\"hwaddr\": \"{mac}\""));
        }
        entries.push(format!("\"runner\": {}", object(&runner(group), 4)));
        entries.push(format!("\"notify_peers\": {{ \"count\": {} }}", group.peer_notifications()));
        entries.push(format!("\"link_watch\": {}", link_watch(group)));
        entries.push(format!("\"ports\": {}", object(&ports(group), 4)));
        let text = format!("{}\n", object(&entries, 0));
        rendering.files.push(RenderedFile { path: format!("{FOLDER}/{device}.conf"), text });
        let notes = fit::notes(group, "teamd").into_iter().chain(notes(group));
        rendering.notes.extend(notes.map(|note| (group.name().clone(), note)));
    }
    Ok(rendering)
}

/// An object of entries that are written already, indented.
fn object(entries: &[String], indent: usize) -> String {
    let (inner, outer) = (" ".repeat(indent + 4), " ".repeat(indent));
    format!("{{\n{inner}{}\n{outer}}}", entries.join(&format!(",\n{inner}")))
}

/// What of a group teamd has no equal for, and what to write instead.
fn without_equal(group: &Group) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    match group.mode() {
        Mode::TransmitBalance { .. } | Mode::AdaptiveBalance { .. } => {
            found.push(("teamd has no runner for balance-tlb and balance-alb", "use mode = \"balance-xor\""));
        }
        Mode::RoundRobin { packets_per_member: 2.. } => {
            found.push(("a turn is one packet with teamd", "leave `packets-per-member` out"));
        }
        Mode::Lacp(lacp) if lacp.system.is_some() || lacp.port_key != 0 => {
            found.push((
                "teamd has no system and no port key of its own for LACP",
                "leave `lacp.system` and `lacp.port-key` out",
            ));
        }
        _ => {}
    }
    let hash = group.mode().transmit_hash();
    if matches!(hash, Some(TransmitHash::Encap23 | TransmitHash::Encap34)) {
        found.push(("teamd hashes no packets inside of tunnels", "use transmit-hash = \"layer2+3\" or \"layer3+4\""));
    }
    if group.failback() == Failback::Better {
        found.push(("teamd does not compare speeds", "use failback = \"always\" or \"never\""));
    }
    if let Some(probe) = group.detection().probe() {
        use ProbeValidation::{Filter, FilterActive, FilterStandby};
        if matches!(probe.validate, Filter | FilterActive | FilterStandby) {
            found.push(("teamd does not filter what is no probe", "use validate = \"all\""));
        }
        if probe.all_targets && probe.targets.len() > 1 {
            found.push(("one answer of several targets is enough for teamd", "use all-targets = false"));
        }
    }
    if group.members().iter().any(|member| matches!(member.selector, MemberSelector::PermanentMac(_))) {
        found.push(("ports have names with teamd", "give the name: members = [{ name = \"…\" }, …]"));
    }
    found
}

fn runner(group: &Group) -> Vec<String> {
    let name = match group.mode() {
        Mode::ActiveBackup => "activebackup",
        Mode::Broadcast => "broadcast",
        Mode::Lacp(_) => "lacp",
        Mode::RoundRobin { packets_per_member: 0 } => "random",
        Mode::RoundRobin { .. } => "roundrobin",
        Mode::Xor { .. } | Mode::TransmitBalance { .. } | Mode::AdaptiveBalance { .. } => "loadbalance",
    };
    let mut entries = vec![format!("\"name\": \"{name}\"")];
    let policy = match group.mac() {
        MacPolicy::Shared => Some("same_all"),
        MacPolicy::Active => Some("by_active"),
        MacPolicy::Follow => Some("only_active"),
        MacPolicy::Auto | MacPolicy::Member(_) | MacPolicy::Fixed(_) => None,
    };
    // The other runners have one way only, which is the same.
    let policy = policy.filter(|_| *group.mode() == Mode::ActiveBackup);
    entries.extend(policy.map(|policy| format!("\"hwaddr_policy\": \"{policy}\"")));
    if let Some(hash) = group.mode().transmit_hash() {
        let words = match hash {
            TransmitHash::Layer2 => "\"eth\"",
            TransmitHash::Layer34 | TransmitHash::Encap34 => "\"ip\", \"l4\"",
            TransmitHash::Layer23 | TransmitHash::Encap23 => "\"eth\", \"ip\"",
            TransmitHash::VlanSourceMac => "\"eth\", \"vlan\"",
        };
        entries.push(format!("\"tx_hash\": [{words}]"));
    }
    if let Mode::Lacp(lacp) = group.mode() {
        let select = match lacp.select {
            LacpSelect::Stable => "lacp_prio_stable",
            LacpSelect::Bandwidth => "bandwidth",
            LacpSelect::Count => "count",
        };
        entries.push(format!("\"active\": {}", lacp.active));
        entries.push(format!("\"fast_rate\": {}", lacp.rate == LacpRate::Fast));
        entries.push(format!("\"sys_prio\": {}", lacp.system_priority));
        if lacp.min_links > 0 {
            entries.push(format!("\"min_ports\": {}", lacp.min_links));
        }
        entries.push(format!("\"agg_select_policy\": \"{select}\""));
    }
    entries
}

fn link_watch(group: &Group) -> String {
    let Some(probe) = group.detection().probe() else {
        let link = group.detection().link().cloned().unwrap_or_default();
        let entries = [
            "\"name\": \"ethtool\"".to_owned(),
            format!("\"delay_up\": {}", link.up_delay.get()),
            format!("\"delay_down\": {}", link.down_delay.get()),
        ];
        return object(&entries, 4);
    };
    use ProbeValidation::{Active, All, Standby};
    let watches: Vec<_> = probe
        .targets
        .iter()
        .map(|target| {
            let mut entries = vec![
                format!("\"name\": \"{}\"", if target.is_ipv6() { "nsna_ping" } else { "arp_ping" }),
                format!("\"interval\": {}", probe.interval.get()),
                format!("\"missed_max\": {}", probe.missed),
                format!("\"target_host\": \"{target}\""),
            ];
            if target.is_ipv4() {
                entries.push(format!("\"validate_active\": {}", matches!(probe.validate, Active | All)));
                entries.push(format!("\"validate_inactive\": {}", matches!(probe.validate, Standby | All)));
            }
            object(&entries, 8)
        })
        .collect();
    format!("[\n        {}\n    ]", watches.join(",\n        "))
}

fn ports(group: &Group) -> Vec<String> {
    let named = group.members().iter().filter_map(|member| match &member.selector {
        MemberSelector::Name(name) => Some((name, member.priority.unwrap_or_default())),
        MemberSelector::PermanentMac(_) => None,
    });
    let named: Vec<_> = named.collect();
    // The primary before all others, whatever they have.
    let others = named.iter().filter(|(name, _)| Some(*name) != group.primary());
    let best = others.map(|(_, prio)| prio.saturating_add(1)).max().unwrap_or(1).max(1);
    let port = |(name, prio): &(&mpath_core::InterfaceName, i32)| {
        let is_primary = group.primary() == Some(*name);
        let mut entries = Vec::new();
        let prio = if is_primary { best } else { *prio };
        if prio != 0 {
            entries.push(format!("\"prio\": {prio}"));
        }
        if group.primary().is_some() && !is_primary && group.failback() == Failback::Never {
            entries.push("\"sticky\": true".to_owned());
        }
        let entries = if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) };
        format!("\"{name}\": {entries}")
    };
    named.iter().map(port).collect()
}

/// What teamd says otherwise, or not at all.
fn notes(group: &Group) -> Vec<Note> {
    let remark = |text: &str| Note::Remark { text: text.to_owned() };
    let mut notes = vec![remark(
        "teamd knows no addresses, routes and no MTU: whoever starts it has to give them to the device, which is none of the bonding driver",
    )];
    if group.detection().link().is_some_and(|link| link.interval != LinkDetection::DEFAULT_INTERVAL) {
        notes.push(remark("teamd is told of links that go or come, and has no interval"));
    }
    if group.failback() == Failback::Never {
        notes.push(remark(if group.primary().is_none() || group.members().len() == 1 {
            "`failback` has no meaning there without a `primary` and another member"
        } else {
            "a sticky port that comes up before the `primary` keeps the traffic there"
        }));
    }
    if group.primary().is_none() && group.members().iter().any(|member| member.priority.is_some()) {
        notes.push(remark("the member with the highest `prio` takes over again there, as a `primary` does"));
    }
    // Seen with Debian 12's 1.31. Newer ones take the requests of the active port for valid, too (`lw_ap_receive`).
    use ProbeValidation::{All, Standby};
    if group.detection().probe().is_some_and(|probe| matches!(probe.validate, All | Standby)) {
        notes.push(remark(
            "up to version 1.31 teamd takes no standby for working that looks for valid probes: there use validate = \"active\" or \"none\"",
        ));
    }
    if group.detection().probe().is_some_and(|probe| probe.all_targets) {
        notes.push(remark("`all-targets` has no meaning with one target"));
    }
    notes
}
