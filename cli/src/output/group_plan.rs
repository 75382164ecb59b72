//! The plan for one group, for people and as JSON.

use mpath_core::plan::{NoPlan, Plan};
use mpath_core::{GroupName, InterfaceName, Outage};
use serde::Serialize;

use super::{Console, NoteText, RefusalText, StepText};
use crate::ExitCode;
use crate::config::count;
use crate::error::{ErrorText, refusal_code};
use crate::host::Host;

/// The plan for one group, as in `mpath.plan/1`.
#[derive(Debug, Serialize)]
pub(crate) struct GroupPlan {
    name: GroupName,
    device: Option<InterfaceName>,
    pub(crate) steps: Vec<StepText>,
    /// The worst of the steps.
    outage: Outage,
    /// What they interrupt together, as a sentence.
    interruption: Option<String>,
    pub(crate) notes: Vec<NoteText>,
    refusals: Vec<RefusalText>,
    error: Option<ErrorText>,
    #[serde(skip)]
    pub(crate) code: ExitCode,
}

impl GroupPlan {
    pub(crate) fn empty(name: &GroupName, device: Option<InterfaceName>) -> Self {
        Self {
            name: name.clone(),
            device,
            steps: vec![],
            outage: Outage::None,
            interruption: None,
            notes: vec![],
            refusals: vec![],
            error: None,
            code: ExitCode::Done,
        }
    }

    pub(crate) fn failed(
        name: &GroupName,
        device: Option<InterfaceName>,
        (code, error): (ExitCode, ErrorText),
    ) -> Self {
        Self { error: Some(error), code, ..Self::empty(name, device) }
    }

    pub(crate) fn new(
        name: &GroupName,
        device: Option<InterfaceName>,
        plan: Result<Plan, NoPlan>,
        host: &Host,
    ) -> Self {
        let empty = Self::empty(name, device);
        match plan {
            Ok(plan) => {
                let step = |(step, outage): (mpath_core::Step, &Outage)| {
                    let commands = host.backend.explain(&step);
                    StepText::new(step, commands, *outage)
                };
                Self {
                    steps: plan.steps.into_iter().zip(&plan.outage.steps).map(step).collect(),
                    outage: plan.outage.worst(),
                    interruption: plan.outage.interruption.as_ref().map(ToString::to_string),
                    notes: plan.notes.iter().map(NoteText::new).collect(),
                    ..empty
                }
            }
            Err(NoPlan::Refused(refusals)) => Self {
                code: refusals.iter().map(refusal_code).fold(ExitCode::Done, ExitCode::or_worse),
                refusals: refusals.iter().map(RefusalText::new).collect(),
                ..empty
            },
            Err(defect) => Self { code: ExitCode::Failed, error: Some(ErrorText::of(&defect, None)), ..empty },
        }
    }

    /// The plan as people are shown it.
    pub(crate) fn print(&self, console: &mut Console<'_>) {
        let name = self.name.as_str();
        if let Some(error) = &self.error {
            console.error(Some(name), error);
        }
        for refusal in &self.refusals {
            console.error(Some(name), &refusal.error());
        }
        if self.error.is_some() || !self.refusals.is_empty() {
            return;
        }
        if self.steps.is_empty() {
            console.line(&format!("{name}: nothing to do"));
        } else {
            let device = self.device.as_ref().map(|device| format!(" for {device}")).unwrap_or_default();
            console.line(&format!("{name}: {}{device}", count(self.steps.len(), "step", "steps")));
        }
        if console.is_quiet() {
            return;
        }
        for (number, step) in (1..).zip(&self.steps) {
            let outage = if step.outage == Outage::None { String::new() } else { format!(" [{}]", step.outage) };
            console.line(&format!("{number:>3}. {}{outage}", step.text));
            for command in &step.commands {
                console.line(&format!("       {command}"));
            }
        }
        if let Some(interruption) = &self.interruption {
            console.line(&format!("  {interruption}"));
        }
        for note in &self.notes {
            console.line(&format!("  {}: {}", note.word(), note.text));
        }
    }
}
