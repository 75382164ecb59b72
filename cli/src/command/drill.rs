//! `mpath drill`: members fail in turn and come back, and probes tell what is lost.

mod entry;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use mpath_core::drill::{self, Deed, How};
use mpath_core::journal::Opening;
use mpath_core::snapshot::MemberState;
use mpath_core::{Group, InterfaceName, Millis, Step};

use crate::ExitCode;
use crate::arguments::Patience;
use crate::context::Context;
use crate::drill::Drill;
use crate::error::{CommandError, ErrorText};
use crate::feed::{Feed, News};
use crate::handover;
use crate::host::Host;
use crate::output::report::GroupReport;
use crate::output::{Document, Timeline};
use crate::progress::Progress;
use crate::reach::{Place, ProbeKind};
use crate::recovery;
use crate::selection::the_one;
use crate::signals::Signals;
use entry::{Entry, EventEntry, ms, told};

/// Let members fail in turn and measure what is lost
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath drill home-lan
      hand the traffic round and back, and tell what was lost
  mpath drill --rest 500ms --max-gap 1s --json
      for scripts: exit with 11 when the traffic stood still for longer than 1 s
  mpath drill home-lan --how carrier --cut 'switch-port {member} off' --plug 'switch-port {member} on'
      pull cables by a program of yours, here called switch-port")]
pub(crate) struct DrillArgs {
    /// The group; the only one where none is given
    group: Option<String>,
    /// How members fail: switch hands the traffic over, admin switches them off, carrier pulls their cables
    #[arg(long, value_name = "WAY", default_value = "switch")]
    how: Way,
    /// What pulls the cable of a member within 60 s, in words without a shell; {member} is its name
    #[arg(long, value_name = "COMMAND", required_if_eq("how", "carrier"))]
    cut: Option<String>,
    /// What plugs it in again; it must do no harm where it is plugged in
    #[arg(long, value_name = "COMMAND", required_if_eq("how", "carrier"))]
    plug: Option<String>,
    /// Whom to ask; the gateway where none is given
    #[arg(long, value_name = "ADDRESS", value_parser = place)]
    target: Option<Place>,
    /// What is sent to it: icmp, arp (for IPv6 a neighbor solicitation), or tcp:PORT
    #[arg(long, value_name = "KIND", default_value = "icmp", value_parser = str::parse::<ProbeKind>)]
    probe: ProbeKind,
    /// The time between two probes, 1ms to 1s
    #[arg(long, value_name = "TIME", default_value = "10ms", value_parser = interval)]
    interval: Millis,
    /// The time in which nothing happens before, between and after the events
    #[arg(long, value_name = "TIME", default_value = "1s")]
    rest: Millis,
    /// Exit with 11 when the traffic stood still for longer
    #[arg(long, value_name = "TIME")]
    max_gap: Option<Millis>,
    /// Draw the course into this file, as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    patience: Patience,
}

/// How members fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    Switch,
    Admin,
    Carrier,
}

impl From<Way> for How {
    fn from(way: Way) -> Self {
        match way {
            Way::Switch => Self::Switch,
            Way::Admin => Self::Admin,
            Way::Carrier => Self::Carrier,
        }
    }
}

fn place(text: &str) -> Result<Place, String> {
    Place::parse(text).ok_or_else(|| "an address is needed, as in 192.0.2.1, 2001:db8::1 or fe80::1%eth0".to_owned())
}

fn interval(text: &str) -> Result<Millis, String> {
    let interval: Millis = text.parse().map_err(|error: mpath_core::millis::MillisError| error.to_string())?;
    if (1..=1000).contains(&interval.get()) { Ok(interval) } else { Err("1ms to 1s are possible".to_owned()) }
}

/// How long a member that recovers is waited for.
const RECOVERY: Duration = Duration::from_secs(5);

