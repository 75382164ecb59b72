//! route and netstat -rn. What they print is from their source and manual pages as remembered, not from the facts.

use std::fmt::Write as _;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::interface::{Class, Family};
use crate::output::Output;
use crate::route::{Route, interface_towards, persist, persistent, translated};
use crate::state::State;

/// A route as words name it.
#[derive(Debug, PartialEq)]
struct Wanted {
    destination: String,
    gateway: String,
    interface: Option<String>,
    family: Family,
}

/// Runs route: add, delete, flush, `-p show`.
pub(super) fn run(state: &mut State, words: &[&str]) -> Output {
    let verbs = ["add", "delete", "show", "flush", "change", "get"];
    let Some(at) = words.iter().position(|word| verbs.contains(word)) else {
        return Output::failure("usage: route [ -fnpqv ] cmd [[ -<qualifers> ] args ]");
    };
    let permanent = words[..at].contains(&"-p");
    let quiet = words[..at].contains(&"-q");
    let rest = &words[at + 1..];
    if words[at] == "show" {
        return show(state);
    }
    if words[at] == "get" {
        return get(state, rest);
    }
    if !state.privileged() {
        return Output::failure("route: socket: Permission denied");
    }
    if words[at] == "flush" {
        state.routes.clear();
        return Output::default();
    }
    let Some(wanted) = parse(rest) else { return Output::failure("route: bad arguments") };
    // Changes through a member fail; a route that is added on one is the IPMP interface's (facts §5.1).
    if words[at] != "add" && wanted.interface.as_ref().is_some_and(|name| translated(state, name) != *name) {
        return Output::failure(format!(
            "{} net {}: gateway {}: not in table",
            words[at], wanted.destination, wanted.gateway
        ));
    }
    let kind = if wanted.destination.parse::<IpAddr>().is_ok() { "host" } else { "net" };
    let head = format!("{kind} {}: gateway {}", wanted.destination, wanted.gateway);
    let done = match words[at] {
        "add" => add(state, &wanted),
        _ => delete(state, &wanted),
    };
    let mut text = String::new();
    let mut failed = None;
    match done {
        Ok(()) => _ = writeln!(text, "{} {head}", words[at]),
        Err(reason) => failed = Some(format!("{} {head}: {reason}", words[at])),
    }
    if permanent {
        let line = line_of(rest);
        let mut lines = persistent(state);
        let there =
            lines.iter().position(|there| parse(&there.split(' ').collect::<Vec<_>>()).as_ref() == Some(&wanted));
        let done = match (words[at], there) {
            ("add", Some(_)) => Err("entry exists"),
            ("add", None) => {
                lines.push(line);
                Ok(())
            }
            (_, Some(index)) => {
                lines.remove(index);
                Ok(())
            }
            (_, None) => Err("not in table"),
        };
        match done {
            Ok(()) => {
                persist(state, &lines);
                let _ = writeln!(text, "{} persistent {head}", words[at]);
            }
            Err(reason) => failed = Some(format!("{} persistent {head}: {reason}", words[at])),
        }
    }
    let output = Output::of(if quiet { String::new() } else { text });
    match failed {
        Some(line) => Output { ending: crate::Ending::Exit(1), ..output.warned(line) },
        None => output,
    }
}

/// What /etc/inet/static_routes keeps: the arguments.
fn line_of(words: &[&str]) -> String {
    words.join(" ")
}

