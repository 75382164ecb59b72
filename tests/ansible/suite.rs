//! The tests, and what keeps them from running.

mod fleet;
mod guide;
mod others;
mod package;
mod plays;
mod run;
mod simulated;

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// A test: its name as a sentence.
type Case = (&'static str, fn());

macro_rules! cases {
    ($($test:ident),+ $(,)?) => {
        pub(crate) fn cases() -> Vec<super::Case> {
            vec![$((stringify!($test), $test as fn())),+]
        }
    };
}
use cases;

pub(crate) fn main() -> ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    if Path::new(&name).file_name().is_some_and(|name| name == "mpath") {
        return simulated::main();
    }
    let mut arguments = Arguments::from_args();
    // They share one fleet, and go on from what the one before made of it.
    arguments.test_threads = Some(1);
    let runs = run::tools().is_some();
    if !runs {
        eprintln!("the tests of a fleet are ignored here: `make test-ansible` runs them in the lab");
    }
    let cases = [plays::cases(), guide::cases(), package::cases(), others::cases()];
    let trial = |(name, test): Case| {
        let run = move || {
            test();
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(!runs)
    };
    libtest_mimic::run(&arguments, cases.into_iter().flatten().map(trial).collect()).exit_code()
}
