//! DHCP clients of a bond.
//!
//! In: an interface and a family. Out: a client that works in the background for them alone, or none.
//!
//! Quirks of the clients:
//! - dhcpcd keeps its pid files under `/run/dhcpcd` itself (before version 9 in `/run`), and sets its own title, so
//!   that its arguments are not those that it was started with. It would do the kernel's work with router
//!   advertisements, and switch `accept_ra` off, unless told `--noipv6rs`; then it asks for an IPv6 address only if
//!   told `--ia_na`.
//! - dhclient may write only where AppArmor lets it: `/run/dhclient*.pid` and `/run/dhclient*.lease*` in the profile
//!   of Debian and Ubuntu. Its files bear mpath's name, as those of others begin in the same way.
//! - udhcpc knows IPv4 only, and gives its lease back at the end only with `-R`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use mpath_core::capability::{Feature, Missing};
use mpath_core::shell::word;
use mpath_core::snapshot::Dhcp;
use mpath_core::step::Family;
use mpath_core::{BackendError, InterfaceName};

use crate::command::Program;
use crate::op::Op;
use crate::op::typed::{dhcp_flags, short_flag};
use crate::sysfs::Root;

/// How long a client may take to go to the background, or to give its lease back.
const LIMIT: Duration = Duration::from_secs(20);

/// How long a client in the background may take to write its number into its pid file.
const PID_FILE: Duration = Duration::from_secs(2);

/// The folder for the pid files of clients that have none of their own.
const RUN: &str = "run/mpath";

/// A DHCP client that mpath can drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    Dhcpcd,
    Dhclient,
    Udhcpc,
}

impl Client {
    /// In the order in which they are looked for.
    const ALL: [Self; 3] = [Self::Dhcpcd, Self::Dhclient, Self::Udhcpc];

    fn name(self) -> &'static str {
        match self {
            Self::Dhcpcd => "dhcpcd",
            Self::Dhclient => "dhclient",
            Self::Udhcpc => "udhcpc",
        }
    }

    fn knows(self, family: Family) -> bool {
        self != Self::Udhcpc || family == Family::V4
    }

    /// Where its pid file is, without the leading slash.
    fn pid_files(self, interface: &InterfaceName, family: Family) -> Vec<String> {
        let version = short_flag(family);
        match self {
            Self::Dhcpcd => {
                vec![format!("run/dhcpcd/{interface}{version}.pid"), format!("run/dhcpcd-{interface}{version}.pid")]
            }
            Self::Dhclient => vec![format!("run/dhclient-mpath-{interface}{version}.pid")],
            Self::Udhcpc => vec![format!("{RUN}/udhcpc-{interface}{version}.pid")],
        }
    }

    /// The command line that starts it in the background; it goes on trying for ever.
    fn start(self, interface: &InterfaceName, family: Family) -> String {
        let version = short_flag(family);
        match self {
            Self::Dhcpcd => format!("{} {interface}", dhcp_flags(family)),
            Self::Dhclient => format!("{version} -nw {} {interface}", dhclient_files(interface, family)),
            // Three tries of three seconds (a server may ping an address for as long before it offers it), then to the
            // background, where it tries again every ten seconds.
            Self::Udhcpc => {
                format!("-i {interface} -p /{RUN}/udhcpc-{interface}{version}.pid -b -R -t 3 -T 3 -A 10")
            }
        }
    }

    /// The command line that makes it give its lease back and end; udhcpc does so at SIGTERM.
    fn stop(self, interface: &InterfaceName, family: Family) -> Option<String> {
        let version = short_flag(family);
        match self {
            Self::Dhcpcd => Some(format!("{version} -k {interface}")),
            Self::Dhclient => Some(format!("{version} -r {} {interface}", dhclient_files(interface, family))),
            Self::Udhcpc => None,
        }
    }

    /// Its process for that interface, if it lives: a pid file alone may be left over, and its number another's now.
    fn process(self, root: &Root, interface: &InterfaceName, family: Family) -> Option<u32> {
        let file = self.pid_files(interface, family).into_iter().find_map(|file| root.read(file))?;
        let pid: u32 = file.parse().ok()?;
        let arguments = root.read(format!("proc/{pid}/cmdline"))?;
        // Interfaces of other namespaces may have the same name, and the folder of pid files is often shared.
        let ours = is_client(&arguments, self.name(), interface.as_str()) && root.in_this_network(&pid.to_string());
        ours.then_some(pid)
    }
}

