//! zonename, dhcpinfo, pfexec, profiles and, on Solaris 11, netadm. What they print is from their manual pages, not from the facts.

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

/// Runs dhcpinfo: the address, the mask and the routers of a lease.
pub(super) fn dhcpinfo(state: &State, words: &[&str]) -> Output {
    let bad = Output { ending: Ending::Exit(3), ..Output::failure("Usage: dhcpinfo [-i interface] code") };
    let Ok(parsed) = (Spec { short: "ci:n:v:", long: &[] }).parse(words) else { return bad };
    let [code] = parsed.operands[..] else { return bad };
    let leased = state
        .interfaces
        .iter()
        .filter(|interface| parsed.value('i').is_none_or(|name| name == interface.name))
        .flat_map(|interface| interface.lifs().map(move |(_, lif)| (interface, lif)))
        .find(|(_, lif)| lif.dhcp && !lif.is_stub());
    let Some((interface, lif)) = leased else {
        return Output { ending: Ending::Exit(2), ..Output::failure("dhcpinfo: interface is not under DHCP control") };
    };
    let value = match code {
        "Yiaddr" => Some(lif.address.to_string()),
        "Subnet" | "SubnetMask" | "1" => {
            ipnet::IpNet::new(lif.address, lif.prefix).ok().map(|net| net.netmask().to_string())
        }
        "Router" | "3" => {
            let route = state.routes.iter().find(|r| r.dhcp && r.interface.as_ref() == Some(&interface.name));
            route.map(|route| route.gateway.clone())
        }
        _ => None,
    };
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

/// Runs profiles: those of the caller, one in each line.
pub(super) fn profiles(state: &State) -> Output {
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
