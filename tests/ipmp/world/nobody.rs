//! The network beyond the host, in which nobody answers but the probes of a drill.

use std::io;
use std::time::Duration;

use mpath::reach::{Answer, Place, ProbeKind, Prober, Pulse, Target};
use mpath_core::InterfaceName;

use super::steady::Steady;

/// Nobody to be asked.
pub(super) struct Nobody;

impl Prober for Nobody {
    fn resolve(&mut self, _: &str) -> io::Result<Vec<Place>> {
        Ok(vec![])
    }

    fn ask(&mut self, targets: &[Target], _: Duration, _: &dyn Fn() -> bool) -> Vec<Answer> {
        targets.iter().map(|_| Answer::Silent).collect()
    }

    fn pulse(&mut self, _: ProbeKind, _: &Place, _: &InterfaceName, interval: Duration) -> io::Result<Box<dyn Pulse>> {
        Ok(Box::new(Steady::new(interval, Duration::ZERO..Duration::ZERO, false)))
    }
}
