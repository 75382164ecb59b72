//! ifconfig (facts §2): each family by itself, active state only.
//!
//! Not simulated: `-a` with subcommands, point-to-point addresses, tunnels, `modinsert` and its kin; on Solaris 10 the
//! subcommand `group`, whose addresses hop between members.

mod dhcp;
mod group;
mod show;

use std::net::IpAddr;

use crate::dialect::Dialect;
use crate::interface::{Class, Family, Lif};
use crate::output::Output;
use crate::programs::ipadm::address::parse_address;
use crate::programs::ipadm::object::{detect_duplicate, link_local};
use crate::state::State;
use crate::status::{Errno, Status};

/// Words that choose what is shown, and change nothing.
const FAMILIES: [&str; 2] = ["inet", "inet6"];

/// Whether the command line changes something: there is more than an interface and a family.
pub(super) fn mutates(arguments: &[String]) -> bool {
    arguments.iter().skip(1).any(|word| !FAMILIES.contains(&word.as_str()))
}

/// Which logical interface a command is about; `addif` moves it to the one that it makes.
#[derive(Debug, Clone)]
struct Place {
    name: String,
    family: Family,
    number: u32,
}

impl Place {
    fn word(&self) -> String {
        if self.number == 0 { self.name.clone() } else { format!("{}:{}", self.name, self.number) }
    }
}

/// Runs ifconfig.
pub(crate) fn run(state: &mut State, words: &[&str]) -> Output {
    let Some((first, mut rest)) = words.split_first() else {
        return Output::failure("usage: ifconfig <interface> | -a[ 4 | 6 | D ] [ <addr_family> ] ...");
    };
    if let Some(letters) = first.strip_prefix("-a") {
        let families = match (letters, rest) {
            ("4", []) | ("", ["inet"]) => &[Family::V4][..],
            ("6", []) | ("", ["inet6"]) => &[Family::V6],
            ("", []) => &Family::BOTH,
            _ => return Output::failure("ifconfig: only -a, -a4 and -a6 by themselves are simulated"),
        };
        return Output::of(show::all(state, families));
    }
    let mut family = Family::V4;
    if let Some((word, others)) = rest.split_first()
        && FAMILIES.contains(word)
    {
        family = if *word == "inet6" { Family::V6 } else { Family::V4 };
        rest = others;
    }
    let (name, number) = match first.split_once(':') {
        Some((name, number)) => match number.parse() {
            Ok(number) => (name, number),
            Err(_) => return Output::failure(format!("ifconfig: status: SIOCGLIFFLAGS: {first}: no such interface")),
        },
        None => (*first, 0),
    };
    let mut place = Place { name: name.to_owned(), family, number };
    if rest.is_empty() {
        return show::one(state, &place.name, family, number).map_or_else(
            || Output::failure(format!("ifconfig: status: SIOCGLIFFLAGS: {first}: no such interface")),
            Output::of,
        );
    }
    if !state.privileged() {
        return Output::failure(format!("ifconfig: {}: {first}: permission denied", rest[0]));
    }
    if let Some((&("dhcp" | "auto-dhcp"), words)) = rest.split_first() {
        let output = dhcp::run(state, &place, words);
        crate::clock::settle(state);
        return output;
    }
    let mut output = Output::default();
    let mut words = rest.iter().copied();
    while let Some(word) = words.next() {
        match command(state, &mut place, word, &mut words) {
            Ok(None) => {}
            Ok(Some(warning)) => output = output.warned(warning),
            Err(text) => {
                let failed = output.warned(text);
                return Output { ending: crate::Ending::Exit(1), ..failed };
            }
        }
        crate::clock::settle(state);
    }
    output
}