fn dhclient_files(interface: &InterfaceName, family: Family) -> String {
    let version = short_flag(family);
    format!("-pf /run/dhclient-mpath-{interface}{version}.pid -lf /run/dhclient-mpath-{interface}{version}.leases")
}

/// Whether a command line, its words divided by NUL or by blanks (a title that was set), is that client's for that
/// interface.
pub(crate) fn is_client(arguments: &str, name: &str, interface: &str) -> bool {
    let mut words = arguments.split(['\0', ' ']).filter(|word| !word.is_empty());
    let program = words.next().unwrap_or_default().trim_end_matches(':');
    program.rsplit('/').next() == Some(name) && words.any(|word| word == interface)
}

/// A command line as an administrator could type it.
fn shown(client: Client, line: &str) -> String {
    let words = words(line);
    let words = words.iter().map(|text| word(text));
    std::iter::once(Cow::Borrowed(client.name())).chain(words).collect::<Vec<_>>().join(" ")
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// The pid files that there are, of whatever interface: most hosts have none, and some have thousands of groups.
pub(crate) struct Clients(BTreeSet<String>);

impl Clients {
    /// Lists their folders.
    pub(crate) fn look(root: &Root) -> Self {
        let files = |folder: &'static str| {
            let entries = fs::read_dir(root.path(folder)).into_iter().flatten().flatten();
            let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
            names.filter(|name| name.ends_with(".pid")).map(move |name| format!("{folder}/{name}"))
        };
        Self(["run", "run/dhcpcd", RUN].into_iter().flat_map(files).collect())
    }

    /// Which clients work on an interface.
    pub(crate) fn of(&self, root: &Root, interface: &InterfaceName) -> Dhcp {
        let has_file =
            |client: Client, family| client.pid_files(interface, family).iter().any(|file| self.0.contains(file));
        let works = |family| {
            Client::ALL.into_iter().any(|client| has_file(client, family)) && running(root, interface, family).is_some()
        };
        Dhcp { v4: works(Family::V4), v6: works(Family::V6) }
    }
}

fn running(root: &Root, interface: &InterfaceName, family: Family) -> Option<(Client, u32)> {
    Client::ALL.into_iter().find_map(|client| Some((client, client.process(root, interface, family)?)))
}

const CURE: &str = "apt install dhcpcd-base";
const CURE_OF_SERVICE: &str = "systemctl disable --now dhcpcd, or apt install isc-dhcp-client";

fn able(family: Family) -> impl Iterator<Item = Client> {
    Client::ALL.into_iter().filter(move |client| client.knows(family))
}

/// The first client that is installed. A dhcpcd that runs as a service for all interfaces would take the order for
/// itself (dhcpcd(8), "manager mode"), without a process that is the bond's alone; then it is the next client's turn.
fn installed(root: &Root, family: Family) -> Option<(Client, Program)> {
    let usable = able(family).filter(|client| *client != Client::Dhcpcd || !is_managed(root));
    usable.into_iter().find_map(|client| Some((client, Program::find(client.name())?)))
}

/// Whether a dhcpcd runs for all interfaces.
fn is_managed(root: &Root) -> bool {
    let pid = ["run/dhcpcd/pid", "run/dhcpcd.pid"].into_iter().find_map(|file| root.read(file));
    pid.is_some_and(|pid| root.is_process(&pid, "dhcpcd"))
}

/// What cannot be done because no client is installed.
pub(crate) fn missing(root: &Root) -> Vec<Missing> {
    let families = [(Family::V4, Feature::Dhcp), (Family::V6, Feature::Dhcp6)];
    let without = families.into_iter().filter(|(family, _)| installed(root, *family).is_none());
    let missing = |(family, feature)| {
        let names: Vec<_> = able(family).map(Client::name).collect();
        if is_managed(root) && Program::find(Client::Dhcpcd.name()).is_some() {
            let reason = "dhcpcd runs as a service for all interfaces, and no other client is installed".to_owned();
            return Missing { feature, reason, cure: Some(CURE_OF_SERVICE) };
        }
        Missing { feature, reason: format!("none of {} is installed", names.join(", ")), cure: Some(CURE) }
    };
    without.map(missing).collect()
}

