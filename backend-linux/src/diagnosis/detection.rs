//! Whether a failure is found, and what follows from it.

use mpath_core::detection::LinkDetection;
use mpath_core::finding::{Code, Finding};
use mpath_core::mode::ModeName;
use mpath_core::settings::Failback;
use mpath_core::snapshot::MemberState;
use mpath_core::{Detection, Millis};

use super::{Bond, Port};

/// So many failures of a primary are a habit.
const HABIT: u32 = 3;
/// The number of a card that no maker has numbered.
const NOBODYS: &str = "0x0000";
/// How many packets others must have received before silence tells something.
const MUCH: u64 = 100;

pub(super) fn findings(bond: &Bond<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &bond.group.settings.detection {
        None => findings.push(no_monitoring(bond)),
        Some(Detection::Link(link)) => {
            findings.extend(bond.ports.iter().filter_map(|port| carrier_untold(bond, port)));
            findings.extend(bond.ports.iter().find_map(|port| up_delay_short(bond, port, link)));
            findings.extend(failback_flaps(bond, link));
        }
        Some(Detection::Probe(_) | Detection::LinkAndProbe(..)) => findings.extend(silent_targets(bond)),
    }
    if bond.group.settings.mode.name() == ModeName::ActiveBackup {
        findings.extend(primary(bond));
        findings.extend(no_announcement(bond));
    }
    findings
}

/// `miimon` is 0 unless somebody sets it (`bond_check_params` sets it for three modes only).
fn no_monitoring(bond: &Bond<'_>) -> Finding {
    let finding = Finding::new(Code::NoLinkMonitoring, format!("nobody watches the members of {}", bond.device))
        .of(bond.device)
        .seen(bond.option("miimon"), "0")
        .seen(bond.option("arp_interval"), "0")
        .cured_by("look at the links ten times in a second", [bond.change("miimon 100")]);
    if bond.group.owner().is_some() {
        return finding;
    }
    finding.advice(
        "where the bond is configured, for the next boot: `bond-miimon 100` in /etc/network/interfaces, \
         `MIIMonitorSec=100ms` of systemd.netdev(5), `mii-monitor-interval: 100` of netplan, \
         `miimon=100` in bond.options of NetworkManager",
    )
}

/// A driver that shows a carrier whether there is one or not: that of QEMU's model of this card, which no maker has given
/// a number, hears nothing of a cable that is pulled.
fn carrier_untold(bond: &Bond<'_>, port: &Port<'_>) -> Option<Finding> {
    if !port.interface.carrier {
        return None;
    }
    let finding = |summary: String| Finding::new(Code::CarrierUntold, summary).of(bond.device).on(port.name);
    let emulated = port.facts.driver.as_deref() == Some("e1000e") && port.facts.card.as_deref() == Some(NOBODYS);
    let heard = |port: &Port<'_>| port.facts.received.unwrap_or(0);
    let most = bond.ports.iter().map(heard).max().unwrap_or(0);
    let found = if emulated {
        finding(format!("the carrier of {} does not tell whether its cable is in", port.name))
            .seen(port.attribute("device/driver"), "e1000e")
            .seen(port.attribute("device/subsystem_device"), NOBODYS)
    } else if port.facts.received == Some(0) && most >= MUCH {
        finding(format!("{} has a carrier and has never received a packet", port.name))
            .seen(port.attribute("carrier"), "1")
            .seen(port.attribute("statistics/rx_packets"), format!("0, while another member has {most}"))
    } else {
        return None;
    };
    let probes = "arp_interval 500 arp_ip_target 192.0.2.1 arp_validate all";
    Some(found.cured_by(
        "ask a neighbour instead of the carrier: put one that always answers, such as the gateway, for 192.0.2.1",
        [bond.change("miimon 0"), bond.change(probes)],
    ))
}

fn up_delay_short(bond: &Bond<'_>, port: &Port<'_>, link: &LinkDetection) -> Option<Finding> {
    let delay = port.facts.switch_delay.as_ref().filter(|delay| link.up_delay.get() < delay.millis)?;
    let (needed, interval) = (Millis::new(delay.millis), link.interval.get().max(1));
    let millis = delay.millis.next_multiple_of(interval);
    let mut finding = Finding::new(
        Code::UpDelayShort,
        format!(
            "a link of {} is used after {}, and the switch's port forwards after {needed}",
            bond.device, link.up_delay
        ),
    )
    .of(bond.device)
    .on(port.name)
    .seen(bond.option("updelay"), link.up_delay.get().to_string());
    finding.evidence.push(delay.heard.clone());
    Some(
        finding
            .advice("let the switch's ports to this host forward at once, as edge ports (`portfast`)")
            .cured_by("or wait for as long as they do", [bond.change(&format!("updelay {millis}"))]),
    )
}

