//! The hosts, made once, and what is on them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use super::run::{here, succeed, tools};

/// Those with the bonding driver.
pub(crate) const LINUX: [&str; 6] = ["web1", "web2", "web3", "web4", "web5", "lone1"];
/// Those whose commands are the simulator's.
pub(crate) const ILLUMOS: [&str; 2] = ["sol1", "sol2"];

static FLEET: LazyLock<()> = LazyLock::new(|| {
    let own = std::env::current_exe().unwrap();
    let sshd = tools().unwrap().join("sshd");
    let made = Command::new(here("hosts")).arg(env!("CARGO_BIN_EXE_mpath")).arg(own).arg(sshd).status().unwrap();
    assert!(made.success());
});

/// Every host.
pub(crate) fn all() -> Vec<&'static str> {
    LazyLock::force(&FLEET);
    LINUX.into_iter().chain(ILLUMOS).collect()
}

/// A file as a host sees it.
pub(crate) fn path(host: &str, path: &str) -> PathBuf {
    let pid = fs::read_to_string(format!("/run/fleet/{host}.pid")).unwrap();
    Path::new("/proc").join(pid.trim()).join("root").join(path.trim_start_matches('/'))
}

/// Runs a command on a host, without Ansible.
pub(crate) fn on(host: &str, words: &[&str]) -> Command {
    let pid = fs::read_to_string(format!("/run/fleet/{host}.pid")).unwrap();
    let mut command = Command::new("nsenter");
    command.args(["-t", pid.trim(), "-n", "-m", "-r", "-w"]).args(words);
    command
}

/// What all files that mpath writes are: their names, and when and with what they were written.
pub(crate) fn files(host: &str) -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["/etc/mpath", "/run/mpath", "/var/lib/mpath"] {
        below(&path(host, folder), &mut found);
    }
    found
}

fn below(path: &Path, found: &mut Vec<String>) {
    let file = fs::symlink_metadata(path).unwrap();
    // The simulator writes down that it was asked.
    if path.ends_with("run/mpath/sim") {
        return;
    }
    let times = (file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec());
    found.push(format!("{} {} {} {times:?}", path.display(), file.ino(), file.len()));
    if file.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| below(entry, found));
    }
}

/// What changed a simulated host.
pub(crate) fn mutations(host: &str) -> String {
    let simctl = Path::new(env!("CARGO_BIN_EXE_mpath")).with_file_name("simctl");
    succeed(on(host, &[simctl.to_str().unwrap(), "/run/mpath/sim", "mutations"]))
}

/// Whether every link that is up has the address that the kernel gives it, after having looked for another who has it
/// (RFC 4862, section 5.4). Members of a bond get none (`addrconf_notify`).
fn is_settled(host: &str) -> bool {
    let links = succeed(on(host, &["ip", "-o", "link", "show", "up"]));
    let addresses = succeed(on(host, &["ip", "-6", "-o", "address", "show", "scope", "link"]));
    let own: Vec<_> = addresses.lines().filter(|line| !line.contains("tentative")).collect();
    let has_none = |line: &str| !line.contains("LOWER_UP") || line.contains("LOOPBACK") || line.contains("SLAVE");
    links.lines().filter(|line| !has_none(line)).all(|link| {
        let name = link.split([' ', '@', ':']).filter(|word| !word.is_empty()).nth(1).unwrap();
        own.iter().any(|line| line.split_whitespace().nth(1) == Some(name))
    })
}

/// Somebody who hears of every change to the network of a host.
pub(crate) struct Monitor {
    host: &'static str,
    child: Child,
    heard: PathBuf,
}

impl Monitor {
    pub(crate) fn of(host: &'static str) -> Self {
        super::run::wait_until("the kernel has given addresses of its own", || is_settled(host));
        let heard = PathBuf::from(format!("/run/fleet/{host}.heard"));
        let file = fs::File::create(&heard).unwrap();
        let mut command = on(host, &["ip", "-o", "monitor", "link", "address", "route", "rule"]);
        let child = command.stdout(file).stderr(Stdio::null()).stdin(Stdio::null()).spawn().unwrap();
        let monitor = Self { host, child, heard };
        // It listens once it hears of something, which is made for it and taken back.
        super::run::wait_until("the monitor listens", || {
            succeed(on(host, &["ip", "address", "add", "127.9.9.9/32", "dev", "lo"]));
            succeed(on(host, &["ip", "address", "del", "127.9.9.9/32", "dev", "lo"]));
            monitor.text().contains("127.9.9.9")
        });
        monitor
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.heard).unwrap()
    }

    /// What it heard of.
    pub(crate) fn end(mut self) -> Vec<String> {
        // Whatever it was told before this it has written down when it tells of this.
        succeed(on(self.host, &["ip", "address", "add", "127.9.9.8/32", "dev", "lo"]));
        super::run::wait_until("the monitor has heard all", || self.text().contains("127.9.9.8"));
        succeed(on(self.host, &["ip", "address", "del", "127.9.9.8/32", "dev", "lo"]));
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let text = self.text();
        let of_its_own = |line: &&str| !line.contains("127.9.9.");
        text.lines().filter(of_its_own).map(str::to_owned).collect()
    }
}
