//! All that gets to know what happens: the log, the hooks, and the metrics.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mpath_core::{Event, GroupName};

use super::{Ending, Hooked, Hooks, Log, Metrics, Weight};
use crate::feed::Stamp;
use crate::output::Console;
use crate::watching::Watched;

/// All that gets to know what happens.
pub(crate) struct Outlets {
    pub(crate) log: Log,
    pub(crate) hooks: Hooks,
    pub(crate) metrics: Arc<Mutex<Metrics>>,
    /// Where the metrics are written to.
    pub(crate) textfile: Option<PathBuf>,
    /// Why that failed the last time.
    pub(crate) textfile_fails: Option<std::io::ErrorKind>,
}

impl Outlets {
    /// The metrics, to be changed.
    pub(crate) fn metrics(&self) -> MutexGuard<'_, Metrics> {
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what the agent itself does, or finds.
    pub(crate) fn say(&self, weight: Weight, group: Option<&GroupName>, text: &str, console: &mut Console<'_>) {
        self.log.say(weight, group, text, console);
    }

    /// Tells an event.
    pub(crate) fn tell(&self, stamp: Stamp, watched: &Watched, event: &Event, console: &mut Console<'_>) {
        // Whoever reads of it may ask at once how it is.
        let mut metrics = self.metrics();
        metrics.update(watched);
        metrics.event(watched.group.name(), event, stamp);
        drop(metrics);
        self.log.event(watched, event, stamp, console);
        for hook in self.hooks.tell(watched, event, stamp) {
            let text = format!("{} has too much to do: {} is dropped for it", hook.program(), event.word());
            self.say(Weight::Warning, Some(watched.group.name()), &text, console);
            self.metrics().hook(hook.program(), "dropped");
        }
    }

    /// Tells how a hook ended.
    pub(crate) fn hooked(&self, Hooked { hook, ending }: &Hooked, console: &mut Console<'_>) {
        let program = hook.program();
        let (weight, text, output) = match ending {
            Ending::Done { output } => (Weight::Info, None, output.as_str()),
            Ending::Failed { how, output } => (Weight::Warning, Some(how.clone()), output.as_str()),
            Ending::TimedOut { output } => {
                (Weight::Warning, Some(format!("took longer than {} and was killed", hook.timeout)), output.as_str())
            }
            Ending::NotRun { why } => (Weight::Error, Some(format!("was not run: {why}")), ""),
        };
        for line in output.lines() {
            self.say(weight, None, &format!("{program}: {line}"), console);
        }
        if let Some(text) = text {
            self.say(weight, None, &format!("{program} {text}"), console);
        }
        self.metrics().hook(program, ending.word());
    }

    /// Writes the metrics, where that is wanted and they have changed.
    pub(crate) fn write(&mut self, console: &mut Console<'_>) {
        let Some(file) = &self.textfile else { return };
        let error = self.metrics().write(file).err();
        let kind = error.as_ref().map(std::io::Error::kind);
        // The name of the new file is another each time.
        if let Some(error) = error.filter(|_| self.textfile_fails != kind) {
            self.say(Weight::Error, None, &format!("cannot write {}: {error}", file.display()), console);
        }
        self.textfile_fails = kind;
    }
}
