//! IPMP behind mpath's seam.
//!
//! In: a [`Step`], or the wish to see. Out: the programs' yes or no, or a [`Snapshot`]. Makes no choice: what a step is
//! here was decided by [`ops_for`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use mpath_core::capability::Obstacle;
use mpath_core::{Backend, BackendError, Capabilities, InterfaceName, Snapshot, Step};

use crate::capability::{capabilities_of, obstacles_in};
use crate::command::{CommandLine, LIMIT, Programs, Rights};
use crate::dialect::Dialect;
use crate::observe::Rows;
use crate::op::{Op, explain, ops_for};
use crate::{address, datalink, group, ifconfig, interface, mark, mpathd, route};

/// How long in.mpathd may need to come back from reading its file again: it executes itself anew.
const DAEMON_RETURNS: Duration = Duration::from_secs(10);

/// The IPMP of this host.
#[derive(Debug)]
pub struct IllumosBackend {
    programs: Programs,
    root: PathBuf,
    dialect: Dialect,
    rights: Rights,
    capabilities: Capabilities,
}

impl IllumosBackend {
    /// Finds out what this host speaks.
    pub fn new() -> Result<Self, BackendError> {
        Self::with(Programs::default(), PathBuf::from("/"), rustix::process::geteuid().is_root())
    }

    /// The same with the programs of one directory, and the files below another, for root or for somebody else.
    #[cfg(feature = "simulator")]
    pub fn at(programs: &std::path::Path, root: &std::path::Path, is_root: bool) -> Result<Self, BackendError> {
        Self::with(Programs::at(programs), root.to_owned(), is_root)
    }

    /// The same with a function that does what the programs do, in this process.
    #[cfg(feature = "simulator")]
    pub fn within(run: crate::command::Within, root: &std::path::Path, is_root: bool) -> Result<Self, BackendError> {
        Self::with(Programs::within(run), root.to_owned(), is_root)
    }

    fn with(programs: Programs, root: PathBuf, is_root: bool) -> Result<Self, BackendError> {
        let dialect = dialect_of(&programs)?;
        if dialect == Dialect::Solaris10 {
            return Err(BackendError::NoDriver {
                reason: "Solaris 10 and older have no IPMP interface, and addresses hop between the members".to_owned(),
                cure: "describe the group in /etc/hostname.* files (in.mpathd(1M)), or upgrade the system".to_owned(),
            });
        }
        let rights = match is_root {
            true => Rights::Root,
            false => Rights::told_by(&programs.ask("profiles", &[]).unwrap_or_default()),
        };
        Ok(Self { programs, root, dialect, rights, capabilities: capabilities_of(dialect) })
    }

