//! The formats of other tools that groups are written in and read from, and the files that stand for a host.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::{fs, io};

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
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
    /// Profiles that are key files
    #[value(name = "networkmanager", help = "NetworkManager: keyfile profiles")]
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
pub(crate) fn written() -> impl TypedValueParser<Value = Format> {
    chosen(Format::is_written)
}

/// Those that can be read.
pub(crate) fn read() -> impl TypedValueParser<Value = Format> {
    chosen(Format::is_read)
}

fn chosen(can: fn(Format) -> bool) -> impl TypedValueParser<Value = Format> {
    let formats = Format::value_variants().iter().filter(|format| can(**format));
    PossibleValuesParser::new(formats.filter_map(ValueEnum::to_possible_value))
        .try_map(|name| Format::from_str(&name, false))
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

/// The files below a directory, and those of them that are there and cannot be read.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
    unreadable: RefCell<BTreeMap<String, io::Error>>,
}

impl Tree {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, unreadable: RefCell::default() }
    }

    /// What is there and could not be read, by its path.
    pub(crate) fn unreadable(self) -> BTreeMap<String, io::Error> {
        self.unreadable.into_inner()
    }

    /// Takes note of a failure, unless there is nothing, or a folder among files.
    fn readable<T>(&self, path: &str, found: io::Result<T>) -> Option<T> {
        let is_there = || fs::symlink_metadata(self.root.join(path)).is_ok();
        found
            .map_err(|error| {
                let is_loss = match error.kind() {
                    io::ErrorKind::NotFound => is_there(),
                    io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => false,
                    _ => true,
                };
                if is_loss {
                    self.unreadable.borrow_mut().insert(path.to_owned(), error);
                }
            })
            .ok()
    }
}

impl Files for Tree {
    fn read(&self, path: &str) -> Option<String> {
        let bytes = self.readable(path, fs::read(self.root.join(path)))?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let entries = self.readable(folder, fs::read_dir(self.root.join(folder))).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}
