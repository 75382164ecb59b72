//! IPMP behind mpath's seam.
//!
//! In: a [`Step`], or the wish to see. Out: the programs' yes or no, or a [`Snapshot`]. Makes no choice: what a step is
//! here was decided by [`ops_for`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use mpath_core::address::Duplicate;
use mpath_core::{Backend, BackendError, Capabilities, Changes, Counters, Finding, InterfaceName, Snapshot, Step};

use crate::boot::Boot;
use crate::capability::{capabilities_of, obstacles_in};
use crate::command::{CommandLine, LIMIT, Programs, Rights};
use crate::dialect::Dialect;
use crate::observe::Rows;
use crate::op::{Op, explain, ops_for};
use crate::{
    address, boot, boot_file, claim, datalink, diagnosis, group, ifconfig, interface, mark, mpathd, obstacle, property,
    route,
};

/// How long in.mpathd may need to come back from reading its file again: it executes itself anew.
const DAEMON_RETURNS: Duration = Duration::from_secs(10);

/// IPADM_STATUS_EXISTS of libipadm: of a membership, that the database has it.
const ALREADY: &str = "Already exists";

/// DHCP_EXIT_TIMEOUT of `dhcpagent_ipc.h`: the client goes on by itself.
const NO_LEASE_YET: i32 = 4;

/// How long duplicate address detection may take: three probes, 1.5 s apart where the driver does not tell of its link
/// (`ILL_PROBE_INTERVAL` of the kernel's `ip_ndp.c`), and what comes between.
const DETECTION_ENDS: Duration = Duration::from_secs(10);

