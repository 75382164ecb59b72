//! zonename, dhcpinfo, pfexec, profiles and, on Solaris 11, netadm. What dhcpinfo and profiles print is from their source in
//! illumos-gate (`dhcpinfo.c`, `profiles.c`), the rest from manual pages.

use super::getopt::Spec;
use crate::dialect::Dialect;
use crate::layout::Table;
use crate::output::{Ending, Output};
use crate::state::{State, User, Zone};

/// Runs zonename. With -t it tells whose the network stack is, by a flag that exclusive-IP zones have and the global
/// zone has not: there it says `shared`, and scripts ask for the name first (smf_configure_ip in smf_include.sh)
/// [inferred]. The one of Solaris 10 takes no options.
pub(super) fn zonename(state: &State, words: &[&str]) -> Output {
    if words == ["-t"] && state.dialect != Dialect::Solaris10 {
        return Output::of(if state.zone == Zone::ExclusiveIp { "exclusive\n" } else { "shared\n" });
    }
    Output::of(if state.zone == Zone::Global { "global\n" } else { "web\n" })
}

/// Runs dhcpinfo: the address, the mask and the routers of a lease. An interface is a logical one: the client of net0:1 is not
/// found under net0 (`lookup_smach`).
pub(super) fn dhcpinfo(state: &State, words: &[&str]) -> Output {
    // DHCP_EXIT_FAILURE and DHCP_EXIT_BADARGS of dhcpagent_ipc.h, texts of `dhcp_ipc_strerror`.
    let failed = |text: &str| Output { ending: Ending::Exit(2), ..Output::failure(format!("dhcpinfo: {text}")) };
    let usage = "usage: dhcpinfo [-c] [-i interface] [-n limit] [-v {4|6}] code\n       dhcpinfo [-c] [-i interface] [-n limit] [-v {4|6}] identifier";
    let bad = |text: String| Output { ending: Ending::Exit(3), ..Output::failure(text) };
    let Ok(parsed) = (Spec { short: "ci:n:v:", long: &[] }).parse(words) else { return bad(usage.to_owned()) };
    let [code] = parsed.operands[..] else { return bad(usage.to_owned()) };
    if !matches!(code, "Yiaddr" | "Subnet" | "1" | "Router" | "3") {
        return bad(format!("dhcpinfo: unknown identifier `{code}'"));
    }
    let (name, number) = match parsed.value('i').map(|name| name.split_once(':').unwrap_or((name, "0"))) {
        Some((name, number)) => (Some(name), number.parse().ok()),
        None => (None, None),
    };
    let clients = state.interfaces.iter().flat_map(|interface| interface.lifs().map(move |(_, lif)| (interface, lif)));
    let mut clients = clients.filter(|(_, lif)| lif.dhcp);
    let is_it = |(interface, lif): &(&crate::Interface, &crate::Lif)| {
        name.is_none_or(|name| name == interface.name) && number.is_none_or(|number: u32| number == lif.number)
    };
    let Some((interface, lif)) = clients.find(is_it) else {
        return failed(match name {
            Some(_) => "interface is not under DHCP control",
            None => "primary interface requested but no primary interface is set",
        });
    };
    if lif.is_stub() {
        // `ipc_cmd_allowed` of agent.c: GET_TAG needs a lease.
        return failed("interface not in appropriate state for command");
    }
    let value = match code {
        "Yiaddr" => Some(lif.address.to_string()),
        "Subnet" | "1" => ipnet::IpNet::new(lif.address, lif.prefix).ok().map(|net| net.netmask().to_string()),
        _ => {
            let route = state.routes.iter().find(|r| r.dhcp && r.interface.as_ref() == Some(&interface.name));
            route.map(|route| route.gateway.clone())
        }
    };
    // An option that the server did not tell is nothing, and no failure.
    Output::of(value.map(|value| value + "\n").unwrap_or_default())
}

/// Runs pfexec: with the profile that allows it, the command runs as root would run it (facts §1.4); without, as
/// whoever called.
pub(super) fn pfexec(state: &mut State, words: &[&str]) -> Output {
    let Some((command, rest)) = words.split_first() else {
        return Output::failure("pfexec: usage: pfexec cmd [arg ..]");
    };
    let program = command.rsplit('/').next().unwrap_or_default();
    let arguments: Vec<String> = rest.iter().map(|word| (*word).to_owned()).collect();
    let caller = state.user.clone();
    let allowed = ["Network Management", "Primary Administrator", "System Administrator"];
    if caller.profiles.iter().any(|profile| allowed.contains(&profile.as_str())) {
        state.user = User::root();
    }
    let output = super::dispatch(program, &arguments, state);
    state.user = caller;
    output
}

/// Runs profiles: those of the caller, one in each line; who has none is told so (`show_profs`).
pub(super) fn profiles(state: &State) -> Output {
    if state.user.profiles.is_empty() {
        return Output::failure(format!("profiles: {}: No profiles", state.user.name));
    }
    Output::of(state.user.profiles.iter().map(|profile| format!("{profile}\n")).collect::<String>())
}

/// Runs netadm: which network configuration profile is in charge (facts §5.4). Columns inferred.
pub(super) fn netadm(state: &mut State, words: &[&str]) -> Output {
    match words {
        ["list", ..] => {
            let word = |online: bool| if online { "online" } else { "disabled" }.to_owned();
            let row = |name: &str, state: String| vec!["ncp".to_owned(), name.to_owned(), state];
            let rows =
                vec![row("Automatic", word(state.profile_manager)), row("DefaultFixed", word(!state.profile_manager))];
            let table = Table { columns: &[("TYPE", 12), ("PROFILE", 15), ("STATE", 14)], default: 3, rows };
            Output::of(table.lay(None, false).map(|laid| laid.text).unwrap_or_default())
        }
        ["enable", "-p", "ncp", name @ ("Automatic" | "DefaultFixed")] => {
            if !state.privileged() {
                return Output::failure(format!("netadm: {name}: Permission denied"));
            }
            state.profile_manager = *name == "Automatic";
            Output::of(format!("Enabling ncp '{name}'\n"))
        }
        _ => Output::failure("netadm: only list and enable -p ncp are simulated"),
    }
}
