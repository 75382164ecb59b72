//! Why a group cannot be brought about on this host, found before anything is touched.

use ipnet::IpNet;
use serde::Serialize;

use crate::capability::{Cures, Obstacle, Unsupported};
use crate::group::MemberSelector;
use crate::outage::{Interruption, Outage};
use crate::{GroupName, InterfaceName, MacAddress, Millis, Route};

/// A reason not to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "refusal")]
pub enum Refusal {
    /// The platform cannot do it.
    #[error("{0}")]
    Unsupported(Unsupported),
    /// The device's name does not suit the platform.
    #[error("{reason}")]
    DeviceName {
        /// Why not.
        reason: String,
    },
    /// Two groups of the file have one device on this platform, at least one of them by default.
    #[error("{device} is the device of the group {other} too")]
    SameDevice {
        /// The device.
        device: InterfaceName,
        /// The other group.
        other: GroupName,
    },
    /// A member is not there.
    #[error("member {member} is not there")]
    NoMember {
        /// How it was looked for.
        member: MemberSelector,
        /// The name that is there and looks most like it.
        nearest: Option<InterfaceName>,
        /// Every interface that could be a member.
        candidates: Vec<InterfaceName>,
        /// The platform's commands.
        #[serde(skip)]
        cures: Cures,
    },
    /// No member at all is there, not even an optional one.
    #[error("none of the members is there, although each is optional")]
    NoMembers,
    /// Several interfaces have the MAC address.
    #[error("the permanent MAC {mac} is that of {}", names(.found))]
    Ambiguous {
        /// The address.
        mac: MacAddress,
        /// The interfaces.
        found: Vec<InterfaceName>,
    },
    /// Two members turn out to be one interface.
    #[error("{interface} is a member twice: by its name and by its MAC address")]
    SameMember {
        /// The interface.
        interface: InterfaceName,
    },
    /// A member works for another device.
    #[error("member {member} belongs to the {kind} {controller}")]
    MemberTaken {
        /// The member.
        member: InterfaceName,
        /// The other device.
        controller: InterfaceName,
        /// Its kind.
        kind: String,
        /// The group whose device it is, if mpath made it.
        owner: Option<GroupName>,
        /// The platform's commands.
        #[serde(skip)]
        cures: Cures,
    },
    /// Another interface stands on one that would go off or away.
    #[error("{upper} stands on {lower} and would {} with it", if *.deleted { "vanish" } else { "lose its routes" })]
    Carries {
        /// The interface below.
        lower: InterfaceName,
        /// The one on it.
        upper: InterfaceName,
        /// Whether the lower one would be deleted, not just switched off.
        deleted: bool,
        /// The platform's commands.
        #[serde(skip)]
        cures: Cures,
    },
    /// The group has another device now.
    #[error("the group is up on {device}, and the file gives it another device")]
    OtherDevice {
        /// The device that it is up on.
        device: InterfaceName,
        /// The group.
        group: GroupName,
    },
    /// The group is there until the next boot only, and shall last.
    #[error("the group on {device} is there until the next boot only, and what is there now cannot be made to last")]
    NotPersistent {
        /// Its device.
        device: InterfaceName,
        /// The group.
        group: GroupName,
    },
    /// A format of files cannot say the same.
    #[error("{reason}")]
    NotInFormat {
        /// Why not.
        reason: String,
        /// What to write instead.
        cure: String,
    },
    /// A member is not of a kind that can be one.
    #[error("{member} is a {kind} interface and cannot be a member")]
    MemberKind {
        /// The interface.
        member: InterfaceName,
        /// What it is.
        kind: String,
    },
    /// The device's name is that of an interface of another kind.
    #[error("the name {device} is that of another interface, a {kind} one")]
    DeviceTaken {
        /// The name.
        device: InterfaceName,
        /// What it is.
        kind: String,
    },
    /// The device was made by somebody else.
    #[error("{device} is there already, and mpath did not make it")]
    DeviceForeign {
        /// The device.
        device: InterfaceName,
        /// The group that wants it.
        group: GroupName,
        /// Whether it is to go, not to come.
        down: bool,
    },
    /// The device is that of another group.
    #[error("{device} is the device of the group {owner}")]
    DeviceOwned {
        /// The device.
        device: InterfaceName,
        /// Its group.
        owner: GroupName,
    },
    /// The MAC policy does not work with a wireless member.
    #[error(
        "mac = \"follow\" cannot work with the wireless member {member}: it refuses another address while it is associated, and the group would be dead after the first failover"
    )]
    FollowWireless {
        /// The wireless member.
        member: InterfaceName,
    },
    /// Another interface has a route where the group's should be.
    #[error("the route {route} is there already, over {interface}")]
    RouteTaken {
        /// The route.
        route: Route,
        /// The interface that has it.
        interface: InterfaceName,
        /// The platform's commands.
        #[serde(skip)]
        cures: Cures,
    },
    /// A member that leaves would get a route of its lease back where the group's should be.
    #[error("{member} leaves the group and would get its route {route} back, which is the group's place")]
    RouteReturns {
        /// The route.
        route: Route,
        /// The member that leaves.
        member: InterfaceName,
        /// The group.
        group: GroupName,
    },
    /// Something on the host stands in the way.
    #[error("{}", .0.reason)]
    Obstacle(Obstacle),
    /// Probes need an address of each member.
    #[error("probes come from an address of each member here, and {member} has no `probe-address`")]
    NoProbeAddress {
        /// The member.
        member: InterfaceName,
    },
    /// Another host of the segment has an address of the group.
    #[error("{} has the address {address} of {interface} too, so {interface} does not answer for it", owner.map_or_else(|| "another host".to_owned(), |owner| format!("the host with the MAC address {owner}")))]
    DuplicateAddress {
        /// The address.
        address: IpNet,
        /// The interface that does not answer for it.
        interface: InterfaceName,
        /// The MAC address of the other host, where the system tells it.
        owner: Option<MacAddress>,
        /// The group.
        group: GroupName,
    },
    /// Another group needs a setting of the host to be otherwise.
    #[error("{setting} holds for all groups of this host, and {device} goes by {theirs}, not by {ours}")]
    HostWide {
        /// The setting.
        setting: &'static str,
        /// The device of the other group.
        device: InterfaceName,
        /// What the other group goes by.
        theirs: String,
        /// What this one needs.
        ours: String,
    },
    /// Another group of the file needs a setting of the host to be otherwise.
    #[error("{setting} holds for all groups of a host, and the group {other} goes by {theirs}, not by {ours}")]
    HostWideOther {
        /// The setting.
        setting: &'static str,
        /// The other group.
        other: GroupName,
        /// What the other group goes by.
        theirs: String,
        /// What this one needs.
        ours: String,
    },
    /// Steps would interrupt traffic for longer than is allowed.
    #[error("{interruption}, and at most {limit} is allowed; {}", beyond(.steps))]
    Interrupts {
        /// What would be interrupted.
        interruption: Interruption,
        /// The longest interruption that is allowed.
        limit: Millis,
        /// The steps that are not allowed.
        steps: Vec<Beyond>,
    },
    /// A member has a route that could not be given back.
    #[error("the route {route} over {member} could not be put back by `down`: {why}")]
    RouteOpaque {
        /// The member.
        member: InterfaceName,
        /// The route.
        route: Route,
        /// What of it is beyond mpath.
        why: String,
        /// The platform's commands.
        #[serde(skip)]
        cures: Cures,
    },
}

