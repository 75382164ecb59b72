//! `mpath watch`: what happens to groups, as it happens. Changes nothing, and works for everybody.

use std::time::{Duration, Instant};

use clap::Args;
use mpath_core::{Event, Millis};
use ratatui::crossterm::event::{Event as Typed, KeyCode, KeyEventKind, KeyModifiers};

use crate::ExitCode;
use crate::arguments::{Selection, duration};
use crate::context::Context;
use crate::error::CommandError;
use crate::feed::{Feed, News, Stamp};
use crate::look::devices;
use crate::output::paint::{PLAIN, health_style};
use crate::output::{Console, EventRecord};
use crate::view::{Screen, View};
use crate::watching::{Watch, Watched};

/// Show what happens to groups, as it happens
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath watch
      a view of all groups; q ends it
  mpath watch home-lan --json
      each event of one group as a line of JSON")]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    selection: Selection,
    /// End after this time; 0 is after the first look
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    limit: Option<Millis>,
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
        let mut watch = Watch::new(host, receipts, chosen);
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

/// Tells lines, for people or for programs, each as soon as it is known.
fn tell(
    watch: &mut Watch,
    feed: &Feed,
    end: Option<Instant>,
    console: &mut Console<'_>,
) -> Result<ExitCode, CommandError> {
    let now = Stamp::now();
    watch.begin(|watched, event| line(watched, event, now, console));
    loop {
        if !console.is_heard() || end.is_some_and(|end| end <= Instant::now()) {
            return Ok(ExitCode::Done);
        }
        let mut changed = None;
        for news in feed.next(watch.next(end)) {
            match news {
                News::Changed(stamp) => changed = Some(stamp),
                News::Deaf(error) => return Err(error.into()),
                News::Stop => return Ok(ExitCode::Done),
                // Nobody brings any of these here.
                News::Reload | News::Hooked(_) | News::Typed(_) => {}
            }
        }
        watch.follow(changed, |stamp, watched, event| line(watched, event, stamp, console))?;
    }
}

fn line(watched: &Watched, event: &Event, stamp: Stamp, console: &mut Console<'_>) {
    if console.is_json() {
        console.record(&EventRecord::new(watched, event, stamp));
    } else {
        let style = match event {
            Event::Watching { .. } | Event::Ok | Event::Degraded | Event::Failed | Event::Absent => {
                health_style(watched.status.state)
            }
            _ => PLAIN,
        };
        console.pieces(&[(PLAIN, format!("{} {}: ", stamp.local(), watched.group.name())), (style, event.to_string())]);
    }
    console.flush();
}

/// Shows the groups on the whole terminal, until somebody ends it.
fn show(watch: &mut Watch, feed: &Feed, end: Option<Instant>) -> Result<ExitCode, CommandError> {
    let mut screen = Screen::open().map_err(CommandError::screen)?;
    let mut view = View::default();
    let told = |stamp: Stamp, watched: &Watched, event: &Event| {
        format!("{}  {}: {event}", stamp.local(), watched.group.name())
    };
    let now = Stamp::now();
    watch.begin(|watched, event| view.tell(&told(now, watched, event)));
    let mut count = Instant::now();
    loop {
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
        for news in feed.next(watch.next(Some(end.map_or(count, |end| end.min(count))))) {
            match news {
                News::Changed(stamp) => changed = Some(stamp),
                News::Deaf(error) => return Err(error.into()),
                News::Stop => return Ok(ExitCode::Done),
                News::Typed(typed) if is_end(&typed) => return Ok(ExitCode::Done),
                // Whatever else it is, as a new size: the next turn draws anew.
                News::Reload | News::Hooked(_) | News::Typed(_) => {}
            }
        }
        watch.follow(changed, |stamp, watched, event| view.tell(&told(stamp, watched, event)))?;
    }
}

/// Whether it is `q`, Escape or Ctrl-C, which is a key like others while the terminal is ours.
fn is_end(typed: &Typed) -> bool {
    let Typed::Key(key) = typed else { return false };
    let is_control_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind != KeyEventKind::Release && (is_control_c || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc))
}
