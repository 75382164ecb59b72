//! The programs: which there are, which of them change something, and what happens around each run.

mod daemon;
mod dladm;
mod getopt;
mod if_mpadm;
pub(crate) mod ifconfig;
pub(crate) mod ipadm;
mod ipmpstat;
pub(crate) mod route;
mod service;
mod system;

use crate::fault::Fault;
use crate::output::Output;
use crate::state::{Behind, Call, State};

/// All their names.
pub const ALL: [&str; 18] = [
    "ipadm", "ifconfig", "ipmpstat", "if_mpadm", "dladm", "route", "netstat", "svcs", "svcadm", "zonename", "dhcpinfo",
    "pfexec", "profiles", "pkill", "pgrep", "netadm", "svccfg", "svcprop",
];

/// Runs a program: notes the call, applies a planned failure, lets kernel and daemon settle.
pub fn run(program: &str, arguments: &[String], state: &mut State) -> Output {
    let mutates = mutates(program, arguments);
    state.calls.push(Call { program: program.to_owned(), arguments: arguments.to_vec(), mutates });
    let fault = Fault::strike(&mut state.faults, program, arguments, mutates);
    if fault.as_ref().is_some_and(|fault| !fault.done && !fault.reads()) {
        return fault.map(|fault| fault.spoil(Output::default())).unwrap_or_default();
    }
    if mutates && state.lag > 0 && state.behind.is_none() {
        let view = State { calls: Vec::new(), ..state.clone() };
        state.behind = Some(Behind { left: state.lag, view: Box::new(view) });
    }
    let output = dispatch(program, arguments, state);
    crate::clock::settle(state);
    match fault {
        Some(fault) => fault.spoil(output),
        None => output,
    }
}

fn dispatch(program: &str, arguments: &[String], state: &mut State) -> Output {
    if !state.dialect.programs().any(|there| there == program) {
        return Output { ending: crate::Ending::Exit(127), ..Output::failure(format!("{program}: not found")) };
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match program {
        "ipadm" => ipadm::run(state, &words),
        "ifconfig" => ifconfig::run(state, &words),
        "ipmpstat" => match state.behind.take() {
            Some(Behind { left, view }) => {
                let output = ipmpstat::run(&view, &words);
                state.behind = (left > 1).then(|| Behind { left: left - 1, view });
                output
            }
            None => ipmpstat::run(state, &words),
        },
        "if_mpadm" => if_mpadm::run(state, &words),
        "dladm" => dladm::run(state, &words),
        "route" => route::run(state, &words),
        "netstat" => route::netstat(state, &words),
        "svcs" => service::svcs(state, &words),
        "svcadm" => service::svcadm(state, &words),
        "svccfg" => service::svccfg(state, &words),
        "svcprop" => service::svcprop(state, &words),
        "zonename" => system::zonename(state, &words),
        "dhcpinfo" => system::dhcpinfo(state, &words),
        "netadm" => system::netadm(state, &words),
        "pfexec" => system::pfexec(state, &words),
        "profiles" => system::profiles(state),
        "pkill" => daemon::pkill(state, &words),
        "pgrep" => daemon::pgrep(state, &words),
        _ => Output::failure(format!("{program}: not simulated")),
    }
}

/// Whether a command line is one that changes things, whether or not it succeeds.
pub(crate) fn mutates(program: &str, arguments: &[String]) -> bool {
    let first = arguments.first().map_or("", String::as_str);
    match program {
        "ipadm" | "dladm" => !(first.starts_with("show-") || first.is_empty() || first == "help"),
        "ifconfig" => ifconfig::mutates(arguments),
        "netadm" => first != "list",
        "if_mpadm" | "svcadm" | "svccfg" | "pkill" => true,
        "route" => arguments.iter().any(|word| matches!(word.as_str(), "add" | "delete" | "change" | "flush")),
        "pfexec" => arguments
            .split_first()
            .is_some_and(|(inner, rest)| mutates(inner.rsplit('/').next().unwrap_or_default(), rest)),
        _ => false,
    }
}

/// Whether a name is one that an interface can have (facts §1.3): letters and a number at the end, at most 31
/// characters, no `:`.
pub(crate) fn is_interface_name(name: &str) -> bool {
    let (device, _) = crate::state::split_name(name);
    let starts = device.starts_with(|c: char| c.is_ascii_alphabetic());
    let plain = device.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    name.len() <= 31 && device.len() < name.len() && starts && plain
}
