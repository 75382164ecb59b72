//! The gate: what was reached before a change is reached after it, or the change is undone.

use std::net::IpAddr;
use std::time::Duration;

use mpath_core::group::MemberSelector;
use mpath_core::journal::{Mark, Token};
use mpath_core::{Group, InterfaceName, Snapshot};
use serde::Serialize;

use super::{Answer, Place, Question, ReachArgs, Role, Target, resolv_conf, ssh_connection};
use crate::ExitCode;
use crate::confirmation;
use crate::context::Context;
use crate::error::ErrorText;
use crate::host::Host;
use crate::output::report::{GroupReport, Outcome};
use crate::recovery;
use crate::signals::Signals;

/// How long is asked before the change: what is there answers at once, and what is not is to delay nothing.
const BEFORE: Duration = Duration::from_secs(1);

/// The gate of one run of `up`.
pub(crate) struct Gate<'a> {
    options: &'a ReachArgs,
    /// Whether gateways, name servers and the peer of SSH are asked.
    usual: bool,
    /// The gateways that the file names.
    gateways: Vec<Target>,
    /// What could be reached, once it was asked.
    pub(crate) measured: Option<Vec<Measured>>,
}

/// A target, before and after, as in `mpath.report/1`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measured {
    role: Role,
    #[serde(rename = "target")]
    title: String,
    /// Whether it could be reached before.
    before: bool,
    /// Whether it can be reached afterwards, where that was asked.
    after: Option<bool>,
    #[serde(skip)]
    target: Target,
}

impl<'a> Gate<'a> {
    /// The gate, where the command line wants one.
    pub(crate) fn new(options: &'a ReachArgs, confirm: bool) -> Option<Self> {
        let usual = options.asks_the_usual(confirm);
        let wanted = usual || !options.probe.is_empty();
        wanted.then(|| Self { options, usual, gateways: vec![], measured: None })
    }

    /// Notes the gateways that the file names for a group.
    pub(crate) fn note_gateways(&mut self, group: &Group, device: Option<&InterfaceName>) {
        let members = group.members().iter().filter_map(|member| match &member.selector {
            MemberSelector::Name(name) => Some(name),
            MemberSelector::PermanentMac(_) => None,
        });
        let interfaces: Vec<_> = device.into_iter().chain(members).collect();
        for gateway in &group.addressing().gateways {
            // A link-local one is behind the device, and behind the members as long as there is no device.
            let mut places: Vec<_> = interfaces.iter().map(|interface| Place::on(*gateway, interface)).collect();
            places.dedup();
            self.gateways.push(Target { places, ..Target::new(Role::Gateway, Place::new(*gateway), Question::Echo) });
        }
    }

    /// Asks before the first change what can be reached; later it is known.
    pub(crate) fn measure(&mut self, host: &Snapshot, context: &mut Context<'_>, signals: &Signals) {
        if self.measured.is_some() {
            return;
        }
        let targets = self.targets(host, context);
        let answers = context.prober.ask(&targets, BEFORE, &|| signals.caught().is_none());
        let mut measured = Vec::new();
        for (target, answer) in targets.into_iter().zip(answers) {
            match &answer {
                Answer::Reached => {}
                Answer::Silent => context.console.note(&format!("{target} did not answer before, and need not after")),
                Answer::NotAsked(why) => context.console.warning(&format!("{target} is not checked: {why}")),
            }
            let (role, title, before) = (target.role, target.title(), answer == Answer::Reached);
            measured.push(Measured { role, title, before, after: None, target });
        }
        if !measured.iter().any(|measured| measured.before) {
            context.console.warning("nothing could be reached before the change, so nothing is checked after it");
        }
        self.measured = Some(measured);
    }

