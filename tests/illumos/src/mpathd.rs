//! in.mpathd: its configuration, its view of the members, its decisions (facts §4).
//!
//! The view is brought up to date after each command and each event, at once; real ones take up to a second
//! (facts §11). Failure detection times do not adapt to round trips, and ungrouped interfaces are not watched.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::interface::{Family, Interface};
use crate::state::State;

/// Where its messages go (facts §4.5).
pub(crate) const MESSAGES: &str = "var/adm/messages";
/// Its configuration.
pub(crate) const FILE: &str = "etc/default/mpathd";
/// The configuration as it is delivered: the defaults (facts §4.2).
pub(crate) const DEFAULT_FILE: &str =
    "FAILURE_DETECTION_TIME=10000\nFAILBACK=yes\nTRACK_INTERFACES_ONLY_WITH_GROUPS=yes\n";
/// The flap guard looks back so far (facts §4.3).
const MINUTE: u64 = 60_000;

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

/// Whether the interface has a test address in that family that probes can use (facts §4.3): up, NOFAILOVER, an
/// address; for IPv6 the link-local one.
pub(crate) fn test_address(interface: &Interface, family: Family) -> Option<IpAddr> {
    let usable = |address: &IpAddr, local: bool| match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(_) => local,
    };
    let lifs = interface.half(family).into_iter().flat_map(|half| &half.lifs);
    lifs.filter(|lif| lif.up && lif.nofailover && !lif.is_stub() && usable(&lif.address, lif.is_link_local()))
        .map(|lif| lif.address)
        .next()
}

/// The families in which a member probes.
pub(crate) fn probing(interface: &Interface) -> Vec<Family> {
    Family::BOTH.into_iter().filter(|family| test_address(interface, *family).is_some()).collect()
}

/// Whom a member of that group probes in that family, and whether they are routers (facts §4.3): on-link next hops
/// of routes; if there is none, hosts that answered the all-hosts multicast. At most five.
pub(crate) fn targets(state: &State, group: &str, family: Family) -> (Vec<IpAddr>, bool) {
    let mut routers: Vec<IpAddr> = Vec::new();
    for gateway in state.routes.iter().filter_map(|route| route.gateway.parse().ok()) {
        let on_link = crate::route::interface_towards(state, gateway)
            .and_then(|name| state.interface(&name))
            .is_some_and(|interface| interface.group.as_deref() == Some(group));
        if Family::of(gateway) == family && on_link && !routers.contains(&gateway) {
            routers.push(gateway);
        }
    }
    if !routers.is_empty() {
        routers.truncate(5);
        return (routers, true);
    }
    let members = state.group(group).map(|group| group.members.clone()).unwrap_or_default();
    let mut hosts: Vec<IpAddr> = Vec::new();
    for host in members.iter().filter_map(|member| state.link(member)).flat_map(|link| &link.hosts) {
        if Family::of(*host) == family && !hosts.contains(host) {
            hosts.push(*host);
        }
    }
    hosts.truncate(5);
    (hosts, false)
}

/// Sees what has changed and acts on it, one event after the other.
pub(crate) fn sync(state: &mut State) {
    if !state.mpathd.running {
        return;
    }
    let groups: Vec<String> =
        state.listed().iter().filter(|i| i.class == crate::Class::Ipmp).filter_map(|i| i.group.clone()).collect();
    state.mpathd.groups.retain(|group| groups.contains(group));
    for group in groups {
        if !state.mpathd.groups.contains(&group) {
            state.mpathd.groups.push(group);
        }
    }
    for member in state.mpathd.members.clone() {
        if state.interface(&member.name).and_then(|interface| interface.group.as_ref()) != Some(&member.group) {
            left(state, &member);
        }
    }
    let joined: Vec<(String, String)> = state
        .groups
        .iter()
        .flat_map(|group| group.members.iter().map(|member| (member.clone(), group.name.clone())))
        .collect();
    for (name, group) in joined {
        if state.mpathd.member(&name).is_none() {
            seen(state, name.clone(), group);
        }
        look(state, &name);
    }
    for index in 0..state.mpathd.members.len() {
        let member = &state.mpathd.members[index];
        let active = member.functioning() && state.interface(&member.name).is_some_and(|i| !i.inactive);
        state.mpathd.members[index].active = active;
    }
}

