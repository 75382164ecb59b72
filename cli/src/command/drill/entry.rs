//! What a drill came to: the entry of `mpath.drill/1`, and the same for people.

use std::collections::BTreeMap;
use std::time::Duration;

use anstyle::Style;
use mpath_core::drill::{self, Carried, How, Probe, finding};
use mpath_core::{GroupName, InterfaceName};
use serde::Serialize;

use crate::drill::Passed;
use crate::error::ErrorText;
use crate::output::paint::{BAD, GOOD, PLAIN};
use crate::output::{Console, Table, Timeline};

/// What became of the drill of one group, as in `mpath.drill/1`.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    pub(super) name: GroupName,
    pub(super) device: InterfaceName,
    pub(super) how: How,
    pub(super) target: String,
    pub(super) probe: String,
    pub(super) interval_ms: f64,
    /// Whose the times of the answers are: `kernel`, or `process` where they are those at which they were read.
    pub(super) timestamps: &'static str,
    pub(super) events: Vec<EventEntry>,
    pub(super) longest_gap_ms: f64,
    pub(super) max_gap_ms: Option<f64>,
    pub(super) error: Option<ErrorText>,
    /// Commands that put back by hand what could not be.
    pub(super) left: Vec<String>,
}

/// One event.
#[derive(Debug, Serialize)]
pub(super) struct EventEntry {
    event: drill::Kind,
    member: InterfaceName,
    at_ms: f64,
    took_ms: Option<f64>,
    sent: usize,
    lost: usize,
    duplicated: usize,
    longest_gap_ms: f64,
    bound_ms: f64,
    within: bool,
    carried: BTreeMap<InterfaceName, Carried>,
}

/// Milliseconds, to the microsecond.
pub(super) fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// An event in words.
pub(super) fn told(kind: drill::Kind, member: &InterfaceName) -> String {
    match kind {
        drill::Kind::Handover => format!("hand-over to {member}"),
        kind => format!("{kind} {member}"),
    }
}

impl EventEntry {
    pub(super) fn of(passed: &Passed, probes: &[Probe], interval: Duration) -> Self {
        let Passed { event, timing, carried, .. } = passed;
        let found = finding(probes, timing, event.bound, interval);
        Self {
            event: event.kind,
            member: event.member.clone(),
            at_ms: ms(timing.at),
            took_ms: timing.reached.map(|reached| ms(reached.saturating_sub(timing.at))),
            sent: found.sent,
            lost: found.lost,
            duplicated: found.duplicated,
            longest_gap_ms: ms(found.longest_gap),
            bound_ms: ms(event.bound),
            within: found.within,
            carried: carried.clone(),
        }
    }

    pub(super) fn longest_gap(events: &[Self]) -> f64 {
        events.iter().map(|event| event.longest_gap_ms).fold(0.0, f64::max)
    }

    fn row(&self) -> Vec<(Style, String)> {
        let plain = |text: String| (PLAIN, text);
        let carried = self.carried.iter().filter(|(_, carried)| carried.sent > 0);
        let carried: Vec<_> = carried.map(|(member, carried)| format!("{member} {} B", carried.sent)).collect();
        vec![
            plain(format!("  {}", told(self.event, &self.member))),
            plain(format!("{:.1} s", self.at_ms / 1e3)),
            plain(self.sent.to_string()),
            plain(self.lost.to_string()),
            plain(self.duplicated.to_string()),
            (if self.within { GOOD } else { BAD }, format!("{:.1} ms", self.longest_gap_ms)),
            plain(format!("{} ms", self.bound_ms)),
            plain(self.took_ms.map_or_else(|| "-".to_owned(), |took| format!("{took:.0} ms"))),
            plain(if carried.is_empty() { "-".to_owned() } else { carried.join(", ") }),
        ]
    }
}

impl Entry {
    /// For people.
    pub(super) fn tell(&self, timeline: &Timeline<'_>, console: &mut Console<'_>) {
        if let Some(error) = &self.error {
            console.error(Some(self.name.as_str()), error);
        }
        if !console.is_quiet() {
            console.line(&format!("{} (times of answers: {})", timeline.title, self.timestamps));
            console.line("");
            let mut table =
                Table::new(&["  EVENT", "AT", "SENT", "LOST", "TWICE", "LONGEST GAP", "PROMISED", "TOOK", "SENT BY"]);
            self.events.iter().for_each(|event| table.row(event.row()));
            for line in table.lines() {
                console.pieces(&line);
            }
            console.line("");
            timeline.text().iter().for_each(|line| console.line(line));
            console.line("");
        }
        let most = self.max_gap_ms.map(|most| format!(" (allowed: {most} ms)")).unwrap_or_default();
        console.line(&format!("{}: the longest gap was {:.1} ms{most}", self.name, self.longest_gap_ms));
    }
}
