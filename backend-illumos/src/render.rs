//! Groups as files that a boot of illumos or Solaris reads: what its formats have in common.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::IpAddr;

use mpath_core::capability::{Capabilities, Feature, Unsupported};
use mpath_core::detection::LinkDetection;
use mpath_core::group::{Member, MemberSelector};
use mpath_core::note::Note;
use mpath_core::refusal::Refusal;
use mpath_core::render::RenderedFile;
use mpath_core::settings::Failback;
use mpath_core::{Group, GroupName, InterfaceName, Millis, Route};

use crate::{boot_file, mpathd};

pub mod hostname;
pub mod script;
pub mod solaris10;

/// The routes that a boot adds beside `/etc/defaultrouter`.
const STATIC_ROUTES: &str = "etc/inet/static_routes";

type Refusals = Vec<(GroupName, Refusal)>;

/// What stands against saying the same in the files of a boot.
fn check(groups: &[&Group], capabilities: &Capabilities) -> Refusals {
    let mut refusals = Vec::new();
    for group in groups {
        let mut refuse = |refusal| refusals.push((group.name().clone(), refusal));
        capabilities.check(group).into_iter().map(Refusal::Unsupported).for_each(&mut refuse);
        capabilities.check_persistent(group).map(Refusal::Unsupported).into_iter().for_each(&mut refuse);
        if let Some(missing) =
            capabilities.missing(Feature::Ipv6).filter(|_| routes(group).any(|route| route.is_ipv6()))
        {
            refuse(Refusal::Unsupported(Unsupported {
                group: group.name().clone(),
                key: "gateway6",
                feature: Feature::Ipv6,
                platform: capabilities.platform,
                reason: missing.reason.clone(),
                cure: missing.cure,
            }));
        }
        for member in group.members() {
            member_refusals(group, member).into_iter().for_each(&mut refuse);
        }
    }
    refusals.extend(disputes(groups));
    refusals
}

fn member_refusals(group: &Group, member: &Member) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut cannot = |reason: String, cure: String| refusals.push(Refusal::NotInFormat { reason, cure });
    match &member.selector {
        MemberSelector::PermanentMac(mac) => cannot(
            format!("the member with the MAC address {mac} has no name, and the files are named by interfaces"),
            "give its name: members = [{ name = \"…\" }, …]".to_owned(),
        ),
        // net-physical takes /etc/hostname.*[0-9].
        MemberSelector::Name(name) if !name.as_str().ends_with(|c: char| c.is_ascii_digit()) => cannot(
            format!("the boot reads no file of {name}, whose name ends in no digit"),
            "give the name that the interface has there, such as net0".to_owned(),
        ),
        MemberSelector::Name(name) => {
            if group.detection().probe().is_some() && member.probe_address.is_none() {
                refusals.push(Refusal::NoProbeAddress { member: name.clone() });
            }
        }
    }
    refusals
}

/// Groups that need the settings of in.mpathd, which hold for the whole host, otherwise than the first does.
fn disputes(groups: &[&Group]) -> Refusals {
    let Some((first, others)) = groups.split_first() else { return vec![] };
    let mut refusals = Vec::new();
    for group in others {
        let mut dispute = |what: &str, theirs: String, ours: String| {
            if theirs != ours {
                let reason = format!(
                    "{what} holds for the whole host, and is {theirs} for the group {} and {ours} here",
                    first.name()
                );
                let cure = "let both groups say the same".to_owned();
                refusals.push((group.name().clone(), Refusal::NotInFormat { reason, cure }));
            }
        };
        dispute("failback", first.failback().to_string(), group.failback().to_string());
        if first.detection().probe().is_some() && group.detection().probe().is_some() {
            dispute("the failure time of probes", probe_time(first).to_string(), probe_time(group).to_string());
        }
    }
    refusals
}

/// What is to be known of a group.
fn notes(group: &Group, capabilities: &Capabilities) -> Vec<(GroupName, Note)> {
    let platform = capabilities.platform;
    let mut notes = Vec::new();
    if group.detection().link().is_some_and(|link| *link != LinkDetection::default()) {
        notes.push(Note::NoLinkTimers { platform });
    }
    if group.detection().probe().is_none() && group.members().iter().any(|member| member.probe_address.is_some()) {
        notes.push(Note::ProbeAddressIdle);
    }
    if group.detection().probe().is_some_and(|probe| probe.targets.iter().any(IpAddr::is_ipv6)) {
        notes.push(Note::Ipv6NotProbed { platform });
    }
    if group.primary().is_none() && group.members().len() > 1 {
        notes.push(Note::AllMembersSend { platform });
    }
    notes.into_iter().map(|note| (group.name().clone(), note)).collect()
}

/// The members with their names; [`check`] has refused those without.
fn named(group: &Group) -> impl Iterator<Item = (&InterfaceName, &Member)> {
    group.members().iter().filter_map(|member| match &member.selector {
        MemberSelector::Name(name) => Some((name, member)),
        MemberSelector::PermanentMac(_) => None,
    })
}

fn is_standby(group: &Group, name: &InterfaceName) -> bool {
    group.primary().is_some_and(|primary| primary != name)
}

fn routes(group: &Group) -> impl Iterator<Item = Route> {
    let addressing = group.addressing();
    let defaults = addressing.gateways.iter().map(|gateway| Route::default_via(*gateway));
    defaults.chain(addressing.routes.iter().cloned())
}

fn probe_time(group: &Group) -> Millis {
    let interval = group.detection().probe().map(|probe| probe.interval.get().saturating_mul(mpathd::PROBES));
    interval.map_or(mpathd::shipped_settings().probe_time, Millis::new)
}

/// A hostname file. It has no comments: each line is arguments of `ifconfig`.
fn hostname_file(interface: &InterfaceName, lines: &[String]) -> RenderedFile {
    let text = lines.iter().map(|line| format!("{line}\n")).collect();
    RenderedFile { path: boot_file::hostname(interface.as_str()), text }
}

/// `/etc/default/mpathd` for all groups together.
fn mpathd_file(groups: &[&Group], source: &str) -> RenderedFile {
    let probing = groups.iter().find(|group| group.detection().probe().is_some()).or(groups.first());
    let time = probing.map_or(mpathd::shipped_settings().probe_time, |group| probe_time(group));
    let failback = groups.first().is_none_or(|group| group.failback() != Failback::Never);
    let mut text = comment(source);
    let _ = writeln!(text, "FAILURE_DETECTION_TIME={}", time.get());
    let _ = writeln!(text, "FAILBACK={}", if failback { "yes" } else { "no" });
    text.push_str("TRACK_INTERFACES_ONLY_WITH_GROUPS=yes\n");
    RenderedFile { path: mpathd::FILE.to_owned(), text }
}

/// A file with a line for each, once; none without lines.
fn file_of_lines(path: &str, source: &str, lines: impl IntoIterator<Item = String>) -> Option<RenderedFile> {
    let lines: BTreeSet<_> = lines.into_iter().collect();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    (!lines.is_empty()).then(|| RenderedFile { path: path.to_owned(), text: comment(source) + &text })
}

fn comment(source: &str) -> String {
    format!("# Made by mpath from {source}, where changes belong.\n")
}
