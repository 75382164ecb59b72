//! The formats of other tools that groups are written in and read from, and the files that stand for a host.

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

    /// Where a file of this name would lie on a host.
    pub(crate) fn place_of(self, name: &str) -> String {
        match self {
            Self::Solaris10 | Self::Hostname => format!("etc/{name}"),
            Self::Netplan => format!("etc/netplan/{name}"),
            Self::Ifcfg => format!("{}/{name}", mpath_backend_linux::format::ifcfg::FOLDER),
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
    chosen(text, |format| format.renderer().is_some())
}

/// Those that can be read.
pub(crate) fn read(text: &str) -> Result<Format, String> {
    chosen(text, |format| format.importer().is_some() || format == Format::Kernel)
}

fn chosen(text: &str, can: impl Fn(Format) -> bool) -> Result<Format, String> {
    let format = Format::from_str(text, false).ok().filter(|format| can(*format));
    format.ok_or_else(|| {
        let possible = Format::value_variants().iter().filter(|format| can(**format));
        let names: Vec<_> =
            possible.filter_map(ValueEnum::to_possible_value).map(|value| value.get_name().to_owned()).collect();
        format!("possible: {}", names.join(", "))
    })
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
