//! What the programs of illumos and Solaris print, one part for each, as a host that can be planned for.

#![cfg_attr(fuzzing, no_main)]

use mpath_core::InterfaceName;

fn run(input: &[u8]) {
    let parts = mpath_fuzz::parts(input);
    let Some(host) = mpath_backend_illumos::fuzzing::observed(&parts) else { return };
    let _ = serde_json::to_string(&host);
    let groups = host.interfaces.iter().filter_map(|(name, interface)| Some((name, interface.group()?.owner()?)));
    let groups: Vec<(&InterfaceName, _)> = groups.collect();
    for platform in mpath_fuzz::platforms(&host).into_iter().skip(1) {
        for (device, group) in &groups {
            mpath_fuzz::down(group, device, &host, None, &platform, false);
        }
    }
}

mpath_fuzz::target!(run);
