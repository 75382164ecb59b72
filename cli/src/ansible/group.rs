//! The module `group`: whether the configuration has a group, and whether that is up.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::file::FileChange;
use super::how::How;
use super::lenient;
use super::reply::Reply;
use super::verb::{Ran, Words};
use crate::ExitCode;
use crate::context::Context;

/// Its arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupOptions {
    #[serde(default, deserialize_with = "lenient::word")]
    name: Option<String>,
    #[serde(default)]
    state: State,
    #[serde(default, deserialize_with = "lenient::table")]
    settings: Option<Map<String, Value>>,
    config: Option<PathBuf>,
    #[serde(default, deserialize_with = "lenient::seconds")]
    confirm: Option<u64>,
    check_reachable: Option<String>,
    #[serde(default, deserialize_with = "lenient::list")]
    probe: Vec<String>,
    #[serde(default, deserialize_with = "lenient::word")]
    max_outage: Option<String>,
    #[serde(default, deserialize_with = "lenient::flag")]
    adopt: bool,
    #[serde(default, deserialize_with = "lenient::flag")]
    persist: bool,
    #[serde(default, deserialize_with = "lenient::word")]
    wait: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// The configuration has it; nothing of the network is touched.
    Present,
    /// It is down, and the configuration does not have it.
    Absent,
    /// It is up, as the configuration says.
    #[default]
    Up,
    /// It is down; the configuration keeps it.
    Down,
}

impl GroupOptions {
    fn named(&self, what: &str) -> Result<&str, Reply> {
        self.name.as_deref().ok_or_else(|| Reply::usage(format!("{what} needs the name of the group")))
    }

    fn config(&self, context: &Context<'_>) -> PathBuf {
        self.config.clone().unwrap_or_else(|| context.global.config.clone())
    }

    /// What becomes of the group's file, where that is this module's business.
    fn file(&self, context: &Context<'_>) -> Result<Option<FileChange>, Reply> {
        let config = self.config(context);
        let file_of = |name: &str| config.join(format!("{name}.toml"));
        match (self.state, &self.settings) {
            (State::Present, None) => Err(Reply::usage("state present needs the settings of the group".to_owned())),
            (State::Present | State::Up, Some(settings)) => {
                let name = self.named("settings")?;
                let groups = Map::from_iter([(name.to_owned(), Value::Object(settings.clone()))]);
                FileChange::to_groups(&config, file_of(name), &groups)?.only_of(name).map(Some)
            }
            (State::Absent, None) => {
                let name = self.named("state absent")?;
                FileChange::to_text(&config, file_of(name), None)?.only_of(name).map(Some)
            }
            (State::Up | State::Down, None) => Ok(None),
            (State::Absent | State::Down, Some(_)) => {
                Err(Reply::usage("settings are for the states present and up".to_owned()))
            }
        }
    }

    fn selected(&self, words: Words) -> Words {
        words.flag("--all", self.name.is_none()).operand(self.name.as_deref())
    }

    fn plan_up(&self) -> Words {
        let words = Words::new("plan").flag("--adopt", self.adopt).flag("--persist", self.persist);
        // `plan` means all where it is told of none.
        words.option("--max-outage", self.max_outage.as_deref()).operand(self.name.as_deref())
    }

    fn up(&self) -> Words {
        let confirm = self.confirm.filter(|seconds| *seconds > 0).map(|seconds| format!("{seconds}s"));
        let mut words = Words::new("up")
            .flag("--adopt", self.adopt)
            .flag("--persist", self.persist)
            .option("--max-outage", self.max_outage.as_deref())
            .option("--confirm", confirm.as_deref())
            .option("--check-reachable", self.check_reachable.as_deref())
            .option("--wait", self.wait.as_deref());
        for probe in &self.probe {
            words = words.option("--probe", Some(probe));
        }
        self.selected(words)
    }

    fn plan_down(&self) -> Words {
        let words = Words::new("plan").flag("--down", true).flag("--adopt", self.adopt);
        words.option("--max-outage", self.max_outage.as_deref()).operand(self.name.as_deref())
    }

