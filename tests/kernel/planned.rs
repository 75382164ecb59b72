//! Plans for home-lan on the host of this namespace, made in this process.

use mpath_backend_linux::LinuxBackend;
use mpath_core::plan::{self, Prepared};
use mpath_core::resolve::Question;
use mpath_core::{Backend as _, GroupName, InterfaceName, Plan, Receipt, Snapshot, SourceFile, read};

/// The way up to what a file says.
pub(crate) fn up(text: &str, current: &Snapshot, receipt: Option<&Receipt>, backend: &LinuxBackend) -> Prepared {
    let desired = &read(&[SourceFile::new("test.toml", text)]).unwrap().groups[0];
    let capabilities = backend.capabilities();
    plan::up(Question { desired, current, receipt, capabilities, adopt: false, persist: false }).unwrap()
}

/// The way down.
pub(crate) fn down(current: &Snapshot, receipt: Option<&Receipt>, backend: &LinuxBackend) -> Plan {
    let (name, device) = (GroupName::new("home-lan").unwrap(), InterfaceName::new("bond0").unwrap());
    plan::down(&name, &device, current, receipt, backend.capabilities(), false).unwrap()
}
