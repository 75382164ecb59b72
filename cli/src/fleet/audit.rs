//! `mpath check --hosts`: the files as each host of a fleet has them, and what is wrong between hosts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mpath_core::finding::Severity;
use mpath_core::fleet::{self, FleetFinding, FleetHost};
use mpath_core::identity::Os;
use mpath_core::refusal::Refusal;
use mpath_core::spec::layers::Layers;
use mpath_core::validate::{describe, everywhere};
use mpath_core::{Group, Problem, SourceFile, dispute};
use serde::Serialize;

use super::captured::{self, Lost};
use crate::ExitCode;
use crate::config::{Files, count};
use crate::context::Context;
use crate::error::{CommandError, ErrorText, refusal_code};
use crate::output::RefusalText;
use crate::platform::elsewhere::Platform;

/// `mpath.check-hosts/1`.
#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: &'static str,
    hosts: &'a [Checked],
    problems: Vec<ProblemEntry<'a>>,
    refusals: &'a [Refused],
    findings: &'a [FleetFinding],
    unreadable: &'a [Unread],
}

/// A host.
#[derive(Debug, Serialize)]
struct Checked {
    name: String,
    os: Option<Os>,
    /// The groups that it has.
    groups: Vec<String>,
    /// Whether the files are right for it.
    valid: bool,
}

/// What is wrong in the files, and for which hosts.
#[derive(Debug, Serialize)]
struct ProblemEntry<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    key: &'a str,
    code: &'a str,
    message: &'a str,
    allowed: Option<&'a str>,
    hint: Option<&'a str>,
    hosts: &'a [String],
}

/// What the platform of hosts cannot do.
#[derive(Debug, Serialize)]
struct Refused {
    group: String,
    #[serde(flatten)]
    refusal: RefusalText,
    hosts: Vec<String>,
}

/// A host whose facts cannot be read.
#[derive(Debug, Serialize)]
struct Unread {
    host: String,
    #[serde(flatten)]
    error: ErrorText,
}

