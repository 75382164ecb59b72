//! systemd: its journal, and what it wants to know of a service.

use std::io;
use std::time::Duration;

use log::kv::{Key, Source, Value, VisitSource};
use log::{Level, Record};
use sd_notify::NotifyState;
use systemd_journal_logger::{JournalLog, connected_to_journal};

use crate::agent::Weight;

/// The journal, by its own protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), which has fields.
pub(crate) struct Journal(JournalLog);

/// Fields and their texts.
struct Fields<'f>(&'f [(String, String)]);

impl Source for Fields<'_> {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn VisitSource<'kvs>) -> Result<(), log::kv::Error> {
        let mut fields = self.0.iter();
        fields.try_for_each(|(name, text)| visitor.visit_pair(Key::from_str(name), Value::from(text.as_str())))
    }
}

impl Journal {
    /// Whether standard error leads there (`JOURNAL_STREAM`, systemd.exec(5)).
    pub(crate) fn is_behind_stderr() -> bool {
        connected_to_journal()
    }

    /// Opens it.
    pub(crate) fn open() -> io::Result<Self> {
        Ok(Self(JournalLog::new()?.with_syslog_identifier("mpath".to_owned())))
    }

    /// Writes an entry.
    pub(crate) fn write(&self, weight: Weight, message: &str, fields: &[(String, String)]) -> io::Result<()> {
        // The priorities 3, 4 and 6 of syslog: what the crate makes of these levels.
        let level = match weight {
            Weight::Error => Level::Error,
            Weight::Warning => Level::Warn,
            Weight::Info => Level::Debug,
        };
        let fields = Fields(fields);
        self.0.journal_send(
            &Record::builder().level(level).target("mpath").key_values(&fields).args(format_args!("{message}")).build(),
        )
    }
}

/// Whether this process is a service whose lines are looked for in syslog. Here that is the journal, where there is one.
pub(crate) fn is_logged_by_syslog() -> bool {
    false
}

/// Tells that the service is at work (sd_notify(3)). Where nobody asked, nothing is told.
pub(crate) fn ready(status: &str) {
    // Whoever wanted to know it and does not hear it ends the service: there is nothing else to do about it.
    let _ = sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Tells that the service is about to end.
pub(crate) fn stopping() {
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
}

/// Tells that the service is alive.
pub(crate) fn watchdog() {
    let _ = sd_notify::notify(&[NotifyState::Watchdog]);
}

/// How often that is wanted: half of `WatchdogSec`, as sd_watchdog_enabled(3) recommends.
pub(crate) fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|time| time / 2)
}
