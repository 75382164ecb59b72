//! What was measured: as it is written down, and what is made of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::stopwatch::Cost;

/// Values of one thing, in the order in which they were measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Series(pub(crate) Vec<f64>);

impl Series {
    fn sorted(&self) -> Vec<f64> {
        let mut values = self.0.clone();
        values.sort_by(f64::total_cmp);
        values
    }

    pub(crate) fn median(&self) -> Option<f64> {
        let values = self.sorted();
        let middle = values.len() / 2;
        match values.len() {
            0 => None,
            length if length % 2 == 1 => Some(values[middle]),
            _ => Some(f64::midpoint(values[middle - 1], values[middle])),
        }
    }

    pub(crate) fn least(&self) -> Option<f64> {
        self.sorted().first().copied()
    }

    pub(crate) fn most(&self) -> Option<f64> {
        self.sorted().last().copied()
    }
}

/// One thing that a program was asked to do, in all rounds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Phase {
    /// Until the first ping is answered, in milliseconds. Of `up` only.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub(crate) usable: Series,
    /// Until its commands have returned, in milliseconds.
    pub(crate) returned: Series,
    /// Processor time of the commands and of the daemon behind them, in milliseconds.
    pub(crate) cpu: Series,
    /// The most memory that one of them had, in KiB.
    pub(crate) memory: Series,
    /// The pages of memory that they touched.
    #[serde(default)]
    pub(crate) pages: Series,
    /// The longest time without an answer, in milliseconds. Where somebody talks to the host meanwhile.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub(crate) outage: Series,
    /// What it asked of the kernel, counted once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) requests: Option<Requests>,
}

impl Phase {
    /// Adds what one run cost.
    pub(crate) fn note(&mut self, cost: Cost) {
        self.returned.0.push(milliseconds(cost.wall));
        self.cpu.0.push(milliseconds(cost.cpu));
        #[allow(clippy::cast_precision_loss, reason = "no program here has that much memory")]
        for (series, figure) in [(&mut self.memory, cost.memory), (&mut self.pages, cost.pages)] {
            series.0.push(figure as f64);
        }
    }
}

/// A time as figures have it.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn is_empty(series: &Series) -> bool {
    series.0.is_empty()
}

/// What was asked of the kernel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Requests {
    /// Messages that ask, over netlink.
    pub(crate) reads: usize,
    /// Messages that change something.
    pub(crate) writes: usize,
    /// Writes to files of `/sys` and `/proc/sys`.
    pub(crate) files: usize,
    /// Processes that it took.
    pub(crate) processes: usize,
}

impl Requests {
    pub(crate) fn plus(self, more: Self) -> Self {
        Self {
            reads: self.reads + more.reads,
            writes: self.writes + more.writes,
            files: self.files + more.files,
            processes: self.processes + more.processes,
        }
    }
}

/// What became of one program.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Life {
    /// As it calls itself.
    pub(crate) version: String,
    /// By name: up, again, change, down.
    pub(crate) phases: BTreeMap<String, Phase>,
}

/// Writes figures down, in a folder or on standard output.
pub(crate) fn write(folder: Option<&Path>, name: &str, figures: &impl Serialize) {
    let text = serde_json::to_string_pretty(figures).unwrap();
    let Some(folder) = folder else {
        println!("{text}");
        return;
    };
    std::fs::create_dir_all(folder).unwrap();
    let file = folder.join(format!("{name}.json"));
    std::fs::write(&file, text + "\n").unwrap();
    println!("written: {}", file.display());
}
