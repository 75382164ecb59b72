//! The parsers of what a kernel tells, for `tests/fuzz` alone.

use mpath_core::Snapshot;
use mpath_core::capability::Missing;
use netlink_packet_core::NetlinkMessage;

use crate::lenient::Lenient;
use crate::observe::Dumps;
use crate::{backend, claim, dhcp, driver, format, manager, netlink, survey, sysfs, told};

/// The messages in these bytes, one after the other as from a socket, as one observation.
pub fn observed(bytes: &[u8]) -> (Snapshot, Vec<Missing>) {
    let mut dumps = Dumps::default();
    for message in netlink::messages(bytes) {
        let Ok(message) = NetlinkMessage::<Lenient>::deserialize(message) else { continue };
        if let Ok(Some(message)) = netlink::checked(message.payload) {
            dumps.take(message);
        }
    }
    let _ = (dumps.indices(), dumps.missing_links());
    told::take_all(bytes);
    (dumps.snapshot(), dumps.missing())
}

/// A text from `/sys`, `/proc`, `/run` or `/etc`, given to everything that reads one.
pub fn texts(text: &str) {
    let _ = sysfs::speed_of(text);
    let _ = dhcp::is_client(text, "dhcpcd", "bond0");
    let _ = manager::network_manager_owns(text, &mpath_core::snapshot::Kind::Ethernet);
    let _ = manager::networkd_owns(text);
    let _ = backend::may_change(text);
    let _ = survey::dad_failed(text);
    let _ = survey::module_options::options_in(text);
    claim::texts(text);
    format::texts(text);
    let _ = driver::lists_bonding(text);
    let _ = driver::cure(text, text);
}
