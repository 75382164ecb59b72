//! Who else manages an interface, or would: what its own files say, and what makes it leave the interface alone.
//!
//! In: files below a [`Root`], a snapshot. Out: [`Claim`]s.

mod ifupdown;
mod netplan;
mod network_manager;
mod networkd;
mod process;

use std::collections::HashMap;

use mpath_core::finding::Evidence;
use mpath_core::snapshot::Manager;
use mpath_core::{InterfaceName, Snapshot};

use crate::facts::{Claim, Claimant};
use crate::sysfs::Root;

/// Everything that others claim.
pub(crate) fn claims(root: &Root, snapshot: &Snapshot, indices: &HashMap<InterfaceName, u32>) -> Vec<Claim> {
    let mut claims = ifupdown::claims(root);
    claims.extend(netplan::claims(root));
    claims.extend(process::claims(root, snapshot));
    for (name, interface) in &snapshot.interfaces {
        let Some(index) = indices.get(name) else { continue };
        match interface.manager {
            Some(Manager::NetworkManager) => claims.push(network_manager::claim(root, name, *index)),
            Some(Manager::Networkd) => claims.push(networkd::claim(root, name, *index)),
            None => {}
        }
    }
    claims
}

/// Who manages which interface or would at a boot, by the names of their programs.
pub(crate) fn managers(root: &Root, snapshot: &Snapshot) -> Vec<(InterfaceName, String)> {
    let files = ifupdown::claims(root).into_iter().chain(netplan::claims(root));
    let word = |claim: &Claim| if claim.by == Claimant::Netplan { "netplan" } else { "ifupdown" };
    let named = files.map(|claim| (claim.interface.clone(), word(&claim).to_owned()));
    let clients = process::clients(root, snapshot.interfaces.keys());
    let live = snapshot.interfaces.iter().filter_map(|(name, interface)| Some((name, interface.manager?)));
    let live = live.map(|(name, manager)| (name.clone(), manager.word().to_owned()));
    live.chain(named).chain(clients).collect()
}

/// The first line of a file that begins like this.
fn line_of(root: &Root, file: &str, beginning: &str) -> Option<Evidence> {
    let text = std::fs::read_to_string(root.path(file)).ok()?;
    let (number, line) = (1..).zip(text.lines()).find(|(_, line)| line.trim().starts_with(beginning))?;
    Some(Evidence { source: format!("/{file}"), line: Some(number), seen: line.trim().to_owned() })
}

/// A text, given to everything here that reads one, for `tests/fuzz`.
#[cfg(feature = "fuzzing")]
pub(crate) fn texts(text: &str) {
    let _ = crate::format::interfaces::parse("etc/network/interfaces", text);
    let files = [("etc/netplan/a.yaml".to_owned(), text.to_owned())];
    let _ = netplan::sections(&std::collections::BTreeMap::from(files));
    if let (Some(process), Ok(name)) = (process::Process::parse(1, text), InterfaceName::new("eth0")) {
        let _ = process::dhcp_client(&process, &name, text);
        let _ = process::supplicant(&process, &name);
    }
}
