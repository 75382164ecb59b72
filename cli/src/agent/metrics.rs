//! What the agent counts, as OpenMetrics text: `docs/reference/metrics.md`.
//!
//! In: statuses of groups, and what happened. Out: text for whoever asks, and a file for node_exporter.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use mpath_core::status::{GroupHealth, LinkState};
use mpath_core::{Event, GroupName, Hook};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::Ending;
use crate::feed::Stamp;
use crate::watching::Watched;

/// Names and texts.
type Labels = Vec<(&'static str, String)>;
type Numbers = Family<Labels, Gauge>;
type Seconds = Family<Labels, Gauge<f64, AtomicU64>>;
type Counts = Family<Labels, Counter>;

/// What becomes of an attempt to bring a group back to the file.
const CONVERGENCES: [&str; 3] = ["done", "refused", "failed"];
/// What becomes of a hand-over.
const HANDOVERS: [&str; 2] = ["done", "failed"];

/// All that is counted and measured.
pub(crate) struct Metrics {
    registry: Registry,
    group_state: Numbers,
    group_drift: Numbers,
    member_usable: Numbers,
    member_active: Numbers,
    member_link: Numbers,
    member_failures: Counts,
    member_damped: Numbers,
    events: Counts,
    event_time: Seconds,
    hook_runs: Counts,
    convergences: Counts,
    handovers: Counts,
    configuration_ok: Gauge,
    /// The members that have to wait, by group and name.
    damped: BTreeSet<(GroupName, String)>,
    /// The labels of the members of each group.
    members: BTreeMap<GroupName, Vec<Labels>>,
    /// What was written last.
    written: String,
}

impl Metrics {
    /// Everything at its beginning.
    pub(crate) fn new(now: Stamp) -> Self {
        let mut registry = Registry::with_prefix("mpath");
        let group_state = Numbers::default();
        registry.register("group_state", "Whether the group is in this state (1) or not (0)", group_state.clone());
        let group_drift = Numbers::default();
        let steps = Unit::Other("steps".to_owned());
        let help = "How many steps mpath up would take; 0 where the group is absent";
        registry.register_with_unit("group_drift", help, steps, group_drift.clone());
        let member_usable = Numbers::default();
        registry.register("member_usable", "Whether the member works in its group", member_usable.clone());
        let member_active = Numbers::default();
        registry.register("member_active", "Whether the member carries the traffic", member_active.clone());
        let member_link = Numbers::default();
        registry.register("member_link", "Whether the member has a link", member_link.clone());
        let member_failures = Counts::default();
        let help = "How often the member has failed since it joined, as the system counts it";
        registry.register("member_failures", help, member_failures.clone());
        let member_damped = Numbers::default();
        let help = "Whether the member is kept waiting, as it was let in too often";
        registry.register("member_damped", help, member_damped.clone());
        let events = Counts::default();
        registry.register("events", "Events since the agent began, by their names", events.clone());
        let event_time = Seconds::default();
        let help = "When an event of this name happened last, since 1970-01-01T00:00:00Z";
        registry.register_with_unit("event_timestamp", help, Unit::Seconds, event_time.clone());
        let hook_runs = Counts::default();
        registry.register("hook_runs", "Runs of hooks, by their results", hook_runs.clone());
        let convergences = Counts::default();
        let help = "Changes that the agent made, or tried to make, to bring groups back to the file";
        registry.register("convergences", help, convergences.clone());
        let handovers = Counts::default();
        let help = "Hand-overs by the agent on the loss of a link, by their results";
        registry.register("handovers", help, handovers.clone());
        let configuration_ok = Gauge::<i64>::default();
        configuration_ok.set(1);
        let help = "Whether the configuration was right when it was read last";
        registry.register("configuration_ok", help, configuration_ok.clone());
        let start: Gauge<f64, AtomicU64> = Gauge::default();
        start.set(seconds(now));
        let help = "When the agent began, since 1970-01-01T00:00:00Z";
        registry.register_with_unit("start_timestamp", help, Unit::Seconds, start);
        let version = Numbers::default();
        version.get_or_create(&vec![("version", env!("CARGO_PKG_VERSION").to_owned())]).set(1);
        registry.register("agent_version", "1, with the version of the agent", version);
        Self {
            registry,
            group_state,
            group_drift,
            member_usable,
            member_active,
            member_link,
            member_failures,
            member_damped,
            events,
            event_time,
            hook_runs,
            convergences,
            handovers,
            configuration_ok,
            damped: BTreeSet::new(),
            members: BTreeMap::new(),
            written: String::new(),
        }
    }

    /// Takes in how a group is doing now.
    pub(crate) fn update(&mut self, watched: &Watched) {
        let status = &watched.status;
        let of = vec![("group", status.name.to_string()), ("device", status.device.to_string())];
        let with = |name, text: &str| of.iter().cloned().chain([(name, text.to_owned())]).collect::<Labels>();
        for state in GroupHealth::ALL {
            let is_in = i64::from(*state == status.state);
            self.group_state.get_or_create(&with("state", state.word())).set(is_in);
        }
        self.group_drift.get_or_create(&of).set(i64::try_from(status.drift).unwrap_or(i64::MAX));
        let members: Vec<_> = status.members.iter().map(|member| with("member", &member.name)).collect();
        let before = self.members.insert(status.name.clone(), members.clone()).unwrap_or_default();
        for gone in before.iter().filter(|labels| !members.contains(labels)) {
            let numbers = [&self.member_usable, &self.member_active, &self.member_link, &self.member_damped];
            for numbers in numbers {
                numbers.remove(gone);
            }
            self.member_failures.remove(gone);
        }
        for (member, labels) in status.members.iter().zip(&members) {
            self.member_usable.get_or_create(labels).set(i64::from(member.state == "ok"));
            self.member_active.get_or_create(labels).set(i64::from(member.active));
            self.member_link.get_or_create(labels).set(i64::from(member.link == LinkState::Up));
            let failures = self.member_failures.get_or_create(labels);
            failures.inner().store(member.failures.into(), Ordering::Relaxed);
            let is_damped = self.damped.contains(&(status.name.clone(), member.name.clone()));
            self.member_damped.get_or_create(labels).set(i64::from(is_damped));
        }
    }

    /// Forgets how groups are doing, as other ones are watched from now on.
    pub(crate) fn forget(&mut self) {
        let numbers =
            [&self.group_state, &self.group_drift, &self.member_usable, &self.member_active, &self.member_link];
        numbers.into_iter().for_each(|numbers| numbers.clear());
        self.member_failures.clear();
        self.members.clear();
    }

    /// Counts an event.
    pub(crate) fn event(&mut self, group: &GroupName, event: &Event, stamp: Stamp) {
        let labels = vec![("group", group.to_string()), ("event", event.word().to_owned())];
        self.events.get_or_create(&labels).inc();
        self.event_time.get_or_create(&labels).set(seconds(stamp));
    }

    /// Counts a run of a hook, or that there was none.
    pub(crate) fn hook(&mut self, program: &str, result: &str) {
        self.hook_runs.get_or_create(&vec![("hook", program.to_owned()), ("result", result.to_owned())]).inc();
    }

    /// Counts a change that brought a group back to the file, or was to.
    pub(crate) fn convergence(&mut self, group: &GroupName, result: &str) {
        self.convergences.get_or_create(&vec![("group", group.to_string()), ("result", result.to_owned())]).inc();
    }

    /// Counts a hand-over on the loss of a link.
    pub(crate) fn handover(&mut self, group: &GroupName, result: &str) {
        self.handovers.get_or_create(&vec![("group", group.to_string()), ("result", result.to_owned())]).inc();
    }

    /// Takes in which members have to wait, by group and name.
    pub(crate) fn damped(&mut self, damped: BTreeSet<(GroupName, String)>) {
        self.damped = damped;
    }

    /// Lets everything that may be counted begin with 0, so that the first time is seen as an increase.
    pub(crate) fn expect<'g>(&mut self, groups: impl Iterator<Item = &'g GroupName>, hooks: &[Hook]) {
        // To get it is to make it, with 0.
        let begin = |counts: &Counts, labels: Labels| drop(counts.get_or_create(&labels));
        for group in groups {
            let with = |name, text: &str| vec![("group", group.to_string()), (name, text.to_owned())];
            Event::WORDS.iter().for_each(|word| begin(&self.events, with("event", word)));
            CONVERGENCES.iter().for_each(|result| begin(&self.convergences, with("result", result)));
            HANDOVERS.iter().for_each(|result| begin(&self.handovers, with("result", result)));
        }
        for hook in hooks {
            let with = |result: &str| vec![("hook", hook.program().to_owned()), ("result", result.to_owned())];
            Ending::WORDS.iter().for_each(|result| begin(&self.hook_runs, with(result)));
        }
    }

    /// Tells whether the configuration is right.
    pub(crate) fn configuration(&mut self, is_ok: bool) {
        self.configuration_ok.set(i64::from(is_ok));
    }

    /// All of it.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// Writes all of it into a file, where it is other than the last time: whole, in the place of the one before.
    pub(crate) fn write(&mut self, file: &Path) -> io::Result<()> {
        let text = self.text();
        if text == self.written {
            return Ok(());
        }
        let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
        let mut new = tempfile::Builder::new()
            .prefix(".mpath-")
            .permissions(fs::Permissions::from_mode(0o644))
            .tempfile_in(directory.unwrap_or(Path::new(".")))?;
        new.write_all(text.as_bytes())?;
        // The umask has had its word, and node_exporter is somebody else.
        new.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        new.persist(file)?;
        self.written = text;
        Ok(())
    }
}

fn seconds(stamp: Stamp) -> f64 {
    stamp.wall.as_duration().as_secs_f64()
}
