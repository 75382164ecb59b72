//! What cannot be done is said before anything is touched, or in the kernel's own words.

use std::process::Command;

use crate::mpath::{Config, HOME_LAN, run};
use crate::network::{Segment, batch, ip, picture, wait_for_link_local};

crate::cases!(OwnNamespace:
    a_missing_member_is_named_with_the_nearest_that_is_there,
    an_optional_member_may_be_missing,
    a_member_of_another_bond_or_bridge_is_refused_by_name,
    a_member_that_carries_a_vlan_is_refused_and_the_vlan_itself_may_join,
    a_member_is_found_by_its_permanent_mac,
    link_and_probe_at_once_are_refused_before_anything_is_touched,
    without_privilege_nothing_happens,
    a_default_route_elsewhere_is_not_run_over,
    a_bad_file_touches_nothing,
);

fn untouched(config: &Config, words: &str, code: i32) -> crate::mpath::Outcome {
    let before = picture(&["eth0", "eth1"]);
    let outcome = config.mpath(words).expect(code);
    assert_eq!(picture(&["eth0", "eth1"]), before);
    assert!(!std::path::Path::new("/sys/class/net/bond0").exists());
    outcome
}

fn a_missing_member_is_named_with_the_nearest_that_is_there() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(&HOME_LAN.replace("\"eth0\"", "\"eht0\""));
    untouched(&config, "up home-lan", 1).says("eht0").says("there is eth0");
}

fn an_optional_member_may_be_missing() {
    let _segment = Segment::new(&["eth1"]);
    let config = Config::new(&HOME_LAN.replace("\"eth0\"", "{ name = \"dock0\", optional = true }"));
    config.succeed("up home-lan");
    assert_eq!(crate::network::option("bond0", "slaves"), "eth1");
    crate::network::wait_for_active("bond0", "eth1");
    config.mpath("status --check").expect(0);
    ip("link add dock0 type veth peer name p-dock0 netns sw");
    config.mpath("plan --check").expect(4);
    config.succeed("up home-lan");
    assert!(crate::network::option("bond0", "slaves").contains("dock0"));
}

fn a_member_of_another_bond_or_bridge_is_refused_by_name() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    batch(
        &[],
        "link add other type bond mode active-backup\nlink add br7 type bridge\nlink set eth1 master br7\nlink set eth0 master other\n",
    );
    let config = Config::new(HOME_LAN);
    let outcome = untouched(&config, "up home-lan", 1);
    outcome.says("br7").says("other").says("nomaster");
}

fn a_member_that_carries_a_vlan_is_refused_and_the_vlan_itself_may_join() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    ip("link set eth1 up");
    ip("link add link eth1 name eth1.10 type vlan id 10");
    ip("link set eth1.10 up");
    wait_for_link_local("eth1");
    let config = Config::new(HOME_LAN);
    config.mpath("up home-lan").expect(1).says("eth1.10 stands on eth1");
    assert!(!std::path::Path::new("/sys/class/net/bond0").exists());
    ip("link set eth1.10 down");
    config.write(&HOME_LAN.replace("\"eth1\"", "\"eth1.10\""));
    config.succeed("up home-lan");
    assert!(crate::network::option("bond0", "slaves").contains("eth1.10"));
    // It shows the address of the card below it, which is not to be taken for it.
    config.mpath("plan --check").expect(0);
    config.succeed("down home-lan");
}

fn a_member_is_found_by_its_permanent_mac() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(&HOME_LAN.replace("\"eth0\"", "{ mac = \"02:00:00:00:00:01\" }"));
    config.succeed("up home-lan");
    assert!(crate::network::option("bond0", "slaves").contains("eth0"));
    // Enslaved it shows the bond's address, and must still be found.
    config.mpath("plan --check").expect(0);
}

fn link_and_probe_at_once_are_refused_before_anything_is_touched() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(&format!("{HOME_LAN}probe = {{ interval = \"200ms\" }}\n"));
    untouched(&config, "up home-lan", 9).says("miimon");
}

fn without_privilege_nothing_happens() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("plan home-lan");
    let folder = tempfile::Builder::new().prefix("unprivileged").tempdir_in("/run").unwrap();
    let file = folder.path().join("home-lan.toml");
    std::fs::write(&file, HOME_LAN).unwrap();
    for path in [folder.path(), file.as_path()] {
        let mode = if path == folder.path() { 0o755 } else { 0o644 };
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--"]);
    command.arg(env!("CARGO_BIN_EXE_mpath")).arg("--config").arg(&file).args(["up", "home-lan"]);
    let before = picture(&["eth0", "eth1"]);
    run(command).expect(8);
    assert_eq!(picture(&["eth0", "eth1"]), before);
}

fn a_default_route_elsewhere_is_not_run_over() {
    let _segment = Segment::new(&["eth0", "eth1", "eth2"]);
    batch(&[], "link set eth2 up\naddress add 192.168.1.50/24 dev eth2\nroute add default via 192.168.1.24 dev eth2\n");
    let config = Config::new(HOME_LAN);
    untouched(&config, "up home-lan", 1).says("eth2");
}

fn a_bad_file_touches_nothing() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(&HOME_LAN.replace("primary", "primray"));
    untouched(&config, "up home-lan", 3).says("primray");
}
