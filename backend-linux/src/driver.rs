//! Loads the bonding driver.
//!
//! In: nothing. Out: a kernel with bonding, and without the `bond0` that the module makes by default (`max_bonds=1`),
//! or the cure for a kernel that has none.

use std::time::Duration;

use mpath_core::BackendError;
use mpath_core::snapshot::Driver;

use crate::command::Program;
use crate::sysfs::Root;

/// Loads the module where it is not there yet.
pub(crate) fn load(root: &Root) -> Result<(), BackendError> {
    if root.driver() == Driver::Ready {
        return Ok(());
    }
    let release = root.read("proc/sys/kernel/osrelease").unwrap_or_default();
    let Some(modprobe) = Program::find("modprobe") else {
        return Err(BackendError::NoDriver {
            reason: "the module bonding is not loaded, and there is no modprobe to load it".to_owned(),
            cure: "apt install kmod".to_owned(),
        });
    };
    let arguments = ["bonding", "max_bonds=0"].map(str::to_owned);
    let loaded = modprobe.run(&arguments, Duration::from_secs(30));
    match loaded {
        Ok(_) => Ok(()),
        // The module may have come by itself in the meantime, or be built in.
        Err(_) if root.driver() == Driver::Ready => Ok(()),
        Err(BackendError::Command { .. }) if !has_module(root, &release) => Err(BackendError::NoDriver {
            reason: format!("the kernel {release} comes without the module bonding"),
            cure: cure(root.read("etc/os-release").as_deref().unwrap_or_default(), &release),
        }),
        Err(error) => Err(error),
    }
}

/// Whether the kernel's own list of modules knows it (`modules.dep(5)`), rather than modprobe's words.
fn has_module(root: &Root, release: &str) -> bool {
    ["lib/modules", "usr/lib/modules"]
        .iter()
        .any(|folder| lists_bonding(&root.read(format!("{folder}/{release}/modules.dep")).unwrap_or_default()))
}

pub(crate) fn lists_bonding(modules: &str) -> bool {
    modules.lines().any(|line| line.split(':').next().is_some_and(is_bonding))
}

fn is_bonding(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|file| file == "bonding.ko" || file.starts_with("bonding.ko."))
}

/// The package with the module: distributions leave it out of their kernels for clouds and containers.
pub(crate) fn cure(os_release: &str, release: &str) -> String {
    let value = |key: &str| {
        let line = os_release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let family = format!("{} {}", value("ID"), value("ID_LIKE"));
    let is = |name: &str| family.split_whitespace().any(|word| word == name);
    if is("ubuntu") {
        format!("apt install linux-modules-extra-{release}")
    } else if is("debian") {
        // The cloud flavour has no bonding; the full kernel of the same version has.
        let arch = release.rsplit('-').next().filter(|arch| arch.chars().all(char::is_alphanumeric)).unwrap_or("amd64");
        let arch = if ["amd64", "arm64", "armmp"].contains(&arch) { arch } else { "amd64" };
        format!("apt install linux-image-{arch}, and start that kernel")
    } else if is("fedora") || is("rhel") {
        format!("dnf install kernel-modules-{release}")
    } else if is("alpine") {
        "apk add linux-lts, and start that kernel".to_owned()
    } else {
        format!("use a kernel with CONFIG_BONDING; this one is {release}")
    }
}

#[cfg(test)]
mod tests;
