//! The simulated host: all that the programs look at and change, as one value that goes into one file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::database::Database;
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::group::Group;
use crate::interface::{Class, Family, Half, Interface, Lif};
use crate::link::Link;
use crate::mpathd::Mpathd;
use crate::route::Route;

/// Which zone the programs run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zone {
    /// The global one.
    Global,
    /// A zone with a network stack of its own.
    ExclusiveIp,
    /// A zone that shares the global one's: no IPMP in it (facts §4.6).
    SharedIp,
}

/// Who runs the programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// `root`, `kim`
    pub name: String,
    /// Rights profiles, used by pfexec: "Network Management" (facts §1.4).
    pub profiles: Vec<String>,
}

impl User {
    /// root
    pub fn root() -> Self {
        Self { name: "root".to_owned(), profiles: vec!["All".to_owned()] }
    }

    /// Somebody without any profile that helps.
    pub fn ordinary(name: &str) -> Self {
        Self { name: name.to_owned(), profiles: vec!["Basic Solaris User".to_owned()] }
    }

    /// The same with the profile of those who may change the network, through pfexec.
    pub fn network_manager(name: &str) -> Self {
        Self { name: name.to_owned(), profiles: vec!["Network Management".to_owned()] }
    }
}

/// One run of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The program.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Whether it is one that changes things, whether or not it succeeded.
    pub mutates: bool,
}

impl Call {
    /// The command line.
    pub fn line(&self) -> String {
        let words = self.arguments.iter().map(|word| if word.is_empty() { "\"\"" } else { word });
        std::iter::once(self.program.as_str()).chain(words).collect::<Vec<_>>().join(" ")
    }
}

/// A simulated host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Which system it is.
    pub dialect: Dialect,
    /// Milliseconds since it was made. Only tests move it.
    pub now: u64,
    /// Which zone the programs run in.
    pub zone: Zone,
    /// Who runs them.
    pub user: User,
    /// Whether NWAM (illumos) or an automatic NCP (Solaris 11) is in charge (facts §5.4).
    pub profile_manager: bool,
    /// `config/transitive-probing` of svc:/network/ipmp, on Solaris 11 (facts §4.6).
    pub transitive_probing: bool,
    /// Whether svc:/network/ipmp is in maintenance: its method failed too often, and nothing is tried any more (smf(7)).
    pub maintenance: bool,
    /// in.mpathd and its view.
    pub mpathd: Mpathd,
    /// The datalinks.
    pub links: Vec<Link>,
    /// The interfaces, in order of their indices.
    pub interfaces: Vec<Interface>,
    /// Names of devices in the order in which the first of each was plumbed: the kernel lists by them.
    pub heads: Vec<String>,
    /// The IPMP groups, the oldest first.
    pub groups: Vec<Group>,
    /// ipadm.conf: what the next boot finds.
    pub database: Database,
    /// The routes that are in force.
    pub routes: Vec<Route>,
    /// The files of the host that the programs read and write, by path without the first slash.
    pub files: BTreeMap<String, String>,
    /// Messages on the console at boot.
    pub console: Vec<String>,
    /// Failures that are planned.
    pub faults: Vec<Fault>,
    /// What was run.
    pub calls: Vec<Call>,
    /// The index that the next interface gets.
    pub next_index: u32,
    /// How many runs of `ipadm show-addr` find duplicate address detection at work on a new address: no command waits
    /// for its end (facts §1.4).
    pub detection: usize,
    /// How many runs of ipmpstat still show the view of before after a change: the daemon's view is asynchronous to the
    /// kernel (facts §3).
    pub lag: usize,
    /// The view of before, while it is still shown.
    pub behind: Option<Behind>,
}

/// An old view of the daemon's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// How often it is still shown.
    pub left: usize,
    /// The host as it was.
    pub view: Box<State>,
}

