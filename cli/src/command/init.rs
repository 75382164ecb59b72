//! `mpath init`: the file of a group that is not there yet. Looks at the host, and changes nothing on it but that file.

mod asking;
mod known;
mod output_file;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use ipnet::IpNet;
use mpath_core::import::Leftover;
use mpath_core::proposal::{Card, Choice, Given, LeftOut, Proposal};
use mpath_core::{GroupName, InterfaceName, Problem};
use serde::Serialize;

use self::asking::Asking;
use self::known::Known;
use super::plan::PlanArgs;
use crate::ExitCode;
use crate::context::Context;
use crate::error::{CommandError, ErrorText};
use crate::output::GroupPlan;
use crate::output::shell_path;

/// Look at the host, ask what it cannot tell, and write the file of a group
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath init
      look, ask, and write the file
  mpath init --config /etc/mpath/new --yes --address 192.168.1.34/24 --gateway 192.168.1.24 --dry-run
      ask nothing, and only show what would be written")]
pub(crate) struct InitArgs {
    /// Ask nothing: what no option says is as it is proposed
    #[arg(long)]
    yes: bool,
    /// The name of the group
    #[arg(long, value_name = "GROUP")]
    name: Option<GroupName>,
    /// The members, with commas between
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    members: Vec<InterfaceName>,
    /// The member that is preferred
    #[arg(long, value_name = "MEMBER")]
    primary: Option<InterfaceName>,
    /// Static addresses as in 192.168.1.34/24, with commas between
    #[arg(long = "address", value_name = "ADDRESSES", value_delimiter = ',', conflicts_with = "dhcp")]
    addresses: Vec<IpNet>,
    /// The way out of them, of each family one
    #[arg(long = "gateway", value_name = "ADDRESSES", value_delimiter = ',', conflicts_with = "dhcp")]
    gateways: Vec<IpAddr>,
    /// Let a DHCP client lease the address
    #[arg(long)]
    dhcp: bool,
    /// Write this file; by default GROUP.toml among the configuration
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    output: Option<PathBuf>,
    /// Write the text to standard output, and no file
    #[arg(long)]
    dry_run: bool,
}

/// What was proposed, chosen and written, as in `mpath.init/1`.
#[derive(Debug, Serialize)]
struct Initiated {
    schema: &'static str,
    /// The file that was written.
    file: Option<PathBuf>,
    toml: String,
    cards: Vec<Card>,
    left_out: Vec<LeftOut>,
    plan: Option<GroupPlan>,
}

/// Why no file is written.
pub(super) type Told = (ExitCode, ErrorText);

