//! mpath side by side with what people would use instead: `make bench`.
//!
//! The measuring commands run inside the lab, one kernel for all, and write figures; `report` makes the page and the
//! pictures of them; `gate` holds a few of them against the margins that are in the repository.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on fails, and tells where")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program for a terminal")]

#[cfg(target_os = "linux")]
mod bench;
#[cfg(target_os = "linux")]
use bench::network;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    bench::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("the benchmark needs Linux");
}
