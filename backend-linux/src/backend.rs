//! Linux bonding behind mpath's seam.
//!
//! In: a [`Step`], or the wish to see. Out: the kernel's yes or no, or a [`Snapshot`]. Makes no choice: what a step is
//! here was decided by [`ops_for`].

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::time::{Duration, Instant};

use mpath_core::adoption::LeaveAlone;
use mpath_core::backend::Hardware;
use mpath_core::finding::Finding;
use mpath_core::snapshot::Interface;
use mpath_core::step::Family;
use mpath_core::{Backend, BackendError, Capabilities, Changes, Counters, InterfaceName, Snapshot, Step};
use netlink_packet_route::address::AddressMessage;

use crate::capability::capabilities;
use crate::claim;
use crate::dhcp;
use crate::diagnosis;
use crate::driver;
use crate::leave;
use crate::manager::Managers;
use crate::message::message_of;
use crate::monitor::Monitor;
use crate::netlink::{Client, Failure, Listener, Refusal, Which, is_settled_link_local};
use crate::observe::{Dumps, refreshed};
use crate::op::{Op, accept_ra_number, ops_for};
use crate::survey::survey;
use crate::sysfs::Root;
use crate::told::{Other, Told};

/// How long a first lease is waited for; the client goes on by itself after it.
const FIRST_LEASE: Duration = Duration::from_secs(10);
/// How long the link-local address of a new device is waited for: its check takes a second, after one for good luck
/// (RFC 4862, 5.4.2). Without a carrier it does not begin.
const LINK_LOCAL: Duration = Duration::from_secs(5);
/// `EPERM`.
const EPERM: i32 = 1;
/// `EACCES`.
const EACCES: i32 = 13;
/// `ENODEV`.
const ENODEV: i32 = 19;
/// The number of `CAP_NET_ADMIN`.
const CAP_NET_ADMIN: u32 = 12;

/// The bonding driver of this host.
pub struct LinuxBackend {
    client: Client,
    root: Root,
    capabilities: Capabilities,
    /// The numbers of the interfaces, as of the last observation.
    indices: HashMap<InterfaceName, u32>,
    /// Hears of changes since the last look; there since something was first looked at again.
    told: Option<Told>,
    /// What the last look at everything has shown of the kernel and of those who manage interfaces.
    tells_protocol: bool,
    managers: Managers,
}

impl std::fmt::Debug for LinuxBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinuxBackend").field("indices", &self.indices).finish_non_exhaustive()
    }
}

impl LinuxBackend {
    /// Opens the netlink socket of this network namespace.
    ///
    /// # Errors
    ///
    /// The kernel gives no such socket.
    pub fn new() -> Result<Self, BackendError> {
        Ok(Self {
            client: Client::new()?,
            root: Root::default(),
            capabilities: capabilities(),
            indices: HashMap::new(),
            told: None,
            tells_protocol: false,
            managers: Managers::default(),
        })
    }

    /// What dumps tell, with what netlink does not tell.
    fn completed(&self, dumps: &Dumps, indices: &HashMap<InterfaceName, u32>) -> Snapshot {
        let mut snapshot = dumps.snapshot_of(self.tells_protocol);
        self.root.complete(&mut snapshot);
        let clients = dhcp::Clients::look(&self.root);
        for (name, interface) in &mut snapshot.interfaces {
            if let Some(index) = indices.get(name) {
                interface.manager = self.managers.of(&self.root, *index, &interface.kind);
            }
            if let Some(group) = interface.group_mut() {
                group.dhcp = clients.of(&self.root, name);
            }
        }
        snapshot
    }

    /// Looks at interfaces by their names and by their numbers, and puts what is there now in the place of what was.
    /// `ENODEV` where one went away meanwhile.
    fn look_at(
        &mut self,
        last: &mut Snapshot,
        names: &[InterfaceName],
        mut numbers: BTreeSet<u32>,
    ) -> Result<(), Failure> {
        let (mut dumps, mut gone) = (Dumps::default(), BTreeSet::new());
        for name in names {
            match self.client.link(&Which::Named(name.clone()))? {
                Some(link) => dumps.links.push(link),
                None => drop(gone.insert(name.clone())),
            }
        }
        let mut seen: BTreeSet<u32> = dumps.links.iter().map(|link| link.header.index).collect();
        loop {
            numbers.extend(dumps.missing_links());
            // One that was asked for and is not there is asked for once.
            numbers.retain(|number| seen.insert(*number));
            if numbers.is_empty() {
                break;
            }
            for number in std::mem::take(&mut numbers) {
                dumps.links.extend(self.client.link(&Which::Numbered(number))?);
            }
        }
        for index in dumps.links.iter().map(|link| link.header.index).collect::<Vec<_>>() {
            self.client.dump_of(index, &mut dumps)?;
        }
        let indices = dumps.indices();
        let part = self.completed(&dumps, &indices);
        // Also what has another name now, and what had the number of one that is no more.
        let is_out_of_date = |name: &InterfaceName, number: &u32| seen.contains(number) && !indices.contains_key(name);
        gone.extend(self.indices.iter().filter(|(name, number)| is_out_of_date(name, number)).map(|(n, _)| n.clone()));
        for name in gone.iter().filter(|name| !indices.contains_key(*name)) {
            self.indices.remove(name);
            last.interfaces.remove(name);
        }
        self.indices.extend(indices);
        last.driver = part.driver;
        last.interfaces.extend(part.interfaces);
        Ok(())
    }