/// Waits while a member of a device is on its way back: right after an `up` or a repair it waits for its up-delay, and
/// then works.
fn settle(device: &InterfaceName, signals: &Signals, host: &mut Host) -> Result<(), CommandError> {
    let recovers =
        |host: &Host| host.snapshot.members(device).any(|(_, member)| member.state == MemberState::Recovering);
    if !recovers(host) {
        return Ok(());
    }
    let feed = Feed::of(host.backend.changes()?).map_err(CommandError::feed)?;
    feed.stop_by_signals().map_err(CommandError::feed)?;
    let end = Instant::now() + RECOVERY;
    loop {
        // The first time too: what happened before anybody listened would not be told.
        host.look_again()?;
        if let Some(signal) = signals.caught() {
            return Err(failed(ExitCode::Failed, signal.to_string(), None));
        }
        if !recovers(host) || end <= Instant::now() {
            return Ok(());
        }
        for news in feed.next(Some(end)) {
            if let News::Deaf(error) = news {
                return Err(error.into());
            }
        }
    }
}

fn failed(code: ExitCode, message: String, hint: Option<String>) -> CommandError {
    CommandError { code, told: ErrorText { message, causes: vec![], hint }, config: None }
}

impl DrillArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let groups = context.configuration()?.groups;
        let group = the_one(self.group.as_deref(), &groups, "drill")?;
        let _lock = context.lock(&self.patience)?;
        let signals = Signals::catch().map_err(CommandError::signals)?;
        let mut host = context.host()?;
        let stuck = recovery::settle(&mut host, context);
        if let Some(report) = stuck.into_iter().find(|report| report.name == *group.name()) {
            return Ok(super::confirm::tell(vec![report], context));
        }
        self.drill(group, &signals, &mut host, context)
    }

    fn drill(
        &self,
        group: &Group,
        signals: &Signals,
        host: &mut Host,
        context: &mut Context<'_>,
    ) -> Result<ExitCode, CommandError> {
        let (name, how) = (group.name(), self.how.into());
        let device = host.backend.capabilities().device_of(group);
        let device = device.map_err(|reason| {
            let refusal = mpath_core::refusal::Refusal::DeviceName { reason };
            failed(ExitCode::NotSupported, refusal.to_string(), None)
        })?;
        settle(&device, signals, host)?;
        let events = drill::events(handover::question(name, &device, host), how).map_err(|why| {
            let code = match &why {
                drill::NoDrill::Handover(why) => super::switch::code_of(why),
                drill::NoDrill::Unsupported { .. } => ExitCode::NotSupported,
                drill::NoDrill::Unusable { .. } | drill::NoDrill::TooFew { .. } => ExitCode::Failed,
            };
            failed(code, format!("{name}: {why}"), Some(why.hint()))
        })?;
        let members: Vec<_> = host.snapshot.members(&device).map(|(member, _)| member.clone()).collect();
        let hooks = |command: &Option<String>| {
            let words = |member: &InterfaceName| {
                let words = command.as_deref().unwrap_or_default().split_whitespace();
                words.map(|word| word.replace("{member}", member.as_str())).collect()
            };
            let of_each = members.iter().map(|member| (member.clone(), words(member)));
            if how == How::Carrier { of_each.collect() } else { BTreeMap::<_, Vec<String>>::new() }
        };
        let (cut, plug) = (hooks(&self.cut), hooks(&self.plug));
        let target = self.target_of(group, &device, host)?;
        let (interval, rest) = (self.interval.into(), self.rest.into());
        let pulse = context.prober.pulse(self.probe, &target, &device, interval);
        let mut pulse = pulse.map_err(|error| self.cannot_ask(&target, &error))?;
        pulse.pass(rest);
        if pulse.answered() == 0 {
            let hint = match self.probe {
                ProbeKind::Arp => "only who is on the same segment answers; --target ADDRESS asks somebody else",
                ProbeKind::Tcp(_) => "--target ADDRESS asks somebody else; some hosts answer only at open ports",
                ProbeKind::Icmp => "--target ADDRESS asks somebody else, --probe arp or --probe tcp:PORT otherwise",
            };
            let message = format!("{name}: {target} does not answer before the drill ({})", self.probe);
            return Err(failed(ExitCode::Failed, message, Some(hint.to_owned())));
        }
        let steps: Vec<Step> = events
            .iter()
            .filter_map(|event| match &event.deed {
                Deed::Step(step) => Some(step.clone()),
                Deed::Cut | Deed::Plug => None,
            })
            .collect();
        let opening = Opening::of_handover(name, &device, &steps, plug.clone(), &host.snapshot);
        let extent = opening.extent.clone();
        let mut journal = context.journals().open(opening)?;
        let mut progress = Progress::new(name, &steps, host, &mut context.console).written_to(&mut journal);
        let drill = Drill { device: &device, events: &events, cut: &cut, plug: &plug, rest, signals };
        let stamped = pulse.is_stamped();
        let mut course = drill.run(host, &mut *pulse, &mut progress);
        let end = pulse.now();
        let back = handover::put_back(name, &extent, &plug, host, &mut progress);
        let probes = pulse.end();
        let mut error = course.broken_off.take().map(|why| ErrorText {
            message: format!("the drill was broken off: {why}"),
            causes: vec![],
            hint: course.hint.take(),
        });
        let (mut left, mut code) = (vec![], ExitCode::Failed);
        match back {
            Ok(()) => journal.close()?,
            Err(not_back) => {
                let report = handover::tell(GroupReport::new(name, Some(&device)), not_back, host);
                context.console.group(&report);
                (left, error, code) = (report.left, report.error, report.code);
            }
        }
        let events: Vec<_> = course.passed.iter().map(|passed| EventEntry::of(passed, &probes, interval)).collect();
        let entry = Entry {
            name: name.clone(),
            device,
            how,
            target: target.to_string(),
            probe: self.probe.to_string(),
            interval_ms: ms(interval),
            timestamps: if stamped { "kernel" } else { "process" },
            longest_gap_ms: EventEntry::longest_gap(&events),
            max_gap_ms: self.max_gap.map(|gap| ms(gap.into())),
            events,
            error,
            left,
        };
        let timeline = Timeline {
            title: format!("{name}: drill by {how}, {target} asked by {} every {}", self.probe, self.interval),
            probes: &probes,
            active: &course.active,
            members,
            marks: course
                .passed
                .iter()
                .map(|passed| (passed.timing.at, told(passed.event.kind, &passed.event.member)))
                .collect(),
            end,
        };
        entry.tell(&timeline, &mut context.console);
        if let Some(file) = &self.svg {
            std::fs::write(file, timeline.svg())
                .map_err(|error| failed(ExitCode::Failed, format!("cannot write {}: {error}", file.display()), None))?;
        }
        let too_long = entry.max_gap_ms.is_some_and(|most| entry.longest_gap_ms > most);
        let code = match &entry.error {
            Some(_) => code,
            None if too_long => ExitCode::TooLong,
            None => ExitCode::Done,
        };
        if context.console.is_json() {
            context.console.document(&Document { schema: "mpath.drill/1", groups: vec![entry] });
        }
        Ok(code)
    }

    /// Why nothing can be sent to a target.
    fn cannot_ask(&self, target: &Place, error: &io::Error) -> CommandError {
        let (code, hint) = match error.kind() {
            io::ErrorKind::Unsupported => (ExitCode::NotSupported, Some("--probe icmp and --probe tcp:PORT work here")),
            io::ErrorKind::PermissionDenied => (ExitCode::NotPermitted, Some("it wants CAP_NET_RAW: run it as root")),
            _ => (ExitCode::Failed, None),
        };
        let message = format!("{target} cannot be asked by {}: {error}", self.probe);
        failed(code, message, hint.map(str::to_owned))
    }

    /// Whom to ask: who is named, or the next hop of the group's default route.
    fn target_of(&self, group: &Group, device: &InterfaceName, host: &Host) -> Result<Place, CommandError> {
        let of_file = || group.addressing().gateways.first().map(|gateway| Place::on(*gateway, device));
        let of_host = || {
            let mut routes = host.snapshot.interface(device)?.routes.iter();
            let next = routes.find(|route| route.is_default()).and_then(|route| route.via)?;
            Some(Place::on(next, device))
        };
        self.target.clone().or_else(of_file).or_else(of_host).ok_or_else(|| {
            let hint = Some("name somebody beyond the switch: --target ADDRESS".to_owned());
            failed(ExitCode::Failed, format!("{} has no gateway to ask", group.name()), hint)
        })
    }
}
