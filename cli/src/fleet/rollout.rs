//! `mpath plan --hosts`: what `up` would do to many hosts, none of which is asked.

use std::collections::BTreeMap;
use std::path::Path;

use mpath_core::identity::Os;
use mpath_core::outage::MaxOutage;
use mpath_core::plan::{self, NoPlan, Plan};
use mpath_core::resolve::Question;
use mpath_core::spec::layers::Layers;
use mpath_core::validate::{describe, everywhere};
use mpath_core::{Backend as _, GroupName, HostFacts, InterfaceName, Outage, Problem, Step, dispute};
use serde::Serialize;

use super::captured::{self, Captured, Lost};
use crate::ExitCode;
use crate::config::{ConfigError, Files, count};
use crate::context::Context;
use crate::error::{CommandError, refusal_code};
use crate::host::Host;
use crate::output::{GroupPlan, RefusalText};
use crate::platform::elsewhere::{Elsewhere, Platform};

/// How it is planned and told.
pub(crate) struct Options {
    pub(crate) adopt: bool,
    pub(crate) persist: bool,
    pub(crate) summary: bool,
    pub(crate) check: bool,
    pub(crate) max_outage: Option<MaxOutage>,
}

/// `mpath.plan-hosts/1`.
#[derive(Debug, Serialize)]
struct Document {
    schema: &'static str,
    hosts: Vec<HostPlan>,
    summary: Summary,
}

/// What would be done to a host.
#[derive(Debug, Serialize)]
struct HostPlan {
    name: String,
    os: Option<Os>,
    status: Status,
    groups: Vec<GroupPlan>,
    errors: Vec<String>,
}

/// What a plan comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Status {
    /// There is nothing to do.
    Unchanged,
    /// Something would change.
    Change,
    /// It cannot be planned for.
    Error,
}

/// All of it, counted.
#[derive(Debug, Default, Serialize)]
struct Summary {
    hosts: usize,
    change: usize,
    unchanged: usize,
    error: usize,
    /// Of the hosts that would change: those whose traffic stands still for longer, and for less than a second.
    outage: usize,
    blip: usize,
    steps: BTreeMap<String, Kind>,
    errors: Vec<Failure>,
    /// The number of each error in the list.
    #[serde(skip)]
    known: BTreeMap<String, usize>,
}

/// One kind of step.
#[derive(Debug, Default, Serialize)]
struct Kind {
    hosts: usize,
    steps: usize,
}

/// What some hosts cannot be planned for by.
#[derive(Debug, Serialize)]
struct Failure {
    message: String,
    hosts: usize,
    /// The first of them.
    examples: Vec<String>,
}

/// The plan of one group.
type Planned = (GroupName, Option<InterfaceName>, Result<Plan, NoPlan>);

pub(crate) fn run(hosts: &Path, options: &Options, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
    let files = Files::read(&context.global.config)?;
    context.warn_of(&files.distrust);
    let layers = Layers::new(&files.texts);
    let problems = everywhere::check(&layers);
    if !problems.is_empty() {
        return Err(ConfigError::Problems { files: layers.sources().to_vec(), problems }.into());
    }
    let mut summary = Summary::default();
    let mut plans = Vec::new();
    let mut code = ExitCode::Done;
    captured::each(hosts, |captured| {
        let captured = match captured {
            Ok(captured) => captured,
            Err(Lost { name, error: CommandError { code: worst, told, .. } }) => {
                code = code.or_worse(worst);
                let errors = vec![std::iter::once(told.message).chain(told.causes).collect::<Vec<_>>().join(": ")];
                summary.add(&name, Status::Error, &[], &errors);
                if !options.summary {
                    let host = HostPlan { name, os: None, status: Status::Error, groups: vec![], errors };
                    plans.extend(tell(host, &[], context));
                }
                return;
            }
        };
        let (mut planned, errors, worst) = plan_host(&captured, &layers, options);
        let changes = planned.iter().any(|(.., plan)| plan.as_ref().is_ok_and(|plan| !plan.is_empty()));
        let status = match (errors.is_empty(), changes) {
            (false, _) => Status::Error,
            (true, true) => Status::Change,
            (true, false) => Status::Unchanged,
        };
        code = code.or_worse(worst);
        if options.check && changes {
            code = code.or_worse(ExitCode::ChangesPending);
        }
        summary.add(captured.name(), status, &planned, &errors);
        if options.summary {
            return;
        }
        let is_told = context.console.is_json() || context.console.is_verbose();
        let groups = if is_told { told(&captured, std::mem::take(&mut planned)) } else { vec![] };
        let host = HostPlan { name: captured.name().to_owned(), os: captured.identity().os, status, groups, errors };
        plans.extend(tell(host, &planned, context));
    })?;
    if context.console.is_json() {
        context.console.document(&Document { schema: "mpath.plan-hosts/1", hosts: plans, summary });
    } else {
        summary.print(options.summary, context);
    }
    Ok(code)
}

