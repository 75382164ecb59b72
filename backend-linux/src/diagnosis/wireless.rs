//! Radios as ports of a bond: what is different about them.

use mpath_core::finding::{Code, Finding};
use mpath_core::mode::ModeName;
use mpath_core::settings::MacSharing;
use mpath_core::shell::word;

use super::{Bond, Port};

pub(super) fn findings(bond: &Bond<'_>) -> Vec<Finding> {
    bond.ports.iter().filter(|port| port.is_wireless()).flat_map(|port| of_radio(bond, port)).collect()
}

fn of_radio(bond: &Bond<'_>, port: &Port<'_>) -> Vec<Finding> {
    let settings = &bond.group.settings;
    let mut findings = Vec::new();
    let finding = |code, summary: String| Finding::new(code, summary).of(bond.device).on(port.name);
    let rejoin = |policy: &str| {
        let mut commands = vec![format!("ip link set dev {} down", word(bond.device.as_str()))];
        commands.extend(bond.ports.iter().map(|port| port.set("nomaster")));
        commands.push(bond.change(&format!("fail_over_mac {policy}")));
        commands.extend(
            bond.ports.iter().flat_map(|port| [port.set("down"), port.set(&format!("master {}", bond.device))]),
        );
        commands.push(format!("ip link set dev {} up", word(bond.device.as_str())));
        commands
    };
    let active_backup = settings.mode.name() == ModeName::ActiveBackup;
    let shared = settings.mac_sharing == MacSharing::Shared || !active_backup;
    if active_backup && settings.mac_sharing == MacSharing::Follow {
        findings.push(
            finding(
                Code::WirelessFollow,
                format!("{} is to swap MAC addresses, which no radio does while it is connected", port.name),
            )
            .seen(bond.option("fail_over_mac"), "follow 2")
            .seen(port.attribute("phy80211"), "there: a radio")
            .cured_by("let each member keep its own address; this interrupts the traffic", rejoin("active")),
        );
    }
    if let Some(block) = port.facts.blocks.first() {
        let mut found = finding(Code::WirelessBlocked, format!("the radio of {} is switched off", port.name));
        for block in &port.facts.blocks {
            found = found.seen(&block.file, "1");
        }
        findings.push(if block.is_hard {
            found.advice("move the switch or the key that it is switched off by")
        } else {
            let switch = word(&block.file).into_owned();
            found.cured_by("switch it on", [format!("echo 0 > {switch}"), port.set("up")])
        });
        return findings;
    }
    if port.interface.up && !port.interface.carrier {
        findings.push(not_associated(bond, port, shared, rejoin));
    } else if port.facts.operstate.as_deref() == Some("dormant") {
        findings.push(
            finding(Code::WirelessNotAuthorized, format!("{} is in a network that does not let it through", port.name))
                .seen(port.attribute("carrier"), "1")
                .seen(port.attribute("operstate"), "dormant")
                .advice("look at the key: the log of wpa_supplicant says \"4-Way Handshake failed\" where it is wrong"),
        );
    }
    if shared && bond.ports.len() > 1 {
        findings.push(
            finding(
                Code::WirelessSharedMac,
                format!(
                    "{} shows the address of {}, which draws its traffic whenever it connects anew",
                    port.name, bond.device
                ),
            )
            .seen(bond.option("fail_over_mac"), "none 0")
            .seen(port.attribute("phy80211"), "there: a radio")
            .cured_by("let each member keep its own address; this interrupts the traffic", rejoin("active")),
        );
    }
    if port.facts.power_save == Some(true) {
        findings.push(
            finding(Code::WirelessPowerSave, format!("the radio of {} sleeps between packets", port.name))
                .seen(format!("iw dev {} get power_save", port.name), "Power save: on")
                .cured_by("let it stay awake", [format!("iw dev {} set power_save off", word(port.name.as_str()))]),
        );
    }
    findings
}

/// Without a carrier it is in no network; where it shows another address than its own, that may be why.
fn not_associated(bond: &Bond<'_>, port: &Port<'_>, shared: bool, rejoin: impl Fn(&str) -> Vec<String>) -> Finding {
    let own = port.membership.own_mac.or(port.interface.permanent_mac);
    let (code, summary) = match (own, port.interface.mac) {
        (Some(own), Some(shown)) if shared && own != shown => (
            Code::WirelessMacFilter,
            format!("{} is in no network: the access point sees {shown}, and may let only {own} in", port.name),
        ),
        _ => (Code::WirelessNotAssociated, format!("{} is in no network", port.name)),
    };
    let mut finding = Finding::new(code, summary).of(bond.device).on(port.name).seen(port.attribute("carrier"), "0");
    if code == Code::WirelessNotAssociated {
        return finding.cured_by(
            "see what wpa_supplicant says of it, and let it run",
            [format!("wpa_cli -i {} status", word(port.name.as_str()))],
        );
    }
    for (file, mac) in [("address", port.interface.mac), ("phy80211/macaddress", own)] {
        finding = finding.seen(port.attribute(file), mac.map(|mac| mac.to_string()).unwrap_or_default());
    }
    finding
        .cured_by("let each member keep its own address; this interrupts the traffic", rejoin("active"))
        .advice("or let the access point take the address that it sees")
}
