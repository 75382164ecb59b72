//! What goes on while a plan is done: `-v` and `-vv` tell it, the journal is kept, and a signal stops it.

use std::time::Instant;

use mpath_core::apply::{Halt, Watch};
use mpath_core::journal::Mark;
use mpath_core::{GroupName, Step};

use crate::host::Host;
use crate::journals::OpenJournal;
use crate::output::Console;
use crate::signals::Signals;

/// Watches over a plan.
pub(crate) struct Progress<'c, 'e> {
    group: GroupName,
    /// The native commands of each step and its inverse, told beforehand: the backend is busy while it works.
    commands: Vec<(Step, Vec<String>)>,
    console: &'c mut Console<'e>,
    /// Where it is written down how far it has come.
    journal: Option<&'c mut OpenJournal>,
    /// What may stop it.
    signals: Option<&'c Signals>,
    /// How many seconds before it began the host was looked at.
    older: u32,
    begun: Instant,
    /// Whether a step was undone, so that there was one.
    pub(crate) undid: bool,
}

impl<'c, 'e> Progress<'c, 'e> {
    pub(crate) fn new(group: &GroupName, steps: &[Step], host: &Host, console: &'c mut Console<'e>) -> Self {
        let steps = steps.iter().flat_map(|step| std::iter::once(step.clone()).chain(step.inverse()));
        let commands = if console.is_verbose() {
            steps.map(|step| (step.clone(), host.backend.explain(&step))).collect()
        } else {
            vec![]
        };
        Self {
            group: group.clone(),
            commands,
            console,
            journal: None,
            signals: None,
            older: 0,
            begun: Instant::now(),
            undid: false,
        }
    }

    /// The same, written down in a journal.
    pub(crate) fn written_to(mut self, journal: &'c mut OpenJournal) -> Self {
        self.journal = Some(journal);
        self
    }

    /// The same, of a change that was begun some seconds ago.
    pub(crate) fn of_a_change_that_old(mut self, seconds: u32) -> Self {
        self.older = seconds;
        self
    }

    /// The same, until a signal comes.
    pub(crate) fn stopped_by(mut self, signals: &'c Signals) -> Self {
        self.signals = Some(signals);
        self
    }

    fn tell(&mut self, undo: &str, step: &Step) {
        self.console.progress(&format!("{}: {undo}{step}", self.group));
        let commands = self.commands.iter().find(|(of, _)| of == step).map(|(_, commands)| commands);
        for command in commands.into_iter().flatten() {
            self.console.native(command);
        }
    }

    fn mark(&mut self, mark: Mark) -> Result<(), Halt> {
        match &mut self.journal {
            Some(journal) => Ok(journal.mark(mark)?),
            None => Ok(()),
        }
    }
}

impl Watch for Progress<'_, '_> {
    fn begin(&mut self, number: usize, step: &Step) -> Result<(), Halt> {
        if let Some(signal) = self.signals.and_then(Signals::caught) {
            return Err(signal.into());
        }
        self.mark(Mark::Begin { step: number })?;
        self.tell("", step);
        Ok(())
    }

    fn end(&mut self, number: usize, _: &Step) -> Result<(), Halt> {
        self.mark(Mark::End { step: number })
    }

    fn again(&mut self, step: &Step) -> Result<(), Halt> {
        if let Some(signal) = self.signals.and_then(Signals::caught) {
            return Err(signal.into());
        }
        self.tell("came meanwhile: ", step);
        Ok(())
    }

    fn undo(&mut self, step: &Step) {
        self.undid = true;
        self.tell("undo: ", step);
    }

    fn age(&self) -> u32 {
        let since = u32::try_from(self.begun.elapsed().as_secs()).unwrap_or(u32::MAX);
        self.older.saturating_add(since)
    }
}