/// A step that would interrupt traffic for longer than is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Beyond {
    /// Its number, from 1.
    pub number: usize,
    /// It, as a sentence.
    pub text: String,
    /// What it does to the traffic.
    pub outage: Outage,
}

fn beyond(steps: &[Beyond]) -> String {
    let step = |Beyond { number, text, outage }: &Beyond| format!("step {number}, {text} [{outage}]");
    steps.iter().map(step).collect::<Vec<_>>().join("; ")
}

fn names(names: &[InterfaceName]) -> String {
    let names: Vec<_> = names.iter().map(InterfaceName::as_str).collect();
    names.join(" and ")
}

impl Refusal {
    /// The command or change that cures it.
    pub fn hint(&self) -> String {
        match self {
            Self::Unsupported(Unsupported { cure: Some(cure), .. }) => (*cure).to_owned(),
            Self::Unsupported(unsupported) => format!("take `{}` out of the file, or change it", unsupported.key),
            Self::DeviceName { .. } | Self::SameDevice { .. } => {
                "give the group a `device = \"…\"` of its own".to_owned()
            }
            Self::NoMember { nearest: Some(nearest), .. } => {
                format!("there is {nearest}; or let the group come up without it by `optional = true`")
            }
            Self::NoMember { candidates, cures, .. } if candidates.is_empty() => {
                format!("no interface is there that could be a member; `{}` shows what is", cures.show_interfaces)
            }
            Self::NoMember { candidates, .. } => {
                format!("there is {}; or let the group come up without it by `optional = true`", names(candidates))
            }
            Self::NoMembers => "plug one in, or list one that is there".to_owned(),
            Self::Ambiguous { found, .. } => format!("name the member: {}", names(found)),
            Self::SameMember { interface } => format!("list {interface} once"),
            Self::MemberTaken { owner: Some(owner), .. } => format!("free it first: mpath down {owner}"),
            Self::Carries { upper, deleted: true, cures, .. } => {
                format!("remove it first: {}", cures.remove_upper(upper))
            }
            Self::Carries { upper, cures, .. } => format!("switch it off first: {}", cures.off(upper)),
            Self::OtherDevice { group, .. } => format!("first: mpath down {group}"),
            Self::NotPersistent { group, .. } => {
                format!("make it anew: mpath down {group} && mpath up {group} --persist")
            }
            Self::MemberTaken { member, controller, cures, .. } => {
                format!("free it first: {}", cures.free(member, controller))
            }
            Self::MemberKind { .. } => "a member is an Ethernet or a Wi-Fi interface, or a VLAN on one".to_owned(),
            Self::DeviceTaken { .. } => "give the group another `device = \"…\"`".to_owned(),
            Self::DeviceForeign { group, down: false, .. } => format!("to take it over: mpath up --adopt {group}"),
            Self::DeviceForeign { group, down: true, .. } => {
                format!("to remove it all the same: mpath down --adopt {group}")
            }
            Self::DeviceOwned { owner, .. } => {
                format!("give one of the two another `device`, or first: mpath down {owner}")
            }
            Self::FollowWireless { .. } => "use mac = \"active\", or leave `mac` out".to_owned(),
            Self::RouteTaken { interface, route, cures } if !cures.ranks_routes => {
                format!("remove it: {}", cures.remove(route, interface))
            }
            Self::RouteTaken { interface, route, cures } => {
                let remove = format!("remove it ({})", cures.remove(route, interface));
                match route.via.filter(|_| route.is_default()) {
                    Some(via) => format!(
                        "{remove}, or leave `gateway` out and rank the group's own: routes = [{{ to = \"default\", via = \"{via}\", metric = 100 }}]"
                    ),
                    None => format!("{remove}, or give the group's route a `metric`"),
                }
            }
            Self::RouteReturns { group, .. } => {
                format!("take the group down, which gives the route back, and decide about it then: mpath down {group}")
            }
            Self::Obstacle(obstacle) => obstacle.cure.clone(),
            Self::NotInFormat { cure, .. } => cure.clone(),
            Self::NoProbeAddress { member } => {
                format!("give it one: members = [{{ name = \"{member}\", probe-address = \"ADDRESS/LENGTH\" }}, …]")
            }
            Self::DuplicateAddress { group, .. } => format!(
                "let the other host give it up, or the file name another one; where it is up, to try again: mpath down {group} && mpath up {group}"
            ),
            Self::HostWide { device, .. } => {
                format!("let both groups say the same, or take the group of {device} down")
            }
            Self::HostWideOther { .. } => "let both groups say the same, or bring up one of them only".to_owned(),
            Self::Interrupts { interruption, .. } if interruption.worst == Outage::Blip => {
                "allow it by --max-outage 1s".to_owned()
            }
            Self::Interrupts { .. } => {
                "leave --max-outage out, at a time when the interruption does no harm".to_owned()
            }
            Self::RouteOpaque { member, route, cures, .. } => {
                format!("remove it first: {}", cures.remove(route, member))
            }
        }
    }

    /// Whether it is the platform that cannot do it, whatever the host looks like.
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Self::Unsupported(_) | Self::NotInFormat { .. })
            || matches!(self, Self::Obstacle(obstacle) if obstacle.unsupported)
    }
}
