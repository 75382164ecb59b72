//! Callers who may not, and streams that do not take what they are given.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::world::{HOME_LAN, World};

/// The real program, run by somebody without rights, with these words after `mpath`.
fn as_nobody(arguments: &[&str], files: fs::Permissions) -> (i32, String) {
    let directory = tempfile::TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    // By another process: a file that this one has open to write, a child of another test might have, too, for a moment,
    // and what somebody may write to is not run (execve(2), ETXTBSY).
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_mpath")).arg(path("mpath")).status().unwrap();
    assert!(copied.success());
    fs::write(path("home-lan.toml"), HOME_LAN).unwrap();
    fs::set_permissions(path("home-lan.toml"), files).unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(path("mpath"));
    command.args(arguments).current_dir(directory.path()).env_clear();
    if rustix::process::geteuid().is_root() {
        command.gid(65534).uid(65534);
    }
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn up_needs_root_and_says_so() {
    let (code, stderr) = as_nobody(&["up", "-c", "home-lan.toml"], fs::Permissions::from_mode(0o644));
    assert_eq!(code, 8, "{stderr}");
    assert!(
        stderr.contains("/run/mpath") && stderr.contains("hint: run it as root; or, with CAP_NET_ADMIN"),
        "{stderr}"
    );
}

#[test]
fn a_file_that_may_not_be_read_is_a_question_of_rights() {
    let (code, stderr) = as_nobody(&["check", "-c", "home-lan.toml"], fs::Permissions::from_mode(0o000));
    assert_eq!(code, 8, "{stderr}");
    assert!(stderr.contains("home-lan.toml") && stderr.ends_with("hint: run it as root\n"), "{stderr}");
}

#[test]
fn files_of_another_tool_that_may_not_be_read_are_a_question_of_rights_and_not_left_out() {
    let directory = tempfile::TempDir::new().unwrap();
    let folder = directory.path().join("etc/NetworkManager/system-connections");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("bond0.nmconnection"), "[connection]\ntype=bond\ninterface-name=bond0\n").unwrap();
    fs::set_permissions(folder.join("bond0.nmconnection"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let closed = directory.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    for (option, path, told) in [
        ("--root", directory.path().to_owned(), "bond0.nmconnection"),
        ("--file", folder.join("bond0.nmconnection"), "bond0.nmconnection"),
        ("--root", closed, "closed"),
    ] {
        let arguments = ["import", "--from", "networkmanager", option, path.to_str().unwrap()];
        let (code, stderr) = as_nobody(&arguments, fs::Permissions::from_mode(0o644));
        assert_eq!(code, 8, "{stderr}");
        assert!(stderr.contains(told) && stderr.ends_with("hint: run it as root\n"), "{stderr}");
    }
}

struct Broken(io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_has_gone_is_no_failure_and_a_full_disk_is() {
    let world = World::new();
    let mut stderr = Vec::new();
    assert_eq!(world.run_into("status", &mut Broken(io::ErrorKind::BrokenPipe), &mut stderr), 0);
    assert_eq!(String::from_utf8(stderr).unwrap(), "");
    let mut stderr = Vec::new();
    assert_eq!(world.run_into("status", &mut Broken(io::ErrorKind::StorageFull), &mut stderr), 1);
    assert!(String::from_utf8(stderr).unwrap().starts_with("error: cannot write to standard output\n"));
}

#[test]
fn nobody_listening_does_not_break_off_a_change() {
    let world = World::new();
    let mut gone = (Broken(io::ErrorKind::BrokenPipe), Broken(io::ErrorKind::BrokenPipe));
    assert_eq!(world.run_into("up -vv", &mut gone.0, &mut gone.1), 0);
    assert_eq!(world.run("status --check -q").code, 0);
}
