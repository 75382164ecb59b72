//! Emulated network cards, whose cables the emulator pulls (`tests/lab/run --cards e1000e`). The carrier of this one does
//! not tell: the driver hears nothing of a cable that is pulled while the card runs.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::doctor::{codes, find, findings};
use crate::mpath::{Config, HOME_LAN, Outcome, run};
use crate::network::{Segment, ip, read, state_directory, succeed, wait_for_active, wait_until};

crate::cases!(Cards: a_carrier_that_does_not_tell_is_found_by_a_drill_and_cured_by_probes);

/// Two cards as members, and a third as that of the host behind the hub.
struct Cards {
    port: PathBuf,
    folder: tempfile::TempDir,
}

impl Cards {
    fn new() -> Self {
        let ports = std::fs::read_dir("/sys/class/virtio-ports").unwrap().map(|port| port.unwrap());
        let mut named = ports.filter(|port| read(port.path().join("name").to_str().unwrap()) == "qmp");
        let port = PathBuf::from("/dev").join(named.next().unwrap().file_name());
        succeed("modprobe", &["e1000e"]);
        ip("netns add sw");
        // The cards appear in the network of the first process, and come here from there.
        let first = |words: &str| {
            succeed("nsenter", &["-t", "1", "-n", "ip"].into_iter().chain(words.split(' ')).collect::<Vec<_>>())
        };
        wait_until("the cards are there", || first("-o link").matches("52:54:00:00:00").count() == 3);
        for line in first("-o link").lines().filter(|line| line.contains("52:54:00:00:00")) {
            let name = line.split_whitespace().nth(1).unwrap().trim_end_matches(':');
            if line.contains("52:54:00:00:00:02") {
                first(&format!("link set {name} netns sw"));
                ip(&format!("-n sw link set {name} name br0"));
            } else {
                first(&format!("link set {name} netns {}", nix::unistd::gettid()));
            }
        }
        ip("-n sw link set br0 up");
        ip("-n sw address add 192.168.1.24/24 dev br0");
        let cards = Self { port, folder: tempfile::tempdir_in("/run").unwrap() };
        // The monitor takes commands once its greeting is answered.
        cards.ask("{\"execute\":\"qmp_capabilities\"}");
        cards
    }

    /// Asks the emulator for something, and waits until it is done.
    fn ask(&self, command: &str) {
        let mut port: File = OpenOptions::new().read(true).write(true).open(&self.port).unwrap();
        writeln!(port, "{command}").unwrap();
        let mut lines = BufReader::new(port).lines();
        assert!(lines.any(|line| line.unwrap().contains("\"return\"")));
    }

    /// A program that pulls the cable of a member or plugs it in.
    fn program(&self, up: bool) -> String {
        let path = self.folder.path().join(if up { "plug" } else { "cut" });
        let command = format!(r#"{{"execute":"set_link","arguments":{{"name":"card%s","up":{up}}}}}\n"#);
        let text = format!("#!/bin/sh\nprintf '{command}' \"${{1#eth}}\" >{}\n", self.port.display());
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        format!("{} {{member}}", path.display())
    }

    fn drill(&self, config: &Config) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
        command.arg("--config").arg(config.folder()).args(["drill", "--how", "carrier", "--rest", "500ms", "--json"]);
        command.args(["--cut", &self.program(false), "--plug", &self.program(true)]);
        run(command)
    }
}

fn carrier(member: &str) -> String {
    read(&format!("/sys/class/net/{member}/carrier"))
}

fn a_carrier_that_does_not_tell_is_found_by_a_drill_and_cured_by_probes() {
    let cards = Cards::new();
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    let works = |member: &str| read(&format!("/sys/class/net/{member}/bonding_slave/mii_status")) == "up";
    wait_until("both have their links", || {
        works("eth0") && works("eth1") && read("/sys/class/net/bond0/carrier") == "1"
    });
    wait_for_active("bond0", "eth1");
    wait_until("the host behind the hub answers", || {
        Command::new("ping").args(["-c1", "-W1", Segment::HOST]).output().unwrap().status.success()
    });

    let found = find("carrier-untold", "e1000e");
    assert!(found["cure"].to_string().contains("arp_interval"), "{found:#}");
    let outcome = cards.drill(&config).expect(1);
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let group = &told["groups"][0];
    let message = group["error"]["message"].as_str().unwrap();
    assert!(message.contains("eth1 kept its link") && message.contains("nothing came through"), "{told}");
    assert!(group["error"]["hint"].as_str().unwrap().contains("probe ="), "{told}");
    let failure = &group["events"][0];
    assert!(failure["took_ms"].is_null() && failure["within"] == false, "{failure}");
    assert_eq!(carrier("eth1"), "1");
    // The cable is in again, although nobody could see that it was not.
    let ping = Command::new("ping").args(["-c1", "-W1", Segment::HOST]).output().unwrap();
    assert!(ping.status.success(), "{ping:?}");
    assert_eq!(std::fs::read_dir(state_directory().join("journal")).map_or(0, Iterator::count), 0);

    let (before, _) = HOME_LAN.split_once("[group.home-lan.detection]").unwrap();
    config.write(&format!("{before}[group.home-lan.detection.probe]\ninterval = \"500ms\"\n"));
    config.succeed("up home-lan");
    wait_until("probes find both at work", || works("eth0") && works("eth1"));
    wait_for_active("bond0", "eth1");
    assert_eq!(codes(&findings()), [""; 0]);
    let outcome = cards.drill(&config).expect(0);
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let failure = &told["groups"][0]["events"][0];
    assert!(failure["took_ms"].as_f64().is_some() && failure["lost"].as_u64().unwrap() > 5, "{failure}");
    assert_eq!(told["groups"][0]["events"].as_array().unwrap().len(), 4, "{told}");
    wait_for_active("bond0", "eth1");
}
