//! A configuration file and the captured state of a host, as for `plan --state`: planned for on every platform.

#![cfg_attr(fuzzing, no_main)]

use mpath_core::source::SourceFile;
use mpath_core::{Description, Snapshot};

fn run(input: &[u8]) {
    let parts = mpath_fuzz::parts(input);
    let [file, state] = parts.as_slice() else { return };
    let Ok(Description { groups, .. }) = mpath_core::read(&[SourceFile::new("a.toml", file.as_str())]) else { return };
    let Ok(host) = serde_json::from_str::<Snapshot>(state) else { return };
    mpath_fuzz::plan(&groups, &host, None);
}

mpath_fuzz::target!(run);
