//! Time, which only tests move.

use crate::state::State;

/// Applies the rules of kernel and daemon until nothing changes.
pub fn settle(_state: &mut State) {}

/// Lets time pass.
pub fn advance(state: &mut State, milliseconds: u64) {
    state.now += milliseconds;
}
