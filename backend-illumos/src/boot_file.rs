//! The files that a boot reads: `/etc/hostname.IF`, `/etc/dhcp.IF`, `/etc/defaultrouter`.
//!
//! In: an [`Edit`]. Out: a file changed as a whole or not at all. Each line of a hostname file is the arguments of one
//! `ifconfig IF inet` (`inet_process_hostname` in `net_include.sh`), so a step that lasts is a line more or less. A file
//! of a single line gets `netmask + broadcast + up` appended there, of several lines none does; and there are no
//! comments, since `ifconfig` would take them for an address.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use mpath_core::shell::word;
use serde::Serialize;

/// The routers of the boot, one IPv4 address in a line; what follows a `#` at its begin is a comment.
pub(crate) const DEFAULT_ROUTER: &str = "etc/defaultrouter";
/// What the name of a file that was there before ends in. It is no digit, so that the boot passes it over.
const BEFORE: &str = "before-mpath";

/// The hostname file of an interface.
pub(crate) fn hostname(interface: &str) -> String {
    format!("etc/hostname.{interface}")
}

/// The file by which a boot starts a DHCP client on an interface (net-physical). Its words go to `ifconfig IF dhcp`.
pub(crate) fn dhcp(interface: &str) -> String {
    format!("etc/dhcp.{interface}")
}

/// What is in that file. An empty one would do as well, but a line can be told from somebody else's.
pub(crate) const CLIENT_LINE: &str = "start";

/// What the hostname file of a group with a client has beside: without it a group that has no address besides would have a
/// single line, which gets `netmask + broadcast + up` appended. The client's place is off anyway until there is a lease.
pub(crate) const CLIENT_PLACE: &str = "down";

/// What the file of a group begins with.
pub(crate) fn group_line(device: &str) -> String {
    format!("ipmp group {device}")
}

/// What the file of a member begins with.
pub(crate) fn member_line(device: &str) -> String {
    format!("group {device}")
}

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Edit {
    /// It has these lines. One that begins otherwise is put aside.
    Make(Vec<String>),
    /// It goes if it begins with this line, and the one that was put aside comes back.
    Unmake(String),
    /// It has this line more.
    Add(String),
    /// It has this line no more, and goes with its last line.
    Drop(String),
}

/// Does an edit to a file below a root.
pub(crate) fn edit(root: &Path, file: &str, edit: &Edit) -> io::Result<()> {
    let (path, aside) = (root.join(file), aside(root, file));
    let found = read(root, file)?;
    let first = found.as_deref().map(|text| text.lines().next().unwrap_or_default());
    match edit {
        Edit::Make(lines) => {
            if found.is_some() && first != lines.first().map(String::as_str) {
                fs::rename(&path, aside)?;
            }
            write(&path, lines)
        }
        Edit::Unmake(begin) => {
            if first == Some(begin) {
                fs::remove_file(&path)?;
            }
            if aside.exists() && !path.exists() {
                fs::rename(aside, &path)?;
            }
            sync(&path)
        }
        Edit::Add(line) => {
            let mut lines: Vec<_> = found.iter().flat_map(|text| text.lines()).map(str::to_owned).collect();
            if !lines.contains(line) {
                lines.push(line.clone());
            }
            write(&path, &lines)
        }
        Edit::Drop(line) => {
            let Some(text) = found else { return Ok(()) };
            let lines: Vec<_> = text.lines().filter(|other| other != line).map(str::to_owned).collect();
            if lines.is_empty() { fs::remove_file(&path) } else { write(&path, &lines) }
        }
    }
}

/// An edit as an administrator would type it.
pub(crate) fn explain(file: &str, edit: &Edit) -> String {
    let path = format!("/{file}");
    let [path, aside, new] = [path.clone(), format!("{path}.{BEFORE}"), format!("{path}.new")];
    let [path, aside, new] = [word(&path), word(&aside), word(&new)];
    match edit {
        Edit::Make(lines) => {
            let lines: Vec<_> = lines.iter().map(|line| word(line)).collect();
            let lines = lines.join(" ");
            format!("test ! -f {path} || mv {path} {aside}; printf '%s\\n' {lines} > {path}")
        }
        Edit::Unmake(_) => format!("rm -f {path}; test ! -f {aside} || mv {aside} {path}"),
        Edit::Add(line) => format!("echo {} >> {path}", word(line)),
        Edit::Drop(line) => format!("fgrep -vx {} {path} > {new}; mv {new} {path}", word(line)),
    }
}

