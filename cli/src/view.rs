//! The live view of `mpath watch`: what is on the terminal, as a function of what is known.
//!
//! In: statuses, counters and texts, with the time at which they were so. Out: cells of a terminal. Knows no clock and
//! no terminal; [`Screen`] does.

mod screen;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use mpath_core::Counters;
use mpath_core::status::{GroupHealth, GroupStatus, MemberStatus};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Cell, Paragraph, Row, Table};

use crate::output::printable;
pub(crate) use screen::Screen;

/// How far back the timeline goes.
const TIMELINE: Duration = Duration::from_secs(300);
/// How many events are remembered: more than a terminal has lines.
const EVENTS: usize = 200;

/// What is known.
#[derive(Debug, Default)]
pub(crate) struct View {
    now: Duration,
    groups: Vec<Pane>,
    rates: BTreeMap<String, Rate>,
    events: VecDeque<String>,
}

/// A group.
#[derive(Debug)]
struct Pane {
    status: GroupStatus,
    /// Since when it has been in which state, the oldest first.
    past: VecDeque<(Duration, GroupHealth)>,
}

/// What an interface carries.
#[derive(Debug, Clone, Copy)]
struct Rate {
    counted: Counters,
    at: Duration,
    /// Bytes in a second, once it was counted twice.
    per_second: Option<Counters>,
}

impl View {
    /// Takes an event in.
    pub(crate) fn tell(&mut self, event: &str) {
        self.events.push_front(printable(event).into_owned());
        self.events.truncate(EVENTS);
    }

    /// Takes the groups in, as they are now.
    pub(crate) fn update<'s>(&mut self, statuses: impl Iterator<Item = &'s GroupStatus>, now: Duration) {
        self.now = now;
        let mut panes: BTreeMap<_, _> = self.groups.drain(..).map(|p| (p.status.name.to_string(), p.past)).collect();
        for status in statuses {
            let mut past = panes.remove(status.name.as_str()).unwrap_or_default();
            if past.back().map(|(_, state)| *state) != Some(status.state) {
                past.push_back((now, status.state));
            }
            // The last one before the beginning of the timeline is what it begins with.
            while past.get(1).is_some_and(|(since, _)| *since + TIMELINE < now) {
                past.pop_front();
            }
            self.groups.push(Pane { status: status.clone(), past });
        }
    }

    /// Takes in what interfaces have carried until now.
    pub(crate) fn count(&mut self, counters: impl Iterator<Item = (String, Counters)>, now: Duration) {
        let before = std::mem::take(&mut self.rates);
        for (name, counted) in counters {
            let rate = |then: &Rate| {
                let seconds = now.checked_sub(then.at).filter(|time| !time.is_zero())?.as_secs_f64();
                // An interface that was made anew begins at 0 again.
                let grown = |now: u64, then: u64| Some((now.checked_sub(then)? as f64 / seconds) as u64);
                let received = grown(counted.received, then.counted.received)?;
                Some(Counters { received, sent: grown(counted.sent, then.counted.sent)? })
            };
            let per_second = before.get(&name).and_then(rate);
            self.rates.insert(name, Rate { counted, at: now, per_second });
        }
    }

    /// Puts all of it on a terminal.
    pub(crate) fn draw(&self, frame: &mut Frame<'_>) {
        let heights = self.groups.iter().map(|pane| Constraint::Length(pane.height()));
        let [groups, events, keys] = Layout::vertical([
            Constraint::Length(self.groups.iter().map(Pane::height).sum()),
            Constraint::Min(3),
            Constraint::Length(1),
        ])
        .areas(frame.area());
        for (pane, area) in self.groups.iter().zip(Layout::vertical(heights).split(groups).iter()) {
            pane.draw(&self.rates, self.now, frame, *area);
        }
        let lines: Vec<_> = self.events.iter().map(|event| Line::raw(event.as_str())).collect();
        frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(" recent events ")), events);
        frame.render_widget(Line::styled(" q quits", Style::new().add_modifier(Modifier::DIM)), keys);
    }
}

impl Pane {
    /// Two lines of frame, one of the group, one above the members, one of the timeline.
    fn height(&self) -> u16 {
        u16::try_from(self.status.members.len()).unwrap_or(u16::MAX).saturating_add(5)
    }

