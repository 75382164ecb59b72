//! What a switch says of its spanning tree: how long its ports keep silent after a link came up.
//!
//! In: interfaces, and how long to listen. Out: the first BPDU that comes on each, heard by tcpdump(8), which a switch
//! sends every two seconds (IEEE 802.1D-1998, table 8-3). Who may not capture, or has no tcpdump, hears nothing.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use mpath_core::InterfaceName;
use mpath_core::finding::Evidence;

use crate::command::Program;
use crate::facts::SwitchDelay;

/// The headers of a capture and of a packet in it (pcap-savefile(5)).
const CAPTURE: usize = 24 + 16;
/// Ethernet and LLC (IEEE 802.2) before a BPDU.
const LLC: usize = 14 + 3;
/// The address that BPDUs are sent to.
const BRIDGES: [u8; 6] = [0x01, 0x80, 0xc2, 0, 0, 0];

/// Listens on all of them at the same time.
pub(crate) fn listen(interfaces: &[InterfaceName], time: Duration) -> BTreeMap<InterfaceName, SwitchDelay> {
    let Some(tcpdump) = Program::find("tcpdump").filter(|_| !time.is_zero()) else { return BTreeMap::new() };
    let words = |name: &InterfaceName| {
        let name = name.as_str();
        ["-i", name, "-n", "-c", "1", "-w", "-", "-U", "--immediate-mode", "stp"].map(str::to_owned)
    };
    thread::scope(|scope| {
        let hear = |name| {
            let (tcpdump, words) = (&tcpdump, words(name));
            (name, scope.spawn(move || tcpdump.capture(&words, time)))
        };
        let heard: Vec<_> = interfaces.iter().map(hear).collect();
        let delay = |(name, heard): (&InterfaceName, thread::ScopedJoinHandle<'_, Option<Vec<u8>>>)| {
            let (bridge, millis) = forward_delay(&heard.join().ok()??)?;
            let seen = format!("BPDU of {bridge}: forward delay {} s", millis / 1000);
            let heard = Evidence { source: format!("tcpdump -i {name} stp"), line: None, seen };
            Some((name.clone(), SwitchDelay { millis: millis.saturating_mul(2), heard }))
        };
        heard.into_iter().filter_map(delay).collect()
    })
}

/// The address of the bridge and the forward delay in milliseconds, of the first packet of a capture.
pub(crate) fn forward_delay(capture: &[u8]) -> Option<(String, u32)> {
    let frame = capture.get(CAPTURE..)?;
    let bpdu = frame.get(LLC..)?;
    // Protocol 0; a configuration (0) or a rapid one (2); notices of a change (0x80) carry no times.
    if frame.get(..6)? != BRIDGES || bpdu.get(..2)? != [0, 0] || !matches!(bpdu.get(3)?, 0 | 2) {
        return None;
    }
    let bridge: Vec<_> = bpdu.get(19..25)?.iter().map(|byte| format!("{byte:02x}")).collect();
    // In 1/256 of a second.
    let delay = u32::from(u16::from_be_bytes(*bpdu.get(33..35)?.first_chunk()?)) * 1000 / 256;
    Some((bridge.join(":"), delay))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A capture of a configuration BPDU, by IEEE 802.1D-1998, 9.3.1.
    fn capture() -> Vec<u8> {
        let mut capture = vec![0; CAPTURE];
        capture.extend(BRIDGES);
        capture.extend([2, 0, 0, 0, 0, 0x24, 0, 38, 0x42, 0x42, 3]);
        capture.extend([0, 0, 0, 0, 0]);
        capture.extend([0x80, 0, 2, 0, 0, 0, 0, 0x24]);
        capture.extend([0, 0, 0, 0]);
        capture.extend([0x80, 0, 2, 0, 0, 0, 0, 0x24]);
        capture.extend([0x80, 1, 0, 0, 20, 0, 2, 0, 15, 0]);
        capture
    }

    #[test]
    fn a_bpdu_tells_its_bridge_and_its_forward_delay() {
        assert_eq!(forward_delay(&capture()), Some(("02:00:00:00:00:24".to_owned(), 15_000)));
    }

    #[test]
    fn anything_else_tells_nothing() {
        for length in 0..capture().len() {
            assert_eq!(forward_delay(&capture()[..length]), None, "{length}");
        }
        let mut notice = capture();
        notice[CAPTURE + LLC + 3] = 0x80;
        assert_eq!(forward_delay(&notice), None);
    }
}
