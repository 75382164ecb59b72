//! The module `info`: how groups are doing, and which changes wait to be confirmed. Changes nothing.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::lenient;
use super::reply::Reply;
use super::verb::Words;
use crate::config::{ConfigError, Files};
use crate::context::Context;

/// Its arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InfoOptions {
    #[serde(default, deserialize_with = "lenient::word")]
    name: Option<String>,
    config: Option<PathBuf>,
}

pub(super) fn run(options: InfoOptions, context: &mut Context<'_>) -> Result<Reply, Reply> {
    let config = options.config.unwrap_or_else(|| context.global.config.clone());
    let waiting = Words::new("pending").run(&config, None, context);
    if !waiting.is_done() {
        return Err(Reply::failed_by(&waiting));
    }
    let pending = waiting.document.get("pending").cloned().unwrap_or_default();
    let reply = |msg: &str| {
        let version = env!("CARGO_PKG_VERSION");
        Reply::done(false, msg).with("pending", pending.clone()).with("version", version)
    };
    // A host that is yet to get one is not broken.
    if options.name.is_none()
        && let Err(ConfigError::Missing(_) | ConfigError::Empty(_)) = Files::read(&config)
    {
        return Ok(reply("there is no configuration").with("groups", Value::Array(vec![])));
    }
    let ran = Words::new("status").operand(options.name.as_deref()).run(&config, None, context);
    if ran.is_done() { Ok(reply("looked").after(&ran)) } else { Err(Reply::failed_by(&ran)) }
}
