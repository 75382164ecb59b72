//! A whole world for one test: a host in memory, a configuration, a state directory, and mpath run inside it.

mod beyond;
mod faulty_host;
#[path = "../manager.rs"]
mod manager;
mod person;
#[path = "../run.rs"]
mod run;
#[path = "../steady.rs"]
mod steady;

use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::rc::Rc;

use mpath::{Answer, Environment, Prompt, Stream};
use mpath_core::adoption::LeaveAlone;
use mpath_core::fake::{self, FakeHost};
use mpath_core::identity::Os;
use mpath_core::journal::Token;
use mpath_core::snapshot::{Interface, Kind};
use mpath_core::{Backend, BackendError, Capabilities, Identity, InterfaceName, MacAddress, Snapshot, Step};
use tempfile::TempDir;

use beyond::{Beyond, Fake};
use faulty_host::{Faults, FaultyHost};
pub(crate) use faulty_host::{busy, no_driver, not_permitted};
use manager::FakeManager;
use person::Person;
pub(crate) use run::{Run, block};

/// The story of the README.
pub(crate) const HOME_LAN: &str = include_str!("../home-lan.toml");

/// Another group beside it.
pub(crate) const OFFICE: &str = "[group.office]\nmembers = [\"eth2\"]\naddresses = [\"10.0.0.1/8\"]\n";

/// A host in memory, a configuration and a state directory.
pub(crate) struct World {
    directory: TempDir,
    pub(crate) host: Rc<RefCell<FakeHost>>,
    pub(crate) faults: Rc<Faults>,
    pub(crate) capabilities: Capabilities,
    /// Whether both streams are terminals.
    pub(crate) terminal: bool,
    pub(crate) no_color: bool,
    /// The changes for which a guard was started.
    pub(crate) guards: Rc<RefCell<Vec<String>>>,
    /// What a person answers, one after the other, where one is there.
    pub(crate) answers: RefCell<Option<Vec<Answer>>>,
    /// What makes other tools leave interfaces alone.
    pub(crate) leaves: Rc<RefCell<Vec<LeaveAlone>>>,
    /// The lines that a person types, one for each question.
    pub(crate) typed: RefCell<Vec<&'static str>>,
    /// What a person was asked, with what was typed.
    pub(crate) asked: Rc<RefCell<String>>,
    /// The network beyond the host.
    pub(crate) beyond: Rc<Beyond>,
    pub(crate) ssh_connection: Option<&'static str>,
    /// The name of the host and its system.
    pub(crate) identity: Identity,
    /// What the manager of services was told, and what it says to it.
    pub(crate) managed: Rc<RefCell<Vec<String>>>,
    pub(crate) manager_fails: Cell<bool>,
}

/// A name of an interface.
pub(crate) fn name(text: &str) -> InterfaceName {
    InterfaceName::new(text).unwrap()
}

/// A MAC address that ends like this.
pub(crate) fn mac(last: u8) -> MacAddress {
    MacAddress::new([0x52, 0x54, 0, 0, 0, last])
}

/// The host of the story: two cards, both on, without addresses.
fn host() -> Snapshot {
    let mut host = Snapshot::default();
    for number in 0..3 {
        let mut interface = Interface::new(Kind::Ethernet);
        (interface.mac, interface.permanent_mac) = (Some(mac(number)), Some(mac(number)));
        (interface.up, interface.speed) = (true, Some(1000));
        host.interfaces.insert(name(&format!("eth{number}")), interface);
    }
    host
}

impl World {
    /// A world whose group is up.
    pub(crate) fn up() -> Self {
        let world = Self::new();
        assert_eq!(world.run("up -q").code, 0);
        world.faults.looks.set(0);
        world
    }

    /// Lets something happen to the host when mpath has begun to listen: it opens the host, then looks a second time.
    pub(crate) fn later(&self, change: impl Fn(&mut FakeHost) + 'static) {
        self.faults.before_look.replace(Some((5, Box::new(change))));
    }

    /// A world with the story's configuration.
    pub(crate) fn new() -> Self {
        let world = Self {
            directory: TempDir::new().unwrap(),
            host: Rc::new(RefCell::new(FakeHost::new(host()))),
            faults: Rc::default(),
            capabilities: fake::capabilities(),
            terminal: false,
            no_color: false,
            guards: Rc::default(),
            answers: RefCell::default(),
            leaves: Rc::default(),
            typed: RefCell::default(),
            asked: Rc::default(),
            beyond: Rc::default(),
            ssh_connection: None,
            identity: Identity::named("laptop", Os::Linux),
            managed: Rc::default(),
            manager_fails: Cell::new(false),
        };
        fs::create_dir(world.path("etc")).unwrap();
        // Whatever the umask of whoever runs this.
        fs::set_permissions(world.path("etc"), fs::Permissions::from_mode(0o755)).unwrap();
        world.file("home-lan.toml", HOME_LAN);
        world
    }