    fn run(&mut self, op: &Op) -> Result<(), BackendError> {
        let operation = op.to_string();
        let message = message_of(op, |name| self.index(name, &operation))?;
        let Some(message) = message else { return self.run_elsewhere(op, operation) };
        self.client.execute(message).map_err(|failure| self.error(operation, failure))?;
        self.forget(op);
        Ok(())
    }

    /// A device made or removed makes what was known of its number worthless.
    fn forget(&mut self, op: &Op) {
        if let Op::CreateBond { device, .. } | Op::DeleteBond { device } = op {
            self.indices.remove(device);
        }
    }

    /// What netlink cannot do.
    fn run_elsewhere(&mut self, op: &Op, operation: String) -> Result<(), BackendError> {
        match op {
            Op::LoadModule => driver::load(&self.root),
            Op::SetAcceptRa { interface, accept } => {
                let file = self.root.accept_ra_file(interface);
                fs::write(&file, accept_ra_number(*accept).to_string()).map_err(|source| match source.raw_os_error() {
                    Some(EPERM | EACCES) => BackendError::NotPermitted { operation, needs: "CAP_NET_ADMIN" },
                    _ => BackendError::Io { action: "write", object: file.display().to_string(), source },
                })
            }
            Op::StartDhcp { interface, family } => {
                let index = self.index(interface, &operation)?;
                let mut listener = Listener::open(index, *family == Family::V6)?;
                if *family == Family::V6 {
                    // dhclient(8) ends at once without one, and a new device has one only after its check.
                    let dumps = self.client.dump().map_err(|failure| self.error(operation, failure))?;
                    let own = |address: &&AddressMessage| address.header.index == index;
                    if !dumps.addresses.iter().filter(own).any(is_settled_link_local) {
                        listener.settled_link_local(LINK_LOCAL);
                    }
                }
                let begin = Instant::now();
                dhcp::start(&self.root, interface, *family)?;
                // Some clients stay in the foreground for their first tries, and their lease is heard of already.
                listener.lease(FIRST_LEASE.saturating_sub(begin.elapsed()));
                Ok(())
            }
            Op::StopDhcp { interface, family } => {
                dhcp::stop(&self.root, interface, *family)?;
                self.drop_leases(interface, *family)
            }
            _ => Ok(()),
        }
    }

    /// A client that is killed leaves its address behind: the one that ends and that the kernel did not make.
    fn drop_leases(&mut self, interface: &InterfaceName, family: Family) -> Result<(), BackendError> {
        let dumps = self.client.dump().map_err(|failure| self.error("ip address show".to_owned(), failure))?;
        let snapshot = dumps.snapshot();
        let leased = snapshot.interface(interface).map(Interface::own_addresses).into_iter().flatten();
        for address in leased.filter(|a| a.lifetime.is_some() && a.is_ipv6() == (family == Family::V6)) {
            self.run(&Op::DeleteAddress { interface: interface.clone(), address: address.clone() })?;
        }
        Ok(())
    }

    /// The number of an interface, as of the last observation or as the kernel has it now.
    fn index(&mut self, interface: &InterfaceName, operation: &str) -> Result<u32, BackendError> {
        if let Some(index) = self.indices.get(interface) {
            return Ok(*index);
        }
        match self.client.index(interface.as_str()) {
            Ok(index) => {
                self.indices.insert(interface.clone(), index);
                Ok(index)
            }
            Err(Failure::Refused(Refusal { errno: ENODEV, .. })) => Err(BackendError::Refused {
                operation: operation.to_owned(),
                errno: Some(ENODEV),
                message: Some(format!("there is no interface {interface}")),
            }),
            Err(failure) => Err(self.error(operation.to_owned(), failure)),
        }
    }

    /// EPERM is bonding's word for a port that is up and for a delay without miimon, too: without words of the kernel
    /// it means the privilege only where that is missing.
    fn error(&self, operation: String, failure: Failure) -> BackendError {
        match failure {
            Failure::Refused(Refusal { errno: EPERM, text: None }) if !self.may_change() => {
                BackendError::NotPermitted { operation, needs: "CAP_NET_ADMIN" }
            }
            Failure::Refused(Refusal { errno, text }) => {
                BackendError::Refused { operation, errno: Some(errno), message: text }
            }
            Failure::Io(source) => BackendError::Io { action: "ask the kernel for", object: operation, source },
        }
    }

