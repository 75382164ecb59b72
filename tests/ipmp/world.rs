//! A simulated host, a configuration, and mpath run on it.

#[path = "../manager.rs"]
mod manager;
mod nobody;
#[path = "../run.rs"]
mod run;
#[path = "../steady.rs"]
mod steady;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::rc::Rc;

use illumos_simulator::{Dialect, Ending, Link, Simulator, State};
use mpath::{Environment, Stream};
use mpath_backend_illumos::IllumosBackend;
use mpath_core::{Backend, BackendError, InterfaceName, Snapshot};
use tempfile::TempDir;

use manager::FakeManager;
use nobody::Nobody;
pub(crate) use run::Run;

/// The story of the README, with the names that cards have on illumos.
pub(crate) const HOME_LAN: &str = r#"[group.home-lan]
members   = ["net0", "net1"]
primary   = "net0"
addresses = ["192.168.1.34/24"]
gateway   = "192.168.1.24"

[group.home-lan.detection]
link = { interval = "100ms", up-delay = "200ms", down-delay = "200ms" }
"#;

/// The same with members that probe.
pub(crate) const PROBED: &str = r#"[group.home-lan]
members   = [{ name = "net0", probe-address = "192.168.1.35/24" }, { name = "net1", probe-address = "192.168.1.36/24" }]
primary   = "net0"
addresses = ["192.168.1.34/24"]
gateway   = "192.168.1.24"
detection.probe = { interval = "500ms" }
"#;

/// The dialects in which `up` works.
pub(crate) const DIALECTS: [Dialect; 3] = [Dialect::IllumosNew, Dialect::IllumosOld, Dialect::Solaris11];

/// What happens to a host, and before mpath asks for its members for the time of which number.
pub(crate) type Meanwhile = (usize, fn(&Simulator));

/// A simulated host and a configuration.
pub(crate) struct World {
    directory: TempDir,
    pub(crate) host: Rc<Simulator>,
    /// Whether the programs run in this process: for tests that run thousands of them.
    within: bool,
    /// What happens to the host right before mpath asks for its members for the time of this number.
    pub(crate) meanwhile: RefCell<Option<Meanwhile>>,
    /// Where mpath remembers, if not beside the file.
    remembers: Option<PathBuf>,
    /// When mpath is killed.
    death: Rc<Cell<Option<Death>>>,
    /// What SMF was asked.
    pub(crate) asked: Rc<RefCell<Vec<String>>>,
}

/// When mpath is killed: at the command of this number that changes something, before it was run or after.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Death {
    pub(crate) at: usize,
    pub(crate) late: bool,
}

/// A host at one moment, and what mpath remembered of it then.
pub(crate) struct Saved {
    state: State,
    pub(crate) files: BTreeMap<PathBuf, Vec<u8>>,
}

impl World {
    /// Two cards and a file; the programs run in this process.
    pub(crate) fn new(dialect: Dialect, file: &str) -> Self {
        Self::with_cards(dialect, &two_cards(), file)
    }

    /// The same with programs that are processes, as on a real host.
    pub(crate) fn by_processes(dialect: Dialect, file: &str) -> Self {
        Self { within: false, host: Rc::new(Simulator::new(dialect, &two_cards())), ..Self::new(dialect, file) }
    }

    /// The same with other cards.
    pub(crate) fn with_cards(dialect: Dialect, links: &[Link], file: &str) -> Self {
        let directory = illumos_simulator::directory().unwrap();
        let world = Self {
            directory,
            host: Rc::new(Simulator::within(dialect, links)),
            within: true,
            meanwhile: RefCell::default(),
            remembers: None,
            death: Rc::default(),
            asked: Rc::default(),
        };
        world.file(file);
        world
    }

    /// The same with mpath's own directory somewhere else.
    pub(crate) fn within_directory(dialect: Dialect, file: &str, directory: PathBuf) -> Self {
        Self { remembers: Some(directory), ..Self::new(dialect, file) }
    }

    fn open(&self) -> Result<IllumosBackend, BackendError> {
        let is_root = self.host.state().user.name == "root";
        if !self.within {
            return IllumosBackend::at(&self.host.bin_dir(), &self.host.root_dir(), is_root);
        }
        let (host, death) = (Rc::clone(&self.host), Rc::clone(&self.death));
        let meanwhile = self.meanwhile.take();
        let asked = Cell::new(0);
        let run = move |program: &str, arguments: &[String]| {
            if program == "ipmpstat" && arguments.iter().any(|argument| argument == "-i") {
                asked.set(asked.get() + 1);
                if let Some((_, happen)) = meanwhile.filter(|(number, _)| *number == asked.get()) {
                    happen(&host);
                }
            }
            let words: Vec<_> = arguments.iter().map(String::as_str).collect();
            let saved = death.get().filter(|death| death.at == 0 && !death.late).map(|_| host.state());
            let illumos_simulator::Output { stdout, stderr, ending } = host.run(program, &words);
            if let Some(Death { at, late }) = death.get()
                && host.calls().last().is_some_and(|call| call.mutates)
            {
                if at == 0 {
                    saved.into_iter().for_each(|saved| host.change(|state| *state = saved));
                    // No word of it on standard error.
                    resume_unwind(Box::new("killed"));
                }
                death.set(Some(Death { at: at - 1, late }));
            }
            let status = match ending {
                Ending::Exit(code) => i32::from(code) << 8,
                Ending::Signal(signal) => signal,
                Ending::Hang => panic!("nobody waits for {program} in this process"),
            };
            std::process::Output { status: ExitStatus::from_raw(status), stdout, stderr }
        };
        IllumosBackend::within(Rc::new(run), &self.host.root_dir(), is_root)
    }

