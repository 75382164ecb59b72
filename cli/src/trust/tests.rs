use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::TempDir;

use super::*;

/// A directory `d` with a file `f`, which nobody else may write to.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("d/f"), "").unwrap();
    mode(&folder, "d", 0o755);
    mode(&folder, "d/f", 0o644);
    folder
}

fn mode(folder: &TempDir, path: &str, mode: u32) {
    fs::set_permissions(folder.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
}

/// What is said of a path, each with its cure.
fn said(folder: &TempDir, path: &str) -> Vec<String> {
    let (_, distrust) = walk(&folder.path().join(path)).unwrap();
    let shown = |text: String| text.replace(&folder.path().canonicalize().unwrap().display().to_string(), "X");
    distrust.iter().map(|distrust| shown(format!("{distrust}: {}", distrust.cure()))).collect()
}

#[test]
fn what_only_root_and_the_caller_may_write_is_trusted() {
    let folder = folder();
    assert_eq!(said(&folder, "d/f"), [""; 0]);
    let (real, _) = walk(&folder.path().join("d/../d/./f")).unwrap();
    assert_eq!(real, folder.path().canonicalize().unwrap().join("d/f"));
    assert_eq!(said(&folder, "d/not-there"), [""; 0]);
    assert_eq!(walk(&folder.path().join("not-there/f")).unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_hand_on_any_directory_above_is_a_hand_on_the_file() {
    let folder = folder();
    mode(&folder, "d", 0o757);
    mode(&folder, "d/f", 0o646);
    let both = ["everybody may write to X/d: chmod o-w X/d", "everybody may write to X/d/f: chmod o-w X/d/f"];
    assert_eq!(said(&folder, "d/f"), both);
}

#[test]
fn a_sticky_directory_keeps_others_from_a_file_and_not_from_a_list() {
    let folder = folder();
    mode(&folder, "d", 0o1777);
    assert_eq!(said(&folder, "d/f"), [""; 0]);
    assert_eq!(said(&folder, "d"), ["everybody may write to X/d: chmod o-w X/d"]);
}

#[test]
fn a_link_is_as_good_as_what_it_leads_by() {
    let folder = folder();
    fs::create_dir(folder.path().join("open")).unwrap();
    symlink("../d/f", folder.path().join("open/relative")).unwrap();
    symlink("open/relative", folder.path().join("link")).unwrap();
    symlink("round", folder.path().join("round")).unwrap();
    assert_eq!(said(&folder, "link"), [""; 0]);
    assert_eq!(walk(&folder.path().join("link")).unwrap().0, folder.path().canonicalize().unwrap().join("d/f"));
    mode(&folder, "open", 0o777);
    assert_eq!(said(&folder, "link"), ["everybody may write to X/open: chmod o-w X/open"]);
    assert!(walk(&folder.path().join("round")).is_err());
}

#[test]
fn the_group_of_root_may_write_and_no_other() {
    let folder = folder();
    mode(&folder, "d/f", 0o664);
    let metadata = fs::metadata(folder.path().join("d/f")).unwrap();
    let group = if metadata.gid() == 0 { 4 } else { metadata.gid() };
    if std::os::unix::fs::chown(folder.path().join("d/f"), None, Some(0)).is_ok() {
        assert_eq!(said(&folder, "d/f"), [""; 0]);
    }
    if std::os::unix::fs::chown(folder.path().join("d/f"), None, Some(group)).is_ok() {
        assert_eq!(said(&folder, "d/f"), [format!("the group {group} may write to X/d/f: chmod g-w X/d/f")]);
    }
}

/// `/proc/1` of a test that root runs, and every file of root for anybody else, would do as well; here the judge is told.
#[test]
fn what_belongs_to_somebody_else_is_not_trusted() {
    let else_of = |place| Distrust { path: "/srv/it's".into(), why: Why::Owner(1000), place };
    assert_eq!(else_of(Place::End).to_string(), "/srv/it's belongs to the user 1000");
    assert_eq!(else_of(Place::End).cure(), r"chown -h root '/srv/it'\''s'");
    assert_eq!(else_of(Place::Way).cure(), "keep it where only root may write, as in /etc/mpath");
    let folder = folder();
    if std::os::unix::fs::chown(folder.path().join("d"), Some(65534), None).is_ok() {
        assert_eq!(said(&folder, "d"), ["X/d belongs to the user 65534: chown -h root X/d"]);
        assert_eq!(said(&folder, "d/f").len(), 1);
    }
}

#[test]
fn only_a_regular_file_is_opened() {
    let folder = folder();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let refused = |path: &Path| open_regular(path).unwrap_err().to_string();
    assert_eq!(refused(&pipe), "it is a named pipe, not a file");
    assert_eq!(refused(Path::new("/dev/zero")), "it is a device, not a file");
    assert_eq!(refused(folder.path()), "it is a directory, not a file");
    symlink("d/f", folder.path().join("link")).unwrap();
    assert_eq!(refused(&folder.path().join("link")), "it is a link, not a file");
    assert!(open_regular(&folder.path().join("d/f")).is_ok());
}

#[test]
fn a_directory_is_made_for_its_owner_to_write_alone() {
    let folder = folder();
    let path = folder.path().join("run/mpath/receipts");
    make_directory(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o755);
    mode(&folder, "run/mpath", 0o775 | 0o002);
    assert!(matches!(make_directory(&path), Err(NoDirectory::Distrusted(_))));
    assert!(matches!(make_directory(&folder.path().join("d/f")), Err(NoDirectory::Io(_))));
}