/// The plans of a host, what stands against them, and the exit code of that.
fn plan_host(captured: &Captured, layers: &Layers<'_>, options: &Options) -> (Vec<Planned>, Vec<String>, ExitCode) {
    let identity = captured.identity();
    let description = match describe(layers, &identity, vec![]) {
        Ok(description) => description,
        Err(problems) => {
            let errors = problems.iter().map(|problem| placed(problem, layers)).collect();
            return (vec![], errors, ExitCode::InvalidFile);
        }
    };
    let (Some(facts), Some(os)) = (&captured.facts, identity.os) else {
        let error = "only its name is known: a plan needs what `mpath facts` writes on the host".to_owned();
        return (vec![], vec![error], ExitCode::Failed);
    };
    let elsewhere = elsewhere(os, facts);
    let capabilities = elsewhere.capabilities();
    let (mut planned, mut errors, mut code) = (Vec::new(), Vec::new(), ExitCode::Done);
    let mut disputes = dispute::among(&description.groups, capabilities);
    for desired in &description.groups {
        let plan = if let Some(disputes) = disputes.remove(desired.name()) {
            Err(NoPlan::Refused(disputes))
        } else {
            let (current, receipt) = (&facts.snapshot, facts.receipts.get(desired.name()));
            let (adopt, persist) = (options.adopt, options.persist);
            let prepared = plan::up(Question { desired, current, receipt, capabilities, adopt, persist });
            prepared.and_then(|prepared| prepared.plan.within(options.max_outage))
        };
        match &plan {
            Ok(_) => {}
            Err(NoPlan::Refused(refusals)) => {
                for refusal in refusals {
                    code = code.or_worse(refusal_code(refusal));
                    errors.push(format!("{}: {}", desired.name(), RefusalText::new(refusal).text));
                }
            }
            Err(defect) => {
                code = code.or_worse(ExitCode::Failed);
                errors.push(format!("{}: {defect}", desired.name()));
            }
        }
        planned.push((desired.name().clone(), capabilities.device_of(desired).ok(), plan));
    }
    (planned, errors, code)
}

fn elsewhere(os: Os, facts: &HostFacts) -> Elsewhere {
    Elsewhere::new(Platform::of(os), facts.snapshot.clone())
}

/// A problem on one line, with its place.
fn placed(problem: &Problem, layers: &Layers<'_>) -> String {
    let Some(file) = layers.sources().get(problem.span.source) else { return problem.to_string() };
    format!("{}:{}: {problem}", file.path, file.position(problem.span.bytes.start).0)
}

/// The plans in full, commands and all.
fn told(captured: &Captured, planned: Vec<Planned>) -> Vec<GroupPlan> {
    let (Some(facts), Some(os)) = (&captured.facts, captured.identity().os) else { return vec![] };
    let host = Host { backend: Box::new(elsewhere(os, facts)), snapshot: facts.snapshot.clone() };
    planned.into_iter().map(|(name, device, plan)| GroupPlan::new(&name, device, plan, &host)).collect()
}

/// Tells of a host; as JSON that is kept for the end.
fn tell(host: HostPlan, planned: &[Planned], context: &mut Context<'_>) -> Option<HostPlan> {
    if context.console.is_json() {
        return Some(host);
    }
    line(&host, planned, context);
    None
}

