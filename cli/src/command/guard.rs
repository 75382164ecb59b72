//! `mpath guard`, which `mpath up --confirm` starts: it outlives terminal, shell and the process that makes the change,
//! and brings back the state before it when nobody confirms in time.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use clap::Args;
use mpath_core::journal::{Recovery, Token};

use crate::ExitCode;
use crate::confirmation::guard_address;
use crate::context::Context;
use crate::error::CommandError;
use crate::journals::Found;
use crate::lock::Lock;
use crate::recovery;
use crate::signals::Signals;

/// How long the guard waits before it tries once more what failed: longer each time, for four minutes in all.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(128);

/// Wait for a change to be confirmed, or undo it (started by `up --confirm`)
#[derive(Debug, Args)]
pub(crate) struct GuardArgs {
    /// The name of the change
    token: String,
}

impl GuardArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let token = Token(self.token.clone());
        // A session of its own: the end of the terminal is not its end (setsid(2)). Fails only for one who has it.
        let _ = rustix::process::setsid();
        let _signals = Signals::catch().map_err(CommandError::signals)?;
        let address = guard_address(context.state_directory, &token);
        let socket = UnixDatagram::bind(&address).map_err(CommandError::guard)?;
        // Who started it waits for this word.
        context.console.ready();
        let code = watch(&token, &socket, context);
        let _ = std::fs::remove_file(&address);
        code
    }
}

fn watch(token: &Token, socket: &UnixDatagram, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
    let mut pause = FIRST_PAUSE;
    loop {
        // Whoever makes the change has it until that is done, or until it is no more.
        let lock = Lock::wait(context.state_directory)?;
        let left = context.journals().waiting(token);
        if left.is_empty() {
            return Ok(ExitCode::Done);
        }
        let waits = left.iter().filter_map(|found| match found.recovery {
            Some(Recovery::Wait { seconds }) => Some(seconds),
            _ => None,
        });
        // A group that was not finished was left by a process that is no more: then the others do not wait, either.
        let died = left.iter().any(|found| found.recovery == Some(Recovery::Undo) && !found.is_stuck());
        let waits = waits.min().filter(|_| !died);
        if let Some(seconds) = waits {
            drop(lock);
            wait(socket, Duration::from_secs(seconds.max(1)))?;
            continue;
        }
        let code = end(&left, context);
        if matches!(code, Ok(ExitCode::Done)) || pause > LAST_PAUSE {
            return code;
        }
        // Perhaps nobody can reach this host any more to type `recover`.
        drop(lock);
        wait(socket, pause)?;
        pause *= 2;
    }
}

/// Waits so long, or until somebody calls: the journals tell what to do then.
fn wait(socket: &UnixDatagram, time: Duration) -> Result<(), CommandError> {
    socket.set_read_timeout(Some(time)).map_err(CommandError::guard)?;
    let _ = socket.recv(&mut [0; 1]);
    Ok(())
}

/// Ends what nobody waits for any more, the last group first.
fn end(left: &[Found], context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
    let mut host = context.host()?;
    let mut code = ExitCode::Done;
    for found in left.iter().rev() {
        let report = match found.recovery {
            Some(Recovery::Wait { .. }) => recovery::revert(found, &mut host, context),
            _ => recovery::recover(found, &mut host, context),
        };
        context.console.group(&report);
        code = code.or_worse(report.code);
    }
    Ok(code)
}
