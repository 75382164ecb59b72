//! `mpath release`: a group that was taken over from another tool is given back, with exactly the lines that were written.

use clap::Args;
use mpath_core::GroupName;
use mpath_core::adoption::Adoption;
use serde::Serialize;

use crate::ExitCode;
use crate::adoptions;
use crate::arguments::{Limit, Patience};
use crate::context::Context;
use crate::down_run;
use crate::error::{CommandError, ErrorText, one_line};
use crate::known::KnownGroup;
use crate::output::report::GroupReport;
use crate::recovery;
use crate::signals::Signals;

/// Give a group back that was taken over by `adopt`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath release bond0
      everything as it was before bond0 was taken over")]
pub(crate) struct ReleaseArgs {
    /// The group
    #[arg(value_name = "GROUP")]
    group: GroupName,
    #[command(flatten)]
    patience: Patience,
}

/// What was given back, as in `mpath.release/1`.
#[derive(Debug, Serialize)]
struct Released {
    schema: &'static str,
    report: GroupReport,
    /// The files that are as they were before the adoption.
    files: Vec<std::path::PathBuf>,
    /// What lets the other tools know of their files.
    reload: Vec<String>,
}

impl ReleaseArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let name = &self.group;
        let _lock = context.lock(&self.patience)?;
        let _signals = Signals::catch().map_err(CommandError::signals)?;
        let Some(adoption) = context.adoptions().recall(name)? else {
            let hint =
                Some("`mpath down` takes down what mpath made, and gives back what `up --adopt` took".to_owned());
            let message = format!("{name} was not taken over by `mpath adopt`");
            return Err(CommandError {
                code: ExitCode::NoSuchGroup,
                told: ErrorText { message, causes: vec![], hint },
                config: None,
            });
        };
        let foreign = adoptions::foreign(&adoption);
        if !foreign.is_empty() {
            let message = format!("{name} is not given back: its files are not as `mpath adopt` wrote them");
            let causes = foreign.iter().map(|error| one_line(error)).collect();
            let hint = Some(
                "put them back by hand as they were written or as they were before, and release it then".to_owned(),
            );
            return Err(CommandError {
                code: ExitCode::Failed,
                told: ErrorText { message, causes, hint },
                config: None,
            });
        }
        let report = self.take_down(&adoption, context)?;
        context.console.group(&report);
        let mut code = report.code;
        let mut files = vec![];
        if code == ExitCode::Done {
            let failed = adoptions::put_back(&adoption);
            if let Some(first) = failed.first() {
                let causes = failed.iter().skip(1).map(|error| one_line(error)).collect();
                let hint = Some(format!("once that is cured, `mpath release {name}` goes on"));
                context.console.error(Some(name.as_str()), &ErrorText { message: one_line(first), causes, hint });
                code = ExitCode::NotUndone;
            } else {
                context.adoptions().forget(name)?;
                files = adoption.files().map(|file| file.path.clone()).collect();
                context.console.line(&format!("{name}: given back, and every file is as it was"));
                adoptions::tell_reloads(&adoption, &mut context.console);
            }
        }
        let reload = adoption.reloads().into_iter().map(str::to_owned).collect();
        if context.console.is_json() {
            context.console.document(&Released { schema: "mpath.release/1", report, files, reload });
        }
        Ok(code)
    }

    fn take_down(&self, adoption: &Adoption, context: &mut Context<'_>) -> Result<GroupReport, CommandError> {
        let mut host = context.host()?;
        let stuck = recovery::settle(&mut host, context);
        if let Some(report) = stuck.into_iter().find(|report| report.name == self.group && report.undone.is_none()) {
            return Ok(report);
        }
        // An adoption that was killed before its first step has changed no interface.
        let is_ours =
            host.snapshot.group(&adoption.device).is_none_or(|state| state.owner().as_ref() == Some(&self.group));
        if !is_ours {
            return Ok(GroupReport::new(&self.group, Some(&adoption.device)).unchanged("not mpath's on the host"));
        }
        let known = KnownGroup { name: self.group.clone(), device: Some(adoption.device.clone()) };
        let memories = context.receipts().open();
        Ok(down_run::take_down(&known, &memories, false, Limit::default(), &mut host, context))
    }
}
