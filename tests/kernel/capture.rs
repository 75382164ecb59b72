//! What comes to the far side, as tcpdump sees it: a witness that mpath knows nothing of.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The times at which packets come to the switch.
pub(crate) struct Capture {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Capture {
    /// Begins to listen for what a filter lets through (pcap-filter(7)).
    pub(crate) fn start(filter: &str) -> Self {
        let words = ["netns", "exec", "sw", "tcpdump", "-i", "br0", "-n", "-tt", "-l", "--immediate-mode"];
        let mut child =
            Command::new("ip").args(words).arg(filter).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap().contains("listening on")), "tcpdump does not listen");
        let lines = BufReader::new(child.stdout.take().unwrap());
        // What it says on the way out must go somewhere.
        std::thread::spawn(move || said.for_each(drop));
        Self { child, lines }
    }

    /// The longest time between two packets, in milliseconds.
    pub(crate) fn longest_gap(mut self) -> f64 {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), Signal::SIGINT).unwrap();
        let lines: Vec<_> = self.lines.by_ref().lines().map_while(Result::ok).collect();
        self.child.wait().unwrap();
        let times: Vec<f64> = lines.iter().filter_map(|line| line.split(' ').next()?.parse().ok()).collect();
        assert!(times.len() > 50, "{} packets were captured", times.len());
        times.windows(2).map(|pair| (pair[1] - pair[0]) * 1000.0).fold(0.0, f64::max)
    }
}
