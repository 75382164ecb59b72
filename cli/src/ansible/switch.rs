//! The module `switch`: who carries the traffic.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

use super::how::How;
use super::lenient;
use super::reply::Reply;
use super::verb::{Ran, Words};
use crate::ExitCode;
use crate::context::Context;

/// Its arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchOptions {
    #[serde(default, deserialize_with = "lenient::word")]
    name: Option<String>,
    config: Option<PathBuf>,
    #[serde(default, deserialize_with = "lenient::word")]
    to: Option<String>,
    #[serde(default, deserialize_with = "lenient::flag")]
    release: bool,
    #[serde(default, deserialize_with = "lenient::flag")]
    force: bool,
    #[serde(default, deserialize_with = "lenient::word")]
    wait: Option<String>,
}

pub(super) fn run(options: SwitchOptions, how: How, context: &mut Context<'_>) -> Result<Reply, Reply> {
    // Without either it would be somebody else with every run.
    if options.to.is_some() == options.release {
        return Err(Reply::usage("either to, who is to carry the traffic, or release is needed".to_owned()));
    }
    let config = options.config.clone().unwrap_or_else(|| context.global.config.clone());
    let words = || {
        let words = Words::new("switch").option("--to", options.to.as_deref()).flag("--release", options.release);
        let words = words.flag("--force", options.force).option("--wait", options.wait.as_deref());
        words.operand(options.name.as_deref())
    };
    let would = words().flag("--check", true).run(&config, None, context);
    let changes = match would.code {
        ExitCode::Done => false,
        ExitCode::ChangesPending => true,
        _ => return Err(Reply::failed_by(&would)),
    };
    let reply = if how.check || !changes {
        let msg = if changes { "the traffic would move" } else { "the traffic is where it is to be" };
        Reply::done(changes, msg).after(&would)
    } else {
        let ran = words().run(&config, None, context);
        if !ran.is_done() {
            return Err(Reply::failed_by(&ran));
        }
        Reply::done(ran.has_changed(), "the traffic has moved").after(&ran)
    };
    Ok(if how.diff && changes { reply.showing(vec![steps(&would)]) } else { reply })
}

fn steps(would: &Ran) -> Value {
    let steps = would.groups().iter().flat_map(|group| group["steps"].as_array().into_iter().flatten());
    let lines: Vec<_> = steps.filter_map(Value::as_str).map(|step| format!("{step}\n")).collect();
    json!({ "prepared": lines.concat() })
}
