//! pkill and pgrep, as far as in.mpathd goes: where no service stands, SIGHUP is the way to it (facts §4.2).

use crate::output::{Ending, Output};
use crate::state::State;

const NONE: Output = Output { stdout: Vec::new(), stderr: Vec::new(), ending: Ending::Exit(1) };

fn names_daemon(words: &[&str]) -> bool {
    words.last().is_some_and(|word| *word == "in.mpathd")
}

/// Runs pkill: `-HUP` has the daemon read its file again, anything else ends it.
pub(super) fn pkill(state: &mut State, words: &[&str]) -> Output {
    if !names_daemon(words) || !state.mpathd.running {
        return NONE;
    }
    if !state.privileged() {
        return Output::failure("pkill: Failed to signal pid 101: Not owner");
    }
    if words.contains(&"-HUP") || words.contains(&"-1") {
        crate::mpathd::hang_up(state);
    } else {
        crate::mpathd::stop(state);
    }
    Output::default()
}

/// Runs pgrep.
pub(super) fn pgrep(state: &State, words: &[&str]) -> Output {
    if names_daemon(words) && state.mpathd.running { Output::of("101\n") } else { NONE }
}
