//! What `-v` and `-vv` tell while a plan is done.

use mpath_core::apply::Event;
use mpath_core::{GroupName, Plan, Step};

use crate::host::Host;
use crate::output::Console;

/// Tells each step as it begins.
pub(crate) struct Progress<'c, 'e> {
    group: GroupName,
    /// The native commands of each step and its inverse, told beforehand: the backend is busy while it works.
    commands: Vec<(Step, Vec<String>)>,
    console: &'c mut Console<'e>,
    /// Whether a step was undone, so that there was one.
    pub(crate) undid: bool,
}

impl<'c, 'e> Progress<'c, 'e> {
    pub(crate) fn new(plan: &Plan, host: &Host, console: &'c mut Console<'e>) -> Self {
        let steps = plan.steps.iter().flat_map(|step| std::iter::once(step.clone()).chain(step.inverse()));
        let commands = if console.is_verbose() {
            steps.map(|step| (step.clone(), host.backend.explain(&step))).collect()
        } else {
            vec![]
        };
        Self { group: plan.group.clone(), commands, console, undid: false }
    }

    pub(crate) fn tell(&mut self, event: Event<'_>) {
        let (step, undo) = match event {
            Event::Begin(step) => (step, ""),
            Event::Undo(step) => (step, "undo: "),
        };
        self.undid |= matches!(event, Event::Undo(_));
        self.console.progress(&format!("{}: {undo}{step}", self.group));
        let commands = self.commands.iter().find(|(of, _)| of == step).map(|(_, commands)| commands);
        for command in commands.into_iter().flatten() {
            self.console.native(command);
        }
    }
}
