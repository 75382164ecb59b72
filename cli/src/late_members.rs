//! Members that are not there yet, as in the first seconds of a boot: they are waited for, and then gone without.
//!
//! In: groups, and how long to wait. Out: the same groups, less the members that did not come. Changes nothing, and is done
//! before the lock is taken: other groups do not wait for these members.

use std::time::{Duration, Instant};

use mpath_core::group::MemberSelector;
use mpath_core::{Group, Millis, Snapshot};

use crate::context::Context;
use crate::error::CommandError;
use crate::feed::{Feed, News};

/// Waits until every member is there that is not optional, or so long.
pub(crate) fn wait(chosen: &[&Group], limit: Millis, context: &mut Context<'_>) -> Result<Vec<Group>, CommandError> {
    let end = Instant::now() + Duration::from(limit);
    let mut host = context.host()?;
    let feed = Feed::of(host.backend.changes()?).map_err(CommandError::feed)?;
    loop {
        // The first time too: what happened before anybody listened would not be told.
        host.look_again()?;
        let is_waiting = chosen.iter().any(|group| !absent(group, &host.snapshot).is_empty());
        let news = if is_waiting { feed.next(Some(end)) } else { vec![] };
        if news.is_empty() || end <= Instant::now() {
            return Ok(chosen.iter().map(|group| without(group, limit, &host.snapshot, context)).collect());
        }
        for news in news {
            if let News::Deaf(error) = news {
                return Err(error.into());
            }
        }
    }
}

fn absent(group: &Group, current: &Snapshot) -> Vec<MemberSelector> {
    mpath_core::resolve::awaited(group, current)
}

/// The group without those who did not come. Where nobody did, it is as it was, and will be refused for that.
fn without(group: &Group, limit: Millis, current: &Snapshot, context: &mut Context<'_>) -> Group {
    let absent = absent(group, current);
    let Some(rest) = group.without(&absent) else { return group.clone() };
    for member in &absent {
        let text =
            format!("{}: member {member} did not come within {limit}; the group comes up without it", group.name());
        context.console.warning(&text);
    }
    rest
}
