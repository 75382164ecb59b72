//! The manager of services of the running system, as far as mpath speaks to it.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// What runs the commands of a manager of services.
pub trait Services {
    /// Where the system's files lie: `/`, but in a test.
    fn root(&self) -> &Path;

    /// Runs a command to its end.
    fn run(&mut self, words: &[String]) -> io::Result<()>;
}

/// The system that mpath runs on.
#[derive(Debug)]
pub struct SystemServices;

/// Where programs are looked for; never where a PATH from outside points.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

impl Services for SystemServices {
    fn root(&self) -> &Path {
        Path::new("/")
    }

    fn run(&mut self, words: &[String]) -> io::Result<()> {
        let [name, arguments @ ..] = words else { return Err(io::ErrorKind::InvalidInput.into()) };
        let mut command = Command::new(program(name)?);
        command.args(arguments).env_clear().env("LC_ALL", "C").env("PATH", FOLDERS.join(":")).current_dir("/");
        let output = command.stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(());
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        let told = [text(&output.stderr), text(&output.stdout)].join("\n");
        Err(io::Error::other(format!("`{}` ended with {}: {}", words.join(" "), output.status, told.trim())))
    }
}

/// A program of that name in the fixed folders.
pub(crate) fn program(name: &str) -> io::Result<std::path::PathBuf> {
    let found = FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file());
    found
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("there is no {name} in {}", FOLDERS.join(", "))))
}
