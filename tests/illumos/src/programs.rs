//! The programs.

use crate::output::Output;
use crate::state::State;

/// All their names.
pub const ALL: [&str; 13] = [
    "ipadm", "ifconfig", "ipmpstat", "if_mpadm", "dladm", "route", "netstat", "svcs", "svcadm", "zonename", "dhcpinfo",
    "pfexec", "pkill",
];

/// Runs a program.
pub fn run(program: &str, _arguments: &[String], _state: &mut State) -> Output {
    Output::failure(format!("{program}: not built yet"))
}
