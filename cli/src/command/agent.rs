//! `mpath agent`: what happens to groups, for machines, and what is to be done about it. Runs in the foreground.

use std::time::{Duration, Instant};

use clap::Args;
use mpath_core::{Event, Millis};

use crate::ExitCode;
use crate::agent::{Ending, Hooked, Hooks, Log, LogChoice, Weight};
use crate::arguments::{Selection, duration};
use crate::context::Context;
use crate::error::CommandError;
use crate::feed::{Feed, News, Stamp};
use crate::look::devices;
use crate::output::Console;
use crate::platform;
use crate::watching::{Watch, Watched};

/// Tell machines what happens to groups, and keep their members in them
#[derive(Debug, Args)]
pub(crate) struct AgentArgs {
    #[command(flatten)]
    selection: Selection,
    /// Where to tell what happens
    #[arg(long, value_name = "WHERE", default_value = "auto")]
    log: LogChoice,
    /// End after this time; 0 is after the first look
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    limit: Option<Millis>,
}

/// All that gets to know of events.
struct Outlets {
    log: Log,
    hooks: Hooks,
}

impl AgentArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let configuration = context.configuration()?;
        let chosen = self.selection.all_by_default(&configuration.groups)?;
        let is_service = context.live.is_some() && std::env::var_os("SMF_FMRI").is_some();
        let log = Log::open(self.log, is_service).map_err(CommandError::log)?;
        let mut host = context.host()?;
        let chosen = devices(chosen, &host)?;
        let feed = Feed::of(host.backend.changes()?).map_err(CommandError::feed)?;
        let hooks = Hooks::of(&configuration.hooks, &feed.sender(), &mut Hooks::default())?;
        // What happened before anybody listened would not be told.
        host.look_again()?;
        let end = self.limit.map(|limit| Instant::now() + Duration::from(limit));
        let watch = Watch::new(host, context.receipts(), chosen);
        if context.live.is_some() {
            feed.serve_signals().map_err(CommandError::signals)?;
        }
        let mut agent = Agent { args: self, watch, feed, end, outlets: Outlets { log, hooks } };
        let ended = agent.serve(context);
        platform::stopping();
        agent.outlets.hooks.end();
        ended
    }
}

/// The agent at work.
struct Agent<'a> {
    args: &'a AgentArgs,
    watch: Watch,
    feed: Feed,
    end: Option<Instant>,
    outlets: Outlets,
}

impl Agent<'_> {
    fn serve(&mut self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let now = Stamp::now();
        let outlets = &self.outlets;
        self.watch.begin(|watched, event| outlets.tell(now, watched, event, &mut context.console));
        platform::ready("watching");
        let beat = platform::watchdog_interval();
        let mut next_beat = beat.map(|beat| Instant::now() + beat);
        loop {
            if let (Some(beat), Some(at)) = (beat, &mut next_beat)
                && *at <= Instant::now()
            {
                platform::watchdog();
                *at = Instant::now() + beat;
            }
            if !context.console.is_heard() || self.end.is_some_and(|end| end <= Instant::now()) {
                return Ok(ExitCode::Done);
            }
            let mut changed = None;
            let until = self.watch.next(self.end.into_iter().chain(next_beat).min());
            for news in self.feed.next(until) {
                match news {
                    News::Changed(stamp) => changed = Some(stamp),
                    News::Deaf(error) => return Err(error.into()),
                    News::Stop => return Ok(ExitCode::Done),
                    News::Reload => self.reload(context),
                    News::Hooked(hooked) => self.outlets.hooked(&hooked, &mut context.console),
                    News::Typed(_) => {}
                }
            }
            let (outlets, console) = (&self.outlets, &mut context.console);
            self.watch.follow(changed, |stamp, watched, event| outlets.tell(stamp, watched, event, console))?;
        }
    }

    /// Reads the configuration again. What is wrong is told, and the one that was read before stays.
    fn reload(&mut self, context: &mut Context<'_>) {
        match self.read_again(context) {
            Ok(()) => {
                let (outlets, now) = (&self.outlets, Stamp::now());
                let text = "the configuration was read again";
                outlets.log.say(Weight::Info, None, text, &mut context.console);
                self.watch.begin(|watched, event| outlets.tell(now, watched, event, &mut context.console));
            }
            Err(error) => {
                let text = format!("the configuration as it was before stays: {}", error.told.message);
                self.outlets.log.say(Weight::Error, None, &text, &mut context.console);
            }
        }
    }

    fn read_again(&mut self, context: &mut Context<'_>) -> Result<(), CommandError> {
        let configuration = context.configuration()?;
        let chosen = self.args.selection.all_by_default(&configuration.groups)?;
        self.watch.host.look_again()?;
        let chosen = devices(chosen, &self.watch.host)?;
        let hooks = Hooks::of(&configuration.hooks, &self.feed.sender(), &mut self.outlets.hooks)?;
        self.outlets.hooks = hooks;
        self.watch.choose(chosen);
        Ok(())
    }
}

impl Outlets {
    fn tell(&self, stamp: Stamp, watched: &Watched, event: &Event, console: &mut Console<'_>) {
        self.log.event(watched, event, stamp, console);
        for hook in self.hooks.tell(watched, event, stamp) {
            let text = format!("{} has too much to do: {} is dropped for it", hook.program(), event.word());
            self.log.say(Weight::Warning, Some(watched.group.name()), &text, console);
        }
    }

    /// Tells how a hook ended.
    fn hooked(&self, Hooked { hook, ending }: &Hooked, console: &mut Console<'_>) {
        let program = hook.program();
        let (weight, text, output) = match ending {
            Ending::Done { output } => (Weight::Info, None, output.as_str()),
            Ending::Failed { how, output } => (Weight::Warning, Some(how.clone()), output.as_str()),
            Ending::TimedOut { output } => {
                (Weight::Warning, Some(format!("took longer than {} and was killed", hook.timeout)), output.as_str())
            }
            Ending::NotRun { why } => (Weight::Error, Some(format!("was not run: {why}")), ""),
        };
        for line in output.lines() {
            self.log.say(weight, None, &format!("{program}: {line}"), console);
        }
        if let Some(text) = text {
            self.log.say(weight, None, &format!("{program} {text}"), console);
        }
    }
}
