//! Whether what a path leads to can have been put there by somebody else.
//!
//! In: a path. Out: where it really leads, and everyone on the way who could make it lead elsewhere or say something
//! else: an owner other than root and the caller, or a mode that lets others write. What is asked of a directory is
//! asked of each one above it, since whoever may write to one may put another in the place of what is in it.
//!
//! The walk goes from `/` down and looks at each name only after the directory that it is in was found trustworthy or
//! not; in a trustworthy one nobody else can change the name afterwards. So there is no moment between looking and
//! opening that others could use.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

/// As many links as Linux follows (`MAXSYMLINKS`, path_resolution(7)).
const LINKS: usize = 40;
const STICKY: u32 = 0o1000;
const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;

/// Somebody else's hand on a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Distrust {
    path: PathBuf,
    why: Why,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Owner(u32),
    GroupWrites(u32),
    OthersWrite,
}

/// What stands at the end of the path, or on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Way,
    End,
}

impl Distrust {
    /// Whether it is of a directory or of what leads there.
    pub(crate) fn is_of(&self, directory: &Path) -> bool {
        directory.starts_with(&self.path)
    }

    /// The path that it is about.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What cures it, as a command.
    pub(crate) fn cure(&self) -> String {
        let path = crate::output::shell_path(&self.path);
        match (self.why, self.place) {
            // Somebody's home is not to be taken away from them.
            (Why::Owner(_), Place::Way) => "keep it where only root may write, as in /etc/mpath".to_owned(),
            // A link has no mode, and is followed by chown(1) but for -h.
            (Why::Owner(_), Place::End) => format!("chown -h root {path}"),
            (Why::GroupWrites(_), _) => format!("chmod g-w {path}"),
            (Why::OthersWrite, _) => format!("chmod o-w {path}"),
        }
    }
}

impl std::fmt::Display for Distrust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.path.display();
        match self.why {
            Why::Owner(user) => write!(f, "{path} belongs to the user {user}"),
            Why::GroupWrites(group) => write!(f, "the group {group} may write to {path}"),
            Why::OthersWrite => write!(f, "everybody may write to {path}"),
        }
    }
}

/// Where a path leads without any link, and who else has a hand on it. Its last part may be missing.
pub(crate) fn walk(path: &Path) -> io::Result<(PathBuf, Vec<Distrust>)> {
    walk_to(path, Place::End)
}

/// The same for a path that is the end of the way, or itself only on it.
pub(crate) fn walk_to(path: &Path, last: Place) -> io::Result<(PathBuf, Vec<Distrust>)> {
    let absolute = std::path::absolute(path)?;
    let mut ahead: VecDeque<OsString> = parts(&absolute);
    let mut reached = PathBuf::from("/");
    let mut distrust = Vec::new();
    let root = fs::symlink_metadata(&reached)?;
    let place = if ahead.is_empty() { last } else { Place::Way };
    distrust.extend(look(&reached, &root, place));
    let mut links = 0;
    while let Some(part) = ahead.pop_front() {
        if part == ".." {
            // What is above was looked at on the way here: `reached` has no links in it.
            reached.pop();
            continue;
        }
        let next = reached.join(&part);
        let found = match fs::symlink_metadata(&next) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && ahead.is_empty() => {
                return Ok((next, distrust));
            }
            found => found?,
        };
        let place = if ahead.is_empty() { last } else { Place::Way };
        distrust.extend(look(&next, &found, place));
        if !found.is_symlink() {
            reached = next;
            continue;
        }
        links += 1;
        if links > LINKS {
            return Err(rustix::io::Errno::LOOP.into());
        }
        let target = fs::read_link(&next)?;
        if target.is_absolute() {
            reached = PathBuf::from("/");
        }
        for part in parts(&target).into_iter().rev() {
            ahead.push_front(part);
        }
    }
    distrust.dedup();
    Ok((reached, distrust))
}

/// Why a directory is not there to be used.
#[derive(Debug)]
pub(crate) enum NoDirectory {
    Io(io::Error),
    Distrusted(Distrust),
}

/// Makes a directory that everybody may look into and only its owner write to, and what it lies in, unless it is there.
/// One that others have a hand on is refused.
pub(crate) fn make_directory(path: &Path) -> Result<(), NoDirectory> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(NoDirectory::Io)?;
    let (real, distrust) = walk(path).map_err(NoDirectory::Io)?;
    match distrust.into_iter().next() {
        Some(distrust) => Err(NoDirectory::Distrusted(distrust)),
        None if fs::symlink_metadata(&real).map_err(NoDirectory::Io)?.is_dir() => Ok(()),
        None => Err(NoDirectory::Io(io::ErrorKind::NotADirectory.into())),
    }
}

/// Opens what must be a regular file, and is no link: no name of a pipe or a device can make mpath wait, or do what
/// opening a device does.
pub(crate) fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    regular(&fs::symlink_metadata(path)?)?;
    let mut options = File::options();
    options.read(true).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    regular(&metadata)?;
    Ok((file, metadata))
}

/// Whether it is a regular file, as an error where it is none.
pub(crate) fn regular(found: &Metadata) -> io::Result<()> {
    match kind(found) {
        None => Ok(()),
        Some(kind) => Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is {kind}, not a file"))),
    }
}

/// What is in a file that the caller names, which may be a link to one: no pipe is waited for, and nothing without end is
/// read.
pub(crate) fn read_regular(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let (file, _) = open_regular(&fs::canonicalize(path)?)?;
    let mut bytes = Vec::new();
    file.take(longest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is longer than {} MiB", longest >> 20)));
    }
    Ok(bytes)
}

/// Who else has a hand on an opened file.
pub(crate) fn look_at_file(path: &Path, metadata: &Metadata) -> Vec<Distrust> {
    look(path, metadata, Place::End)
}

fn parts(path: &Path) -> VecDeque<OsString> {
    let part = |component: Component<'_>| match component {
        Component::Normal(_) | Component::ParentDir => Some(component.as_os_str().to_owned()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(part).collect()
}

fn look(path: &Path, found: &Metadata, place: Place) -> Vec<Distrust> {
    let mode = found.mode();
    // Where many may write, as in /tmp, the sticky bit keeps them from names that are not theirs. A directory that is
    // listed is another thing: a name that is theirs would be read.
    let shared = found.is_dir() && place == Place::Way && mode & STICKY != 0;
    let by_mode = !found.is_symlink() && !shared;
    let why = [
        Some(Why::Owner(found.uid())).filter(|_| !is_trusted(found.uid())),
        Some(Why::GroupWrites(found.gid())).filter(|_| by_mode && mode & GROUP_WRITES != 0 && found.gid() != 0),
        Some(Why::OthersWrite).filter(|_| by_mode && mode & OTHERS_WRITE != 0),
    ];
    why.into_iter().flatten().map(|why| Distrust { path: path.to_owned(), why, place }).collect()
}

/// Root, and whoever runs this: what they put there is what they want.
fn is_trusted(user: u32) -> bool {
    user == 0 || user == rustix::process::geteuid().as_raw()
}

/// What it is, where that is no regular file.
fn kind(found: &Metadata) -> Option<&'static str> {
    let kind = found.file_type();
    match () {
        () if kind.is_file() => None,
        () if kind.is_dir() => Some("a directory"),
        () if kind.is_symlink() => Some("a link"),
        () if kind.is_fifo() => Some("a named pipe"),
        () if kind.is_socket() => Some("a socket"),
        () => Some("a device"),
    }
}

#[cfg(test)]
mod tests;
