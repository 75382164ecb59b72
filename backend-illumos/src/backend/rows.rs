//! A look at this host.
//!
//! In: the programs and files of the system. Out: [`Rows`], which nobody has drawn conclusions from yet.

use std::collections::BTreeMap;

use mpath_core::BackendError;
use mpath_core::address::Duplicate;

use super::IllumosBackend;
use crate::boot::Boot;
use crate::dialect::Dialect;
use crate::observe::Rows;
use crate::{address, claim, datalink, group, ifconfig, interface, mark, mpathd, route};

impl IllumosBackend {
    /// What the programs and files show now.
    pub(super) fn rows(&self) -> Result<Rows, BackendError> {
        let ask = |program, words: &[&str]| self.programs.ask(program, words);
        let interfaces = match self.dialect {
            Dialect::Ifconfig => {
                let text = ask("ipadm", &["show-if", "-p", "-o", interface::FIELDS_WITHOUT_CLASS])?;
                interface::interfaces_without_class(&text)?
            }
            _ => interface::interfaces(&ask("ipadm", &["show-if", "-p", "-o", interface::FIELDS])?)?,
        };
        // Not every system tells all MAC addresses; ifconfig tells root those of plumbed interfaces.
        let macs = ask("dladm", &["show-phys", "-m", "-p", "-o", datalink::MAC_FIELDS]).unwrap_or_default();
        let links = datalink::datalinks(
            &ask("dladm", &["show-link", "-p", "-o", datalink::LINK_FIELDS])?,
            &ask("dladm", &["show-phys", "-p", "-o", datalink::PHYS_FIELDS])?,
            &macs,
        )?;
        let mut routes = route::routes(&ask("netstat", &["-rnv", "-f", "inet"])?);
        routes.extend(route::routes(&ask("netstat", &["-rnv", "-f", "inet6"])?));
        // Where nothing is kept, the program may say so by its exit status.
        let persistent_routes = ask("route", &["-p", "show"]).unwrap_or_default();
        let boot = Boot::read(&self.root, &persistent_routes).map_err(|source| BackendError::Io {
            action: "read",
            object: "the hostname files in /etc".to_owned(),
            source,
        })?;
        let objects = ask("ipadm", &["show-addr", "-p", "-o", address::FIELDS])?;
        // Without the daemon there is no failover, which is an obstacle, but the rest can be looked at.
        let stat = |mode: &str, fields: &str| ask("ipmpstat", &["-n", "-P", "-o", fields, mode]).unwrap_or_default();
        let blocks = ifconfig::blocks(&ask("ifconfig", &["-a"])?);
        let offline = blocks.iter().filter(|block| block.is_offline()).map(|block| block.interface.as_str());
        let offline: Vec<_> = offline.collect();
        let mut addresses = address::addresses(&objects, &offline)?;
        self.name_owners(&mut addresses);
        // One in each line; nothing where the server told of none, and a failure where there is no lease (`dhcpinfo.c`, and
        // `ipc_cmd_allowed` in dhcpagent's `agent.c`). A client is known by its logical interface.
        let routers = |text: String| text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let leased = addresses.iter().filter(|placed| placed.kind == address::Kind::Dhcp).map(|placed| {
            let logical = ifconfig::logical(&blocks, placed);
            (placed.interface.clone(), routers(ask("dhcpinfo", &["-i", logical, "Router"]).unwrap_or_default()))
        });
        let mut rows = Rows {
            dialect: self.dialect,
            links,
            leases: leased.collect(),
            addresses,
            idle: address::idle(&objects, &offline)?,
            special: address::special(&objects)?,
            blocks,
            routes,
            underlying: group::underlying(&stat("-i", group::MEMBER_FIELDS))?,
            inbound: group::inbound(&stat("-a", group::ADDRESS_FIELDS))?,
            host_wide: mpathd::settings(&mpathd::read(&self.root).map_err(|source| BackendError::Io {
                action: "read",
                object: format!("/{}", mpathd::FILE),
                source,
            })?),
            marks: BTreeMap::new(),
            boot,
            interfaces,
        };
        let devices = rows.interfaces.iter().filter(|interface| interface.is_ipmp);
        // One that lasts and was half removed is not kept any more, and is mpath's all the same.
        let mark = |ip: &interface::IpInterface| {
            let passing = || mark::read(&self.root, &ip.name, false).filter(|_| !rows.is_persistent(ip));
            passing().or_else(|| mark::read(&self.root, &ip.name, true))
        };
        rows.marks = devices.filter_map(|ip| Some((ip.name.clone(), mark(ip)?))).collect();
        Ok(rows)
    }

    /// Tells whose the addresses are that are another host's.
    fn name_owners(&self, addresses: &mut [address::Placed]) {
        let duplicates = addresses.iter_mut().filter_map(|placed| placed.address.as_mut());
        let mut duplicates = duplicates.filter(|address| address.duplicate.is_some()).peekable();
        if duplicates.peek().is_none() {
            return;
        }
        let messages = claim::messages(&self.root);
        duplicates.for_each(|address| {
            let owner = claim::owner(&messages, address.net.addr());
            address.duplicate = Some(Duplicate { owner });
        });
    }
}
