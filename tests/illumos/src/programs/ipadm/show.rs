//! show-if and show-addr (facts §1.7).

use super::{Done, Spec, options, table};
use crate::database::StoredKind;
use crate::dialect::Dialect;
use crate::interface::{Class, Family, Interface, Lif};
use crate::layout::Table;
use crate::output::Output;
use crate::programs::is_interface_name;
use crate::state::State;
use crate::status::Status;

const SHOW: Spec = Spec { short: "po:", long: &[("parsable", 'p'), ("output", 'o')] };

fn positions(set: &[(char, bool)]) -> String {
    set.iter().map(|(letter, set)| if *set { *letter } else { '-' }).collect()
}

pub(super) fn interfaces(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&SHOW, words, usage)?;
    let only = match parsed.operands[..] {
        [] => None,
        [one] => Some(one),
        _ => return Err(format!("Usage: {usage}")),
    };
    let mut rows: Vec<Vec<String>> = state.listed().into_iter().map(|interface| row(state, interface)).collect();
    // What is only in the database comes last (facts §1.7).
    for stored in &state.database.interfaces {
        if state.interface(&stored.name).is_none() {
            let class = if stored.ipmp { Class::Ipmp } else { Class::Ip };
            rows.push(vec![
                stored.name.clone(),
                class_word(state.dialect, class),
                "disabled".to_owned(),
                "no".to_owned(),
                String::new(),
                "------------".to_owned(),
                persistent(state, &stored.name),
            ]);
        }
    }
    if let Some(only) = only {
        rows.retain(|row| row[0] == only);
        if rows.is_empty() {
            let status = if is_interface_name(only) { Status::Enxio } else { Status::InvalidArg };
            return Err(format!("Could not get interface(s): {status}"));
        }
    }
    // illumos: no ACTIVE, no OVER; before 2554 no CLASS. Solaris 11: both (facts §7).
    let (columns, picked, default): (&'static [(&str, usize)], &[usize], usize) = match state.dialect {
        Dialect::Solaris11 => (
            &[
                ("IFNAME", 11),
                ("CLASS", 9),
                ("STATE", 9),
                ("ACTIVE", 7),
                ("OVER", 11),
                ("CURRENT", 13),
                ("PERSISTENT", 11),
            ],
            &[0, 1, 2, 3, 4, 5, 6],
            5,
        ),
        Dialect::IllumosOld => (&[("IFNAME", 11), ("STATE", 9), ("CURRENT", 13), ("PERSISTENT", 11)], &[0, 2, 5, 6], 4),
        _ => (&[("IFNAME", 11), ("CLASS", 10), ("STATE", 9), ("CURRENT", 13), ("PERSISTENT", 11)], &[0, 1, 2, 5, 6], 5),
    };
    let rows = rows.into_iter().map(|row| picked.iter().map(|index| row[*index].clone()).collect()).collect();
    table(&Table { columns, default, rows }, parsed.value('o'), parsed.has('p'))
}

fn class_word(dialect: Dialect, class: Class) -> String {
    let (upper, lower) = match class {
        Class::Ip => ("IP", "ip"),
        Class::Ipmp => ("IPMP", "ipmp"),
        Class::Virtual => ("VIRTUAL", "loopback"),
    };
    if dialect == Dialect::Solaris11 { lower } else { upper }.to_owned()
}

fn row(state: &State, interface: &Interface) -> Vec<String> {
    let word = if !interface.running || interface.failed {
        "failed"
    } else if interface.offline {
        "offline"
    } else if !interface.has_up() {
        "down"
    } else {
        "ok"
    };
    let broadcast = interface.class != Class::Virtual && interface.v4.is_some();
    let current = positions(&[
        ('b', broadcast),
        ('m', true),
        ('p', false),
        ('v', interface.class == Class::Virtual),
        ('I', interface.class == Class::Ipmp),
        ('s', interface.standby),
        ('i', interface.inactive),
        ('V', false),
        ('a', false),
        ('Z', false),
        ('4', interface.v4.is_some()),
        ('6', interface.v6.is_some()),
    ]);
    let active = word == "ok" && !interface.inactive;
    let over = state.group_of(&interface.name).map(|group| group.members.join(" ")).unwrap_or_default();
    vec![
        interface.name.clone(),
        class_word(state.dialect, interface.class),
        word.to_owned(),
        if active { "yes" } else { "no" }.to_owned(),
        over,
        current,
        persistent(state, &interface.name),
    ]
}

fn persistent(state: &State, name: &str) -> String {
    let stored = state.database.interface(name);
    let standby = stored.is_some_and(|stored| stored.standby == Some(true));
    positions(&[('s', standby), ('4', stored.is_some()), ('6', stored.is_some())])
}

