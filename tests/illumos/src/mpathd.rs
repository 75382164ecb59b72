//! in.mpathd: its configuration, its view of the members, its decisions (facts §4).
//!
//! The view is brought up to date after each command and each event, at once; real ones take up to a second
//! (facts §11). Failure detection times do not adapt to round trips, and ungrouped interfaces are not watched.

mod decide;
mod probe;
mod watch;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::interface::Interface;
use crate::state::State;
pub(crate) use decide::{offline, undo_offline};
pub(crate) use probe::{probing, targets, test_address};
pub(crate) use watch::{next_event, sync};

/// Where its messages go (facts §4.5).
pub(crate) const MESSAGES: &str = "var/adm/messages";
/// Its configuration.
pub(crate) const FILE: &str = "etc/default/mpathd";
/// The configuration as it is delivered: the defaults (facts §4.2).
pub(crate) const DEFAULT_FILE: &str =
    "FAILURE_DETECTION_TIME=10000\nFAILBACK=yes\nTRACK_INTERFACES_ONLY_WITH_GROUPS=yes\n";

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
    /// Taken out by if_mpadm, or for its hardware address.
    Offline,
    /// It would probe, but there is nobody to probe.
    NoTargets,
}

/// What the daemon knows of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracked {
    /// The member.
    pub name: String,
    /// Its group.
    pub group: String,
    /// How it is.
    pub state: MemberState,
    /// Whether its link was up when last seen. Kept while it is offline (facts §3).
    pub link_up: bool,
    /// STANDBY when last seen.
    pub standby: bool,
    /// Whether it was functioning without INACTIVE when last seen.
    pub active: bool,
    /// Offline since another member has its hardware address.
    pub duplicate: bool,
    /// When the link came up, the last two times.
    pub ups: Vec<u64>,
    /// The flap guard holds the repair back.
    pub held: bool,
    /// Since when probes are answered.
    pub heard: Option<u64>,
    /// Since when they are not.
    pub lost: Option<u64>,
}

/// The daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mpathd {
    /// Whether it runs.
    pub running: bool,
    /// FAILBACK
    pub failback: bool,
    /// FAILURE_DETECTION_TIME in milliseconds.
    pub detection_time: u64,
    /// The groups, in the order in which it saw them.
    pub groups: Vec<String>,
    /// The members, in the order in which it saw them.
    pub members: Vec<Tracked>,
}

impl Mpathd {
    /// What it knows of a member.
    pub fn member(&self, name: &str) -> Option<&Tracked> {
        self.members.iter().find(|member| member.name == name)
    }

    fn member_mut(&mut self, name: &str) -> Option<&mut Tracked> {
        self.members.iter_mut().find(|member| member.name == name)
    }

    /// A group's members, the newest first: lists are made by insertion at the head (facts §3).
    pub(crate) fn in_group<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a Tracked> {
        self.members.iter().rev().filter(move |member| member.group == group)
    }
}

impl Tracked {
    /// Facts §4.4: well, or without targets and not FAILED.
    pub(crate) fn functioning(&self) -> bool {
        matches!(self.state, MemberState::Running | MemberState::NoTargets)
    }
}

/// Starts the daemon, which reads its file and sees the groups in the kernel's order.
pub fn start(state: &mut State) {
    if !state.mpathd.running {
        state.mpathd = Mpathd { running: true, ..Mpathd::default() };
        configure(state);
        sync(state);
    }
}

/// Kills it: what the kernel has stays as it is.
pub fn stop(state: &mut State) {
    state.mpathd = Mpathd::default();
}

/// SIGHUP: it reads its file again (facts §4.2). The real one executes itself anew and learns the members again.
pub(crate) fn hang_up(state: &mut State) {
    if state.mpathd.running {
        log(state, "SIGHUP: restart and reread config file");
        configure(state);
    }
}

fn configure(state: &mut State) {
    let text = state.files.get(FILE).cloned().unwrap_or_default();
    let value = |key: &str| {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| line.split_once('='))
            .filter(|(there, _)| there.trim() == key)
            .map(|(_, v)| v.trim())
            .next_back()
    };
    let given = value("FAILURE_DETECTION_TIME");
    let detection_time = match given.map(str::parse::<u64>) {
        Some(Ok(time)) if time < 100 => {
            let text = format!("Too small failure detection time of {time}, assuming minimum of 100 ms");
            log(state, &text);
            100
        }
        Some(Ok(time)) => time,
        _ => 10_000,
    };
    let failback = value("FAILBACK").is_none_or(|value| !value.eq_ignore_ascii_case("no"));
    state.mpathd.detection_time = detection_time;
    state.mpathd.failback = failback;
}

/// The group has another name.
pub(crate) fn renamed(state: &mut State, old: &str, new: &str) {
    for group in state.mpathd.groups.iter_mut().filter(|group| *group == old) {
        *group = new.to_owned();
    }
    for member in state.mpathd.members.iter_mut().filter(|member| member.group == old) {
        member.group = new.to_owned();
    }
}

fn log(state: &mut State, text: &str) {
    let messages = state.files.entry(MESSAGES.to_owned()).or_default();
    messages.push_str("in.mpathd: ");
    messages.push_str(text);
    messages.push('\n');
}

/// Whether a member would carry traffic if it had to (facts §3): functioning, with an address that is up.
pub(crate) fn usable(state: &State, member: &Tracked) -> bool {
    member.functioning() && state.interface(&member.name).is_some_and(Interface::has_up)
}

/// The words for every group, by name (facts §3).
pub(crate) fn group_states(state: &State) -> BTreeMap<String, &'static str> {
    let word = |group: &String| {
        let members: Vec<&Tracked> = state.mpathd.in_group(group).collect();
        let usable = members.iter().filter(|member| usable(state, member)).count();
        match usable {
            0 => "failed",
            all if all == members.len() => "ok",
            _ => "degraded",
        }
    };
    state.mpathd.groups.iter().map(|group| (group.clone(), word(group))).collect()
}
