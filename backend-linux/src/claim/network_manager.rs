//! NetworkManager: the file of its own that says what it manages, and the one that tells it not to.

use mpath_core::InterfaceName;
use mpath_core::finding::Cure;
use mpath_core::shell::word;

use super::line_of;
use crate::facts::{Claim, Claimant};
use crate::sysfs::Root;

pub(super) fn claim(root: &Root, name: &InterfaceName, index: u32) -> Claim {
    let evidence = line_of(root, &format!("run/NetworkManager/devices/{index}"), "managed=true");
    let file = format!("/etc/NetworkManager/conf.d/90-mpath-{name}.conf");
    // No name has a quote, a backslash or a percent sign.
    let text = format!("[keyfile]\\nunmanaged-devices+=interface-name:{name}\\n");
    Claim {
        by: Claimant::NetworkManager,
        interface: name.clone(),
        evidence: evidence.into_iter().collect(),
        cure: vec![
            Cure {
                text: "tell it to leave the interface alone, now".to_owned(),
                commands: vec![format!("nmcli device set {} managed no", word(name.as_str()))],
            },
            Cure {
                text: "and for every start of it (NetworkManager.conf(5))".to_owned(),
                commands: vec![format!("printf '{text}' > {}", word(&file)), "nmcli general reload conf".to_owned()],
            },
        ],
    }
}
