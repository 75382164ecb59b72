//! What the kernel answers by rtnetlink: links, addresses, routes and refusals, as a host.

#![cfg_attr(fuzzing, no_main)]

#[cfg(target_os = "linux")]
fn run(input: &[u8]) {
    let (snapshot, missing) = mpath_backend_linux::fuzzing::observed(input);
    let _ = serde_json::to_string(&snapshot);
    for feature in missing {
        let _ = feature.reason;
    }
}

#[cfg(not(target_os = "linux"))]
fn run(_: &[u8]) {}

mpath_fuzz::target!(run);
