//! Operations on this host.
//!
//! In: [`Op`]s. Out: the programs' yes or no. Some ask in between: what a program says of a failure is not always why.

use std::time::{Duration, Instant};

use mpath_core::{BackendError, InterfaceName};

use super::IllumosBackend;
use crate::command::{CommandLine, LIMIT};
use crate::op::Op;
use crate::{address, boot, boot_file, ifconfig, mark, mpathd, property};

/// How long in.mpathd may need to come back from reading its file again: it executes itself anew.
const DAEMON_RETURNS: Duration = Duration::from_secs(10);

/// IPADM_STATUS_EXISTS of libipadm: of a membership, that the database has it.
const ALREADY: &str = "Already exists";

/// DHCP_EXIT_TIMEOUT of `dhcpagent_ipc.h`: the client goes on by itself.
const NO_LEASE_YET: i32 = 4;

/// How long duplicate address detection may take: three probes, 1.5 s apart where the driver does not tell of its link
/// (`ILL_PROBE_INTERVAL` of the kernel's `ip_ndp.c`), and what comes between.
const DETECTION_ENDS: Duration = Duration::from_secs(10);

impl IllumosBackend {
    /// Does one operation after the other, up to the first that fails.
    pub(super) fn run_all(&self, ops: &[Op]) -> Result<(), BackendError> {
        for (done, op) in ops.iter().enumerate() {
            if let Err(error) = self.run(op) {
                self.unmark(&ops[..done]);
                return Err(error);
            }
        }
        Ok(())
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

    /// Waits until it is known whether a new address is another host's: the program that gives it does not (facts of
    /// `ipadm show-addr`: `tentative`).
    pub(super) fn wait_for_detection(&self, interface: &InterfaceName) {
        let begin = Instant::now();
        let tentative = || {
            let told = self.programs.ask("ipadm", &["show-addr", "-p", "-o", address::FIELDS]);
            told.is_ok_and(|text| address::is_tentative(&text, interface.as_str()))
        };
        while tentative() && begin.elapsed() < DETECTION_ENDS {
            std::thread::sleep(Duration::from_millis(100));
        }
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
