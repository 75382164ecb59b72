//! Many hosts at once: what was captured of them, and what their plans come to.

pub(crate) mod audit;
pub(crate) mod captured;
pub(crate) mod rollout;
