//! A program of the user's own that is told what happens to groups.
//!
//! In: a [`HookSpec`](crate::spec::HookSpec) that [`validate`](mod@crate::validate) found right. Who runs it, and when, is
//! the business of `mpath agent`.

use serde::Serialize;

use crate::{Event, GroupName, Millis};

/// A program that is run when something happens. The event is on its standard input, as a line of `mpath.event/1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hook {
    /// The events that it is run for, by their [names](Event::WORDS); one and more, each once.
    pub on: Vec<&'static str>,
    /// The groups that it is run for; `None` is every one of the configuration.
    pub groups: Option<Vec<GroupName>>,
    /// The program, by its absolute path, and its arguments. There is no shell.
    pub run: Vec<String>,
    /// How long it may take, 100 ms to an hour; then it is killed with all that it has started.
    pub timeout: Millis,
    /// The user that it runs as, by name; `None` is the first of [`DEFAULT_USERS`](Self::DEFAULT_USERS) that the host has.
    pub user: Option<String>,
}

impl Hook {
    /// How long it may take where the file does not say.
    pub(crate) const DEFAULT_TIMEOUT: Millis = Millis::new(10_000);
    /// The shortest time that it may be given.
    pub(crate) const SHORTEST_TIMEOUT: Millis = Millis::new(100);
    /// The longest.
    pub(crate) const LONGEST_TIMEOUT: Millis = Millis::new(3_600_000);
    /// Who it runs as where the file does not say: one that mpath's packages make for hooks alone, and else one who owns
    /// nothing. Programs of others run as the latter, too, and could then have a hand on a hook (systemd's "Users, Groups,
    /// UIDs and GIDs").
    pub const DEFAULT_USERS: [&str; 2] = ["_mpath-hooks", "nobody"];

    /// Whether it is to be told of an event of a group.
    pub fn wants(&self, group: &GroupName, event: &Event) -> bool {
        let of_group = self.groups.as_ref().is_none_or(|groups| groups.contains(group));
        of_group && self.on.contains(&event.word())
    }

    /// The program's path.
    pub fn program(&self) -> &str {
        self.run.first().map_or("", String::as_str)
    }
}
