//! ipmpstat (facts §3): in.mpathd's view, to whoever asks.
//!
//! Not simulated: the names behind addresses (all is as with -n), the rows of -p (it prints its header and runs on).

use super::getopt::{OptionError, Spec};
use crate::interface::{Family, Interface};
use crate::layout::Table;
use crate::mpathd::{MemberState, Tracked, group_states, probing, targets, test_address, usable};
use crate::output::{Ending, Output};
use crate::state::State;

const USAGE: &str = "usage: ipmpstat [-n] [-o <field> [-P]] -a|-g|-i|-p|-t";

/// Runs ipmpstat.
pub(super) fn run(state: &State, words: &[&str]) -> Output {
    let parsed = match (Spec { short: "nLPo:agipt", long: &[] }).parse(words) {
        Ok(parsed) if parsed.operands.is_empty() => parsed,
        Ok(_) => return Output::failure(USAGE),
        Err(OptionError::NoValue(option)) => {
            return Output::failure(format!("ipmpstat: option requires an argument -- {option}")).warned(USAGE);
        }
        Err(OptionError::Unknown(option)) => {
            return Output::failure(format!("ipmpstat: illegal option -- {option}")).warned(USAGE);
        }
    };
    let modes: Vec<char> = "agipt".chars().filter(|mode| parsed.has(*mode)).collect();
    let [mode] = modes[..] else {
        return if modes.is_empty() {
            Output::failure(USAGE)
        } else {
            Output::failure("ipmpstat: only one output format may be specified")
        };
    };
    let table = match mode {
        'a' => addresses(state),
        'g' => groups(state),
        'i' => interfaces(state),
        't' => all_targets(state),
        _ => probes(),
    };
    // Fields are judged before the daemon is asked.
    let laid = match table.lay(parsed.value('o'), parsed.has('P')) {
        Ok(laid) => laid,
        Err(error) => return Output::failure(format!("ipmpstat: {error}")),
    };
    if !state.mpathd.running {
        return Output::failure("ipmpstat: cannot contact in.mpathd(8) -- is IPMP in use?");
    }
    if mode == 'p' {
        if !state.privileged() {
            return Output::failure("ipmpstat: insufficient privileges for -p");
        }
        let probing = |member: &Tracked| state.interface(&member.name).is_some_and(|i| !probing(i).is_empty());
        if !state.mpathd.members.iter().any(probing) {
            return Output::failure("ipmpstat: probe-based failure detection is disabled");
        }
        return Output { ending: Ending::Hang, ..Output::of(laid.text) };
    }
    let mut output = Output::of(laid.text);
    for field in laid.ignored {
        output = output.warned(format!("ipmpstat: warning: ignoring unknown output field: `{field}'"));
    }
    output
}

/// The groups with their IPMP interfaces, the newest first.
fn each_group(state: &State) -> impl Iterator<Item = (&String, &Interface)> {
    state.mpathd.groups.iter().rev().filter_map(|name| {
        let group = state.group(name)?;
        Some((name, state.interface(&group.interface)?))
    })
}

fn is_active(state: &State, member: &Tracked) -> bool {
    usable(state, member) && state.interface(&member.name).is_some_and(|interface| !interface.inactive)
}

fn addresses(state: &State) -> Table {
    let mut rows = Vec::new();
    for (name, ipmp) in each_group(state) {
        let active: Vec<&str> =
            state.mpathd.in_group(name).filter(|m| is_active(state, m)).map(|m| m.name.as_str()).collect();
        let mut lifs: Vec<_> = ipmp.lifs().filter(|(_, lif)| !lif.is_stub()).collect();
        lifs.reverse();
        for (_, lif) in lifs {
            let bound = lif.bound.clone().filter(|_| lif.up);
            rows.push(vec![
                lif.address.to_string(),
                if lif.up { "up" } else { "down" }.to_owned(),
                ipmp.name.clone(),
                bound.clone().unwrap_or_default(),
                bound.map(|_| active.join(" ")).unwrap_or_default(),
            ]);
        }
    }
    let columns = &[("ADDRESS", 26), ("STATE", 7), ("GROUP", 12), ("INBOUND", 12), ("OUTBOUND", 23)];
    Table { columns, default: 5, rows }
}

