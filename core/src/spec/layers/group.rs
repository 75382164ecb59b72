//! A group of which hosts have something of their own: who has it at all, and what is laid over it for whom.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::fact;
use super::pattern::HostPattern;
use super::unset;
use crate::Problem;
use crate::identity::{Identity, Os};
use crate::problem::{Place, quoted};
use crate::spec::keys::nearest;
use crate::spec::walk::{Node, Walk};
use crate::spec::{header, value};

/// The keys of a group that say for which hosts something is.
pub(crate) const KEYS: [&str; 3] = ["match", "os", "host"];

/// A group of which hosts have something of their own.
#[derive(Debug)]
pub(crate) struct LayeredGroup<'t> {
    pub(crate) name: String,
    /// Its header.
    pub(crate) place: Place,
    /// What stands in the group itself.
    pub(super) base: DeTable<'t>,
    /// The hosts that have it; `None` is all.
    pub(crate) hosts: Option<Vec<HostPattern>>,
    /// The systems of hosts that have it; `None` is all.
    systems: Option<Vec<Os>>,
    /// What is laid over it, in this order.
    pub(crate) layers: Vec<Layer<'t>>,
    /// The numbers of those for a single name, by that: a fleet may have thousands of them.
    single: BTreeMap<String, Vec<usize>>,
    /// The numbers of the others.
    wide: Vec<usize>,
    /// Whether a text of it asks for a fact.
    pub(crate) asks: bool,
}

/// What some hosts have over what is in the group itself.
#[derive(Debug)]
pub(crate) struct Layer<'t> {
    pub(crate) hosts: Hosts,
    /// Its header, with the path of its own.
    pub(crate) place: Place,
    pub(super) table: DeTable<'t>,
    /// What it takes out before.
    pub(super) unset: Vec<String>,
}

/// Which hosts have a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hosts {
    Os(Os),
    Named(HostPattern),
}

impl Hosts {
    /// Whether a host is one of them.
    pub(crate) fn has(&self, identity: &Identity) -> bool {
        match self {
            Self::Os(os) => identity.os == Some(*os),
            Self::Named(pattern) => identity.name.as_ref().is_some_and(|name| pattern.matches(name)),
        }
    }
}

impl<'t> LayeredGroup<'t> {
    /// Takes what is for some hosts out of a group's table; `None` where there is nothing, and no text asks for a fact.
    pub(super) fn take(
        name: &Spanned<DeString<'t>>,
        table: &mut Spanned<DeValue<'t>>,
        walk: &mut Walk,
    ) -> Option<Self> {
        let span = table.span();
        let DeValue::Table(base) = table.get_mut() else { return None };
        let taken = KEYS.map(|key| base.remove_entry(key));
        let asks = fact::are_asked_for(base);
        if !asks && taken.iter().all(Option::is_none) {
            return None;
        }
        let place = walk.place(span, header(name.get_ref()));
        let mut group = Self {
            name: name.get_ref().to_string(),
            place,
            base: base.clone(),
            hosts: None,
            systems: None,
            layers: vec![],
            single: BTreeMap::new(),
            wide: vec![],
            asks,
        };
        let [matches, systems, hosts] = taken;
        if let Some((_, value)) = matches {
            group.take_match(&value, walk);
        }
        if let Some((_, value)) = systems {
            let hint = "write [GROUP.os.illumos], with the keys that are for illumos alone";
            group.take_layers(value, "os", hint, walk, |name, place, walk| {
                let os = value::word(Os::ALL, Os::word, name);
                os.map_err(|fault| walk.fault(fault, place)).ok().map(Hosts::Os)
            });
        }
        if let Some((_, value)) = hosts {
            let hint = "write [GROUP.host.\"web*\"], with the keys that are for these hosts alone";
            group.take_layers(value, "host", hint, walk, |name, place, walk| {
                pattern(name, place, walk).map(Hosts::Named)
            });
        }
        group.asks |= group.layers.iter().any(|layer| fact::are_asked_for(&layer.table));
        group.layers.sort_by_key(Layer::order);
        for (number, layer) in group.layers.iter().enumerate() {
            match &layer.hosts {
                Hosts::Named(pattern) if pattern.is_single() => {
                    group.single.entry(pattern.as_str().to_owned()).or_default().push(number);
                }
                _ => group.wide.push(number),
            }
        }
        group.refuse_what_no_host_has(walk);
        Some(group)
    }

    fn take_match(&mut self, value: &Spanned<DeValue<'t>>, walk: &mut Walk) {
        const EXAMPLE: &str = "a table, as in { host = [\"web*\"], os = [\"linux\"] }";
        let node = self.node(value, "match", walk);
        let Some(entries) = node.entries() else { return walk.wrong_type(&node, EXAMPLE, None) };
        for (name, place, node) in walk.entries(entries, &node.place) {
            match name {
                "host" => {
                    self.hosts = walk.one_or_list(&node, "[\"web*\"]", |walk, node| {
                        let text = walk.text(node, "\"web*\"", |text| Ok(text.to_owned()))?;
                        pattern(&text, &node.place, walk)
                    });
                }
                "os" => {
                    self.systems = walk.one_or_list(&node, "[\"linux\"]", |walk, node| {
                        walk.text(node, "\"linux\"", |text| value::word(Os::ALL, Os::word, text))
                    });
                }
                _ => {
                    let message = format!("the key {} is not known here", quoted(name));
                    let mut problem = Problem::new("unknown-key", &place, message).allowed("host, os");
                    problem.hint = nearest(name, ["host", "os"]).map(|near| format!("did you mean `{near}`?"));
                    walk.problems.push(problem);
                }
            }
        }
    }

