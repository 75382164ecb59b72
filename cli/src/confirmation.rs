//! Changes that stay only if somebody says so in time.
//!
//! A change is done, and its journal waits. `mpath confirm` lets it stay; when the time is up, the state before it
//! comes back. The time is kept by a process of its own, the [guard](crate::command::guard): it needs neither the
//! terminal nor the process that made the change.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use mpath_core::GroupName;
use mpath_core::journal::{Mark, Recovery, Token};
use serde::Serialize;

use crate::ExitCode;
use crate::context::Context;
use crate::error::{CommandError, ErrorText};
use crate::host::Host;
use crate::journals::{Found, JournalStore};
use crate::lock::Lock;
use crate::output::report::GroupReport;
use crate::prompt::Answer;
use crate::record::{self, RecordError};
use crate::recovery;
use crate::signals::Signals;
use crate::up_run::Hold;

/// A change that waits, as in `mpath.pending/1`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Pending {
    pub(crate) token: Token,
    pub(crate) groups: Vec<GroupName>,
    /// What it was made by.
    pub(crate) command: String,
    /// Seconds until it is undone.
    pub(crate) seconds: u64,
}

/// The document of changes that wait.
#[derive(Debug, Serialize)]
pub(crate) struct PendingDocument {
    schema: &'static str,
    pending: Vec<Pending>,
}

impl PendingDocument {
    pub(crate) fn new(pending: Vec<Pending>) -> Self {
        Self { schema: "mpath.pending/1", pending }
    }
}

/// Why it is not clear which change is meant.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// No change waits.
    #[error("no change waits to be confirmed")]
    Nothing,
    /// No change of that name waits.
    #[error("no change called {token} waits to be confirmed")]
    Unknown { token: String },
    /// There are several.
    #[error("several changes wait to be confirmed: {}", .tokens.join(", "))]
    Several { tokens: Vec<String> },
}

impl From<TokenError> for CommandError {
    fn from(error: TokenError) -> Self {
        let (code, hint) = match &error {
            TokenError::Several { .. } => (ExitCode::Usage, "name the one that you mean: mpath pending lists them"),
            TokenError::Nothing | TokenError::Unknown { .. } => {
                (ExitCode::NoSuchGroup, "a change that was not confirmed in time was undone; mpath status tells")
            }
        };
        Self { code, told: ErrorText::of(&error, Some(hint.to_owned())), config: None }
    }
}

/// The changes that wait now, each with all its groups.
pub(crate) fn pending(journals: &JournalStore) -> Result<Vec<Pending>, RecordError> {
    let mut changes: Vec<Pending> = Vec::new();
    for found in journals.all() {
        let found = found?;
        let (Some(token), Some(Recovery::Wait { seconds })) = (found.journal.opening.token(), found.recovery) else {
            continue;
        };
        match changes.iter_mut().find(|change| change.token == *token) {
            Some(change) => change.groups.push(found.group().clone()),
            None => changes.push(Pending {
                token: token.clone(),
                groups: vec![found.group().clone()],
                command: found.owner.command.clone(),
                seconds,
            }),
        }
    }
    Ok(changes)
}

/// Lets a change that is done wait from now on, and finds it. To be called with the lock.
pub(crate) fn begin(hold: Option<&Hold>, journals: &JournalStore) -> Result<Option<Pending>, RecordError> {
    let Some(Hold { token, seconds: Some(seconds), .. }) = hold else { return Ok(None) };
    let until = record::now()?.seconds + seconds;
    let done = journals.done(token);
    done.iter().try_for_each(|found| found.reopen()?.mark(Mark::Applied { until }))?;
    // The clock is not asked again: it may be a second on already, and the shortest time be over.
    let groups = done.iter().map(|found| found.group().clone()).collect();
    let command = done.first().map(|found| found.owner.command.clone());
    Ok(command.map(|command| Pending { token: token.clone(), groups, command, seconds: *seconds }))
}

/// Tells of a change that waits: people by a note, and a program that reads the last line by a document.
pub(crate) fn tell(pending: Option<&Pending>, context: &mut Context<'_>) {
    let Some(pending) = pending else { return };
    let text = format!("undone in {} s unless confirmed: mpath confirm {}", pending.seconds, pending.token.0);
    context.console.note(&text);
    if !context.console.is_json() {
        context.console.document(&PendingDocument::new(vec![pending.clone()]));
    }
}