fn seen(state: &mut State, name: String, group: String) {
    let standby = state.interface(&name).is_some_and(|interface| interface.standby);
    let link_up = state.link(&name).is_some_and(crate::Link::running);
    let offline = state.interface(&name).is_some_and(|interface| interface.offline);
    state.mpathd.members.push(Tracked {
        state: if offline { MemberState::Offline } else { MemberState::Init },
        name,
        group,
        link_up,
        standby,
        active: false,
        duplicate: false,
        ups: Vec::new(),
        held: false,
        heard: None,
        lost: None,
    });
}

/// Facts §4.4, a member leaves.
fn left(state: &mut State, member: &Tracked) {
    state.mpathd.members.retain(|there| there.name != member.name);
    if (member.standby && member.active) || active_count(state, &member.group) == 0 {
        activate_another(state, &member.group, &member.name);
    }
}

/// Looks at one member.
fn look(state: &mut State, name: &str) {
    let Some(member) = state.mpathd.member(name).cloned() else { return };
    let Some(interface) = state.interface(name).cloned() else { return };
    duplicates(state, &member);
    links(state, &member);
    if interface.standby != member.standby {
        if let Some(member) = state.mpathd.member_mut(name) {
            member.standby = interface.standby;
        }
        standby_changed(state, name);
    }
    let Some(member) = state.mpathd.member(name).cloned() else { return };
    let families = probing(&interface);
    let has_targets = families.iter().any(|family| !targets(state, &member.group, *family).0.is_empty());
    let answers = state.link(name).is_some_and(|link| link.up && link.answers);
    let now = state.now;
    let detection_time = state.mpathd.detection_time;
    let Some(tracked) = state.mpathd.member_mut(name) else { return };
    let probed = has_targets && member.link_up;
    tracked.heard = (probed && answers).then(|| member.heard.unwrap_or(now));
    tracked.lost = (probed && !answers).then(|| member.lost.unwrap_or(now));
    let tracked = tracked.clone();
    match tracked.state {
        MemberState::Offline => {}
        MemberState::Init if !tracked.link_up => fail(state, name),
        MemberState::Init => runs(state, name, false),
        MemberState::Running | MemberState::NoTargets if !tracked.link_up => fail(state, name),
        // Five probes in a row are lost after FDT (facts §4.3).
        MemberState::Running | MemberState::NoTargets
            if tracked.lost.is_some_and(|since| now >= since + detection_time) =>
        {
            fail(state, name);
        }
        MemberState::Running | MemberState::NoTargets => {
            // Nobody to probe: the state is unknown, the member goes on working (facts §3).
            let quiet = !families.is_empty() && !has_targets;
            if let Some(member) = state.mpathd.member_mut(name) {
                member.state = if quiet { MemberState::NoTargets } else { MemberState::Running };
            }
        }
        MemberState::Failed if !tracked.link_up => {}
        MemberState::Failed if families.is_empty() || !has_targets => {
            let guarded = tracked.held && tracked.ups.first().is_some_and(|first| now < first + MINUTE);
            if !guarded {
                runs(state, name, false);
            }
        }
        // Ten replies in a row take 2 FDT (facts §4.3).
        MemberState::Failed => {
            if tracked.heard.is_some_and(|since| now >= since + 2 * detection_time) {
                runs(state, name, false);
            }
        }
    }
}

