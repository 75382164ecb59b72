//! Whether the ports of a bond fit together, and are there.

use mpath_core::finding::{Code, Finding};
use mpath_core::mode::ModeName;
use mpath_core::settings::MacSharing;

use super::{Bond, Port};

pub(super) fn findings(bond: &Bond<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let [only] = bond.ports.as_slice() {
        findings.push(
            Finding::new(Code::SingleMember, format!("{} has one member, {}", bond.device, only.name))
                .of(bond.device)
                .seen(bond.option("slaves"), only.name.to_string())
                .advice(format!(
                    "let another interface join: ip link set dev NAME down && ip link set dev NAME master {}",
                    bond.device
                )),
        );
    }
    findings.extend(bond.ports.iter().filter_map(|port| not_there(bond, port)));
    findings.extend(bond.ports.iter().filter_map(|port| mtu(bond, port)));
    findings.extend(bond.ports.iter().filter_map(|port| mac(bond, port)));
    findings.extend(duplicate_mac(bond));
    findings.extend(speed(bond));
    findings.extend(bond.ports.iter().filter_map(|port| half_duplex(bond, port)));
    findings
}

/// Switched off, or without a link. What a radio lacks is told [elsewhere](super::wireless).
fn not_there(bond: &Bond<'_>, port: &Port<'_>) -> Option<Finding> {
    if !bond.interface.up || !port.facts.blocks.is_empty() {
        return None;
    }
    if !port.interface.up {
        return Some(
            Finding::new(Code::MemberOff, format!("{} is switched off", port.name))
                .of(bond.device)
                .on(port.name)
                .seen(port.attribute("flags"), "without IFF_UP")
                .cured_by("switch it on", [port.set("up")]),
        );
    }
    (!port.interface.carrier && !port.is_wireless()).then(|| {
        Finding::new(Code::MemberNoLink, format!("{} has no link", port.name))
            .of(bond.device)
            .on(port.name)
            .seen(port.attribute("carrier"), "0")
            .advice(format!("look at the cable of {}, and at the port that it leads to", port.name))
    })
}

fn mtu(bond: &Bond<'_>, port: &Port<'_>) -> Option<Finding> {
    let (ours, theirs) = (port.interface.mtu, bond.interface.mtu);
    (ours != theirs).then(|| {
        Finding::new(
            Code::MtuMix,
            format!("{} takes packets of {ours} bytes, and {} sends {theirs}", port.name, bond.device),
        )
        .of(bond.device)
        .on(port.name)
        .seen(port.attribute("mtu"), ours.to_string())
        .seen(format!("/sys/class/net/{}/mtu", bond.device), theirs.to_string())
        .cured_by("give it the MTU of the others", [port.set(&format!("mtu {theirs}"))])
    })
}

/// Rules (a) and (b) for addresses: who carries the traffic must show the bond's; and where all share one, all must.
/// In balance-tlb and balance-alb each member has its own, by design.
fn mac(bond: &Bond<'_>, port: &Port<'_>) -> Option<Finding> {
    use ModeName::{AdaptiveBalance, TransmitBalance};
    let settings = &bond.group.settings;
    let (shown, expected) = (port.interface.mac?, bond.interface.mac?);
    if shown == expected || matches!(settings.mode.name(), TransmitBalance | AdaptiveBalance) {
        return None;
    }
    let active = bond.group.active.as_ref() == Some(port.name);
    let (code, what) = if active {
        (Code::ActiveMemberMac, "carries the traffic and does not receive what is sent to")
    } else if settings.mac_sharing == MacSharing::Shared || settings.mode.name() != ModeName::ActiveBackup {
        (Code::MemberMacDiffers, "would not receive what is sent to")
    } else {
        return None;
    };
    let finding = Finding::new(code, format!("{} {what} {}", port.name, bond.device))
        .of(bond.device)
        .on(port.name)
        .seen(port.attribute("address"), shown.to_string())
        .seen(format!("/sys/class/net/{}/address", bond.device), expected.to_string());
    Some(finding.cured_by(
        "let it leave and join again, which gives it the address that it needs",
        [port.set("nomaster"), port.set("down"), port.set(&format!("master {}", bond.device))],
    ))
}

fn duplicate_mac(bond: &Bond<'_>) -> Option<Finding> {
    let own = |port: &Port<'_>| port.membership.own_mac.or(port.interface.permanent_mac);
    let pairs =
        bond.ports.iter().enumerate().flat_map(|(at, one)| bond.ports[at + 1..].iter().map(move |two| (one, two)));
    let (one, two) = pairs.into_iter().find(|(one, two)| own(one).is_some() && own(one) == own(two))?;
    let mac = own(one)?.to_string();
    let finding =
        Finding::new(Code::DuplicateMac, format!("{} and {} have one MAC address, {mac}", one.name, two.name));
    let file = format!("/proc/net/bonding/{}", bond.device);
    Some(
        finding
            .of(bond.device)
            .on(two.name)
            .seen(&file, format!("{}: Permanent HW addr: {mac}", one.name))
            .seen(&file, format!("{}: Permanent HW addr: {mac}", two.name))
            .cured_by(
                "give one of them another, of those that are nobody's (the second digit is 2, 6, a or e), and let it join again",
                [
                    two.set("nomaster"),
                    two.set("down"),
                    two.set(&format!("address {}", local(&mac))),
                    two.set(&format!("master {}", bond.device)),
                ],
            ),
    )
}

/// The same address with another last byte and the bit of locally administered ones (IEEE 802, 8.2.2).
fn local(mac: &str) -> String {
    let mut bytes: Vec<u8> = mac.split(':').filter_map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    if let (Some(first), true) = (bytes.first_mut(), true) {
        *first |= 2;
    }
    if let Some(last) = bytes.last_mut() {
        *last ^= 0x80;
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

fn speed(bond: &Bond<'_>) -> Option<Finding> {
    let known: Vec<_> = bond.ports.iter().filter_map(|port| Some((port, port.interface.speed?))).collect();
    let (_, first) = known.first()?;
    if known.iter().all(|(_, speed)| speed == first) {
        return None;
    }
    let mut finding =
        Finding::new(Code::SpeedMismatch, format!("the members of {} are of different speeds", bond.device));
    for (port, speed) in &known {
        finding = finding.seen(port.attribute("speed"), format!("{speed} Mbit/s"));
    }
    Some(finding.of(bond.device).advice(
        "expect less after a failover to a slower member; if they should be equal, look at the cables (a broken pair \
         makes 100 Mbit/s of 1000) and at what the switch's ports are set to",
    ))
}

fn half_duplex(bond: &Bond<'_>, port: &Port<'_>) -> Option<Finding> {
    port.facts.half_duplex.then(|| {
        Finding::new(Code::HalfDuplex, format!("{} works in half duplex", port.name))
            .of(bond.device)
            .on(port.name)
            .seen(port.attribute("duplex"), "half")
            .cured_by("let both ends negotiate", [format!("ethtool -s {} autoneg on", port.name)])
            .advice("and let the switch's port do it, too: where only one end does, it falls back to half duplex")
    })
}
