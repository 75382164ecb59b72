//! The promises, tried on hosts and wishes that nobody thought of: what `up` makes is what the file says and stays so,
//! what fails on the way leaves nothing, and `down` gives back what was there before the first group.
//!
//! Cases follow from a seed, so that each run tries the same; a failure names the seed and the least case that proptest
//! finds. `MPATH_SEED` begins at another, `MPATH_CASES` tries more.

use std::cell::Cell;

use illumos_simulator::{Dialect, Family, Fault, How, State, When};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use crate::truth::Truth;
use crate::universe::{CARDS, Case, DEVICE, Wish, case, probe_address};
use crate::world::{Run, World};

type Checked = Result<(), TestCaseError>;

/// Fails the case with everything that one needs to see.
macro_rules! must {
    ($true:expr, $($told:tt)*) => {
        if !$true {
            return Err(TestCaseError::fail(format!($($told)*)));
        }
    };
}

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Tries cases of one seed each.
fn try_cases((dialect, lasting): (Dialect, bool), first: u64, count: u64, check: impl Fn(&Case) -> Checked) {
    let first = from_environment("MPATH_SEED", first);
    for seed in first..first + from_environment("MPATH_CASES", count) {
        let config = Config {
            cases: 1,
            failure_persistence: None,
            max_shrink_iters: 100,
            rng_seed: RngSeed::Fixed(seed),
            ..Config::default()
        };
        match TestRunner::new(config).run(&case(dialect, lasting), |case| check(&case)) {
            Ok(()) => {}
            Err(TestError::Fail(why, least)) => panic!("{dialect:?}, MPATH_SEED={seed}: {why}\n{least:?}"),
            Err(why) => panic!("{dialect:?}, MPATH_SEED={seed}: {why}"),
        }
    }
}

/// Whether mpath refused without touching anything, and said how to go on.
fn refused(world: &World, run: &Run) -> bool {
    run.code != 0 && world.host.mutations().is_empty() && run.stderr.contains("hint:")
}

/// Whether a change was undone because a member that leaves had a default route of its own to the router that a lease brought:
/// nobody knows of it before the lease comes.
fn met_its_own_router(wish: &Wish, run: &Run) -> bool {
    wish.dhcp && ["entry exists", "everything was undone"].iter().all(|told| run.stderr.contains(told))
}

/// Lets every cable be in: a client that asks for its lease again gets none over a link that was cut.
fn plug_all(world: &World) {
    for card in CARDS {
        world.host.plug(card);
    }
}

/// What of a wish the host does not show; empty where it shows all.
fn misses(wish: &Wish, state: &State) -> Vec<String> {
    let mut missing = Vec::new();
    let mut see = |seen: bool, what: String| {
        if !seen {
            missing.push(what);
        }
    };
    let mut members = state.group_of(DEVICE).map(|group| group.members.clone()).unwrap_or_default();
    members.sort();
    let mut wanted: Vec<_> = wish.members.clone();
    wanted.sort_unstable();
    see(members == wanted, format!("the members {wanted:?}, but {members:?}"));
    for name in &wish.members {
        let Some(card) = state.interface(name) else { continue };
        let standby = wish.primary.is_some_and(|primary| primary != *name);
        see(card.standby == standby, format!("{name} with standby={standby}"));
        // Who was taken out of use by hand sends no probes before it is in use again, and then with all that it has.
        let test: Vec<_> = card.lifs().filter(|(_, lif)| lif.nofailover && (lif.up || card.offline)).collect();
        let net = |lif: &illumos_simulator::Lif| format!("{}/{}", lif.address, lif.prefix);
        match wish.probes {
            Some(_) => see(test.iter().any(|(_, lif)| net(lif) == probe_address(name)), format!("probes of {name}")),
            None => see(test.is_empty(), format!("{name} without probes")),
        }
    }
    let Some(device) = state.interface(DEVICE) else { return missing };
    for net in &wish.addresses {
        let is_it = |lif: &illumos_simulator::Lif| lif.up && format!("{}/{}", lif.address, lif.prefix) == *net;
        see(device.lifs().any(|(_, lif)| is_it(lif)), format!("the address {net}"));
    }
    if wish.accept_ra || wish.addresses.iter().any(|net| net.contains("::")) {
        see(device.lifs().any(|(_, lif)| lif.up && lif.is_link_local()), "a link-local address".to_owned());
        for name in &wish.members {
            let up = |(family, lif): (Family, &illumos_simulator::Lif)| family == Family::V6 && lif.up;
            let card = state.interface(name).filter(|card| !card.offline);
            see(card.is_none_or(|card| card.lifs().any(up)), format!("IPv6 of {name}"));
        }
    }
    see(!wish.dhcp || device.lifs().any(|(_, lif)| lif.dhcp), "a DHCP client".to_owned());
    let route = |to: &str, via: &str| state.routes.iter().any(|route| route.destination == to && route.gateway == via);
    see(!wish.gateway || route("default", "192.168.1.24"), "the gateway".to_owned());
    see(!wish.route || route("10.20.0.0/16", "192.168.1.25"), "the route".to_owned());
    see(state.mpathd.failback == wish.failback, format!("failback={}", wish.failback));
    let time = wish.probes.map(|interval| u64::from(interval) * 7);
    see(time.is_none_or(|time| state.mpathd.detection_time == time), format!("a detection time of {time:?}"));
    missing
}

