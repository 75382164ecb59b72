//! Salt and Puppet, without a master, on a host of the fleet: as the guide shows.

pub(crate) fn cases() -> Vec<super::Case> {
    vec![]
}