fn parse(words: &[&str]) -> Option<Wanted> {
    let (mut places, mut interface, mut family) = (Vec::new(), None, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "-inet" => family = Some(Family::V4),
            "-inet6" => family = Some(Family::V6),
            "-ifp" => interface = Some((*words.next()?).to_owned()),
            "-net" | "-host" | "-static" | "-gateway" | "-interface" => {}
            other if other.starts_with('-') => return None,
            other => places.push(other),
        }
    }
    let [destination, gateway] = places[..] else { return None };
    let gateway: IpAddr = gateway.parse().ok()?;
    let destination = match destination {
        "default" | "0.0.0.0/0" | "::/0" => "default".to_owned(),
        other => match other.parse::<IpNet>() {
            Ok(net) if net.prefix_len() == net.max_prefix_len() => net.addr().to_string(),
            Ok(net) => net.trunc().to_string(),
            Err(_) => other.parse::<IpAddr>().ok()?.to_string(),
        },
    };
    let family = family.unwrap_or_else(|| Family::of(gateway));
    (family == Family::of(gateway)).then(|| Wanted { destination, gateway: gateway.to_string(), interface, family })
}

fn same(route: &Route, wanted: &Wanted) -> bool {
    route.destination == wanted.destination && route.gateway == wanted.gateway
}

fn add(state: &mut State, wanted: &Wanted) -> Result<(), &'static str> {
    if state.routes.iter().any(|route| same(route, wanted)) {
        return Err("entry exists");
    }
    let gateway: IpAddr = wanted.gateway.parse().map_err(|_| "bad address")?;
    let interface = match &wanted.interface {
        Some(name) if state.interface(name).is_none() => return Err("No such device or address"),
        Some(name) => Some(translated(state, name)),
        None => None,
    };
    if interface.is_none() && interface_towards(state, gateway).is_none() {
        return Err("Network is unreachable");
    }
    state.routes.push(Route {
        destination: wanted.destination.clone(),
        gateway: wanted.gateway.clone(),
        interface,
        dhcp: false,
    });
    Ok(())
}

fn delete(state: &mut State, wanted: &Wanted) -> Result<(), &'static str> {
    let index = state.routes.iter().position(|route| same(route, wanted)).ok_or("not in table")?;
    state.routes.remove(index);
    Ok(())
}

/// Applies a line of a file at boot.
pub(crate) fn add_line(state: &mut State, words: &[&str]) {
    if let Some(wanted) = parse(words) {
        let _ = add(state, &wanted);
    }
}

fn show(state: &State) -> Output {
    let lines = persistent(state);
    if lines.is_empty() {
        return Output::of("No persistent routes are defined\n");
    }
    Output::of(lines.iter().map(|line| format!("persistent: route add {line}\n")).collect::<String>())
}

fn get(state: &State, words: &[&str]) -> Output {
    let wanted = words.iter().rev().find(|word| !word.starts_with('-')).copied().unwrap_or("default");
    let Some(route) = state.routes.iter().find(|route| route.destination == wanted) else {
        return Output::failure(format!("{wanted}: not in table"));
    };
    let interface = route.interface.clone().or_else(|| interface_towards(state, route.gateway.parse().ok()?));
    Output::of(format!(
        "   route to: {wanted}\ndestination: {wanted}\n    gateway: {}\n  interface: {}\n",
        route.gateway,
        interface.unwrap_or_default()
    ))
}

/// Runs netstat, of which only -rn is here.
pub(super) fn netstat(state: &State, words: &[&str]) -> Output {
    let letters: String = words.iter().filter(|word| word.starts_with('-')).copied().collect();
    if !letters.contains('r') {
        return Output::failure("netstat: only -rn is simulated");
    }
    let wanted = words.windows(2).find(|pair| pair[0] == "-f").map(|pair| pair[1]);
    let mut text = String::new();
    if wanted != Some("inet6") {
        table(state, Family::V4, letters.contains('v'), &mut text);
    }
    if wanted != Some("inet") {
        table(state, Family::V6, letters.contains('v'), &mut text);
    }
    Output::of(text)
}

/// The mask of an IPv4 destination.
fn mask(destination: &str) -> String {
    match destination.parse::<IpNet>() {
        Ok(net) => net.netmask().to_string(),
        Err(_) if destination == "default" => "0.0.0.0".to_owned(),
        Err(_) => "255.255.255.255".to_owned(),
    }
}

