//! Groups in the files of Linux's own tools: one module for each format, with a `render`
//! ([`Renderer`](mpath_core::render::Renderer)) and an `import` ([`Importer`](mpath_core::import::Importer)).
//!
//! All but systemd-networkd and netplan take the kernel's names for options; `bond_option` knows what they are in mpath's words.

pub mod ifcfg;
pub mod ifupdown;
pub mod ifupdown2;
pub mod netplan;
pub mod networkd;
pub mod networkmanager;
pub mod nmstate;
pub mod script;
pub mod teamd;

pub(crate) mod bond_option;
mod fit;
pub(crate) mod interfaces;
mod key_file;
#[cfg(test)]
pub(crate) mod round_trip;
pub(crate) mod route_entry;
mod route_key;
pub(crate) mod unit_file;
pub(crate) mod yaml;

use mpath_core::Group;
use mpath_core::group::{MacPolicy, MemberSelector};

/// What is to be known where nobody looks at the host, and `mac` is left to what is found there: by the names that systemd
/// and the kernel give wireless interfaces.
pub(crate) fn may_be_wireless(group: &Group, what: &str) -> Option<String> {
    let is_wireless =
        |selector: &MemberSelector| matches!(selector, MemberSelector::Name(name) if name.as_str().starts_with("wl"));
    let member = group.members().iter().find(|member| is_wireless(&member.selector))?;
    (group.mac() == &MacPolicy::Auto).then(|| {
        format!(
            "`mac` is left to mpath, which takes \"active\" where it finds a wireless member; {what} shares one address: say mac = \"active\" if {} is wireless",
            member.selector
        )
    })
}

/// A text as each file of each format, for `tests/fuzz`: what is imported can be settled.
#[cfg(all(feature = "fuzzing", target_os = "linux"))]
pub(crate) fn texts(text: &str) {
    const FORMATS: [(mpath_core::import::Importer, &[&str]); 6] = [
        (
            networkd::import,
            &["etc/systemd/network/a.netdev", "etc/systemd/network/a.network", "etc/systemd/network/a.link"],
        ),
        (netplan::import, &["etc/netplan/a.yaml", "etc/netplan/b.yaml"]),
        (ifupdown::import, &["etc/network/interfaces", "etc/modules", "etc/modprobe.d/bonding.conf"]),
        (ifupdown2::import, &["etc/network/interfaces"]),
        (networkmanager::import, &["etc/NetworkManager/system-connections/a.nmconnection"]),
        (ifcfg::import, &["etc/sysconfig/network-scripts/ifcfg-bond0", "etc/sysconfig/network-scripts/route-bond0"]),
    ];
    for (import, places) in FORMATS {
        let files: std::collections::BTreeMap<_, _> =
            places.iter().map(|place| ((*place).to_owned(), text.to_owned())).collect();
        import(&files).drafts.into_iter().for_each(|draft| drop(draft.settle()));
    }
}