impl InitArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let identity = context.identity.clone();
        let described = match context.read_configuration(&identity) {
            Ok(configuration) => configuration.groups,
            Err(error) if error.is_of_no_configuration() => vec![],
            Err(error) => return Err(error),
        };
        let known = Known::look(described, context.host()?);
        known.tell(context);
        let done =
            self.choose(&known, context).and_then(|choice| self.text(&choice, &known).map(|text| (choice, text)));
        let (choice, toml) = match done {
            Ok(done) => done,
            Err((code, told)) => return Err(CommandError { code, told, config: None }),
        };
        if let [only] = &choice.members[..] {
            let text = format!("{only} is alone in the group: nothing takes over from it until another joins");
            context.console.note(&text);
        }
        if self.dry_run {
            toml.lines().for_each(|line| context.console.line(line));
            self.document(known, None, toml, None, context);
            return Ok(ExitCode::Done);
        }
        let file = self.file(&choice.name, &context.global.config);
        output_file::write(&file, &toml).map_err(|(code, told)| CommandError { code, told, config: None })?;
        self.show(&choice.name, known, file, toml, context)
    }

    /// Everything that is needed, from the options, the proposal, and whoever can be asked.
    fn choose(&self, known: &Known, context: &mut Context<'_>) -> Result<Choice, Told> {
        let Known { proposal, .. } = known;
        if proposal.cards.is_empty() {
            return Err(known.no_cards());
        }
        let members = if self.members.is_empty() { proposal.members() } else { self.members.clone() };
        members.iter().try_for_each(|member| known.is_card(member))?;
        let name = match &self.name {
            Some(name) => name.clone(),
            None => known.free_name(self.output.as_deref()).ok_or_else(|| usage("no name is free".to_owned(), None))?,
        };
        let first = |members: &[InterfaceName]| members.first().filter(|_| members.len() > 1).cloned();
        let (given, taken_from) = self.given(&members, proposal);
        let primary = self.primary.clone().or_else(|| first(&members));
        let mut choice = Choice { name, members, primary, given, taken_from };
        let missing = self.missing(&choice);
        if !self.yes && !missing.is_empty() {
            let file = |name: &GroupName| self.output.is_none().then(|| self.file(name, &context.global.config));
            match context.prompt.as_mut().filter(|_| !context.console.is_json()) {
                Some(prompt) => {
                    let mut asking = Asking { prompt: &mut **prompt, known, console: &mut context.console };
                    if self.name.is_none() {
                        choice.name = asking.name(&choice.name, |name| {
                            known.object(name).or_else(|| file(name).and_then(|file| output_file::is_there(&file)))
                        })?;
                    }
                    if self.members.is_empty() {
                        choice.members = asking.members(&choice.members)?;
                        (choice.given, choice.taken_from) = self.given(&choice.members, proposal);
                        choice.primary = self.primary.clone().or_else(|| first(&choice.members));
                    }
                    if self.primary.is_none() && choice.members.len() > 1 {
                        choice.primary = asking.primary(&choice.members)?;
                    }
                    if self.is_without_address() {
                        (choice.given, choice.taken_from) = asking.given(&choice)?;
                    }
                }
                None => return Err(nobody_to_ask(&missing, &choice)),
            }
        }
        if let Some(primary) = choice.primary.as_ref().filter(|primary| !choice.members.contains(primary)) {
            let members = choice.members.iter().map(InterfaceName::as_str).collect::<Vec<_>>().join(", ");
            let message = format!("{primary} cannot be the primary: it is no member");
            return Err(usage(message, Some(format!("the members are {members}"))));
        }
        Ok(choice)
    }

    /// What the group is known by, where nobody is asked.
    fn given(&self, members: &[InterfaceName], proposal: &Proposal) -> (Given, Option<InterfaceName>) {
        if self.dhcp {
            return (Given { dhcp: true, ..Given::default() }, None);
        }
        let (mut given, mut taken_from) = proposal.given(members);
        if !self.addresses.is_empty() {
            let gateways = proposal.gateways(&self.addresses);
            (given, taken_from) = (Given { addresses: self.addresses.clone(), gateways, ..Given::default() }, None);
        }
        if !self.gateways.is_empty() {
            given.gateways.clone_from(&self.gateways);
        }
        (given, taken_from)
    }

    fn is_without_address(&self) -> bool {
        self.addresses.is_empty() && !self.dhcp
    }

    /// The options that would have to say what nobody is asked for.
    fn missing(&self, choice: &Choice) -> Vec<&'static str> {
        let missing = [
            (self.name.is_none(), "--name"),
            (self.members.is_empty(), "--members"),
            (self.primary.is_none() && choice.members.len() > 1, "--primary"),
            (self.is_without_address(), "--address or --dhcp"),
        ];
        missing.into_iter().filter_map(|(is_missing, option)| is_missing.then_some(option)).collect()
    }

    /// The text of the file, if it is right.
    fn text(&self, choice: &Choice, known: &Known) -> Result<String, Told> {
        if let Some(objection) = known.object(&choice.name) {
            return Err((ExitCode::Failed, ErrorText { hint: Some(ANOTHER_NAME.to_owned()), ..objection }));
        }
        let has_timers = !known.capabilities.rules.settings_follow;
        let draft = known.proposal.draft(choice, has_timers);
        let settled = draft.clone().settle();
        let wrong: Vec<_> = settled.leftovers.iter().map(|Leftover { why, .. }| why.clone()).collect();
        let wrong = wrong.into_iter().chain(settled.problems.iter().map(in_words)).collect::<Vec<_>>();
        if !wrong.is_empty() {
            return Err(usage(wrong.join("; "), Some("--address, --gateway and --dhcp say it otherwise".to_owned())));
        }
        let unsupported = settled.group.map(|group| known.capabilities.check(&group)).unwrap_or_default();
        match unsupported.into_iter().next() {
            Some(found) => {
                let hint = found.cure.map(str::to_owned);
                Err((ExitCode::NotSupported, ErrorText { message: found.to_string(), causes: vec![], hint }))
            }
            None => Ok(draft.to_toml()),
        }
    }

    /// Where the file belongs.
    fn file(&self, name: &GroupName, config: &Path) -> PathBuf {
        match &self.output {
            Some(file) => file.clone(),
            None if config.extension().is_some_and(|extension| extension == "toml") => config.to_owned(),
            None => config.join(format!("{name}.toml")),
        }
    }

    /// Tells what was written, and what it would do.
    fn show(
        &self,
        name: &GroupName,
        known: Known,
        file: PathBuf,
        toml: String,
        context: &mut Context<'_>,
    ) -> Result<ExitCode, CommandError> {
        if context.console.is_quiet() {
            context.console.line(&file.display().to_string());
        } else {
            context.console.line(&format!("wrote {}:", file.display()));
            toml.lines().for_each(|line| context.console.line(&format!("    {line}")));
        }
        let config = context.global.config.clone();
        let own = file != config && file.parent() != Some(&config);
        if own {
            context.global.config.clone_from(&file);
        }
        let plan = PlanArgs::of(name).up(context)?.into_iter().next();
        let code = plan.as_ref().map_or(ExitCode::Done, |plan| plan.code);
        if let Some(plan) = &plan {
            plan.print(&mut context.console);
        }
        let mut next = "mpath".to_owned();
        if own || config != Path::new(crate::config::DEFAULT) {
            next += &format!(" --config {}", shell_path(&context.global.config));
        }
        next += &format!(" up {name}");
        if code != ExitCode::Done {
            context.console.note(&format!("the file is written; once that is cured: {next}"));
        } else if context.ssh_connection.is_some() {
            context.console.line(&format!("next, as you are logged in over ssh: {next} --confirm 60s"));
        } else {
            context.console.line(&format!("next: {next}"));
        }
        self.document(known, Some(file), toml, plan, context);
        Ok(code)
    }

    fn document(
        &self,
        known: Known,
        file: Option<PathBuf>,
        toml: String,
        plan: Option<GroupPlan>,
        context: &mut Context<'_>,
    ) {
        if context.console.is_json() {
            let Proposal { cards, left_out } = known.proposal;
            context.console.document(&Initiated { schema: "mpath.init/1", file, toml, cards, left_out, plan });
        }
    }
}

