//! The command line of mpath, as a library: the whole program runs inside a test.
//!
//! In: arguments and an [`Environment`]. Out: text or JSON on its streams, and an [`ExitCode`]. What is to be done is
//! [`mpath_core`]'s business; here it is read, asked, told and remembered.

mod adoptions;
mod agent;
mod ansible;
mod arguments;
mod boot;
mod command;
mod completion;
mod config;
mod confirmation;
mod context;
mod down_run;
mod drill;
mod environment;
mod error;
mod exit_code;
mod feed;
mod fleet;
mod folder;
mod format;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod guard_process;
mod handover;
mod host;
mod instead;
mod journals;
mod known;
mod late_members;
mod lock;
mod look;
mod output;
mod platform;
mod progress;
mod prompt;
pub mod reach;
mod receipts;
mod record;
mod recovery;
mod selection;
mod signals;
mod story;
mod template;
mod trust;
mod up_run;
mod view;
mod watching;
mod whole_file;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};

use clap::CommandFactory as _;
use mpath_core::Identity;
use mpath_core::identity::{Os, index_of};

use crate::arguments::Arguments;
pub use crate::boot::{Services, SystemServices};
use crate::context::Context;
pub use crate::environment::{Environment, Live, Stream};
pub use crate::exit_code::ExitCode;
use crate::output::{Console, Paint};
use crate::prompt::Terminal;
pub use crate::prompt::{Answer, Prompt};

/// Runs mpath with the arguments and streams of this process, on the system that it was built for.
pub fn run_process() -> ExitCode {
    let (stdout, stderr) = (io::stdout(), io::stderr());
    // https://no-color.org: present and not empty, whatever its value. A dumb terminal shows the escapes themselves.
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || is_dumb();
    let mut terminal = Terminal;
    let is_interactive = io::stdin().is_terminal() && stderr.is_terminal();
    let is_screen = io::stdin().is_terminal() && stdout.is_terminal() && !is_dumb();
    let mut environment = Environment {
        live: Some(Live { is_screen }),
        open_backend: &mut platform::open,
        capabilities: platform::capabilities(),
        stdout: Stream { is_terminal: stdout.is_terminal(), writer: &mut stdout.lock() },
        stderr: Stream { is_terminal: stderr.is_terminal(), writer: &mut stderr.lock() },
        no_color,
        state_directory: platform::state_directory(),
        lasting_directory: platform::lasting_directory(),
        start_guard: &mut guard_process::start,
        services: &mut SystemServices,
        prompt: is_interactive.then_some(&mut terminal),
        prober: &mut reach::Network,
        resolv_conf: "/etc/resolv.conf".into(),
        identity: identity(),
        ssh_connection: std::env::var_os("SSH_CONNECTION"),
    };
    run(std::env::args_os(), &mut environment)
}

/// What a configuration can ask of this host without a look at its interfaces.
fn identity() -> Identity {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let os = Os::from_word(std::env::consts::OS);
    Identity { index: index_of(&name), name: Some(name), os, ..Identity::default() }
}

/// Whether the terminal, if there is one, knows no escape sequences.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|value| value == "dumb")
}

/// The definition of the command line, for those who write about it.
pub fn command_line() -> clap::Command {
    Arguments::command()
}

/// Runs mpath. The first argument is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, environment: &mut Environment<'_>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let parsed = match Arguments::read(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => return tell_usage(error, &arguments, environment),
    };
    let Environment {
        open_backend,
        capabilities,
        stdout,
        stderr,
        no_color,
        state_directory,
        lasting_directory,
        start_guard,
        ..
    } = environment;
    let context = Context {
        console: Console::new(stdout, stderr, *no_color, &parsed.global),
        global: parsed.global,
        open_backend: &mut **open_backend,
        capabilities: capabilities.clone(),
        state_directory,
        changes_host: parsed.command.changes_host(),
        lasting_directory,
        start_guard: &mut **start_guard,
        live: environment.live,
        prompt: match &mut environment.prompt {
            Some(prompt) => Some(&mut **prompt),
            None => None,
        },
        services: &mut *environment.services,
        prober: &mut *environment.prober,
        resolv_conf: &environment.resolv_conf,
        identity: environment.identity.clone(),
        ssh_connection: environment.ssh_connection.as_deref(),
        instead: None,
    };
    carry_out(&parsed.command, context)
}

/// Runs a command, and tells how it ended.
fn carry_out(command: &command::Command, mut context: Context<'_>) -> ExitCode {
    let code = match command.run(&mut context) {
        Ok(code) => code,
        Err(error) => {
            context.console.command_error(&error);
            error.code
        }
    };
    context.console.finish(code)
}

/// What clap says instead of arguments: help and version are data, everything else is an error of usage.
fn tell_usage(error: clap::Error, arguments: &[OsString], environment: &mut Environment<'_>) -> ExitCode {
    // clap shows words as they are, so it is given harmless ones, which are as wrong.
    let harmless = arguments.iter().map(|argument| output::printable(&argument.to_string_lossy()).into_owned().into());
    let error = Arguments::read(&harmless.collect::<Vec<_>>()).err().unwrap_or(error);
    // Nothing is parsed, so what would have been asked for is guessed from the words.
    let asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let global = arguments::Global { json: asked("--json"), ..arguments::Global::default() };
    let Environment { stdout, stderr, no_color, .. } = environment;
    let mut console = Console::new(stdout, stderr, *no_color, &global);
    if error.use_stderr() {
        console.usage_error(&error);
        return console.finish(ExitCode::Usage);
    }
    let text = error.render();
    let text = if console.paints_stdout() == Paint::Yes { text.ansi().to_string() } else { text.to_string() };
    console.rendered_out(&text);
    console.finish(ExitCode::Done)
}
