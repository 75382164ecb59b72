//! The tests, and where and when each of them runs.

pub(crate) mod capture;
pub(crate) mod flood;
pub(crate) mod mortal;
pub(crate) mod mpath;
pub(crate) mod network;
pub(crate) mod ping;
pub(crate) mod planned;
pub(crate) mod programs;
pub(crate) mod radio;

mod adopt;
pub(crate) mod agent;
mod cards;
mod changes;
mod concurrent;
mod confirm;
mod convergence;
pub(crate) mod crash;
mod dead_stop;
pub(crate) mod dhcp;
pub(crate) mod doctor;
mod documents;
mod drill;
mod driver;
mod failover;
pub(crate) mod faults;
pub(crate) mod formats;
mod formats_ifupdown;
mod formats_netplan;
pub(crate) mod formats_networkd;
mod formats_networkmanager;
mod formats_script;
mod formats_teamd;
pub(crate) mod hooks;
mod init;
pub(crate) mod managers;
mod model;
mod outage;
mod probes;
mod reach;
mod refusals;
mod restore;
pub(crate) mod story;
pub(crate) mod traced;
mod trust;
pub(crate) mod watch;
mod wifi;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

/// A test: its name as a sentence, and where it runs.
pub(crate) struct Case {
    name: &'static str,
    place: Place,
    test: fn(),
}

/// Where a test runs.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// In a network namespace of its own.
    OwnNamespace,
    /// In the first namespace of the machine, for what the driver does only there. Only in a machine of the lab's own.
    WholeMachine,
    /// As `OwnNamespace`, where the kernel has simulated Wi-Fi.
    Wifi,
    /// As `OwnNamespace`, where the programs that manage networks are at hand; these take their time.
    Managers,
    /// As `OwnNamespace`, where the machine has emulated cards (`tests/lab/run --cards`).
    Cards,
}

macro_rules! cases {
    ($place:ident: $($test:ident),+ $(,)?) => {
        pub(crate) fn cases() -> Vec<crate::Case> {
            vec![$(crate::Case { name: stringify!($test), place: crate::Place::$place, test: $test }),+]
        }
    };
}
pub(crate) use cases;

pub(crate) fn main() -> ExitCode {
    if let Some(code) = mortal::main().or_else(dead_stop::main).or_else(traced::main) {
        return code;
    }
    let mut arguments = Arguments::from_args();
    // They share one kernel and its clock: side by side they would spoil each other's times.
    arguments.test_threads = Some(1);
    let lab = std::env::var("MPATH_LAB").ok();
    let obstacle = network::obstacle();
    if let (Some(obstacle), Some(lab)) = (&obstacle, &lab) {
        eprintln!("kernel tests cannot run in the lab ({lab}), where they must: {obstacle}");
        return ExitCode::FAILURE;
    }
    if let Some(obstacle) = &obstacle {
        eprintln!("kernel tests are ignored here: {obstacle}; `make test` runs them in the lab");
    }
    let own_machine = lab.as_deref().is_some_and(|kernel| kernel != "host");
    // Kernels of user mode have no radios; a full kernel that has none is not the one that was asked for.
    let wifi = network::has_simulated_wifi() || lab.as_deref().is_some_and(|kernel| kernel.starts_with("qemu"));
    let cards = std::env::var_os("MPATH_LAB_CARDS").is_some_and(|model| !model.is_empty());
    let modules = [
        story::cases(),
        failover::cases(),
        changes::cases(),
        restore::cases(),
        crash::cases(),
        faults::cases(),
        confirm::cases(),
        concurrent::cases(),
        refusals::cases(),
        doctor::cases(),
        drill::cases(),
        probes::cases(),
        cards::cases(),
        driver::cases(),
        dhcp::cases(),
        model::cases(),
        reach::cases(),
        outage::cases(),
        wifi::cases(),
        managers::cases(),
        adopt::cases(),
        formats_netplan::cases(),
        formats_networkd::cases(),
        formats_networkmanager::cases(),
        formats_ifupdown::cases(),
        formats_script::cases(),
        formats_script::rendered::cases(),
        formats_teamd::cases(),
        trust::cases(),
        watch::cases(),
        agent::cases(),
        convergence::cases(),
        hooks::cases(),
        init::cases(),
        documents::cases(),
    ];
    let trials = modules.into_iter().flatten().map(|case| {
        let runs = obstacle.is_none()
            && match case.place {
                Place::OwnNamespace => true,
                Place::WholeMachine => own_machine,
                Place::Wifi => wifi,
                Place::Managers => programs::folder().is_some(),
                Place::Cards => cards,
            };
        Trial::test(case.name, move || run(&case)).with_ignored_flag(!runs)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Runs a test in a thread, whose namespaces go with it.
fn run(case: &Case) -> Result<(), Failed> {
    let (test, place) = (case.test, case.place);
    let body = move || {
        network::isolate(place != Place::WholeMachine);
        test();
    };
    let thread = std::thread::Builder::new().name(case.name.to_owned()).spawn(body).unwrap();
    thread.join().map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Failed::from(text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default())
    })
}
