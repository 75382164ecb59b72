//! The machine stopped dead in the middle of an `up`, on a system whose `/run` is a disk: `tests/dead-stop` boots one
//! machine after the other with the same disk.

use std::path::Path;
use std::process::ExitCode;

use nix::mount::{MsFlags, mount};

use crate::crash::wired;
use crate::mortal::{Death, journals, stops_the_machine};
use crate::mpath::{Config, HOME_LAN};
use crate::network::{isolate, option, picture, succeed, wait_for_picture};

/// The first argument of a process that is one of these machines.
const WORD: &str = "--mpath-dead-stop";

const BOTH: &[&str] = &["eth0", "eth1"];

/// If this process was called to be one machine of the row, is it: looks at what the last one left on the disk, and
/// stops dead at a step. Ends with 0 when an `up` has no such step.
pub(crate) fn main() -> Option<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [word, disk, step] = arguments.as_slice() else { return None };
    if word != WORD {
        return None;
    }
    let step: usize = step.parse().unwrap();
    isolate(false);
    succeed("modprobe", &["loop"]);
    let device = succeed("losetup", &["-f", "--show", disk]);
    let none = None::<&str>;
    mount(Some(device.trim()), "/run/mpath", Some("ext4"), MsFlags::empty(), none).unwrap();
    let state = Path::new("/run/mpath");
    let _segment = wired();
    let before = picture(BOTH);
    let config = Config::new(HOME_LAN);
    if step > 0 {
        let left = journals(state);
        assert_eq!(left.len(), 1, "the journal of the machine before outlives its end: {left:?}");
        let text = std::fs::read_to_string(&left[0]).unwrap();
        let begun = format!("{{\"mark\":\"begin\",\"step\":{}}}\n", step - 1);
        assert!(text.contains(&begun), "{text}");
        // It is of another boot, and nothing of what it tells is there any more.
        let told = config.mpath("status").expect(0);
        assert!(!told.stderr.contains("recover"), "{told:?}");
        if step % 3 == 1 {
            config.succeed("recover").says("interrupted in step");
            assert!(journals(state).is_empty());
        }
    }
    config.succeed("up");
    assert!(journals(state).is_empty());
    config.mpath("plan --check").expect(0);
    assert_eq!(option("bond0", "slaves"), "eth0 eth1");
    config.succeed("down");
    wait_for_picture(&before, BOTH);
    // What was written so far is on the disk; what comes now is mpath's own business.
    succeed("sync", &[]);
    stops_the_machine(&config, "up", Death { step, late: step % 2 == 1 });
    Some(ExitCode::SUCCESS)
}
