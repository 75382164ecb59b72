//! Boots with systemd, or sysvinit and OpenRC, and groups that are to be up by then: `make test-boot`.
//!
//! Each test of a boot is a machine of the lab's (`tests/lab/run --boot`): the units of `packaging/`, enabled by `mpath
//! enable --root`, on Debian's own systemd and its own units. Without `MPATH_TEST_BOOT`, which names a kernel of the lab,
//! the tests are counted as ignored; with it they must run. With `MPATH_TEST_INSTALLED`, the root of a system in which the
//! package is installed, it is that system that is booted: `make test-deb`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stderr, reason = "why tests were not run is for the person who ran them")]

mod boots;
mod dhcp;
mod guide;
mod installed;
mod machine;
mod openrc;
mod scripts;
mod units;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// A test: its name as a sentence.
pub(crate) type Case = (&'static str, fn());

macro_rules! cases {
    ($($test:ident),+ $(,)?) => {
        pub(crate) fn cases() -> Vec<crate::Case> {
            vec![$((stringify!($test), $test as fn())),+]
        }
    };
}
pub(crate) use cases;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let runs = machine::kernel().is_some();
    if !runs {
        eprintln!(
            "tests of a boot are ignored here: `make test-boot` runs them in the lab, and `make test-deb` that of the package"
        );
    }
    // A machine has one processor of two.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let of_machine = [units::cases(), boots::cases(), dhcp::cases(), guide::cases(), openrc::cases(), scripts::cases()];
    let of_package = machine::installed().is_some();
    let trial =
        |runs: bool| move |(name, test): Case| Trial::test(name, move || test_of(test)).with_ignored_flag(!runs);
    let mut trials: Vec<_> = of_machine.into_iter().flatten().map(trial(runs && !of_package)).collect();
    trials.extend(installed::cases().into_iter().map(trial(runs && of_package)));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn test_of(test: fn()) -> Result<(), libtest_mimic::Failed> {
    test();
    Ok(())
}
