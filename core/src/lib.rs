//! The model of mpath: one failover group, described once, on any Unix.
