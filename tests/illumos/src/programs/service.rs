//! svcs, svcadm, svccfg and svcprop, as far as the services of the network go (facts §4.6, §5.4). What svcprop prints is from
//! its source in illumos-gate (`svcprop.c`), the rest from manual pages.

use super::getopt::Spec;
use crate::dialect::Dialect;
use crate::layout::Table;
use crate::output::Output;
use crate::state::{State, Zone};

/// The services with their states.
fn services(state: &State) -> Vec<(&'static str, &'static str)> {
    let nwam = state.profile_manager && state.dialect != Dialect::Solaris11;
    let word = |online: bool| if online { "online" } else { "disabled" };
    let mut services = vec![("svc:/network/physical:default", word(!nwam)), ("svc:/network/physical:nwam", word(nwam))];
    if state.dialect == Dialect::Solaris10 {
        services.pop();
    } else {
        services.push(("svc:/network/ip-interface-management:default", "online"));
    }
    if state.dialect.has_ipmp_service() {
        // In a shared-IP zone its method exits and leaves no daemon (facts §4.6).
        let state = match state.maintenance {
            true => "maintenance",
            false => word(state.mpathd.running || state.zone == Zone::SharedIp),
        };
        services.push((IPMP[1], state));
    }
    services
}

fn matching(state: &State, pattern: &str) -> Vec<(&'static str, &'static str)> {
    let wanted = pattern.strip_prefix("svc:/").unwrap_or(pattern);
    let matches = |fmri: &str| {
        let fmri = &fmri[5..];
        fmri == wanted || fmri.split(':').next() == Some(wanted) || fmri.ends_with(&format!("/{wanted}"))
    };
    services(state).into_iter().filter(|(fmri, _)| matches(fmri)).collect()
}

/// Runs svcs.
pub(super) fn svcs(state: &State, words: &[&str]) -> Output {
    let Ok(parsed) = (Spec { short: "Hao:", long: &[] }).parse(words) else {
        return Output::failure("Usage: svcs [-aHpv] [-o col[,col ... ]] [<service> ...]");
    };
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for pattern in &parsed.operands {
        let matches = matching(state, pattern);
        if matches.is_empty() {
            missing.push(format!("svcs: Pattern '{pattern}' doesn't match any instances"));
        }
        found.extend(matches);
    }
    if parsed.operands.is_empty() {
        found = services(state);
        found.retain(|(_, word)| parsed.has('a') || *word == "online");
    }
    let rows = found.iter().map(|(fmri, word)| vec![(*word).to_owned(), "12:00:00".to_owned(), (*fmri).to_owned()]);
    let table = Table { columns: &[("STATE", 15), ("STIME", 9), ("FMRI", 40)], default: 3, rows: rows.collect() };
    let Ok(laid) = table.lay(parsed.value('o'), false) else {
        return Output::failure("svcs: Unknown column");
    };
    let text = if parsed.has('H') {
        laid.text.split_once('\n').map(|(_, rows)| rows.to_owned()).unwrap_or_default()
    } else {
        laid.text
    };
    let mut output = Output::of(text);
    for line in missing {
        output = Output { ending: crate::Ending::Exit(1), ..output.warned(line) };
    }
    output
}

/// Runs svcadm.
pub(super) fn svcadm(state: &mut State, words: &[&str]) -> Output {
    let waits = words.contains(&"-s");
    let words: Vec<&str> = words.iter().copied().filter(|word| !matches!(*word, "-s" | "-t" | "-r")).collect();
    let [verb, pattern] = words[..] else { return Output::failure("Usage: svcadm [-v] [cmd [args ... ]]") };
    let found = matching(state, pattern);
    let Some((fmri, _)) = found.first() else {
        return Output::failure(format!("svcadm: Pattern '{pattern}' doesn't match any instances"));
    };
    if !state.privileged() {
        return Output::failure(format!("svcadm: {fmri}: Permission denied."));
    }
    // A service in maintenance stays there, whatever is asked of it, until it is cleared or disabled (svcadm(8)).
    let broken = state.maintenance && *fmri == IPMP[1];
    match (*fmri, verb) {
        (_, "clear") if !broken => {
            return Output::failure(format!("svcadm: Instance \"{fmri}\" is not in a maintenance or degraded state."));
        }
        (_, "enable") if broken && waits => {
            return Output::failure(format!("svcadm: Instance \"{fmri}\" is in maintenance state."));
        }
        (_, "enable" | "refresh" | "restart") if broken => {}
        (_, "clear") => {
            state.maintenance = false;
            crate::mpathd::start(state);
        }
        (_, "disable") if broken => state.maintenance = false,
        ("svc:/network/ipmp:default", "refresh") => crate::mpathd::hang_up(state),
        ("svc:/network/ipmp:default", "disable") => crate::mpathd::stop(state),
        ("svc:/network/ipmp:default", "enable" | "restart") => {
            if verb == "restart" {
                crate::mpathd::stop(state);
            }
            if state.zone != Zone::SharedIp {
                crate::mpathd::start(state);
            }
        }
        // The two are mutually exclusive (facts §5.4).
        ("svc:/network/physical:nwam", "enable") | ("svc:/network/physical:default", "disable") => {
            state.profile_manager = true;
        }
        ("svc:/network/physical:nwam", "disable") | ("svc:/network/physical:default", "enable") => {
            state.profile_manager = false;
        }
        _ => {}
    }
    Output::default()
}

/// The one property that is simulated (facts §4.6), and the services whose it is.
const TRANSITIVE: &str = "config/transitive-probing";
const IPMP: [&str; 2] = ["svc:/network/ipmp", "svc:/network/ipmp:default"];

/// Runs svccfg: sets whether members without test addresses are probed. What in.mpathd makes of it is not simulated.
pub(super) fn svccfg(state: &mut State, words: &[&str]) -> Output {
    let ["-s", service, "setprop", setting] = words else {
        return Output::failure("svccfg: only -s SERVICE setprop NAME=VALUE is simulated");
    };
    let value = setting.split_once('=').filter(|(name, _)| *name == TRANSITIVE).and_then(|(_, on)| on.parse().ok());
    match value {
        _ if !IPMP.contains(service) => Output::failure(format!("svccfg: Pattern '{service}' doesn't match any")),
        _ if !state.privileged() => Output::failure("svccfg: Permission denied."),
        Some(on) if state.dialect == Dialect::Solaris11 => {
            state.transitive_probing = on;
            Output::default()
        }
        _ => Output::failure("svccfg: No such property group \"config\"."),
    }
}

/// Runs svcprop: prints the value of a property, of an instance as it was when it was last refreshed (`process_ent`).
pub(super) fn svcprop(state: &State, words: &[&str]) -> Output {
    match words {
        ["-p", name, service] if *name == TRANSITIVE && IPMP.contains(service) => match state.dialect {
            Dialect::Solaris11 => Output::of(format!("{}\n", state.transitive_probing)),
            _ => {
                let what = if *service == IPMP[1] { "instance" } else { "service" };
                Output::failure(format!("svcprop: Couldn't find property group `config' for {what} `{service}'."))
            }
        },
        _ => Output::failure("svcprop: only -p config/transitive-probing svc:/network/ipmp is simulated"),
    }
}
