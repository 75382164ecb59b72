//! `mpath agent`: what happens to groups, for machines, and what is to be done about it. Runs in the foreground.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Args;
use mpath_core::Millis;

use crate::ExitCode;
use crate::agent::{
    Address, CarrierWatch, Converge, Convergence, Endpoint, Hooks, Log, LogChoice, Metrics, Outlets, Weight,
};
use crate::arguments::{Selection, duration};
use crate::context::Context;
use crate::error::{CommandError, ErrorText};
use crate::feed::{Feed, News, Stamp};
use crate::look::devices;
use crate::platform;
use crate::signals::Signals;
use crate::watching::Watch;

/// Tell machines what happens to groups, and keep their members in them
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath agent
      keep members in their groups, and tell what happens; systemd and SMF start it so
  mpath agent --converge off
      only tell
  mpath agent --metrics unix:/run/mpath/metrics.sock
      also serve metrics to Prometheus")]
pub(crate) struct AgentArgs {
    #[command(flatten)]
    selection: Selection,
    /// Where to tell what happens
    #[arg(long, value_name = "WHERE", default_value = "auto")]
    log: LogChoice,
    /// What to put right by itself in groups that are up
    #[arg(long, value_name = "WHAT", default_value = "members")]
    converge: Converge,
    /// Hand over as soon as the kernel tells that the active member has lost its link
    #[arg(long)]
    handover_on_carrier: bool,
    /// Serve metrics there: unix:/PATH, or a port of the loopback interface as in 127.0.0.1:9119
    #[arg(long, value_name = "ADDRESS")]
    metrics: Vec<Address>,
    /// Write the metrics into this file whenever they change, for node_exporter
    #[arg(long, value_name = "FILE")]
    textfile: Option<PathBuf>,
    /// End after this time; 0 is after the first look
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    limit: Option<Millis>,
}

impl AgentArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let configuration = context.configuration()?;
        let chosen = self.selection.all_by_default(&configuration.groups)?;
        let is_service = context.live.is_some() && platform::is_logged_by_syslog();
        let log = Log::open(self.log, is_service).map_err(CommandError::log)?;
        let mut host = context.host()?;
        let chosen = devices(chosen, &host)?;
        let feed = Feed::of(host.backend.changes()?).map_err(CommandError::feed)?;
        let hooks = Hooks::of(&configuration.hooks, &feed.sender(), &mut Hooks::default())?;
        if self.handover_on_carrier && host.backend.capabilities().rules.taken_out_of_use {
            return Err(no_early_handover(host.backend.capabilities().platform));
        }
        // What happened before anybody listened would not be told.
        host.look_again()?;
        let end = self.limit.map(|limit| Instant::now() + Duration::from(limit));
        let watch = Watch::new(host, context.receipts(), chosen);
        let signals = Signals::catch().map_err(CommandError::signals)?;
        if context.live.is_some() {
            feed.serve_signals().map_err(CommandError::signals)?;
        }
        let mut metrics = Metrics::new(Stamp::now());
        metrics.expect(watch.groups.iter().map(|watched| watched.group.name()), &configuration.hooks);
        let metrics = Arc::new(Mutex::new(metrics));
        let serve = |address: &Address| {
            Endpoint::serve(address, Arc::clone(&metrics)).map_err(|error| CommandError::metrics(address, error))
        };
        let _endpoints = self.metrics.iter().map(serve).collect::<Result<Vec<_>, _>>()?;
        let outlets = Outlets { log, hooks, metrics, textfile: self.textfile.clone(), textfile_fails: None };
        let convergence = Convergence::new(self.converge);
        let carrier = self.handover_on_carrier.then(CarrierWatch::default);
        let mut agent = Agent { args: self, watch, feed, end, outlets, convergence, carrier, signals };
        let ended = agent.serve(context);
        platform::stopping();
        agent.outlets.hooks.end();
        ended
    }
}

/// The refusal of a hand-over where there is nothing that it could be earlier than.
fn no_early_handover(platform: &str) -> CommandError {
    let message = format!("--handover-on-carrier is not for {platform}, which acts on a lost link at once by itself");
    let hint = Some("leave it out".to_owned());
    CommandError { code: ExitCode::NotSupported, told: ErrorText { message, causes: vec![], hint }, config: None }
}

/// The agent at work.
struct Agent<'a> {
    args: &'a AgentArgs,
    watch: Watch,
    feed: Feed,
    end: Option<Instant>,
    outlets: Outlets,
    convergence: Convergence,
    carrier: Option<CarrierWatch>,
    signals: Signals,
}

impl Agent<'_> {
    fn serve(&mut self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let now = Stamp::now();
        let outlets = &self.outlets;
        self.watch.begin(|watched, event| outlets.tell(now, watched, event, &mut context.console));
        platform::ready("watching");
        let beat = platform::watchdog_interval();
        let mut next_beat = beat.map(|beat| Instant::now() + beat);
        let mut everything = true;
        loop {
            if everything || self.convergence.next().is_some_and(|at| at <= Instant::now()) {
                self.convergence.work(&mut self.watch, &mut self.outlets, &self.signals, context);
            }
            self.watch.groups.iter().for_each(|watched| self.outlets.metrics().update(watched));
            self.outlets.write(&mut context.console);
            if let (Some(beat), Some(at)) = (beat, &mut next_beat)
                && *at <= Instant::now()
            {
                platform::watchdog();
                *at = Instant::now() + beat;
            }
            if !context.console.is_heard() || self.end.is_some_and(|end| end <= Instant::now()) {
                return Ok(ExitCode::Done);
            }
            let handover = self.carrier.as_ref().and_then(|carrier| carrier.next(&self.watch));
            let others = [self.end, next_beat, self.convergence.next(), handover];
            let mut changed = None;
            for news in self.feed.next(self.watch.next(others.into_iter().flatten().min())) {
                match news {
                    News::Changed(stamp) => changed = Some(stamp),
                    News::Deaf(error) => return Err(error.into()),
                    News::Stop => return Ok(ExitCode::Done),
                    News::Reload => self.reload(context),
                    News::Hooked(hooked) => self.outlets.hooked(&hooked, &mut context.console),
                    News::Typed(_) => {}
                }
            }
            if let Some(carrier) = &mut self.carrier
                && (changed.is_some() || handover.is_some_and(|at| at <= Instant::now()))
            {
                carrier.work(&mut self.watch, &mut self.outlets, &mut context.console)?;
            }
            let (outlets, console) = (&self.outlets, &mut context.console);
            everything =
                self.watch.follow(changed, |stamp, watched, event| outlets.tell(stamp, watched, event, console))?;
        }
    }

    /// Reads the configuration again. What is wrong is told, and the one that was read before stays.
    fn reload(&mut self, context: &mut Context<'_>) {
        match self.read_again(context) {
            Ok(()) => {
                let (outlets, now) = (&self.outlets, Stamp::now());
                let text = "the configuration was read again";
                outlets.say(Weight::Info, None, text, &mut context.console);
                outlets.metrics().configuration(true);
                self.watch.begin(|watched, event| outlets.tell(now, watched, event, &mut context.console));
            }
            Err(error) => {
                let text = format!("the configuration as it was before stays: {}", error.told.message);
                self.outlets.say(Weight::Error, None, &text, &mut context.console);
                self.outlets.metrics().configuration(false);
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
        let mut metrics = self.outlets.metrics();
        metrics.forget();
        metrics.expect(self.watch.groups.iter().map(|watched| watched.group.name()), &configuration.hooks);
        Ok(())
    }
}
