//! The network beyond the host, and one who asks there.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use mpath::reach::{Answer, Place, ProbeKind, Prober, Pulse, Target};
use mpath_core::InterfaceName;

use super::steady::Steady;

/// The network beyond the host: what answers there.
#[derive(Default)]
pub(crate) struct Beyond {
    /// When the probes of a drill are not answered.
    pub(crate) silent: RefCell<Range<Duration>>,
    /// Whether the caller may not ping.
    pub(crate) no_pings: Cell<bool>,
    /// Whether a target answers, as it is told, in the round of this number, from 0; all do where nothing is said.
    pub(crate) answers: RefCell<Option<Answers>>,
    /// The rounds until now: who was asked, and for how long.
    pub(crate) rounds: RefCell<Vec<(Vec<String>, Duration)>>,
}

/// Whether a target answers in a round.
type Answers = Box<dyn Fn(usize, &str) -> Answer>;

impl Beyond {
    /// Lets targets answer as it is told.
    pub(crate) fn answer(&self, answers: impl Fn(usize, &str) -> Answer + 'static) {
        self.answers.replace(Some(Box::new(answers)));
    }
}

/// The one who asks.
pub(super) struct Fake(pub(super) Rc<Beyond>);

impl Prober for Fake {
    fn resolve(&mut self, host: &str) -> std::io::Result<Vec<Place>> {
        match host {
            "nas" => Ok(vec![Place { address: [192, 168, 1, 9].into(), interface: None }]),
            _ => Err(std::io::Error::other("no such name")),
        }
    }

    fn ask(&mut self, targets: &[Target], limit: Duration, go_on: &dyn Fn() -> bool) -> Vec<Answer> {
        assert!(go_on());
        let round = self.0.rounds.borrow().len();
        self.0.rounds.borrow_mut().push((targets.iter().map(ToString::to_string).collect(), limit));
        let answers = self.0.answers.borrow();
        let answer = |target: &Target| answers.as_ref().map(|answer| answer(round, &target.to_string()));
        targets.iter().map(|target| answer(target).unwrap_or(Answer::Reached)).collect()
    }

    fn pulse(
        &mut self,
        _: ProbeKind,
        place: &Place,
        _: &InterfaceName,
        interval: Duration,
    ) -> std::io::Result<Box<dyn Pulse>> {
        if self.0.no_pings.get() {
            return Err(std::io::Error::from(std::io::ErrorKind::PermissionDenied));
        }
        assert!(place.interface.is_none());
        Ok(Box::new(Steady::new(interval, self.0.silent.borrow().clone(), true)))
    }
}
