//! The group that is to be taken over, as its tool has it.

use mpath_core::import::Leftover;
use mpath_core::{Draft, Group, InterfaceName};

use super::{AdoptArgs, told};
use crate::ExitCode;
use crate::command::import::{ImportArgs, once, tell_leftovers};
use crate::context::Context;
use crate::error::CommandError;
use crate::host::Host;

/// A group as it was found, complete.
pub(super) struct Found {
    pub(super) group: Group,
    pub(super) toml: String,
    pub(super) leftovers: Vec<Leftover>,
}

impl Found {
    /// The group that is meant.
    pub(super) fn find(args: &AdoptArgs, context: &mut Context<'_>) -> Result<Self, CommandError> {
        let mut import = ImportArgs::of_host(args.from, context)?;
        let device = |draft: &Draft| draft.get("device").map(|device| device.to_string().trim_matches('"').to_owned());
        let is_meant = |draft: &Draft, name: &String| draft.name() == name || device(draft).as_ref() == Some(name);
        let known: Vec<_> = import.drafts.iter().map(|draft| draft.name().to_owned()).collect();
        import.drafts.retain(|draft| args.group.as_ref().is_none_or(|name| is_meant(draft, name)));
        let draft = match (import.drafts.len(), &args.group) {
            (1, _) => import.drafts.remove(0),
            (0, Some(name)) if !known.is_empty() => {
                let hint = Some(format!("the groups are {}", known.join(", ")));
                return Err(told(ExitCode::NoSuchGroup, format!("there is no group {name} to be taken over"), hint));
            }
            (0, _) => {
                tell_leftovers(&import.leftovers, context);
                let hint = Some("mpath init writes a group that is not there yet".to_owned());
                return Err(told(ExitCode::NoSuchGroup, "there is no group to be taken over", hint));
            }
            _ => {
                let hint = Some("name the one that you mean".to_owned());
                return Err(told(ExitCode::Usage, format!("there are several groups: {}", known.join(", ")), hint));
            }
        };
        let settled = draft.settle();
        let leftovers = once(import.leftovers.into_iter().chain(settled.leftovers));
        let Some(group) = settled.group else {
            tell_leftovers(&leftovers, context);
            let problems: Vec<_> = settled.problems.iter().map(|problem| problem.message.clone()).collect();
            let message = format!("{} cannot be taken over: {}", settled.draft.name(), problems.join("; "));
            let hint = "`mpath import` prints it; complete the text, and `mpath up --adopt` takes the device over";
            return Err(told(ExitCode::InvalidFile, message, Some(hint.to_owned())));
        };
        Ok(Self { group, toml: settled.draft.to_toml(), leftovers })
    }

    /// The device, which must be there and somebody else's: only then there is something to be taken over.
    pub(super) fn device(&self, host: &Host) -> Result<InterfaceName, CommandError> {
        let group = &self.group;
        let name = group.name();
        let device = host.backend.capabilities().device_of(group);
        let device = device.map_err(|why| told(ExitCode::NotSupported, why, None))?;
        match host.snapshot.group(&device) {
            None => {
                let hint = "let its tool bring it up first; or write it down with `mpath import`, and `mpath up` makes it anew";
                let message = format!("{name} is not up: there is no group's device {device}");
                Err(told(ExitCode::Failed, message, Some(hint.to_owned())))
            }
            Some(state) => match state.owner() {
                Some(owner) => {
                    let hint = Some(format!("`mpath plan {owner}` tells how it differs from its file"));
                    Err(told(ExitCode::Failed, format!("{device} is mpath's already, as the group {owner}"), hint))
                }
                None => Ok(device),
            },
        }
    }

    /// Whether nothing of mpath's has the group yet.
    pub(super) fn is_new(&self, context: &mut Context<'_>) -> Result<(), CommandError> {
        let name = self.group.name();
        if context
            .adoptions()
            .recall(name)
            .or_else(|error| if error.is_permission() { Ok(None) } else { Err(error) })?
            .is_some()
        {
            let hint = Some(format!("`mpath release {name}` puts back what was written"));
            return Err(told(ExitCode::Failed, format!("{name} was taken over before, perhaps not to its end"), hint));
        }
        let identity = context.identity.clone();
        match context.read_configuration(&identity) {
            Ok(configuration) if configuration.groups.iter().any(|other| other.name() == name) => {
                let hint = Some(format!("to take the device over as the file says: mpath up --adopt {name}"));
                Err(told(ExitCode::Failed, format!("there is a group {name} in the configuration already"), hint))
            }
            Ok(_) => Ok(()),
            Err(error) if error.is_of_no_configuration() => Ok(()),
            Err(error) => Err(error),
        }
    }
}