    /// Which IPMP it is.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn run(&self, op: &Op) -> Result<(), BackendError> {
        let io = |object: &str| {
            let object = format!("/{object}");
            move |source: std::io::Error| match source.kind() {
                std::io::ErrorKind::PermissionDenied => BackendError::NotPermitted {
                    operation: format!("write {object}"),
                    needs: "the right to write in its directory",
                },
                _ => BackendError::Io { action: "write", object, source },
            }
        };
        match op {
            Op::Run(line) => self.programs.change(line, self.rights).map(drop),
            Op::Remove { line, look } => match self.programs.change(line, self.rights) {
                Err(BackendError::Command { .. }) if self.programs.run(look, LIMIT).is_err() => Ok(()),
                done => done.map(drop),
            },
            Op::StandBy { line, wake } => match self.programs.change(line, self.rights) {
                Err(error @ BackendError::Command { .. }) => {
                    if wake.iter().any(|line| self.programs.change(line, self.rights).is_err()) {
                        return Err(error);
                    }
                    self.programs.change(line, self.rights).map(drop)
                }
                done => done.map(drop),
            },
            // Without a daemon there is nobody to tell; the one that the first group starts reads the file.
            Op::RereadMpathd(_) if !self.daemon_answers() => Ok(()),
            Op::RereadMpathd(line) => {
                self.programs.change(line, self.rights)?;
                self.wait_for_daemon();
                Ok(())
            }
            Op::SetMpathd { changes } => mpathd::write(&self.root, changes).map_err(io(mpathd::FILE)),
            Op::Mark { device, mark } => {
                mark::write(&self.root, device.as_str(), mark.as_deref()).map_err(io(mark::DIRECTORY))
            }
        }
    }

    fn rows(&self) -> Result<Rows, BackendError> {
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
        let names = interfaces.iter().filter(|interface| interface.is_ipmp).map(|interface| interface.name.clone());
        let marks: BTreeMap<_, _> =
            names.filter_map(|name| Some((name.clone(), mark::read(&self.root, &name)?))).collect();
        // Without the daemon there is no failover, which is an obstacle, but the rest can be looked at.
        let stat = |mode: &str, fields: &str| ask("ipmpstat", &["-n", "-P", "-o", fields, mode]).unwrap_or_default();
        let addresses = address::addresses(&ask("ipadm", &["show-addr", "-p", "-o", address::FIELDS])?)?;
        // One line each; none where there is no lease (dhcpinfo(1)).
        let routers = |text: String| text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let leased = addresses.iter().filter(|placed| placed.kind == address::Kind::Dhcp).map(|placed| {
            let told = ask("dhcpinfo", &["-i", &placed.interface, "Router"]).unwrap_or_default();
            (placed.interface.clone(), routers(told))
        });
        Ok(Rows {
            links,
            leases: leased.collect(),
            addresses,
            blocks: ifconfig::blocks(&ask("ifconfig", &["-a"])?),
            routes,
            underlying: group::underlying(&stat("-i", group::MEMBER_FIELDS))?,
            inbound: group::inbound(&stat("-a", group::ADDRESS_FIELDS))?,
            host_wide: mpathd::settings(&mpathd::read(&self.root).map_err(|source| BackendError::Io {
                action: "read",
                object: format!("/{}", mpathd::FILE),
                source,
            })?),
            marks,
            interfaces,
        })
    }

    /// What stands in the way of any group on this host.
    fn obstacles(&self, rows: &Rows) -> Vec<Obstacle> {
        let obstacle = |interfaces: Vec<InterfaceName>, reason: String, cure: String, unsupported| Obstacle {
            interfaces,
            reason,
            cure,
            unsupported,
        };
        let mut obstacles = Vec::new();
        let says = |program, words: &[&str]| self.programs.ask(program, words).unwrap_or_default().trim().to_owned();
        // As `smf_configure_ip` of smf_include.sh asks: the global zone calls its network shared too.
        if says("zonename", &[]) != "global" && says("zonename", &["-t"]) == "shared" {
            obstacles.push(obstacle(
                vec![],
                "this is a zone that shares the network of the global zone, and only that one makes groups".to_owned(),
                "run mpath in the global zone, or give the zone its own: zonecfg set ip-type=exclusive".to_owned(),
                true,
            ));
        }
        if says("svcs", &["-H", "-o", "state", "svc:/network/physical:nwam"]) == "online" {
            obstacles.push(obstacle(
                vec![],
                "NWAM manages the network: it keeps one link on at a time and knows no groups".to_owned(),
                "svcadm disable svc:/network/physical:nwam && svcadm enable svc:/network/physical:default".to_owned(),
                false,
            ));
        }
        if self.dialect == Dialect::Solaris11 && is_automatic(&says("netadm", &["list", "-p", "ncp"])) {
            obstacles.push(obstacle(
                vec![],
                "the network profile Automatic manages the network, and knows no groups".to_owned(),
                "netadm enable -p ncp DefaultFixed".to_owned(),
                false,
            ));
        }
        // `ifconfig … ipmp` starts the daemon by itself, `ipadm create-ipmp` only asks whether it is there.
        if self.dialect != Dialect::Ifconfig && !self.daemon_answers() {
            obstacles.push(obstacle(
                vec![],
                "in.mpathd does not run, and without it nothing fails over".to_owned(),
                "svcadm enable -s svc:/network/ipmp:default".to_owned(),
                false,
            ));
        }
        for standby in rows.standbys_outside() {
            let cure = match self.dialect {
                Dialect::Ifconfig => format!("ifconfig {standby} -standby"),
                _ => format!("ipadm set-ifprop -t -p standby=off -m ip {standby}"),
            };
            let reason = format!("{standby} is a standby already, though in no group, and would join as one");
            obstacles.push(obstacle(vec![standby], reason, cure, false));
        }
        for disabled in rows.interfaces.iter().filter(|interface| interface.is_disabled) {
            let Ok(name) = InterfaceName::new(disabled.name.clone()) else { continue };
            let cure = format!("ipadm enable-if -t {name}");
            obstacles.push(obstacle(vec![name.clone()], format!("{name} is configured but disabled"), cure, false));
        }
        obstacles
    }

    /// What else is to be known of this host.
    fn remarks(&self) -> Vec<String> {
        // Of Oracle's alone; illumos has no such property.
        if self.dialect != Dialect::Solaris11 {
            return vec![];
        }
        let property = ["-p", "config/transitive-probing", "svc:/network/ipmp:default"];
        let told = self.programs.ask("svcprop", &property).unwrap_or_default();
        if told.trim() != "true" {
            return vec![];
        }
        vec![
            "transitive probing is on for all groups of this host: members without a test address are probed by way of the others; mpath leaves it as it is (svccfg -s svc:/network/ipmp setprop config/transitive-probing=false && svcadm refresh svc:/network/ipmp:default ends it)"
                .to_owned(),
        ]
    }

    /// Whether in.mpathd tells of its groups.
    fn daemon_answers(&self) -> bool {
        let told = self.programs.ask("ipmpstat", &["-n", "-P", "-o", group::GROUP_FIELDS, "-g"]);
        told.is_ok_and(|text| group::groups(&text).is_ok())
    }

    fn wait_for_daemon(&self) {
        let begin = Instant::now();
        while !self.daemon_answers() && begin.elapsed() < DAEMON_RETURNS {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// What the system's programs show of their dialect.
fn dialect_of(programs: &Programs) -> Result<Dialect, BackendError> {
    if !programs.has("ipadm") {
        return Ok(Dialect::told_by(None, false));
    }
    // Before illumos issue 14183 `help` is an unknown subcommand: usage all the same, on standard error.
    let help = programs.end_of(&CommandLine::new("ipadm", ["help"]), LIMIT)?;
    let over = programs.end_of(&CommandLine::new("ipadm", ["show-if", "-p", "-o", "ifname,over"]), LIMIT)?;
    Ok(Dialect::told_by(Some(&format!("{}{}", help.stdout, help.stderr)), over.status.success()))
}

/// Whether the profile `Automatic` is the one that is online: rows are `TYPE:PROFILE:STATE` (netadm(8)).
fn is_automatic(list: &str) -> bool {
    list.lines().any(|line| line.contains("Automatic") && line.ends_with("online"))
}

impl Backend for IllumosBackend {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn observe(&mut self) -> Result<Snapshot, BackendError> {
        let rows = self.rows()?;
        let snapshot = rows.snapshot();
        self.capabilities = capabilities_of(self.dialect);
        self.capabilities.obstacles = self.obstacles(&rows);
        self.capabilities.remarks = self.remarks();
        self.capabilities.obstacles.extend(obstacles_in(&snapshot));
        Ok(snapshot)
    }

    fn explain(&self, step: &Step) -> Vec<String> {
        match self.rights {
            Rights::Root | Rights::Nothing => explain(step, self.dialect),
            Rights::Profile => ops_for(step, self.dialect).iter().map(Op::by_profile).collect(),
        }
    }

    fn execute(&mut self, step: &Step) -> Result<(), BackendError> {
        for op in ops_for(step, self.dialect) {
            self.run(&op)?;
        }
        Ok(())
    }
}
