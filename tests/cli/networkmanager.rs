//! `mpath import` and `mpath render`, with NetworkManager's profiles.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::expected::expect;
use crate::world::World;

const OFFICE: &str = "[connection]
id=Office
uuid=11111111-1111-4111-8111-111111111111
type=bond
interface-name=bond0
zone=work

[bond]
mode=active-backup
miimon=100
updelay=250
primary=eth1
resend_igmp=5

[ipv4]
method=manual
address1=192.168.1.34/24
gateway=192.168.1.24
dns=192.168.1.1;

[ipv6]
method=ignore
";

const PORT: &str = "[connection]
id=office eth1
uuid=22222222-2222-4222-8222-222222222222
type=ethernet
interface-name=eth1
controller=bond0
port-type=bond

[802-1x]
password=a secret
";

fn host(world: &World, profiles: &[(&str, &str)]) {
    let folder = world.path("host/etc/NetworkManager/system-connections");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in profiles {
        fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn profiles_are_written_for_root_alone() {
    let world = World::new();
    expect("render_networkmanager", &world.script(&["render home-lan --to networkmanager"]));
    let run = world.run("render home-lan --to networkmanager --root DIR/tree");
    assert_eq!(run.code, 0, "{run}");
    for name in ["bond0", "bond0-1-eth1", "bond0-2-eth0"] {
        let path = world.path(&format!("tree/etc/NetworkManager/system-connections/{name}.nmconnection"));
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn profiles_are_read_and_what_no_key_says_is_told_without_secrets() {
    let world = World::new();
    host(&world, &[("Office.nmconnection", OFFICE), ("eth1.nmconnection", PORT)]);
    let script = world.script(&[
        "import --from networkmanager --root DIR/host",
        "import --from networkmanager --file DIR/host/etc/NetworkManager/system-connections/Office.nmconnection",
        "import --from networkmanager --root DIR/nowhere",
    ]);
    assert!(!script.contains("a secret"), "{script}");
    expect("import_networkmanager", &script);
    assert_eq!(world.steps_done(), 0);
}
