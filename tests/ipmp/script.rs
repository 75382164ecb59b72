//! The script of `mpath render --to script-illumos`, run by a shell on the simulated programs.

use std::process::Command;

use illumos_simulator::Dialect;
use mpath_core::Snapshot;
use mpath_core::snapshot::Kind;

use crate::world::{HOME_LAN, World};

/// The host as it is configured, but for mpath's mark: a script has none.
fn configuration(world: &World) -> Snapshot {
    let mut host = world.look().configuration();
    for interface in host.interfaces.values_mut() {
        if let Kind::Group(group) = &mut interface.kind {
            group.label = None;
        }
    }
    host
}

#[test]
fn the_script_does_what_up_does() {
    let ipv6 = HOME_LAN.replace("[\"192.168.1.34/24\"]", "[\"192.168.1.34/24\", \"2001:db8:1::34/64\"]");
    // One with settings of in.mpathd would write to the /etc of whoever runs this.
    for file in [HOME_LAN, &ipv6] {
        let by_mpath = World::by_processes(Dialect::IllumosNew, file);
        by_mpath.done("up");
        let by_script = World::by_processes(Dialect::IllumosNew, file);
        let folder = illumos_simulator::directory().unwrap();
        by_script.done(&format!("render home-lan --to script-illumos --root {}", folder.path().display()));
        let path = format!("{}:/usr/bin:/bin", by_script.host.bin_dir().display());
        let mut shell = Command::new("sh");
        shell.arg(folder.path().join("home-lan.sh")).env("PATH", path);
        // Programs that a shell looks up do not know where they are.
        shell.env("ILLUMOS_SIMULATOR_HOST", by_script.host.root_dir().parent().unwrap());
        let run = shell.output().unwrap();
        assert!(run.status.success(), "{}\n{:#?}", String::from_utf8_lossy(&run.stderr), by_script.host.mutations());
        assert_eq!(configuration(&by_script), configuration(&by_mpath), "{file}");
        assert_eq!(by_script.active("homelan0").as_deref(), Some("net0"));
    }
}
