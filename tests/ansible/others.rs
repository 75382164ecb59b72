//! Salt and Puppet, without a master, on a host of the fleet: what the guide shows, word for word.

use std::fs;
use std::process::{Command, Output};

use super::cases;
use super::fleet::{files, on, path};
use super::guide::of_the_guide;
use super::plays::converged;
use super::run::{succeed, tools};

cases!(salt_changes_a_group_once, puppet_changes_a_group_once, puppet_tells_why_a_group_is_not_up);

fn down(host: &str) {
    succeed(on(host, &["/usr/local/bin/mpath", "down", "home-lan"]));
}

fn text(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn salt_changes_a_group_once() {
    converged();
    let states = "/run/fleet/salt/states";
    fs::create_dir_all(states).unwrap();
    fs::write(format!("{states}/home-lan.sls"), of_the_guide("yaml", "cmd.run")).unwrap();
    let salt = tools().unwrap().join("salt/bin/salt-call");
    // What it has found out about the machine is not of interest, and takes its time.
    let minion =
        "file_client: local\nroot_dir: /run/fleet/salt\nenable_fqdns_grains: false\nid: web1\nlog_file: /dev/null\n";
    fs::write("/run/fleet/salt/minion", format!("{minion}file_roots: {{base: [{states}]}}\n")).unwrap();
    let call = |test: bool| {
        let mut command = on("web1", &[salt.to_str().unwrap(), "--local", "--config-dir=/run/fleet/salt"]);
        command.args(["--out=json", "--retcode-passthrough", "state.apply", "home-lan"]);
        command.args(test.then_some("test=True")).env("LC_ALL", "C.UTF-8");
        let output = command.output().unwrap();
        let told: serde_json::Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
        let states = told["local"].as_object().unwrap_or_else(|| panic!("{told:#}"));
        assert_eq!(states.len(), 1);
        states.values().next().unwrap().clone()
    };
    let is_changed =
        |state: &serde_json::Value| state["changes"].as_object().is_some_and(|changes| !changes.is_empty());
    down("web1");
    let before = files("web1");
    let would = call(true);
    assert!(would["result"].is_null() && is_changed(&would), "{would:#}");
    assert_eq!(files("web1"), before);
    let first = call(false);
    assert!(first["result"] == true && is_changed(&first), "{first:#}");
    assert_eq!(first["comment"], "up as the configuration says now");
    let again = call(false);
    assert!(again["result"] == true && !is_changed(&again), "{again:#}");
}

/// Runs `puppet apply`, and gives how it ended: 0 is that nothing changed, 2 that something did, 4 and 6 that something failed.
fn puppet(host: &str, words: &[&str]) -> (i32, String) {
    let manifest = "/run/fleet/home-lan.pp";
    fs::write(manifest, of_the_guide("puppet", "unless")).unwrap();
    let mut command: Command = on(host, &["/usr/bin/puppet", "apply", "--detailed-exitcodes", "--color=false"]);
    command.args(["--confdir=/run/fleet/puppet", "--vardir=/run/fleet/puppet", "--rundir=/run/fleet/puppet"]);
    let output = command.args(words).arg(manifest).env("LC_ALL", "C.UTF-8").output().unwrap();
    (output.status.code().unwrap(), text(&output))
}

fn furnish() {
    converged();
    // Of the guest's own, which is thrown away.
    let root = tools().unwrap().join("puppet/root/.");
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(root).arg("/");
    succeed(copy);
    fs::create_dir_all("/run/fleet/puppet").unwrap();
}

fn puppet_changes_a_group_once() {
    furnish();
    down("web2");
    let before = files("web2");
    let (code, would) = puppet("web2", &["--noop"]);
    assert!(code == 0 && would.contains("would have triggered") || would.contains("(noop)"), "{code} {would}");
    assert_eq!(files("web2"), before);
    let (code, first) = puppet("web2", &[]);
    assert_eq!(code, 2, "{first}");
    let status = on("web2", &["/usr/local/bin/mpath", "status", "--check", "-q"]);
    assert_eq!(succeed(status), "home-lan: ok\n");
    let (code, again) = puppet("web2", &[]);
    assert_eq!(code, 0, "{again}");
}

fn puppet_tells_why_a_group_is_not_up() {
    furnish();
    let file = path("web3", "/etc/mpath/home-lan.toml");
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, good.replace("primary", "primry")).unwrap();
    let (code, told) = puppet("web3", &[]);
    fs::write(&file, good).unwrap();
    assert_eq!(code, 4, "{told}");
    assert!(told.contains("did you mean `primary`?"), "{told}");
}