    /// Writes the file anew.
    pub(crate) fn file(&self, text: &str) {
        let path = self.directory.path().join("mpath.toml");
        fs::write(&path, text).unwrap();
        // Whatever the umask of whoever runs this.
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    /// The host and mpath's memory of it, to begin from again.
    pub(crate) fn save(&self) -> Saved {
        let mut files = BTreeMap::new();
        for directory in self.memory() {
            for entry in fs::read_dir(&directory).into_iter().flatten() {
                let path = entry.unwrap().path();
                files.insert(path.clone(), fs::read(path).unwrap());
            }
        }
        Saved { state: self.host.state(), files }
    }

    /// Lets the host and mpath's memory be as they were.
    pub(crate) fn restore(&self, saved: &Saved) {
        self.host.change(|state| *state = saved.state.clone());
        for directory in self.memory() {
            let _ = fs::remove_dir_all(directory);
        }
        for (path, bytes) in &saved.files {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    /// Where mpath keeps what it remembers: receipts, journals, and the marks of devices.
    fn memory(&self) -> [PathBuf; 6] {
        let root = self.host.root_dir();
        [
            self.state_directory().join("receipts"),
            self.state_directory().join("journal"),
            self.lasting_directory().join("receipts"),
            self.lasting_directory().join("journal"),
            root.join("var/run/mpath/marks"),
            root.join("var/mpath/marks"),
        ]
    }

    /// Where mpath keeps what outlives a boot.
    pub(crate) fn lasting_directory(&self) -> PathBuf {
        self.directory.path().join("lib")
    }

    /// Where mpath keeps its lock and its receipts.
    pub(crate) fn state_directory(&self) -> PathBuf {
        self.remembers.clone().unwrap_or_else(|| self.directory.path().join("run"))
    }

    /// Lets SMF run, with the manifest of mpath, and the file be that of `/etc/mpath`.
    pub(crate) fn with_smf(&self) {
        let root = self.directory.path().join("tree");
        for folder in ["etc/svc/volatile", "lib/svc/manifest/network"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/smf/mpath.xml");
        fs::copy(manifest, root.join("lib/svc/manifest/network/mpath.xml")).unwrap();
        std::os::unix::fs::symlink("../../mpath.toml", root.join("etc/mpath")).unwrap();
        for folder in ["tree", "tree/etc"] {
            // Whatever the umask of whoever runs this.
            fs::set_permissions(self.directory.path().join(folder), fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// Runs mpath with these words.
    pub(crate) fn run(&self, line: &str) -> Run {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut open = || Ok(Box::new(self.open()?) as Box<dyn Backend>);
        let file = self.directory.path().join("mpath.toml").display().to_string();
        let words = ["mpath"].into_iter().chain(line.split(' ')).chain(["--config", &file]).map(Into::into);
        let mut environment = Environment {
            services: &mut FakeManager {
                root: self.directory.path().join("tree"),
                asked: self.asked.clone(),
                fails: false,
            },
            live: None,
            open_backend: &mut open,
            capabilities: Some(mpath_backend_illumos::capabilities()),
            stdout: Stream { writer: &mut stdout, is_terminal: false },
            stderr: Stream { writer: &mut stderr, is_terminal: false },
            no_color: true,
            state_directory: self.state_directory(),
            lasting_directory: self.lasting_directory(),
            start_guard: &mut |_| Ok(()),
            prompt: None,
            prober: &mut Nobody,
            resolv_conf: self.directory.path().join("resolv.conf"),
            identity: mpath_core::Identity::default(),
            ssh_connection: None,
        };
        let code = mpath::run(words.collect::<Vec<_>>(), &mut environment).number();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { line: line.to_owned(), stdout: text(stdout), stderr: text(stderr), code }
    }

    /// Runs mpath, which is killed; nothing of its own tidies up. Gives whether it came so far.
    pub(crate) fn dies(&self, line: &str, death: Death) -> bool {
        self.death.set(Some(death));
        let ended = catch_unwind(AssertUnwindSafe(|| self.run(line)));
        self.death.set(None);
        ended.is_err()
    }

    /// Runs mpath, which must succeed.
    pub(crate) fn done(&self, line: &str) -> Run {
        let run = self.run(line);
        assert_eq!(run.code, 0, "{run}\n{:#?}", self.host.mutations());
        run
    }

    /// Brings the group up once more with these words, which finds nothing to do.
    pub(crate) fn changes_nothing(&self, line: &str) {
        self.host.forget_calls();
        let again = self.done(line);
        assert!(again.stdout.contains("already as wanted"), "{again}");
        assert_eq!(self.host.mutations(), Vec::<String>::new(), "{again}");
    }

    /// Lets an administrator type a line of ipadm.
    pub(crate) fn ipadm(&self, line: &str) {
        let output = self.host.run("ipadm", &line.split(' ').collect::<Vec<_>>());
        assert!(output.success(), "{line}: {}", output.stderr());
    }

    /// Boots the host anew: what is in memory goes, and with it the receipts there.
    pub(crate) fn reboot(&self) {
        let memory = self.state_directory();
        if memory.exists() {
            fs::remove_dir_all(memory).unwrap();
        }
        self.host.reboot();
    }

    /// The host as mpath sees it.
    pub(crate) fn look(&self) -> Snapshot {
        self.open().unwrap().observe().unwrap()
    }

    /// Who carries the traffic of a device.
    pub(crate) fn active(&self, device: &str) -> Option<String> {
        let device = InterfaceName::new(device).unwrap();
        self.look().group(&device)?.active.as_ref().map(ToString::to_string)
    }
}

/// The cards of a host with nothing else about it.
fn two_cards() -> [Link; 2] {
    [Link::ether("net0", "2:0:0:0:0:1"), Link::ether("net1", "2:0:0:0:0:2")]
}
