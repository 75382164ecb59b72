//! A receipt, and the state of a host: taken down, and brought up again, by what the receipt remembers.

#![cfg_attr(fuzzing, no_main)]

use mpath_core::Snapshot;

fn run(input: &[u8]) {
    let parts = mpath_fuzz::parts(input);
    let mut parts = parts.iter();
    let Some(receipt) = parts.next().and_then(|text| mpath::fuzzing::receipt(text.as_bytes())) else { return };
    let state = parts.next().and_then(|text| serde_json::from_str::<Snapshot>(text).ok());
    let host = state.unwrap_or_else(|| receipt.before.clone());
    let receipt = receipt.covering(Some(&receipt.clone().aged(3600)));
    for platform in mpath_fuzz::platforms(&host) {
        mpath_fuzz::down(&receipt.group, &receipt.device, &host, Some(&receipt), &platform, true);
    }
}

mpath_fuzz::target!(run);
