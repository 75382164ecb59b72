//! `ifconfig IF dhcp …`: a word to dhcpagent (`setifdhcp` in ifconfig.c, `ipc_event` and `ipc_cmd_allowed` in dhcpagent's
//! agent.c).
//!
//! Not simulated: `inform`, `extend`, `ping`, DHCPv6.

use super::Place;
use crate::interface::Family;
use crate::output::{Ending, Output};
use crate::programs::ipadm::object::{lease, take_lease};
use crate::state::State;

/// DHCP_EXIT_FAILURE, DHCP_EXIT_BADARGS and DHCP_EXIT_TIMEOUT of dhcpagent_ipc.h.
const FAILURE: u8 = 2;
const BAD_ARGUMENTS: u8 = 3;
const TIMEOUT: u8 = 4;

fn failed(code: u8, text: &str) -> Output {
    Output { ending: Ending::Exit(code), ..Output::failure(text) }
}

/// What comes after `dhcp`; without a command it is `start`.
pub(super) fn run(state: &mut State, place: &Place, words: &[&str]) -> Output {
    let usage = || failed(BAD_ARGUMENTS, "usage: ifconfig <interface> | -a[ 4 | 6 | D ][ u | d ][ Z ]");
    let (mut command, mut waits) = ("start", true);
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        match word {
            "primary" => {}
            "wait" => match words.next() {
                Some("forever") => waits = true,
                Some(seconds) if seconds.parse::<u32>().is_ok() => waits = seconds != "0",
                _ => return usage(),
            },
            "start" | "release" | "drop" => command = word,
            _ => return usage(),
        }
    }
    let told = |code, text: &str| failed(code, &format!("ifconfig: {}: {text}", place.word()));
    let half = state.interface(&place.name).and_then(|interface| interface.half(Family::V4));
    let Some(lif) = half.and_then(|half| half.lif(place.number)) else {
        return told(FAILURE, "interface does not exist or cannot be managed using DHCP");
    };
    let (runs, leased) = (lif.dhcp, lif.dhcp && !lif.is_stub());
    match command {
        "start" if leased => told(FAILURE, "DHCP is already running"),
        "start" => match (start(state, place), waits) {
            // The agent goes on asking, whoever waits.
            (false, true) => told(TIMEOUT, "wait timed out, operation still pending..."),
            _ => Output::default(),
        },
        _ if !runs => told(FAILURE, "interface is not under DHCP control"),
        "release" if !leased => told(FAILURE, "interface not in appropriate state for command"),
        _ => {
            end(state, place);
            Output::default()
        }
    }
}

/// Whether a lease came at once.
fn start(state: &mut State, place: &Place) -> bool {
    let member = state.interface(&place.name).is_some_and(crate::Interface::is_member);
    super::set(state, place, |lif| {
        lif.dhcp = true;
        // On a member it is a test address (facts §6).
        (lif.nofailover, lif.deprecated) = (member, member);
    });
    let offer = lease(state, &place.name);
    let some = offer.is_some();
    if let Some(offer) = offer {
        take_lease(state, &place.name, place.number, offer);
    }
    some
}

/// The lease goes with its address and its routes, and the interface is the agent's no more.
fn end(state: &mut State, place: &Place) {
    if let Some(half) = state.interface_mut(&place.name).and_then(|interface| interface.half_mut(Family::V4)) {
        half.clear(Family::V4, place.number);
    }
    let of_it = |route: &crate::Route| route.dhcp && route.interface.as_ref() == Some(&place.name);
    state.routes.retain(|route| !of_it(route));
    crate::route::forget_unreachable(state);
}
