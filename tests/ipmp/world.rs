//! A simulated host, a configuration, and mpath run on it.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use illumos_simulator::{Dialect, Link, Simulator};
use mpath::reach::{Answer, Place, Prober, Target};
use mpath::{Environment, Stream};
use mpath_backend_illumos::IllumosBackend;
use mpath_core::{Backend, InterfaceName, Snapshot};
use tempfile::TempDir;

/// The story of the README, with the names that cards have on illumos.
pub(crate) const HOME_LAN: &str = r#"[group.home-lan]
members   = ["net0", "net1"]
primary   = "net0"
addresses = ["192.168.1.34/24"]
gateway   = "192.168.1.24"

[group.home-lan.detection]
link = { interval = "100ms", up-delay = "200ms", down-delay = "200ms" }
"#;

/// The dialects in which `up` works.
pub(crate) const DIALECTS: [Dialect; 3] = [Dialect::IllumosNew, Dialect::IllumosOld, Dialect::Solaris11];

/// A simulated host and a configuration.
pub(crate) struct World {
    directory: TempDir,
    pub(crate) host: Simulator,
}

/// Nobody to be asked.
struct Nobody;

impl Prober for Nobody {
    fn resolve(&mut self, _: &str) -> std::io::Result<Vec<Place>> {
        Ok(vec![])
    }

    fn ask(&mut self, targets: &[Target], _: Duration, _: &dyn Fn() -> bool) -> Vec<Answer> {
        targets.iter().map(|_| Answer::Silent).collect()
    }
}

/// How one run ended.
pub(crate) struct Run {
    line: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: u8,
}

impl World {
    /// Two cards and a file.
    pub(crate) fn new(dialect: Dialect, file: &str) -> Self {
        let links = [Link::ether("net0", "2:0:0:0:0:1"), Link::ether("net1", "2:0:0:0:0:2")];
        let directory = TempDir::new().unwrap();
        let world = Self { directory, host: Simulator::new(dialect, &links) };
        world.file(file);
        world
    }

    /// Writes the file anew.
    pub(crate) fn file(&self, text: &str) {
        let path = self.directory.path().join("mpath.toml");
        fs::write(&path, text).unwrap();
        // Whatever the umask of whoever runs this.
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    /// Runs mpath with these words.
    pub(crate) fn run(&self, line: &str) -> Run {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut open = || {
            let backend = IllumosBackend::at(&self.host.bin_dir(), &self.host.root_dir())?;
            Ok(Box::new(backend) as Box<dyn Backend>)
        };
        let file = self.directory.path().join("mpath.toml").display().to_string();
        let words = ["mpath"].into_iter().chain(line.split(' ')).chain(["--config", &file]).map(Into::into);
        let mut environment = Environment {
            open_backend: &mut open,
            capabilities: Some(mpath_backend_illumos::capabilities()),
            stdout: Stream { writer: &mut stdout, is_terminal: false },
            stderr: Stream { writer: &mut stderr, is_terminal: false },
            no_color: true,
            state_directory: self.directory.path().join("run"),
            lasting_directory: self.directory.path().join("lib"),
            start_guard: &mut |_| Ok(()),
            prompt: None,
            prober: &mut Nobody,
            resolv_conf: self.directory.path().join("resolv.conf"),
            ssh_connection: None,
        };
        let code = mpath::run(words.collect::<Vec<_>>(), &mut environment).number();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { line: line.to_owned(), stdout: text(stdout), stderr: text(stderr), code }
    }

    /// Runs mpath, which must succeed.
    pub(crate) fn done(&self, line: &str) -> Run {
        let run = self.run(line);
        assert_eq!(run.code, 0, "{run}\n{:#?}", self.host.mutations());
        run
    }

    /// Boots the host anew: what is in memory goes, and with it the receipts there.
    pub(crate) fn reboot(&self) {
        let memory = self.directory.path().join("run");
        if memory.exists() {
            fs::remove_dir_all(memory).unwrap();
        }
        self.host.reboot();
    }

    /// The host as mpath sees it.
    pub(crate) fn look(&self) -> Snapshot {
        IllumosBackend::at(&self.host.bin_dir(), &self.host.root_dir()).unwrap().observe().unwrap()
    }

    /// Who carries the traffic of a device.
    pub(crate) fn active(&self, device: &str) -> Option<String> {
        let device = InterfaceName::new(device).unwrap();
        self.look().group(&device)?.active.as_ref().map(ToString::to_string)
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, stdout, stderr, code } = self;
        write!(f, "$ mpath {line}\n--- stdout\n{stdout}--- stderr\n{stderr}--- exit {code}")
    }
}
