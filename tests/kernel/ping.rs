//! A ping that runs beside a test and tells afterwards what was lost and when.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A running ping, one every 10 ms where the kernel's clock is that fine.
pub(crate) struct Ping {
    child: Child,
    replies: Receiver<Reply>,
    heard: Vec<Reply>,
}

/// One reply.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reply {
    sequence: u64,
    /// When it came, after the Unix epoch.
    at: Duration,
}

/// A moment to which replies can be compared.
pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

impl Ping {
    /// Starts it, and waits until the first replies are there.
    pub(crate) fn start(target: &str) -> Self {
        Self::from(Command::new("ping"), target)
    }

    /// The same from the host behind the switch.
    pub(crate) fn start_at_far_side(target: &str) -> Self {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", "sw", "ping"]);
        Self::from(command, target)
    }

    fn from(mut command: Command, target: &str) -> Self {
        let mut child = command
            .args(["-n", "-D", "-i", "0.01", "-W", "1", target])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, replies) = channel();
        std::thread::spawn(move || {
            for reply in lines.map_while(Result::ok).filter_map(|line| parse(&line)) {
                if sender.send(reply).is_err() {
                    break;
                }
            }
        });
        let mut ping = Self { child, replies, heard: Vec::new() };
        ping.hear(5);
        ping
    }

    /// Waits for so many replies more.
    pub(crate) fn hear(&mut self, count: usize) {
        for _ in 0..count {
            let reply = self.replies.recv_timeout(Duration::from_secs(20));
            self.heard.push(reply.expect("no reply to the ping in 20 s"));
        }
    }

    /// Waits until a reply has come that is younger than this moment.
    pub(crate) fn hear_after(&mut self, moment: Duration) {
        while self.heard.last().is_none_or(|reply| reply.at <= moment) {
            self.hear(1);
        }
    }

    /// The longest time without a reply between two moments, to the first reply after the second.
    pub(crate) fn longest_gap(&mut self, from: Duration, to: Duration) -> Duration {
        self.hear_after(to);
        let last_before = self.heard.iter().rev().find(|reply| reply.at <= from).map_or(from, |reply| reply.at);
        let mut gap = Duration::ZERO;
        let mut previous = last_before;
        for reply in self.heard.iter().filter(|reply| reply.at > from) {
            gap = gap.max(reply.at.saturating_sub(previous));
            previous = reply.at;
            if reply.at > to {
                break;
            }
        }
        gap
    }

    /// How many of the pings sent between the replies around two moments were never answered.
    pub(crate) fn lost(&mut self, from: Duration, to: Duration) -> usize {
        self.hear_after(to);
        // Late replies still count as replies.
        self.hear(10);
        let first = self.heard.iter().rev().find(|reply| reply.at <= from).map_or(0, |reply| reply.sequence);
        let last = self.heard.iter().find(|reply| reply.at > to).map_or(first, |reply| reply.sequence);
        (first..=last).filter(|sequence| !self.heard.iter().any(|reply| reply.sequence == *sequence)).count()
    }
}

impl Drop for Ping {
    fn drop(&mut self) {
        let _ = kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), Signal::SIGINT);
        let _ = self.child.wait();
    }
}

/// `[1700000000.123456] 64 bytes from 192.168.1.24: icmp_seq=5 ttl=64 time=0.05 ms`
fn parse(line: &str) -> Option<Reply> {
    let (time, rest) = line.strip_prefix('[')?.split_once(']')?;
    let (_, sequence) = rest.split_once("icmp_seq=")?;
    let sequence = sequence.split_whitespace().next()?.parse().ok()?;
    // "no answer yet" carries a number too.
    rest.contains("bytes from").then_some(())?;
    Some(Reply { sequence, at: Duration::from_secs_f64(time.parse().ok()?) })
}