    fn may_change(&self) -> bool {
        may_change(&self.root.read("proc/self/status").unwrap_or_default())
    }
}

/// Whether the effective capabilities in `/proc/PID/status` have CAP_NET_ADMIN (proc_pid_status(5)).
pub(crate) fn may_change(status: &str) -> bool {
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    effective
        .and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok())
        .is_some_and(|bits| bits >> CAP_NET_ADMIN & 1 == 1)
}

impl Backend for LinuxBackend {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn observe(&mut self) -> Result<Snapshot, BackendError> {
        let dumps = self.client.dump().map_err(|failure| self.error("ip address show".to_owned(), failure))?;
        self.indices = dumps.indices();
        (self.tells_protocol, self.managers) = (dumps.tells_protocol(), Managers::look(&self.root));
        let snapshot = self.completed(&dumps, &self.indices);
        self.capabilities = capabilities();
        self.capabilities.missing.extend(dumps.missing());
        self.capabilities.missing.extend(dhcp::missing(&self.root));
        Ok(snapshot)
    }

    /// Without addresses and routes, and without the files of managers and clients: a failover is seen in half the time.
    fn glance(&mut self, last: &Snapshot) -> Result<Option<Snapshot>, BackendError> {
        let dumps = self.client.dump_links().map_err(|failure| self.error("ip link show".to_owned(), failure))?;
        Ok(refreshed(last, &dumps.snapshot()))
    }

    /// The first time at everything, with open ears from then on; later at these, at what the kernel has told of since, and
    /// at what those stand on.
    fn refresh(&mut self, last: &mut Snapshot, interfaces: &[InterfaceName]) -> Result<(), BackendError> {
        // Whatever fails below, what was heard is lost then, so that the next time it is everything again.
        let told = self.told.take().map(|mut told| Ok((told.other()?, told))).transpose()?;
        let (other, told) = match told {
            Some(told) => told,
            None => (Other::Anything, Told::new()?),
        };
        let looked = match other {
            Other::These(numbers) => self.look_at(last, interfaces, numbers),
            Other::Anything => Err(Failure::Refused(Refusal { errno: ENODEV, text: None })),
        };
        match looked {
            Ok(()) => {}
            Err(Failure::Refused(Refusal { errno: ENODEV, .. })) => *last = self.observe()?,
            Err(failure) => return Err(self.error("ip address show".to_owned(), failure)),
        }
        self.told = Some(told);
        Ok(())
    }

    fn changes(&mut self) -> Result<Box<dyn Changes>, BackendError> {
        Ok(Box::new(Monitor::new()?))
    }

    fn measure(&self, snapshot: &mut Snapshot) {
        for (name, interface) in snapshot.interfaces.iter_mut().filter(|(_, i)| i.membership().is_some()) {
            interface.speed = self.root.speed(name);
        }
    }

    fn counters(&self, interface: &InterfaceName) -> Option<Counters> {
        self.root.counters(interface)
    }

    fn hardware(&self, interface: &InterfaceName) -> Hardware {
        self.root.hardware(interface)
    }

    fn diagnose(&mut self, snapshot: &Snapshot, listen: Duration) -> Result<Vec<Finding>, BackendError> {
        let mut snapshot = snapshot.clone();
        self.measure(&mut snapshot);
        let snapshot = &snapshot;
        Ok(diagnosis::findings(snapshot, &survey(&self.root, snapshot, &self.indices, listen)))
    }

    fn leave_alone(
        &mut self,
        snapshot: &Snapshot,
        interfaces: &[InterfaceName],
    ) -> Result<Vec<LeaveAlone>, BackendError> {
        Ok(leave::leave_alone(&self.root, snapshot, &self.indices, interfaces))
    }

    fn managers(&mut self, snapshot: &Snapshot) -> Vec<(InterfaceName, String)> {
        claim::managers(&self.root, snapshot)
    }

    fn explain(&self, step: &Step) -> Vec<String> {
        let command = |op: &Op| dhcp::command(&self.root, op).unwrap_or_else(|| op.to_string());
        ops_for(step).iter().map(command).collect()
    }

    fn execute(&mut self, step: &Step) -> Result<(), BackendError> {
        for op in ops_for(step) {
            let Err(error) = self.run(&op) else { continue };
            if let (Op::ChangeBond { .. }, Some(inverse)) = (&op, step.inverse()) {
                // Alone among the messages this one can be done by half: options before the refused one stay
                // (bond_changelink). The same options with their old values undo them, in the same order.
                for op in ops_for(&inverse) {
                    let _ = self.run(&op);
                }
            }
            return Err(error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
