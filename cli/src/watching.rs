//! Groups that are watched: what has happened to them since the last look.
//!
//! In: the word that the host has changed. Out: [`Event`]s, told as soon as they are known. `watch` shows them to people, `agent`
//! passes them on to machines.

use std::time::{Duration, Instant};

use mpath_core::event::{Event, between};
use mpath_core::status::GroupStatus;
use mpath_core::{Group, InterfaceName};

use crate::error::CommandError;
use crate::feed::Stamp;
use crate::host::Host;
use crate::look::look;
use crate::receipts::ReceiptStore;

/// The groups that are watched, and the host that they are on.
pub(crate) struct Watch {
    pub(crate) host: Host,
    receipts: ReceiptStore,
    pub(crate) groups: Vec<Watched>,
    /// The look at everything that is still to come after a glance.
    due: Option<Due>,
}

/// A look that is still to come.
#[derive(Debug, Clone, Copy)]
struct Due {
    at: Instant,
    /// It is not put off beyond this.
    latest: Instant,
    /// When the change was heard of.
    stamp: Stamp,
}

/// One of them, as of the last look.
pub(crate) struct Watched {
    pub(crate) group: Group,
    pub(crate) device: InterfaceName,
    pub(crate) status: GroupStatus,
}

/// How long nothing may have changed before everything is looked at, and how long that is waited for.
const QUIET: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_millis(200);

impl Watch {
    /// Watches these groups from now on.
    pub(crate) fn new(mut host: Host, receipts: ReceiptStore, chosen: Vec<(&Group, InterfaceName)>) -> Self {
        host.measure();
        let mut watch = Self { host, receipts, groups: vec![], due: None };
        watch.choose(chosen);
        watch
    }

    /// Watches other groups from now on.
    pub(crate) fn choose(&mut self, chosen: Vec<(&Group, InterfaceName)>) {
        let memories = self.receipts.open();
        let watched = |(group, device): (&Group, InterfaceName)| {
            let status = look(group, device.clone(), &self.host, &memories).status;
            Watched { group: group.clone(), device, status }
        };
        self.groups = chosen.into_iter().map(watched).collect();
    }

    /// Tells the first event of each group.
    pub(crate) fn begin(&self, mut tell: impl FnMut(&Watched, &Event)) {
        for watched in &self.groups {
            tell(watched, &watched.first_event());
        }
    }

    /// Tells what has happened since the last look, and whether everything was looked at. A glance shows a failover at
    /// once; all else is looked at when nothing has changed for a moment, since the next change may be the failover.
    pub(crate) fn follow(
        &mut self,
        changed: Option<Stamp>,
        mut tell: impl FnMut(Stamp, &Watched, &Event),
    ) -> Result<bool, CommandError> {
        let now = Instant::now();
        if let Some(stamp) = changed {
            let latest = self.due.map_or(now + PATIENCE, |due| due.latest);
            self.due = Some(Due { at: (now + QUIET).min(latest), latest, stamp });
            if self.host.glance()? {
                self.compare(&mut |watched, event| tell(stamp, watched, event));
            } else {
                self.due = Some(Due { at: now, latest, stamp });
            }
        }
        let Some(due) = self.due.filter(|due| due.at <= now) else { return Ok(false) };
        self.host.look_again()?;
        self.due = None;
        self.compare(&mut |watched, event| tell(due.stamp, watched, event));
        Ok(true)
    }

    /// When there is something to do without any news.
    pub(crate) fn next(&self, end: Option<Instant>) -> Option<Instant> {
        self.due.map(|due| due.at).into_iter().chain(end).min()
    }

    fn compare(&mut self, tell: &mut impl FnMut(&Watched, &Event)) {
        let memories = self.receipts.open();
        for watched in &mut self.groups {
            let status = look(&watched.group, watched.device.clone(), &self.host, &memories).status;
            let events = between(&watched.status, &status);
            watched.status = status;
            events.iter().for_each(|event| tell(watched, event));
        }
    }
}

impl Watched {
    /// How it is doing, as an event.
    pub(crate) fn first_event(&self) -> Event {
        Event::Watching { status: Box::new(self.status.clone()) }
    }
}