/// One subcommand. A warning leaves the exit status at 0.
fn command<'a>(
    state: &mut State,
    place: &mut Place,
    word: &str,
    rest: &mut impl Iterator<Item = &'a str>,
) -> Result<Option<String>, String> {
    match word {
        "plumb" => return plumb(state, place),
        "unplumb" => return unplumb(state, place).map(|()| None),
        "ipmp" => return make_ipmp(state, place).map(|()| None),
        _ => {}
    }
    let mut value = || rest.next().ok_or_else(|| format!("ifconfig: {word}: bad arguments"));
    if lif(state, place).is_none() {
        return Err(perror("setifflags: SIOCGLIFFLAGS", place, Errno::Nxio));
    }
    match word {
        "up" => up(state, place)?,
        "down" => {
            crate::kernel::bring_down(state, &place.name, place.family, place.number)
                .map_err(|error| perror("setifflags: SIOCSLIFFLAGS", place, error))?;
            crate::route::forget_unreachable(state);
        }
        "group" => group::set(state, place, value()?)?,
        "failover" | "-failover" => {
            crate::kernel::set_nofailover(state, &place.name, place.family, place.number, word == "-failover")
                .map_err(|error| perror("setifflags: SIOCSLIFFLAGS", place, error))?;
        }
        "deprecated" | "-deprecated" => deprecate(state, place, word == "deprecated")?,
        "standby" | "-standby" => crate::kernel::set_standby(state, &place.name, word == "standby")
            .map_err(|error| perror("setifflags: SIOCSLIFFLAGS", place, error))?,
        "addif" => add_lif(state, place, value()?)?,
        "removeif" => remove_lif(state, place, value()?)?,
        "mtu" => {
            let mtu = value()?.parse().map_err(|_| "ifconfig: mtu: bad value".to_owned())?;
            if let Some(half) = state.interface_mut(&place.name).and_then(|i| i.half_mut(place.family)) {
                half.fixed_mtu = Some(mtu);
            }
        }
        "netmask" => {
            let mask = value()?;
            if mask != "+" {
                let prefix = mask.parse().ok().and_then(|mask| ipnet::ip_mask_to_prefix(mask).ok());
                let prefix = prefix.ok_or_else(|| format!("ifconfig: {mask}: bad address"))?;
                set(state, place, |lif| lif.prefix = prefix);
            }
        }
        "broadcast" => _ = value()?,
        other => {
            let (address, prefix) = parse_address(other).ok_or_else(|| format!("ifconfig: {other}: bad address"))?;
            if Family::of(address) != place.family {
                return Err(format!("ifconfig: {other}: bad address"));
            }
            address_of(state, place, address, prefix)?;
        }
    }
    Ok(None)
}

/// `CMD: IF: text`, with the errors that Perror2 has words of its own for (facts §2.2).
fn perror(what: &str, place: &Place, error: Errno) -> String {
    let text = match error {
        Errno::Nxio => "no such interface".to_owned(),
        Errno::Perm => "permission denied".to_owned(),
        Errno::Exist => "already exists".to_owned(),
        other => return format!("ifconfig: {what}: {}: {other}", place.word()),
    };
    format!("ifconfig: {what}: {}: {text}", place.word())
}

fn lif<'a>(state: &'a State, place: &Place) -> Option<&'a Lif> {
    state.interface(&place.name)?.half(place.family)?.lif(place.number)
}

fn set(state: &mut State, place: &Place, change: impl FnOnce(&mut Lif)) {
    if let Some(lif) = state.lif_mut(&place.name, place.family, place.number) {
        change(lif);
    }
}

fn plumb(state: &mut State, place: &Place) -> Result<Option<String>, String> {
    let told = |status: &dyn std::fmt::Display| format!("ifconfig: cannot plumb {}: {status}", place.word());
    if place.number > 0 {
        return logical(state, place).map(|()| None);
    }
    match crate::kernel::plumb(state, &place.name, place.family, Class::Ip) {
        Ok(()) => {
            if place.family == Family::V6 {
                let own = link_local(state, &place.name);
                set(state, place, |lif| {
                    lif.address = own;
                    lif.prefix = 10;
                });
            }
            Ok(None)
        }
        // The one complaint that leaves the exit status at 0 (facts §2.2).
        Err(Errno::Exist) => Ok(Some(told(&Status::IfExists))),
        Err(Errno::Nxio) => Err(told(&Status::DlpiFailure)),
        Err(error) => Err(told(&Status::from(error))),
    }
}

/// `ifconfig net0:1 plumb`, and `ipmp0:1 ipmp`, which is the same (facts §2.1).
fn logical(state: &mut State, place: &Place) -> Result<(), String> {
    let half = state.interface_mut(&place.name).and_then(|interface| interface.half_mut(place.family));
    let half = half.ok_or_else(|| perror("plumb", place, Errno::Nxio))?;
    if half.lif(place.number).is_none() {
        let index = half.lifs.partition_point(|lif| lif.number < place.number);
        half.lifs.insert(index, Lif::stub(place.family, place.number));
    }
    Ok(())
}

fn unplumb(state: &mut State, place: &Place) -> Result<(), String> {
    if place.number > 0 {
        if let Some(half) = state.interface_mut(&place.name).and_then(|i| i.half_mut(place.family)) {
            half.clear(place.family, place.number);
        }
        return Ok(());
    }
    crate::kernel::unplumb(state, &place.name, place.family).map_err(|error| {
        let status = match error {
            Errno::Busy => Status::GrpNotEmpty,
            other => other.into(),
        };
        format!("ifconfig: cannot unplumb {}: {status}", place.word())
    })
}

