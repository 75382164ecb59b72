//! `networkd`: the `.netdev`, `.network` and `.link` files of systemd-networkd and udev.
//!
//! In: systemd.netdev(5), systemd.network(5), systemd.link(5). Out: drafts; and the way back.
//!
//! A bond is a `.netdev`; who its members are stands in the `.network` of each member, and its addresses in one of its
//! own. Of several files of one name the one of the first [folder](FOLDERS) counts, with the drop-ins of all of them;
//! of several that match an interface, the first by name.

mod address;
mod bond;
mod import;
mod members;
mod render;
mod unit;

pub use import::import;
pub use render::render;
pub(crate) use render::{each, notes, refusals_of};

/// Where they lie, from the strongest to the weakest.
pub(crate) const FOLDERS: [&str; 5] = [
    "etc/systemd/network",
    "run/systemd/network",
    "usr/local/lib/systemd/network",
    "usr/lib/systemd/network",
    "lib/systemd/network",
];