/// Brings the host to the first state; `None` where mpath refused the earlier group.
fn first_state(case: &Case, dialect: Dialect, up: &str) -> Result<Option<(World, Truth)>, TestCaseError> {
    let world = case.begin(dialect);
    let before = Truth::of(&world.host.state());
    if let Some(earlier) = &case.earlier {
        world.host.forget_calls();
        world.file(&earlier.file());
        let run = world.run(up);
        if run.code != 0 {
            must!(
                refused(&world, &run) || met_its_own_router(earlier, &run),
                "the earlier group: {run}\n{:#?}",
                world.host.mutations()
            );
            return Ok(None);
        }
        // What somebody does until the next boot to a group that lasts is another matter: `ipadm` tells little of it.
        if up == "up" {
            case.meddle(&world, dialect);
        }
    }
    world.host.forget_calls();
    world.file(&case.wanted.file());
    Ok(Some((world, before)))
}

/// One case; tells whether it went all the way.
fn converges(case: &Case, dialect: Dialect) -> Result<bool, TestCaseError> {
    let Some((world, before)) = first_state(case, dialect, "up")? else { return Ok(false) };
    let run = world.run("up");
    if run.code != 0 {
        must!(refused(&world, &run) || met_its_own_router(&case.wanted, &run), "{run}\n{:#?}", world.host.mutations());
        return Ok(false);
    }
    let missing = misses(&case.wanted, &world.host.state());
    must!(missing.is_empty(), "after {run}\nthe host does not show {missing:#?}");
    let check = world.run("plan --check");
    must!(check.code == 0, "{check}");
    world.host.forget_calls();
    let again = world.run("up");
    must!(again.code == 0 && world.host.mutations().is_empty(), "{again}\n{:#?}", world.host.mutations());
    let down = world.run("down");
    must!(down.code == 0, "{down}\n{:#?}", world.host.mutations());
    plug_all(&world);
    let after = Truth::of(&world.host.state());
    must!(after == before, "down left {after:#?}\ninstead of {before:#?}\n{:#?}", world.host.mutations());
    Ok(true)
}

fn every_case_converges(dialect: Dialect) {
    let (tried, done) = (Cell::new(0), Cell::new(0));
    try_cases((dialect, false), 1, 20, |case| {
        tried.set(tried.get() + 1);
        done.set(done.get() + usize::from(converges(case, dialect)?));
        Ok(())
    });
    let (tried, done) = (tried.get(), done.get());
    assert!(2 * done > tried, "{done} of {tried}: too many are refused to say anything");
}

#[test]
fn any_group_follows_any_state_on_illumos() {
    every_case_converges(Dialect::IllumosNew);
}

#[test]
fn any_group_follows_any_state_on_illumos_by_ifconfig() {
    every_case_converges(Dialect::IllumosOld);
}

#[test]
fn any_group_follows_any_state_on_solaris() {
    every_case_converges(Dialect::Solaris11);
}

