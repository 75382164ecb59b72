//! `mpath watch` and `mpath wait-online`: what happens is told when it happens, and nothing is done meanwhile.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;

use crate::mpath::{Config, HOME_LAN};
use crate::network::{PATIENCE, Segment, ip, read, wait_for_active, wait_for_link_local, wait_until};
use crate::story::MARGIN;

crate::cases!(OwnNamespace:
    a_failover_is_told_within_10_ms_of_the_kernels_own_notification,
    what_is_done_behind_our_back_is_told,
    a_device_that_comes_and_goes_is_told,
    watching_an_idle_host_takes_no_time_of_the_processor,
    watching_ends_with_0_by_a_signal_and_when_nobody_reads_any_more,
    a_terminal_is_drawn_on_and_given_back,
    wait_online_ends_when_the_group_works,
);

/// `mpath watch --json`, and what it has told with the time at which that could be read.
struct Watch {
    child: Child,
    told: Receiver<(Duration, Value)>,
}

impl Watch {
    /// Watches from now on.
    fn start(config: &Config) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
        command.args(["watch", "--json", "--config"]).arg(config.folder());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let (sender, told) = channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines {
                let line = line.unwrap();
                let time = monotonic();
                let event = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                if sender.send((time, event)).is_err() {
                    return;
                }
            }
        });
        let watch = Self { child, told };
        watch.wait_for("watching");
        watch
    }

    /// Waits for an event, and passes over those before it.
    fn wait_for(&self, word: &str) -> (Duration, Value) {
        let mut passed = Vec::new();
        loop {
            let Ok((time, event)) = self.told.recv_timeout(PATIENCE) else { panic!("no {word} after {passed:?}") };
            if event["event"] == word {
                return (time, event);
            }
            passed.push(event);
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The clock of the events.
fn monotonic() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::new(now.tv_sec.try_into().unwrap(), now.tv_nsec.try_into().unwrap())
}

/// The story's group, up and settled.
pub(crate) fn up() -> (Segment, Config) {
    let segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.succeed("up home-lan");
    wait_for_active("bond0", "eth1");
    wait_until("the standby is up", || read("/sys/class/net/eth0/bonding_slave/mii_status") == "up");
    wait_for_link_local("bond0");
    (segment, config)
}

/// Hears the kernel itself tell of failovers (`IFLA_EVENT_BONDING_FAILOVER`), and notes when.
struct Kernel(Receiver<Duration>);

impl Kernel {
    fn listen() -> Self {
        const RTNLGRP_LINK: u32 = 1;
        let mut socket = Socket::new(NETLINK_ROUTE).unwrap();
        socket.bind(&SocketAddr::new(0, RTNLGRP_LINK)).unwrap();
        let (sender, heard) = channel();
        std::thread::spawn(move || {
            loop {
                let mut message = Vec::with_capacity(1 << 16);
                socket.recv(&mut message, 0).unwrap();
                let time = monotonic();
                if is_failover(&message) && sender.send(time).is_err() {
                    return;
                }
            }
        });
        Self(heard)
    }
}

/// Whether a message says of itself that it is sent because of a failover.
fn is_failover(message: &[u8]) -> bool {
    const IFLA_EVENT: u16 = 44;
    const IFLA_EVENT_BONDING_FAILOVER: u8 = 3;
    // Behind struct nlmsghdr and struct ifinfomsg come the attributes.
    let mut rest = message.get(32..).unwrap_or_default();
    while let [a, b, c, d, value @ ..] = rest {
        let length = usize::from(u16::from_ne_bytes([*a, *b])).max(4);
        if u16::from_ne_bytes([*c, *d]) == IFLA_EVENT {
            return value.first() == Some(&IFLA_EVENT_BONDING_FAILOVER);
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    false
}

fn a_failover_is_told_within_10_ms_of_the_kernels_own_notification() {
    const PROMISED: Duration = Duration::from_millis(10);
    let (segment, config) = up();
    let watch = Watch::start(&config);
    let kernel = Kernel::listen();
    let mut delays = Vec::new();
    for _ in 0..3 {
        for (change, word, from, to) in [
            (Segment::cut as fn(&Segment, &str), "failover", "eth1", "eth0"),
            (Segment::plug, "failback", "eth0", "eth1"),
        ] {
            change(&segment, "eth1");
            let (told, event) = watch.wait_for(word);
            let heard = kernel.0.recv_timeout(PATIENCE).unwrap();
            assert_eq!((&event["from"], &event["to"]), (&from.into(), &to.into()), "{event}");
            assert_eq!(event["now"]["active"], to, "{event}");
            delays.push(told.saturating_sub(heard));
        }
    }
    eprintln!("told after {delays:?}");
    delays.sort();
    // Where other work keeps the processors busy, one of them may have had to wait for its turn.
    assert!(delays[delays.len() / 2] <= PROMISED && delays[delays.len() - 1] <= PROMISED + MARGIN, "{delays:?}");
}

fn what_is_done_behind_our_back_is_told() {
    let (_segment, config) = up();
    let watch = Watch::start(&config);
    ip("link set eth0 nomaster");
    assert_eq!(watch.wait_for("member-left").1["member"], "eth0");
    assert!(watch.wait_for("drift").1["steps"].as_u64() > Some(0));
    watch.wait_for("degraded");
    config.succeed("up home-lan");
    assert_eq!(watch.wait_for("member-joined").1["member"], "eth0");
    watch.wait_for("ok");
    ip("address del 192.168.1.34/24 dev bond0");
    let drift = watch.wait_for("drift").1;
    assert_eq!(drift["now"]["state"], "drifted", "{drift}");
    ip("link delete bond0");
    watch.wait_for("absent");
}

fn a_device_that_comes_and_goes_is_told() {
    let (_segment, config) = up();
    let watch = Watch::start(&config);
    ip("link delete eth1");
    assert_eq!(watch.wait_for("member-gone").1["member"], "eth1");
    ip("link add eth1 address 02:00:00:00:00:02 type veth peer name p2-eth1 netns sw");
    assert_eq!(watch.wait_for("member-appeared").1["member"], "eth1");
}

/// utime and stime of a process, in clock ticks (proc_pid_stat(5)).
pub(crate) fn ticks(pid: Pid) -> u64 {
    let stat = read(&format!("/proc/{pid}/stat"));
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    [fields[11], fields[12]].iter().map(|field| field.parse::<u64>().unwrap()).sum()
}

fn watching_an_idle_host_takes_no_time_of_the_processor() {
    let (_segment, config) = up();
    let watch = Watch::start(&config);
    let switches = || -> Vec<String> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", watch.pid())).unwrap();
        let mut found: Vec<_> = threads
            .map(|thread| std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap())
            .flat_map(|status| {
                status.lines().filter(|line| line.starts_with("voluntary")).map(str::to_owned).collect::<Vec<_>>()
            })
            .collect();
        found.sort();
        assert!(found.len() > 1, "only {found:?}: there is a thread that listens");
        found
    };
    // The last that comes by itself is a router solicitation or a check of an address.
    std::thread::sleep(Duration::from_secs(1));
    let (before, woken) = (ticks(watch.pid()), switches());
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(ticks(watch.pid()) - before, 0, "ticks in 2 s");
    assert_eq!(switches(), woken, "it woke up");
}

fn watching_ends_with_0_by_a_signal_and_when_nobody_reads_any_more() {
    let (_segment, config) = up();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let mut watch = Watch::start(&config);
        kill(watch.pid(), signal).unwrap();
        assert_eq!(watch.child.wait().unwrap().code(), Some(0), "{signal}");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
    command.args(["watch", "--config"]).arg(config.folder());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("home-lan: ok, eth1 active"), "{line}");
    // Nothing happens that it could write of, and its reader is gone.
    wait_until("it ends", || child.try_wait().unwrap().is_some());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}

fn a_terminal_is_drawn_on_and_given_back() {
    let (_segment, config) = up();
    let mpath = format!("{} --config {} watch", env!("CARGO_BIN_EXE_mpath"), config.folder().display());
    let on_a_terminal = |line: &str, typed: &str| {
        // Its input comes late, as that of a person does.
        let line = format!(
            "(sleep 1; printf '{typed}') | script -qec \"stty rows 24 cols 90; {line}; echo ended $?; stty -a\" /dev/null"
        );
        let output = Command::new("sh").args(["-c", &line]).env("TERM", "xterm").output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for (line, typed) in [(mpath.clone(), "q"), (mpath.clone(), "\\003"), (format!("{mpath} --for 500ms"), "")] {
        let shown = on_a_terminal(&line, typed);
        let (drawn, after) = shown.split_once("\u{1b}[?1049l").unwrap_or_else(|| panic!("not given back: {shown:?}"));
        assert!(drawn.contains("\u{1b}[?1049h") && drawn.contains("home-lan"), "{shown:?}");
        assert!(drawn.contains("192.168.1.34/24") && drawn.contains("eth0"), "{shown:?}");
        assert!(after.contains("ended 0"), "{shown:?}");
        assert!(after.contains(" icanon") && after.contains(" echo "), "{after}");
    }
}

fn wait_online_ends_when_the_group_works() {
    let segment = Segment::new(&["eth0", "eth1"]);
    let config = Config::new(HOME_LAN);
    config.mpath("wait-online --timeout 50ms").expect(7).says("home-lan (absent)").says("mpath up home-lan");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
    command.args(["wait-online", "home-lan", "--config"]).arg(config.folder());
    let mut waits = command.spawn().unwrap();
    config.succeed("up home-lan");
    assert_eq!(waits.wait().unwrap().code(), Some(0));
    wait_for_active("bond0", "eth1");
    segment.cut("eth1");
    wait_for_active("bond0", "eth0");
    config.succeed("wait-online --timeout 0");
    segment.cut("eth0");
    wait_until("no member is active", || crate::network::option("bond0", "active_slave").is_empty());
    config.mpath("wait-online --timeout 50ms").expect(7).says("home-lan (failed)").says("mpath status home-lan");
}
