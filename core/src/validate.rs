//! From files to groups: every problem at once, or every group.
//!
//! In: the texts of the files. Out: [`Group`]s and [`Hook`]s that keep the rules of the reference, or each [`Problem`] with its place.
//! What a platform can do is no business of this module ([`Capabilities`](crate::Capabilities) check it), nor is what
//! the host has.
//!
//! A key that could not be read is complained of once, by the reader of a file; the rules here treat it as there and say nothing
//! about what depends on it. In a file with syntax errors, or with keys that stand twice, only single keys are checked, since the text that could not
//! be read may hold what seems to be missing.

mod across;
mod addressing;
mod detection;
pub mod everywhere;
mod hooks;
mod members;
mod mode;

use crate::group::{Device, Group};
use crate::mode::ModeName;
use crate::problem::{Place, either};
use crate::settings::Failback;
use crate::spec::layers::{Layers, Texts, fact};
use crate::spec::{Field, GroupSpec, keys};
use crate::{GroupName, Hook, Identity, Problem, SourceFile};

/// What files say: groups, and what is run when something happens to them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Description {
    /// The groups, in the order of the files.
    pub groups: Vec<Group>,
    /// The hooks, in the order of the files.
    pub hooks: Vec<Hook>,
    /// The groups that other hosts have.
    pub elsewhere: Vec<GroupName>,
}

/// Reads files for a host of which nothing is known: all that they say, or all problems in the order of their places.
///
/// # Errors
///
/// Every problem of all files, in the order of their places.
pub fn read(sources: &[SourceFile]) -> Result<Description, Vec<Problem>> {
    read_for(sources, &Identity::default())
}

/// The same for a host.
///
/// # Errors
///
/// Every problem of all files, in the order of their places.
pub fn read_for(sources: &[SourceFile], identity: &Identity) -> Result<Description, Vec<Problem>> {
    let texts = Texts::read(sources.to_vec());
    let layers = Layers::new(&texts);
    let everywhere = everywhere::check(&layers);
    describe(&layers, identity, everywhere)
}

/// What files say to a host. `everywhere` is what is wrong with them whatever the host.
///
/// # Errors
///
/// Every problem of all files, in the order of their places.
pub fn describe(
    layers: &Layers<'_>,
    identity: &Identity,
    everywhere: Vec<Problem>,
) -> Result<Description, Vec<Problem>> {
    let mut problems = everywhere;
    let mut found = Vec::new();
    let mut specs = Vec::new();
    let mut hook_specs = Vec::new();
    let mut groups = Vec::new();
    let mut hooks = Vec::new();
    let mut elsewhere = Vec::new();
    for host in layers.of_host(identity) {
        found.extend(host.problems);
        elsewhere.extend(host.elsewhere);
        for group in host.spec.groups {
            if host.spec.complete {
                groups.extend(check_group(&group, &mut found));
            }
            specs.push(group);
        }
        for hook in host.spec.hooks {
            if host.spec.complete {
                hooks.extend(hooks::check(&hook, &mut found));
            }
            hook_specs.push(hook);
        }
    }
    found.extend(across::check(&specs));
    found.extend(hooks::check_groups(&hook_specs, &specs, &elsewhere));
    let told: Vec<_> = problems.iter().map(|problem| (problem.code, problem.span.clone())).collect();
    problems.extend(found.into_iter().filter(|problem| !told.contains(&(problem.code, problem.span.clone()))));
    if problems.is_empty() {
        return Ok(Description { groups, hooks, elsewhere });
    }
    show_what_is_written(layers, &mut problems);
    let place = |problem: &Problem| (problem.span.source, problem.span.bytes.start, problem.span.bytes.end);
    problems.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.key.cmp(&b.key)));
    Err(problems)
}

/// A value that a fact was put into is told with the text that it came from.
fn show_what_is_written(layers: &Layers<'_>, problems: &mut [Problem]) {
    for problem in problems.iter_mut().filter(|problem| !problem.code.ends_with("-fact")) {
        let written = layers.written(&problem.span);
        if fact::is_asked_for(written) && written.len() < 200 && !written.contains('\n') {
            problem.message = format!("{}, from {written}", problem.message);
        }
    }
}

/// Checks one group. Where there is a problem the result is not used, so any value does.
fn check_group(spec: &GroupSpec, problems: &mut Vec<Problem>) -> Option<Group> {
    let mode = if spec.mode.failed() { None } else { Some(spec.mode.get().copied().unwrap_or(ModeName::ActiveBackup)) };
    let mut check = Check { spec, mode, problems };
    let members = check.members();
    let primary = check.primary();
    let addressing = check.addressing();
    Some(Group {
        name: spec.name.as_ref()?.value.clone(),
        device: spec.device.get().cloned().map_or(Device::PlatformDefault, Device::Named),
        members,
        primary,
        mode: check.mode_with_options(),
        detection: check.detection(&addressing.gateways),
        failback: check.failback(),
        mac: check.mac(),
        peer_notifications: spec.peer_notifications.get().copied().unwrap_or(1),
        mtu: check.mtu(),
        addressing,
    })
}

/// The check of one group.
struct Check<'a> {
    spec: &'a GroupSpec,
    /// The group's mode; `None` where the file's could not be read.
    mode: Option<ModeName>,
    problems: &'a mut Vec<Problem>,
}

impl Check<'_> {
    fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The value of a key that the group's mode takes; where it does not take it, that is the only problem of the key.
    fn taken<'f, T>(&mut self, path: &str, field: &'f Field<T>) -> Option<&'f T> {
        let (Some(key), Some(mode), Some(modes)) = (&field.key, self.mode, keys::modes(path)) else {
            return field.get();
        };
        if modes.contains(&mode) {
            return field.get();
        }
        let hint = match path {
            "detection.probe" => "watch the link, by `detection.link`, or set `mode`",
            _ => "take it out, or set `mode`",
        };
        self.not_in_mode(key, format!("{} does not take it", self.mode_in_words(mode)), modes, hint);
        None
    }

    fn mode_in_words(&self, mode: ModeName) -> String {
        let default = if self.spec.mode.key.is_none() { ", the default," } else { "" };
        format!("the mode {mode}{default}")
    }

    fn not_in_mode(&mut self, place: &Place, message: String, modes: &[ModeName], hint: &str) {
        let words: Vec<_> = modes.iter().map(|mode| mode.word()).collect();
        let mode = if words.len() == 1 { "the mode" } else { "the modes" };
        let problem =
            Problem::new("not-in-mode", place, message).allowed(format!("in {mode} {}", either(&words))).hint(hint);
        self.report(match self.spec.mode.value.as_ref() {
            Some(at) => problem.also(&at.place.span, "the mode is set here"),
            None => problem,
        });
    }

    fn failback(&mut self) -> Failback {
        self.taken("failback", &self.spec.failback).copied().unwrap_or(Failback::Always)
    }

    fn mtu(&mut self) -> Option<u32> {
        let mtu = self.spec.mtu.value.as_ref()?;
        // RFC 8200, 5: a link with a smaller MTU cannot carry IPv6; Linux then switches IPv6 off on the device.
        if mtu.value < 1280 && self.wants_ipv6() {
            self.report(
                Problem::new("mtu-below-ipv6", &mtu.place, format!("found {}, and the group uses IPv6", mtu.value))
                    .allowed("1280 to 65535 bytes with IPv6, 68 to 65535 bytes without"),
            );
        }
        Some(mtu.value)
    }
}

#[cfg(test)]
mod tests;