fn failback_flaps(bond: &Bond<'_>, link: &LinkDetection) -> Option<Finding> {
    let settings = &bond.group.settings;
    let primary = bond.ports.iter().find(|port| Some(port.name) == settings.primary.as_ref())?;
    let failures = primary.membership.failures;
    if failures < HABIT || settings.failback == Failback::Never || !link.up_delay.is_zero() {
        return None;
    }
    let millis = 5000u32.next_multiple_of(link.interval.get().max(1));
    Some(
        Finding::new(
            Code::FailbackFlaps,
            format!("{} has failed {failures} times, and takes the traffic back each time at once", primary.name),
        )
        .of(bond.device)
        .on(primary.name)
        .seen(primary.attribute("bonding_slave/link_failure_count"), failures.to_string())
        .seen(bond.option("primary_reselect"), settings.failback.word())
        .seen(bond.option("updelay"), "0")
        .cured_by("let a link be back for five seconds before it counts", [bond.change(&format!("updelay {millis}"))])
        .cured_by("or leave the traffic where it is until that fails", [bond.change("primary_reselect failure")])
        .advice(format!("look at the cable and the port of {}", primary.name)),
    )
}

/// With probes, a member without an answer is down although it has a carrier.
fn silent_targets(bond: &Bond<'_>) -> Vec<Finding> {
    // One that is asked again stands at "going back" and then at "going down" for good (bond_ab_arp_inspect).
    let is_dead = |port: &Port<'_>| !matches!(port.membership.state, MemberState::Ok | MemberState::Unknown);
    let silent = |port: &&Port<'_>| port.interface.carrier && is_dead(port);
    let Some(probe) = bond.group.settings.detection.as_ref().and_then(Detection::probe) else { return vec![] };
    let targets: Vec<_> = probe.targets.iter().map(ToString::to_string).collect();
    let with_link = bond.ports.iter().filter(|port| port.interface.carrier).count();
    let dead: Vec<_> = bond.ports.iter().filter(silent).collect();
    let files: [&str; 2] = ["arp_ip_target", "ns_ip6_target"];
    let seen = |finding: Finding, port: &Port<'_>| {
        finding.seen(port.attribute("carrier"), "1").seen(port.attribute("bonding_slave/mii_status"), "down")
    };
    if !dead.is_empty() && dead.len() == with_link {
        let summary = format!("no member of {} gets an answer of {}", bond.device, targets.join(", "));
        let mut finding = Finding::new(Code::ProbeTargetsSilent, summary).of(bond.device);
        for file in files.iter().filter(|file| (**file == "ns_ip6_target") == probe.targets[0].is_ipv6()) {
            finding = finding.seen(bond.option(file), targets.join(", "));
        }
        for port in &dead {
            finding = seen(finding, port);
        }
        return vec![
            finding
                .cured_by("ask one that answers, such as the gateway", ["ip neigh show"])
                .cured_by("or look at the links alone", [bond.change("miimon 100")]),
        ];
    }
    let path_dead = |port: &&Port<'_>| {
        let summary = format!("{} has a link, and no answer of {} comes over it", port.name, targets.join(", "));
        seen(Finding::new(Code::PathDead, summary).of(bond.device).on(port.name), port)
            .advice(format!("look at what {} is plugged into: its VLAN, its spanning tree, its uplink", port.name))
    };
    dead.iter().map(path_dead).collect()
}

fn primary(bond: &Bond<'_>) -> Option<Finding> {
    let settings = &bond.group.settings;
    let Some(primary) = &settings.primary else {
        let ranked = bond.ports.iter().any(|port| port.membership.priority != 0);
        let first = bond.ports.first().filter(|_| bond.ports.len() > 1 && !ranked)?;
        let finding = Finding::new(Code::NoPrimary, format!("no member of {} is preferred", bond.device));
        let commands = [bond.change(&format!("primary {}", first.name))];
        return Some(
            finding
                .of(bond.device)
                .seen(bond.option("primary"), "empty: none is set, or it is no member")
                .cured_by(format!("prefer one, as here {}", first.name), commands),
        );
    };
    let port = bond.ports.iter().find(|port| port.name == primary)?;
    let active = bond.group.active.as_ref()?;
    if settings.failback != Failback::Always || port.membership.state != MemberState::Ok || active == primary {
        return None;
    }
    Some(
        Finding::new(
            Code::PrimaryNotActive,
            format!("the primary {primary} works, and {active} carries the traffic of {}", bond.device),
        )
        .of(bond.device)
        .on(primary)
        .seen(bond.option("primary"), primary.to_string())
        .seen(bond.option("active_slave"), active.to_string())
        .seen(port.attribute("bonding_slave/mii_status"), "up")
        .cured_by("hand the traffic over", [bond.change(&format!("active_slave {primary}"))]),
    )
}

fn no_announcement(bond: &Bond<'_>) -> Option<Finding> {
    (bond.group.settings.peer_notifications == 0).then(|| {
        Finding::new(Code::NoAnnouncement, format!("a failover of {} is announced to nobody", bond.device))
            .of(bond.device)
            .seen(bond.option("num_grat_arp"), "0")
            .cured_by("announce it once", [bond.change("num_grat_arp 1")])
    })
}
