//! Nothing: its tests let nmstate's own reader at what `mpath render --to nmstate` writes. They stand in a crate of their own, since
//! nmstate brings a good thirty crates that no other test needs. `make test-formats` runs them.
