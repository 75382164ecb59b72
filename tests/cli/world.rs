//! A whole world for one test: a host in memory, a configuration, a state directory, and mpath run inside it.

use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use mpath::reach::{self, Place, ProbeKind, Prober, Pulse, Target};
use mpath::{Answer, Environment, Prompt, Services, Stream};
use mpath_core::adoption::LeaveAlone;
use mpath_core::drill::Probe;
use mpath_core::fake::{self, FakeHost};
use mpath_core::identity::Os;
use mpath_core::journal::Token;
use mpath_core::snapshot::{Interface, Kind};
use mpath_core::{
    Backend, BackendError, Capabilities, Changes, Counters, Finding, Identity, InterfaceName, MacAddress, Snapshot,
    Step,
};
use tempfile::TempDir;

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

/// The network beyond the host: what answers there.
#[derive(Default)]
pub(crate) struct Beyond {
    /// When the probes of a drill are not answered.
    pub(crate) silent: RefCell<std::ops::Range<Duration>>,
    /// Whether the caller may not ping.
    pub(crate) no_pings: Cell<bool>,
    /// Whether a target answers, as it is told, in the round of this number, from 0; all do where nothing is said.
    pub(crate) answers: RefCell<Option<Answers>>,
    /// The rounds until now: who was asked, and for how long.
    pub(crate) rounds: RefCell<Vec<(Vec<String>, Duration)>>,
}

/// Whether a target answers in a round.
type Answers = Box<dyn Fn(usize, &str) -> reach::Answer>;

impl Beyond {
    /// Lets targets answer as it is told.
    pub(crate) fn answer(&self, answers: impl Fn(usize, &str) -> reach::Answer + 'static) {
        self.answers.replace(Some(Box::new(answers)));
    }
}

/// The one who asks.
struct Fake(Rc<Beyond>);

impl Prober for Fake {
    fn resolve(&mut self, host: &str) -> std::io::Result<Vec<Place>> {
        match host {
            "nas" => Ok(vec![Place { address: [192, 168, 1, 9].into(), interface: None }]),
            _ => Err(std::io::Error::other("no such name")),
        }
    }

    fn ask(&mut self, targets: &[Target], limit: Duration, go_on: &dyn Fn() -> bool) -> Vec<reach::Answer> {
        assert!(go_on());
        let round = self.0.rounds.borrow().len();
        self.0.rounds.borrow_mut().push((targets.iter().map(ToString::to_string).collect(), limit));
        let answers = self.0.answers.borrow();
        let answer = |target: &Target| answers.as_ref().map(|answer| answer(round, &target.to_string()));
        targets.iter().map(|target| answer(target).unwrap_or(reach::Answer::Reached)).collect()
    }

    fn pulse(
        &mut self,
        _: ProbeKind,
        place: &Place,
        _: &InterfaceName,
        interval: Duration,
    ) -> std::io::Result<Box<dyn Pulse>> {
        if self.0.no_pings.get() {
            return Err(std::io::Error::from(std::io::ErrorKind::PermissionDenied));
        }
        assert!(place.interface.is_none());
        Ok(Box::new(Steady { now: Duration::ZERO, interval, silent: self.0.silent.borrow().clone() }))
    }
}

/// Probes on a clock of their own, each answered after a millisecond, but for those sent in a time of silence.
struct Steady {
    now: Duration,
    interval: Duration,
    silent: std::ops::Range<Duration>,
}

impl Pulse for Steady {
    fn now(&self) -> Duration {
        self.now
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    fn answered(&self) -> usize {
        usize::from(!self.silent.contains(&Duration::ZERO))
    }

    fn is_stamped(&self) -> bool {
        true
    }

    fn end(self: Box<Self>) -> Vec<Probe> {
        let times = (0..).map(|number| self.interval * number).take_while(|time| *time < self.now);
        let answered = |sent| if self.silent.contains(&sent) { vec![] } else { vec![sent + Duration::from_millis(1)] };
        times.map(|sent| Probe { sent, answered: answered(sent) }).collect()
    }
}

/// A person with answers.
struct Person {
    answers: Vec<Answer>,
    typed: Vec<&'static str>,
    asked: Rc<RefCell<String>>,
}

impl Prompt for Person {
    fn ask(&mut self, _: &str) -> Answer {
        if self.answers.is_empty() { Answer::Gone } else { self.answers.remove(0) }
    }