    /// All that is asked before.
    fn targets(&self, host: &Snapshot, context: &mut Context<'_>) -> Vec<Target> {
        let mut targets = Vec::new();
        if self.usual {
            targets.extend(gateways(host));
            targets.extend(self.gateways.iter().cloned());
            let text = std::fs::read_to_string(context.resolv_conf).unwrap_or_default();
            let servers = resolv_conf::name_servers(&text).into_iter();
            targets.extend(servers.map(|place| Target::new(Role::NameServer, place, Question::NameQuery)));
            if let Some(value) = context.ssh_connection {
                match value.to_str().and_then(ssh_connection::client) {
                    Some(place) => targets.push(Target::new(Role::SshPeer, place, Question::Echo)),
                    None => context.console.warning(&format!(
                        "the SSH peer is not checked: SSH_CONNECTION is {value:?}, not two addresses with their ports"
                    )),
                }
            }
        }
        for probe in &self.options.probe {
            match probe.target(context.prober) {
                Ok(target) => targets.push(target),
                Err(why) => context.console.warning(&format!("the probed {} is not checked: {why}", probe.text())),
            }
        }
        let mut once: Vec<Target> = Vec::new();
        for target in targets {
            if !once.iter().any(|other| other.is_same(&target)) {
                once.push(target);
            }
        }
        once
    }

    /// Lets what was done under a name stay or undoes it, and tells so in the reports. Where it waits to be confirmed,
    /// it only may go on to wait.
    pub(crate) fn decide(
        &mut self,
        (token, confirm): (&Token, bool),
        reports: &mut [GroupReport],
        host: &mut Host,
        context: &mut Context<'_>,
        signals: &Signals,
    ) {
        let done = context.journals().done(token);
        if done.is_empty() {
            return;
        }
        let Err(error) = self.ask_again(host, context, signals) else {
            for found in done.iter().filter(|_| !confirm) {
                let Some(report) = reports.iter_mut().find(|report| report.name == *found.group()) else { continue };
                match found.reopen().and_then(|mut journal| journal.mark(Mark::Done)) {
                    Ok(()) => {
                        let kept = recovery::keep(found, context);
                        if let Some(error) = kept.error {
                            *report = report.clone().failed(ExitCode::NotUndone, error);
                        }
                    }
                    // Whoever comes next would undo it: so it is undone now.
                    Err(error) => {
                        let told = ErrorText::of(&error, error.hint());
                        let undone = recovery::revert(found, host, context);
                        *report = report.clone().failed_and_reverted(told, undone);
                    }
                }
            }
            return;
        };
        for undone in confirmation::revert(token, host, context) {
            let mut changed = reports.iter_mut().filter(|report| report.outcome == Outcome::Changed);
            let Some(report) = changed.find(|report| report.name == undone.name) else { continue };
            *report = report.clone().failed_and_reverted(error.clone(), undone);
        }
    }

    /// Asks for what could be reached before. Fails with what cannot be any more.
    fn ask_again(&mut self, host: &Host, context: &mut Context<'_>, signals: &Signals) -> Result<(), ErrorText> {
        let mut demanded: Vec<_> = self.measured.iter_mut().flatten().filter(|measured| measured.before).collect();
        let targets: Vec<_> = demanded.iter().map(|measured| measured.target.after(&host.snapshot)).collect();
        let limit = self.options.limit();
        let answers = context.prober.ask(&targets, limit, &|| signals.caught().is_none());
        for (measured, answer) in demanded.iter_mut().zip(&answers) {
            measured.after = Some(*answer == Answer::Reached);
        }
        let lost: Vec<_> = demanded.iter().filter(|measured| measured.after != Some(true)).collect();
        if lost.is_empty() {
            return Ok(());
        }
        if let Some(signal) = signals.caught() {
            let message = "stopped before it was known what can still be reached".to_owned();
            return Err(ErrorText { message, causes: vec![signal.to_string()], hint: None });
        }
        let names: Vec<_> = lost.iter().map(|measured| measured.target.to_string()).collect();
        let limit = self.options.check_limit;
        let message =
            format!("cannot reach any more what could be reached before: {}; tried for {limit}", names.join(", "));
        let hint = "if that is meant: --check-reachable none; if the network takes longer: --check-limit 60s";
        Err(ErrorText { message, causes: vec![], hint: Some(hint.to_owned()) })
    }
}

/// The next hops of the default routes.
fn gateways(host: &Snapshot) -> impl Iterator<Item = Target> {
    let routes = host.interfaces.iter().flat_map(|(name, interface)| interface.routes.iter().map(move |r| (name, r)));
    let hops = routes.filter(|(_, route)| route.is_default()).filter_map(|(name, route)| Some((name, route.via?)));
    hops.map(|(name, via): (_, IpAddr)| Target::new(Role::Gateway, Place::on(via, name), Question::Echo))
}
