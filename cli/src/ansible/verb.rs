//! A command line of mpath, run within this process, and what it told.

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;

use crate::arguments::Arguments;
use crate::context::Context;
use crate::instead::Instead;
use crate::output::{Console, shell_path};
use crate::{ExitCode, Stream, carry_out};

/// What a verb told.
#[derive(Debug)]
pub(super) struct Ran {
    /// Its command line, as somebody could type it.
    pub(super) line: String,
    pub(super) code: ExitCode,
    /// What it wrote with `--json`.
    pub(super) document: Value,
    pub(super) stderr: String,
}

/// The words of a command line.
pub(super) struct Words {
    options: Vec<String>,
    operands: Vec<String>,
}

impl Words {
    /// A verb.
    pub(super) fn new(verb: &str) -> Self {
        Self { options: vec![verb.to_owned()], operands: vec![] }
    }

    /// With an option that takes no value, where it is wanted.
    pub(super) fn flag(mut self, option: &str, wanted: bool) -> Self {
        self.options.extend(wanted.then(|| option.to_owned()));
        self
    }

    /// With an option and its value, where there is one.
    pub(super) fn option(mut self, option: &str, value: Option<&str>) -> Self {
        self.options.extend(value.map(|value| format!("{option}={value}")));
        self
    }

    /// With something that it is about.
    pub(super) fn operand(mut self, word: Option<&str>) -> Self {
        self.operands.extend(word.map(str::to_owned));
        self
    }

    /// Runs it on the configuration that is named, and where something else is to be taken instead of a file of it, on that.
    pub(super) fn run(self, config: &Path, instead: Option<&Instead>, context: &mut Context<'_>) -> Ran {
        let Self { options, operands } = self;
        let mut shown: Vec<_> = ["mpath".to_owned()].into_iter().chain(options.clone()).collect();
        if config != Path::new(crate::config::DEFAULT) {
            shown.push(format!("--config={}", shell_path(config)));
        }
        shown.extend(operands.iter().cloned());
        let line = shown.iter().map(|word| mpath_core::shell::word(word)).collect::<Vec<_>>().join(" ");
        let common = ["--json".to_owned(), format!("--config={}", config.display()), "--".to_owned()];
        let words = ["mpath".to_owned()].into_iter().chain(options).chain(common).chain(operands);
        let parsed = match Arguments::read(&words.map(OsString::from).collect::<Vec<_>>()) {
            Ok(parsed) => parsed,
            Err(error) => {
                let text = error.to_string();
                let first = text.lines().next().unwrap_or_default();
                let message = first.strip_prefix("error: ").unwrap_or(first);
                let document = serde_json::json!({ "error": { "message": message, "causes": [], "hint": null } });
                return Ran { line, code: ExitCode::Usage, document, stderr: text };
            }
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut stdout = Stream { writer: &mut out, is_terminal: false };
        let mut stderr = Stream { writer: &mut err, is_terminal: false };
        let console = Console::new(&mut stdout, &mut stderr, true, &parsed.global);
        let code = carry_out(&parsed.command, context.for_a_verb(&parsed, console, instead));
        let document = serde_json::from_slice(&out).unwrap_or_default();
        Ran { line, code, document, stderr: String::from_utf8_lossy(&err).into_owned() }
    }
}

impl Ran {
    /// The groups that it told of.
    pub(super) fn groups(&self) -> &[Value] {
        self.document.get("groups").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Whether it was successful.
    pub(super) fn is_done(&self) -> bool {
        self.code == ExitCode::Done
    }

    /// Whether what it told of groups has steps in it.
    pub(super) fn has_steps(&self) -> bool {
        self.groups().iter().any(|group| group["steps"].as_array().is_some_and(|steps| !steps.is_empty()))
    }

    /// Whether it changed a group.
    pub(super) fn has_changed(&self) -> bool {
        self.groups().iter().any(|group| group["outcome"] == "changed")
    }

    /// A plan as text, for those who want to see what is different.
    pub(super) fn plan_in_words(&self) -> String {
        let mut text = String::new();
        for group in self.groups() {
            let steps = group["steps"].as_array().map_or(&[][..], Vec::as_slice);
            for (number, step) in (1..).zip(steps) {
                let line = format!("{}: {number}. {}\n", word(&group["name"]), word(&step["text"]));
                text += &line;
                for command in step["commands"].as_array().into_iter().flatten() {
                    text += &format!("    {}\n", word(command));
                }
            }
            if let Some(interruption) = group["interruption"].as_str() {
                text += &format!("{}: {interruption}\n", word(&group["name"]));
            }
        }
        text
    }

    /// Why it failed, in a few lines.
    pub(super) fn why(&self) -> String {
        let mut lines = Vec::new();
        for problem in self.document["problems"].as_array().into_iter().flatten() {
            let place = ["line", "column"].iter().filter_map(|key| problem[key].as_u64());
            let place: String = place.map(|number| format!(":{number}")).collect();
            let key = Some(word(&problem["key"])).filter(|key| !key.is_empty()).map(|key| format!("{key}: "));
            let hint = problem["hint"].as_str().map(|hint| format!(" (hint: {hint})"));
            let (file, message) = (word(&problem["file"]), word(&problem["message"]));
            lines.push(format!("{file}{place}: {}{message}{}", key.unwrap_or_default(), hint.unwrap_or_default()));
        }
        if self.document["error"].is_object() {
            lines.push(error_in_words(&self.document["error"]));
        }
        for group in self.groups() {
            let name = word(&group["name"]);
            let refusals = group["refusals"].as_array().map_or(&[][..], Vec::as_slice);
            for refusal in refusals {
                lines.push(format!("{name}: {} (hint: {})", word(&refusal["text"]), word(&refusal["hint"])));
            }
            if refusals.is_empty() && group["error"].is_object() {
                lines.push(format!("{name}: {}", error_in_words(&group["error"])));
            }
            match group["undone"].as_bool() {
                Some(true) => lines.push(format!("{name}: everything was undone")),
                Some(false) => lines.push(format!("{name}: not everything could be undone")),
                None => {}
            }
        }
        if lines.is_empty() { self.stderr.trim_end().to_owned() } else { lines.join("\n") }
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn error_in_words(error: &Value) -> String {
    let mut text = word(&error["message"]).to_owned();
    for cause in error["causes"].as_array().into_iter().flatten() {
        text += &format!(": {}", word(cause));
    }
    if let Some(hint) = error["hint"].as_str() {
        text += &format!(" (hint: {hint})");
    }
    text
}
