//! What of a draft is right. The rules are those of the reference alone: the draft is written down, read again, and each key that
//! is complained of is taken away and told, with the line that it came from; of a list the entry, and no more.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::{Draft, Value, number};
use crate::detection::LinkDetection;
use crate::import::{Fate, Leftover, Origin};
use crate::{Group, Millis, Problem, SourceFile, read};

/// A draft without the keys that are wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// What is left.
    pub draft: Draft,
    /// The group that it describes, if it does.
    pub group: Option<Group>,
    /// What was taken away or changed.
    pub leftovers: Vec<Leftover>,
    /// Why it describes none; what is missing, mostly.
    pub problems: Vec<Problem>,
}

/// What a problem is about.
struct Blamed<'p> {
    key: &'static str,
    /// The number of the entry in a list, and the key within it.
    entry: Option<(usize, &'p str)>,
    problem: &'p Problem,
}

impl Draft {
    /// Takes away what is wrong, until the rest is right or nothing is left that can be blamed.
    pub fn settle(mut self) -> Settled {
        let mut leftovers = Vec::new();
        self.monitor(&mut leftovers);
        self.round_delays(&mut leftovers);
        loop {
            let problems = match read(&[SourceFile::new("draft", self.to_toml())]) {
                Ok(description) => {
                    let group = description.groups.into_iter().next();
                    return Settled { draft: self, group, leftovers, problems: vec![] };
                }
                Err(problems) => problems,
            };
            let blamed: Vec<_> = problems.iter().flat_map(|problem| self.blamed(problem)).collect();
            if blamed.is_empty() {
                return Settled { draft: self, group: None, leftovers, problems };
            }
            let before = leftovers.len();
            self.drop_blamed(blamed, &mut leftovers);
            if leftovers.len() == before {
                return Settled { draft: self, group: None, leftovers, problems };
            }
        }
    }

    /// A group that nothing monitors cannot be written.
    fn monitor(&mut self, leftovers: &mut Vec<Leftover>) {
        let is_off =
            |draft: &Self, key| matches!(draft.get(key), Some(Value::Text(text)) if text.parse() == Ok(Millis::new(0)));
        // Nobody probes whose files name targets alone, as of a probing that was given up.
        let without_probes = match self.get("detection.probe.interval") {
            None => Some("without effect: no interval says that anybody is probed"),
            Some(_) => is_off(self, "detection.probe.interval").then_some("an interval of 0 switches probes off"),
        };
        if let Some(why) = without_probes {
            for key in ["interval", "targets", "missed", "validate", "all-targets"] {
                self.drop_key(&format!("detection.probe.{key}"), Fate::Changed, why.to_owned(), leftovers);
            }
        }
        if is_off(self, "detection.link.interval") {
            let probes = self.get("detection.probe.interval").is_some();
            let why = if probes {
                "an interval of 0 switches this off; probes monitor the members".to_owned()
            } else {
                format!(
                    "nothing would monitor the members; the link is looked at every {}",
                    LinkDetection::DEFAULT_INTERVAL
                )
            };
            for key in ["interval", "up-delay", "down-delay"] {
                self.drop_key(&format!("detection.link.{key}"), Fate::Changed, why.clone(), leftovers);
            }
        }
    }

    /// The bonding driver rounds delays down to multiples of the interval (`bond_opts`: `updelay`, `downdelay`); here they are
    /// written as they act.
    fn round_delays(&mut self, leftovers: &mut Vec<Leftover>) {
        let time = |value: Option<&Value>| match value {
            Some(Value::Text(text)) => text.parse::<Millis>().ok().map(Millis::get),
            _ => None,
        };
        let interval = time(self.get("detection.link.interval")).unwrap_or(LinkDetection::DEFAULT_INTERVAL.get());
        for key in ["detection.link.up-delay", "detection.link.down-delay"] {
            let Some(delay) = time(self.get(key)).filter(|delay| interval > 0 && !delay.is_multiple_of(interval))
            else {
                continue;
            };
            let rounded = Millis::new(delay - delay % interval);
            let why = format!(
                "{} is no multiple of the interval; it acts as {rounded}, and is written so",
                Millis::new(delay)
            );
            let origin = self.origin(key).cloned();
            leftovers.push(Leftover { origin: self.place_of(key), fate: Fate::Changed, why });
            self.set(key, rounded.to_string(), origin);
        }
    }