/// When something happens by itself next.
pub(crate) fn next_event(state: &State) -> Option<u64> {
    let time = state.mpathd.detection_time;
    let events = state.mpathd.members.iter().flat_map(|member| {
        let failure = member.lost.filter(|_| member.functioning()).map(|since| since + time);
        let repair = member.heard.filter(|_| member.state == MemberState::Failed).map(|since| since + 2 * time);
        let release = member.ups.first().filter(|_| member.held).map(|first| first + MINUTE);
        [failure, repair, release]
    });
    events.flatten().filter(|event| *event > state.now).min()
}

/// Notices links that went down or came up, and guards against those that flap (facts §4.3).
fn links(state: &mut State, member: &Tracked) {
    let up = state.link(&member.name).is_some_and(crate::Link::running);
    if up == member.link_up || (member.state == MemberState::Offline && !member.duplicate) {
        return;
    }
    let now = state.now;
    log(state, &format!("The link has {} on {}", if up { "come up" } else { "gone down" }, member.name));
    let Some(tracked) = state.mpathd.member_mut(&member.name) else { return };
    tracked.link_up = up;
    if !up {
        return;
    }
    tracked.held = tracked.ups.len() == 2 && now < tracked.ups[0] + MINUTE;
    tracked.ups.push(now);
    let surplus = tracked.ups.len().saturating_sub(2);
    tracked.ups.drain(..surplus);
    if tracked.held {
        log(
            state,
            &format!(
                "The link has come up on {} more than 2 times in the last minute; disabling repair until it stabilizes",
                member.name
            ),
        );
    }
}

/// Offlines the later one of two members with one hardware address (facts §4.3).
fn duplicates(state: &mut State, member: &Tracked) {
    let mac = state.link(&member.name).map(|link| link.mac.clone());
    let members = state.mpathd.members.iter().take_while(|there| there.name != member.name);
    let twin = members
        .filter(|there| there.group == member.group && !there.duplicate)
        .any(|there| state.link(&there.name).map(|link| &link.mac) == mac.as_ref());
    if twin == member.duplicate {
        return;
    }
    let (name, group) = (&member.name, &member.group);
    if let Some(tracked) = state.mpathd.member_mut(name) {
        tracked.duplicate = twin;
    }
    if twin {
        log(
            state,
            &format!("IP interface {name} has a hardware address which is not unique in group {group}; offlining"),
        );
        offline(state, name);
    } else {
        log(state, &format!("IP interface {name} now has a unique hardware address in group {group}; onlining"));
        undo_offline(state, name);
    }
}

fn log(state: &mut State, text: &str) {
    let messages = state.files.entry(MESSAGES.to_owned()).or_default();
    messages.push_str("in.mpathd: ");
    messages.push_str(text);
    messages.push('\n');
}

fn active_count(state: &State, group: &str) -> usize {
    let active = |member: &&Tracked| {
        member.functioning() && state.interface(&member.name).is_some_and(|interface| !interface.inactive)
    };
    state.mpathd.in_group(group).filter(active).count()
}

fn full_count(state: &State, group: &str) -> usize {
    let members = state.mpathd.in_group(group);
    members.filter(|member| state.interface(&member.name).is_some_and(|interface| !interface.standby)).count()
}

/// Facts §4.4: among other functioning INACTIVE members a standby is preferred, the first found.
fn activate_another(state: &mut State, group: &str, but: &str) {
    let spare: Vec<(bool, String)> = state
        .mpathd
        .in_group(group)
        .filter(|member| member.name != but && member.functioning())
        .filter_map(|member| state.interface(&member.name))
        .filter(|interface| interface.inactive)
        .map(|interface| (!interface.standby, interface.name.clone()))
        .collect();
    if let Some((_, name)) = spare.into_iter().min_by_key(|(full, _)| *full) {
        set_inactive(state, &name, false);
    }
}

fn set_inactive(state: &mut State, name: &str, inactive: bool) {
    if let Some(interface) = state.interface_mut(name) {
        interface.inactive = inactive;
    }
}

fn set_state(state: &mut State, name: &str, to: MemberState) {
    if let Some(member) = state.mpathd.member_mut(name) {
        member.state = to;
    }
}

