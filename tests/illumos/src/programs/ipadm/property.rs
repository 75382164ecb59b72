//! Properties: `standby` of interfaces, `deprecated` of addresses (facts §1.2, §1.4).

use super::interface::authorized;
use super::{Done, Parsed, Spec, operand, options, table};
use crate::interface::Class;
use crate::layout::Table;
use crate::output::Output;
use crate::state::State;
use crate::status::Status;

const SET: Spec = Spec { short: "tp:m:", long: &[("temporary", 't'), ("prop", 'p'), ("module", 'm')] };
const SHOW: Spec =
    Spec { short: "co:p:m:", long: &[("parsable", 'c'), ("output", 'o'), ("prop", 'p'), ("module", 'm')] };
const PROTOCOLS: [&str; 3] = ["ip", "ipv4", "ipv6"];

/// The property of -p, and its value.
fn property<'a>(parsed: &Parsed<'a>, usage: &str, with_value: bool) -> Result<(&'a str, &'a str), String> {
    if parsed.values('p').count() > 1 {
        return Err("-p must be specified once only".to_owned());
    }
    let given = parsed.value('p').ok_or_else(|| format!("Usage: {usage}"))?;
    if given.matches('=').count() > 1 || (given.contains(',') && given.matches('=').count() != 1) {
        return Err(format!("cannot specify more than one prop=val at a time.\n{usage}"));
    }
    match given.split_once('=') {
        Some((name, value)) if with_value && !value.is_empty() => Ok((name, value)),
        None if !with_value => Ok((given, "")),
        _ if with_value => Err(format!("please specify the value to be set.\n{usage}")),
        _ => Err(format!("Usage: {usage}")),
    }
}

fn protocol<'a>(parsed: &Parsed<'a>) -> Result<&'a str, String> {
    let given = parsed.value('m').unwrap_or("ip");
    if PROTOCOLS.contains(&given) { Ok(given) } else { Err(format!("invalid protocol '{given}' specified")) }
}

pub(super) fn set(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&SET, words, usage)?;
    let interface = operand(&parsed, usage)?;
    let (name, value) = property(&parsed, usage, true)?;
    let protocol = protocol(&parsed)?;
    let value = match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(Status::InvalidArg),
    };
    change(state, interface, name, protocol, value, !parsed.has('t'))
        .map_err(|status| format!("set-ifprop: {name}: {status}"))?;
    Ok(Output::default())
}

pub(super) fn reset(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&SET, words, usage)?;
    let interface = operand(&parsed, usage)?;
    let (name, _) = property(&parsed, usage, false)?;
    let protocol = protocol(&parsed)?;
    change(state, interface, name, protocol, Ok(false), !parsed.has('t'))
        .map_err(|status| format!("reset-ifprop: {name}: {status}"))?;
    // Back at the default, nothing is left in the database.
    if !parsed.has('t')
        && let Some(stored) = state.database.interface_mut(interface)
    {
        stored.standby = None;
    }
    Ok(Output::default())
}

fn change(
    state: &mut State,
    interface: &str,
    name: &str,
    protocol: &str,
    value: Result<bool, Status>,
    persistent: bool,
) -> Result<(), Status> {
    authorized(state)?;
    // The property came with issue 2554 (facts §1.1).
    if name != "standby" || !state.dialect.has_ipadm_ipmp() {
        super::object::refuse_ipmp(state, interface)?;
        return Err(Status::PropUnknown);
    }
    if protocol != "ip" {
        return Err(Status::BadProtocol);
    }
    let there = state.interface(interface).ok_or(Status::Enxio)?;
    if there.class == Class::Ipmp {
        return Err(Status::InvalidArg);
    }
    let value = value?;
    if persistent && state.database.interface(interface).is_none() {
        return Err(Status::TemporaryObj);
    }
    crate::kernel::set_standby(state, interface, value)?;
    if persistent && let Some(stored) = state.database.interface_mut(interface) {
        stored.standby = Some(value);
    }
    Ok(())
}

