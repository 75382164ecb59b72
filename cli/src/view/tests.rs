use mpath_core::status::{LinkState, Role};
use mpath_core::{GroupName, InterfaceName};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;

fn name(text: &str) -> InterfaceName {
    InterfaceName::new(text).unwrap()
}

fn member(name: &str, role: Role, state: &'static str) -> MemberStatus {
    MemberStatus {
        name: name.to_owned(),
        state,
        link: if state == "ok" { LinkState::Up } else { LinkState::Down },
        role,
        active: false,
        optional: false,
        speed: None,
        mac: None,
        permanent_mac: None,
        failures: u32::from(state == "failed"),
        priority: 0,
    }
}

fn group(state: GroupHealth, active: &str, members: Vec<MemberStatus>) -> GroupStatus {
    let members = members.into_iter().map(|m| MemberStatus { active: m.name == active, ..m }).collect();
    GroupStatus {
        name: GroupName::new("home-lan").unwrap(),
        device: name("bond0"),
        state,
        drift: 0,
        mode: "active-backup".to_owned(),
        active: Some(name(active)),
        primary: Some(name("eth1")),
        mac: None,
        members,
        addresses: vec!["192.168.1.34/24".to_owned()],
    }
}

fn ok() -> GroupStatus {
    group(GroupHealth::Ok, "eth1", vec![member("eth1", Role::Primary, "ok"), member("eth0", Role::Standby, "ok")])
}

fn degraded() -> GroupStatus {
    let members = vec![member("eth1", Role::Primary, "failed"), member("eth0", Role::Standby, "ok")];
    group(GroupHealth::Degraded, "eth0", members)
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn counters(name: &str, received: u64, sent: u64) -> (String, Counters) {
    (name.to_owned(), Counters { received, sent })
}

/// What a terminal of this size shows.
fn shown(view: &View, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned() + "\n";
    (0..height).map(line).collect()
}

/// A group that was ok from 1000 s on, and degraded from 1060 s to 1120 s; it is 1200 s.
fn story() -> View {
    let mut view = View::default();
    view.tell("12:00:00.000  home-lan: ok, eth1 active");
    view.count([counters("bond0", 0, 0), counters("eth1", 0, 0)].into_iter(), at(1199));
    for (second, status) in [(1000, ok()), (1060, degraded()), (1120, ok()), (1200, degraded())] {
        view.update([status].iter(), at(second));
    }
    view.count([counters("bond0", 125, 12_500_000), counters("eth1", 1, 125_000_000)].into_iter(), at(1200));
    view.tell("12:03:20.000  home-lan: failover from eth1 to eth0");
    view
}

#[test]
fn a_group_its_members_rates_past_and_events_are_shown() {
    let expected = "\
┌ home-lan: degraded ──────────────────────────────────────────────────────────┐
│bond0 (active-backup)  192.168.1.34/24  in 1.0 kbit/s  out 100.0 Mbit/s       │
│  MEMBER       ROLE      STATE      LINK    IN           OUT          FAILURES│
│  eth1         primary   failed     down    8 bit/s      1.0 Gbit/s   1       │
│* eth0         standby   ok         up      -            -            0       │
│-5 min                       ─────────────▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄────────────────▄ now│
└──────────────────────────────────────────────────────────────────────────────┘
┌ recent events ───────────────────────────────────────────────────────────────┐
│12:03:20.000  home-lan: failover from eth1 to eth0                            │
│12:00:00.000  home-lan: ok, eth1 active                                       │
└──────────────────────────────────────────────────────────────────────────────┘
 q quits
";
    let shown = shown(&story(), 80, 12);
    pretty_assertions::assert_eq!(shown, expected);
}

#[test]
fn a_terminal_of_any_size_is_drawn_on() {
    for (width, height) in [(1, 1), (3, 2), (12, 5), (20, 8), (300, 100)] {
        shown(&story(), width, height);
    }
    shown(&View::default(), 80, 24);
}

#[test]
fn a_group_that_is_gone_from_the_list_and_texts_that_act_leave_no_trace() {
    let mut view = story();
    view.update(std::iter::empty(), at(1201));
    view.tell("\u{1b}[2J");
    let shown = shown(&view, 40, 8);
    assert!(!shown.contains("bond0") && !shown.contains('\u{1b}') && shown.contains("u{1b}[2J"), "{shown}");
}

#[test]
fn counters_that_begin_again_are_no_rate() {
    let mut view = View::default();
    for (second, bytes) in [(1, 1000), (2, 10)] {
        view.count([counters("bond0", bytes, bytes)].into_iter(), at(second));
    }
    assert_eq!(view.rates["bond0"].per_second, None);
    view.count([counters("bond0", 110, 10)].into_iter(), at(4));
    assert_eq!(view.rates["bond0"].per_second, Some(Counters { received: 50, sent: 0 }));
}

#[test]
fn the_past_is_kept_for_as_long_as_the_timeline_goes_back() {
    let mut view = View::default();
    for second in 0..2000 {
        let status = if second % 2 == 0 { ok() } else { degraded() };
        view.update([status].iter(), at(second));
    }
    assert!((300..310).contains(&view.groups[0].past.len()), "{}", view.groups[0].past.len());
}

#[test]
fn rates_are_told_as_speeds_of_links_are() {
    let words = [0, 124, 125, 125_000, 1_250_000_000].map(in_words);
    assert_eq!(words, ["0 bit/s", "992 bit/s", "1.0 kbit/s", "1.0 Mbit/s", "10.0 Gbit/s"]);
}
