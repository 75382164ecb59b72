//! What is private here, for `tests/fuzz` alone.

use clap::ValueEnum as _;
use mpath_core::journal::Journal;
use mpath_core::{Group, Problem, Receipt, Snapshot, SourceFile};

use crate::host::Host;
use crate::journals;
use crate::output;
use crate::platform::elsewhere::{Elsewhere, Platform};
use crate::receipts;

/// A receipt in the form in which it is kept.
pub fn receipt(bytes: &[u8]) -> Option<Receipt> {
    receipts::parse(bytes).ok()
}

/// A journal in the form in which it is kept.
pub fn journal(bytes: &[u8]) -> Option<Journal> {
    journals::parse_journal(bytes)
}

/// The hosts that `plan --platform` takes for granted.
pub fn assumed_hosts(groups: &[Group]) -> Vec<Snapshot> {
    let host = |platform: &Platform| {
        let mut elsewhere = Some(Elsewhere::with_members_of(*platform, groups));
        let gone = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = || mpath_core::BackendError::Io { action: "open", object: String::new(), source: gone() };
        Some(Host::open(&mut || Ok(Box::new(elsewhere.take().ok_or_else(error)?))).ok()?.snapshot)
    };
    let mut hosts: Vec<_> = Platform::value_variants().iter().filter_map(host).collect();
    hosts.dedup();
    hosts
}

/// Problems as people are shown them.
pub fn shown(files: &[SourceFile], problems: &[Problem]) -> String {
    output::problems_in_words(files, problems)
}
