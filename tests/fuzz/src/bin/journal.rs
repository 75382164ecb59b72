//! The journal of a change that was broken off, and the state of a host: what is to be done about it, and the way back.

#![cfg_attr(fuzzing, no_main)]

use mpath_core::journal::Recovery;
use mpath_core::{Snapshot, plan};

fn run(input: &[u8]) {
    let parts = mpath_fuzz::parts(input);
    let mut parts = parts.iter();
    let Some(journal) = parts.next().and_then(|text| mpath::fuzzing::journal(text.as_bytes())) else { return };
    let state = parts.next().and_then(|text| serde_json::from_str::<Snapshot>(text).ok());
    let extent = &journal.opening.extent;
    let host = state.unwrap_or_else(|| extent.before.clone());
    for now in [0, u64::from(u32::MAX), u64::MAX] {
        if let Recovery::Wait { seconds } = journal.recovery(now) {
            assert!(seconds > 0);
        }
    }
    assert!(journal.done().len() <= journal.marks.len());
    let _ = (journal.begun(), journal.opening.token());
    let before = extent.before.clone().aged(3600);
    for (capabilities, explain) in mpath_fuzz::platforms(&host) {
        for persistent in [false, true] {
            // A contradiction is told, and not a panic.
            let now = host.scoped(&extent.interfaces);
            if let Ok(steps) = plan::restore(&extent.device, &before, &now, persistent, &capabilities) {
                mpath_fuzz::in_words(&steps, explain);
            }
        }
    }
}

mpath_fuzz::target!(run);
