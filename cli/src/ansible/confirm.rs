//! The module `confirm`: a change that waits stays, or is undone now.
//!
//! Who confirms may have lost the answer of the task that made the change, and with it the token, or may come too late. So
//! what counts is the host: where no change waits, it has to be as the configuration says.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::how::How;
use super::lenient;
use super::reply::Reply;
use super::verb::Words;
use crate::ExitCode;
use crate::context::Context;

/// Its arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmOptions {
    #[serde(default, deserialize_with = "lenient::word")]
    token: Option<String>,
    #[serde(default, deserialize_with = "lenient::word")]
    name: Option<String>,
    #[serde(default)]
    state: State,
    config: Option<PathBuf>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    #[default]
    Confirmed,
    Reverted,
}

pub(super) fn run(options: ConfirmOptions, how: How, context: &mut Context<'_>) -> Result<Reply, Reply> {
    let config = options.config.clone().unwrap_or_else(|| context.global.config.clone());
    let waiting = Words::new("pending").run(&config, None, context);
    if !waiting.is_done() {
        return Err(Reply::failed_by(&waiting));
    }
    let pending = waiting.document["pending"].as_array().cloned().unwrap_or_default();
    let is_meant = |change: &&Value| {
        let named =
            |name: &String| change["groups"].as_array().is_some_and(|groups| groups.iter().any(|of| of == name));
        options.token.as_ref().is_none_or(|token| change["token"] == **token) && options.name.as_ref().is_none_or(named)
    };
    let meant: Vec<_> = pending.iter().filter(is_meant).filter_map(|change| change["token"].as_str()).collect();
    if meant.is_empty() {
        return none_waits(&options, &config, context);
    }
    if how.check {
        return Ok(Reply::done(true, "a change waits to be confirmed").with("pending", Value::Array(pending)));
    }
    let (verb, msg) = match options.state {
        State::Confirmed => ("confirm", "the change stays"),
        State::Reverted => ("revert", "the change is undone"),
    };
    let mut reply = Reply::done(true, msg);
    for token in meant {
        let ran = Words::new(verb).operand(Some(token)).run(&config, None, context);
        if !ran.is_done() {
            return Err(Reply::failed_by(&ran));
        }
        reply = reply.after(&ran);
    }
    Ok(reply)
}

fn none_waits(options: &ConfirmOptions, config: &std::path::Path, context: &mut Context<'_>) -> Result<Reply, Reply> {
    if options.state == State::Reverted {
        return Ok(Reply::done(false, "no change waits to be confirmed"));
    }
    let plan = Words::new("plan").operand(options.name.as_deref()).run(config, None, context);
    if !plan.is_done() {
        return Err(Reply::failed_by(&plan));
    }
    if plan.has_steps() {
        let otherwise = plan.groups().iter().filter(|group| group["steps"] != Value::Array(vec![]));
        let names: Vec<_> = otherwise.filter_map(|group| group["name"].as_str()).collect();
        let msg = format!(
            "no change waits to be confirmed, and {} is not as the configuration says: a change that was not confirmed in \
             time was undone (hint: mpath plan)",
            names.join(", ")
        );
        return Err(Reply::failed(ExitCode::Failed, msg).after(&plan));
    }
    Ok(Reply::done(false, "no change waits to be confirmed, and all is as the configuration says").after(&plan))
}
