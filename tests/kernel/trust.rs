//! Who may do what, what the environment has to say, and names that nobody should give.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::dhcp::{IPV4, Server, hide};
use crate::mpath::{Config, HOME_LAN, Outcome, run};
use crate::network::{Segment, option, picture, wait_for_active, wait_for_picture};

crate::cases!(OwnNamespace:
    cap_net_admin_and_a_state_directory_of_its_own_are_enough,
    the_environment_does_not_change_what_is_run,
    no_name_or_text_of_the_kernel_acts_on_a_terminal,
);

/// Runs mpath as nobody, with the capabilities that networks need and no others.
fn with_capabilities(config: &Config, words: &str) -> Outcome {
    const SETS: [&str; 5] = [
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--inh-caps=-all,+net_admin,+net_raw",
        "--ambient-caps=-all,+net_admin,+net_raw",
    ];
    let mut command = Command::new("setpriv");
    command.args(SETS).args(["--", env!("CARGO_BIN_EXE_mpath"), "--config"]).arg(config.folder());
    run({
        command.args(words.split_whitespace());
        command
    })
}

fn cap_net_admin_and_a_state_directory_of_its_own_are_enough() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    fs::set_permissions(config.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    let before = picture(&["eth0", "eth1"]);

    let refused = with_capabilities(&config, "up home-lan").expect(8).says("/run/mpath");
    assert_eq!(picture(&["eth0", "eth1"]), before);
    let cure = refused.stderr.rsplit_once("let root type first: ").unwrap().1;
    assert!(Command::new("sh").args(["-c", cure]).status().unwrap().success(), "{cure}");

    with_capabilities(&config, "up home-lan").expect(0);
    wait_for_active("bond0", "eth1");
    with_capabilities(&config, "status --check").expect(0);
    assert_eq!(with_capabilities(&config, "plan").expect(0).stdout, "home-lan: nothing to do\n");
    with_capabilities(&config, "down home-lan").expect(0);
    wait_for_picture(&before, &["eth0", "eth1"]);
}

/// Programs that leave a trace, where an environment points at them.
fn decoys(folder: &Path) {
    for name in ["modprobe", "dhcpcd", "dhclient", "udhcpc", "ip", "sysctl", "sh"] {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/bash\ntouch {}/ran\nexit 0\n", folder.display())).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn the_environment_does_not_change_what_is_run() {
    // dhcpcd sets its title, by which its environment can not be read any more.
    hide(&["dhcpcd", "udhcpc"]);
    let _segment = Segment::new(&["eth0", "eth1"]);
    let _server = Server::start(IPV4);
    let dhcp = HOME_LAN.replace("addresses = [\"192.168.1.34/24\"]", "dhcp = true");
    let config = Config::new(&dhcp.replace("gateway   = \"192.168.1.24\"", ""));
    let folder = tempfile::Builder::new().prefix("decoys").tempdir_in("/run").unwrap();
    decoys(folder.path());
    let at = |name: &str| folder.path().join(name).into_os_string();
    let environment: [(&str, OsString); 12] = [
        ("PATH", folder.path().into()),
        ("IFS", "/".into()),
        ("BASH_ENV", at("sh")),
        ("ENV", at("sh")),
        ("LD_LIBRARY_PATH", folder.path().into()),
        ("HOME", folder.path().into()),
        ("TMPDIR", folder.path().into()),
        ("MODPROBE_OPTIONS", "--set-version=none".into()),
        ("MPATH_CONFIG", at("sh")),
        ("MPATH_STATE_DIRECTORY", folder.path().into()),
        ("RUST_BACKTRACE", "1".into()),
        ("LC_ALL", "tlh_XX".into()),
    ];
    let mpath = |words: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
        command.arg("--config").arg(config.folder()).args(words.split_whitespace()).env_clear();
        run({
            command.envs(environment.iter().map(|(name, value)| (name, value)));
            command
        })
    };
    let plan = mpath("plan home-lan").expect(0);
    assert_eq!(plan.stdout, config.succeed("plan home-lan").stdout);
    mpath("up home-lan").expect(0);
    assert_eq!(
        clients_environment("bond0"),
        [("LC_ALL", "C"), ("PATH", CLIENTS_PATH)].map(|(n, v)| format!("{n}={v}"))
    );
    mpath("down home-lan").expect(0);
    assert!(!folder.path().join("ran").exists(), "a program was run that the environment points at");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 7, "a file was made where the environment points at");
}