fn table(state: &State, family: Family, verbose: bool, text: &mut String) {
    let mut rows: Vec<[String; 4]> = Vec::new();
    let mut masks: Vec<String> = Vec::new();
    for route in state.routes.iter().filter(|route| route.family() == family) {
        let flags = if route.is_host() { "UGH" } else { "UG" };
        let mut destination = route.destination.clone();
        masks.push(mask(&destination));
        if family == Family::V4
            && let Some((network, _)) = destination.split_once('/')
        {
            destination = network.to_owned();
        }
        let interface = route.interface.clone().unwrap_or_default();
        rows.push([destination, route.gateway.clone(), flags.to_owned(), interface]);
    }
    for interface in state.listed() {
        // Members are hidden behind their group, but their test addresses are on-link.
        let lifs = interface.half(family).into_iter().flat_map(|half| &half.lifs);
        for lif in lifs.filter(|lif| lif.up && !lif.is_stub()) {
            let address = lif.address.to_string();
            let Ok(net) = IpNet::new(lif.address, lif.prefix) else { continue };
            let loopback = interface.class == Class::Virtual;
            let destination = match family {
                _ if loopback => address.clone(),
                Family::V4 => net.network().to_string(),
                Family::V6 => net.trunc().to_string(),
            };
            masks.push(if loopback { "255.255.255.255".to_owned() } else { net.netmask().to_string() });
            rows.push([destination, address, if loopback { "UH" } else { "U" }.to_owned(), interface.name.clone()]);
        }
    }
    if rows.is_empty() {
        return;
    }
    match family {
        // `ire_report_item_v4` and `ire_report_item_v6` in netstat.c, with `-v`.
        Family::V4 if verbose => {
            text.push_str("\nIRE Table: IPv4\n");
            text.push_str(
                "  Destination             Mask           Gateway          Device Mxfrg Rtt   Ref Flg  Out  In/Fwd \n",
            );
            text.push_str(
                "-------------------- --------------- -------------------- ------ ----- ----- --- --- ----- ------ \n",
            );
            for ([destination, gateway, flags, interface], mask) in rows.into_iter().zip(masks) {
                let _ = writeln!(
                    text,
                    "{destination:<20} {mask:<15} {gateway:<20} {interface:<6} {:>5}  {:>4} {:>3} {flags:<4}{:>6} {:>6} ",
                    1500, 0, 1, 0, 0
                );
            }
        }
        Family::V6 if verbose => {
            text.push_str("\nIRE Table: IPv6\n");
            text.push_str(
                "  Destination/Mask            Gateway                    If    PMTU   Rtt  Ref Flags  Out   In/Fwd \n",
            );
            text.push_str(
                "--------------------------- --------------------------- ----- ------ ----- --- ----- ------ ------ \n",
            );
            for [destination, gateway, flags, interface] in rows {
                let _ = writeln!(
                    text,
                    "{destination:<27} {gateway:<27} {interface:<5} {:>5}  {:>5} {:>3} {flags:<5} {:>6} {:>6} ",
                    1500, 0, 1, 0, 0
                );
            }
        }
        Family::V4 => {
            text.push_str("\nRouting Table: IPv4\n");
            text.push_str("  Destination           Gateway           Flags  Ref     Use     Interface \n");
            text.push_str("-------------------- -------------------- ----- ----- ---------- --------- \n");
            for [destination, gateway, flags, interface] in rows {
                let _ = writeln!(text, "{destination:<20} {gateway:<20} {flags:<5} {:>5} {:>10} {interface:<9} ", 1, 0);
            }
        }
        Family::V6 => {
            text.push_str("\nRouting Table: IPv6\n");
            text.push_str("  Destination/Mask            Gateway                   Flags Ref   Use    If   \n");
            text.push_str("--------------------------- --------------------------- ----- --- ------- ----- \n");
            for [destination, gateway, flags, interface] in rows {
                let _ = writeln!(text, "{destination:<27} {gateway:<27} {flags:<5} {:>3} {:>7} {interface:<5} ", 1, 0);
            }
        }
    }
}
