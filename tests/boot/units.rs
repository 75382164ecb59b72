//! The units as systemd judges them: nothing in them is unknown, and what they may do is little.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::machine::repository;

crate::cases!(systemd_finds_nothing_wrong_with_the_units, the_units_may_do_no_more_than_they_need);

/// The units, with an instance of each template, and the program under test in them.
fn units() -> (TempDir, Vec<PathBuf>) {
    let folder = TempDir::new().unwrap();
    let mut units = Vec::new();
    for entry in fs::read_dir(repository("packaging/systemd")).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let text = fs::read_to_string(entry.path()).unwrap();
        // systemd looks for a program without a path in the folders of the system, where mpath need not be installed.
        let text = text.replace("=mpath ", &format!("={} ", env!("CARGO_BIN_EXE_mpath")));
        fs::write(folder.path().join(&name), &text).unwrap();
        if name.ends_with(".service") {
            let instance = folder.path().join(name.replace("@.", "@home-lan.1."));
            fs::write(&instance, &text).unwrap();
            units.push(instance);
        }
    }
    assert!(units.len() >= 4, "{units:?}");
    (folder, units)
}

fn systemd_finds_nothing_wrong_with_the_units() {
    let (folder, units) = units();
    let mut command = Command::new("systemd-analyze");
    // An empty entry at the end stands for the usual folders.
    command.env("SYSTEMD_UNIT_PATH", format!("{}:", folder.path().display()));
    let output = command.args(["verify", "--man=no"]).args(&units).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    // What it says about units of the machine is not about these.
    let about: Vec<_> = told.lines().filter(|line| line.contains("mpath")).collect();
    assert!(output.status.success() && about.is_empty(), "{}\n{told}", output.status);
}

fn the_units_may_do_no_more_than_they_need() {
    let (_folder, units) = units();
    for unit in units {
        // The agent runs hooks as other users, which costs it two tenths; networkd of Debian 12 has 2.6.
        let name = unit.file_name().unwrap().to_str().unwrap();
        let most = match name.split(['@', '.']).next().unwrap() {
            "mpath-wait-online" => "20",
            "mpath-agent" => "33",
            _ => "30",
        };
        let mut command = Command::new("systemd-analyze");
        let output =
            command.args(["security", "--offline=true", "--no-pager", "--threshold", most]).arg(&unit).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
    }
}
