//! DHCP clients, as operations.

use super::{Op, hostname_file, ipadm};
use crate::boot_file::{self, Edit};
use crate::command::CommandLine;
use crate::way::Way;

/// How long a first lease is waited for; dhcpagent goes on by itself after it.
pub(super) const FIRST_LEASE: &str = "30";

/// The address object that mpath's DHCP client has.
const DHCP_OBJECT: &str = "dhcp";

pub(super) fn start_client(interface: &str, way: Way) -> Vec<Op> {
    if way.by_ifconfig() {
        let line = CommandLine::new("ifconfig", [interface, "dhcp", "start", "wait", FIRST_LEASE]);
        let place = hostname_file(way, interface, || Edit::Add(boot_file::CLIENT_PLACE.to_owned()));
        let file = dhcp_file(way, interface, Edit::Make(vec![boot_file::CLIENT_LINE.to_owned()]));
        let look = CommandLine::new("ifconfig", [interface]);
        return [Op::StartClient { line, look }].into_iter().chain(place).chain(file).collect();
    }
    vec![way.ipadm("create-addr", &["-T", "dhcp", "-w", FIRST_LEASE, &format!("{interface}/{DHCP_OBJECT}")])]
}

pub(super) fn end_client(interface: &str, way: Way) -> Vec<Op> {
    if way.by_ifconfig() {
        let [release, drop] = ["release", "drop"].map(|verb| CommandLine::new("ifconfig", [interface, "dhcp", verb]));
        let file = dhcp_file(way, interface, Edit::Unmake(boot_file::CLIENT_LINE.to_owned()));
        let place = hostname_file(way, interface, || Edit::Drop(boot_file::CLIENT_PLACE.to_owned()));
        return file.into_iter().chain(place).chain([Op::EndClient { release, drop }]).collect();
    }
    vec![ipadm(&["delete-addr", "-r", &format!("{interface}/{DHCP_OBJECT}")])]
}

/// A step's edit of the file by which a boot starts a client, where that is what keeps it.
fn dhcp_file(way: Way, interface: &str, edit: Edit) -> Option<Op> {
    let keeps = way.lasting && way.by_ifconfig();
    keeps.then(|| Op::BootFile { file: boot_file::dhcp(interface), edit })
}
