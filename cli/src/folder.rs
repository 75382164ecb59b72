//! A directory that files are read from, one after the other.
//!
//! In: names. Out: what is in the files, and everybody else who has a hand on them. What leads to the directory is looked at
//! once, however many files are read: [`walk_to`] makes sure that nobody else can lead it elsewhere afterwards, and the
//! files are opened below what was found.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

use crate::trust::{Distrust, Place, look_at_file, open_regular, regular, walk_to};

/// No file of mpath's own is longer.
const LONGEST: u64 = 64 * 1024 * 1024;

/// A directory, opened; or why it is not.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    opened: io::Result<Opened>,
}

#[derive(Debug)]
struct Opened {
    directory: File,
    /// Who else has a hand on it, or on what leads there.
    distrust: Option<Distrust>,
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) file: File,
    pub(crate) bytes: Vec<u8>,
    /// Who else has a hand on it, or on what leads there.
    pub(crate) distrust: Option<Distrust>,
}

impl Folder {
    /// Opens it. Whoever reads from one that is not there finds nothing.
    pub(crate) fn open(path: &Path) -> Self {
        let opened = walk_to(path, Place::Way).and_then(|(real, distrust)| {
            let mut options = File::options();
            options.read(true).custom_flags((OFlags::DIRECTORY | OFlags::NOFOLLOW).bits().cast_signed());
            Ok(Opened { directory: options.open(real)?, distrust: distrust.into_iter().next() })
        });
        Self { path: path.to_owned(), opened }
    }

    /// Where a file of it is.
    pub(crate) fn file(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// A file and what is in it, if there is one.
    pub(crate) fn read(&self, name: &OsStr) -> io::Result<Option<Content>> {
        match self.read_if_there(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    fn read_if_there(&self, name: &OsStr) -> io::Result<Content> {
        let opened = self.opened.as_ref().map_err(again)?;
        let path = self.file(name);
        let (file, metadata) = match &opened.distrust {
            None => below(&opened.directory, name, &path)?,
            // Whatever others have put there is looked at before it is opened.
            Some(_) => open_regular(&path)?,
        };
        let distrust = opened.distrust.clone().or_else(|| look_at_file(&path, &metadata).into_iter().next());
        let length = metadata.len().min(LONGEST);
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        // What is written behind its end meanwhile is not asked for, so that the end is no question either.
        (&file).take(length).read_to_end(&mut bytes)?;
        Ok(Content { file, bytes, distrust })
    }
}

/// Opens a regular file of a directory in which nobody else can put anything in the place of it, or that all share and that
/// is sticky: what others can put there at all, a link, a pipe or a socket, is not followed, not waited for, and told.
fn below(directory: &File, name: &OsStr, path: &Path) -> io::Result<(File, fs::Metadata)> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match openat(directory, name, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::NOENT) => return Err(Errno::NOENT.into()),
        Err(error) => {
            // A link and a socket cannot be opened like this; what it is says more.
            regular(&fs::symlink_metadata(path)?)?;
            return Err(error.into());
        }
    };
    let metadata = file.metadata()?;
    regular(&metadata)?;
    Ok((file, metadata))
}

/// The same error for one more who asks.
fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        folder
    }

    fn read(folder: &Folder, name: &str) -> io::Result<Option<Content>> {
        folder.read(OsStr::new(name))
    }

    #[test]
    fn files_are_read_from_where_the_folder_was_when_it_was_opened() {
        let outside = folder();
        let inside = outside.path().join("receipts");
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("lan.json"), "mine").unwrap();
        let opened = Folder::open(&inside);
        // Only who may write to the directories above can do that, and those were found to be nobody else's.
        fs::rename(&inside, outside.path().join("elsewhere")).unwrap();
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("lan.json"), "another's").unwrap();
        let content = read(&opened, "lan.json").unwrap().unwrap();
        assert_eq!((content.bytes.as_slice(), content.distrust), (b"mine".as_slice(), None));
        assert!(read(&opened, "dmz.json").unwrap().is_none());
        assert!(read(&Folder::open(&outside.path().join("missing")), "lan.json").unwrap().is_none());
    }

    #[test]
    fn a_link_is_not_followed_and_a_folder_is_no_file() {
        let folder = folder();
        fs::write(folder.path().join("real"), "text").unwrap();
        symlink("real", folder.path().join("link")).unwrap();
        fs::create_dir(folder.path().join("folder")).unwrap();
        let opened = Folder::open(folder.path());
        assert_eq!(read(&opened, "link").unwrap_err().to_string(), "it is a link, not a file");
        assert_eq!(read(&opened, "folder").unwrap_err().to_string(), "it is a directory, not a file");
        let no_folder = Folder::open(&folder.path().join("real"));
        let twice = [0; 2].map(|_| read(&no_folder, "file").unwrap_err().kind());
        assert_eq!(twice, [io::ErrorKind::NotADirectory; 2]);
    }

    #[test]
    fn a_hand_on_the_folder_or_on_the_file_is_told_with_what_was_read() {
        let folder = folder();
        let file = folder.path().join("file");
        fs::write(&file, "text").unwrap();
        let whose = |folder: &Folder| read(folder, "file").unwrap().unwrap().distrust.map(|d| d.path().to_owned());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(whose(&Folder::open(folder.path())).as_ref(), Some(&file));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(whose(&Folder::open(folder.path())).as_deref(), Some(folder.path()));
    }
}
