//! mpath on IPMP: whole runs against the simulated commands of illumos and Solaris.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod agent;
mod convergence;
mod cut_off;
mod doctor;
mod duplicates;
mod faults;
mod interrupted;
mod members;
mod neighbours;
mod out_of_use;
mod persist;
mod refusals;
mod rendered;
mod rights;
mod script;
mod status;
mod story;
mod switch;
mod truth;
mod universe;
mod until_boot;
mod watch;
mod world;
