//! Time, which only tests move, and the settling of kernel and daemon after every change.

use crate::state::State;

/// Applies the rules of kernel and daemon until nothing changes any more.
pub fn settle(state: &mut State) {
    // Each round that changes something has an event as its cause, and events are few.
    for _ in 0..32 {
        let before = (state.interfaces.clone(), state.groups.clone(), state.mpathd.clone());
        crate::kernel::refresh(state);
        crate::mpathd::sync(state);
        crate::kernel::refresh(state);
        let settled = before == (state.interfaces.clone(), state.groups.clone(), state.mpathd.clone());
        if settled && !crate::programs::ipadm::object::retry_leases(state) {
            return;
        }
    }
}

/// Lets time pass, and what happens by itself happen in order: probes lost and answered, the end of a flap guard.
pub fn advance(state: &mut State, milliseconds: u64) {
    let end = state.now + milliseconds;
    state.behind = None;
    settle(state);
    while let Some(event) = crate::mpathd::next_event(state).filter(|event| *event <= end) {
        state.now = event;
        settle(state);
    }
    state.now = end;
    settle(state);
}
