//! What the modules of the Ansible collection do.
//!
//! In: the arguments of a module, and whether it may change anything. Out: a [`Reply`], as Ansible expects one. What is
//! done to the host is what the verbs of mpath do: each module is some of their command lines ([`verb`]), and a file
//! of the configuration ([`file`]). No module knows anything about groups that the verbs do not tell.

mod config;
mod confirm;
mod drill;
mod file;
mod group;
mod how;
mod info;
mod lenient;
mod reply;
mod request;
mod switch;
mod verb;

pub(crate) use reply::Reply;
pub(crate) use request::read;

use request::{Module, Request};

use crate::context::Context;

/// Does what is asked for.
pub(crate) fn answer(request: Request, context: &mut Context<'_>) -> Result<Reply, Reply> {
    let how = request.how;
    match request.module {
        Module::Group(options) => group::run(options, how, context),
        Module::Config(options) => config::run(options, how, context),
        Module::Info(options) => info::run(options, context),
        Module::Switch(options) => switch::run(options, how, context),
        Module::Drill(options) => drill::run(options, how, context),
        Module::Confirm(options) => confirm::run(options, how, context),
    }
}