const ANOTHER_NAME: &str = "give the new group another name: --name";

fn usage(message: String, hint: Option<String>) -> Told {
    (ExitCode::Usage, ErrorText { message, causes: vec![], hint })
}

/// A problem without its key, which is not in sight here.
fn in_words(problem: &Problem) -> String {
    match &problem.hint {
        Some(hint) => format!("{} ({hint})", problem.message),
        None => problem.message.clone(),
    }
}

fn nobody_to_ask(missing: &[&str], choice: &Choice) -> Told {
    let comma = |words: Vec<String>| words.join(",");
    let mut words = format!("--name {}", choice.name);
    words += &format!(" --members {}", comma(choice.members.iter().map(ToString::to_string).collect()));
    if let Some(primary) = &choice.primary {
        words += &format!(" --primary {primary}");
    }
    let Given { addresses, gateways, .. } = &choice.given;
    if addresses.is_empty() {
        words += " --dhcp";
    } else {
        words += &format!(" --address {}", comma(addresses.iter().map(ToString::to_string).collect()));
    }
    if !gateways.is_empty() {
        words += &format!(" --gateway {}", comma(gateways.iter().map(ToString::to_string).collect()));
    }
    let hint = format!("`mpath init --yes` takes what is proposed, which is `mpath init {words}`");
    usage(format!("there is no terminal to ask at, and nothing says {}", missing.join(", ")), Some(hint))
}