    /// A path in the world's own directory.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    /// Writes a file of the configuration.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path("etc").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    /// A file that is somebody else's, and no configuration yet.
    pub(crate) fn file_there(&self, path: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(&path, "# not yet\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    /// Writes the facts of the host where the documents have them, and the template that they show.
    pub(crate) fn capture(&self) {
        fs::create_dir_all(self.path("etc/facts")).unwrap();
        let facts = self.run("facts");
        assert_eq!(facts.code, 0, "{facts}");
        fs::write(self.path("etc/facts/web1.json"), facts.stdout).unwrap();
        let template = HOME_LAN.replace("\"192.168.1.24\"", "\"{{ gateway }}\"");
        assert_ne!(template, HOME_LAN);
        fs::write(self.path("etc/lan.toml.j2"), template).unwrap();
    }

    /// The text of a receipt.
    pub(crate) fn receipt(&self, group: &str) -> Option<String> {
        fs::read_to_string(self.path(&format!("run/receipts/{group}.json"))).ok()
    }

    /// The text of a journal.
    pub(crate) fn journal(&self, group: &str) -> Option<String> {
        fs::read_to_string(self.path(&format!("run/journal/{group}.jsonl"))).ok()
    }

    /// How many steps the host has done.
    pub(crate) fn steps_done(&self) -> usize {
        self.host.borrow().done.len()
    }

    /// The host as it is configured.
    pub(crate) fn configuration(&self) -> Snapshot {
        self.host.borrow_mut().observe().unwrap().configuration()
    }

    /// Lets a step fail, and how.
    pub(crate) fn fail(&self, fault: impl Fn(&Step) -> Option<BackendError> + 'static) {
        self.faults.step.replace(Some(Box::new(fault)));
    }

    /// Runs mpath with these words, on the world's configuration unless it names its own.
    pub(crate) fn run(&self, line: &str) -> Run {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let code = self.run_into(line, &mut stdout, &mut stderr);
        let text = |bytes| self.shown(&String::from_utf8(bytes).unwrap());
        Run { line: line.to_owned(), stdout: text(stdout), stderr: text(stderr), code }
    }

    /// The same, with streams of the test's own.
    pub(crate) fn run_into(&self, line: &str, stdout: &mut dyn std::io::Write, stderr: &mut dyn std::io::Write) -> u8 {
        let mut arguments: Vec<OsString> = vec!["mpath".into()];
        arguments.extend(line.split_whitespace().map(|word| word.replace("DIR", &self.root()).into()));
        if !line.contains("--config") {
            arguments.extend(["--config".into(), self.path("etc").into()]);
        }
        self.run_words(arguments, stdout, stderr)
    }

    /// Runs mpath with just these words, the program's name among them.
    pub(crate) fn run_words(
        &self,
        arguments: Vec<OsString>,
        stdout: &mut dyn std::io::Write,
        stderr: &mut dyn std::io::Write,
    ) -> u8 {
        let mut open = || {
            if let Some(error) = self.faults.open.get() {
                return Err(error());
            }
            let (host, faults) = (self.host.clone(), self.faults.clone());
            let (capabilities, leaves) = (self.capabilities.clone(), self.leaves.clone());
            let backend = FaultyHost { host, faults, capabilities, leaves };
            Ok(Box::new(backend) as Box<dyn Backend>)
        };
        let mut start_guard = |token: &Token| {
            self.guards.borrow_mut().push(token.0.clone());
            Ok(())
        };
        let typed = std::mem::take(&mut *self.typed.borrow_mut());
        let answers = self.answers.borrow_mut().take();
        let is_there = answers.is_some() || !typed.is_empty();
        let person = Person { answers: answers.unwrap_or_default(), typed, asked: self.asked.clone() };
        let mut person = is_there.then_some(person);
        let mut manager =
            FakeManager { root: self.path("tree"), asked: self.managed.clone(), fails: self.manager_fails.get() };
        let mut environment = Environment {
            live: None,
            services: &mut manager,
            open_backend: &mut open,
            capabilities: Some(self.capabilities.clone()),
            stdout: Stream { writer: stdout, is_terminal: self.terminal },
            stderr: Stream { writer: stderr, is_terminal: self.terminal },
            no_color: self.no_color,
            state_directory: self.path("run"),
            lasting_directory: self.path("lib"),
            start_guard: &mut start_guard,
            prober: &mut Fake(self.beyond.clone()),
            resolv_conf: self.path("resolv.conf"),
            identity: self.identity.clone(),
            ssh_connection: self.ssh_connection.map(Into::into),
            prompt: person.as_mut().map(|person| person as &mut dyn Prompt),
        };
        mpath::run(arguments, &mut environment).number()
    }

    /// Runs one line after the other, and shows all of it.
    pub(crate) fn script(&self, lines: &[&str]) -> String {
        lines.iter().map(|line| self.run(line).to_string()).collect::<Vec<_>>().join("\n")
    }

    fn root(&self) -> String {
        self.directory.path().display().to_string()
    }

    fn shown(&self, text: &str) -> String {
        text.replace(&self.root(), "DIR")
    }
}