/// How long a change may go unnoticed. A look starts a dozen programs.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

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
    ///
    /// # Errors
    ///
    /// The host has no IPMP that can be changed while it runs, as Solaris 10 has none, or does not tell.
    pub fn new() -> Result<Self, BackendError> {
        Self::with(Programs::default(), PathBuf::from("/"), rustix::process::geteuid().is_root())
    }

    /// The same with the programs of one directory, and the files below another, for root or for somebody else.
    ///
    /// # Errors
    ///
    /// As of [`new`](Self::new).
    #[cfg(feature = "simulator")]
    pub fn at(programs: &std::path::Path, root: &std::path::Path, is_root: bool) -> Result<Self, BackendError> {
        Self::with(Programs::at(programs), root.to_owned(), is_root)
    }

    /// The same with a function that does what the programs do, in this process.
    ///
    /// # Errors
    ///
    /// As of [`new`](Self::new).
    #[cfg(feature = "simulator")]
    pub fn within(run: crate::command::Within, root: &std::path::Path, is_root: bool) -> Result<Self, BackendError> {
        Self::with(Programs::within(run), root.to_owned(), is_root)
    }

    fn with(programs: Programs, root: PathBuf, is_root: bool) -> Result<Self, BackendError> {
        let dialect = dialect_of(&programs)?;
        if dialect == Dialect::Solaris10 {
            return Err(BackendError::NoDriver {
                reason: "Solaris 10 and older have no IPMP interface, and addresses hop between the members".to_owned(),
                cure: "let mpath write the files that the boot reads: mpath render --to solaris10".to_owned(),
            });
        }
        let rights = match is_root {
            true => Rights::Root,
            false => Rights::told_by(&programs.ask("profiles", &[]).unwrap_or_default()),
        };
        Ok(Self { programs, root, dialect, rights, capabilities: capabilities_of(dialect) })
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
            Op::Remove { line, look, routes_of } => {
                match self.programs.change(line, self.rights) {
                    Err(BackendError::Command { .. }) if self.programs.run(look, LIMIT).is_err() => {}
                    done => _ = done?,
                }
                routes_of.iter().try_for_each(|interface| self.forget_routes(interface))
            }
            Op::OfFamily { line, look } => match self.programs.change(line, self.rights) {
                Err(BackendError::Command { .. }) if self.programs.run(look, LIMIT).is_err() => Ok(()),
                done => done.map(drop),
            },
            Op::StartClient { line, look } => {
                let shown = ifconfig::blocks(&self.programs.run(look, LIMIT)?);
                let taken = shown.iter().filter_map(|block| block.address).find(|address| !address.is_unspecified());
                if let Some(address) = taken {
                    let why = format!(
                        "the address {address} would become the lease's; let it be one beside: ifconfig IF 0.0.0.0 && ifconfig IF addif {address}/LENGTH up"
                    );
                    return Err(BackendError::Refused { operation: line.to_string(), errno: None, message: Some(why) });
                }
                self.programs.change_or(line, self.rights, NO_LEASE_YET).map(drop)
            }
            Op::EndClient { release, drop: end } => match self.programs.change(release, self.rights) {
                Err(BackendError::Command { .. }) => self.programs.change(end, self.rights).map(drop),
                done => done.map(drop),
            },
            Op::StandBy { line, wake } => match self.programs.change(line, self.rights) {
                Err(error @ BackendError::Command { .. }) => {
                    let [out, back] = wake;
                    let is_done = |line: &CommandLine| self.programs.change(line, self.rights).is_ok();
                    // Who may be out of use is put in again whatever failed: nobody else would see to it.
                    let (is_out, is_back) = (is_done(out), is_done(back) || is_done(back));
                    if !is_out || !is_back {
                        return Err(error);
                    }
                    self.programs.change(line, self.rights).map(drop)
                }
                done => done.map(drop),
            },
            Op::Join { line, forget, back, anew } => self.join(line, forget, back, anew),
            // Without a daemon there is nobody to tell; the one that the first group starts reads the file.
            Op::RereadMpathd(_) if !self.daemon_answers() => Ok(()),
            Op::RereadMpathd(line) => {
                self.programs.change(line, self.rights)?;
                self.wait_for_daemon();
                Ok(())
            }
            Op::SetMpathd { changes } => mpathd::write(&self.root, changes).map_err(io(mpathd::FILE)),
            Op::Mark { device, mark, lasting } => {
                mark::write(&self.root, device, *lasting, mark.as_deref()).map_err(io(mark::directory(*lasting)))
            }
            Op::BootFile { file, edit } => boot_file::edit(&self.root, file, edit).map_err(io(file)),
        }
    }

    /// Removes the persistent routes that name an interface that is gone: those whose own removal failed.
    fn forget_routes(&self, interface: &str) -> Result<(), BackendError> {
        let shown = || self.programs.ask("route", &["-p", "show"]).unwrap_or_default();
        for arguments in boot::routes_naming(interface, &shown()) {
            let words = ["-p", "delete"].into_iter().chain(arguments.iter().map(String::as_str));
            // It complains that there is no such route but the persistent one.
            if let Err(error) = self.programs.change(&CommandLine::new("route", words), self.rights)
                && boot::routes_naming(interface, &shown()).contains(&arguments)
            {
                return Err(error);
            }
        }
        Ok(())
    }

    /// See [`Op::Join`].
    fn join(
        &self,
        line: &CommandLine,
        [join, leave]: &[CommandLine; 2],
        back: &CommandLine,
        anew: &[CommandLine; 3],
    ) -> Result<(), BackendError> {
        let change = |line: &CommandLine| self.programs.change(line, self.rights).map(drop);
        let error = match change(line) {
            Err(error @ BackendError::Command { .. }) => error,
            done => return done,
        };
        if change(join).is_err() {
            // Only asking again tells whether it is kept: what is not says once more why it was refused.
            if change(line).is_err_and(|error| says(&error, ALREADY)) {
                self.make_anew(anew);
            }
            return Err(error);
        }
        if change(leave).is_err() {
            // It was another reason; what is still in the way is found by whoever undoes this.
            let _ = change(back);
            return Err(error);
        }
        change(line)
    }

    /// Removes an interface and makes it again with the properties that are kept of it, so that the membership that is kept
    /// of it goes.
    fn make_anew(&self, [delete, create, link_local]: &[CommandLine; 3]) {
        let Some(member) = delete.arguments.last() else { return };
        let fields = ["show-ifprop", "-c", "-o", property::FIELDS, member];
        let kept = self.programs.ask("ipadm", &fields).map(|text| property::kept(&text)).unwrap_or_default();
        let change = |line: &CommandLine| self.programs.change(line, self.rights).map(drop);
        // It failed, and is told; what of this fails too is found by whoever undoes it.
        if change(delete).and_then(|()| change(create)).is_ok() {
            for line in kept.iter().map(|property| property.set_on(member)).chain([link_local.clone()]) {
                let _ = change(&line);
            }
        }
    }

    /// Takes away a mark that was there before its interface, which could not be made.
    fn unmark(&self, done: &[Op]) {
        for op in done {
            if let Op::Mark { device, mark: Some(_), lasting } = op {
                // What failed is told; a mark alone means nothing.
                let _ = mark::write(&self.root, device, *lasting, None);
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

    /// Waits until it is known whether a new address is another host's: the program that gives it does not (facts of
    /// `ipadm show-addr`: `tentative`).
    fn wait_for_detection(&self, interface: &InterfaceName) {
        let begin = Instant::now();
        let tentative = || {
            let told = self.programs.ask("ipadm", &["show-addr", "-p", "-o", address::FIELDS]);
            told.is_ok_and(|text| address::is_tentative(&text, interface.as_str()))
        };
        while tentative() && begin.elapsed() < DETECTION_ENDS {
            std::thread::sleep(Duration::from_millis(100));
        }
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

/// Whether a program failed with that status of libipadm, which is the last part of what it wrote.
fn says(error: &BackendError, status: &str) -> bool {
    matches!(error, BackendError::Command { stderr, .. } if stderr.trim_end().ends_with(&format!(": {status}")))
}

/// Looks again from time to time: in.mpathd tells of groups by sysevents (`EC_IPMP` in `sys/sysevent/ipmp.h`), for which
/// there is no program, only a library.
struct Poll;

impl Changes for Poll {
    fn wait(&mut self) -> Result<(), BackendError> {
        std::thread::sleep(BETWEEN_LOOKS);
        Ok(())
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

impl Backend for IllumosBackend {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn observe(&mut self) -> Result<Snapshot, BackendError> {
        let rows = self.rows()?;
        let snapshot = rows.snapshot();
        self.capabilities = capabilities_of(self.dialect);
        let daemon_answers = self.daemon_answers();
        let of_the_host = obstacle::of_the_host(&self.programs, self.dialect, daemon_answers);
        self.capabilities.obstacles = of_the_host.into_iter().map(|(_, _, obstacle)| obstacle).collect();
        self.capabilities.obstacles.extend(obstacle::of_interfaces(&rows, self.dialect));
        self.capabilities.remarks = self.remarks();
        self.capabilities.obstacles.extend(obstacles_in(&snapshot));
        Ok(snapshot)
    }

    fn changes(&mut self) -> Result<Box<dyn Changes>, BackendError> {
        Ok(Box::new(Poll))
    }

    /// The counters are in kstat(1M), which nobody here asks.
    fn counters(&self, _: &InterfaceName) -> Option<Counters> {
        None
    }

    fn diagnose(&mut self, snapshot: &Snapshot, _: Duration) -> Result<Vec<Finding>, BackendError> {
        let daemon_answers = self.daemon_answers();
        let obstacles = obstacle::of_the_host(&self.programs, self.dialect, daemon_answers);
        let mut findings = diagnosis::of_the_host(obstacles, snapshot, daemon_answers);
        findings.extend(diagnosis::diagnose(snapshot, self.dialect));
        findings.sort_by_key(|finding| finding.severity);
        Ok(findings)
    }

    fn explain(&self, step: &Step) -> Vec<String> {
        match self.rights {
            Rights::Root | Rights::Nothing => explain(step, self.dialect),
            Rights::Profile => ops_for(step, self.dialect).iter().map(Op::by_profile).collect(),
        }
    }

    fn execute(&mut self, step: &Step) -> Result<(), BackendError> {
        let ops = ops_for(step, self.dialect);
        for (done, op) in ops.iter().enumerate() {
            if let Err(error) = self.run(op) {
                self.unmark(&ops[..done]);
                return Err(error);
            }
        }
        if let Step::AddAddress { interface, .. } = step.change() {
            self.wait_for_detection(interface);
        }
        Ok(())
    }
}
