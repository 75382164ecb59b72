//! What two groups of one file cannot both have on a platform, though each by itself can.
//!
//! In: a [`Group`], others that are to be up at the same time, [`Capabilities`]. Out: [`Refusal`]s. What no two groups
//! share on any platform is the business of [`validate`](mod@crate::validate).

use crate::capability::Capabilities;
use crate::refusal::Refusal;
use crate::{Group, Millis};

/// Everything in which a group is at odds with others.
pub fn between<'g>(
    group: &Group,
    others: impl IntoIterator<Item = &'g Group>,
    capabilities: &Capabilities,
) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let device = capabilities.device_of(group);
    for other in others.into_iter().filter(|other| other.name() != group.name()) {
        if let (Ok(ours), Ok(theirs)) = (&device, capabilities.device_of(other))
            && *ours == theirs
        {
            refusals.push(Refusal::SameDevice { device: theirs, other: other.name().clone() });
        }
        refusals.extend(host_wide(group, other, capabilities));
    }
    refusals
}

/// Settings that the platform has once for the whole host.
fn host_wide(group: &Group, other: &Group, capabilities: &Capabilities) -> Vec<Refusal> {
    let rules = &capabilities.rules;
    if !rules.settings_follow {
        return vec![];
    }
    let mut refusals = Vec::new();
    let mut dispute = |setting, theirs: String, ours: String| {
        if theirs != ours {
            refusals.push(Refusal::HostWideOther { setting, other: other.name().clone(), theirs, ours });
        }
    };
    dispute("failback", other.failback().to_string(), group.failback().to_string());
    let time = |group: &Group| {
        let interval = group.detection().probe()?.interval;
        Some(Millis::new(interval.get().saturating_mul(rules.probes_per_failure)).to_string())
    };
    if let (Some(theirs), Some(ours)) = (time(other), time(group)) {
        dispute("the failure time of probes", theirs, ours);
    }
    refusals
}
