//! `mpath drill`: members fail in turn and come back, and probes tell what is lost.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use mpath_core::drill::{self, Carried, Deed, How, Probe, finding};
use mpath_core::journal::Opening;
use mpath_core::snapshot::MemberState;
use mpath_core::{Group, InterfaceName, Millis, Step};
use serde::Serialize;

use crate::ExitCode;
use crate::arguments::Patience;
use crate::context::Context;
use crate::drill::{Course, Drill};
use crate::error::{CommandError, ErrorText};
use crate::handover;
use crate::host::Host;
use crate::output::report::GroupReport;
use crate::output::{Document, Table, Timeline};
use crate::progress::Progress;
use crate::reach::Place;
use crate::recovery;
use crate::selection::the_one;
use crate::signals::Signals;

/// Let members fail in turn and measure what is lost
#[derive(Debug, Args)]
pub(crate) struct DrillArgs {
    /// The group; the only one where none is given
    group: Option<String>,
    /// How members fail: switch hands the traffic over, admin switches them off, carrier pulls their cables
    #[arg(long, value_name = "WAY", default_value = "switch")]
    how: Way,
    /// What pulls the cable of a member, in words without a shell; {member} is its name
    #[arg(long, value_name = "COMMAND", required_if_eq("how", "carrier"))]
    cut: Option<String>,
    /// What plugs it in again; it must do no harm where it is plugged in
    #[arg(long, value_name = "COMMAND", required_if_eq("how", "carrier"))]
    plug: Option<String>,
    /// Whom to ask; the gateway where none is given
    #[arg(long, value_name = "ADDRESS", value_parser = place)]
    target: Option<Place>,
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

/// What became of the drill of one group, as in `mpath.drill/1`.
#[derive(Debug, Serialize)]
struct Entry {
    name: mpath_core::GroupName,
    device: InterfaceName,
    how: How,
    target: String,
    interval_ms: f64,
    /// Whose the times of the answers are: `kernel`, or `process` where they are those at which they were read.
    timestamps: &'static str,
    events: Vec<EventEntry>,
    longest_gap_ms: f64,
    max_gap_ms: Option<f64>,
    error: Option<ErrorText>,
    /// Commands that put back by hand what could not be.
    left: Vec<String>,
}

#[derive(Debug, Serialize)]
struct EventEntry {
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
fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// How long a member that recovers is waited for.
const RECOVERY: Duration = Duration::from_secs(5);
/// How long between two looks at it: the driver tells the end of a delay to nobody who listens.
const GLANCE: Duration = Duration::from_millis(20);

/// Whether a member of a device is on its way back.
fn recovers(device: &InterfaceName, host: &Host) -> bool {
    host.snapshot.members(device).any(|(_, member)| member.state == MemberState::Recovering)
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
        // Right after an `up` or a repair a member waits for its up-delay, and then works.
        let begin = Instant::now();
        while recovers(&device, host) && begin.elapsed() < RECOVERY {
            std::thread::sleep(GLANCE);
            host.look_again()?;
        }
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
        let mut pulse = context.prober.pulse(&target, interval).map_err(|error| {
            let hint = "a ping wants CAP_NET_RAW: run it as root".to_owned();
            failed(ExitCode::NotPermitted, format!("{target} cannot be asked: {error}"), Some(hint))
        })?;
        pulse.pass(rest);
        if pulse.answered() == 0 {
            let hint = Some("--target ADDRESS asks somebody else".to_owned());
            return Err(failed(ExitCode::Failed, format!("{name}: {target} does not answer before the drill"), hint));
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
            hint: None,
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
        let entry = self.entry(group, device, target.to_string(), stamped, &course, &probes, error, left);
        let timeline = Timeline {
            title: format!("{name}: drill by {how}, {target} asked every {}", self.interval),
            probes: &probes,
            active: &course.active,
            members,
            marks: course.passed.iter().map(|passed| (passed.timing.at, told(&passed.event))).collect(),
            end,
        };
        tell(&entry, &timeline, context);
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

    #[allow(clippy::too_many_arguments, reason = "what one drill comes to")]
    fn entry(
        &self,
        group: &Group,
        device: InterfaceName,
        target: String,
        stamped: bool,
        course: &Course,
        probes: &[Probe],
        error: Option<ErrorText>,
        left: Vec<String>,
    ) -> Entry {
        let events: Vec<_> = course
            .passed
            .iter()
            .map(|passed| {
                let found = finding(probes, &passed.timing, passed.event.bound, self.interval.into());
                EventEntry {
                    event: passed.event.kind,
                    member: passed.event.member.clone(),
                    at_ms: ms(passed.timing.at),
                    took_ms: passed.timing.reached.map(|reached| ms(reached.saturating_sub(passed.timing.at))),
                    sent: found.sent,
                    lost: found.lost,
                    duplicated: found.duplicated,
                    longest_gap_ms: ms(found.longest_gap),
                    bound_ms: ms(passed.event.bound),
                    within: found.within,
                    carried: passed.carried.clone(),
                }
            })
            .collect();
        Entry {
            name: group.name().clone(),
            device,
            how: self.how.into(),
            target,
            interval_ms: ms(self.interval.into()),
            timestamps: if stamped { "kernel" } else { "process" },
            longest_gap_ms: events.iter().map(|event| event.longest_gap_ms).fold(0.0, f64::max),
            max_gap_ms: self.max_gap.map(|gap| ms(gap.into())),
            events,
            error,
            left,
        }
    }
}

fn told(event: &drill::Event) -> String {
    match event.kind {
        drill::Kind::Handover => format!("hand-over to {}", event.member),
        kind => format!("{kind} {}", event.member),
    }
}

fn tell(entry: &Entry, timeline: &Timeline<'_>, context: &mut Context<'_>) {
    const PLAIN: Style = Style::new();
    const GOOD: Style = AnsiColor::Green.on_default();
    const BAD: Style = AnsiColor::Red.on_default();
    let console = &mut context.console;
    if let Some(error) = &entry.error {
        console.error(Some(entry.name.as_str()), error);
    }
    if !console.is_quiet() {
        console.line(&format!("{} (times of answers: {})", timeline.title, entry.timestamps));
        console.line("");
        let mut table =
            Table::new(&["  EVENT", "AT", "SENT", "LOST", "TWICE", "LONGEST GAP", "PROMISED", "TOOK", "SENT BY"]);
        for event in &entry.events {
            let plain = |text: String| (PLAIN, text);
            let what = match event.event {
                drill::Kind::Handover => format!("  hand-over to {}", event.member),
                kind => format!("  {kind} {}", event.member),
            };
            let carried: Vec<_> = event
                .carried
                .iter()
                .filter(|(_, carried)| carried.sent > 0)
                .map(|(member, carried)| format!("{member} {} B", carried.sent))
                .collect();
            table.row(vec![
                plain(what),
                plain(format!("{:.1} s", event.at_ms / 1e3)),
                plain(event.sent.to_string()),
                plain(event.lost.to_string()),
                plain(event.duplicated.to_string()),
                (if event.within { GOOD } else { BAD }, format!("{:.1} ms", event.longest_gap_ms)),
                plain(format!("{} ms", event.bound_ms)),
                plain(event.took_ms.map_or_else(|| "-".to_owned(), |took| format!("{took:.0} ms"))),
                plain(if carried.is_empty() { "-".to_owned() } else { carried.join(", ") }),
            ]);
        }
        for line in table.lines() {
            console.pieces(&line);
        }
        console.line("");
        timeline.text().iter().for_each(|line| console.line(line));
        console.line("");
    }
    let most = entry.max_gap_ms.map(|most| format!(" (allowed: {most} ms)")).unwrap_or_default();
    console.line(&format!("{}: the longest gap was {:.1} ms{most}", entry.name, entry.longest_gap_ms));
}
