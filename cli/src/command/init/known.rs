//! What is known when `init` begins: the host, and what is described already.

use std::path::Path;

use mpath_core::proposal::{Card, Proposal, WhyLeftOut};
use mpath_core::resolve::nearest;
use mpath_core::snapshot::Interface;
use mpath_core::{Capabilities, Draft, Group, GroupName, InterfaceName, Snapshot};

use super::{Told, usage};
use crate::ExitCode;
use crate::context::Context;
use crate::error::ErrorText;
use crate::host::Host;
use crate::output::Table;
use crate::output::paint::PLAIN;

/// What is known when it begins.
pub(super) struct Known {
    pub(super) proposal: Proposal,
    described: Vec<Group>,
    pub(super) capabilities: Capabilities,
    snapshot: Snapshot,
}

impl Known {
    /// Looks at a host.
    pub(super) fn look(described: Vec<Group>, mut host: Host) -> Self {
        host.measure();
        let mut proposal = Proposal::of(&host.snapshot, &described);
        for (name, manager) in host.backend.managers(&host.snapshot) {
            let card = proposal.cards.iter_mut().find(|card| card.name == name);
            if let Some(card) = card.filter(|card| !card.managers.contains(&manager)) {
                card.managers.push(manager);
            }
        }
        let capabilities = host.backend.capabilities().clone();
        Self { proposal, described, capabilities, snapshot: host.snapshot }
    }

    /// Tells what the host has.
    pub(super) fn tell(&self, context: &mut Context<'_>) {
        if context.console.is_quiet() {
            return;
        }
        if !self.proposal.cards.is_empty() {
            let mut table = Table::new(&["", "CARD", "KIND", "LINK", "SPEED", "MANAGED BY", "ADDRESSES"]);
            for (number, card) in (1..).zip(&self.proposal.cards) {
                let plain = |text: String| (PLAIN, text);
                table.row(self.cells(number, card).into_iter().map(plain).collect());
            }
            for line in table.lines() {
                let line: String = line.into_iter().map(|(_, text)| text).collect();
                context.console.log(line.trim_end());
            }
        }
        let left_out = self.proposal.left_out.iter().map(|left| format!("{} ({})", left.name, left.why));
        let left_out: Vec<_> = left_out.collect();
        if !left_out.is_empty() {
            context.console.log(&format!("left out: {}", left_out.join(", ")));
        }
    }

    fn cells(&self, number: usize, card: &Card) -> [String; 7] {
        let Card { name, wireless, up, link, speed, managers, given, .. } = card;
        let link = match (up, link) {
            (false, _) => "off",
            (true, true) => "up",
            (true, false) => "down",
        };
        let leased = (given.dhcp || given.dhcp6).then_some("leased");
        let own = self.snapshot.interface(name).into_iter().flat_map(Interface::own_addresses);
        let addresses = own.map(|address| address.net.to_string()).chain(leased.map(|word| format!("({word})")));
        let out = given.gateways.iter().map(|gateway| format!("by way of {gateway}"));
        [
            format!("{number}."),
            name.to_string(),
            if *wireless { "wireless" } else { "wired" }.to_owned(),
            link.to_owned(),
            speed.map_or_else(|| "-".to_owned(), |speed| format!("{speed} Mbit/s")),
            if managers.is_empty() { "-".to_owned() } else { managers.join(", ") },
            addresses.chain(out).collect::<Vec<_>>().join(", "),
        ]
    }

    pub(super) fn no_cards(&self) -> Told {
        let of_group = self.proposal.left_out.iter().find_map(|left| match &left.why {
            WhyLeftOut::Member { device } => Some(format!("`mpath import {device}` writes down the group of {device}")),
            WhyLeftOut::Described { group } => Some(format!("`mpath plan {group}` shows the group that is described")),
            _ => None,
        });
        let shows = self.capabilities.cures.show_interfaces;
        let hint = of_group.unwrap_or_else(|| format!("`{shows}` shows what is there; a card may need its driver"));
        let message = "no network card is free to be a member".to_owned();
        (ExitCode::Failed, ErrorText { message, causes: vec![], hint: Some(hint) })
    }

    /// Whether an interface can be a member, and what stands against it.
    pub(super) fn is_card(&self, name: &InterfaceName) -> Result<(), Told> {
        if self.proposal.card(name).is_some() {
            return Ok(());
        }
        if let Some(left) = self.proposal.left_out.iter().find(|left| left.name == *name) {
            let hint = match &left.why {
                WhyLeftOut::Member { device } => {
                    Some(format!("`mpath import {device}` writes down the group of {device}"))
                }
                _ => None,
            };
            return Err(usage(format!("{name} cannot be a member: {}", left.why), hint));
        }
        let cards: Vec<_> = self.proposal.cards.iter().map(|card| card.name.to_string()).collect();
        let hint = match nearest(name.as_str(), &cards) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("the cards are {}", cards.join(", ")),
        };
        Err(usage(format!("there is no network card {name}"), Some(hint)))
    }

    /// The name that is proposed: one that no group has yet, unless the file says which it is.
    pub(super) fn free_name(&self, output: Option<&Path>) -> Option<GroupName> {
        let of_file = output.and_then(|file| file.file_stem()?.to_str()).map(str::to_owned);
        let usual = ["home-lan", "lan"].map(str::to_owned).into_iter();
        let numbered = (2..100).map(|number| format!("lan{number}"));
        let mut names = of_file.into_iter().chain(usual).chain(numbered).filter_map(|name| GroupName::new(name).ok());
        names.find(|name| self.object(name).is_none())
    }

    /// What stands against the name of a group.
    pub(super) fn object(&self, name: &GroupName) -> Option<ErrorText> {
        let told = |message: String| Some(ErrorText { message, causes: vec![], hint: None });
        if self.described.iter().any(|group| group.name() == name) {
            return told(format!("there is a group {name} already"));
        }
        // Members and addresses do not matter to it.
        let mut draft = Draft::new(name.as_str());
        draft.set("members", vec!["member"], None);
        draft.set("dhcp", true, None);
        let device = match self.capabilities.device_of(&draft.settle().group?) {
            Ok(device) => device,
            Err(why) => return told(why),
        };
        let is_device = |group: &&Group| self.capabilities.device_of(group).as_ref() == Ok(&device);
        if let Some(group) = self.described.iter().find(is_device) {
            return told(format!("the group {} has the device {device}", group.name()));
        }
        self.snapshot.interface(&device).and_then(|_| told(format!("there is an interface {device} already")))
    }
}
