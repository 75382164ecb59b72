//! Which groups a command is about.

use mpath_core::Group;
use mpath_core::resolve::nearest;

use crate::arguments::Selection;

/// Why it is not clear which groups are meant.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelectionError {
    /// A name is not that of a group.
    #[error("there is no group {}", .unknown.join(", nor "))]
    NoSuchGroup { unknown: Vec<String>, nearest: Option<String>, known: Vec<String> },
    /// There are several groups, and the command is about one.
    #[error("there are several groups: {}", .known.join(", "))]
    WhichOne { verb: &'static str, known: Vec<String> },
    /// There are several groups, and none was named.
    #[error("there are several groups: {}", .known.join(", "))]
    Several { verb: &'static str, known: Vec<String> },
}

impl SelectionError {
    /// One or more names that are none of these.
    pub(crate) fn no_such_group(unknown: Vec<String>, known: Vec<String>) -> Self {
        let nearest = unknown.iter().find_map(|name| nearest(name, &known).cloned());
        Self::NoSuchGroup { unknown, nearest, known }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::NoSuchGroup { nearest: Some(nearest), known, .. } if known.len() == 1 => {
                format!("did you mean {nearest}?")
            }
            Self::NoSuchGroup { nearest: Some(nearest), known, .. } => {
                format!("did you mean {nearest}? the groups are {}", known.join(", "))
            }
            Self::NoSuchGroup { known, .. } if known.is_empty() => "the configuration has no groups".to_owned(),
            Self::NoSuchGroup { known, .. } => format!("the groups are {}", known.join(", ")),
            Self::WhichOne { verb, known } => {
                format!("name the one that you mean: mpath {verb} {}", known.first().map_or("GROUP", |name| name))
            }
            Self::Several { verb, .. } => format!("name those that you mean, or all: mpath {verb} --all"),
        }
    }
}

/// The group of this name; where none is given, the only one.
pub(crate) fn the_one<'g>(
    name: Option<&str>,
    groups: &'g [Group],
    verb: &'static str,
) -> Result<&'g Group, SelectionError> {
    let known = || groups.iter().map(|group| group.name().to_string()).collect();
    match (name, groups) {
        (None, [only]) => Ok(only),
        (None, _) => Err(SelectionError::WhichOne { verb, known: known() }),
        (Some(name), _) => {
            let found = groups.iter().find(|group| group.name().as_str() == name);
            found.ok_or_else(|| SelectionError::no_such_group(vec![name.to_owned()], known()))
        }
    }
}

impl Selection {
    /// The groups named, in the order of their naming; all where none is named.
    pub(crate) fn all_by_default<'g>(&self, groups: &'g [Group]) -> Result<Vec<&'g Group>, SelectionError> {
        if self.groups.is_empty() {
            return Ok(groups.iter().collect());
        }
        let mut chosen: Vec<&Group> = Vec::new();
        let mut unknown = Vec::new();
        for name in &self.groups {
            match groups.iter().find(|group| group.name().as_str() == name) {
                Some(group) if chosen.iter().any(|other| other.name() == group.name()) => {}
                Some(group) => chosen.push(group),
                None => unknown.push(name.clone()),
            }
        }
        if unknown.is_empty() {
            return Ok(chosen);
        }
        let known = groups.iter().map(|group| group.name().to_string()).collect();
        Err(SelectionError::no_such_group(unknown, known))
    }

    /// The groups named; where none is named, the only one.
    pub(crate) fn one_by_default<'g>(
        &self,
        groups: &'g [Group],
        verb: &'static str,
    ) -> Result<Vec<&'g Group>, SelectionError> {
        self.refuse_several(groups, verb)?;
        self.all_by_default(groups)
    }

    /// A change to several groups wants to be asked for.
    pub(crate) fn refuse_several(&self, groups: &[Group], verb: &'static str) -> Result<(), SelectionError> {
        if self.groups.is_empty() && !self.all && groups.len() > 1 {
            let known = groups.iter().map(|group| group.name().to_string()).collect();
            return Err(SelectionError::Several { verb, known });
        }
        Ok(())
    }
}