fn word(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

pub(super) fn show(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&SHOW, words, usage)?;
    protocol(&parsed)?;
    let wanted: Vec<&str> = parsed.value('p').map(|list| list.split(',').collect()).unwrap_or_default();
    let interfaces: Vec<String> = match parsed.operands[..] {
        [] => state.listed().iter().filter(|i| i.class == Class::Ip).map(|i| i.name.clone()).collect(),
        [one] if state.interface(one).is_some() => vec![one.to_owned()],
        [one] => return Err(format!("no such object '{one}': {}", Status::Enxio)),
        _ => return Err(format!("Usage: {usage}")),
    };
    let mut rows = Vec::new();
    if state.dialect.has_ipadm_ipmp() && (wanted.is_empty() || wanted.contains(&"standby")) {
        for name in interfaces {
            let current = state.interface(&name).is_some_and(|interface| interface.standby);
            let stored = state.database.interface(&name).and_then(|stored| stored.standby);
            rows.push(vec![
                name,
                "standby".to_owned(),
                "ip".to_owned(),
                "rw".to_owned(),
                word(current),
                stored.map(word).unwrap_or_default(),
                "off".to_owned(),
                "on,off".to_owned(),
            ]);
        }
    }
    let columns = &[
        ("IFNAME", 12),
        ("PROPERTY", 16),
        ("PROTO", 6),
        ("PERM", 5),
        ("CURRENT", 11),
        ("PERSISTENT", 11),
        ("DEFAULT", 11),
        ("POSSIBLE", 16),
    ];
    table(&Table { columns, default: 8, rows }, parsed.value('o'), parsed.has('c'))
}

pub(super) fn set_address(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&SET, words, usage)?;
    let object = operand(&parsed, usage)?;
    let (name, value) = property(&parsed, usage, true)?;
    let value = match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(Status::InvalidArg),
    };
    change_address(state, object, name, value, !parsed.has('t'))
        .map_err(|status| format!("set-addrprop: {name}: {status}"))?;
    Ok(Output::default())
}

pub(super) fn reset_address(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&SET, words, usage)?;
    let object = operand(&parsed, usage)?;
    let (name, _) = property(&parsed, usage, false)?;
    change_address(state, object, name, Ok(false), !parsed.has('t'))
        .map_err(|status| format!("reset-addrprop: {name}: {status}"))?;
    Ok(Output::default())
}

fn change_address(
    state: &mut State,
    object: &str,
    name: &str,
    value: Result<bool, Status>,
    persistent: bool,
) -> Result<(), Status> {
    authorized(state)?;
    if name != "deprecated" {
        return Err(Status::PropUnknown);
    }
    let value = value?;
    if state.object(object).is_empty() {
        let stored = state.database.address(object).is_some();
        return Err(if stored { Status::OpDisableObj } else { Status::NotFound });
    }
    if persistent && state.database.address(object).is_none() {
        return Err(Status::TemporaryObj);
    }
    for (_, lif) in state.interfaces.iter_mut().flat_map(crate::Interface::lifs_mut) {
        if lif.object.as_deref() == Some(object) {
            // Cannot be cleared while NOFAILOVER (facts §2.1).
            if lif.nofailover && !value {
                return Err(Status::InvalidArg);
            }
            lif.deprecated = value;
        }
    }
    if persistent && let Some(stored) = state.database.address_mut(object) {
        stored.deprecated = value;
    }
    Ok(())
}

pub(super) fn show_address(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&SHOW, words, usage)?;
    let wanted: Vec<&str> = parsed.value('p').map(|list| list.split(',').collect()).unwrap_or_default();
    let mut objects: Vec<String> = Vec::new();
    for family in crate::Family::BOTH {
        for interface in state.listed() {
            let lifs = interface.half(family).into_iter().flat_map(|half| &half.lifs);
            objects.extend(lifs.filter_map(|lif| lif.object.clone()));
        }
    }
    if let [one] = parsed.operands[..] {
        if !objects.iter().any(|object| object == one) {
            return Err(format!("no such object '{one}': {}", Status::NotFound));
        }
        objects.retain(|object| object == one);
    }
    let mut rows = Vec::new();
    for object in objects {
        let Some((_, _, lif)) = state.object(&object).into_iter().next() else { continue };
        let stored = state.database.address(&object);
        let prefix = lif.prefix.to_string();
        let stored_prefix = if stored.is_some() { prefix.clone() } else { String::new() };
        let stored_deprecated = stored.filter(|stored| stored.deprecated).map(|_| word(true)).unwrap_or_default();
        let longest = if lif.address.is_ipv4() { ("32", "1-30,32") } else { ("128", "1-126,128") };
        let lines = [
            ("deprecated", word(lif.deprecated), stored_deprecated, word(false), "on,off".to_owned()),
            ("prefixlen", prefix, stored_prefix, longest.0.to_owned(), longest.1.to_owned()),
        ];
        for (name, current, persistent, default, possible) in lines {
            if wanted.is_empty() || wanted.contains(&name) {
                rows.push(vec![
                    object.clone(),
                    name.to_owned(),
                    "rw".to_owned(),
                    current,
                    persistent,
                    default,
                    possible,
                ]);
            }
        }
    }
    let columns = &[
        ("ADDROBJ", 18),
        ("PROPERTY", 11),
        ("PERM", 5),
        ("CURRENT", 16),
        ("PERSISTENT", 16),
        ("DEFAULT", 16),
        ("POSSIBLE", 15),
    ];
    table(&Table { columns, default: 7, rows }, parsed.value('o'), parsed.has('c'))
}
