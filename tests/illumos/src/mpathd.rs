//! in.mpathd: its configuration, its view of the members, its decisions.

use serde::{Deserialize, Serialize};

use crate::state::State;

/// Where its messages go.
pub(crate) const MESSAGES: &str = "var/adm/messages";
/// /etc/default/mpathd as it is delivered (facts §4.2).
pub(crate) const DEFAULT_FILE: &str =
    "FAILURE_DETECTION_TIME=10000\nFAILBACK=yes\nTRACK_INTERFACES_ONLY_WITH_GROUPS=yes\n";

/// The daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mpathd {
    /// Whether it runs.
    pub running: bool,
    /// The members that it watches, the oldest first.
    pub members: Vec<Tracked>,
}

/// What it knows of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracked {
    /// The member.
    pub name: String,
    /// How it is.
    pub state: MemberState,
}

/// How a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberState {
    /// Just seen.
    Init,
    /// Well.
    Running,
    /// Failed.
    Failed,
    /// Taken out by if_mpadm.
    Offline,
    /// Nobody to probe.
    NoTargets,
}

pub(crate) fn stop(state: &mut State) {
    state.mpathd.running = false;
}

pub(crate) fn start(state: &mut State) {
    state.mpathd.running = true;
}