/// A host on one line; with `-v` its plans.
fn line(host: &HostPlan, planned: &[Planned], context: &mut Context<'_>) {
    let name = &host.name;
    for error in &host.errors {
        context.console.line(&format!("{name}: error: {error}"));
    }
    if context.console.is_verbose() && host.status != Status::Error {
        context.console.line(&format!("{name}:"));
        host.groups.iter().for_each(|plan| plan.print(&mut context.console));
        return;
    }
    match host.status {
        Status::Error => {}
        Status::Unchanged if planned.is_empty() => context.console.line(&format!("{name}: no group is for it")),
        Status::Unchanged => context.console.line(&format!("{name}: nothing to do")),
        Status::Change => {
            let changes = planned.iter().filter_map(|(group, _, plan)| Some((group, plan.as_ref().ok()?)));
            let changes = changes.filter(|(_, plan)| !plan.is_empty()).map(|(group, plan)| {
                let steps = count(plan.steps.len(), "step", "steps");
                let worst = plan.outage.worst();
                let outage = if worst == Outage::None { String::new() } else { format!(" [{worst}]") };
                format!("{group} {steps}{outage}")
            });
            let changes = changes.collect::<Vec<_>>().join(", ");
            context.console.line(&format!("{name}: {changes}"));
        }
    }
}

impl Summary {
    fn add(&mut self, name: &str, status: Status, planned: &[Planned], errors: &[String]) {
        /// So many names are told of each error.
        const EXAMPLES: usize = 5;
        self.hosts += 1;
        match status {
            Status::Unchanged => self.unchanged += 1,
            Status::Change => self.change += 1,
            Status::Error => self.error += 1,
        }
        for error in errors {
            let number = *self.known.entry(error.clone()).or_insert(self.errors.len());
            if number == self.errors.len() {
                self.errors.push(Failure { message: error.clone(), hosts: 0, examples: vec![] });
            }
            let failure = &mut self.errors[number];
            failure.hosts += 1;
            if failure.examples.len() < EXAMPLES {
                failure.examples.push(name.to_owned());
            }
        }
        if status != Status::Change {
            return;
        }
        let plans = || planned.iter().filter_map(|(.., plan)| plan.as_ref().ok());
        match plans().map(|plan| plan.outage.worst()).max() {
            Some(Outage::Outage) => self.outage += 1,
            Some(Outage::Blip) => self.blip += 1,
            Some(Outage::None) | None => {}
        }
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for step in plans().flat_map(|plan| &plan.steps) {
            *kinds.entry(kind(step)).or_default() += 1;
        }
        for (word, steps) in kinds {
            let kind = self.steps.entry(word).or_default();
            kind.hosts += 1;
            kind.steps += steps;
        }
    }

    /// For people: errors only where no host has told its own.
    fn print(&self, with_errors: bool, context: &mut Context<'_>) {
        /// So many kinds of errors are told.
        const MOST: usize = 20;
        let Self { hosts, change, unchanged, error, outage, blip, steps, errors, .. } = self;
        let hosts = count(*hosts, "host", "hosts");
        let errors_of = count(*error, "error", "errors");
        context.console.line(&format!("{hosts}: {change} would change, {unchanged} as wanted, {errors_of}"));
        if context.console.is_quiet() {
            return;
        }
        let width = steps.keys().map(String::len).max().unwrap_or_default();
        for (word, kind) in steps {
            let (hosts, steps) = (count(kind.hosts, "host", "hosts"), count(kind.steps, "step", "steps"));
            context.console.line(&format!("  {word:width$}  {steps} on {hosts}"));
        }
        if outage + blip > 0 {
            let (outage, blip) = (count(*outage, "host", "hosts"), count(*blip, "host", "hosts"));
            context.console.line(&format!("  traffic stands still on {outage}, and for less than a second on {blip}"));
        }
        let errors = if with_errors { errors.as_slice() } else { &[] };
        for failure in errors.iter().take(MOST) {
            let more = failure.hosts - failure.examples.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let examples = failure.examples.join(", ");
            context.console.line(&format!("  error on {examples}{more}: {}", failure.message));
        }
        if errors.len() > MOST {
            context.console.line(&format!("  and {} other errors: --json has all", errors.len() - MOST));
        }
    }
}

/// The word of a step, as its JSON has it.
fn kind(step: &Step) -> String {
    let value = serde_json::to_value(step.change()).unwrap_or_default();
    value["step"].as_str().unwrap_or_default().to_owned()
}
