//! mpath on a simulated illumos: what the hosts of that kind have under the name `mpath`.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use mpath::{Environment, Stream, SystemServices, reach};
use mpath_backend_illumos::IllumosBackend;
use mpath_core::identity::Os;
use mpath_core::journal::Token;
use mpath_core::{Backend, BackendError, Identity};

/// Where the simulator of this host lies.
const HOST: &str = "/run/mpath/sim";

/// Runs mpath with the words of this process.
pub(crate) fn main() -> ExitCode {
    let root = Path::new(HOST).join("root");
    let mut open = || -> Result<Box<dyn Backend>, BackendError> {
        Ok(Box::new(IllumosBackend::at(&root.join("usr/sbin"), &root, true)?))
    };
    let (stdout, stderr) = (io::stdout(), io::stderr());
    let mut environment = Environment {
        live: None,
        open_backend: &mut open,
        capabilities: Some(mpath_backend_illumos::capabilities()),
        stdout: Stream { writer: &mut stdout.lock(), is_terminal: false },
        stderr: Stream { writer: &mut stderr.lock(), is_terminal: false },
        no_color: true,
        state_directory: "/run/mpath".into(),
        lasting_directory: "/var/lib/mpath".into(),
        start_guard: &mut guard,
        services: &mut SystemServices,
        prompt: None,
        prober: &mut reach::Network,
        resolv_conf: "/etc/resolv.conf".into(),
        ssh_connection: std::env::var_os("SSH_CONNECTION"),
        identity: Identity { os: Some(Os::Illumos), ..Identity::default() },
    };
    let code = mpath::run(std::env::args_os(), &mut environment);
    let _ = io::stdout().flush();
    code.into()
}

fn guard(token: &Token) -> io::Result<()> {
    let mut guard = Command::new("/proc/self/exe");
    guard.arg0("mpath").args(["guard", &token.0]).current_dir("/");
    let mut child = guard.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut word = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut word)?;
    if word == "ready\n" { Ok(()) } else { Err(io::Error::other("the guard did not begin its work")) }
}
