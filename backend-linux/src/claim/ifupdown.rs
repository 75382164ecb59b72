//! ifupdown and its kin: the stanzas of `/etc/network/interfaces` (interfaces(5)).

use mpath_core::InterfaceName;
use mpath_core::finding::{Cure, Evidence};
use mpath_core::import::Origin;
use mpath_core::shell::word;

use crate::facts::{Claim, Claimant};
use crate::format::interfaces::{self, Stanza};
use crate::sysfs::Root;

/// What the files claim.
pub(super) fn claims(root: &Root) -> Vec<Claim> {
    // ifupdown that is not installed does nothing with its file.
    if !["usr/sbin/ifup", "sbin/ifup"].iter().any(|program| root.path(program).exists()) {
        return vec![];
    }
    interfaces::read(root).iter().filter(|stanza| stanza.gives()).filter_map(claim).collect()
}

fn claim(stanza: &Stanza) -> Option<Claim> {
    let Origin { file, line, text } = &stanza.origin;
    let (name, last) = (InterfaceName::new(stanza.interface()?).ok()?, stanza.last);
    let path = format!("/{file}");
    let comment = format!("sed -i '{},{last}s/^/# /' {}", line.unwrap_or(last), word(&path));
    Some(Claim {
        by: Claimant::Ifupdown,
        evidence: vec![Evidence { source: path, line: *line, seen: text.clone() }],
        cure: vec![
            Cure { text: "put its lines into comments".to_owned(), commands: vec![comment] },
            Cure {
                text: "and take away what it has given already".to_owned(),
                commands: vec![format!("ip address flush dev {} scope global", word(name.as_str()))],
            },
        ],
        interface: name,
    })
}