/// What is found at one place of the files: its code, the number of the file, and the bytes.
type Key = (usize, usize, usize, &'static str);

/// All that is found.
#[derive(Default)]
struct Audit {
    hosts: Vec<Checked>,
    problems: BTreeMap<Key, (Problem, Vec<String>)>,
    refusals: Vec<Refused>,
    unreadable: Vec<Unread>,
    code: Option<ExitCode>,
}

pub(crate) fn run(path: &Path, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
    let files = Files::read(&context.global.config)?;
    context.warn_of(&files.distrust);
    let layers = Layers::new(&files.texts);
    let mut audit = Audit::default();
    let everywhere = everywhere::check(&layers);
    let mut hosts = Vec::new();
    let mut identities = Vec::new();
    captured::each(path, |captured| {
        let captured = match captured {
            Ok(captured) => captured,
            Err(Lost { name, error }) => return audit.lose(name, error),
        };
        let identity = captured.identity();
        let name = captured.name().to_owned();
        let described = describe(&layers, &identity, vec![]);
        let groups = match described {
            Ok(description) => description.groups,
            Err(problems) => {
                audit.wrong(&name, problems);
                vec![]
            }
        };
        let valid = !audit.is_wrong(&name);
        if let Some(os) = identity.os {
            audit.refuse(&name, &groups, os);
        }
        let groups_of = groups.iter().map(|group| group.name().to_string()).collect();
        audit.hosts.push(Checked { name: name.clone(), os: identity.os, groups: groups_of, valid });
        if valid {
            hosts.push(FleetHost { name, groups, snapshot: captured.facts.map(|facts| facts.snapshot) });
        }
        identities.push(identity);
    })?;
    audit.everywhere(everywhere);
    let mut findings = fleet::check(&hosts);
    // It may be for one of which nothing is known.
    let unused = if audit.unreadable.is_empty() { layers.unused(&identities) } else { vec![] };
    findings.extend(unused.into_iter().map(|(span, what)| {
        let file = &layers.sources()[span.source];
        let message = format!("{}:{}: {what} is for none of these hosts", file.path, file.position(span.bytes.start).0);
        FleetFinding { code: "unused", severity: Severity::Note, hosts: vec![], group: None, message, hint: None }
    }));
    let code = audit.code(&findings);
    if context.console.is_json() {
        let problems =
            audit.problems.values().map(|(problem, hosts)| entry(problem, hosts, layers.sources())).collect();
        let Audit { hosts, refusals, unreadable, .. } = &audit;
        context.console.document(&Document {
            schema: "mpath.check-hosts/1",
            hosts,
            problems,
            refusals,
            findings: &findings,
            unreadable,
        });
    } else {
        audit.tell(&findings, layers.sources(), context);
    }
    Ok(code)
}

impl Audit {
    fn wrong(&mut self, host: &str, problems: Vec<Problem>) {
        for problem in problems {
            let key = (problem.span.source, problem.span.bytes.start, problem.span.bytes.end, problem.code);
            let (_, hosts) = self.problems.entry(key).or_insert_with(|| (problem, vec![]));
            if hosts.last().is_none_or(|last| last != host) {
                hosts.push(host.to_owned());
            }
        }
    }

    /// Whether something was wrong for the host that was looked at last.
    fn is_wrong(&self, host: &str) -> bool {
        self.problems.values().any(|(_, hosts)| hosts.last().is_some_and(|last| last == host))
    }

    fn lose(&mut self, host: String, error: CommandError) {
        self.code = Some(self.code.unwrap_or(ExitCode::Done).or_worse(error.code));
        self.unreadable.push(Unread { host, error: error.told });
    }

    /// What is wrong whatever the host.
    fn everywhere(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            let key = (problem.span.source, problem.span.bytes.start, problem.span.bytes.end, problem.code);
            self.problems.insert(key, (problem, vec![]));
        }
    }

    fn refuse(&mut self, host: &str, groups: &[Group], os: Os) {
        let capabilities = Platform::of(os).capabilities();
        let mut disputes = dispute::among(groups, &capabilities);
        for group in groups {
            let mut refusals: Vec<_> = capabilities.check(group).into_iter().map(Refusal::Unsupported).collect();
            if let Err(reason) = capabilities.device_of(group) {
                refusals.push(Refusal::DeviceName { reason });
            }
            refusals.extend(disputes.remove(group.name()).unwrap_or_default());
            for refusal in refusals {
                self.code = Some(self.code.unwrap_or(ExitCode::Done).or_worse(refusal_code(&refusal)));
                let text = RefusalText::new(&refusal);
                let group = group.name().to_string();
                match self.refusals.iter_mut().find(|known| known.group == group && known.refusal.text == text.text) {
                    Some(known) => known.hosts.push(host.to_owned()),
                    None => self.refusals.push(Refused { group, refusal: text, hosts: vec![host.to_owned()] }),
                }
            }
        }
    }

    fn code(&self, findings: &[FleetFinding]) -> ExitCode {
        let is_wrong = !self.problems.is_empty() || findings.iter().any(|finding| finding.severity == Severity::Error);
        let of_files = if is_wrong { ExitCode::InvalidFile } else { ExitCode::Done };
        of_files.or_worse(self.code.unwrap_or(ExitCode::Done))
    }

    fn tell(&self, findings: &[FleetFinding], sources: &[SourceFile], context: &mut Context<'_>) {
        let console = &mut context.console;
        for Unread { host, error } in &self.unreadable {
            console.error(Some(host), error);
        }
        let problem = |(problem, hosts): &(Problem, Vec<String>)| match self.told(hosts) {
            Some(hosts) => Problem { message: format!("{} ({hosts})", problem.message), ..problem.clone() },
            None => problem.clone(),
        };
        let problems: Vec<_> = self.problems.values().map(problem).collect();
        console.problems(sources, &problems);
        for Refused { group, refusal, hosts } in &self.refusals {
            let hosts = self.told(hosts).unwrap_or_default();
            console.error(Some(&format!("{hosts}: {group}")), &refusal.error());
        }
        for finding in findings {
            let FleetFinding { severity, hosts, group, message, hint, .. } = finding;
            let group = group.as_ref().map(|group| format!("{group}: ")).unwrap_or_default();
            let hosts = self.told(hosts).map(|hosts| format!("{hosts}: ")).unwrap_or_default();
            let text = format!("{hosts}{group}{message}");
            match severity {
                Severity::Error => {
                    console.error(None, &ErrorText { message: text, causes: vec![], hint: hint.clone() });
                }
                Severity::Warning => console.warning(&text),
                Severity::Note => console.note(&text),
            }
        }
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        let errors = errors + self.problems.len() + self.refusals.len() + self.unreadable.len();
        let hosts = count(self.hosts.len() + self.unreadable.len(), "host", "hosts");
        if errors > 0 {
            console.line(&format!("{hosts}: {}", count(errors, "error", "errors")));
        } else if !console.is_quiet() {
            let groups: BTreeSet<_> = self.hosts.iter().flat_map(|host| &host.groups).collect();
            console.line(&format!("ok: {} on {hosts}", count(groups.len(), "group", "groups")));
        }
    }

    /// Hosts in words: a few by their names.
    fn told(&self, hosts: &[String]) -> Option<String> {
        const MOST: usize = 5;
        if hosts.is_empty() {
            return None;
        }
        if hosts.len() == self.hosts.len() && hosts.len() > MOST {
            return Some(format!("all {} hosts", hosts.len()));
        }
        let names = hosts.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
        let more = hosts.len().saturating_sub(MOST);
        Some(if more == 0 { names } else { format!("{names} and {more} more") })
    }
}

fn entry<'a>(problem: &'a Problem, hosts: &'a [String], sources: &'a [SourceFile]) -> ProblemEntry<'a> {
    let file = &sources[problem.span.source];
    let (line, column) = file.position(problem.span.bytes.start);
    ProblemEntry {
        file: &file.path,
        line,
        column,
        key: &problem.key,
        code: problem.code,
        message: &problem.message,
        allowed: problem.allowed.as_deref(),
        hint: problem.hint.as_deref(),
        hosts,
    }
}
