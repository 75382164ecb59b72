//! systemd-networkd: which of its files an interface got its configuration from, and the one that tells it not to.

use mpath_core::InterfaceName;
use mpath_core::finding::Cure;
use mpath_core::shell::word;

use super::line_of;
use crate::facts::{Claim, Claimant};
use crate::sysfs::Root;

pub(super) fn claim(root: &Root, name: &InterfaceName, index: u32) -> Claim {
    let state = format!("run/systemd/netif/links/{index}");
    let lines = ["ADMIN_STATE=", "NETWORK_FILE="].map(|key| line_of(root, &state, key));
    // A reload does not look at it again (seen with 252): only a new beginning does.
    let failed = lines[0].as_ref().is_some_and(|line| line.seen == "ADMIN_STATE=failed");
    let again = if failed { "systemctl restart systemd-networkd" } else { "networkctl reload" };
    let file = lines[1].as_ref().and_then(|line| line.seen.strip_prefix("NETWORK_FILE=").map(str::to_owned));
    // The first file that matches wins, by name whatever the folder (systemd.network(5)).
    let theirs = file.as_deref().and_then(|file| file.rsplit('/').next()).unwrap_or_default();
    let number = if theirs < "10-mpath" { "00" } else { "10" };
    let own = format!("/etc/systemd/network/{number}-mpath-{name}.network");
    // netplan writes such files with each boot, from its own.
    let by = if theirs.contains("-netplan-") { Claimant::Netplan } else { Claimant::Networkd };
    Claim {
        by,
        interface: name.clone(),
        evidence: lines.into_iter().flatten().collect(),
        cure: vec![Cure {
            text: "tell it to leave the interface alone (systemd.network(5))".to_owned(),
            commands: vec![
                format!("printf '[Match]\\nName={name}\\n[Link]\\nUnmanaged=yes\\n' > {}", word(&own)),
                again.to_owned(),
            ],
        }],
    }
}
