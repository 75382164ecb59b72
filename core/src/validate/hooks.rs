//! What is run when, and for which groups.

use crate::problem::Place;
use crate::spec::keys::nearest;
use crate::spec::{Field, GroupSpec, HookSpec, List};
use crate::{GroupName, Hook, Problem};

/// Checks one hook. Where there is a problem the result is not used.
pub(super) fn check(spec: &HookSpec, problems: &mut Vec<Problem>) -> Option<Hook> {
    const ON: &str = "write on = [\"failover\", \"failback\"], with the events that you want to know of";
    const RUN: &str = "write run = [\"/usr/local/bin/tell\"], with your program and its arguments";
    must_have(&spec.on, ("on", "one event and more", ON), &spec.header, problems);
    must_have(&spec.run, ("run", "a program and its arguments", RUN), &spec.header, problems);
    if let Some(list) = &spec.groups.value
        && list.value.items.is_empty()
        && list.value.complete
    {
        let problem = Problem::new("empty-list", &list.place, "the hook is for no group");
        problems.push(problem.allowed("one group and more").hint("take it out for all groups"));
    }
    if let Some(program) = spec.run.items().first()
        && !spec.run.has_gaps()
        && !program.value.starts_with('/')
    {
        let message = format!("{} is not an absolute path", crate::problem::quoted(&program.value));
        let problem = Problem::new("not-absolute", &program.place, message);
        problems.push(problem.allowed("a path that begins with /").hint("there is no shell and no PATH to look in"));
    }
    let mut on = Vec::new();
    for event in spec.on.items().iter().map(|at| at.value) {
        if !on.contains(&event) {
            on.push(event);
        }
    }
    let groups = spec.groups.get().map(|list| list.items.iter().map(|at| at.value.clone()).collect());
    Some(Hook {
        on,
        groups,
        run: spec.run.items().iter().map(|at| at.value.clone()).collect(),
        timeout: spec.timeout.get().copied().unwrap_or(Hook::DEFAULT_TIMEOUT),
        user: spec.user.get().cloned(),
    })
}

/// Reports a list that is not there, or is empty.
fn must_have<T>(
    field: &Field<List<T>>,
    (key, allowed, hint): (&str, &str, &str),
    header: &Place,
    problems: &mut Vec<Problem>,
) {
    match &field.value {
        None if field.key.is_none() => {
            problems.push(Problem::new("missing-key", header, format!("the hook has no `{key}`")).hint(hint));
        }
        Some(list) if list.value.items.is_empty() && list.value.complete => {
            let problem = Problem::new("empty-list", &list.place, format!("the hook has no `{key}`"));
            problems.push(problem.allowed(allowed).hint(hint));
        }
        _ => {}
    }
}

/// Reports groups of hooks that no file has, for this host or for others.
pub(super) fn check_groups(hooks: &[HookSpec], groups: &[GroupSpec], elsewhere: &[GroupName]) -> Vec<Problem> {
    let here = groups.iter().filter_map(|group| Some(&group.name.as_ref()?.value));
    let known: Vec<&GroupName> = here.chain(elsewhere).collect();
    let mut problems = Vec::new();
    for at in hooks.iter().flat_map(|hook| hook.groups.items()).filter(|at| !known.contains(&&at.value)) {
        let names = known.iter().map(|name| name.as_str());
        let problem = Problem::new("unknown-group", &at.place, format!("there is no group {}", at.value));
        problems.push(match nearest(at.value.as_str(), names.clone()) {
            Some(near) => problem.hint(format!("did you mean \"{near}\"?")),
            None if known.is_empty() => problem,
            None => problem.allowed(names.collect::<Vec<_>>().join(", ")),
        });
    }
    problems
}