    fn line(&mut self, question: &str) -> Option<String> {
        let line = (!self.typed.is_empty()).then(|| self.typed.remove(0));
        *self.asked.borrow_mut() += &format!("{question}{}\n", line.unwrap_or("(nobody)"));
        line.map(str::to_owned)
    }
}

/// Whether a step fails, and how.
type StepFault = Box<dyn Fn(&Step) -> Option<BackendError>>;
/// What happens to the host meanwhile.
type HostChange = Box<dyn Fn(&mut FakeHost)>;

/// A manager of services that only notes what it is asked.
struct FakeManager {
    root: PathBuf,
    asked: Rc<RefCell<Vec<String>>>,
    fails: bool,
}

impl Services for FakeManager {
    fn root(&self) -> &std::path::Path {
        &self.root
    }

    fn run(&mut self, words: &[String]) -> std::io::Result<()> {
        self.asked.borrow_mut().push(words.join(" "));
        if self.fails { Err(std::io::Error::other("Failed to enable unit: no")) } else { Ok(()) }
    }
}

/// What goes wrong.
#[derive(Default)]
pub(crate) struct Faults {
    /// The host cannot be opened.
    pub(crate) open: Cell<Option<fn() -> BackendError>>,
    /// Whether a step fails, and how.
    pub(crate) step: RefCell<Option<StepFault>>,
    /// Looks at the host until now.
    pub(crate) looks: Cell<usize>,
    /// Happens before the look of this number.
    pub(crate) before_look: RefCell<Option<(usize, HostChange)>>,
}

/// How one run ended.
pub(crate) struct Run {
    line: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: u8,
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

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        block(f, &format!("mpath {}", self.line), &self.stdout, &self.stderr, self.code.into())
    }
}

/// One run as a block of text.
pub(crate) fn block(f: &mut impl fmt::Write, line: &str, stdout: &str, stderr: &str, code: i32) -> fmt::Result {
    writeln!(f, "$ {line}")?;
    for (stream, text) in [("stdout", stdout), ("stderr", stderr)] {
        if !text.is_empty() {
            writeln!(f, "--- {stream}\n{}", text.trim_end_matches('\n'))?;
        }
    }
    writeln!(f, "--- exit {code}")
}

/// The host in memory, with faults of the tests' own.
struct FaultyHost {
    host: Rc<RefCell<FakeHost>>,
    faults: Rc<Faults>,
    capabilities: Capabilities,
    leaves: Rc<RefCell<Vec<LeaveAlone>>>,
}

impl FaultyHost {
    /// Counts a look, and lets happen what is to happen before it.
    fn before_look(&self) {
        let look = self.faults.looks.get() + 1;
        self.faults.looks.set(look);
        if let Some((at, change)) = &*self.faults.before_look.borrow()
            && *at == look
        {
            change(&mut self.host.borrow_mut());
        }
    }
}

impl Backend for FaultyHost {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn observe(&mut self) -> Result<Snapshot, BackendError> {
        self.before_look();
        self.host.borrow_mut().observe()
    }

    fn refresh(&mut self, last: &mut Snapshot, interfaces: &[InterfaceName]) -> Result<(), BackendError> {
        self.before_look();
        self.host.borrow_mut().refresh(last, interfaces)
    }

    fn changes(&mut self) -> Result<Box<dyn Changes>, BackendError> {
        self.host.borrow_mut().changes()
    }

    fn counters(&self, interface: &InterfaceName) -> Option<Counters> {
        self.host.borrow().counters(interface)
    }

    fn diagnose(&mut self, snapshot: &Snapshot, _: Duration) -> Result<Vec<Finding>, BackendError> {
        // As with commands: what people will see of a host that is in memory.
        Ok(mpath_backend_linux::diagnose(snapshot))
    }

    fn leave_alone(&mut self, _: &Snapshot, _: &[InterfaceName]) -> Result<Vec<LeaveAlone>, BackendError> {
        Ok(self.leaves.borrow().clone())
    }

    fn explain(&self, step: &Step) -> Vec<String> {
        // What people will see, and what runs nowhere here.
        mpath_backend_linux::explain(step)
    }

    fn execute(&mut self, step: &Step) -> Result<(), BackendError> {
        let fault = self.faults.step.borrow().as_ref().and_then(|fault| fault(step));
        fault.map_or_else(|| self.host.borrow_mut().execute(step), Err)
    }
}

/// What a kernel says when it does not want to.
pub(crate) fn busy(step: &Step) -> BackendError {
    BackendError::Refused {
        operation: mpath_backend_linux::explain(step).join(" && "),
        errno: Some(16),
        message: Some("not now".to_owned()),
    }
}

/// What a kernel says to somebody who may not.
pub(crate) fn not_permitted() -> BackendError {
    BackendError::NotPermitted { operation: "ip link add bond0 type bond".to_owned(), needs: "CAP_NET_ADMIN" }
}

/// What is said where the driver is missing.
pub(crate) fn no_driver() -> BackendError {
    BackendError::NoDriver {
        reason: "the module bonding is not installed".to_owned(),
        cure: "install the kernel's modules: apt install linux-image-amd64".to_owned(),
    }
}