impl State {
    /// A host with these links that has just booted: loopback, no configuration, in.mpathd as the dialect has it.
    pub fn new(dialect: Dialect, links: &[Link]) -> Self {
        let mut state = Self {
            dialect,
            now: 0,
            zone: Zone::Global,
            user: User::root(),
            profile_manager: false,
            transitive_probing: false,
            maintenance: false,
            mpathd: Mpathd::default(),
            links: links.to_vec(),
            interfaces: Vec::new(),
            heads: Vec::new(),
            groups: Vec::new(),
            database: Database::default(),
            routes: Vec::new(),
            files: BTreeMap::from([("etc/default/mpathd".to_owned(), crate::mpathd::DEFAULT_FILE.to_owned())]),
            console: Vec::new(),
            faults: Vec::new(),
            calls: Vec::new(),
            next_index: 1,
            detection: 0,
            lag: 0,
            behind: None,
        };
        crate::boot::start(&mut state);
        state
    }

    /// The interface of that name.
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces.iter().find(|interface| interface.name == name)
    }

    pub(crate) fn interface_mut(&mut self, name: &str) -> Option<&mut Interface> {
        self.interfaces.iter_mut().find(|interface| interface.name == name)
    }

    /// The link of that name, if the card is in.
    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.name == name && link.present)
    }

    /// The link of that name, to change it.
    pub fn link_mut(&mut self, name: &str) -> Option<&mut Link> {
        self.links.iter_mut().find(|link| link.name == name)
    }

    /// Interfaces in the order in which the kernel lists them: by device, then by number; loopback is the first.
    pub fn listed(&self) -> Vec<&Interface> {
        let mut listed: Vec<_> = self.interfaces.iter().collect();
        listed.sort_by_key(|interface| {
            let (device, number) = split_name(&interface.name);
            (self.heads.iter().position(|head| *head == device), number)
        });
        listed
    }

    /// The interface, made if it is not there.
    pub(crate) fn make_interface(&mut self, name: &str, class: Class) -> &mut Interface {
        if self.interface(name).is_none() {
            let (device, _) = split_name(name);
            if !self.heads.contains(&device) {
                self.heads.push(device);
            }
            self.interfaces.push(Interface {
                name: name.to_owned(),
                index: self.next_index,
                class,
                v4: None,
                v6: None,
                group: None,
                standby: false,
                inactive: false,
                failed: false,
                offline: false,
                running: false,
            });
            self.next_index += 1;
        }
        let index = self.interfaces.iter().position(|interface| interface.name == name).unwrap_or_default();
        &mut self.interfaces[index]
    }

    /// The lif that `net0:1` names in that family.
    pub(crate) fn lif_mut(&mut self, interface: &str, family: Family, number: u32) -> Option<&mut Lif> {
        self.interface_mut(interface)?.half_mut(family)?.lif_mut(number)
    }

    /// The interface and lifs that an address object has in force.
    pub(crate) fn object(&self, name: &str) -> Vec<(&Interface, Family, &Lif)> {
        self.interfaces
            .iter()
            .flat_map(|interface| interface.lifs().map(move |(family, lif)| (interface, family, lif)))
            .filter(|(_, _, lif)| lif.object.as_deref() == Some(name))
            .collect()
    }

    /// Whether the programs may change the network (facts §1.4, §10.13).
    pub(crate) fn privileged(&self) -> bool {
        self.user.name == "root"
    }

    pub(crate) fn add_loopback(&mut self) {
        for (family, address, prefix) in [(Family::V4, "127.0.0.1", 8), (Family::V6, "::1", 128)] {
            let object = match family {
                Family::V4 => "lo0/v4",
                Family::V6 => "lo0/v6",
            };
            let lif = Lif {
                address: address.parse().unwrap_or_else(|_| family.unspecified()),
                prefix,
                up: true,
                object: (self.dialect != Dialect::Solaris10).then(|| object.to_owned()),
                ..Lif::stub(family, 0)
            };
            let interface = self.make_interface("lo0", Class::Virtual);
            *interface.slot(family) = Some(Half { fixed_mtu: None, lifs: vec![lif] });
            interface.running = true;
        }
    }
}

/// A name in letters and number: `net0` is `net` and 0.
pub(crate) fn split_name(name: &str) -> (String, u32) {
    let device = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (device.to_owned(), name[device.len()..].parse().unwrap_or(0))
}
