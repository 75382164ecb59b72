//! The formats of other tools that groups are written in and read from, and the files that stand for a host.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use clap::ValueEnum;
use mpath_core::identity::Os;
use mpath_core::import::{Files, Importer};
use mpath_core::render::Renderer;

/// A format: one module of the crate of its platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Solaris 10: hostname files, with the addresses on the members
    Solaris10,
    /// illumos: hostname files with IPMP interfaces
    Hostname,
    /// netplan: YAML, for systemd-networkd
    Netplan,
    /// systemd-networkd: .netdev, .network and .link files
    Networkd,
    /// `NetworkManager`: keyfile profiles
    #[value(name = "networkmanager")]
    NetworkManager,
    /// Debian's ifupdown, with ifenslave: /etc/network/interfaces
    Ifupdown,
    /// ifupdown2 of Cumulus and Proxmox: /etc/network/interfaces
    Ifupdown2,
    /// A shell script of `ip` commands
    Script,
    /// A shell script of illumos' `ipadm` commands
    ScriptIllumos,
    /// Red Hat's network scripts: ifcfg and route files
    Ifcfg,
    /// nmstate: YAML of a state that is wanted
    Nmstate,
    /// teamd: JSON of the team driver, which knows no addresses
    Teamd,
    /// The running system, whoever made its groups
    Kernel,
}

impl Format {
    /// The system that it is of.
    pub(crate) fn os(self) -> Os {
        match self {
            Self::Solaris10 => Os::Solaris,
            Self::Hostname | Self::ScriptIllumos => Os::Illumos,
            _ => Os::Linux,
        }
    }

    /// What writes it, if mpath can.
    pub(crate) fn renderer(self) -> Option<Renderer> {
        match self {
            Self::Solaris10 => Some(mpath_backend_illumos::render::solaris10::render),
            Self::Hostname => Some(mpath_backend_illumos::render::hostname::render),
            Self::Netplan => Some(mpath_backend_linux::format::netplan::render),
            Self::Ifcfg => Some(mpath_backend_linux::format::ifcfg::render),
            Self::NetworkManager => Some(mpath_backend_linux::format::networkmanager::render),
            Self::Networkd => Some(mpath_backend_linux::format::networkd::render),
            Self::Ifupdown => Some(mpath_backend_linux::format::ifupdown::render),
            Self::Ifupdown2 => Some(mpath_backend_linux::format::ifupdown2::render),
            Self::Nmstate => Some(mpath_backend_linux::format::nmstate::render),
            Self::Teamd => Some(mpath_backend_linux::format::teamd::render),
            Self::Script => Some(mpath_backend_linux::format::script::render),
            Self::ScriptIllumos => Some(mpath_backend_illumos::render::script::render),
            Self::Kernel => None,
        }
    }

    /// What reads its files, if it has any that mpath can read.
    pub(crate) fn importer(self) -> Option<Importer> {
        match self {
            Self::Netplan => Some(mpath_backend_linux::format::netplan::import),
            Self::Ifcfg => Some(mpath_backend_linux::format::ifcfg::import),
            Self::NetworkManager => Some(mpath_backend_linux::format::networkmanager::import),
            Self::Networkd => Some(mpath_backend_linux::format::networkd::import),
            Self::Ifupdown => Some(mpath_backend_linux::format::ifupdown::import),
            Self::Ifupdown2 => Some(mpath_backend_linux::format::ifupdown2::import),
            Self::Nmstate => Some(mpath_backend_linux::format::nmstate::import),
            Self::Teamd => Some(mpath_backend_linux::format::teamd::import),
            Self::Solaris10 | Self::Hostname => Some(mpath_backend_illumos::import::import),
            Self::Script | Self::ScriptIllumos | Self::Kernel => None,
        }
    }

    /// Its name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// All that can be written, each with what it is.
    pub(crate) fn all_written() -> Vec<(String, String)> {
        named(Self::is_written)
    }

    /// All that can be read.
    pub(crate) fn all_read() -> Vec<(String, String)> {
        named(Self::is_read)
    }

    fn is_written(self) -> bool {
        self.renderer().is_some()
    }

    fn is_read(self) -> bool {
        self.importer().is_some() || self == Self::Kernel
    }

    /// Where a file of this name would lie on a host.
    pub(crate) fn place_of(self, name: &str) -> String {
        match self {
            Self::Solaris10 | Self::Hostname => format!("etc/{name}"),
            Self::Netplan => format!("etc/netplan/{name}"),
            Self::Ifcfg => mpath_backend_linux::format::ifcfg::place_of(name),
            Self::NetworkManager => format!("{}/{name}", mpath_backend_linux::format::networkmanager::FOLDER),
            Self::Networkd => format!("etc/systemd/network/{name}"),
            Self::Ifupdown | Self::Ifupdown2 => mpath_backend_linux::format::ifupdown::place_of(name),
            Self::Nmstate => mpath_backend_linux::format::nmstate::place_of(name),
            Self::Teamd => mpath_backend_linux::format::teamd::place_of(name),
            Self::Script | Self::ScriptIllumos | Self::Kernel => name.to_owned(),
        }
    }
}

/// The formats that can be written, for the command line.
pub(crate) fn written(text: &str) -> Result<Format, String> {
    chosen(text, Format::is_written)
}

/// Those that can be read.
pub(crate) fn read(text: &str) -> Result<Format, String> {
    chosen(text, Format::is_read)
}

fn chosen(text: &str, can: fn(Format) -> bool) -> Result<Format, String> {
    let format = Format::from_str(text, false).ok().filter(|format| can(*format));
    format.ok_or_else(|| {
        let names: Vec<_> = named(can).into_iter().map(|(name, _)| name).collect();
        format!("possible: {}", names.join(", "))
    })
}

/// The names of those that can do something, each with what it is.
fn named(can: fn(Format) -> bool) -> Vec<(String, String)> {
    let values =
        Format::value_variants().iter().filter(|format| can(**format)).filter_map(ValueEnum::to_possible_value);
    let help = |value: &clap::builder::PossibleValue| value.get_help().map(ToString::to_string).unwrap_or_default();
    values.map(|value| (value.get_name().to_owned(), help(&value))).collect()
}

/// Files that were given by hand, and those of them that somebody asked for.
#[derive(Debug, Default)]
pub(crate) struct Given {
    texts: BTreeMap<String, String>,
    read: RefCell<BTreeSet<String>>,
}

impl Given {
    /// Puts a file where it would lie on a host.
    pub(crate) fn put(&mut self, place: String, text: String) {
        self.texts.insert(place, text);
    }

    /// Those that nobody has asked for.
    pub(crate) fn unread(&self) -> Vec<String> {
        let read = self.read.borrow();
        self.texts.keys().filter(|place| !read.contains(*place)).cloned().collect()
    }
}

impl Files for Given {
    fn read(&self, path: &str) -> Option<String> {
        self.read.borrow_mut().insert(path.to_owned());
        self.texts.read(path)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        self.texts.list(folder)
    }
}

/// The files below a directory.
#[derive(Debug, Clone)]
pub(crate) struct Tree(pub(crate) PathBuf);

impl Files for Tree {
    fn read(&self, path: &str) -> Option<String> {
        let bytes = fs::read(self.0.join(path)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}
