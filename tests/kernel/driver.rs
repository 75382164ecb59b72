//! The bonding module: absent, loaded by mpath, or loaded by somebody who let it make its stray bond0.

use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, ip, option, succeed, wait_for_active};

crate::cases!(WholeMachine:
    an_absent_module_is_loaded_without_its_stray_bond0,
    the_stray_bond0_of_the_module_is_used_and_given_back,
    a_module_that_cannot_be_loaded_is_an_error_that_says_what_to_do,
);

fn masters() -> String {
    crate::network::read("/sys/class/net/bonding_masters")
}

fn clean_up() {
    let _ = std::process::Command::new("ip").args(["netns", "del", "sw"]).output();
    succeed("modprobe", &["-r", "bonding"]);
    // The cables' ends vanish with the switch's namespace, some time after it is gone.
    crate::network::wait_until("the cables are gone", || !std::path::Path::new("/sys/class/net/eth1").exists());
    succeed("modprobe", &["bonding", "max_bonds=0"]);
}

fn an_absent_module_is_loaded_without_its_stray_bond0() {
    succeed("modprobe", &["-r", "bonding"]);
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(&HOME_LAN.replace("\"bond0\"", "\"mp0\""));
    let plan = config.succeed("plan home-lan");
    assert!(plan.stdout.contains("modprobe bonding max_bonds=0"), "{plan:?}");
    assert!(!std::path::Path::new("/sys/module/bonding").exists(), "a plan loaded the module");
    config.succeed("up home-lan");
    assert_eq!(masters(), "mp0");
    wait_for_active("mp0", "eth1");
    config.succeed("down home-lan");
    assert_eq!(masters(), "");

    succeed("modprobe", &["-r", "bonding"]);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    assert_eq!(masters(), "bond0");
    assert_eq!(option("bond0", "mode"), "active-backup 1");
    config.succeed("down home-lan");
    clean_up();
}

fn the_stray_bond0_of_the_module_is_used_and_given_back() {
    succeed("modprobe", &["-r", "bonding"]);
    let _segment = Segment::new(&["eth0", "eth1"]);
    succeed("modprobe", &["bonding", "max_bonds=1"]);
    assert_eq!(masters(), "bond0");
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan").says("made by itself");
    assert_eq!(option("bond0", "mode"), "active-backup 1");
    wait_for_active("bond0", "eth1");
    config.mpath("plan --check").expect(0);
    config.succeed("down home-lan");
    assert_eq!(masters(), "bond0");
    assert_eq!(option("bond0", "mode"), "balance-rr 0");
    assert_eq!(option("bond0", "slaves"), "");
    assert!(!ip("link show dev bond0").contains(",UP"), "{}", ip("link show dev bond0"));
    clean_up();
}

fn a_module_that_cannot_be_loaded_is_an_error_that_says_what_to_do() {
    succeed("modprobe", &["-r", "bonding"]);
    let _segment = Segment::new(&["eth0", "eth1"]);
    let release = nix::sys::utsname::uname().unwrap().release().to_string_lossy().into_owned();
    let empty = tempfile::Builder::new().prefix("modules").tempdir_in("/run").unwrap();
    let modules = format!("/lib/modules/{release}");
    let none = None::<&str>;
    nix::mount::mount(Some(empty.path()), modules.as_str(), none, nix::mount::MsFlags::MS_BIND, none).unwrap();
    let config = Config::new(HOME_LAN);
    let outcome = config.mpath("up home-lan").expect(9).says(&release);
    assert!(outcome.stderr.contains("hint"), "{outcome:?}");
    nix::mount::umount(modules.as_str()).unwrap();
    clean_up();
}