/// Facts §4.4, fail(x).
fn fail(state: &mut State, name: &str) {
    let Some(member) = state.mpathd.member(name).cloned() else { return };
    let was_active = state.interface(name).is_some_and(|interface| !interface.inactive);
    if let Some(interface) = state.interface_mut(name) {
        interface.failed = true;
        interface.inactive = false;
    }
    set_state(state, name, MemberState::Failed);
    let group = &member.group;
    log(state, &format!("IP interface failure detected on {name} of group {group}"));
    if was_active {
        activate_another(state, group, name);
    }
    if !state.mpathd.in_group(group).any(Tracked::functioning) {
        log(state, &format!("All IP interfaces in group {group} are now unusable"));
    }
}

/// Facts §4.4, running(x): it was repaired, comes online or has just joined.
fn runs(state: &mut State, name: &str, onlining: bool) {
    let Some(member) = state.mpathd.member(name).cloned() else { return };
    let group = member.group.clone();
    let initial = member.state == MemberState::Init;
    let group_failed = !state.mpathd.in_group(&group).any(Tracked::functioning);
    let (active, full) = (active_count(state, &group), full_count(state, &group));
    if !initial && !onlining {
        log(state, &format!("IP interface repair detected on {name} of group {group}"));
        if group_failed {
            log(state, &format!("At least 1 IP interface ({name}) in group {group} is now usable"));
        }
    }
    let failback = state.mpathd.failback;
    set_state(state, name, MemberState::Running);
    if let Some(tracked) = state.mpathd.member_mut(name) {
        tracked.held = false;
    }
    let Some(interface) = state.interface_mut(name) else { return };
    interface.failed = false;
    if interface.standby {
        // With standbys only, exactly one stays active (facts §4.4) [inferred].
        interface.inactive = active >= full && active > 0;
    } else if onlining || failback || initial {
        interface.inactive = false;
        if active >= full {
            retire_standby(state, &group, name);
        }
    } else {
        interface.inactive = !group_failed;
    }
}

/// One active standby becomes INACTIVE.
fn retire_standby(state: &mut State, group: &str, but: &str) {
    let standby = state
        .mpathd
        .in_group(group)
        .filter(|member| member.name != but && member.functioning())
        .filter_map(|member| state.interface(&member.name))
        .find(|interface| interface.standby && !interface.inactive)
        .map(|interface| interface.name.clone());
    if let Some(name) = standby {
        set_inactive(state, &name, true);
    }
}

/// Facts §4.4, the standby flag changed on x.
fn standby_changed(state: &mut State, name: &str) {
    let Some(member) = state.mpathd.member(name).filter(|member| member.functioning()) else { return };
    let group = member.group.clone();
    let (active, full) = (active_count(state, &group), full_count(state, &group));
    if active == 0 || active < full {
        set_inactive(state, name, false);
    } else if active > full {
        set_inactive(state, name, true);
    }
}

/// Facts §4.1, §4.4: OFFLINE is set, INACTIVE cleared, another one activated if it was active.
pub(crate) fn offline(state: &mut State, name: &str) {
    let Some(member) = state.mpathd.member(name).cloned() else { return };
    let Some(interface) = state.interface_mut(name) else { return };
    let was_active = member.functioning() && !interface.inactive;
    interface.offline = true;
    interface.inactive = false;
    set_state(state, name, MemberState::Offline);
    if was_active {
        activate_another(state, &member.group, name);
    }
}

/// Facts §4.1: back online; a member that is not standby takes over again even with FAILBACK=no.
pub(crate) fn undo_offline(state: &mut State, name: &str) {
    let up = state.link(name).is_some_and(crate::Link::running);
    if let Some(interface) = state.interface_mut(name) {
        interface.offline = false;
    }
    if let Some(member) = state.mpathd.member_mut(name) {
        member.link_up = up;
    }
    if up {
        runs(state, name, true);
    } else {
        fail(state, name);
    }
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
