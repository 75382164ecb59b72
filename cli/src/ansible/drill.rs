//! The module `drill`: members fail in turn, and what is lost is measured. Afterwards all is as it was, so that nothing counts
//! as changed.

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
pub(crate) struct DrillOptions {
    #[serde(default, deserialize_with = "lenient::word")]
    name: Option<String>,
    config: Option<PathBuf>,
    how: Option<String>,
    cut: Option<String>,
    plug: Option<String>,
    target: Option<String>,
    probe: Option<String>,
    #[serde(default, deserialize_with = "lenient::word")]
    interval: Option<String>,
    #[serde(default, deserialize_with = "lenient::word")]
    rest: Option<String>,
    #[serde(default, deserialize_with = "lenient::word")]
    max_gap: Option<String>,
    #[serde(default, deserialize_with = "lenient::word")]
    wait: Option<String>,
}

pub(super) fn run(options: DrillOptions, how: How, context: &mut Context<'_>) -> Result<Reply, Reply> {
    let config = options.config.clone().unwrap_or_else(|| context.global.config.clone());
    let name = options.name.as_deref();
    if how.check {
        let ran = Words::new("status").operand(name).run(&config, None, context);
        let reply = || Reply::done(false, "a drill moves the traffic, and is not held in check mode");
        return if ran.is_done() { Ok(reply().after(&ran)) } else { Err(Reply::failed_by(&ran)) };
    }
    let ran = Words::new("drill")
        .option("--how", options.how.as_deref())
        .option("--cut", options.cut.as_deref())
        .option("--plug", options.plug.as_deref())
        .option("--target", options.target.as_deref())
        .option("--probe", options.probe.as_deref())
        .option("--interval", options.interval.as_deref())
        .option("--rest", options.rest.as_deref())
        .option("--max-gap", options.max_gap.as_deref())
        .option("--wait", options.wait.as_deref())
        .operand(name)
        .run(&config, None, context);
    let gap = |key: &str| ran.groups().first().map(|group| group[key].clone()).unwrap_or_default();
    let in_words = |gap: &Value| gap.as_f64().unwrap_or_default();
    let longest = gap("longest_gap_ms");
    match ran.code {
        ExitCode::Done => {
            let reply = Reply::done(false, format!("the longest gap was {} ms", in_words(&longest)));
            Ok(reply.after(&ran).with("longest_gap_ms", longest))
        }
        ExitCode::TooLong => {
            let (longest, most) = (in_words(&longest), in_words(&gap("max_gap_ms")));
            let msg = format!("the longest gap was {longest} ms, and {most} ms are allowed");
            Err(Reply::failed(ran.code, msg).after(&ran).with("longest_gap_ms", longest))
        }
        _ => Err(Reply::failed_by(&ran).with("longest_gap_ms", Value::Null)),
    }
}
