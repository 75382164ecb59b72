//! The marks of mpath's own IPMP interfaces.
//!
//! In and out: the text of a mark, as in `mpath:home-lan`. An IPMP interface has no field for a text of one's own, and
//! its group name is at most 31 characters and not for others to keep. So marks are files: on `/var/run`, which is
//! memory, for interfaces that go with a boot as the mark does, and in `/var/mpath` for those that come back. A mark
//! without its interface means nothing.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Where the marks are that go with a boot.
const UNTIL_BOOT: &str = "var/run/mpath/marks";
/// Where those are that stay.
const LASTING: &str = "var/mpath/marks";

/// The directory of a mark.
pub(crate) fn directory(lasting: bool) -> &'static str {
    if lasting { LASTING } else { UNTIL_BOOT }
}

fn path(root: &Path, device: &str, lasting: bool) -> PathBuf {
    root.join(directory(lasting)).join(device)
}

/// The mark of an interface.
pub(crate) fn read(root: &Path, device: &str, lasting: bool) -> Option<String> {
    let text = fs::read_to_string(path(root, device, lasting)).ok()?;
    Some(text.trim_end().to_owned()).filter(|text| !text.is_empty())
}

/// Marks an interface, or takes its mark away.
pub(crate) fn write(root: &Path, device: &str, lasting: bool, mark: Option<&str>) -> io::Result<()> {
    let path = path(root, device, lasting);
    match mark {
        Some(mark) => {
            let directory = root.join(directory(lasting));
            // Whatever the umask: nobody else may put a mark there.
            fs::DirBuilder::new().recursive(true).mode(0o755).create(&directory)?;
            let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&directory)?;
            file.write_all(format!("{mark}\n").as_bytes())?;
            // Everybody may look at a group, and whose it is.
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
            // One that stays must be there as a whole after a power cut, as its interface is.
            file.as_file().sync_all()?;
            file.persist(path)?;
            File::open(&directory)?.sync_all()
        }
        None => match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_until_it_is_taken_away() {
        let root = tempfile::TempDir::new().unwrap();
        for lasting in [false, true] {
            let read = |lasting| read(root.path(), "ipmp0", lasting);
            let write = |mark| write(root.path(), "ipmp0", lasting, mark).unwrap();
            assert_eq!(read(lasting), None);
            write(Some("mpath:home-lan"));
            assert_eq!(read(lasting).as_deref(), Some("mpath:home-lan"));
            assert_eq!(read(!lasting), None);
            write(None);
            write(None);
            assert_eq!(read(lasting), None);
        }
    }
}