    fn take_layers(
        &mut self,
        value: Spanned<DeValue<'t>>,
        key: &str,
        hint: &str,
        walk: &mut Walk,
        mut hosts: impl FnMut(&str, &Place, &mut Walk) -> Option<Hosts>,
    ) {
        let hint = hint.replace("GROUP", &self.place.key);
        let node = self.node(&value, key, walk);
        let above = node.place.clone();
        if node.entries().is_none() {
            return walk.wrong_type(&node, "a table for each", Some(hint));
        }
        let DeValue::Table(entries) = value.into_inner() else { return };
        for (name, inner) in entries {
            let path = above.path_of(name.get_ref());
            let at_key = walk.place(name.span(), path.clone());
            let place = walk.place(inner.span(), path);
            let hosts = hosts(name.get_ref(), &at_key, walk);
            let mut table = match inner.into_inner() {
                DeValue::Table(table) => table,
                other => {
                    walk.wrong_type(&Node::new(&other, place), "a table with keys of the group", Some(hint.clone()));
                    continue;
                }
            };
            for nested in KEYS {
                if let Some((key, _)) = table.remove_entry(nested) {
                    let place = walk.place(key.span(), place.path_of(nested));
                    let message = format!("`{nested}` stands inside of what is for some hosts already");
                    let hint = format!("write [{}.{nested}…] of the group itself", self.place.key);
                    walk.problems.push(Problem::new("unknown-key", &place, message).hint(hint));
                }
            }
            let unset = unset::take(&mut table, &place, false, walk);
            if let Some(hosts) = hosts {
                self.layers.push(Layer { hosts, place, table, unset });
            }
        }
    }

    fn node<'v>(&self, value: &'v Spanned<DeValue<'t>>, key: &str, walk: &Walk) -> Node<'v> {
        Node::new(value.get_ref(), walk.place(value.span(), self.place.path_of(key)))
    }

    /// Reports layers for hosts that do not have the group.
    fn refuse_what_no_host_has(&self, walk: &mut Walk) {
        for layer in &self.layers {
            let why = match &layer.hosts {
                Hosts::Os(os) => self.systems.as_ref().filter(|systems| !systems.contains(os)).map(|systems| {
                    let words: Vec<_> = systems.iter().map(|os| os.word()).collect();
                    format!("the group is only for {}", words.join(", "))
                }),
                Hosts::Named(pattern) => {
                    let hosts = self.hosts.as_ref();
                    hosts.filter(|hosts| !hosts.iter().any(|host| host.common(pattern).is_some())).map(|hosts| {
                        let words: Vec<_> = hosts.iter().map(HostPattern::as_str).collect();
                        format!("the group is only for hosts called {}", words.join(", "))
                    })
                }
            };
            if let Some(why) = why {
                let problem = Problem::new("never-holds", &layer.place, format!("no host has this: {why}"));
                walk.problems.push(problem.hint("take it out, or let `match` have these hosts"));
            }
        }
    }

    /// Whether a host has it.
    pub(crate) fn is_of(&self, identity: &Identity) -> bool {
        let by_os = self.systems.as_ref().is_none_or(|all| identity.os.is_some_and(|os| all.contains(&os)));
        let named = |name: &String| self.hosts.iter().flatten().any(|pattern| pattern.matches(name));
        by_os && (self.hosts.is_none() || identity.name.as_ref().is_some_and(named))
    }

    /// What a host has over it, in this order.
    pub(crate) fn layers_of(&self, identity: &Identity) -> impl Iterator<Item = &Layer<'t>> {
        self.numbers_of(identity).into_iter().map(|number| &self.layers[number])
    }

    /// The numbers of these.
    pub(super) fn numbers_of(&self, identity: &Identity) -> Vec<usize> {
        let wide = self.wide.iter().filter(|number| self.layers[**number].hosts.has(identity));
        let mut numbers: Vec<usize> = wide.copied().collect();
        if let Some(name) = identity.name.as_deref().map(str::to_ascii_lowercase) {
            let first = name.split('.').next().filter(|first| *first != name);
            for name in std::iter::once(name.as_str()).chain(first) {
                numbers.extend(self.single.get(name).into_iter().flatten());
            }
        }
        numbers.sort_unstable();
        numbers
    }

    /// The systems that have it.
    pub(crate) fn systems(&self) -> &[Os] {
        self.systems.as_deref().unwrap_or(Os::ALL)
    }
}

impl Layer<'_> {
    /// Systems before names, wide patterns before narrow ones, and then as they are written.
    fn order(&self) -> (bool, (bool, usize), usize, usize) {
        let rank = match &self.hosts {
            Hosts::Os(_) => (false, (false, 0)),
            Hosts::Named(pattern) => (true, pattern.rank()),
        };
        (rank.0, rank.1, self.place.span.source, self.place.span.bytes.start)
    }
}

fn pattern(text: &str, place: &Place, walk: &mut Walk) -> Option<HostPattern> {
    let pattern = HostPattern::new(text);
    if pattern.is_none() {
        let message = format!("{} is not a pattern of host names", quoted(text));
        walk.problems.push(Problem::new("bad-pattern", place, message).allowed(HostPattern::FORM));
    }
    pattern
}
