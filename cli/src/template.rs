//! A configuration as a template, filled in with facts of a host and with what the caller sets.
//!
//! Something that is not there is an error: a template that silently leaves a hole makes another network than was meant.

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};
use mpath_core::HostFacts;

use crate::ExitCode;
use crate::config::{ConfigError, Unreadable, read_text};
use crate::error::{CommandError, ErrorText};

/// A variable that the caller sets.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    name: String,
    value: String,
}

/// A variable, as the command line names it.
pub(crate) fn setting(text: &str) -> Result<Setting, String> {
    let (name, value) = text.split_once('=').ok_or("a name and a value with = between them, as in site=paris")?;
    let is_name = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name || name == "facts" {
        return Err(format!("{name:?} is not the name of a variable: letters, digits and _, and not facts"));
    }
    Ok(Setting { name: name.to_owned(), value: value.to_owned() })
}

/// The text that a template comes to.
pub(crate) fn filled_in(path: &Path, settings: &[Setting], facts: Option<&HostFacts>) -> Result<String, CommandError> {
    let shown = path.display().to_string();
    let real = std::fs::canonicalize(path).map_err(crate::config::WhyUnreadable::Io);
    let text = real.and_then(|real| read_text(&real));
    let (text, _) = text.map_err(|why| ConfigError::Unreadable(vec![Unreadable { path: shown.clone(), why }]))?;
    let mut variables: BTreeMap<&str, Value> =
        settings.iter().map(|setting| (setting.name.as_str(), Value::from(setting.value.as_str()))).collect();
    if let Some(facts) = facts {
        variables.insert("facts", Value::from_serialize(facts));
    }
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_keep_trailing_newline(true);
    // It is TOML that is written, whatever the name of the file.
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let rendered = environment.render_named_str(&shown, &text, &variables);
    rendered.map_err(|error| {
        let line = error.line().map(|line| format!(":{line}")).unwrap_or_default();
        let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
        let found = error.range().and_then(|range| text.get(range)).filter(|found| !found.contains('\n'));
        let found = found.map(|found| format!(" at `{found}`")).unwrap_or_default();
        let names: Vec<_> = variables.keys().copied().collect();
        let hint = (error.kind() == ErrorKind::UndefinedError).then(|| match names.as_slice() {
            [] => "no variable is set: --set NAME=VALUE, or --facts FILE".to_owned(),
            names => format!("there is {}; set another by --set NAME=VALUE", names.join(", ")),
        });
        let told = ErrorText {
            message: format!("cannot fill in {shown}{line}"),
            causes: vec![format!("{}{found}{detail}", error.kind())],
            hint,
        };
        CommandError { code: ExitCode::InvalidFile, told, config: None }
    })
}
