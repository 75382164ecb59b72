//! What a module is asked for: its arguments, read from the JSON that Ansible hands over.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::config::ConfigOptions;
use super::confirm::ConfirmOptions;
use super::drill::DrillOptions;
use super::group::GroupOptions;
use super::how::How;
use super::info::InfoOptions;
use super::reply::Reply;
use super::switch::SwitchOptions;

/// No arguments of a module are longer.
const LONGEST: u64 = 16 * 1024 * 1024;

/// A module with its arguments.
pub(crate) enum Module {
    Group(GroupOptions),
    Config(ConfigOptions),
    Info(InfoOptions),
    Switch(SwitchOptions),
    Drill(DrillOptions),
    Confirm(ConfirmOptions),
}

/// What is asked for.
pub(crate) struct Request {
    pub(crate) module: Module,
    pub(crate) how: How,
}

impl Request {
    /// The same, where the command line asks for it.
    pub(crate) fn or(self, check: bool, diff: bool) -> Self {
        let How { check: in_check_mode, diff: with_diff } = self.how;
        Self { how: How { check: in_check_mode || check, diff: with_diff || diff }, ..self }
    }
}

/// Reads it from a file, or from standard input.
pub(crate) fn read(file: Option<&Path>, module: Option<&str>) -> Result<Request, Reply> {
    let fails = |error: io::Error| {
        let name = file.map_or("standard input".into(), Path::to_string_lossy);
        Reply::usage(format!("the arguments of the module cannot be read from {name}: {error}"))
    };
    let mut text = String::new();
    let source: Box<dyn io::Read> = match file.filter(|file| *file != Path::new("-")) {
        Some(file) => Box::new(fs::File::open(file).map_err(fails)?),
        None => Box::new(io::stdin()),
    };
    source.take(LONGEST).read_to_string(&mut text).map_err(fails)?;
    parse(&text, module)
}

fn parse(text: &str, module: Option<&str>) -> Result<Request, Reply> {
    let given: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| Reply::usage(format!("the arguments are no JSON of a module: {error}")))?;
    // `_ansible_check_mode` and its like are of Ansible; what is null was not given; where to find mpath is the
    // wrapper's own business.
    let (own, given): (Map<_, _>, Map<_, _>) = given.into_iter().partition(|(key, _)| key.starts_with("_ansible_"));
    let mut given: Map<_, _> =
        given.into_iter().filter(|(key, value)| !value.is_null() && key != "executable").collect();
    let is = |key: &str| own.get(key) == Some(&Value::Bool(true));
    let how = How { check: is("_ansible_check_mode"), diff: is("_ansible_diff") };
    let named = match (module, given.remove("module")) {
        (Some(module), _) => module.to_owned(),
        (None, Some(Value::String(module))) => module,
        (None, _) => {
            return Err(Reply::usage("nothing says which module it is: --module, or the argument module".to_owned()));
        }
    };
    let module = match named.as_str() {
        "group" => Module::Group(options(given)?),
        "config" => Module::Config(options(given)?),
        "info" => Module::Info(options(given)?),
        "switch" => Module::Switch(options(given)?),
        "drill" => Module::Drill(options(given)?),
        "confirm" => Module::Confirm(options(given)?),
        other => {
            let known = "group, config, info, switch, drill and confirm";
            return Err(Reply::usage(format!("there is no module {other}; the modules are {known}")));
        }
    };
    Ok(Request { module, how })
}

fn options<T: DeserializeOwned>(given: Map<String, Value>) -> Result<T, Reply> {
    serde_json::from_value(Value::Object(given)).map_err(|error| Reply::usage(format!("wrong arguments: {error}")))
}
