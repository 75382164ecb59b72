//! Every way in which a command can fail as a whole, and the exit code of each. What fails for one group only is told
//! in its [report](crate::output::report).

use std::error::Error;

use mpath_core::BackendError;
use mpath_core::apply::Cause;
use mpath_core::refusal::Refusal;
use serde::Serialize;

use crate::ExitCode;
use crate::config::ConfigError;
use crate::lock::LockError;
use crate::record::RecordError;
use crate::selection::SelectionError;

/// A command that failed.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) code: ExitCode,
    pub(crate) told: ErrorText,
    /// The configuration's problems, which are told in another form.
    pub(crate) config: Option<ConfigError>,
}

/// An error in words: what failed, why, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ErrorText {
    /// What failed.
    pub(crate) message: String,
    /// Why, from the near to the far.
    pub(crate) causes: Vec<String>,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

impl ErrorText {
    /// An error with everything that led to it.
    pub(crate) fn of(error: &dyn Error, hint: Option<String>) -> Self {
        let mut causes = Vec::new();
        let mut cause = error.source();
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        Self { message: error.to_string(), causes, hint }
    }
}

/// An error and its causes on one line.
pub(crate) fn one_line(error: &dyn Error) -> String {
    let ErrorText { message, causes, .. } = ErrorText::of(error, None);
    std::iter::once(message).chain(causes).collect::<Vec<_>>().join(": ")
}

impl CommandError {
    /// Whether it is only that there is no configuration, or none with a group.
    pub(crate) fn is_of_no_configuration(&self) -> bool {
        use ConfigError::{Empty, Missing, NoGroups};
        matches!(&self.config, Some(Missing(_) | Empty(_) | NoGroups { .. }))
    }

    /// Signals cannot be caught.
    pub(crate) fn signals(error: std::io::Error) -> Self {
        Self::of_the_system("cannot catch signals", error)
    }

    /// The guard cannot do its work.
    pub(crate) fn guard(error: std::io::Error) -> Self {
        Self::of_the_system("cannot wait for the change to be confirmed", error)
    }

    /// Metrics cannot be served.
    pub(crate) fn metrics(address: &crate::agent::Address, error: std::io::Error) -> Self {
        Self::of_the_system(&format!("cannot serve metrics at {address}"), error)
    }

    /// There is nowhere to tell what happens.
    pub(crate) fn log(error: std::io::Error) -> Self {
        Self::of_the_system("cannot open the journal; `--log stderr` needs none", error)
    }

    /// What happens cannot be waited for.
    pub(crate) fn feed(error: std::io::Error) -> Self {
        Self::of_the_system("cannot wait for changes", error)
    }

    /// The terminal does not do what it is asked.
    pub(crate) fn screen(error: std::io::Error) -> Self {
        Self::of_the_system("cannot draw on the terminal; `mpath watch | cat` writes lines", error)
    }

    fn of_the_system(message: &str, error: std::io::Error) -> Self {
        let message = message.to_owned();
        Self {
            code: ExitCode::Failed,
            told: ErrorText { message, causes: vec![error.to_string()], hint: None },
            config: None,
        }
    }
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        let code = if error.is_permission() { ExitCode::NotPermitted } else { ExitCode::InvalidFile };
        let told = ErrorText::of(&error, error.hint());
        Self { code, told, config: Some(error) }
    }
}

impl From<SelectionError> for CommandError {
    fn from(error: SelectionError) -> Self {
        let code = match &error {
            SelectionError::NoSuchGroup { .. } => ExitCode::NoSuchGroup,
            SelectionError::Several { .. } | SelectionError::WhichOne { .. } => ExitCode::Usage,
        };
        Self { code, told: ErrorText::of(&error, Some(error.hint())), config: None }
    }
}

impl CommandError {
    /// A lock that is not to be had; `own` is what lets the caller write in the directory that it is in.
    pub(crate) fn of_lock(error: LockError, own: Option<String>) -> Self {
        let (code, hint) = match &error {
            LockError::Held { .. } => {
                (ExitCode::Busy, Some("try again when it has ended, or wait for it longer: --wait 1m".to_owned()))
            }
            LockError::Distrusted { distrust, .. } => (ExitCode::NotPermitted, Some(distrust.cure())),
            LockError::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                (ExitCode::NotPermitted, own.or_else(|| Some("run it as root".to_owned())))
            }
            LockError::Io { .. } => (ExitCode::Failed, None),
        };
        Self { code, told: ErrorText::of(&error, hint), config: None }
    }
}

impl From<LockError> for CommandError {
    fn from(error: LockError) -> Self {
        Self::of_lock(error, None)
    }
}

impl From<RecordError> for CommandError {
    fn from(error: RecordError) -> Self {
        Self { code: record_code(&error), told: ErrorText::of(&error, error.hint()), config: None }
    }
}

impl From<BackendError> for CommandError {
    fn from(error: BackendError) -> Self {
        Self { code: backend_code(&error), told: ErrorText::of(&error, error.hint()), config: None }
    }
}

pub(crate) fn record_code(error: &RecordError) -> ExitCode {
    let distrusted = matches!(error, RecordError::Distrusted { .. });
    if distrusted || error.is_permission() { ExitCode::NotPermitted } else { ExitCode::Failed }
}

pub(crate) fn backend_code(error: &BackendError) -> ExitCode {
    match error {
        BackendError::NotPermitted { .. } => ExitCode::NotPermitted,
        BackendError::NoDriver { .. } => ExitCode::NotSupported,
        // A program that cannot be run is not executable, whoever runs it (execve(2), EACCES).
        BackendError::Io { action, source, .. }
            if *action != "run" && source.kind() == std::io::ErrorKind::PermissionDenied =>
        {
            ExitCode::NotPermitted
        }
        _ => ExitCode::Failed,
    }
}

/// The code of a plan that broke off, its steps undone.
pub(crate) fn cause_code(cause: &Cause) -> ExitCode {
    match cause {
        Cause::Step { error, .. } | Cause::ReadBack(error) => backend_code(error),
        Cause::NotAsWanted { .. } | Cause::Halted(_) => ExitCode::Failed,
    }
}

/// The code of a refusal: the platform's fault, or the host's.
pub(crate) fn refusal_code(refusal: &Refusal) -> ExitCode {
    // A name that the platform does not take is as much beyond it as a feature.
    if refusal.is_unsupported() || matches!(refusal, Refusal::DeviceName { .. }) {
        ExitCode::NotSupported
    } else if matches!(refusal, Refusal::SameDevice { .. } | Refusal::HostWideOther { .. }) {
        ExitCode::InvalidFile
    } else {
        ExitCode::Failed
    }
}
