//! Who else has an address: the kernel's warning in the system log.
//!
//! In: the end of `/var/adm/messages`. Out: the MAC address of the host that was last seen with an address. No program
//! tells it: `ipadm show-addr` says `duplicate` and no more.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::net::IpAddr;
use std::path::Path;

use mpath_core::MacAddress;

use crate::datalink::mac_of;

/// The system log, where syslogd has its usual configuration.
pub(crate) const MESSAGES: &str = "var/adm/messages";

/// How much of its end is read: a log may be large, and the last word counts.
const END: u64 = 256 * 1024;

/// The end of the system log; empty where nobody may read it.
pub(crate) fn messages(root: &Path) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(root.join(MESSAGES))?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
        let mut bytes = Vec::new();
        file.take(END).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

/// The host that has an address too, by the last `IF has duplicate address A (in use by MAC); disabled` (the kernel's
/// `ip_arp.c` and `ip_ndp.c`).
pub(crate) fn owner(messages: &str, address: IpAddr) -> Option<MacAddress> {
    let claim = |line: &str| {
        let (_, claim) = line.split_once(" has duplicate address ")?;
        let (claimed, by) = claim.split_once(" (in use by ")?;
        (claimed.parse() == Ok(address)).then(|| mac_of(by.split(')').next()?)).flatten()
    };
    messages.lines().rev().find_map(claim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_warning_about_an_address_tells_whose_it_is() {
        let log = "Nov 22 20:15:03 host ip: [ID 759300 kern.warning] WARNING: homelan0 has duplicate address 192.168.1.34 (in use by 02:00:00:00:00:09); disabled\n\
                   Nov 22 20:16:03 host ip: [ID 759300 kern.warning] WARNING: net0 has duplicate address 192.168.1.35 (in use by 02:00:00:00:00:0a); disabled\n\
                   Nov 22 20:17:03 host ip: [ID 759300 kern.warning] WARNING: homelan0:1 has duplicate address 192.168.1.34 (in use by 2:0:0:0:0:b); disabled\n";
        let found = owner(log, [192, 168, 1, 34].into()).unwrap();
        assert_eq!(found.to_string(), "02:00:00:00:00:0b");
        assert_eq!(owner(log, [192, 168, 1, 3].into()), None);
    }

    #[test]
    fn a_log_that_is_not_there_tells_nothing() {
        assert_eq!(messages(Path::new("/nowhere")), "");
    }
}
