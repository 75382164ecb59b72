//! What is wrong with what only some hosts have, found on any host: a bad override does not hide until its host comes up.
//!
//! In: the files. Out: problems that do not hang on who asks. Each layer of a group is read by itself first, key by key.
//! Then the group is put together as examples of the hosts that have the layer would have it. What all of these examples
//! complain of, no such host can do without; what only some of them complain of is told to the host that it is true of.

use std::collections::BTreeSet;

use crate::identity::{Identity, Links, Os};
use crate::spec::layers::pattern::HostPattern;
use crate::spec::layers::{Hosts, Layer, LayeredGroup, Layers};
use crate::{MacAddress, Problem, Span};

/// Numbers of hosts that are tried: what is wrong with an address for each of these is not the number's fault.
const NUMBERS: [u64; 4] = [2, 21, 103, 211];

/// The most examples of one layer. More would only be of the same kinds.
const MOST: usize = 24;

/// A locally administered address of one station (IEEE 802, the second bit of the first byte).
const MAC: MacAddress = MacAddress::new([0x02, 0, 0, 0, 0, 1]);

/// What is wrong with the files for every host, or for every host of a kind.
pub fn check(layers: &Layers<'_>) -> Vec<Problem> {
    let mut all = Found { told: BTreeSet::new(), problems: layers.problems.clone() };
    for group in layers.layered() {
        let any = Identity { index: Some(NUMBERS[0]), os: Some(Os::Linux), links: Links::Any(MAC), name: None };
        let any = Identity { name: Some("host2".to_owned()), ..any };
        let numbered = |identity: &Identity| -> Vec<Identity> {
            let numbers = if group.asks { &NUMBERS[..] } else { &NUMBERS[..1] };
            numbers.iter().map(|number| Identity { index: Some(*number), ..identity.clone() }).collect()
        };
        for layer in std::iter::once(None).chain(group.layers.iter().map(Some)) {
            all.add(common(numbered(&any), |identity| layers.alone(group, layer, identity)));
        }
        let whole = |identity: &Identity| {
            let (spec, mut problems) = layers.sample(group, identity);
            if let Some(spec) = &spec {
                super::check_group(spec, &mut problems);
            }
            problems
        };
        for layer in &group.layers {
            let examples = examples(group, layer).into_iter().flat_map(|identity| numbered(&identity));
            let words = match &layer.hosts {
                Hosts::Os(os) => format!("as it is on {os}"),
                Hosts::Named(pattern) => format!("as it is on hosts called {}", pattern.as_str()),
            };
            let problems = common(examples.collect(), whole).into_iter();
            all.add(problems.map(|problem| problem.also(&layer.place.span, words.clone())));
        }
        // One without layers is the same for all that have it, and this host may not.
        if group.layers.is_empty() {
            let os = group.systems().first().copied();
            let example = |name| numbered(&Identity { name: Some(name), os, ..any.clone() });
            all.add(common(names(group).into_iter().flat_map(example).collect(), whole));
        }
    }
    all.problems
}

/// Problems, each place with each kind of problem once.
struct Found {
    told: BTreeSet<(&'static str, usize, usize, usize)>,
    problems: Vec<Problem>,
}

impl Found {
    fn add(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            if self.told.insert(key(&problem)) {
                self.problems.push(problem);
            }
        }
    }
}

fn key(problem: &Problem) -> (&'static str, usize, usize, usize) {
    let Span { source, bytes } = &problem.span;
    (problem.code, *source, bytes.start, bytes.end)
}

/// What all examples complain of.
fn common(examples: Vec<Identity>, mut ask: impl FnMut(&Identity) -> Vec<Problem>) -> Vec<Problem> {
    let mut left: Option<Vec<Problem>> = None;
    for identity in examples {
        let found = ask(&identity);
        let keys: BTreeSet<_> = found.iter().map(key).collect();
        let both = match left {
            None => found,
            Some(left) => left.into_iter().filter(|problem| keys.contains(&key(problem))).collect(),
        };
        if both.is_empty() {
            return both;
        }
        left = Some(both);
    }
    left.unwrap_or_default()
}

/// Hosts that have a layer: those on which most is laid over the group first.
fn examples(group: &LayeredGroup<'_>, layer: &Layer<'_>) -> Vec<Identity> {
    let identity = |name: &String, os: Os| Identity {
        name: Some(name.clone()),
        index: None,
        os: Some(os),
        links: Links::Any(MAC),
    };
    let mut examples: Vec<Identity> = match &layer.hosts {
        Hosts::Os(os) => names(group).iter().map(|name| identity(name, *os)).collect(),
        Hosts::Named(pattern) => {
            let name = name_of(group, pattern);
            name.iter().flat_map(|name| group.systems().iter().map(|os| identity(name, *os))).collect()
        }
    };
    examples.retain(|identity| group.is_of(identity));
    examples.sort_by_key(|identity| std::cmp::Reverse(group.layers_of(identity).count()));
    examples.truncate(MOST);
    examples
}

/// Names of hosts that a group can be on: one for each pattern, and one that no pattern means.
fn names(group: &LayeredGroup<'_>) -> Vec<String> {
    let layers = group.layers.iter().filter_map(|layer| match &layer.hosts {
        Hosts::Named(pattern) => Some(pattern),
        Hosts::Os(_) => None,
    });
    let patterns: Vec<_> = layers.chain(group.hosts.iter().flatten()).take(MOST).collect();
    let mut names: Vec<_> = patterns.iter().filter_map(|pattern| name_of(group, pattern)).collect();
    names.push("host2".to_owned());
    names.retain(|name| group.hosts.iter().flatten().any(|host| host.matches(name)) || group.hosts.is_none());
    names.dedup();
    names
}

/// The name of a host that a pattern means and that has the group.
fn name_of(group: &LayeredGroup<'_>, pattern: &HostPattern) -> Option<String> {
    match &group.hosts {
        None => pattern.common(pattern),
        Some(hosts) => hosts.iter().find_map(|host| host.common(pattern)),
    }
}