    fn draw(&self, rates: &BTreeMap<String, Rate>, now: Duration, frame: &mut Frame<'_>, area: Rect) {
        let status = &self.status;
        let title = vec![
            Span::raw(format!(" {}: ", status.name)),
            Span::styled(status.state.word(), Style::new().fg(color(status.state)).add_modifier(Modifier::BOLD)),
            Span::raw(" "),
        ];
        let block = Block::bordered().title(Line::from(title));
        let inside = block.inner(area);
        frame.render_widget(block, area);
        let members = u16::try_from(status.members.len()).unwrap_or(u16::MAX).saturating_add(1);
        let [group, table, timeline] =
            Layout::vertical([Constraint::Length(1), Constraint::Length(members), Constraint::Length(1)]).areas(inside);

        let mut facts = format!("{} ({})", status.device, status.mode);
        if !status.addresses.is_empty() {
            facts += &format!("  {}", status.addresses.join(", "));
        }
        if status.drift > 0 && status.state != GroupHealth::Absent {
            facts += &format!("  drift {}", status.drift);
        }
        if let Some(rate) = rates.get(status.device.as_str()).and_then(|rate| rate.per_second) {
            facts += &format!("  in {}  out {}", in_words(rate.received), in_words(rate.sent));
        }
        frame.render_widget(Line::raw(printable(&facts).into_owned()), group);

        let widths = [
            Constraint::Min(12),
            Constraint::Length(9),
            Constraint::Length(10),
            Constraint::Length(7),
            Constraint::Length(12),
            Constraint::Length(12),
            Constraint::Length(8),
        ];
        let head = Row::new(["  MEMBER", "ROLE", "STATE", "LINK", "IN", "OUT", "FAILURES"])
            .style(Style::new().add_modifier(Modifier::DIM));
        let rows = status.members.iter().map(|member| row(member, rates.get(&member.name)));
        frame.render_widget(Table::new(rows, widths).header(head), table);
        frame.render_widget(self.timeline(now, timeline.width), timeline);
    }

    /// The last minutes, each cell the worst of its time.
    fn timeline(&self, now: Duration, width: u16) -> Line<'static> {
        const HEAD: &str = "-5 min ";
        const TAIL: &str = " now";
        let cells = u32::from(width).saturating_sub((HEAD.len() + TAIL.len()) as u32);
        let cell = |number: u32| {
            // Counted back from now, which may be less than that after the boot.
            let back = |cells_back: u32| now.checked_sub(TIMELINE * cells_back / cells);
            self.worst(back(cells - number).unwrap_or_default(), back(cells - number - 1)?)
        };
        let cells = (0..cells).map(|number| match cell(number) {
            None => Span::raw(" "),
            Some(state) => Span::styled(symbol(state), Style::new().fg(color(state))),
        });
        std::iter::once(Span::raw(HEAD)).chain(cells).chain([Span::raw(TAIL)]).collect()
    }

    /// The worst state within a time, if it is known.
    fn worst(&self, from: Duration, to: Duration) -> Option<GroupHealth> {
        let ends = self.past.iter().skip(1).map(|(since, _)| *since).chain([Duration::MAX]);
        let within = self.past.iter().zip(ends).filter(|((since, _), end)| *since <= to && *end > from);
        // They are in order from best to worst.
        within.map(|((_, state), _)| *state).max()
    }
}

fn row(member: &MemberStatus, rate: Option<&Rate>) -> Row<'static> {
    let rate = rate.and_then(|rate| rate.per_second);
    let words = |bytes: fn(Counters) -> u64| rate.map_or_else(|| "-".to_owned(), |rate| in_words(bytes(rate)));
    let state = match member.state {
        "ok" => Color::Green,
        "failed" => Color::Red,
        _ => Color::Yellow,
    };
    Row::new(vec![
        Cell::from(printable(&format!("{} {}", if member.active { "*" } else { " " }, member.name)).into_owned()),
        Cell::from(member.role.word()),
        Cell::from(member.state).style(Style::new().fg(state)),
        Cell::from(member.link.word()),
        Cell::from(words(|rate| rate.received)),
        Cell::from(words(|rate| rate.sent)),
        Cell::from(member.failures.to_string()),
    ])
}

/// Words, or at least signs, tell apart what colours do.
fn symbol(state: GroupHealth) -> &'static str {
    match state {
        GroupHealth::Ok => "─",
        GroupHealth::Drifted => "~",
        GroupHealth::Degraded => "▄",
        GroupHealth::Failed => "█",
        GroupHealth::Absent => "·",
    }
}

fn color(state: GroupHealth) -> Color {
    match state {
        GroupHealth::Ok => Color::Green,
        GroupHealth::Drifted | GroupHealth::Degraded => Color::Yellow,
        GroupHealth::Failed | GroupHealth::Absent => Color::Red,
    }
}

/// Bits in a second, with the prefixes that speeds of links have: 1000, not 1024.
fn in_words(bytes: u64) -> String {
    let mut bits = bytes as f64 * 8.0;
    for unit in ["bit/s", "kbit/s", "Mbit/s"] {
        if bits < 1000.0 {
            return if unit == "bit/s" { format!("{bits:.0} {unit}") } else { format!("{bits:.1} {unit}") };
        }
        bits /= 1000.0;
    }
    format!("{bits:.1} Gbit/s")
}
