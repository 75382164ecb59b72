//! How long the pure core takes for ten thousand groups, by criterion: `make bench` puts it on the page.
//! `cargo bench --package mpath-bench` shows it by itself, and what became of it since the last time.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

#[cfg(target_os = "linux")]
#[path = "src/bench/core_stages.rs"]
mod core_stages;

#[cfg(target_os = "linux")]
mod stages {
    use std::time::Duration;

    use criterion::{BenchmarkId, Criterion, SamplingMode};

    use super::core_stages::{Input, Stage, run};

    pub(super) fn measure() {
        let mut criterion = Criterion::default().configure_from_args();
        let mut group = criterion.benchmark_group("core");
        // One run takes up to seconds: ten of them tell enough.
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
        for (name, stage) in [("parse", Stage::Parse), ("read", Stage::Read), ("plan", Stage::Plan)] {
            for groups in [1_000, 10_000] {
                let input = Input::new(groups);
                group.bench_with_input(BenchmarkId::new(name, groups), &input, |bencher, input| {
                    bencher.iter(|| run(stage, input));
                });
            }
        }
        group.finish();
        criterion.final_summary();
    }
}

fn main() {
    #[cfg(target_os = "linux")]
    stages::measure();
}
