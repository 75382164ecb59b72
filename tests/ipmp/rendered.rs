//! What `mpath render --to hostname` writes, read by the boot of a simulated host: the host is then as `mpath up` makes it.

use std::fs;
use std::time::Duration;

use illumos_simulator::{Dialect, Lease};
use mpath_core::Snapshot;

use crate::persist::kept;
use crate::world::{HOME_LAN, World};

/// Much of what the files can say.
const RICH: &str = r#"[group.home-lan]
members   = [{ name = "net0", probe-address = "192.168.1.50/24" }, { name = "net1", probe-address = "192.168.1.51/24" }]
primary   = "net0"
failback  = "never"
addresses = ["192.168.1.34/24", "192.168.1.35/24"]
gateway   = "192.168.1.24"
routes    = [{ to = "10.20.0.0/16", via = "192.168.1.25" }]

[group.home-lan.detection]
probe = { interval = "500ms" }
"#;

/// A host with a DHCP server on its segment.
fn world(dialect: Dialect, file: &str) -> World {
    let world = World::new(dialect, file);
    for card in ["net0", "net1"] {
        world.host.with_link(card, |link| {
            let (address, router) = ("192.168.1.77/24".to_owned(), Some("192.168.1.24".to_owned()));
            link.lease = Some(Lease { address, router });
        });
    }
    world
}

/// The host as it is configured, but for the mark, which only `up` makes, and for the names and the order
/// of addresses: `ipadm` gives them names, and asks for a lease last.
fn configuration(world: &World) -> Snapshot {
    let mut host = world.look().configuration();
    host.interfaces.get_mut("homelan0").and_then(|device| device.group_mut()).unwrap().label = None;
    for interface in host.interfaces.values_mut() {
        interface.addresses.iter_mut().for_each(|address| address.label = None);
        interface.addresses.sort_by_key(|address| address.net);
    }
    host
}

#[test]
fn rendered_for_hostname_what_boots_is_what_up_makes() {
    // One that sends by both members; one of the leases, and one with a static address beside.
    let equals = HOME_LAN.replace("primary   = \"net0\"\n", "");
    let leased = HOME_LAN.replace("gateway   = \"192.168.1.24\"", "dhcp = true");
    let alone = leased.replace("addresses = [\"192.168.1.34/24\"]\n", "");
    for dialect in [Dialect::IllumosOld, Dialect::IllumosNew] {
        for file in [HOME_LAN, RICH, &equals, &leased, &alone] {
            let made = world(dialect, file);
            made.done("up --persist");
            let written = world(dialect, file);
            let root = written.host.root_dir();
            // The host's own file is there with another text.
            fs::remove_file(root.join("etc/default/mpathd")).unwrap();
            written.done(&format!("render --to hostname --root {}", root.display()));
            if dialect == Dialect::IllumosOld {
                assert_eq!(kept(&written), kept(&made), "where `up` has the same files");
            }
            made.reboot();
            written.reboot();
            let console = written.host.state().console;
            assert_eq!(configuration(&written), configuration(&made), "{dialect:?} {file} {console:#?}");
            for (cut, carries) in [("net1", "net0"), ("net0", "net1")] {
                written.host.cut(cut);
                assert_eq!(written.active("homelan0").as_deref(), Some(carries), "{dialect:?} {file}");
                written.host.plug(cut);
                // Longer than probes need to believe in it again.
                written.host.advance(Duration::from_secs(61));
            }
        }
    }
}
