//! The multi-call binary: the name by which it is called chooses the program, and the place the host.
//!
//! The host is the nearest directory above the program that has a state file, since callers clear the environment.
//! A program that is called by its bare name asks `ILLUMOS_SIMULATOR_HOST`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use illumos_simulator::{Ending, Output, Store};

fn main() -> ExitCode {
    let mut words = std::env::args();
    let called = PathBuf::from(words.next().unwrap_or_default());
    let arguments: Vec<String> = words.collect();
    let program = called.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let result = store(&called).and_then(|store| {
        store
            .with(|state| illumos_simulator::run(&program, &arguments, state))
            .map_err(|error| format!("the state file: {error}"))
    });
    match result {
        Ok(output) => end(&output),
        Err(problem) => {
            let _ = writeln!(std::io::stderr(), "illumos-simulator: {problem}");
            ExitCode::from(125)
        }
    }
}

fn store(called: &Path) -> Result<Store, String> {
    if called.components().count() > 1 {
        Store::above(&std::path::absolute(called).map_err(|error| error.to_string())?)
    } else {
        std::env::var_os("ILLUMOS_SIMULATOR_HOST").map(|directory| Store::at(Path::new(&directory)))
    }
    .ok_or_else(|| format!("no simulated host around {}", called.display()))
}

fn end(output: &Output) -> ExitCode {
    // Whoever has stopped reading does not change how the program ends.
    let _ = std::io::stdout().write_all(&output.stdout).and_then(|()| std::io::stdout().flush());
    let _ = std::io::stderr().write_all(&output.stderr);
    match output.ending {
        Ending::Exit(status) => ExitCode::from(status),
        Ending::Signal(number) => {
            let signal = rustix::process::Signal::from_named_raw(number);
            let signal = signal.unwrap_or(rustix::process::Signal::KILL);
            let _ = rustix::process::kill_process(rustix::process::getpid(), signal);
            // A signal that is ignored has not ended it.
            ExitCode::from(125)
        }
        Ending::Hang => loop {
            std::thread::sleep(Duration::from_secs(60));
        },
    }
}
