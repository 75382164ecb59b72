//! Many hosts from one file: what each has, what is wrong between them, and what a roll-out would do.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use mpath_core::identity::{Os, index_of};
use mpath_core::{HostFacts, Identity};

use crate::expected::{expect, repository};
use crate::world::{HOME_LAN, World};

const FLEET: &str = "\
[group.lan]
members   = [\"eth0\", \"eth1\"]
addresses = [\"192.168.1.${host.index}/24\"]
gateway   = \"192.168.1.254\"

[group.lan.match]
host = [\"web*\", \"db*\"]

[group.lan.os.illumos]
device  = \"ipmp0\"
members = [\"net0\", \"net1\"]

[group.lan.host.\"db*\"]
mtu = 9000
";

/// A world with the fleet's file, on a host of this name.
pub(crate) fn fleet(name: &str) -> World {
    let mut world = World::new();
    world.identity = Identity::named(name, Os::Linux);
    fs::remove_file(world.path("etc/home-lan.toml")).unwrap();
    world.file("fleet.toml", FLEET);
    world
}

/// Writes the facts of the world's host, as those of hosts of these names.
fn capture(world: &World, names: &[&str]) {
    fs::create_dir_all(world.path("facts")).unwrap();
    let facts: HostFacts = serde_json::from_str(&world.run("facts").stdout).unwrap();
    for name in names {
        let facts = HostFacts { name: (*name).to_owned(), index: index_of(name), ..facts.clone() };
        let text = serde_json::to_string(&facts).unwrap();
        fs::write(world.path(&format!("facts/{name}.json")), text).unwrap();
    }
}

#[test]
fn a_host_is_shown_what_it_has_and_where_that_comes_from() {
    let world = fleet("web7");
    let lines = [
        "config show",
        "config show --origin --host db3",
        "config show --host web7 --os illumos --json",
        "config show --host mail1",
        "config show --host web300",
    ];
    expect("config_show", &world.script(&lines));
}

#[test]
fn what_is_shown_says_the_same_again() {
    let world = fleet("db3");
    let shown = world.run("config show").stdout;
    let plan = world.run("plan --json").stdout;
    fs::write(world.path("etc/fleet.toml"), &shown).unwrap();
    assert_eq!(world.run("config show").stdout, shown);
    assert_eq!(world.run("plan --json").stdout, plan);
    world.file("fleet.toml", HOME_LAN);
    let plan = world.run("plan --json").stdout;
    let shown = world.run("config show").stdout;
    world.file("fleet.toml", shown);
    assert_eq!(world.run("plan --json").stdout, plan);
}

#[test]
fn a_group_comes_up_as_the_host_has_it_and_not_on_others() {
    let world = fleet("db3");
    assert_eq!(world.run("up -q").code, 0);
    assert_eq!(world.run("plan --check -q").code, 0);
    let world = fleet("mail1");
    let run = world.run("up");
    assert_eq!((run.code, world.steps_done()), (0, 0), "{run}");
    assert!(run.stderr.contains("no group of the configuration is for this host (mail1, linux)"), "{run}");
    // Another host's mistake is everybody's to see.
    world.file("fleet.toml", format!("{FLEET}mtuu = 1\n"));
    assert_eq!(world.run("up").code, 3);
}

#[test]
fn a_plan_for_another_system_is_of_what_hosts_of_that_system_have() {
    let world = fleet("web7");
    let run = world.run("plan --platform illumos");
    assert!(run.stdout.contains("ipmp0") && run.stdout.contains("net1"), "{run}");
    let run = world.run("render --to hostname");
    assert!(run.stdout.contains("hostname.net1"), "{run}");
}

#[test]
fn mac_addresses_of_the_host_are_looked_up_only_where_they_are_asked_for() {
    let world = fleet("web7");
    assert_eq!(world.run("check").code, 0);
    assert_eq!(world.faults.looks.get(), 0);
    let text = "[group.lan]\nmembers = [\"eth0\"]\ndhcp = true\nmac = \"${link.eth1.mac}\"\n";
    world.file("fleet.toml", text);
    let run = world.run("config show");
    assert!(run.stdout.contains("mac     = \"52:54:00:00:00:01\""), "{run}");
    assert_eq!(world.faults.looks.get(), 1);
    world.file("fleet.toml", text.replace("eth1", "eth7"));
    let run = world.run("check");
    assert!(run.code == 3 && run.stderr.contains("the host has no interface eth7"), "{run}");
}

#[test]
fn a_fleet_is_checked_on_one_machine() {
    let world = fleet("web7");
    capture(&world, &["web1", "db1", "db2", "web300", "mail1"]);
    let facts = fs::read_to_string(world.path("facts/web1.json")).unwrap();
    fs::write(world.path("facts/web2.json"), facts.replace("eth1", "eth9").replace("\"web1\"", "\"web2\"")).unwrap();
    let list = "[host.web5]\nos = \"linux\"\n[host.web6]\nos = \"illumos\"\n[host.x]\nfacts = \"facts/web1.json\"\n";
    fs::write(world.path("good.toml"), list).unwrap();
    fs::write(world.path("bad.toml"), "[host.web5]\nso = \"linux\"\n").unwrap();
    let lines = [
        "check --hosts DIR/facts",
        "check --hosts DIR/good.toml",
        "check --hosts DIR/bad.toml",
        "check --hosts DIR/etc",
        "check --hosts DIR/nowhere",
    ];
    expect("check_hosts", &world.script(&lines));
}

#[test]
fn a_roll_out_is_planned_before_it_begins() {
    let world = fleet("web7");
    capture(&world, &["web1", "db1", "web300", "mail1"]);
    world.run("up -q");
    capture(&world, &["web7"]);
    let facts = fs::read_to_string(world.path("facts/web1.json")).unwrap();
    fs::write(world.path("facts/web2.json"), facts.replace("eth1", "eth9").replace("\"web1\"", "\"web2\"")).unwrap();
    let lines =
        ["plan --hosts DIR/facts", "plan --hosts DIR/facts --summary --check", "plan --hosts DIR/facts/web7.json -v"];
    expect("plan_hosts", &world.script(&lines));
    // Facts of many hosts in one file come to the same.
    let mut files: Vec<_> = fs::read_dir(world.path("facts")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let all: String = files.iter().map(|file| format!("{}\n", fs::read_to_string(file).unwrap())).collect();
    fs::write(world.path("all.json"), all).unwrap();
    let by_file = world.run("plan --hosts DIR/all.json --json").stdout;
    assert_eq!(by_file, world.run("plan --hosts DIR/facts --json").stdout);
    fs::write(world.path("all.json"), "{\"schema\": \"mpath.facts/2\"}").unwrap();
    assert_eq!(world.run("plan --hosts DIR/all.json").code, 1);
}

#[test]
fn facts_that_cannot_be_read_are_the_trouble_of_their_host_alone() {
    let world = fleet("web7");
    capture(&world, &["web1", "web2"]);
    let facts = fs::read_to_string(world.path("facts/web1.json")).unwrap();
    fs::write(world.path("facts/web3.json"), &facts[..40]).unwrap();
    fs::write(world.path("facts/web4.json"), "").unwrap();
    fs::write(world.path("facts/web5.json"), "ssh: connect to host web5 port 22: Connection refused\n").unwrap();
    fs::write(world.path("facts/x.json"), facts.replace("mpath.facts/1", "mpath.facts/9").replace("web1", "web6"))
        .unwrap();
    symlink("nowhere", world.path("facts/web8.json")).unwrap();
    let list = "[host.web5]\nos = \"linux\"\n[host.web6]\nfacts = \"facts/web3.json\"\n";
    fs::write(world.path("list.toml"), list).unwrap();
    let lines = [
        "check --hosts DIR/facts",
        "plan --hosts DIR/facts",
        "plan --hosts DIR/facts --summary",
        "check --hosts DIR/list.toml",
    ];
    expect("unreadable_facts", &world.script(&lines));
    // One file with the facts of many, of which some broke off, is read on where the next one begins.
    let read = |name: &str| fs::read_to_string(world.path(&format!("facts/{name}.json"))).unwrap();
    let all = format!("{}\n{}\n{}\n{}{}", read("web1"), read("web3"), read("x"), read("web5"), read("web2"));
    fs::write(world.path("all.json"), all).unwrap();
    let run = world.run("plan --hosts DIR/all.json --json");
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let hosts = document["hosts"].as_array().unwrap().iter();
    let hosts: Vec<_> = hosts.map(|host| format!("{} {}", host["name"], host["status"]).replace('"', "")).collect();
    let expected = ["web1 change", "document 2 error", "web6 error", "document 4 error", "web2 change"];
    assert_eq!((run.code, hosts.as_slice()), (1, expected.map(str::to_owned).as_slice()), "{run}");
    assert!(document["hosts"][3]["errors"][0].as_str().unwrap().contains("document 4, from line 4: "), "{run}");
    let run = world.run("check --hosts DIR/all.json --json");
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((document["unreadable"].as_array().unwrap().len(), run.code), (3, 1), "{run}");
    assert_eq!(document["hosts"].as_array().unwrap().len(), 2, "{run}");
}

#[test]
fn a_fleet_is_checked_and_planned_with_a_warning_of_who_else_writes_its_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = fleet("web7");
    capture(&world, &["web1"]);
    fs::set_permissions(world.path("etc/fleet.toml"), fs::Permissions::from_mode(0o666)).unwrap();
    for verb in ["check", "plan"] {
        let run = world.run(&format!("{verb} --hosts DIR/facts"));
        assert!(run.code == 0 && run.stderr.contains("so that `up` and `down` refuse it: "), "{run}");
    }
}

#[test]
fn a_template_is_filled_in_and_checked() {
    let world = fleet("web7");
    capture(&world, &["web1"]);
    let template = "[group.lan]\nmembers = [{% for link in facts.interfaces if link.kind == \"ethernet\" %}\"{{ link.name }}\", {% endfor %}]\n\
        addresses = [\"{{ network }}.{{ facts.index or 1 }}/24\"]\n";
    fs::write(world.path("lan.toml.j2"), template).unwrap();
    let lines = [
        "render --template DIR/lan.toml.j2 --set network=10.0.0 --facts DIR/facts/web1.json",
        "render --template DIR/lan.toml.j2 --set network=10.0 --facts DIR/facts/web1.json",
        "render --template DIR/lan.toml.j2 --set netwrok=10.0 --facts DIR/facts/web1.json",
        "render --template DIR/lan.toml.j2",
        "render --template DIR/lan.toml.j2 --set facts=1",
        "render --template DIR/nowhere.j2",
    ];
    expect("render_template", &world.script(&lines));
    fs::write(world.path("lan.toml.j2"), "{% if %}").unwrap();
    assert_eq!(world.run("render --template DIR/lan.toml.j2").code, 3);
}

/// The real program, by the scripts that Ansible and Facter run.
#[test]
fn scripts_for_ansible_and_facter_print_facts() {
    let folder = tempfile::tempdir().unwrap();
    symlink(env!("CARGO_BIN_EXE_mpath"), folder.path().join("mpath")).unwrap();
    let run = |script: &str| -> serde_json::Value {
        let mut command = Command::new(repository(&format!("packaging/facts/{script}")));
        let output = command.env_clear().env("PATH", folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let facts = run("mpath.fact");
    assert_eq!(facts["schema"], HostFacts::SCHEMA);
    assert!(facts["interfaces"].as_array().is_some_and(|interfaces| !interfaces.is_empty()), "{facts}");
    let external = run("mpath-facter");
    assert_eq!(external.as_object().unwrap().len(), 1);
    assert_eq!(external["mpath"]["name"], facts["name"]);
}
