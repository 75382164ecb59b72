//! Colours: whether there are any, and which one means what.

use anstyle::{AnsiColor, Style};
use mpath_core::finding::Severity;
use mpath_core::status::GroupHealth;

use super::printable::printable;

/// Whether colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// They are.
    Yes,
    /// They are not.
    No,
}

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const QUIET: Style = Style::new().dimmed();

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const NOTE: Style = AnsiColor::Cyan.on_default();

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const FAIR: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();

/// How a finding that is so bad is painted.
pub(crate) fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Error => ERROR,
        Severity::Warning => WARNING,
        Severity::Note => NOTE,
    }
}

/// How a group that does so well is painted.
pub(crate) fn health_style(health: GroupHealth) -> Style {
    match health {
        GroupHealth::Ok => GOOD,
        GroupHealth::Drifted | GroupHealth::Degraded => FAIR,
        GroupHealth::Failed | GroupHealth::Absent => BAD,
    }
}

/// Pieces as they are written, harmless.
pub(super) fn painted(pieces: &[(Style, String)], paint: Paint) -> String {
    let piece = |(style, text): &(Style, String)| match paint {
        Paint::Yes if !text.is_empty() => format!("{style}{}{style:#}", printable(text)),
        _ => printable(text).into_owned(),
    };
    pieces.iter().map(piece).collect()
}
