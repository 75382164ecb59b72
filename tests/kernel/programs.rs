//! The real programs that manage networks, as Debian packages them (`tests/lab/managers`): their files laid over the
//! machine's, and those of them that stay.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::mount::{MsFlags, mount};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::network::{Segment, read, wait_until};

/// The folder with their files.
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os("MPATH_LAB_MANAGERS").map(Into::into)
}

/// A program that ends with the test.
pub(crate) struct Daemon(pub(crate) Child);

impl Daemon {
    pub(crate) fn start(program: &str, words: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    /// Lets it end as its service manager would.
    pub(crate) fn stop(mut self) {
        kill(Pid::from_raw(self.0.id().cast_signed()), Signal::SIGTERM).unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Lays their files over the machine's, with an /etc and a /run of the test's own.
pub(crate) fn furnish() {
    furnish_with(&["root"]);
}

/// The same with these trees, each over those behind it.
pub(crate) fn furnish_with(trees: &[&str]) {
    let (folder, none) = (folder().unwrap(), None::<&str>);
    let lower = |part: &str| {
        let paths = trees.iter().map(|tree| folder.join(tree).join(part).display().to_string());
        format!("lowerdir={}:/{part}", paths.collect::<Vec<_>>().join(":"))
    };
    let tmpfs = |folder: &str| {
        std::fs::create_dir_all(folder).unwrap();
        mount(Some("tmpfs"), folder, Some("tmpfs"), MsFlags::empty(), Some("mode=755")).unwrap();
    };
    for folder in ["/run/dbus", "/run/udev", "/run/systemd", "/run/NetworkManager", "/run/network", "/run/dhcpcd"] {
        tmpfs(folder);
    }
    tmpfs("/run/mpath-managers");
    for part in ["upper", "work"] {
        std::fs::create_dir(Path::new("/run/mpath-managers").join(part)).unwrap();
    }
    let layers = |options: String, over: &str| {
        mount(Some("overlay"), over, Some("overlay"), MsFlags::empty(), Some(options.as_str())).unwrap();
    };
    layers(lower("usr"), "/usr");
    let etc = lower("etc");
    layers(format!("{etc},upperdir=/run/mpath-managers/upper,workdir=/run/mpath-managers/work"), "/etc");
    std::fs::create_dir_all("/var/lib/NetworkManager").unwrap();
    mount(Some("tmpfs"), "/var/lib/NetworkManager", Some("tmpfs"), MsFlags::empty(), none).unwrap();
    // What their packages' scripts would have made.
    let mut users = read("/etc/passwd") + "\n";
    let mut groups = read("/etc/group") + "\n";
    for (number, name) in [(990, "messagebus"), (991, "systemd-network")] {
        if !users.contains(&format!("{name}:")) {
            users += &format!("{name}:x:{number}:{number}::/:/bin/false\n");
            groups += &format!("{name}:x:{number}:\n");
        }
    }
    std::fs::write("/etc/passwd", users).unwrap();
    std::fs::write("/etc/group", groups).unwrap();
    std::fs::write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n").unwrap();
}

/// The bus and the device manager, and then the network, so that all of it is announced.
pub(crate) fn begin() -> ([Daemon; 2], Segment) {
    furnish();
    (services(), Segment::new(&["eth0", "eth1"]))
}

/// The bus and the device manager.
pub(crate) fn services() -> [Daemon; 2] {
    let bus = Daemon::start("dbus-daemon", &["--system", "--nofork", "--nopidfile"]);
    let devices = Daemon::start("/usr/lib/systemd/systemd-udevd", &[]);
    let there = |path: &str| Path::new(path).exists();
    wait_until("the bus and udev listen", || there("/run/dbus/system_bus_socket") && there("/run/udev/control"));
    [bus, devices]
}

/// The file of ifupdown that Debian's installer leaves.
pub(crate) fn interfaces() {
    std::fs::create_dir_all("/etc/network/interfaces.d").unwrap();
    std::fs::write(
        "/etc/network/interfaces",
        "source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n",
    )
    .unwrap();
}
