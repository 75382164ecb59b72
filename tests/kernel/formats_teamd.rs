//! The real teamd, on what `mpath render` wrote: its device is of another driver, so that what is compared is what both have.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::formats::{segment, story};
use crate::managers::{Daemon, furnish};
use crate::mpath::Config;
use crate::network::{Segment, ip, ip_json, wait_for_active, wait_until};
use crate::ping::Ping;

crate::cases!(Managers: rendered_for_teamd_the_team_does_what_the_group_does);

const CONFIGURATION: &str = "/etc/teamd/bond0.conf";

/// The story, with all that decides who carries the traffic and by which address said otherwise; and what probes.
fn groups() -> [String; 3] {
    let detection = story().split_once("[group.bond0.detection]").map(|(group, _)| group.to_owned()).unwrap();
    // This version of it takes no standby for working that looks for valid probes, as a note says.
    let probes = "[group.bond0.detection]\nprobe = { interval = \"200ms\", targets = [\"192.168.1.24\"], validate = \"active\" }\n";
    [
        story(),
        story()
            .replace("device ", "failback = \"never\"\nmac = \"52:54:00:00:00:07\"\npeer-notifications = 3\ndevice "),
        detection + probes,
    ]
}

/// Who is in it, and which addresses the device and its members have.
#[derive(Debug, PartialEq)]
struct Seen {
    macs: Vec<Value>,
    masters: Vec<Value>,
}

fn seen() -> Seen {
    let links = ["bond0", "eth0", "eth1"].map(|name| ip_json(&format!("link show dev {name}"))[0].clone());
    let of = |key: &str| links.iter().map(|link| link[key].clone()).collect();
    Seen { macs: of("address"), masters: of("master") }
}

fn teamdctl(words: &[&str]) -> String {
    let output = Command::new("teamdctl").arg("bond0").args(words).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn active_port() -> String {
    teamdctl(&["state", "item", "get", "runner.active_port"]).trim().to_owned()
}

fn wait_for_port(name: &str) {
    wait_until(&format!("{name} carries the traffic"), || active_port() == name);
}

fn rendered_for_teamd_the_team_does_what_the_group_does() {
    furnish();
    let segment = segment();
    for file in groups() {
        let config = Config::new(&file);
        config.succeed("up");
        wait_for_active("bond0", "eth1");
        let wanted = seen();
        config.succeed("down");
        assert!(!Path::new("/sys/class/net/bond0").exists());

        config.succeed("render --to teamd --root /");
        let imported = config.mpath("import --from teamd").stdout;
        let team = Daemon::start("teamd", &["-f", CONFIGURATION]);
        wait_until("teamd listens", || !teamdctl(&["config", "dump"]).is_empty());
        // Addresses are given by whoever starts it.
        ip("address add 192.168.1.34/24 dev bond0");
        ip("link set bond0 up");
        wait_until("a port is active", || !active_port().is_empty());
        // Where whoever has it keeps it, that is whoever came first.
        let stays = file.contains("failback = \"never\"");
        let first = if stays { active_port() } else { "eth1".to_owned() };
        let second = if first == "eth1" { "eth0" } else { "eth1" };
        wait_for_port(&first);
        assert!(ip("-d link show dev bond0").contains("team "), "of the team driver");
        assert_eq!(seen(), wanted, "{file}");
        // What it made of the file. It tells its ports in an order of its own.
        fs::write(CONFIGURATION, teamdctl(&["config", "dump", "actual"])).unwrap();
        let taken = config.mpath("import --from teamd").stdout.replace("[\"eth0\", \"eth1\"]", "[\"eth1\", \"eth0\"]");
        assert_eq!(taken, imported, "{file}");

        Ping::start(Segment::HOST);
        segment.cut(&first);
        wait_for_port(second);
        Ping::start(Segment::HOST);
        segment.plug(&first);
        let works = ["state", "item", "get", &format!("ports.{first}.link_watches.up")];
        wait_until("the first is back", || teamdctl(&works).trim() == "true");
        if stays {
            assert_eq!(active_port(), second);
        } else {
            wait_for_port(&first);
        }
        team.stop();
        assert!(!Path::new("/sys/class/net/bond0").exists(), "it takes its device with it");
        fs::remove_file(CONFIGURATION).unwrap();
    }
}
