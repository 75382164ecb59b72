//! What the targets share: one is a file in `bin/`, with its seeds in `corpus/` under the same name.
//!
//! By `tests/fuzz/run` a target is a fuzzer. Otherwise it is a test that its seeds, past findings among them, are taken.

#[cfg(fuzzing)]
#[doc(hidden)]
pub use libfuzzer_sys;

use mpath_core::plan::{self, NoPlan};
use mpath_core::resolve::Question;
use mpath_core::status::GroupStatus;
use mpath_core::{Capabilities, Group, GroupName, InterfaceName, Receipt, Snapshot, Step};

/// Makes a target of a function that takes `&[u8]` and must not panic.
#[macro_export]
macro_rules! target {
    ($run:path) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|input: &[u8]| $run(input));

        #[cfg(not(fuzzing))]
        fn main() {
            $crate::replay(env!("CARGO_BIN_NAME"), $run);
        }

        #[cfg(test)]
        #[test]
        fn the_seeds_and_past_findings_are_taken() {
            $crate::replay(env!("CARGO_BIN_NAME"), $run);
        }
    };
}

/// Gives every file of a target's corpus to it.
///
/// # Panics
/// If there is none, or the target panics.
pub fn replay(target: &str, run: fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs = 0;
    for file in files.flatten() {
        let input = std::fs::read(file.path()).unwrap_or_else(|error| panic!("{}: {error}", file.path().display()));
        run(&input);
        inputs += 1;
    }
    assert!(inputs > 0, "{} is empty", folder.display());
}

/// The parts of an input, between lines of `%%%`. What is not UTF-8 is replaced, as everywhere that text comes in from
/// a program.
pub fn parts(input: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(input).split("%%%\n").map(str::to_owned).collect()
}

/// A platform: what it can do, and how it explains a step.
pub type Platform = (Capabilities, fn(&Step) -> Vec<String>);

/// All of them, as they are on this host.
pub fn platforms(host: &Snapshot) -> Vec<Platform> {
    use mpath_backend_illumos::{Dialect, capabilities_of, explain, obstacles_in};
    let ipmp = |dialect| Capabilities { obstacles: obstacles_in(host), ..capabilities_of(dialect) };
    vec![
        (mpath_backend_linux::capabilities(), mpath_backend_linux::explain),
        (ipmp(Dialect::Ipadm), |step| explain(step, Dialect::Ipadm)),
        (ipmp(Dialect::Ifconfig), |step| explain(step, Dialect::Ifconfig)),
        (ipmp(Dialect::Solaris11), |step| explain(step, Dialect::Solaris11)),
    ]
}

/// Plans both ways on a host, and puts everything into words.
pub fn plan(groups: &[Group], host: &Snapshot, receipt: Option<&Receipt>) {
    for (capabilities, explain) in platforms(host) {
        for group in groups {
            for (adopt, persist) in [(false, false), (true, false), (false, true), (true, true)] {
                let question =
                    Question { desired: group, current: host, receipt, capabilities: &capabilities, adopt, persist };
                let prepared = plan::up(question);
                let steps = prepared.as_ref().map_or(&[][..], |prepared| &prepared.plan.steps);
                in_words(steps, explain);
                if let Err(why) = &prepared {
                    refusals_in_words(why);
                }
                if let Ok(device) = capabilities.device_of(group) {
                    down(group.name(), &device, host, receipt, &(capabilities.clone(), explain), adopt);
                    let status = GroupStatus::of(group, device, host, steps.len());
                    let _ = serde_json::to_string(&status);
                }
            }
        }
    }
}

/// Plans to take a group down, and puts everything into words.
pub fn down(
    group: &GroupName,
    device: &InterfaceName,
    host: &Snapshot,
    receipt: Option<&Receipt>,
    (capabilities, explain): &Platform,
    adopt: bool,
) {
    match plan::down(group, device, host, receipt, capabilities, adopt) {
        Ok(plan) => in_words(&plan.steps, *explain),
        Err(why) => refusals_in_words(&why),
    }
}

/// Puts steps into words.
pub fn in_words(steps: &[Step], explain: fn(&Step) -> Vec<String>) {
    for step in steps {
        for command in explain(step) {
            assert!(is_quoted(&command), "{command}");
        }
        let _ = step.to_string();
        let _ = step.inverse().map(|inverse| explain(&inverse));
        let _ = serde_json::to_string(step);
    }
}

fn refusals_in_words(why: &NoPlan) {
    if let NoPlan::Refused(refusals) = why {
        for refusal in refusals {
            let _ = (refusal.to_string(), refusal.hint(), serde_json::to_string(refusal));
        }
    }
}

/// Whether nothing but what mpath means it to means something to a shell.
fn is_quoted(command: &str) -> bool {
    // What stands in single quotes has no meaning, and `\'` is how one stands in them.
    let command = command.replace(r"'\''", "");
    let outside = command.split('\'').step_by(2).collect::<String>();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    let meant = ["&&", "||", ">", ">>", "!", "{", "}"];
    let is_fine = |word: &str| meant.contains(&word) || word.trim_end_matches(';').chars().all(plain);
    !command.is_empty() && outside.split(' ').all(is_fine)
}
