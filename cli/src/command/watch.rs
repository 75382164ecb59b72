//! `mpath watch`: what happens to groups, as it happens. Changes nothing, and works for everybody.

use std::time::{Duration, Instant};

use clap::Args;
use mpath_core::event::{Event, between};
use mpath_core::status::{GroupHealth, GroupStatus};
use mpath_core::{Group, InterfaceName, Millis};
use ratatui::crossterm::event::{Event as Typed, KeyCode, KeyEventKind, KeyModifiers};
use serde::Serialize;

use crate::ExitCode;
use crate::arguments::{Selection, duration};
use crate::command::status::{PLAIN, health_style};
use crate::context::Context;
use crate::error::CommandError;
use crate::feed::{Feed, News, Stamp};
use crate::host::Host;
use crate::look::{devices, look};
use crate::output::Console;
use crate::receipts::ReceiptStore;
use crate::view::{Screen, View};

/// Show what happens to groups, as it happens
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    selection: Selection,
    /// End after this time; 0 is after the first look
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    limit: Option<Millis>,
}

/// The groups that are watched, and the host that they are on.
struct Watch<'g> {
    host: Host,
    receipts: ReceiptStore,
    groups: Vec<Watched<'g>>,
}

/// One of them, as of the last look.
struct Watched<'g> {
    group: &'g Group,
    device: InterfaceName,
    status: GroupStatus,
}

/// An event, as in `mpath.event/1`.
#[derive(Debug, Serialize)]
struct Record<'a> {
    schema: &'static str,
    time: String,
    monotonic: f64,
    group: &'a str,
    device: &'a str,
    #[serde(flatten)]
    event: &'a Event,
    text: String,
    now: Now<'a>,
}

/// A group after all that was found in the same look.
#[derive(Debug, Serialize)]
struct Now<'a> {
    state: GroupHealth,
    active: Option<&'a InterfaceName>,
    drift: usize,
}

/// How often the view counts bytes.
const SECOND: Duration = Duration::from_secs(1);

impl WatchArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        context.tell_unfinished();
        let configuration = context.configuration()?;
        let chosen = self.selection.all_by_default(&configuration.groups)?;
        let mut host = context.host()?;
        let chosen = devices(chosen, &host)?;
        let feed = Feed::of(host.backend.changes()?).map_err(CommandError::feed)?;
        // What happened before anybody listened would not be told.
        host.look_again()?;
        let end = self.limit.map(|limit| Instant::now() + Duration::from(limit));
        let receipts = context.receipts();
        let groups = chosen.into_iter().map(|(group, device)| {
            let status = look(group, device.clone(), &host, &receipts).status;
            Watched { group, device, status }
        });
        let groups = groups.collect();
        let mut watch = Watch { host, receipts, groups };
        let live = context.live.filter(|_| self.limit.is_none_or(|limit| limit.get() > 0));
        if let Some(live) = live {
            feed.stop_by_signals().map_err(CommandError::signals)?;
            if live.is_screen && !context.console.is_json() {
                feed.listen_to_terminal().map_err(CommandError::feed)?;
                return show(&mut watch, &feed, end);
            }
            feed.stop_with_reader().map_err(CommandError::feed)?;
        }
        tell(&mut watch, &feed, end, &mut context.console)
    }
}

impl Watch<'_> {
    /// The first event of each group.
    fn begin(&self) -> Vec<(usize, Event)> {
        let begin = |watched: &Watched<'_>| Event::Watching { status: Box::new(watched.status.clone()) };
        self.groups.iter().map(begin).enumerate().collect()
    }

    /// Looks again, and tells what has happened since the last look.
    fn look(&mut self) -> Result<Vec<(usize, Event)>, CommandError> {
        self.host.look_again()?;
        let mut events = Vec::new();
        for (number, watched) in self.groups.iter_mut().enumerate() {
            let status = look(watched.group, watched.device.clone(), &self.host, &self.receipts).status;
            events.extend(between(&watched.status, &status).into_iter().map(|event| (number, event)));
            watched.status = status;
        }
        Ok(events)
    }
}

