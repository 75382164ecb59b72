//! The texts of `/sys`, `/proc`, `/run` and `/etc` that the Linux backend reads.

#![cfg_attr(fuzzing, no_main)]

#[cfg(target_os = "linux")]
fn run(input: &[u8]) {
    for text in mpath_fuzz::parts(input) {
        mpath_backend_linux::fuzzing::texts(&text);
    }
}

#[cfg(not(target_os = "linux"))]
fn run(_: &[u8]) {}

mpath_fuzz::target!(run);