/// The change that is meant: the one named, or else the only one.
pub(crate) fn choose(journals: &JournalStore, named: Option<&str>) -> Result<Token, CommandError> {
    let mut tokens: Vec<_> = pending(journals)?.into_iter().map(|change| change.token).collect();
    match named {
        Some(named) => match tokens.into_iter().find(|token| token.0 == named) {
            Some(token) => Ok(token),
            None => Err(TokenError::Unknown { token: named.to_owned() }.into()),
        },
        None if tokens.len() > 1 => {
            Err(TokenError::Several { tokens: tokens.into_iter().map(|token| token.0).collect() }.into())
        }
        None => tokens.pop().ok_or(TokenError::Nothing.into()),
    }
}

/// Lets a change stay. To be called with the lock.
pub(crate) fn keep(token: &Token, context: &Context<'_>) -> Vec<GroupReport> {
    let done = context.journals().done(token);
    // All are marked before the first is ended: whoever is killed in between has confirmed more, not less.
    let marked: Vec<_> =
        done.iter().map(|found| found.reopen().and_then(|mut journal| journal.mark(Mark::Done))).collect();
    let reports = done.iter().zip(marked).map(|(found, marked)| match marked {
        Ok(()) => recovery::keep(found, context),
        Err(error) => {
            let report = GroupReport::new(found.group(), None);
            report.failed_by_record(&error)
        }
    });
    let reports = reports.collect();
    wake(context.state_directory, token);
    reports
}

/// Brings back the state before a change, the last group first. To be called with the lock.
pub(crate) fn revert(token: &Token, host: &mut Host, context: &mut Context<'_>) -> Vec<GroupReport> {
    let mut waiting = context.journals().waiting(token);
    waiting.sort_by_key(|found| std::cmp::Reverse(found.journal.opening.group.clone()));
    // The time to confirm is over for all, before the first is half undone: whoever is killed in between is gone on with. Where
    // that cannot be written, it is undone all the same.
    for found in waiting.iter().filter(|found| matches!(found.recovery, Some(Recovery::Wait { .. }))) {
        let _ = found.reopen().and_then(|mut journal| journal.mark(Mark::Applied { until: 0 }));
    }
    let reports = waiting.iter().map(|found| recovery::revert(found, host, context)).collect();
    wake(context.state_directory, token);
    reports
}

/// Where the guard of a change can be reached.
pub(crate) fn guard_address(state_directory: &Path, token: &Token) -> PathBuf {
    state_directory.join(format!("guard-{}", token.0))
}

/// Tells the guard that there may be nothing left to wait for.
pub(crate) fn wake(state_directory: &Path, token: &Token) {
    let address = guard_address(state_directory, token);
    // Without it the guard looks when the time is up, and finds the same.
    let woken = UnixDatagram::unbound().and_then(|socket| socket.send_to(b".", &address));
    if woken.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
        // It was killed, and cannot tidy up after itself.
        let _ = std::fs::remove_file(address);
    }
}

/// The lock, for one who has waited long enough to want it.
pub(crate) fn lock(context: &Context<'_>) -> Result<Lock, CommandError> {
    Ok(Lock::wait(context.state_directory)?)
}

/// A name for a change, short enough to be typed.
pub(crate) fn new_token() -> Token {
    // The keys of a RandomState come from the system's random numbers.
    let random = RandomState::new().build_hasher().finish();
    Token(format!("{:06x}", random & 0xff_ffff))
}

/// Asks the person at the terminal. Whatever happens to the terminal, the guard has the last word.
pub(crate) fn ask(token: &Token, signals: &Signals, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
    let found = context.journals().waiting(token);
    let answer = loop {
        let seconds = pending(&context.journals())?.into_iter().find(|change| change.token == *token);
        let Some(Pending { seconds, .. }) = seconds else { break None };
        let Some(prompt) = &mut context.prompt else { return Ok(ExitCode::Done) };
        let answer = prompt.ask(&format!("Enter keeps the change, Ctrl-C undoes it; undone in {seconds} s "));
        if signals.hung_up() || answer == Answer::Gone {
            return Ok(ExitCode::Done);
        }
        if signals.caught().is_some() {
            break Some(false);
        }
        if answer == Answer::Enter {
            break Some(true);
        }
    };
    context.console.below();
    let _lock = Lock::wait(context.state_directory)?;
    // What was decided meanwhile counts.
    let reports = match answer {
        Some(true) => keep(token, context),
        _ if context.journals().waiting(token).is_empty() => vec![],
        _ => revert(token, &mut context.host()?, context),
    };
    let mut code = ExitCode::Done;
    for report in &reports {
        context.console.group(report);
        code = code.or_worse(report.code);
    }
    let kept = found.iter().all(Found::is_kept);
    if reports.is_empty() {
        context.console.line(if kept { "confirmed elsewhere" } else { "not confirmed in time; undone" });
    }
    Ok(if kept { code } else { code.or_worse(ExitCode::Failed) })
}
