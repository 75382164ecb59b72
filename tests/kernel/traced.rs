//! mpath that comes as far as a call of the kernel, and no further: moments that are the same on a machine of any speed.
//!
//! A clock would not do. The kernel in user mode wakes a sleeper at its next tick, and one that only looks again when it
//! gets the processor: by then mpath, which needs a few hundredths of a second, is done.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitCode, Stdio};

use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{SIGINT, SIGKILL, SIGTRAP, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::mpath::Config;

/// The first argument of a process that becomes mpath under the eyes of its parent.
const WORD: &str = "--mpath-that-is-traced";

/// The program, traced (ptrace(2)): it stops before each of its calls and after it, which count as two.
pub(crate) struct Traced {
    child: Child,
    pid: Pid,
    ended: bool,
}

impl Traced {
    /// Starts mpath; it has done nothing yet.
    pub(crate) fn start(config: &Config, words: &str) -> Self {
        let mut command = Command::new("/proc/self/exe");
        command.args([WORD, "--config"]).arg(config.folder()).args(words.split_whitespace());
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
        let first = waitpid(pid, None).unwrap();
        assert_eq!(first, WaitStatus::Stopped(pid, SIGTRAP), "it stops when it has become mpath");
        ptrace::setoptions(pid, Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL).unwrap();
        Self { child, pid, ended: false }
    }

    /// How often it stops until it ends.
    pub(crate) fn stops(config: &Config, words: &str) -> usize {
        Self::start(config, words).go_on(usize::MAX)
    }

    /// Lets it go on for so many stops, or to its end. Tells how many there were.
    pub(crate) fn go_on(&mut self, stops: usize) -> usize {
        let mut done = 0;
        let mut signal = None;
        while done < stops && !self.ended {
            ptrace::syscall(self.pid, signal.take()).unwrap();
            match waitpid(self.pid, None).unwrap() {
                WaitStatus::PtraceSyscall(_) => done += 1,
                WaitStatus::Stopped(_, other) => signal = Some(other),
                end => {
                    assert_eq!(end, WaitStatus::Exited(self.pid, 0));
                    self.ended = true;
                }
            }
        }
        done
    }

    /// Kills it where it stands. Tells whether it was still there.
    pub(crate) fn kill(self) -> bool {
        if !self.ended {
            kill(self.pid, SIGKILL).unwrap();
            assert_eq!(waitpid(self.pid, None).unwrap(), WaitStatus::Signaled(self.pid, SIGKILL, false));
        }
        !self.ended
    }

    /// Sends it SIGINT where it stands, and lets it come to its end by itself. Tells its exit code and what it said.
    pub(crate) fn interrupt(mut self) -> (i32, String) {
        kill(self.pid, SIGINT).unwrap();
        ptrace::detach(self.pid, None).unwrap();
        let said = std::io::read_to_string(self.child.stderr.take().unwrap()).unwrap();
        match waitpid(self.pid, None).unwrap() {
            WaitStatus::Exited(_, code) => (code, said),
            other => panic!("{other:?} {said}"),
        }
    }
}

/// If this process was called to be traced, becomes mpath.
pub(crate) fn main() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    arguments.next().filter(|word| word == WORD)?;
    ptrace::traceme().unwrap();
    let error = Command::new(env!("CARGO_BIN_EXE_mpath")).args(arguments).exec();
    panic!("{error}");
}
