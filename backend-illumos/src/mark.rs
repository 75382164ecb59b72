//! The marks of mpath's own IPMP interfaces.
//!
//! In and out: the text of a mark, as in `mpath:home-lan`. An IPMP interface has no field for a text of one's own, and
//! its group name is at most 31 characters and not for others to keep. So marks are files on `/var/run`, which is
//! memory: they go with a boot, as temporary interfaces do. A mark without its interface means nothing.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Where the marks are.
pub(crate) const DIRECTORY: &str = "var/run/mpath/marks";

fn path(root: &Path, device: &str) -> PathBuf {
    root.join(DIRECTORY).join(device)
}

/// The mark of an interface.
pub(crate) fn read(root: &Path, device: &str) -> Option<String> {
    let text = fs::read_to_string(path(root, device)).ok()?;
    Some(text.trim_end().to_owned()).filter(|text| !text.is_empty())
}

/// Marks an interface, or takes its mark away.
pub(crate) fn write(root: &Path, device: &str, mark: Option<&str>) -> io::Result<()> {
    let path = path(root, device);
    match mark {
        Some(mark) => {
            // Whatever the umask: nobody else may put a mark there.
            fs::DirBuilder::new().recursive(true).mode(0o755).create(root.join(DIRECTORY))?;
            let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(root.join(DIRECTORY))?;
            file.write_all(format!("{mark}\n").as_bytes())?;
            // Everybody may look at a group, and whose it is.
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
            file.persist(path)?;
            Ok(())
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
        assert_eq!(read(root.path(), "ipmp0"), None);
        write(root.path(), "ipmp0", Some("mpath:home-lan")).unwrap();
        assert_eq!(read(root.path(), "ipmp0").as_deref(), Some("mpath:home-lan"));
        write(root.path(), "ipmp0", None).unwrap();
        write(root.path(), "ipmp0", None).unwrap();
        assert_eq!(read(root.path(), "ipmp0"), None);
    }
}
