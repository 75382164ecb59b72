//! What two groups of one file cannot both have on a platform, though each by itself can.
//!
//! In: [`Group`]s that are to be up at the same time, [`Capabilities`]. Out: [`Refusal`]s. What no two groups share on any
//! platform is the business of [`validate`](mod@crate::validate).

use std::collections::{BTreeMap, BTreeSet};

use crate::capability::Capabilities;
use crate::refusal::Refusal;
use crate::{Group, GroupName, Millis};

/// Everything in which groups are at odds with each other, by their names; who is not named is at odds with nobody. There may
/// be a thousand, so only those are held against all others that have something to quarrel about.
pub fn among<'g>(
    groups: impl IntoIterator<Item = &'g Group>,
    capabilities: &Capabilities,
) -> BTreeMap<&'g GroupName, Vec<Refusal>> {
    let all: Vec<&Group> = groups.into_iter().collect();
    let mut users: BTreeMap<_, BTreeSet<&GroupName>> = BTreeMap::new();
    for group in &all {
        if let Ok(device) = capabilities.device_of(group) {
            users.entry(device).or_default().insert(group.name());
        }
    }
    let of_one_device = users.into_values().filter(|users| users.len() > 1).flatten();
    let mut at_odds: BTreeSet<&GroupName> = of_one_device.collect();
    if capabilities.rules.settings_follow && !is_one_for_all(&all, capabilities) {
        at_odds.extend(all.iter().map(|group| group.name()));
    }
    let at_odds = all.iter().filter(|group| at_odds.contains(group.name()));
    at_odds.map(|group| (group.name(), between(group, &all, capabilities))).filter(|(_, r)| !r.is_empty()).collect()
}

/// Everything in which a group is at odds with others.
fn between(group: &Group, others: &[&Group], capabilities: &Capabilities) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let device = capabilities.device_of(group);
    for other in others.iter().filter(|other| other.name() != group.name()) {
        if let (Ok(ours), Ok(theirs)) = (&device, capabilities.device_of(other))
            && *ours == theirs
        {
            refusals.push(Refusal::SameDevice { device: theirs, other: other.name().clone() });
        }
        refusals.extend(host_wide(group, other, capabilities));
    }
    refusals
}

/// Whether no two groups want other settings of the whole host.
fn is_one_for_all(groups: &[&Group], capabilities: &Capabilities) -> bool {
    let failbacks: BTreeSet<_> = groups.iter().map(|group| group.failback()).collect();
    let times: BTreeSet<_> = groups.iter().filter_map(|group| probe_time(group, capabilities)).collect();
    failbacks.len() < 2 && times.len() < 2
}

/// The failure time of probes that a group wants.
fn probe_time(group: &Group, capabilities: &Capabilities) -> Option<Millis> {
    let interval = group.detection().probe()?.interval;
    Some(Millis::new(interval.get().saturating_mul(capabilities.rules.probes_per_failure)))
}

/// Settings that the platform has once for the whole host.
fn host_wide(group: &Group, other: &Group, capabilities: &Capabilities) -> Vec<Refusal> {
    if !capabilities.rules.settings_follow {
        return vec![];
    }
    let mut refusals = Vec::new();
    let mut dispute = |setting, theirs: String, ours: String| {
        if theirs != ours {
            refusals.push(Refusal::HostWideOther { setting, other: other.name().clone(), theirs, ours });
        }
    };
    dispute("failback", other.failback().to_string(), group.failback().to_string());
    if let (Some(theirs), Some(ours)) = (probe_time(other, capabilities), probe_time(group, capabilities)) {
        dispute("the failure time of probes", theirs.to_string(), ours.to_string());
    }
    refusals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::DefaultDevice;
    use crate::source::SourceFile;
    use crate::{fake, validate};

    fn groups(settings: [&str; 3]) -> Vec<Group> {
        let group = |(number, settings): (usize, &str)| {
            format!(
                "[group.lan{number}]\nmembers = [\"m{number}\", \"n{number}\"]\nprimary = \"m{number}\"\n\
                 addresses = [\"10.0.{number}.1/24\"]\n{settings}\n"
            )
        };
        let text = settings.into_iter().enumerate().map(group).collect::<String>();
        validate::read(&[SourceFile::new("lans.toml", text)]).unwrap().groups
    }

    /// Who quarrels with whom, and about what.
    fn quarrels(groups: &[Group], capabilities: &Capabilities) -> Vec<(String, String)> {
        let told = |(name, refusals): (&GroupName, Vec<Refusal>)| {
            refusals
                .into_iter()
                .map(|refusal| match refusal {
                    Refusal::SameDevice { device, other } => (name.to_string(), format!("{other}: {device}")),
                    Refusal::HostWideOther { setting, other, theirs, ours } => {
                        (name.to_string(), format!("{other}: {setting} {theirs}, not {ours}"))
                    }
                    other => panic!("{other}"),
                })
                .collect::<Vec<_>>()
        };
        among(groups, capabilities).into_iter().flat_map(told).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, about)| ((*name).to_owned(), (*about).to_owned())).collect()
    }

    #[test]
    fn groups_whose_devices_have_the_same_name_are_at_odds_and_nobody_else() {
        let mut capabilities = fake::capabilities();
        assert_eq!(quarrels(&groups([""; 3]), &capabilities), []);
        // lan0, lan1 and lan2 become one name where a device has letters and a 0.
        capabilities.default_device = DefaultDevice::LettersAndZero;
        let groups = groups(["", "device = \"dmz0\"", ""]);
        let both = pairs(&[("lan0", "lan2: lan0"), ("lan2", "lan0: lan0")]);
        assert_eq!(quarrels(&groups, &capabilities), both);
    }

    #[test]
    fn a_setting_of_the_whole_host_is_disputed_with_each_group_that_wants_another() {
        let mut capabilities = fake::capabilities();
        let groups = groups(["", "failback = \"never\"", ""]);
        assert_eq!(quarrels(&groups, &capabilities), []);
        capabilities.rules.settings_follow = true;
        let disputes = pairs(&[
            ("lan0", "lan1: failback never, not always"),
            ("lan1", "lan0: failback always, not never"),
            ("lan1", "lan2: failback always, not never"),
            ("lan2", "lan1: failback never, not always"),
        ]);
        assert_eq!(quarrels(&groups, &capabilities), disputes);
    }
}
