//! What is wrong with the host as a whole.

use mpath_core::Snapshot;
use mpath_core::finding::{Code, Finding};
use mpath_core::mode::ModeName;
use mpath_core::shell::word;

use crate::facts::Facts;

pub(super) fn findings(snapshot: &Snapshot, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(module_options(facts));
    findings.extend(driver_made(snapshot));
    for (name, interface) in &facts.interfaces {
        let known = snapshot.interface(name);
        let bond =
            known.and_then(|known| known.group().map(|_| name).or(known.controller.as_ref().map(|c| c.device())));
        for address in &interface.dad_failed {
            let alone = address.addr();
            let summary = format!("{alone} of {name} is another station's already, and is not used");
            let mut finding = Finding::new(Code::DadFailed, summary).on(name);
            finding.device = bond.cloned();
            findings.push(
                finding
                    .seen(format!("ip -6 address show dev {name}"), format!("{address} dadfailed"))
                    .cured_by("see who has it", [format!("ip -6 neigh show {alone}")])
                    .cured_by(
                        "then take it away here, or there, and add it again",
                        [format!("ip -6 address del {address} dev {}", word(name.as_str()))],
                    ),
            );
        }
    }
    findings
}

/// Options other than `max_bonds=0` are the defaults of every bond that anybody makes (`bonding_defaults`).
fn module_options(facts: &Facts) -> Option<Finding> {
    let fights = |option: &&String| option.as_str() != "max_bonds=0";
    let mut fighting = facts.module_options.iter().filter(|line| line.options.iter().any(|option| fights(&option)));
    let first = fighting.next()?;
    let words: Vec<_> = first.options.iter().filter(fights).cloned().collect();
    let mut finding = Finding::new(
        Code::ModuleOptions,
        format!("the bonding driver is loaded with {}, which every bond begins with", words.join(" ")),
    );
    let mut commands = Vec::new();
    for line in std::iter::once(first).chain(fighting) {
        finding.evidence.push(line.evidence.clone());
        if let Some(number) = line.evidence.line {
            commands
                .push(format!("sed -i '{number}s/.*/options bonding max_bonds=0/' {}", word(&line.evidence.source)));
        }
    }
    Some(finding.cured_by("make no bond with the driver, and give each its own options", commands))
}

/// `max_bonds` is 1 unless somebody says 0: then the module makes a `bond0` that balances, and that nobody asked for.
fn driver_made(snapshot: &Snapshot) -> Vec<Finding> {
    let is_default = |(name, interface): &(&mpath_core::InterfaceName, &mpath_core::snapshot::Interface)| {
        interface.group().is_some_and(|group| {
            let settings = &group.settings;
            let bare = settings.mode.name() == ModeName::RoundRobin && settings.detection.is_none();
            bare && group.label.is_none() && !interface.up && snapshot.members(name).next().is_none()
        })
    };
    let empty = snapshot.interfaces.iter().filter(is_default);
    let finding = |(name, _): (&mpath_core::InterfaceName, &mpath_core::snapshot::Interface)| {
        Finding::new(Code::DriverMadeDevice, format!("{name} is an empty bond that the driver made by itself"))
            .of(name)
            .seen(format!("/sys/class/net/{name}/bonding/mode"), "balance-rr 0")
            .seen(format!("/sys/class/net/{name}/bonding/slaves"), "empty")
            .cured_by("remove it", [format!("ip link delete dev {}", word(name.as_str()))])
            .cured_by("let the driver make none", ["echo 'options bonding max_bonds=0' > /etc/modprobe.d/bonding.conf"])
    };
    empty.map(finding).collect()
}
