//! Groups in the files of Linux's own tools: one module for each format, with a `render`
//! ([`Renderer`](mpath_core::render::Renderer)) and an `import` ([`Importer`](mpath_core::import::Importer)).
//!
//! All but systemd-networkd and netplan take the kernel's names for options; [`bond_option`] knows what they are in mpath's words.

pub mod netplan;
pub mod networkd;

pub(crate) mod bond_option;
pub mod ifupdown;
pub mod ifupdown2;
pub(crate) mod interfaces;
#[cfg(test)]
pub(crate) mod round_trip;
pub(crate) mod route_entry;
pub(crate) mod unit_file;
pub(crate) mod yaml;

/// A text as each file of each format, for `tests/fuzz`: what is imported can be settled.
#[cfg(all(feature = "fuzzing", target_os = "linux"))]
pub(crate) fn texts(text: &str) {
    const FORMATS: [(mpath_core::import::Importer, &[&str]); 2] = [
        (
            networkd::import,
            &["etc/systemd/network/a.netdev", "etc/systemd/network/a.network", "etc/systemd/network/a.link"],
        ),
        (netplan::import, &["etc/netplan/a.yaml", "etc/netplan/b.yaml"]),
    ];
    for (import, places) in FORMATS {
        let files: std::collections::BTreeMap<_, _> =
            places.iter().map(|place| ((*place).to_owned(), text.to_owned())).collect();
        import(&files).drafts.into_iter().for_each(|draft| drop(draft.settle()));
    }
}