/// One case with a group that lasts: it comes back after a boot as it was, and `down` gives back what was there, now and
/// after a boot.
fn outlives_a_boot(case: &Case, dialect: Dialect) -> Result<bool, TestCaseError> {
    for boots in [false, true] {
        let Some((world, before)) = first_state(case, dialect, "up --persist")? else { return Ok(false) };
        let run = world.run("up --persist");
        if run.code != 0 {
            must!(
                refused(&world, &run) || met_its_own_router(&case.wanted, &run),
                "{run}\n{:#?}",
                world.host.mutations()
            );
            return Ok(false);
        }
        for _ in 0..=usize::from(boots) {
            let missing = misses(&case.wanted, &world.host.state());
            must!(missing.is_empty(), "boots: {boots}, after {run}\nthe host does not show {missing:#?}");
            let made = world.host.mutations();
            world.host.forget_calls();
            let again = world.run("up");
            must!(
                again.code == 0 && world.host.mutations().is_empty(),
                "boots: {boots}, {again}\n{:#?}\nafter {made:#?}",
                world.host.mutations()
            );
            if boots {
                world.reboot();
            }
        }
        let down = world.run("down");
        must!(down.code == 0, "boots: {boots}, {down}\n{:#?}", world.host.mutations());
        let mut expected = before;
        if boots {
            let untouched = case.begin(dialect);
            for world in [&world, &untouched] {
                world.reboot();
            }
            expected = Truth::of(&untouched.host.state());
        }
        let after = Truth::of(&world.host.state());
        must!(
            after == expected,
            "boots: {boots}, down left {after:#?}\ninstead of {expected:#?}\n{:#?}",
            world.host.mutations()
        );
    }
    Ok(true)
}

fn every_lasting_case_converges(dialect: Dialect) {
    let (tried, done) = (Cell::new(0), Cell::new(0));
    try_cases((dialect, true), 500, 4, |case| {
        tried.set(tried.get() + 1);
        done.set(done.get() + usize::from(outlives_a_boot(case, dialect)?));
        Ok(())
    });
    let (tried, done) = (tried.get(), done.get());
    assert!(3 * done > tried, "{done} of {tried}: too many are refused to say anything");
}

#[test]
fn any_group_that_lasts_outlives_a_boot_on_illumos() {
    every_lasting_case_converges(Dialect::IllumosNew);
}

#[test]
fn any_group_that_lasts_outlives_a_boot_on_illumos_by_ifconfig() {
    every_lasting_case_converges(Dialect::IllumosOld);
}

#[test]
fn any_group_that_lasts_outlives_a_boot_on_solaris() {
    every_lasting_case_converges(Dialect::Solaris11);
}

/// Fails each command of a change, before it did its work and after, and asks for the first state back.
fn is_undone(case: &Case, dialect: Dialect) -> Result<bool, TestCaseError> {
    let Some((world, _)) = first_state(case, dialect, "up")? else { return Ok(false) };
    let before = Truth::of(&world.host.state());
    let saved = world.save();
    if world.run("up").code != 0 {
        return Ok(false);
    }
    for number in 1..=world.host.mutations().len() {
        let refusal = || How::Exit(1, "it was told to fail".to_owned());
        for fault in [Fault::new(When::Mutation(number), refusal()), Fault::after(When::Mutation(number), refusal())] {
            world.restore(&saved);
            world.host.fail(fault.clone());
            let run = world.run("up");
            let mutations = world.host.mutations();
            // A removal of something that is gone already is done, and some commands are tried another way.
            if run.code == 0 {
                must!(misses(&case.wanted, &world.host.state()).is_empty(), "{fault:?}\n{run}\n{mutations:#?}");
                continue;
            }
            let undone = ["everything was undone", "nothing was changed"].iter().any(|told| run.stderr.contains(told));
            must!(run.code == 1 && undone, "{fault:?}\n{run}\n{mutations:#?}");
            plug_all(&world);
            let after = Truth::of(&world.host.state()).but_in_use(&before);
            must!(after == before, "{fault:?}\n{run}\n{mutations:#?}\nleft {after:#?}\ninstead of {before:#?}");
            must!(world.save().files == saved.files, "{fault:?}: receipts or marks are others than before\n{run}");
        }
    }
    Ok(true)
}

fn every_failure_is_undone(dialect: Dialect) {
    let done = Cell::new(0);
    try_cases((dialect, false), 1000, 3, |case| {
        done.set(done.get() + usize::from(is_undone(case, dialect)?));
        Ok(())
    });
    assert!(done.get() > 0);
}

#[test]
fn a_change_that_fails_at_any_command_is_undone_on_illumos() {
    every_failure_is_undone(Dialect::IllumosNew);
}

#[test]
fn a_change_that_fails_at_any_command_is_undone_on_illumos_by_ifconfig() {
    every_failure_is_undone(Dialect::IllumosOld);
}

#[test]
fn a_change_that_fails_at_any_command_is_undone_on_solaris() {
    every_failure_is_undone(Dialect::Solaris11);
}
