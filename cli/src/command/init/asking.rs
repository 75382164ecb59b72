//! The questions, each with what is proposed in brackets: Enter takes it. An answer that cannot be is asked for again.

use std::net::IpAddr;

use ipnet::IpNet;
use mpath_core::proposal::{Choice, Given};
use mpath_core::{GroupName, InterfaceName};

use super::{Known, Told};
use crate::ExitCode;
use crate::error::ErrorText;
use crate::output::Console;
use crate::prompt::Prompt;

/// Somebody who is asked.
pub(super) struct Asking<'a, 'e, 'p> {
    pub(super) prompt: &'a mut (dyn Prompt + 'p),
    pub(super) known: &'a Known,
    pub(super) console: &'a mut Console<'e>,
}

impl Asking<'_, '_, '_> {
    pub(super) fn name(
        &mut self,
        proposed: &GroupName,
        objection: impl Fn(&GroupName) -> Option<ErrorText>,
    ) -> Result<GroupName, Told> {
        self.ask("Name of the group", proposed.as_str(), |_, answer| {
            let name = GroupName::new(answer).map_err(|error| plain(format!("{answer:?} is no name: {error}")))?;
            objection(&name).map_or(Ok(name), |told| Err(ErrorText { hint: None, ..told }))
        })
    }

    pub(super) fn members(&mut self, proposed: &[InterfaceName]) -> Result<Vec<InterfaceName>, Told> {
        let text = proposed.iter().map(InterfaceName::as_str).collect::<Vec<_>>().join(" ");
        self.ask("Members, by their names or numbers", &text, |known, answer| {
            let mut members: Vec<InterfaceName> = Vec::new();
            for word in answer.split([' ', ',']).filter(|word| !word.is_empty()) {
                let member = card(known, word)?;
                if !members.contains(&member) {
                    members.push(member);
                }
            }
            if members.is_empty() { Err(plain("a group needs a member".to_owned())) } else { Ok(members) }
        })
    }

    pub(super) fn primary(&mut self, members: &[InterfaceName]) -> Result<Option<InterfaceName>, Told> {
        let proposed = members.first().map_or("none", InterfaceName::as_str).to_owned();
        self.ask("Primary, which carries the traffic as long as it works, or none", &proposed, |known, answer| {
            if answer == "none" {
                return Ok(None);
            }
            let primary = card(known, answer)?;
            if members.contains(&primary) { Ok(Some(primary)) } else { Err(plain(format!("{primary} is no member"))) }
        })
    }

    /// The addresses, and the way out where they are not those that are there now.
    pub(super) fn given(&mut self, choice: &Choice) -> Result<(Given, Option<InterfaceName>), Told> {
        let proposed = in_words(&choice.given);
        let question = match &choice.taken_from {
            Some(member) => format!("Addresses, or dhcp; {member} has now what is proposed"),
            None => "Addresses as in 192.168.1.34/24, or dhcp".to_owned(),
        };
        let addresses = self.ask(&question, &proposed, |_, answer| {
            if answer == proposed {
                return Ok(None);
            }
            if answer == "dhcp" {
                return Ok(Some(vec![]));
            }
            let words = answer.split([' ', ',']).filter(|word| !word.is_empty());
            let address = |word: &str| {
                let why =
                    || plain(format!("{word:?} is no address with the length of its prefix, as in 192.168.1.34/24"));
                word.parse::<IpNet>().map_err(|_| why())
            };
            words.map(address).collect::<Result<Vec<_>, _>>().map(Some)
        })?;
        let Some(addresses) = addresses else { return Ok((choice.given.clone(), choice.taken_from.clone())) };
        if addresses.is_empty() {
            return Ok((Given { dhcp: true, ..Given::default() }, None));
        }
        let gateways = self.known.proposal.gateways(&addresses);
        let proposed = if gateways.is_empty() { "none".to_owned() } else { listed(&gateways) };
        let gateways = self.ask("Gateway, or none", &proposed, |_, answer| {
            let words = answer.split([' ', ',']).filter(|word| !word.is_empty() && *word != "none");
            let gateway = |word: &str| {
                let address: IpAddr = word.parse().map_err(|_| plain(format!("{word:?} is no address")))?;
                let reached = addresses.iter().any(|net| net.contains(&address));
                let local = matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
                if reached || local {
                    Ok(address)
                } else {
                    Err(plain(format!("{address} is in no subnet of the group")))
                }
            };
            words.map(gateway).collect::<Result<Vec<_>, _>>()
        })?;
        Ok((Given { addresses, gateways, ..Given::default() }, None))
    }

    /// Asks until the answer can be.
    fn ask<T>(
        &mut self,
        question: &str,
        proposed: &str,
        take: impl Fn(&Known, &str) -> Result<T, ErrorText>,
    ) -> Result<T, Told> {
        loop {
            let Some(answer) = self.prompt.line(&format!("{question} [{proposed}]: ")) else {
                self.console.below();
                return Err((ExitCode::Failed, plain("nobody answers; no file was written".to_owned())));
            };
            let answer = answer.trim();
            match take(self.known, if answer.is_empty() { proposed } else { answer }) {
                Ok(taken) => return Ok(taken),
                Err(told) => self.console.error(None, &told),
            }
        }
    }
}

/// A card by its name, or by its number in the list.
fn card(known: &Known, word: &str) -> Result<InterfaceName, ErrorText> {
    let numbered = word.parse::<usize>().ok().and_then(|number| known.proposal.cards.get(number.checked_sub(1)?));
    if let Some(card) = numbered {
        return Ok(card.name.clone());
    }
    let name = InterfaceName::new(word).map_err(|error| plain(format!("{word:?} is no name: {error}")))?;
    known.is_card(&name).map_err(|(_, told)| told)?;
    Ok(name)
}

fn in_words(given: &Given) -> String {
    if given.addresses.is_empty() {
        return "dhcp".to_owned();
    }
    let addresses = listed(&given.addresses);
    if given.gateways.is_empty() {
        return addresses;
    }
    format!("{addresses} by way of {}", listed(&given.gateways))
}

fn listed<T: ToString>(things: &[T]) -> String {
    things.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn plain(message: String) -> ErrorText {
    ErrorText { message, causes: vec![], hint: None }
}
