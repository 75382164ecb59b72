//! A drill on this host: events brought about one after the other, with probes all the while.
//!
//! In: the [`Event`]s, a running [`Pulse`], and a journal. Out: a [`Course`], what was when. Whatever happens, the members
//! are put back afterwards; if this process is killed, by the next command, which finds the journal.

use std::collections::BTreeMap;
use std::time::Duration;

use mpath_core::apply::Watch as _;
use mpath_core::drill::{Carried, Deed, Event, Kind, Stuck, Timing};
use mpath_core::{Counters, InterfaceName};

use crate::error::one_line;
use crate::handover;
use crate::host::Host;
use crate::progress::Progress;
use crate::reach::Pulse;
use crate::signals::Signals;

/// How long a failure may take to be noticed, beside what the configuration promises: some cards tell late. All of it may
/// be outage.
const TO_FAIL: Duration = Duration::from_secs(3);

/// How often it is looked who carries the traffic.
const LOOK: Duration = Duration::from_millis(5);

/// What a drill is done with.
pub(crate) struct Drill<'d> {
    pub(crate) device: &'d InterfaceName,
    pub(crate) events: &'d [Event],
    /// What pulls the cable of each member, and what plugs it in.
    pub(crate) cut: &'d BTreeMap<InterfaceName, Vec<String>>,
    pub(crate) plug: &'d BTreeMap<InterfaceName, Vec<String>>,
    /// How long nothing happens between two events.
    pub(crate) rest: Duration,
    pub(crate) signals: &'d Signals,
}

/// What happened in an event.
pub(crate) struct Passed {
    pub(crate) event: Event,
    pub(crate) timing: Timing,
    pub(crate) carried: BTreeMap<InterfaceName, Carried>,
    /// Whether no probe was answered in the second half of it.
    pub(crate) silent: bool,
}

/// What was when.
#[derive(Default)]
pub(crate) struct Course {
    pub(crate) passed: Vec<Passed>,
    /// Who carried the traffic, each from a time on.
    pub(crate) active: Vec<(Duration, Option<InterfaceName>)>,
    /// Why it was broken off.
    pub(crate) broken_off: Option<String>,
    /// What to do about that.
    pub(crate) hint: Option<String>,
}

impl Drill<'_> {
    /// Lets everything happen. It ends at the first thing that goes wrong, or when a signal comes.
    pub(crate) fn run(&self, host: &mut Host, pulse: &mut dyn Pulse, progress: &mut Progress<'_, '_>) -> Course {
        let mut course = Course::default();
        self.look(host, pulse, &mut course);
        for (number, event) in self.events.iter().enumerate() {
            match self.event(number, event, host, pulse, progress, &mut course) {
                Ok(passed) => {
                    let in_time = passed.timing.reached.is_some();
                    if !in_time {
                        let stuck = Stuck::of(event, &host.snapshot, passed.silent);
                        let what = format!("{} {} took too long: {stuck}", event.kind, event.member);
                        (course.broken_off, course.hint) = (Some(what), stuck.hint());
                    }
                    course.passed.push(passed);
                }
                Err(why) => course.broken_off = Some(why),
            }
            if let Some(signal) = self.signals.caught() {
                (course.broken_off, course.hint) = (Some(signal.to_string()), None);
            } else if self.signals.hung_up() {
                course.broken_off = Some("the terminal is gone".to_owned());
            }
            if course.broken_off.is_some() {
                break;
            }
        }
        course
    }

    fn event(
        &self,
        number: usize,
        event: &Event,
        host: &mut Host,
        pulse: &mut dyn Pulse,
        progress: &mut Progress<'_, '_>,
        course: &mut Course,
    ) -> Result<Passed, String> {
        let members: Vec<_> = host.snapshot.members(self.device).map(|(name, _)| name.clone()).collect();
        let before = carried(&members, host);
        let patience = match event.kind {
            Kind::Fail => TO_FAIL,
            Kind::Handover | Kind::Restore => handover::patience(&host.snapshot, self.device),
        };
        let limit = patience + event.bound;
        if let Deed::Step(step) = &event.deed {
            progress.begin(number, step).map_err(|halt| halt.to_string())?;
        }
        let at = pulse.now();
        let none = vec![];
        match &event.deed {
            Deed::Step(step) => host.backend.execute(step).map_err(|error| format!("{step}: {}", one_line(&error)))?,
            Deed::Cut => handover::run(self.cut.get(&event.member).unwrap_or(&none))?,
            Deed::Plug => handover::run(self.plug.get(&event.member).unwrap_or(&none))?,
        }
        let mut reached = None;
        let mut quiet_since = None;
        let (mut answered, mut heard) = (pulse.answered(), at);
        // What was brought about, and then a rest, so that all that follows from it falls into this event.
        while quiet_since.is_none_or(|since| pulse.now() < since + self.rest) && !self.is_stopped() {
            self.look(host, pulse, course);
            if reached.is_none() && event.until.holds(self.device, &host.snapshot) {
                reached = Some(pulse.now());
                quiet_since = reached;
            }
            if reached.is_none() && pulse.now() > at + limit {
                break;
            }
            pulse.pass(LOOK);
            if pulse.answered() != answered {
                (answered, heard) = (pulse.answered(), pulse.now());
            }
        }
        let after = carried(&members, host);
        let carried = after.into_iter().map(|(member, after)| {
            let before = before.get(&member).copied().unwrap_or_default();
            let carried = Carried {
                sent: after.sent.saturating_sub(before.sent),
                received: after.received.saturating_sub(before.received),
            };
            (member, carried)
        });
        let end = pulse.now();
        let silent = heard < at + (end - at) / 2;
        let timing = Timing { at, reached, end };
        Ok(Passed { event: event.clone(), timing, carried: carried.collect(), silent })
    }

    fn is_stopped(&self) -> bool {
        self.signals.caught().is_some() || self.signals.hung_up()
    }

    /// Looks who carries the traffic. A look that fails is made up for by the next.
    fn look(&self, host: &mut Host, pulse: &dyn Pulse, course: &mut Course) {
        if host.look_again().is_err() {
            return;
        }
        let active = host.snapshot.group(self.device).and_then(|group| group.active.clone());
        if course.active.last().is_none_or(|(_, last)| *last != active) {
            course.active.push((pulse.now(), active));
        }
    }
}

/// What members have carried since they were made, where the platform tells.
fn carried(members: &[InterfaceName], host: &Host) -> BTreeMap<InterfaceName, Carried> {
    let told = members.iter().filter_map(|member| Some((member.clone(), host.backend.counters(member)?)));
    told.map(|(member, Counters { sent, received })| (member, Carried { sent, received })).collect()
}
