//! Where the agent tells what happens: the journal, syslog, or standard error.

use std::io;

use clap::ValueEnum;
use mpath_core::{Event, GroupName};
use nix::syslog::{Facility, Priority, Severity, syslog};
use serde_json::Value;

use crate::feed::Stamp;
use crate::output::{Console, EventRecord, printable};
use crate::platform::{Journal, SYSLOG_TAG};
use crate::watching::Watched;

/// Where lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogChoice {
    /// The journal under systemd, syslog under SMF, else standard error
    Auto,
    /// The journal, with fields
    Journal,
    /// syslog(3), the facility daemon
    Syslog,
    /// Standard error
    Stderr,
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Traffic stands still, or something that was asked for is not done.
    Error,
    /// Redundancy is less than it was, or another member carries the traffic.
    Warning,
    /// Anything else.
    Info,
}

/// Where lines go, opened.
pub(crate) enum Log {
    Journal(Journal),
    Syslog,
    Stderr,
}

impl Weight {
    /// How much an event matters.
    fn of(event: &Event) -> Self {
        match event {
            Event::ActiveLost { .. } | Event::Failed | Event::Absent => Self::Error,
            Event::Drift { steps: 0, .. } => Self::Info,
            Event::MemberGone(_)
            | Event::MemberLeft(_)
            | Event::MemberFailed(_)
            | Event::LinkDown(_)
            | Event::Failover { .. }
            | Event::Drift { .. }
            | Event::Degraded => Self::Warning,
            Event::Watching { .. }
            | Event::MemberAppeared(_)
            | Event::MemberJoined(_)
            | Event::MemberRepaired(_)
            | Event::MemberChanged(_)
            | Event::LinkUp(_)
            | Event::Failback { .. }
            | Event::ActiveFound { .. }
            | Event::Ok => Self::Info,
        }
    }
}

impl Log {
    /// Opens what was chosen. `is_service` tells whether this process is a service whose
    /// lines are looked for in syslog.
    pub(crate) fn open(choice: LogChoice, is_service: bool) -> io::Result<Self> {
        match choice {
            LogChoice::Journal => Journal::open().map(Self::Journal),
            LogChoice::Auto if Journal::is_behind_stderr() => Journal::open().map(Self::Journal),
            LogChoice::Auto if is_service => Ok(Self::Syslog),
            LogChoice::Syslog => Ok(Self::Syslog),
            LogChoice::Auto | LogChoice::Stderr => Ok(Self::Stderr),
        }
    }

    /// Tells an event. With `--json` it is data, and goes to standard output.
    pub(crate) fn event(&self, watched: &Watched, event: &Event, stamp: Stamp, console: &mut Console<'_>) {
        let record = EventRecord::new(watched, event, stamp);
        if console.is_json() {
            console.record(&record);
            console.flush();
        }
        let text = format!("{}: {event}", watched.group.name());
        match self {
            // It is told already.
            Self::Stderr if console.is_json() => {}
            Self::Journal(_) => self.write(Weight::of(event), &text, &fields(&record), stamp, console),
            Self::Syslog | Self::Stderr => self.write(Weight::of(event), &text, &[], stamp, console),
        }
    }

    /// Tells what the agent itself does, or finds.
    pub(crate) fn say(&self, weight: Weight, group: Option<&GroupName>, text: &str, console: &mut Console<'_>) {
        let fields: Vec<_> = group.map(|group| ("MPATH_GROUP".to_owned(), group.to_string())).into_iter().collect();
        let text = group.map_or_else(|| text.to_owned(), |group| format!("{group}: {text}"));
        self.write(weight, &text, &fields, Stamp::now(), console);
    }

    fn write(&self, weight: Weight, text: &str, fields: &[(String, String)], stamp: Stamp, console: &mut Console<'_>) {
        let text = printable(text);
        let written = match self {
            Self::Journal(journal) => journal.write(weight, &text, fields),
            Self::Syslog => {
                let severity = match weight {
                    Weight::Error => Severity::LOG_ERR,
                    Weight::Warning => Severity::LOG_WARNING,
                    Weight::Info => Severity::LOG_INFO,
                };
                let priority = Priority::new(severity, Facility::LOG_DAEMON);
                syslog(priority, &format!("{SYSLOG_TAG}{text}")).map_err(io::Error::from)
            }
            Self::Stderr => Err(io::ErrorKind::Unsupported.into()),
        };
        // A journal that is gone for a moment, as while it is restarted, is no reason to keep it to ourselves.
        if written.is_err() {
            console.log(&format!("{} {text}", stamp.local()));
        }
    }
}

/// The fields of an event for the journal: those of its JSON that are no lists, each by its path.
fn fields(record: &EventRecord<'_>) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let Ok(Value::Object(all)) = serde_json::to_value(record) else { return fields };
    for (name, value) in all.into_iter().filter(|(name, _)| !matches!(name.as_str(), "schema" | "text" | "status")) {
        match value {
            Value::Object(inner) => {
                fields.extend(inner.into_iter().filter_map(|(key, value)| field(&format!("{name}_{key}"), value)));
            }
            value => fields.extend(field(&name, value)),
        }
    }
    fields
}

fn field(path: &str, value: Value) -> Option<(String, String)> {
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some((format!("MPATH_{}", path.to_uppercase()), text))
}