pub(super) fn addresses(state: &mut State, words: &[&str], usage: &str) -> Done {
    let parsed = options(&SHOW, words, usage)?;
    if parsed.has('p') && !parsed.has('o') {
        return Err("-p requires -o".to_owned());
    }
    let only = match parsed.operands[..] {
        [] => None,
        [one] if one.contains('/') => Some(one),
        [_] => return Err("Invalid address object name provided".to_owned()),
        _ => return Err(format!("Usage: {usage}")),
    };
    let mut rows = address_rows(state);
    super::object::look(state);
    if let Some(only) = only {
        let all = only.ends_with('/');
        rows.retain(|row| if all { row[0].starts_with(only) } else { row[0] == only });
        if rows.is_empty() {
            return Err(format!("Could not get address: {}", Status::NotFound));
        }
    }
    let columns = &[("ADDROBJ", 18), ("TYPE", 9), ("STATE", 13), ("ADDR", 46), ("CURRENT", 8), ("PERSISTENT", 11)];
    let fields = match parsed.value('o') {
        Some(all) if all.eq_ignore_ascii_case("all") && !parsed.has('p') => {
            Some("addrobj,type,state,current,persistent,addr")
        }
        other => other,
    };
    table(&Table { columns, default: 4, rows }, fields, parsed.has('p'))
}

/// IPv4 first, then IPv6, in the kernel's order; then what is only in the database.
fn address_rows(state: &State) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for family in Family::BOTH {
        for interface in state.listed() {
            for lif in interface.half(family).into_iter().flat_map(|half| &half.lifs) {
                // No address, no row, unless DHCP is running on it (facts §1.7).
                if !lif.is_stub() || lif.dhcp {
                    rows.push(address_row(state, interface, lif));
                }
            }
        }
    }
    for stored in &state.database.addresses {
        if !state.object(&stored.name).is_empty() {
            continue;
        }
        let address = match &stored.kind {
            StoredKind::Static { address, prefix, .. } => format!("{address}/{prefix}"),
            _ => String::new(),
        };
        rows.push(vec![
            stored.name.clone(),
            kind_word(&stored.kind).to_owned(),
            "disabled".to_owned(),
            address,
            "-----".to_owned(),
            stored_positions(state, &stored.name),
        ]);
    }
    rows
}

fn kind_word(kind: &StoredKind) -> &'static str {
    match kind {
        StoredKind::Static { .. } => "static",
        StoredKind::Dhcp { .. } => "dhcp",
        StoredKind::Addrconf => "addrconf",
    }
}

fn stored_positions(state: &State, name: &str) -> String {
    let stored = state.database.address(name);
    let up = stored.is_some_and(|stored| !matches!(stored.kind, StoredKind::Static { up: false, .. }));
    positions(&[('U', up), ('p', false), ('d', stored.is_some_and(|stored| stored.deprecated))])
}

fn address_row(state: &State, interface: &Interface, lif: &Lif) -> Vec<String> {
    let state_word = if lif.tentative > 0 {
        "tentative"
    } else if lif.duplicate {
        "duplicate"
    } else if !lif.up {
        "down"
    } else if !interface.running {
        "inaccessible"
    } else {
        "ok"
    };
    let kind = if lif.dhcp {
        "dhcp"
    } else if lif.addrconf || (lif.object.is_some() && lif.is_link_local()) {
        "addrconf"
    } else {
        "static"
    };
    let address = if lif.is_stub() {
        "?".to_owned()
    } else if lif.is_link_local() {
        format!("{}%{}/{}", lif.address, interface.name, lif.prefix)
    } else {
        format!("{}/{}", lif.address, lif.prefix)
    };
    let name = lif.object.clone();
    let stored = name.as_deref().map_or_else(|| "---".to_owned(), |name| stored_positions(state, name));
    vec![
        name.unwrap_or_else(|| format!("{}/?", interface.name)),
        kind.to_owned(),
        state_word.to_owned(),
        address,
        positions(&[('U', lif.up), ('u', false), ('p', false), ('t', false), ('d', lif.deprecated)]),
        stored,
    ]
}

/// `ipadm` without arguments on Solaris 11: interfaces and their addresses in one table (facts §7). Widths inferred.
pub(super) fn everything(state: &State) -> Output {
    let mut rows = Vec::new();
    for interface in state.listed() {
        let base = row(state, interface);
        let under = interface.group.as_deref().filter(|_| interface.is_member()).and_then(|group| state.group(group));
        let under = under.map(|group| group.interface.clone()).unwrap_or_default();
        rows.push(vec![base[0].clone(), base[1].clone(), base[2].clone(), under, String::new()]);
        for (_, lif) in interface.lifs().filter(|(_, lif)| !lif.is_stub() || lif.dhcp) {
            let address = address_row(state, interface, lif);
            rows.push(vec![
                format!("   {}", address[0]),
                address[1].clone(),
                address[2].clone(),
                String::new(),
                address[3].clone(),
            ]);
        }
    }
    let columns = &[("NAME", 18), ("CLASS/TYPE", 11), ("STATE", 13), ("UNDER", 11), ("ADDR", 46)];
    let table = Table { columns, default: 5, rows };
    Output::of(table.lay(None, false).map(|laid| laid.text).unwrap_or_default())
}
