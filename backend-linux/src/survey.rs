//! Collects [`Facts`] of this host.
//!
//! In: files of `/sys`, `/proc`, `/run` and `/etc`, below a [`Root`]. Out: values. What cannot be read is left out: a
//! doctor tells what it sees. Reads only.

use std::collections::HashMap;
use std::fs;
use std::net::Ipv6Addr;
use std::time::Duration;

use ipnet::Ipv6Net;
use mpath_core::snapshot::Kind;
use mpath_core::{Detection, InterfaceName, Snapshot};

use crate::claim;
use crate::facts::{Block, Facts, InterfaceFacts};
use crate::nl80211;
use crate::spanning_tree;
use crate::sysfs::Root;

/// `IFA_F_DADFAILED`.
const DAD_FAILED: u32 = 0x08;
/// Twice the forward delay of IEEE 802.1D, in milliseconds.
const USUAL_DELAY: u32 = 30_000;

/// Looks at everything that matters to the groups of a snapshot, and listens for so long to what switches say by
/// themselves, where an up-delay is shorter than any switch's usual delay.
pub(crate) fn survey(
    root: &Root,
    snapshot: &Snapshot,
    indices: &HashMap<InterfaceName, u32>,
    listen: Duration,
) -> Facts {
    let mut facts = Facts {
        module_options: module_options::options(root),
        claims: claim::claims(root, snapshot, indices),
        ..Facts::default()
    };
    let concerned = snapshot.interfaces.iter().filter(|(_, i)| i.group().is_some() || i.membership().is_some());
    for (name, interface) in concerned {
        let is_wireless = interface.kind == Kind::Wireless;
        let mut known = of_interface(root, name, is_wireless);
        known.power_save = indices.get(name).filter(|_| is_wireless).and_then(|index| nl80211::power_save(*index));
        facts.interfaces.insert(name.clone(), known);
    }
    for (name, address) in dad_failed(&root.read("proc/net/if_inet6").unwrap_or_default()) {
        if let Some(known) = facts.interfaces.get_mut(&name) {
            known.dad_failed.push(address);
        }
    }
    for (name, delay) in spanning_tree::listen(&hasty(snapshot), listen) {
        if let Some(known) = facts.interfaces.get_mut(&name) {
            known.switch_delay = Some(delay);
        }
    }
    facts
}

/// The members that are used sooner after their link came than a switch with default times would forward.
fn hasty(snapshot: &Snapshot) -> Vec<InterfaceName> {
    let is_hasty = |device: &InterfaceName| {
        let detection = snapshot.group(device).and_then(|group| group.settings.detection.as_ref());
        detection.and_then(Detection::link).is_some_and(|link| link.up_delay.get() < USUAL_DELAY)
    };
    let wired =
        snapshot.interfaces.iter().filter(|(_, interface)| interface.kind == Kind::Ethernet && interface.carrier);
    let hasty = wired.filter(|(_, interface)| interface.membership().is_some_and(|member| is_hasty(&member.device)));
    hasty.map(|(name, _)| name.clone()).collect()
}

fn of_interface(root: &Root, name: &InterfaceName, is_wireless: bool) -> InterfaceFacts {
    let folder = format!("sys/class/net/{name}");
    let read = |file: &str| root.read(format!("{folder}/{file}"));
    let driver = fs::read_link(root.path(format!("{folder}/device/driver"))).ok();
    InterfaceFacts {
        operstate: read("operstate"),
        card: read("device/subsystem_device"),
        // Reading it on an interface that is down or wireless is EINVAL (`duplex_show`).
        half_duplex: read("duplex").as_deref() == Some("half"),
        driver: driver.and_then(|path| Some(path.file_name()?.to_str()?.to_owned())),
        received: read("statistics/rx_packets").and_then(|count| count.parse().ok()),
        blocks: if is_wireless { blocks(root, &folder) } else { vec![] },
        ..InterfaceFacts::default()
    }
}

/// The switches of a radio that are off (`/sys/class/rfkill`, `Documentation/ABI/stable/sysfs-class-rfkill`).
fn blocks(root: &Root, folder: &str) -> Vec<Block> {
    let Ok(entries) = fs::read_dir(root.path(format!("{folder}/phy80211"))) else { return vec![] };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.filter(|name| name.starts_with("rfkill")).collect();
    names.sort();
    let mut blocks = Vec::new();
    for name in names {
        for (file, is_hard) in [("hard", true), ("soft", false)] {
            let file = format!("{folder}/phy80211/{name}/{file}");
            if root.read(&file).as_deref() == Some("1") {
                blocks.push(Block { file: format!("/{file}"), is_hard });
            }
        }
    }
    blocks
}

/// The addresses of `/proc/net/if_inet6` that another station has already: address, number, length, scope, flags and
/// name (`if6_seq_show`).
pub(crate) fn dad_failed(text: &str) -> Vec<(InterfaceName, Ipv6Net)> {
    let failed = |line: &str| {
        let mut words = line.split_whitespace();
        let address = u128::from_str_radix(words.next()?, 16).ok()?;
        let length = u8::from_str_radix(words.nth(1)?, 16).ok()?;
        let flags = u32::from_str_radix(words.nth(1)?, 16).ok()?;
        let name = InterfaceName::new(words.next()?).ok()?;
        let net = Ipv6Net::new(Ipv6Addr::from(address), length).ok()?;
        (flags & DAD_FAILED != 0).then_some((name, net))
    };
    text.lines().filter_map(failed).collect()
}

pub(crate) mod module_options;
#[cfg(test)]
mod tests;
