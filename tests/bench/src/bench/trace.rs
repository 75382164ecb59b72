//! What programs ask of the kernel, as strace tells it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::figures::Requests;

const WHAT: &str = "trace=sendto,sendmsg,write,pwrite64,execve";

/// The words that run a command under strace.
pub(crate) fn traced(words: &[String], file: &Path) -> Vec<String> {
    let strace = ["strace", "-f", "-yy", "-s", "64", "-e", WHAT, "-o", file.to_str().unwrap()];
    strace.iter().map(ToString::to_string).chain(words.iter().cloned()).collect()
}

/// A daemon that is listened to.
pub(crate) struct Listening(Child);

impl Listening {
    pub(crate) fn start(daemon: u32, file: &Path) -> Self {
        let id = daemon.to_string();
        let words = ["-f", "-yy", "-s", "64", "-e", WHAT, "-o", file.to_str().unwrap(), "-p", &id];
        let child = Command::new("strace").args(words).stderr(Stdio::null()).spawn().unwrap();
        // Until it holds the process, nothing is written down (proc(5), `TracerPid`).
        let is_held = || {
            let status = fs::read_to_string(format!("/proc/{daemon}/status")).unwrap_or_default();
            status.lines().any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"))
        };
        while !is_held() {
            thread::sleep(Duration::from_millis(5));
        }
        Self(child)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = kill(Pid::from_raw(i32::try_from(self.0.id()).unwrap()), Signal::SIGINT);
        let _ = self.0.wait();
    }
}

/// Counts what a trace tells.
pub(crate) fn count(file: &Path) -> Requests {
    let mut requests = Requests::default();
    for line in fs::read_to_string(file).unwrap_or_default().lines() {
        if line.contains("execve(") && line.contains(" = 0") {
            requests.processes += 1;
        }
        if line.contains("<NETLINK:") {
            // One call may hand over several messages.
            for kind in line.split("nlmsg_type=").skip(1) {
                let kind = kind.split([',', '}']).next().unwrap_or_default();
                match kind {
                    kind if kind.contains("_NEW") || kind.contains("_DEL") || kind.contains("_SET") => {
                        requests.writes += 1
                    }
                    _ => requests.reads += 1,
                }
            }
        } else if (line.contains("write(") || line.contains("pwrite64("))
            && (line.contains("</sys/") || line.contains("</proc/sys/"))
        {
            requests.files += 1;
        }
    }
    requests
}