    fn down(&self) -> Words {
        let words = Words::new("down").flag("--adopt", self.adopt);
        let words = words.option("--max-outage", self.max_outage.as_deref()).option("--wait", self.wait.as_deref());
        self.selected(words)
    }
}

pub(super) fn run(options: GroupOptions, how: How, context: &mut Context<'_>) -> Result<Reply, Reply> {
    let file = options.file(context)?;
    if let Some(file) = &file {
        file.check(context)?;
    }
    let mut diff = Vec::new();
    diff.extend(file.as_ref().filter(|file| file.is_change()).map(FileChange::diff));
    let reply = match options.state {
        State::Present => present(file.as_ref(), how),
        State::Up => bring_up(&options, file.as_ref(), how, &mut diff, context),
        State::Down | State::Absent => take_down(&options, file.as_ref(), how, &mut diff, context),
    }?;
    Ok(if how.diff { reply.showing(diff) } else { reply })
}

fn present(file: Option<&FileChange>, how: How) -> Result<Reply, Reply> {
    let changed = write(file, how)?;
    Ok(Reply::done(changed, if changed { "the configuration has it now" } else { "the configuration has it" }))
}

/// Writes the file, where it has to be written.
fn write(file: Option<&FileChange>, how: How) -> Result<bool, Reply> {
    let Some(file) = file.filter(|file| file.is_change()) else { return Ok(false) };
    if !how.check {
        file.write()?;
    }
    Ok(true)
}

fn bring_up(
    options: &GroupOptions,
    file: Option<&FileChange>,
    how: How,
    diff: &mut Vec<Value>,
    context: &mut Context<'_>,
) -> Result<Reply, Reply> {
    let config = options.config(context);
    let plan = options.plan_up().run(&config, file.map(FileChange::instead), context);
    // What would be refused is not begun, and its file is not written.
    if !plan.is_done() {
        return Err(Reply::failed_by(&plan));
    }
    show(&plan, diff);
    let written = write(file, how)?;
    if how.check {
        let changed = written || plan.has_steps();
        return Ok(Reply::done(changed, if changed { "something would change" } else { "as wanted" }).after(&plan));
    }
    let ran = options.up().run(&config, None, context);
    if !ran.is_done() {
        let failed = Reply::failed_by(&ran);
        // What does not work is not to be brought up by the next boot, either.
        return Err(match file.filter(|_| written).map(FileChange::undo) {
            Some(Err(why)) => failed.with("file", json!(why)),
            Some(Ok(())) => failed.with("file", "as it was before"),
            None => failed,
        });
    }
    let changed = written || ran.has_changed();
    let mut reply =
        Reply::done(changed, if changed { "up as the configuration says now" } else { "already as wanted" });
    if let Some(pending) = ran.document.get("pending") {
        reply = reply.with("pending", pending.clone()).with("token", pending["token"].clone());
    }
    Ok(reply.after(&ran))
}

fn take_down(
    options: &GroupOptions,
    file: Option<&FileChange>,
    how: How,
    diff: &mut Vec<Value>,
    context: &mut Context<'_>,
) -> Result<Reply, Reply> {
    let config = options.config(context);
    let is_gone = |ran: &Ran| options.state == State::Absent && ran.code == ExitCode::NoSuchGroup;
    let plan = options.plan_down().run(&config, None, context);
    if !plan.is_done() && !is_gone(&plan) {
        return Err(Reply::failed_by(&plan));
    }
    show(&plan, diff);
    if how.check || is_gone(&plan) {
        let changed = write(file, how)? || plan.has_steps();
        let msg = if changed && how.check { "something would change" } else { "down" };
        return Ok(Reply::done(changed, msg).after(&plan));
    }
    let ran = options.down().run(&config, None, context);
    if !ran.is_done() {
        return Err(Reply::failed_by(&ran));
    }
    let changed = write(file, how)? || ran.has_changed();
    Ok(Reply::done(changed, if changed { "down now" } else { "already down" }).after(&ran))
}

fn show(plan: &Ran, diff: &mut Vec<Value>) {
    if plan.has_steps() {
        diff.push(json!({ "prepared": plan.plan_in_words() }));
    }
}
