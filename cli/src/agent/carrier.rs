//! A hand-over on the kernel's word that a link is gone, instead of at the next look of its own monitoring.
//!
//! In: what the last look showed. Out: [`Step::Activate`](mpath_core::Step::Activate)s. A loss that is over before the group's own monitoring has
//! seen it would leave the traffic where it is now, as nothing has failed in the eyes of the group: so it is given back here.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mpath_core::handover::{Handover, is_usable};
use mpath_core::settings::Failback;
use mpath_core::snapshot::MemberState;
use mpath_core::{BackendError, Group, GroupName, InterfaceName};

use super::{Outlets, Weight};
use crate::error::one_line;
use crate::handover::question;
use crate::host::Host;
use crate::output::Console;
use crate::watching::Watch;

/// What was handed over and is not known to the group's own monitoring yet.
struct Early {
    /// Who carried the traffic.
    from: InterfaceName,
    /// Who was given it.
    to: InterfaceName,
    /// Since when the former works again.
    back: Option<Instant>,
}

/// The memory of what was handed over.
#[derive(Default)]
pub(crate) struct CarrierWatch(BTreeMap<GroupName, Early>);

impl CarrierWatch {
    /// When there is something to do without any news.
    pub(crate) fn next(&self, watch: &Watch) -> Option<Instant> {
        let due = |(name, early): (&GroupName, &Early)| {
            let watched = watch.groups.iter().find(|watched| watched.group.name() == name)?;
            Some(early.back? + rest(&watched.group))
        };
        self.0.iter().filter_map(due).min()
    }

    /// Hands over where the active member has lost its link, and back where that was all too short.
    pub(crate) fn work(
        &mut self,
        watch: &mut Watch,
        outlets: &mut Outlets,
        console: &mut Console<'_>,
    ) -> Result<(), BackendError> {
        if !watch.host.glance()? {
            watch.host.look_again()?;
        }
        let (host, groups) = (&mut watch.host, &watch.groups);
        for watched in groups {
            let (group, device, name) = (&watched.group, &watched.device, watched.group.name());
            let asked = question(name, device, host);
            let from = asked.active().cloned();
            if let (Some(handover), Some(from)) = (asked.escape(), from) {
                let text = |to: &InterfaceName| format!("{from} has lost its link: the traffic is given to {to}");
                if let Some(to) = handed_over(&handover, name, host, outlets, console, text) {
                    self.0.insert(name.clone(), Early { from, to, back: None });
                }
            } else if let Some(early) = self.0.get_mut(name) {
                let is_over = early.is_over(group, device, host);
                if is_over || !early.is_due(group, host) {
                    if is_over {
                        self.0.remove(name);
                    }
                    continue;
                }
                if let Ok(handover) = asked.switch(Some(early.from.as_str()), false) {
                    let text = |to: &InterfaceName| {
                        format!("{to} had lost its link for a moment only: it gets the traffic back")
                    };
                    handed_over(&handover, name, host, outlets, console, text);
                }
                self.0.remove(name);
            }
        }
        Ok(())
    }
}

impl Early {
    /// Whether the group's own monitoring does the rest, or nothing is left to do.
    fn is_over(&self, group: &Group, device: &InterfaceName, host: &Host) -> bool {
        let active = host.snapshot.group(device).and_then(|group| group.active.as_ref());
        let state = host.snapshot.interface(&self.from).and_then(|interface| interface.membership()).map(|m| m.state);
        // `failing` is not yet seen: a link that is back by then is never said to have been gone (bond_miimon_inspect).
        let is_seen = !matches!(state, Some(MemberState::Ok | MemberState::Failing));
        // Only a primary that is always taken back would have kept the traffic.
        let returns = group.failback() == Failback::Always && group.primary() == Some(&self.from);
        active != Some(&self.to) || is_seen || !returns
    }

    /// Whether the former has worked again for long enough.
    fn is_due(&mut self, group: &Group, host: &Host) -> bool {
        if !is_usable(&host.snapshot, &self.from) {
            self.back = None;
            return false;
        }
        *self.back.get_or_insert_with(Instant::now) + rest(group) <= Instant::now()
    }
}

/// How long a link must be back: as long as the group itself would look at it.
fn rest(group: &Group) -> Duration {
    let link = group.detection().link();
    link.map_or(Duration::ZERO, |link| Duration::from(link.interval) + Duration::from(link.up_delay))
}

/// Does a hand-over and says so. Returns who carries the traffic now.
fn handed_over(
    handover: &Handover,
    name: &GroupName,
    host: &mut Host,
    outlets: &mut Outlets,
    console: &mut Console<'_>,
    text: impl Fn(&InterfaceName) -> String,
) -> Option<InterfaceName> {
    let to = handover.to.clone()?;
    // First what counts, then the words.
    let done = handover.steps.iter().try_for_each(|step| host.backend.execute(step));
    match done {
        Ok(()) => {
            outlets.say(Weight::Warning, Some(name), &text(&to), console);
            outlets.metrics().handover(name, "done");
            Some(to)
        }
        Err(error) => {
            // The group's own monitoring will find out by itself.
            outlets.say(Weight::Warning, Some(name), &format!("{to} cannot take over: {}", one_line(&error)), console);
            outlets.metrics().handover(name, "failed");
            None
        }
    }
}
