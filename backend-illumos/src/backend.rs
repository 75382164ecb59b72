//! IPMP behind mpath's seam.
//!
//! In: a [`Step`], or the wish to see. Out: the programs' yes or no, or a [`Snapshot`]. Makes no choice: what a step is
//! here was decided by [`ops_for`].

mod rows;
mod run;

use std::path::PathBuf;
use std::time::Duration;

use mpath_core::{Backend, BackendError, Capabilities, Changes, Counters, Finding, InterfaceName, Snapshot, Step};

use crate::capability::{capabilities_of, obstacles_in};
use crate::command::{CommandLine, LIMIT, Programs, Rights};
use crate::dialect::Dialect;
use crate::op::{Op, explain, ops_for};
use crate::{diagnosis, group, obstacle};

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
        self.run_all(&ops_for(step, self.dialect))?;
        if let Step::AddAddress { interface, .. } = step.change() {
            self.wait_for_detection(interface);
        }
        Ok(())
    }
}
