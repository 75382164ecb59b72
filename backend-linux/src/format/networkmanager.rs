//! `networkmanager`: keyfile profiles (nm-settings-keyfile(5)). A profile for the bond, and one for each port, which names the
//! bond as its controller.
//!
//! Profiles are told apart by their UUIDs. Those that are written here follow from the names of the group and the member
//! (RFC 9562, version 5), so that the same group is the same profile each time.

mod import;
mod ip;
mod profile;
mod render;

pub use import::import;
pub use render::render;

/// Where profiles lie, from those that count most (`nms_keyfile_storage_cmp`: a profile of /run hides one of /etc with the same
/// UUID, and that one of /usr/lib).
const FOLDERS: [&str; 3] = [
    "run/NetworkManager/system-connections",
    "etc/NetworkManager/system-connections",
    "usr/lib/NetworkManager/system-connections",
];

/// Where an administrator's are.
pub const FOLDER: &str = FOLDERS[1];

#[cfg(test)]
mod tests;