fn groups(state: &State) -> Table {
    let words = group_states(state);
    let mut rows = Vec::new();
    for (name, ipmp) in each_group(state) {
        let members: Vec<&Tracked> = state.mpathd.in_group(name).collect();
        let is_probing = |member: &&&Tracked| state.interface(&member.name).is_some_and(|i| !probing(i).is_empty());
        let time = match state.mpathd.detection_time {
            time if members.iter().any(|member| is_probing(&member)) => {
                format!("{}.{:02}s", time / 1000, time % 1000 / 10)
            }
            _ => String::new(),
        };
        let names = |wanted: &dyn Fn(&Tracked) -> bool| {
            members.iter().filter(|m| wanted(m)).map(|m| m.name.as_str()).collect::<Vec<_>>().join(" ")
        };
        // Active ones, then (inactive), then [unusable].
        let active = names(&|member| is_active(state, member));
        let inactive = names(&|member| usable(state, member) && !is_active(state, member));
        let unusable = names(&|member| !usable(state, member));
        let parts = [(active, "", ""), (inactive, "(", ")"), (unusable, "[", "]")];
        let parts = parts.iter().filter(|(names, ..)| !names.is_empty()).map(|(names, a, b)| format!("{a}{names}{b}"));
        rows.push(vec![
            ipmp.name.clone(),
            name.clone(),
            words.get(name).copied().unwrap_or_default().to_owned(),
            time,
            parts.collect::<Vec<_>>().join(" "),
        ]);
    }
    let columns = &[("GROUP", 12), ("GROUPNAME", 12), ("STATE", 10), ("FDT", 10), ("INTERFACES", 30)];
    Table { columns, default: 5, rows }
}

fn interfaces(state: &State) -> Table {
    let mut rows = Vec::new();
    for name in state.mpathd.groups.iter().rev() {
        for member in state.mpathd.in_group(name) {
            rows.extend(interface_row(state, name, member));
        }
    }
    let columns =
        &[("INTERFACE", 12), ("ACTIVE", 8), ("GROUP", 12), ("FLAGS", 10), ("LINK", 10), ("PROBE", 10), ("STATE", 10)];
    Table { columns, default: 7, rows }
}

fn interface_row(state: &State, name: &str, member: &Tracked) -> Option<Vec<String>> {
    let interface = state.interface(&member.name)?;
    let group = state.group(name)?;
    let families = probing(interface);
    let has_targets = families.iter().any(|family| !targets(state, name, *family).0.is_empty());
    let nominated = |family| group.cast(family) == Some(member.name.as_str());
    let flags = [
        ('i', interface.inactive),
        ('s', interface.standby),
        ('m', nominated(Family::V4)),
        ('b', nominated(Family::V4)),
        ('M', nominated(Family::V6)),
        ('d', !interface.has_up()),
        ('h', member.duplicate),
    ];
    let link = match state.link(&member.name) {
        Some(link) if !link.reports => "unknown",
        _ if member.link_up => "up",
        _ => "down",
    };
    let probe = if families.is_empty() || member.state == MemberState::Offline {
        "disabled"
    } else if member.state == MemberState::Failed {
        "failed"
    } else if !has_targets {
        "unknown"
    } else {
        "ok"
    };
    let word = match member.state {
        MemberState::Init | MemberState::NoTargets => "unknown",
        MemberState::Running => "ok",
        MemberState::Failed => "failed",
        MemberState::Offline => "offline",
    };
    Some(vec![
        member.name.clone(),
        if is_active(state, member) { "yes" } else { "no" }.to_owned(),
        group.interface.clone(),
        flags.iter().map(|(letter, set)| if *set { *letter } else { '-' }).collect(),
        link.to_owned(),
        probe.to_owned(),
        word.to_owned(),
    ])
}

fn all_targets(state: &State) -> Table {
    let mut rows = Vec::new();
    for name in state.mpathd.groups.iter().rev() {
        for member in state.mpathd.in_group(name) {
            let Some(interface) = state.interface(&member.name) else { continue };
            let families = probing(interface);
            if families.is_empty() {
                rows.push(vec![member.name.clone(), "disabled".to_owned(), String::new(), String::new()]);
            }
            for family in families {
                let (targets, routers) = targets(state, name, family);
                rows.push(vec![
                    member.name.clone(),
                    if routers { "routes" } else { "multicast" }.to_owned(),
                    test_address(interface, family).map(|address| address.to_string()).unwrap_or_default(),
                    targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                ]);
            }
        }
    }
    Table { columns: &[("INTERFACE", 12), ("MODE", 10), ("TESTADDR", 20), ("TARGETS", 38)], default: 4, rows }
}

fn probes() -> Table {
    let columns = &[
        ("TIME", 10),
        ("INTERFACE", 12),
        ("PROBE", 7),
        ("NETRTT", 10),
        ("RTT", 10),
        ("RTTAVG", 10),
        ("TARGET", 20),
        ("RTTDEV", 10),
    ];
    Table { columns, default: 7, rows: Vec::new() }
}
