//! A group as a shell script: the steps of its plan on a host that has nothing but the members, each as its commands.
//!
//! In: [`Group`]s, what the platform can do, and how it says a step. Out: a file for each. What is planned and how a step is
//! typed are those of `mpath plan`.

use std::fmt::Write as _;

use crate::capability::Capabilities;
use crate::group::MemberSelector;
use crate::plan::{self, NoPlan, Plan};
use crate::refusal::Refusal;
use crate::render::{RenderedFile, Rendering};
use crate::resolve::Question;
use crate::snapshot::{Interface, Kind};
use crate::{Group, GroupName, InterfaceName, Snapshot, Step, dispute};

/// How a platform writes scripts.
#[expect(missing_debug_implementations, reason = "functions have nothing to show")]
pub struct Platform<'p> {
    /// What it can do.
    pub capabilities: Capabilities,
    /// The host that the script is for.
    pub host: Snapshot,
    /// What makes of a member what the plan expects.
    pub before: &'p dyn Fn(&InterfaceName) -> Vec<String>,
    /// A step as commands.
    pub explain: &'p dyn Fn(&Step) -> Vec<String>,
}

impl Snapshot {
    /// A host with nothing but the members of these groups: wired, and used by nobody. One that is known by its MAC address
    /// gets a name that no other has.
    pub fn with_members_of<'g>(groups: impl IntoIterator<Item = &'g Group>) -> Self {
        let mut host = Self::default();
        let members = groups.into_iter().flat_map(Group::members);
        let selectors: Vec<_> = members.map(|member| &member.selector).collect();
        for selector in &selectors {
            if let MemberSelector::Name(name) = selector {
                host.interfaces.insert(name.clone(), Interface::new(Kind::Ethernet));
            }
        }
        for selector in selectors {
            let MemberSelector::PermanentMac(mac) = selector else { continue };
            let mut names = (0_u32..).filter_map(|number| InterfaceName::new(format!("net{number}")).ok());
            let Some(name) = names.find(|name| !host.interfaces.contains_key(name)) else { continue };
            let card = Interface { mac: Some(*mac), permanent_mac: Some(*mac), ..Interface::new(Kind::Ethernet) };
            host.interfaces.insert(name, card);
        }
        host
    }
}

/// Groups as scripts.
///
/// # Errors
///
/// What the platform cannot do, and members that only the host itself knows: all of it, each with its group.
pub fn render(
    groups: &[&Group],
    source: &str,
    platform: &Platform<'_>,
) -> Result<Rendering, Vec<(GroupName, Refusal)>> {
    let (mut rendering, mut refusals) = (Rendering::default(), Vec::new());
    let mut disputes = dispute::among(groups.iter().copied(), &platform.capabilities);
    for group in groups {
        match planned(group, disputes.remove(group.name()), platform) {
            Ok(plan) => {
                rendering.notes.extend(plan.notes.iter().map(|note| (group.name().clone(), note.clone())));
                let text = text(group, source, plan, platform);
                rendering.files.push(RenderedFile { path: format!("{}.sh", group.name()), text });
            }
            Err(found) => refusals.extend(found.into_iter().map(|refusal| (group.name().clone(), refusal))),
        }
    }
    if refusals.is_empty() { Ok(rendering) } else { Err(refusals) }
}

fn planned(group: &Group, disputes: Option<Vec<Refusal>>, platform: &Platform<'_>) -> Result<Plan, Vec<Refusal>> {
    let Platform { capabilities, host, .. } = platform;
    let nameless = group.members().iter().filter_map(|member| match &member.selector {
        MemberSelector::PermanentMac(mac) => Some(Refusal::NotInFormat {
            reason: format!("the member with the MAC address {mac} has no name, and a script looks for none"),
            cure: "give its name: members = [{ name = \"…\" }, …]".to_owned(),
        }),
        MemberSelector::Name(_) => None,
    });
    let mut refusals: Vec<_> = nameless.collect();
    refusals.extend(disputes.unwrap_or_default());
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let (adopt, persist) = (false, false);
    let question = Question { desired: group, current: host, receipt: None, capabilities, adopt, persist };
    match plan::up(question) {
        Ok(prepared) => Ok(prepared.plan),
        Err(NoPlan::Refused(refusals)) => Err(refusals),
        Err(NoPlan::Defect(defect)) => {
            let cure = "this is a mistake of mpath's: please report it".to_owned();
            Err(vec![Refusal::NotInFormat { reason: defect.to_string(), cure }])
        }
    }
}

fn text(group: &Group, source: &str, plan: Plan, platform: &Platform<'_>) -> String {
    let mut text = format!(
        "#!/bin/sh\n# Made by mpath from {source}, where changes belong: the group {}.\n\
        # For root, after each boot, where {} is not there yet; it ends at the first command that fails.\nset -e\n",
        group.name(),
        plan.device
    );
    for member in group.members() {
        if let MemberSelector::Name(name) = &member.selector {
            paragraph(&mut text, &(platform.before)(name));
        }
    }
    for step in plan.steps.into_iter().map(unmarked) {
        let title = format!("# {step}");
        paragraph(&mut text, &[vec![title], (platform.explain)(&step)].concat());
    }
    text
}

fn paragraph(text: &mut String, lines: &[String]) {
    if !lines.is_empty() {
        text.push('\n');
    }
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
}

/// Without the mark by which mpath knows what it made, since it did not.
fn unmarked(step: Step) -> Step {
    match step {
        Step::CreateGroup(mut group) => {
            group.label = None;
            Step::CreateGroup(group)
        }
        step => step,
    }
}