/// Tells lines, for people or for programs, each as soon as it is known.
fn tell(
    watch: &mut Watch<'_>,
    feed: &Feed,
    end: Option<Instant>,
    console: &mut Console<'_>,
) -> Result<ExitCode, CommandError> {
    let (mut events, mut stamp) = (watch.begin(), Stamp::now());
    loop {
        for (number, event) in &events {
            line(&watch.groups[*number], event, stamp, console);
        }
        if !console.is_heard() || end.is_some_and(|end| end <= Instant::now()) {
            return Ok(ExitCode::Done);
        }
        let mut changed = None;
        for news in feed.next(end) {
            match news {
                News::Changed(stamp) => changed = Some(stamp),
                News::Deaf(error) => return Err(error.into()),
                News::Stop => return Ok(ExitCode::Done),
                News::Typed(_) => {}
            }
        }
        events = match changed {
            Some(heard) => {
                stamp = heard;
                watch.look()?
            }
            None => vec![],
        };
    }
}

fn line(watched: &Watched<'_>, event: &Event, stamp: Stamp, console: &mut Console<'_>) {
    let (group, status) = (watched.group.name().as_str(), &watched.status);
    if console.is_json() {
        console.record(&Record {
            schema: "mpath.event/1",
            time: format!("{:.6}", stamp.wall),
            monotonic: stamp.monotonic.as_secs_f64(),
            group,
            device: watched.device.as_str(),
            event,
            text: event.to_string(),
            now: Now { state: status.state, active: status.active.as_ref(), drift: status.drift },
        });
    } else {
        let style = match event {
            Event::Watching { .. } | Event::Ok | Event::Degraded | Event::Failed | Event::Absent => {
                health_style(status.state)
            }
            _ => PLAIN,
        };
        console.pieces(&[(PLAIN, format!("{} {group}: ", local(stamp))), (style, event.to_string())]);
    }
    console.flush();
}

/// A moment as people on this machine read it.
fn local(stamp: Stamp) -> impl std::fmt::Display {
    stamp.wall.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S.%3f")
}

/// Shows the groups on the whole terminal, until somebody ends it.
fn show(watch: &mut Watch<'_>, feed: &Feed, end: Option<Instant>) -> Result<ExitCode, CommandError> {
    let mut screen = Screen::open().map_err(CommandError::screen)?;
    let mut view = View::default();
    let (mut events, mut stamp) = (watch.begin(), Stamp::now());
    let mut count = Instant::now();
    loop {
        for (number, event) in &events {
            let watched = &watch.groups[*number];
            view.tell(&format!("{}  {}: {event}", local(stamp), watched.group.name()));
        }
        let now = Stamp::now().monotonic;
        if count <= Instant::now() {
            count = Instant::now() + SECOND;
            let names = watch.host.snapshot.interfaces.keys();
            view.count(names.filter_map(|name| Some((name.to_string(), watch.host.backend.counters(name)?))), now);
        }
        view.update(watch.groups.iter().map(|watched| &watched.status), now);
        screen.draw(&view).map_err(CommandError::screen)?;
        if end.is_some_and(|end| end <= Instant::now()) {
            return Ok(ExitCode::Done);
        }
        let mut changed = None;
        for news in feed.next(Some(end.map_or(count, |end| end.min(count)))) {
            match news {
                News::Changed(stamp) => changed = Some(stamp),
                News::Deaf(error) => return Err(error.into()),
                News::Stop => return Ok(ExitCode::Done),
                News::Typed(typed) if is_end(&typed) => return Ok(ExitCode::Done),
                // Whatever else it is, as a new size: the next turn draws anew.
                News::Typed(_) => {}
            }
        }
        events = match changed {
            Some(heard) => {
                stamp = heard;
                watch.look()?
            }
            None => vec![],
        };
    }
}

/// Whether it is `q`, Escape or Ctrl-C, which is a key like others while the terminal is ours.
fn is_end(typed: &Typed) -> bool {
    let Typed::Key(key) = typed else { return false };
    let is_control_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind != KeyEventKind::Release && (is_control_c || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc))
}
