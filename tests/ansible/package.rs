//! The role installs a package: with the real module for it, and dpkg.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::cases;
use super::fleet::on;
use super::plays::converged;
use super::run::{play, succeed, tools};

cases!(the_role_installs_a_package_once_and_goes_on_with_it);

fn run(program: &str, words: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(words);
    succeed(command)
}

/// Makes a package of this program. What the package of a release has besides, `make test-deb` installs.
fn package(file: &str) {
    let folder = "/run/fleet/deb";
    for below in ["DEBIAN", "usr/bin"] {
        fs::create_dir_all(format!("{folder}/{below}")).unwrap();
    }
    run("strip", &["-o", &format!("{folder}/usr/bin/mpath"), env!("CARGO_BIN_EXE_mpath")]);
    let architecture = run("dpkg", &["--print-architecture"]);
    let control = format!(
        "Package: mpath\nVersion: 0.0.1\nArchitecture: {}\nMaintainer: nobody <nobody@example>\nDescription: a test\n",
        architecture.trim()
    );
    fs::write(format!("{folder}/DEBIAN/control"), control).unwrap();
    run("dpkg-deb", &["--build", "--root-owner-group", "-Znone", folder, file]);
    fs::remove_dir_all(folder).unwrap();
}

fn the_role_installs_a_package_once_and_goes_on_with_it() {
    converged();
    // Of the guest's own, which is thrown away.
    run("cp", &["-a", tools().unwrap().join("apt/root/.").to_str().unwrap(), "/"]);
    package("/run/fleet/mpath.deb");
    assert!(!Path::new("/usr/bin/mpath").exists());
    succeed(on("web2", &["/usr/local/bin/mpath", "down", "home-lan"]));
    let with = "failover_package=/run/fleet/mpath.deb failover_executable=/usr/bin/mpath";
    let first = play(&["site.yml", "--limit", "web2", "-e", with]);
    first.is_good();
    for task in ["Install the .deb", "Bring the group up"] {
        assert_eq!(first.result("web2", task).1["changed"], true, "{task}\n{}", first.output);
    }
    assert_eq!(run("dpkg-query", &["--show", "--showformat=${Version} ${db:Status-Abbrev}", "mpath"]), "0.0.1 ii ");
    assert_eq!(succeed(on("web2", &["/usr/bin/mpath", "status", "--check", "-q"])), "home-lan: ok\n");
    let again = play(&["site.yml", "--limit", "web2", "-e", with]);
    assert_eq!(again.is_good().count("web2", "changed"), 0, "{}", again.output);
}
