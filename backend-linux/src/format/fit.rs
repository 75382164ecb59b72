//! What stands against writing groups in the files of Linux's tools, whichever they are, and what all of them ask of a group.

use std::net::IpAddr;

use ipnet::IpNet;
use mpath_core::group::MacPolicy;
use mpath_core::mode::ModeName;
use mpath_core::note::Note;
use mpath_core::refusal::Refusal;
use mpath_core::{Group, GroupName, InterfaceName, Route};

use crate::capabilities;

pub(crate) type Refusals = Vec<(GroupName, Refusal)>;

/// A group that bonding can do, with the name of its device.
pub(crate) struct Fitting<'g> {
    pub(crate) group: &'g Group,
    pub(crate) device: InterfaceName,
}

/// The groups with their devices, and every reason why some cannot be.
pub(crate) fn fit<'g>(groups: &[&'g Group]) -> (Vec<Fitting<'g>>, Refusals) {
    let capabilities = capabilities();
    let (mut fitting, mut refusals) = (Vec::<Fitting<'_>>::new(), Vec::new());
    for group in groups {
        let mut refuse = |refusal| refusals.push((group.name().clone(), refusal));
        capabilities.check(group).into_iter().map(Refusal::Unsupported).for_each(&mut refuse);
        match capabilities.device_of(group) {
            Err(reason) => refuse(Refusal::DeviceName { reason }),
            Ok(device) => match fitting.iter().find(|other| other.device == device) {
                Some(other) => refuse(Refusal::SameDevice { device, other: other.group.name().clone() }),
                None => fitting.push(Fitting { group, device }),
            },
        }
    }
    (fitting, refusals)
}

/// That the address of a member would have to be written, for files that cannot name the member instead.
pub(crate) fn mac_of_member(group: &Group) -> Option<(GroupName, Refusal)> {
    let MacPolicy::Member(member) = group.mac() else { return None };
    let reason = format!("the MAC address of {member} is not known to the file, and has to be written there");
    let cure = "write the address itself: mac = \"02:…\"".to_owned();
    Some((group.name().clone(), Refusal::NotInFormat { reason, cure }))
}

/// What no file of Linux says of a group as mpath means it; `what` reads the files.
pub(crate) fn notes(group: &Group, what: &str) -> Vec<Note> {
    let remark = |text: String| Note::Remark { text };
    let mut notes: Vec<_> = super::may_be_wireless(group, what).map(remark).into_iter().collect();
    if matches!(group.mac(), MacPolicy::Auto | MacPolicy::Shared) && group.members().len() > 1 {
        notes.push(remark(
            "the group shows the MAC address of the member that joins first, not that of the primary; mac = \"…\" pins one"
                .to_owned(),
        ));
    }
    for member in group.members() {
        if member.optional {
            notes.push(remark(format!(
                "{} need not be marked as optional there: the group comes up with the members that are present",
                member.selector
            )));
        }
        if member.probe_address.is_some() {
            notes.push(remark(format!("`probe-address` of {} has no use on Linux, and is left out", member.selector)));
        }
    }
    notes
}

/// Whether the order in which members join decides who carries the traffic.
pub(crate) fn order_decides(group: &Group) -> bool {
    group.mode().name() == ModeName::ActiveBackup
        && group.primary().is_none()
        && group.members().iter().all(|member| member.priority.is_none())
        && group.members().len() > 1
}

/// What a group has of one family.
pub(crate) struct Family<'g> {
    pub(crate) is_ipv6: bool,
    pub(crate) addresses: Vec<&'g IpNet>,
    pub(crate) gateway: Option<IpAddr>,
    pub(crate) routes: Vec<&'g Route>,
}

impl<'g> Family<'g> {
    pub(crate) fn of(group: &'g Group, is_ipv6: bool) -> Self {
        let addressing = group.addressing();
        let ours = |address: &IpAddr| address.is_ipv6() == is_ipv6;
        Self {
            is_ipv6,
            addresses: addressing.addresses.iter().filter(|net| ours(&net.addr())).collect(),
            gateway: addressing.gateways.iter().copied().find(ours),
            routes: addressing.routes.iter().filter(|route| ours(&route.to.addr())).collect(),
        }
    }

    /// Whether nothing of it is static.
    pub(crate) fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.gateway.is_none() && self.routes.is_empty()
    }
}

/// A comment that names where a file comes from.
pub(crate) fn comment(source: &str) -> String {
    let source: String = source.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("# Made by mpath from {source}, where changes belong.\n")
}
