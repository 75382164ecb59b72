//! What a simulated host is, asked of the simulator and not of mpath: so that what mpath does not look at counts too.

use std::collections::BTreeMap;

use illumos_simulator::{Class, Family, Lif, State};

/// All of a host that somebody configured, and that a change that is undone, or taken down, must leave as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Truth {
    /// Interfaces by name.
    interfaces: BTreeMap<String, Plumbed>,
    /// The members of each group, by its IPMP interface.
    groups: BTreeMap<String, Vec<String>>,
    /// The routes, without the order in which they came.
    routes: Vec<String>,
    /// ipadm.conf; which line came first means nothing.
    persistent: Vec<String>,
    /// What the boot reads beside it; a file without lines is as good as none.
    boot: BTreeMap<String, Vec<String>>,
    /// The settings of in.mpathd.
    mpathd: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Plumbed {
    class: Class,
    group: Option<String>,
    standby: bool,
    offline: bool,
    /// A stub without an address says nothing: `ipadm` switches it on when an interface joins, and leaves it so.
    addresses: Vec<String>,
    /// Of a member: the families in which it can be active.
    families: Vec<Family>,
}

fn sorted_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    lines.sort();
    lines
}

/// ipadm.conf, without the order in which members came to a group.
fn database(text: &str) -> Vec<String> {
    let ordered = |line: String| match line.split_once("_mifnames=").and_then(|(head, rest)| {
        let (names, tail) = rest.split_once(';')?;
        let mut names: Vec<_> = names.split(',').collect();
        names.sort_unstable();
        Some(format!("{head}_mifnames={};{tail}", names.join(",")))
    }) {
        Some(ordered) => ordered,
        None => line,
    };
    sorted_lines(text).into_iter().map(ordered).collect()
}

fn boot_files(state: &State) -> BTreeMap<String, Vec<String>> {
    let read = ["etc/hostname", "etc/dhcp.", "etc/defaultrouter", "etc/inet/static_routes"];
    let files = state.files.iter().filter(|(name, _)| read.iter().any(|begin| name.starts_with(begin)));
    let lines = files.map(|(name, text)| (name.clone(), sorted_lines(text)));
    lines.filter(|(_, lines)| !lines.is_empty()).collect()
}

impl Truth {
    /// The same, but for members that somebody had taken out of use before: whoever joins again is in use, with all that it
    /// has.
    pub(crate) fn but_in_use(mut self, before: &Self) -> Self {
        for (name, then) in before.interfaces.iter().filter(|(_, then)| then.offline) {
            if let Some(now) = self.interfaces.get_mut(name).filter(|now| !now.offline) {
                now.addresses = now.addresses.iter().map(|address| address.replacen(" up", "", 1)).collect();
                (now.offline, now.families) = (then.offline, then.families.clone());
            }
        }
        self
    }

    /// The host as it is.
    pub(crate) fn of(state: &State) -> Self {
        let interfaces = state.interfaces.iter().map(|interface| {
            // A link-local address that came with plumbing and is off says as little as a stub does.
            let of_plumbing = |lif: &Lif| lif.is_stub() || (lif.is_link_local() && !lif.up);
            let addressed = interface.lifs().filter(|(_, lif)| !of_plumbing(lif) || lif.object.is_some());
            let mut addresses: Vec<_> = addressed
                .map(|(_, lif)| {
                    let flag = |on: bool, word: &'static str| if on { word } else { "" };
                    // Whatever the server gives next time.
                    let net = if lif.dhcp { "leased".to_owned() } else { format!("{}/{}", lif.address, lif.prefix) };
                    format!(
                        "{net} {}{}{}{}{}",
                        lif.object.as_deref().unwrap_or("-"),
                        flag(lif.up && !lif.is_stub(), " up"),
                        flag(lif.nofailover, " -failover"),
                        flag(lif.deprecated, " deprecated"),
                        flag(lif.dhcp, " dhcp"),
                    )
                })
                .collect();
            addresses.sort();
            let mut families: Vec<_> = interface.lifs().filter(|(_, lif)| lif.up).map(|(family, _)| family).collect();
            families.dedup();
            let plumbed = Plumbed {
                class: interface.class,
                group: interface.group.clone(),
                standby: interface.standby,
                offline: interface.offline,
                addresses,
                families: if interface.is_member() { families } else { vec![] },
            };
            (interface.name.clone(), plumbed)
        });
        let groups = state.groups.iter().map(|group| {
            let mut members = group.members.clone();
            members.sort();
            (group.interface.clone(), members)
        });
        let mut routes: Vec<_> = state
            .routes
            .iter()
            .map(|route| {
                let over = route.interface.as_deref().unwrap_or("-");
                format!("{} {} {over}{}", route.destination, route.gateway, if route.dhcp { " dhcp" } else { "" })
            })
            .collect();
        routes.sort();
        Self {
            interfaces: interfaces.collect(),
            groups: groups.collect(),
            routes,
            persistent: database(&state.database.text()),
            boot: boot_files(state),
            mpathd: state.files.get("etc/default/mpathd").cloned().unwrap_or_default(),
        }
    }
}