fn make_ipmp(state: &mut State, place: &Place) -> Result<(), String> {
    if !state.dialect.has_ipmp_interface() {
        return Err("ifconfig: ipmp: bad address".to_owned());
    }
    if place.number > 0 {
        return logical(state, place);
    }
    create_ipmp(state, &place.name, place.family)
}

/// Makes the IPMP interface in one family, and starts in.mpathd if it does not answer (facts §2.1).
fn create_ipmp(state: &mut State, name: &str, family: Family) -> Result<(), String> {
    let told = |status: Status| format!("ifconfig: cannot create IPMP interface {name}: {status}");
    if !super::is_interface_name(name) {
        return Err(told(Status::InvalidArg));
    }
    crate::kernel::plumb(state, name, family, Class::Ipmp).map_err(|error| match error {
        Errno::Exist => told(Status::IfExists),
        other => told(other.into()),
    })?;
    if family == Family::V6 {
        // By the legacy method it comes with plumbing, and is down (IPH_LEGACY in `i_ipadm_plumb_if`, ipadm_if.c).
        let own = link_local(state, name);
        if let Some(lif) = state.lif_mut(name, family, 0) {
            (lif.address, lif.prefix) = (own, 10);
        }
    }
    if state.zone != crate::Zone::SharedIp {
        crate::mpathd::start(state);
    }
    Ok(())
}

/// On a member the address may go elsewhere; what follows on the command line is about the place that it left.
fn up(state: &mut State, place: &Place) -> Result<(), String> {
    let (name, number) = crate::kernel::bring_up(state, &place.name, place.family, place.number)
        .map_err(|error| perror("setifflags: SIOCSLIFFLAGS", place, error))?;
    detect_duplicate(state, &name, place.family, number);
    Ok(())
}

fn deprecate(state: &mut State, place: &Place, on: bool) -> Result<(), String> {
    // Cannot be cleared while NOFAILOVER (facts §2.1).
    if !on && lif(state, place).is_some_and(|lif| lif.nofailover) {
        return Err(perror("setifflags: SIOCSLIFFLAGS", place, Errno::Inval));
    }
    set(state, place, |lif| lif.deprecated = on);
    Ok(())
}

/// Sets the address of a logical interface. One that is up comes up again with it, and migrates on a member.
fn address_of(state: &mut State, place: &Place, address: IpAddr, prefix: u8) -> Result<(), String> {
    let was_up = lif(state, place).is_some_and(|lif| lif.up);
    set(state, place, |lif| {
        lif.address = address;
        lif.prefix = prefix;
        lif.up = false;
        lif.object = None;
    });
    if was_up { up(state, place) } else { Ok(()) }
}

/// A further logical interface; what follows on the command line is about it.
fn add_lif(state: &mut State, place: &mut Place, text: &str) -> Result<(), String> {
    let (address, prefix) = parse_address(text).ok_or_else(|| format!("ifconfig: {text}: bad address"))?;
    let family = place.family;
    let half = state.interface_mut(&place.name).and_then(|interface| interface.half_mut(family));
    let half = half.ok_or_else(|| perror("addif: SIOCLIFADDIF", place, Errno::Nxio))?;
    let number = (1..).find(|number| half.lif(*number).is_none()).unwrap_or(u32::MAX);
    let index = half.lifs.partition_point(|lif| lif.number < number);
    half.lifs.insert(index, Lif { address, prefix, ..Lif::stub(family, number) });
    place.number = number;
    Ok(())
}

fn remove_lif(state: &mut State, place: &Place, text: &str) -> Result<(), String> {
    let family = place.family;
    let address: Option<IpAddr> = text.split('/').next().and_then(|address| address.parse().ok());
    let half = state.interface_mut(&place.name).and_then(|interface| interface.half_mut(family));
    let found = half.and_then(|half| {
        let number = half.lifs.iter().find(|lif| Some(lif.address) == address)?.number;
        half.clear(family, number);
        Some(())
    });
    found.ok_or_else(|| perror("removeif: SIOCLIFREMOVEIF", place, Errno::AddrNotAvail))?;
    crate::route::forget_unreachable(state);
    Ok(())
}

/// Whether `group` can be simulated.
fn has_groups(dialect: Dialect) -> bool {
    dialect.has_ipmp_interface()
}
