//! How long something takes, and what it costs.

use std::fs;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use wait4::Wait4 as _;

/// What a run of commands came to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// From the start of the first to the end of the last.
    pub(crate) wall: Duration,
    /// Of them and of the daemons behind them.
    pub(crate) cpu: Duration,
    /// The most that one of all these had, in KiB.
    pub(crate) memory: u64,
    /// How often a page of memory was not there yet when a command first touched it (getrusage(2), `ru_minflt`).
    pub(crate) pages: u64,
}

/// Runs commands one after the other, as somebody types them; each must succeed.
pub(crate) fn run(commands: &[Vec<String>], daemons: &[u32]) -> Cost {
    let before: Duration = daemons.iter().map(|id| processor_time(*id)).sum();
    let mut cost = Cost::default();
    let pages_before = pages_of_ended();
    let begun = Instant::now();
    for words in commands {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", words[0]));
        let mut errors = child.stderr.take().unwrap();
        let ended = child.wait4().unwrap();
        let mut told = String::new();
        if !ended.status.success() {
            let _ = std::io::Read::read_to_string(&mut errors, &mut told);
        }
        assert!(ended.status.success(), "{words:?}: {}: {told}", ended.status);
        cost.cpu += ended.rusage.utime + ended.rusage.stime;
        cost.memory = cost.memory.max(ended.rusage.maxrss / 1024);
    }
    cost.wall = begun.elapsed();
    cost.pages = pages_of_ended() - pages_before;
    let after: Duration = daemons.iter().map(|id| processor_time(*id)).sum();
    cost.cpu += after - before;
    cost.memory = daemons.iter().map(|id| peak_memory(*id)).fold(cost.memory, u64::max);
    cost
}

/// The pages of all children that have ended.
fn pages_of_ended() -> u64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    u64::try_from(usage.minor_page_faults()).unwrap()
}

/// The processor time of a process, by the kernel's clock of 100 Hz (proc(5), `stat`).
fn processor_time(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = rest.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// The most memory that a process has had until now, in KiB (proc(5), `status`).
pub(crate) fn peak_memory(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}

/// Somebody who waits for the first answer to a ping over the group.
pub(crate) struct Waiting {
    begun: Instant,
    given_up: Arc<AtomicBool>,
    thread: JoinHandle<Option<Instant>>,
}

/// How often it is tried.
const PAUSE: Duration = Duration::from_millis(2);

impl Waiting {
    /// Waits from now on, in this thread's network.
    pub(crate) fn start() -> Self {
        let given_up = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&given_up);
        let begun = Instant::now();
        let thread = thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                if is_usable() && answers() {
                    return Some(Instant::now());
                }
                thread::sleep(PAUSE);
            }
            None
        });
        Self { begun, given_up, thread }
    }

    /// How long it took.
    pub(crate) fn end(self, patience: Duration) -> Duration {
        while !self.thread.is_finished() {
            assert!(self.begun.elapsed() < patience, "no answer in {patience:?}");
            thread::sleep(PAUSE);
        }
        self.given_up.store(true, Ordering::Relaxed);
        self.thread.join().unwrap().unwrap() - self.begun
    }
}

/// Whether the address is there, a member was chosen and the device passes packets on. A ping before that would ask for the
/// MAC address of the other host in vain, and the next attempt is a second later whoever made the group.
fn is_usable() -> bool {
    let device = "/sys/class/net/bond0";
    let has = |file: &str| fs::read_to_string(format!("{device}/{file}")).is_ok_and(|text| !text.trim().is_empty());
    has("bonding/active_slave")
        && fs::read_to_string(format!("{device}/operstate")).is_ok_and(|text| text.trim() == "up")
        && UdpSocket::bind((Ipv4Addr::new(192, 168, 1, 34), 0)).is_ok()
}

/// Sends an echo request (RFC 792) until one is answered, for a while.
fn answers() -> bool {
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let to = SockAddr::from(SocketAddrV4::new(Ipv4Addr::new(192, 168, 1, 24), 0));
    // Type 8, code 0, the sum over both, and nothing else.
    if socket.send_to(&[8, 0, 0xf7, 0xff, 0, 0, 0, 0], &to).is_err() {
        return false;
    }
    let mut buffer = [MaybeUninit::uninit(); 128];
    socket.recv_from(&mut buffer).is_ok_and(|(_, from)| from == to)
}
