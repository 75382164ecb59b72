//! Boots with systemd as the first process, and groups that are to be up by then: `make test-boot`.
//!
//! Each test of a boot is a machine of the lab's (`tests/lab/run --boot`): the units of `packaging/`, enabled by `mpath
//! enable --root`, on Debian's own systemd and its own units. Without `MPATH_TEST_BOOT`, which names a kernel of the lab,
//! the tests are counted as ignored; with it they must run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stderr, reason = "why tests were not run is for the person who ran them")]

mod boots;
mod guide;
mod machine;
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
        eprintln!("tests of a boot are ignored here: `make test-boot` runs them in the lab");
    }
    // A machine has one processor of two.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let cases = [units::cases(), boots::cases(), guide::cases(), scripts::cases()];
    let trial = |(name, test): Case| Trial::test(name, move || test_of(test)).with_ignored_flag(!runs);
    libtest_mimic::run(&arguments, cases.into_iter().flatten().map(trial).collect()).exit_code()
}

fn test_of(test: fn()) -> Result<(), libtest_mimic::Failed> {
    test();
    Ok(())
}
