//! How a platform's administrators cure what stands against a group.

use crate::shell::word;
use crate::snapshot::Manager;
use crate::{InterfaceName, Route};

/// Commands that an administrator can type, with places in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cures {
    /// Shows the interfaces.
    pub show_interfaces: &'static str,
    /// Takes `{member}` out of the device `{controller}`.
    pub free_member: &'static str,
    /// The same for a member that would not be one after a boot.
    pub free_passing_member: &'static str,
    /// Removes `{route}`, which leads to `{to}` by way of `{via}`, over `{interface}`.
    pub remove_route: &'static str,
    /// Whether two routes to one place can be ranked instead.
    pub ranks_routes: bool,
    /// Switches `{interface}` off.
    pub switch_off: &'static str,
    /// Removes `{interface}`, which stands on another.
    pub remove_interface: &'static str,
    /// Makes a program leave `{interface}` alone.
    pub leave_alone: &'static [(Manager, &'static str)],
    /// Lets the caller write in `{directory}`, where mpath keeps what it remembers.
    pub own_directory: &'static str,
}

impl Cures {
    /// The same, where `free_member` is for members that are such for every boot, or for those that are not.
    #[must_use]
    pub(crate) fn for_members(mut self, persistent: bool) -> Self {
        if !persistent {
            self.free_member = self.free_passing_member;
        }
        self
    }

    /// The command that takes a member out of a device.
    pub(crate) fn free(&self, member: &InterfaceName, controller: &InterfaceName) -> String {
        let text = self.free_member.replace("{member}", &word(member.as_str()));
        text.replace("{controller}", &word(controller.as_str()))
    }

    /// The command that switches an interface off.
    pub(crate) fn off(&self, interface: &InterfaceName) -> String {
        self.switch_off.replace("{interface}", &word(interface.as_str()))
    }

    /// The command that removes an interface which stands on another.
    pub(crate) fn remove_upper(&self, interface: &InterfaceName) -> String {
        self.remove_interface.replace("{interface}", &word(interface.as_str()))
    }

    /// The command that makes a program leave an interface alone.
    pub(crate) fn release(&self, interface: &InterfaceName, manager: Manager) -> String {
        let found = self.leave_alone.iter().find(|(of, _)| *of == manager);
        // No name has a quote, a backslash or a percent sign.
        let unit = || word(&format!("/etc/systemd/network/10-mpath-{interface}.network")).into_owned();
        found.map_or_else(String::new, |(_, command)| {
            let command = command.replace("{name}", interface.as_str()).replace("{unit}", &unit());
            command.replace("{interface}", &word(interface.as_str()))
        })
    }

    /// What lets the caller write in mpath's own directory.
    pub fn own(&self, user: u32, directory: &str) -> String {
        self.own_directory.replace("{user}", &user.to_string()).replace("{directory}", &word(directory))
    }

    /// The command that removes a route.
    pub(crate) fn remove(&self, route: &Route, interface: &InterfaceName) -> String {
        let to = if route.is_default() { "default".to_owned() } else { route.to.to_string() };
        let via = route.via.map(|via| via.to_string()).unwrap_or_default();
        let text = self.remove_route.replace("{route}", &route.to_string()).replace("{to}", &to);
        text.replace("{via}", &via).replace("{interface}", &word(interface.as_str()))
    }
}