const CLIENTS_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The environment of the DHCP client of an interface, sorted.
fn clients_environment(interface: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let file = |process: &fs::DirEntry, name: &str| fs::read(process.path().join(name)).unwrap_or_default();
    let is_it = |process: &fs::DirEntry| {
        let line = String::from_utf8_lossy(&file(process, "cmdline")).into_owned();
        line.contains(interface) && ["dhcpcd", "dhclient", "udhcpc"].iter().any(|client| line.contains(client))
    };
    let client = processes.into_iter().find(is_it).expect("a DHCP client runs");
    let environment = String::from_utf8_lossy(&file(&client, "environ")).into_owned();
    let mut environment: Vec<_> = environment.split('\0').filter(|text| !text.is_empty()).map(str::to_owned).collect();
    environment.sort();
    environment
}

/// Whether a text does nothing but to be read.
fn is_harmless(text: &str) -> bool {
    let acts = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
    !text.contains(acts)
}

fn no_name_or_text_of_the_kernel_acts_on_a_terminal() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let names: [&[u8]; 6] =
        [b"\x1b[2J\x07", b"\xff\xfe\x80", "\u{202e}0hte".as_bytes(), b"$(reboot)", b"a;b|c&d", b"-x"];
    for name in names {
        add_interface(OsStr::from_bytes(name));
    }
    let config = Config::new(HOME_LAN);
    let before = picture(&["eth0", "eth1"]);
    // A text that is no UTF-8 on a member, and below one that would clear the screen on the device.
    alias("eth0", b"\xff\x1b[2J\xe2\x80\xae\nmember");
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    let wrong = Config::new(&HOME_LAN.replace("\"eth0\"", "\"nosuch0\""));
    let mut runs = vec![config.succeed("status"), config.succeed("plan --down home-lan"), wrong.mpath("plan")];
    alias("bond0", b"\xffmpath:\x1b[2J");
    runs.extend(
        ["status", "plan", "status --json", "plan --json", "plan --down home-lan"].map(|words| config.mpath(words)),
    );
    for run in runs {
        assert!(is_harmless(&run.stdout) && is_harmless(&run.stderr), "{run:?}");
    }
    alias("bond0", b"mpath:home-lan");
    config.succeed("down home-lan");
    alias("eth0", b"");
    wait_for_picture(&before, &["eth0", "eth1"]);

    // A name that only a shell would trip over is a member as any other, and in quotes where it is shown.
    let config = Config::new(&HOME_LAN.replace("\"eth0\"", "\"a;b|c&d\""));
    let plan = config.succeed("plan");
    assert!(plan.stdout.contains("ip link set dev 'a;b|c&d' master bond0\n"), "{plan:?}");
    config.succeed("up home-lan");
    assert!(option("bond0", "slaves").split(' ').any(|port| port == "a;b|c&d"));
    config.succeed("down home-lan");
}

fn add_interface(name: &OsStr) {
    let mut command = Command::new("ip");
    command.args(["link", "add", "name"]).arg(name).args(["type", "dummy"]);
    assert_eq!(run(command).code, 0, "{name:?}");
}

fn alias(interface: &str, text: &[u8]) {
    let mut command = Command::new("ip");
    command.args(["link", "set", "dev", interface, "alias"]).arg(OsStr::from_bytes(text));
    assert_eq!(run(command).code, 0);
}