    /// What a problem is about, if it has a value that can be taken away: of a table, all of its keys; of a list, the entry.
    fn blamed<'p>(&self, problem: &'p Problem) -> Vec<Blamed<'p>> {
        let header = crate::spec::header(&self.name);
        let Some(path) = problem.key.strip_prefix(&header).and_then(|rest| rest.strip_prefix('.')) else {
            return vec![];
        };
        let (path, entry) = path.split_once('[').map_or((path, None), |(path, rest)| (path, entry_of(rest)));
        let is_meant = |key: &&str| *key == path || key.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        self.keys().filter(is_meant).map(|key| Blamed { key, entry, problem }).collect()
    }

    /// Takes away what is complained of. Of a list the last entry goes first: the others keep their numbers.
    fn drop_blamed(&mut self, mut blamed: Vec<Blamed<'_>>, leftovers: &mut Vec<Leftover>) {
        let number = |blamed: &Blamed<'_>| blamed.entry.map(|(index, _)| index);
        let mut seen = BTreeSet::new();
        blamed.retain(|blamed| seen.insert((blamed.key, number(blamed))));
        blamed.sort_by_key(|blamed| Reverse(number(blamed)));
        for Blamed { key, entry, problem } in blamed {
            let why = problem_alone(problem);
            match entry {
                Some((index, part)) => self.drop_entry(key, index, part, why, leftovers),
                None => self.drop_key(key, Fate::Lost, why, leftovers),
            }
        }
    }

    /// Takes an entry of a list away; of a member what is wrong beside its name, since the group is another without it.
    fn drop_entry(&mut self, key: &str, index: usize, part: &str, why: String, leftovers: &mut Vec<Leftover>) {
        let Some(entry) = self.keys.get_mut(&number(key)) else { return };
        let Value::List(values) = &mut entry.value else { return };
        if index >= values.len() {
            return;
        }
        let text = format!("{key}: {}", values[index]);
        let origin = entry.origins.get(index).unwrap_or(&entry.origin).clone();
        let of_member = match &values[index] {
            Value::Table(parts) if key == "members" && !matches!(part, "name" | "mac") => {
                parts.iter().position(|(name, _)| *name == part)
            }
            _ => None,
        };
        match (&mut values[index], of_member) {
            (Value::Table(parts), Some(place)) => drop(parts.remove(place)),
            _ => {
                values.remove(index);
                if index < entry.origins.len() {
                    entry.origins.remove(index);
                }
            }
        }
        if values.is_empty() {
            self.keys.remove(&number(key));
        }
        let origin = origin.unwrap_or_else(|| Origin::of_file(&self.name, text));
        leftovers.push(Leftover { origin, fate: Fate::Lost, why });
    }

    fn drop_key(&mut self, key: &str, fate: Fate, why: String, leftovers: &mut Vec<Leftover>) {
        if self.get(key).is_some() {
            leftovers.push(Leftover { origin: self.place_of(key), fate, why });
            self.keys.remove(&number(key));
        }
    }

    /// Where a key comes from, or what it says, where nobody knows.
    fn place_of(&self, key: &str) -> Origin {
        let value = self.get(key).map(|value| format!("{key} = {value}")).unwrap_or_default();
        self.origin(key).cloned().unwrap_or_else(|| Origin::of_file(&self.name, value))
    }
}

/// The number of an entry, and the key within it, in what follows the bracket: `0].via`.
fn entry_of(rest: &str) -> Option<(usize, &str)> {
    let (index, part) = rest.split_once(']')?;
    Some((index.parse().ok()?, part.trim_start_matches('.')))
}

/// A problem without the key, which the other tool does not know.
fn problem_alone(problem: &Problem) -> String {
    Problem { key: String::new(), ..problem.clone() }.to_string()
}
