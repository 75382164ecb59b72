//! An event for programs: `mpath.event/1`.

use mpath_core::status::GroupHealth;
use mpath_core::{Event, InterfaceName};
use serde::Serialize;

use crate::feed::Stamp;
use crate::watching::Watched;

/// An event, as in `mpath.event/1`.
#[derive(Debug, Serialize)]
pub(crate) struct EventRecord<'a> {
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

impl<'a> EventRecord<'a> {
    /// An event of a group, and when the change behind it was heard of.
    pub(crate) fn new(watched: &'a Watched, event: &'a Event, stamp: Stamp) -> Self {
        let status = &watched.status;
        Self {
            schema: "mpath.event/1",
            time: format!("{:.6}", stamp.wall),
            monotonic: stamp.monotonic.as_secs_f64(),
            group: watched.group.name().as_str(),
            device: watched.device.as_str(),
            event,
            text: event.to_string(),
            now: Now { state: status.state, active: status.active.as_ref(), drift: status.drift },
        }
    }
}
