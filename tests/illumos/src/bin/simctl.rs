//! Steers a simulated host from a shell: makes one, pulls cables, lets time pass.

fn main() {}