/// The command of an operation, with the client that is installed or at work here.
pub(crate) fn command(root: &Root, op: &Op) -> Option<String> {
    match op {
        Op::StartDhcp { interface, family } => {
            let (client, _) = installed(root, *family)?;
            Some(shown(client, &client.start(interface, *family)))
        }
        Op::StopDhcp { interface, family } => {
            let (client, pid) = running(root, interface, *family)?;
            let line = client.stop(interface, *family).map(|line| shown(client, &line));
            Some(line.unwrap_or_else(|| format!("kill {pid}")))
        }
        _ => None,
    }
}

/// Starts the first client that is installed, if none works yet.
pub(crate) fn start(root: &Root, interface: &InterfaceName, family: Family) -> Result<(), BackendError> {
    if running(root, interface, family).is_some() {
        return Ok(());
    }
    let (client, program) = installed(root, family).ok_or_else(|| BackendError::NoProgram {
        purpose: "an address by DHCP",
        programs: able(family).map(Client::name).collect(),
        cure: CURE,
    })?;
    let folder = root.path(RUN);
    std::fs::create_dir_all(&folder).map_err(|source| BackendError::Io {
        action: "make",
        object: folder.display().to_string(),
        source,
    })?;
    program.run(&words(&client.start(interface, family)), LIMIT)?;
    // A client's first process ends before the second, which goes on in the background, has put its number into the
    // file, and nothing tells when it has. Without this wait the client could seem not to run.
    let begin = Instant::now();
    while client.process(root, interface, family).is_none() && begin.elapsed() < PID_FILE {
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// Makes the client give its lease back and end, and waits until it has ended.
pub(crate) fn stop(root: &Root, interface: &InterfaceName, family: Family) -> Result<(), BackendError> {
    let Some((client, pid)) = running(root, interface, family) else { return Ok(()) };
    // Opened first, and the client looked at again, as numbers of processes are used again.
    let process = Process::open(pid);
    if client.process(root, interface, family) != Some(pid) {
        return Ok(());
    }
    match client.stop(interface, family) {
        Some(line) => {
            let program = Program::find(client.name()).ok_or(BackendError::NoProgram {
                purpose: "giving a DHCP lease back",
                programs: vec![client.name()],
                cure: CURE,
            })?;
            program.run(&words(&line), LIMIT)?;
        }
        None => process.terminate(),
    }
    if !process.ended_within(LIMIT) {
        return Err(BackendError::Nonsense {
            object: format!("the {} of {interface}", client.name()),
            found: format!("it was told to end and still runs as {pid}"),
        });
    }
    for file in client.pid_files(interface, family) {
        // Most clients remove it themselves.
        let _ = std::fs::remove_file(root.path(file));
    }
    Ok(())
}

#[cfg(target_os = "linux")]
use process::Process;

#[cfg(target_os = "linux")]
mod process {
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

    /// A process that is no child, held so that its number cannot become another's (`pidfd_open(2)`, Linux 5.3).
    pub(super) struct Process(Option<OwnedFd>);

    impl Process {
        pub(super) fn open(pid: u32) -> Self {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
            Self(pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()))
        }

        pub(super) fn terminate(&self) {
            if let Some(process) = &self.0 {
                // It may have ended by itself.
                let _ = pidfd_send_signal(process, Signal::TERM);
            }
        }

        /// A file descriptor of a process is readable when that has ended. What could not be opened has ended.
        pub(super) fn ended_within(&self, limit: Duration) -> bool {
            let Some(process) = &self.0 else { return true };
            let Ok(limit) = Timespec::try_from(limit) else { return false };
            poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&limit)).is_ok_and(|ready| ready > 0)
        }
    }
}

#[cfg(test)]
mod tests;
