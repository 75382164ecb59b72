//! The hooks of the configuration, each with a thread and a queue: one that is slow delays neither the events nor the
//! others.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use mpath_core::{Event, Hook};
use nix::unistd::{User, geteuid};
use rustix::process::{Signal, kill_process_group};

use super::hook_process::{self, Current, Ending, RunAs};
use crate::ExitCode;
use crate::error::{CommandError, ErrorText};
use crate::feed::{News, Stamp};
use crate::output::EventRecord;
use crate::watching::Watched;

/// How many events wait for a hook at most; those beyond are dropped.
pub(crate) const ROOM: usize = 16;
/// How long a hook that is running gets when the agent ends.
const GRACE: Duration = Duration::from_secs(1);

/// A hook that has ended, or was not run.
#[derive(Debug)]
pub(crate) struct Hooked {
    /// Its program and arguments.
    pub(crate) hook: Hook,
    /// How it ended.
    pub(crate) ending: Ending,
}

/// All hooks.
#[derive(Default)]
pub(crate) struct Hooks(Vec<Running>);

/// A hook that waits for events, or is at work.
struct Running {
    hook: Hook,
    lines: SyncSender<String>,
    current: Current,
    /// Closed when its thread ends.
    alive: Receiver<()>,
}

impl Hooks {
    /// Starts the threads of these hooks. One that was there before goes on with what it has to do.
    pub(crate) fn of(wanted: &[Hook], news: &SyncSender<News>, earlier: &mut Self) -> Result<Self, CommandError> {
        let users = wanted.iter().map(run_as).collect::<Result<Vec<_>, _>>()?;
        let Self(earlier) = earlier;
        let mut hooks = Vec::new();
        for (hook, run_as) in wanted.iter().zip(users) {
            if let Some(at) = earlier.iter().position(|running| running.hook == *hook) {
                hooks.push(earlier.swap_remove(at));
                continue;
            }
            hooks.push(Running::start(hook.clone(), run_as, news.clone()).map_err(CommandError::feed)?);
        }
        Ok(Self(hooks))
    }

    /// Gives an event to those that want it. Returns those that have too many to do already.
    pub(crate) fn tell(&self, watched: &Watched, event: &Event, stamp: Stamp) -> Vec<&Hook> {
        let mut behind = Vec::new();
        let wants = |running: &&Running| running.hook.wants(watched.group.name(), event);
        for running in self.0.iter().filter(wants) {
            let record = EventRecord::new(watched, event, stamp);
            // Numbers, texts and lists become JSON whatever they are.
            let Ok(json) = serde_json::to_string(&record) else { continue };
            if let Err(TrySendError::Full(_)) = running.lines.try_send(format!("{json}\n")) {
                behind.push(&running.hook);
            }
        }
        behind
    }

    /// Ends them: those that are running get a moment, and are then killed. What still waits is not begun.
    pub(crate) fn end(self) {
        let end = Instant::now() + GRACE;
        let mut left = Vec::new();
        for Running { lines, current, alive, .. } in self.0 {
            drop(lines);
            left.push((current, alive));
        }
        for (current, alive) in left {
            let rest = end.saturating_duration_since(Instant::now());
            if alive.recv_timeout(rest) == Err(RecvTimeoutError::Timeout)
                && let Some(group) = *current.lock().unwrap_or_else(PoisonError::into_inner)
            {
                let _ = kill_process_group(group, Signal::KILL);
            }
        }
    }
}

impl Running {
    fn start(hook: Hook, run_as: Option<RunAs>, news: SyncSender<News>) -> std::io::Result<Self> {
        let (lines, todo) = sync_channel::<String>(ROOM);
        let current = Current::default();
        let (ends, alive) = channel::<()>();
        let (of, at) = (hook.clone(), Arc::clone(&current));
        thread::Builder::new().name("hook".to_owned()).spawn(move || {
            let _ends = ends;
            for line in todo {
                let ending = hook_process::run(&of, run_as, &line, &at);
                if news.send(News::Hooked(Hooked { hook: of.clone(), ending })).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { hook, lines, current, alive })
    }
}

/// Who a hook runs as; nobody else where it is whoever the agent is.
fn run_as(hook: &Hook) -> Result<Option<RunAs>, CommandError> {
    let names = hook.user.as_deref().map_or(Hook::DEFAULT_USERS.to_vec(), |name| vec![name]);
    let fails = |message: String, hint: String| CommandError {
        code: ExitCode::InvalidFile,
        told: ErrorText { message, causes: vec![], hint: Some(hint) },
        config: None,
    };
    let hint = || "name a user of this host: user = \"nobody\"".to_owned();
    let shown = names.join(" or ");
    let user = names
        .iter()
        .find_map(|name| User::from_name(name).transpose())
        .ok_or_else(|| fails(format!("there is no user {shown}, as whom {} is to run", hook.program()), hint()))?
        .map_err(|error| fails(format!("the user {shown} of a hook cannot be looked up: {error}"), hint()))?;
    let own = geteuid();
    if user.uid == own {
        return Ok(None);
    }
    if !own.is_root() {
        let message = format!("only root can run {} as {}", hook.program(), user.name);
        return Err(CommandError { code: ExitCode::NotPermitted, ..fails(message, "run it as root".to_owned()) });
    }
    Ok(Some(RunAs { user: user.uid.as_raw(), group: user.gid.as_raw() }))
}
