//! A simulated host for tests: a directory with the programs, the state and the files of the host in it.
//!
//! ```no_run
//! use illumos_simulator::{Dialect, Link, Simulator};
//!
//! let host = Simulator::new(Dialect::IllumosNew, &[Link::ether("net0", "0:c:29:84:3b:d8"), Link::wifi("wlan0", "0:c:29:84:3b:d9")]);
//! // Run commands from host.bin_dir(), read files below host.root_dir(), then:
//! host.cut("net0");
//! host.plug("net0");
//! assert_eq!(host.mutations(), Vec::<String>::new());
//! ```

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::link::Link;
use crate::output::Output;
use crate::state::{Call, State, User, Zone};
use crate::store::Store;

/// A simulated host in a directory of its own, which is gone with it.
#[derive(Debug)]
pub struct Simulator {
    store: Store,
    _directory: tempfile::TempDir,
}

impl Simulator {
    /// A host that has just booted, with these links and no configuration. Panics where it cannot be made.
    pub fn new(dialect: Dialect, links: &[Link]) -> Self {
        Self::with_binary(binary(), dialect, links)
    }

    /// The same without programs: only [`Self::run`] runs them, and the state is in memory. For tests that run thousands.
    pub fn within(dialect: Dialect, links: &[Link]) -> Self {
        let directory = directory().expect("a directory for the simulated host");
        let store = Store::in_memory(directory.path(), State::new(dialect, links)).expect("a simulated host");
        Self { store, _directory: directory }
    }

    /// The same with that file as the multi-call binary.
    pub fn with_binary(binary: &Path, dialect: Dialect, links: &[Link]) -> Self {
        let directory = directory().expect("a directory for the simulated host");
        let store = Store::create(directory.path(), binary, &State::new(dialect, links)).expect("a simulated host");
        Self { store, _directory: directory }
    }

    /// Where the programs are: `ipadm`, `ifconfig`, `ipmpstat`, …
    pub fn bin_dir(&self) -> PathBuf {
        self.store.bin_dir()
    }

    /// Where the host's files are: `etc/default/mpathd` is below it. `usr/sbin`, `sbin` and `usr/bin` have the programs.
    pub fn root_dir(&self) -> PathBuf {
        self.store.root_dir()
    }

    /// The state as it is.
    pub fn state(&self) -> State {
        self.change(|state| state.clone())
    }

    /// Changes the state by hand, under the lock. The rules of kernel and daemon are applied afterwards.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.store
            .with(|state| {
                let value = change(state);
                crate::clock::settle(state);
                value
            })
            .expect("the state file")
    }

    /// Runs a program in this process, without the binary. A hang is returned, not suffered.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        self.store.with(|state| crate::run(program, &arguments, state)).expect("the state file")
    }

    /// Pulls the cable, or ends the association.
    pub fn cut(&self, link: &str) {
        self.with_link(link, |link| link.up = false);
    }

    /// Puts the cable in again.
    pub fn plug(&self, link: &str) {
        self.with_link(link, |link| link.up = true);
    }

    /// The link stays up, but nothing answers behind it.
    pub fn silence(&self, link: &str) {
        self.with_link(link, |link| link.answers = false);
    }

    /// Probes are answered again.
    pub fn answer(&self, link: &str) {
        self.with_link(link, |link| link.answers = true);
    }

    /// Changes a link: a DHCP server on its segment, a driver that does not report, a card that is pulled out, …
    pub fn with_link(&self, name: &str, change: impl FnOnce(&mut Link)) {
        self.change(|state| {
            change(state.link_mut(name).unwrap_or_else(|| panic!("the simulated host has no link {name}")));
        });
    }

    /// Lets time pass. Nothing else does.
    pub fn advance(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.change(|state| crate::clock::advance(state, milliseconds));
    }

    /// Boots the host anew: what is not persistent is gone, and what is in memory.
    pub fn reboot(&self) {
        self.change(crate::boot::reboot);
        self.store.empty_memory().expect("the files in memory");
    }

    /// Moves the programs into a zone.
    pub fn set_zone(&self, zone: Zone) {
        self.change(|state| state.zone = zone);
    }

    /// Puts NWAM (illumos) or the automatic NCP (Solaris 11) in charge.
    pub fn set_profile_manager(&self, in_charge: bool) {
        self.change(|state| state.profile_manager = in_charge);
    }

    /// Who runs the programs from now on.
    pub fn set_user(&self, user: User) {
        self.change(|state| state.user = user);
    }

    /// Kills in.mpathd.
    pub fn stop_mpathd(&self) {
        self.change(crate::mpathd::stop);
    }

    /// Starts in.mpathd.
    pub fn start_mpathd(&self) {
        self.change(crate::mpathd::start);
    }

    /// Has the service of in.mpathd go into maintenance: the daemon is gone, and nobody starts it again.
    pub fn break_mpathd(&self) {
        self.change(|state| {
            crate::mpathd::stop(state);
            state.maintenance = state.dialect.has_ipmp_service();
        });
    }

    /// Has ipmpstat show the view of before that many times after a change: who asks once has not asked enough.
    pub fn set_lag(&self, runs: usize) {
        self.change(|state| state.lag = runs);
    }

    /// Plans a failure.
    pub fn fail(&self, fault: Fault) {
        self.change(|state| state.faults.push(fault));
    }

    /// All that was run since the last [`Self::forget_calls`].
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls
    }

    /// The command lines that change things, whether or not they succeeded.
    pub fn mutations(&self) -> Vec<String> {
        self.calls().iter().filter(|call| call.mutates).map(Call::line).collect()
    }

    /// Forgets what was run.
    pub fn forget_calls(&self) {
        self.change(|state| state.calls.clear());
    }

    /// in.mpathd's messages in /var/adm/messages.
    pub fn messages(&self) -> Vec<String> {
        let state = self.state();
        let messages = state.files.get(crate::mpathd::MESSAGES);
        messages.into_iter().flat_map(|text| text.lines()).map(str::to_owned).collect()
    }
}

/// A directory in memory where the system has one: the files are synced after each change, and tests make thousands.
pub fn directory() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

/// The multi-call binary: named by `ILLUMOS_SIMULATOR`, else built by the cargo that runs the tests, else found
/// beside them.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(named) = std::env::var_os("ILLUMOS_SIMULATOR") {
            return named.into();
        }
        let executable = std::env::current_exe().expect("the path of the test");
        // target/debug/deps/test-0123 -> target/debug
        let profile = executable
            .ancestors()
            .find(|directory| directory.join("deps").is_dir())
            .unwrap_or_else(|| panic!("{} is not below a target directory", executable.display()));
        let built = profile.join("illumos-simulator");
        if let (Some(cargo), Some(target)) = (std::env::var_os("CARGO"), profile.parent()) {
            let mut build = Command::new(cargo);
            build.args(["build", "--quiet", "--package", "mpath-illumos-simulator", "--bin", "illumos-simulator"]);
            build.arg("--target-dir").arg(target).current_dir(env!("CARGO_MANIFEST_DIR"));
            if profile.ends_with("release") {
                build.arg("--release");
            }
            let status = build.status().expect("cargo");
            assert!(status.success(), "the simulator does not build");
        }
        assert!(built.is_file(), "no simulator at {}; set ILLUMOS_SIMULATOR", built.display());
        built
    })
}
