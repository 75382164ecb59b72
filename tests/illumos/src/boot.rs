//! The boot.

use crate::state::State;

pub(crate) fn start(state: &mut State) {
    state.add_loopback();
}

/// Boots the host anew.
pub fn reboot(state: &mut State) {
    state.interfaces.clear();
    start(state);
}
