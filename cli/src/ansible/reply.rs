//! What Ansible is told.

use serde::Serialize;
use serde_json::{Map, Value};

use super::verb::Ran;
use crate::ExitCode;

/// The result of a module. `exit` is the code with which mpath ended; `rc` would be taken for a verdict.
#[derive(Debug, Serialize)]
pub(crate) struct Reply {
    changed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    failed: bool,
    msg: String,
    /// The same, for Salt (`cmd.run` with `stateful`).
    comment: String,
    exit: u8,
    /// What mpath was called with, as somebody could type it.
    commands: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diff: Vec<Value>,
    /// What the verbs told, by its name.
    #[serde(flatten)]
    data: Map<String, Value>,
    #[serde(skip)]
    code: ExitCode,
}

impl Reply {
    fn new(code: ExitCode, msg: String) -> Self {
        let (commands, diff, data) = (vec![], vec![], Map::new());
        let comment = msg.clone();
        Self { changed: false, failed: false, msg, comment, exit: code.number(), commands, diff, data, code }
    }

    /// It is as it was to be.
    pub(super) fn done(changed: bool, msg: impl Into<String>) -> Self {
        Self { changed, ..Self::new(ExitCode::Done, msg.into()) }
    }

    /// It is not.
    pub(super) fn failed(code: ExitCode, msg: impl Into<String>) -> Self {
        Self { failed: true, ..Self::new(code, msg.into()) }
    }

    /// What was asked for makes no sense.
    pub(super) fn usage(msg: String) -> Self {
        Self::failed(ExitCode::Usage, msg)
    }

    /// It is not, as a verb tells.
    pub(super) fn failed_by(ran: &Ran) -> Self {
        let mut reply = Self::failed(ran.code, ran.why()).after(ran);
        for key in ["error", "problems"] {
            ran.document.get(key).into_iter().for_each(|value| reply.put(key, value.clone()));
        }
        reply.put("stderr", Value::String(ran.stderr.clone()));
        reply
    }

    /// With the command line of a verb, and what it told of groups.
    pub(super) fn after(mut self, ran: &Ran) -> Self {
        self.commands.push(ran.line.clone());
        if let Some(groups) = ran.document.get("groups") {
            self.put("groups", groups.clone());
        }
        self
    }

    /// With something to look at.
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.put(key, value.into());
        self
    }

    /// With what is different.
    pub(super) fn showing(mut self, diff: Vec<Value>) -> Self {
        self.diff = diff;
        self
    }

    fn put(&mut self, key: &str, value: Value) {
        self.data.insert(key.to_owned(), value);
    }

    /// How the process is to end.
    pub(crate) fn code(&self) -> ExitCode {
        self.code
    }
}