/// The text of a file, where there is one.
pub(crate) fn read(root: &Path, file: &str) -> io::Result<Option<String>> {
    match fs::read_to_string(root.join(file)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        text => text.map(Some),
    }
}

fn aside(root: &Path, file: &str) -> PathBuf {
    root.join(format!("{file}.{BEFORE}"))
}

fn write(path: &Path, lines: &[String]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(path);
    let mut file = tempfile::Builder::new().prefix(".mpath-").tempfile_in(directory)?;
    for line in lines {
        writeln!(file, "{line}")?;
    }
    let permissions = fs::metadata(path).map_or(Permissions::from_mode(0o644), |before| before.permissions());
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync(path)
}

/// Sees to it that a rename outlives a power cut.
fn sync(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "etc/hostname.net0";

    fn root() -> tempfile::TempDir {
        let root = tempfile::TempDir::new().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        root
    }

    fn make(lines: &[&str]) -> Edit {
        Edit::Make(lines.iter().map(|line| (*line).to_owned()).collect())
    }

    #[test]
    fn a_file_that_was_there_is_put_aside_and_comes_back() {
        let root = root();
        fs::write(root.path().join(FILE), "192.168.1.7\n").unwrap();
        // Another time is a try after one that was cut off.
        for _ in 0..2 {
            edit(root.path(), FILE, &make(&["group lan0", "up"])).unwrap();
            assert_eq!(read(root.path(), FILE).unwrap().unwrap(), "group lan0\nup\n");
        }
        for _ in 0..2 {
            edit(root.path(), FILE, &Edit::Unmake("group lan0".to_owned())).unwrap();
            assert_eq!(read(root.path(), FILE).unwrap().unwrap(), "192.168.1.7\n");
        }
    }

    #[test]
    fn what_is_shown_is_one_word_to_a_shell_whatever_is_in_it() {
        let odd = "it's; reboot";
        for edit in [make(&[odd]), Edit::Unmake(odd.to_owned()), Edit::Add(odd.to_owned()), Edit::Drop(odd.to_owned())]
        {
            let shown = explain("etc/hostname.n$0", &edit).replace(r"'it'\''s; reboot'", "LINE");
            for part in shown.split("'/etc/hostname.n$0").skip(1) {
                assert!(part.split_once('\'').is_some(), "{shown}");
            }
            assert!(!shown.contains(" /etc/hostname.n$0") && !shown.contains("reboot"), "{shown}");
        }
        assert_eq!(
            explain(FILE, &make(&["group lan0", "up"])),
            "test ! -f /etc/hostname.net0 || mv /etc/hostname.net0 /etc/hostname.net0.before-mpath; \
             printf '%s\\n' 'group lan0' up > /etc/hostname.net0"
        );
    }

    #[test]
    fn a_file_of_somebody_else_is_not_removed() {
        let root = root();
        fs::write(root.path().join(FILE), "192.168.1.7\n").unwrap();
        edit(root.path(), FILE, &Edit::Unmake("group lan0".to_owned())).unwrap();
        assert_eq!(read(root.path(), FILE).unwrap().unwrap(), "192.168.1.7\n");
    }

    #[test]
    fn a_line_comes_once_and_the_last_one_takes_the_file_with_it() {
        let root = root();
        for line in ["192.168.1.24", "192.168.1.25", "192.168.1.24"] {
            edit(root.path(), DEFAULT_ROUTER, &Edit::Add(line.to_owned())).unwrap();
        }
        assert_eq!(read(root.path(), DEFAULT_ROUTER).unwrap().unwrap(), "192.168.1.24\n192.168.1.25\n");
        for line in ["192.168.1.25", "192.168.1.24", "192.168.1.24"] {
            edit(root.path(), DEFAULT_ROUTER, &Edit::Drop(line.to_owned())).unwrap();
        }
        assert_eq!(read(root.path(), DEFAULT_ROUTER).unwrap(), None);
    }
}
