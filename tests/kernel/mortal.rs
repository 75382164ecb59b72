//! mpath as a process that is killed at a step, or whose step fails: this test program, called in another way.

use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use mpath::{Environment, Stream};
use mpath_backend_linux::LinuxBackend;
use mpath_core::journal::Token;
use mpath_core::{Backend, BackendError, Capabilities, Changes, Counters, Finding, InterfaceName, Snapshot, Step};
use nix::sys::reboot::{RebootMode, reboot};
use nix::sys::signal::{SIGKILL, kill};
use nix::unistd::Pid;

use crate::mpath::{Config, Outcome};

/// The first argument of a process to which something is to happen.
const WORD: &str = "--mpath-that-dies";

/// When it happens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Death {
    /// At the step of this number, from 0.
    pub(crate) step: usize,
    /// After the step is done, and before anybody knows.
    pub(crate) late: bool,
}

/// What happens.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// The process is killed by SIGKILL.
    Killed,
    /// The whole machine stops.
    Stopped,
    /// The kernel says no, this once.
    Refused,
}

impl Fate {
    const ALL: [(&str, Self); 3] = [("killed", Self::Killed), ("stopped", Self::Stopped), ("refused", Self::Refused)];
}

/// mpath to which something happens at a step.
fn command(config: &Config, words: &str, Death { step, late }: Death, fate: &str) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args([WORD, &step.to_string(), if late { "late" } else { "early" }, fate]);
    command.arg("--config").arg(config.folder()).args(words.split_whitespace());
    command
}

/// Runs mpath, which kills itself by SIGKILL at a step. Tells whether it came so far.
pub(crate) fn dies(config: &Config, words: &str, death: Death) -> bool {
    let output = command(config, words, death, "killed").output().unwrap();
    match (output.status.signal(), output.status.code()) {
        (Some(9), _) => true,
        (None, Some(0)) => false,
        other => panic!("{words}, {death:?}: {other:?} {}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// Runs mpath, which stops the whole machine at a step: nothing is written to a disk any more. Comes back only if it
/// came to its end.
pub(crate) fn stops_the_machine(config: &Config, words: &str, death: Death) {
    assert!(command(config, words, death, "stopped").status().unwrap().success());
}

/// Runs mpath, one step of which fails: before its work, or after it.
pub(crate) fn fails(config: &Config, words: &str, when: Death) -> Outcome {
    crate::mpath::run(command(config, words, when, "refused"))
}

/// If this process was called to die, does so, or ends as mpath ends.
pub(crate) fn main() -> Option<ExitCode> {
    let mut arguments = std::env::args_os();
    let program = arguments.next()?;
    arguments.next().filter(|word| word == WORD)?;
    let step = arguments.next()?.to_str()?.parse().ok()?;
    let late = arguments.next()? == "late";
    let word = arguments.next()?;
    let (_, fate) = Fate::ALL.into_iter().find(|(name, _)| word == *name)?;
    let mut open = || {
        let inner = LinuxBackend::new()?;
        Ok(Box::new(Mortal { inner, left: Some(step), late, fate }) as Box<dyn Backend>)
    };
    let mut environment = Environment {
        services: &mut mpath::SystemServices,
        live: None,
        open_backend: &mut open,
        capabilities: Some(mpath_backend_linux::capabilities()),
        stdout: Stream { writer: &mut io::stdout(), is_terminal: false },
        stderr: Stream { writer: &mut io::stderr(), is_terminal: false },
        no_color: true,
        state_directory: crate::network::state_directory(),
        lasting_directory: "/var/lib/mpath".into(),
        start_guard: &mut start_guard,
        prompt: None,
        prober: &mut mpath::reach::Network,
        resolv_conf: "/etc/resolv.conf".into(),
        identity: mpath_core::Identity::default(),
        ssh_connection: None,
    };
    Some(mpath::run(std::iter::once(program).chain(arguments), &mut environment).into())
}

/// Starts the guard as the real program does, whose file this process is not.
fn start_guard(token: &Token) -> io::Result<()> {
    let mut guard = Command::new(env!("CARGO_BIN_EXE_mpath"));
    guard.args(["guard", &token.0]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = guard.spawn()?;
    let mut word = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut word)?;
    assert_eq!(word, "ready\n");
    Ok(())
}

/// The real backend, until then.
struct Mortal {
    inner: LinuxBackend,
    /// How many steps are done before; none once it has happened.
    left: Option<usize>,
    late: bool,
    fate: Fate,
}

impl Mortal {
    fn meet(&self) -> BackendError {
        match self.fate {
            Fate::Killed => kill(Pid::this(), SIGKILL).unwrap(),
            // reboot(2) does not sync.
            Fate::Stopped => {
                let Err(error) = reboot(RebootMode::RB_POWER_OFF);
                panic!("{error}");
            }
            Fate::Refused => {}
        }
        let message = Some("it was told to fail".to_owned());
        BackendError::Refused { operation: "a step of a test".to_owned(), errno: Some(16), message }
    }
}

impl Backend for Mortal {
    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn observe(&mut self) -> Result<Snapshot, BackendError> {
        self.inner.observe()
    }

    fn refresh(&mut self, last: &mut Snapshot, interfaces: &[InterfaceName]) -> Result<(), BackendError> {
        self.inner.refresh(last, interfaces)
    }

    fn changes(&mut self) -> Result<Box<dyn Changes>, BackendError> {
        self.inner.changes()
    }

    fn counters(&self, interface: &InterfaceName) -> Option<Counters> {
        self.inner.counters(interface)
    }

    fn diagnose(&mut self, snapshot: &Snapshot, listen: Duration) -> Result<Vec<Finding>, BackendError> {
        self.inner.diagnose(snapshot, listen)
    }

    fn explain(&self, step: &Step) -> Vec<String> {
        self.inner.explain(step)
    }

    fn execute(&mut self, step: &Step) -> Result<(), BackendError> {
        let left = self.left.take();
        if left == Some(0) && !self.late {
            return Err(self.meet());
        }
        let done = self.inner.execute(step);
        if left == Some(0) {
            return Err(self.meet());
        }
        self.left = left.map(|left| left - 1);
        done
    }
}

/// The journals that lie in a state directory.
pub(crate) fn journals(state: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(state.join("journal")) else { return vec![] };
    entries.map(|entry| entry.unwrap().path()).collect()
}
