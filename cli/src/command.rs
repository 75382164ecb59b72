//! The commands: one file each.

pub(crate) mod adopt;
mod agent;
mod ansible;
mod check;
mod complete;
mod completions;
mod config;
mod confirm;
mod doctor;
pub(crate) mod down;
mod drill;
mod enable;
mod explain;
mod facts;
mod fmt;
pub(crate) mod guard;
mod import;
mod init;
pub(crate) mod plan;
mod recover;
mod release;
mod render;
mod schema;
mod status;
mod switch;
pub(crate) mod up;
mod wait_online;
mod watch;

use clap::Subcommand;

use crate::ExitCode;
use crate::context::Context;
use crate::error::CommandError;

/// What to do.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum Command {
    /// Look at the host, ask what it cannot tell, and write the file of a group
    Init(init::InitArgs),
    /// Bring groups up, or to what the file says now
    Up(up::UpArgs),
    /// Take groups down and put their interfaces back as they were
    Down(down::DownArgs),
    /// Let another member carry the traffic, without a loss
    Switch(switch::SwitchArgs),
    /// Let members fail in turn and measure what is lost
    Drill(drill::DrillArgs),
    /// Show what `up` or `down` would do, as commands too
    Plan(plan::PlanArgs),
    /// Show how groups are doing
    Status(status::StatusArgs),
    /// Show what happens to groups, as it happens
    Watch(watch::WatchArgs),
    /// Tell machines what happens to groups, and keep their members in them
    Agent(agent::AgentArgs),
    /// Look for what is wrong with groups, and tell how to cure it
    Doctor(doctor::DoctorArgs),
    /// Tell the whole story of a finding of `doctor`
    Explain(explain::ExplainArgs),
    /// Wait until groups work; a degraded group does
    WaitOnline(wait_online::WaitOnlineArgs),
    /// Let groups come up when the system starts
    Enable(enable::EnableArgs),
    /// Keep groups from coming up when the system starts
    Disable(enable::DisableArgs),
    /// Write groups as files of a system's own configuration
    Render(render::RenderArgs),
    /// Write groups of other tools as a configuration of mpath
    Import(import::ImportArgs),
    /// Take a group over from the tool that has it, without losing its addresses
    Adopt(adopt::AdoptArgs),
    /// Give a group back that was taken over by `adopt`
    Release(release::ReleaseArgs),
    /// Let a change stay that was made with `up --confirm`
    Confirm(confirm::ConfirmArgs),
    /// Undo a change now that was made with `up --confirm`
    Revert(confirm::RevertArgs),
    /// Show the changes that wait to be confirmed
    Pending(confirm::PendingArgs),
    /// Undo changes that were interrupted, as by kill -9; `up` and `down` do it too
    Recover(recover::RecoverArgs),
    #[command(hide = true)]
    Guard(guard::GuardArgs),
    /// Check the configuration without looking at the host
    Check(check::CheckArgs),
    /// Show what the files say to a host, and where each value comes from
    Config(config::ConfigArgs),
    /// Tell what is known of this host, for templates and for plans elsewhere
    Facts(facts::FactsArgs),
    /// Lay files out as the documentation does, comments and all
    Fmt(fmt::FmtArgs),
    /// Print the JSON Schema of the file, for editors
    Schema(schema::SchemaArgs),
    /// Print what lets a shell complete the words of mpath
    Completions(completions::CompletionsArgs),
    #[command(hide = true)]
    Complete(complete::CompleteArgs),
    #[command(hide = true)]
    Ansible(ansible::AnsibleArgs),
}

impl Command {
    /// Whether it is one that may change the host.
    pub(crate) fn changes_host(&self) -> bool {
        match self {
            Self::Up(_)
            | Self::Down(_)
            | Self::Switch(_)
            | Self::Drill(_)
            | Self::Agent(_)
            | Self::Enable(_)
            | Self::Disable(_)
            | Self::Confirm(_)
            | Self::Revert(_)
            | Self::Recover(_)
            | Self::Guard(_)
            | Self::Ansible(_) => true,
            Self::Doctor(args) => args.fixes(),
            Self::Adopt(args) => args.changes_host(),
            Self::Release(_) => true,
            Self::Explain(_) | Self::Import(_) | Self::Init(_) | Self::Schema(_) => false,
            Self::Config(_) | Self::Facts(_) => false,
            Self::Fmt(_) | Self::Completions(_) | Self::Complete(_) => false,
            Self::Plan(_) | Self::Render(_) | Self::Status(_) | Self::Check(_) | Self::Pending(_) => false,
            Self::Watch(_) | Self::WaitOnline(_) => false,
        }
    }

    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        match self {
            Self::Init(args) => args.run(context),
            Self::Up(args) => args.run(context),
            Self::Down(args) => args.run(context),
            Self::Switch(args) => args.run(context),
            Self::Drill(args) => args.run(context),
            Self::Plan(args) => args.run(context),
            Self::Status(args) => args.run(context),
            Self::Watch(args) => args.run(context),
            Self::Agent(args) => args.run(context),
            Self::Doctor(args) => args.run(context),
            Self::Explain(args) => args.run(context),
            Self::WaitOnline(args) => args.run(context),
            Self::Enable(args) => args.run(context),
            Self::Disable(args) => args.run(context),
            Self::Render(args) => args.run(context),
            Self::Import(args) => args.run(context),
            Self::Adopt(args) => args.run(context),
            Self::Release(args) => args.run(context),
            Self::Check(args) => args.run(context),
            Self::Confirm(args) => args.run(context),
            Self::Revert(args) => args.run(context),
            Self::Pending(args) => args.run(context),
            Self::Recover(args) => args.run(context),
            Self::Guard(args) => args.run(context),
            Self::Config(args) => args.run(context),
            Self::Facts(args) => args.run(context),
            Self::Fmt(args) => args.run(context),
            Self::Schema(args) => args.run(context),
            Self::Completions(args) => args.run(context),
            Self::Complete(args) => args.run(context),
            Self::Ansible(args) => args.run(context),
        }
    }
}
