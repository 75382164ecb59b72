//! What a person should know about a plan before it runs, beside its steps.

use serde::Serialize;

use crate::capability::ChangeNeed;
use crate::settings::Setting;
use crate::snapshot::Manager;
use crate::{Address, InterfaceName, Route};

/// Something to know about a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "note")]
pub enum Note {
    /// An optional member is not there.
    #[error("the optional member {member} is not there; the group comes up without it")]
    OptionalAbsent {
        /// The member, as the file calls it.
        member: String,
    },
    /// The primary is not there.
    #[error("the primary {primary} is not there; no member is preferred")]
    PrimaryAbsent {
        /// The primary.
        primary: InterfaceName,
    },
    /// A member gives up what it has.
    #[error("{member} gives up {} while it is in the group; `mpath down` gives {} back", things(.addresses, .routes), them(.addresses, .routes))]
    GivesUp {
        /// The member.
        member: InterfaceName,
        /// Its addresses.
        addresses: Vec<Address>,
        /// Its routes.
        routes: Vec<Route>,
    },
    /// What a member had before is the group's now.
    #[error("{member} does not get {} back as it leaves, since the group has {}; `mpath down` gives {} back", things(.addresses, .routes), them(.addresses, .routes), them(.addresses, .routes))]
    Owed {
        /// The member that leaves.
        member: InterfaceName,
        /// Its addresses.
        addresses: Vec<Address>,
        /// Its routes.
        routes: Vec<Route>,
    },
    /// A program manages an interface and may undo what mpath does.
    #[error("{interface} is managed by {manager}, which may undo this; to leave it alone: {cure}")]
    Managed {
        /// The interface.
        interface: InterfaceName,
        /// The program.
        manager: Manager,
        /// A command that makes it leave the interface alone.
        cure: String,
    },
    /// The MAC policy is a risk with a wireless member.
    #[error(
        "mac = \"shared\" with the wireless member {member}: an access point that filters by MAC address may refuse it, and when it re-associates as a standby, incoming traffic is lost until the host sends something; mac = \"active\" has neither flaw"
    )]
    SharedWireless {
        /// The wireless member.
        member: InterfaceName,
    },
    /// A wireless member must be taken down to join.
    #[error("the link of the wireless member {member} drops for about half a second while it joins")]
    WirelessDrops {
        /// The wireless member.
        member: InterfaceName,
    },
    /// Settings can be changed only with an interruption.
    #[error("changing {} needs the device {}", .settings.iter().map(|s| s.word()).collect::<Vec<_>>().join(", "), in_words(*.need))]
    Interrupts {
        /// The settings.
        settings: Vec<Setting>,
        /// What must happen first.
        #[serde(skip)]
        need: ChangeNeed,
    },
    /// The platform has no timers for links.
    #[error(
        "the interval and the delays of `link` have no counterpart on {platform}: a link that goes or comes counts at once"
    )]
    NoLinkTimers {
        /// The platform.
        platform: &'static str,
    },
    /// Something about the host as a whole.
    #[error("{text}")]
    Remark {
        /// What it is, as a sentence.
        text: String,
    },
    /// Test addresses without a test.
    #[error(
        "`probe-address` waits for `detection.probe`: probes would begin as soon as a member had one, so none is given"
    )]
    ProbeAddressIdle,
    /// IPv6 is not probed here.
    #[error("only the IPv4 targets are probed on {platform}: test addresses are IPv4")]
    Ipv6NotProbed {
        /// The platform.
        platform: &'static str,
    },
    /// Without a primary, this platform uses every member.
    #[error("without a `primary`, every member sends on {platform}, and each address is received on one of them")]
    AllMembersSend {
        /// The platform.
        platform: &'static str,
    },
    /// The device is the driver's own empty default.
    #[error("{device} is an empty device that the driver made by itself; it is used for the group")]
    DefaultDevice {
        /// The device.
        device: InterfaceName,
    },
    /// Nothing is known of the time before the group.
    #[error("no receipt tells how {member} was before the group; it is left switched off, without addresses")]
    NoReceipt {
        /// The interface.
        member: InterfaceName,
    },
    /// A former member works for another device now.
    #[error("{member} belongs to {controller} now, and is left alone")]
    TakenMeanwhile {
        /// The interface.
        member: InterfaceName,
        /// The device that it works for.
        controller: InterfaceName,
    },
    /// The device was made by somebody else and is taken over on request.
    #[error("{device} was not made by mpath; it is taken over as asked, and `mpath down` gives it back")]
    Adopted {
        /// The device.
        device: InterfaceName,
    },
}

fn things(addresses: &[Address], routes: &[Route]) -> String {
    let addresses = addresses.iter().map(ToString::to_string);
    let routes = routes.iter().map(|route| format!("the route {route}"));
    addresses.chain(routes).collect::<Vec<_>>().join(", ")
}

fn them(addresses: &[Address], routes: &[Route]) -> &'static str {
    if addresses.len() + routes.len() == 1 { "it" } else { "them" }
}

fn in_words(need: ChangeNeed) -> &'static str {
    match need {
        ChangeNeed::Nothing => "as it is",
        ChangeNeed::Down => "switched off for a moment",
        ChangeNeed::DownAndEmpty => "switched off and its members taken out for a moment",
    }
}

impl Note {
    /// Whether it is a warning, not just a piece of information.
    pub fn is_warning(&self) -> bool {
        matches!(
            self,
            Self::Managed { .. }
                | Self::SharedWireless { .. }
                | Self::NoReceipt { .. }
                | Self::TakenMeanwhile { .. }
                | Self::Interrupts { .. }
        )
    }
}
