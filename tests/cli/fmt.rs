//! `mpath fmt`: files laid out, and nothing else about them changed.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use mpath_core::layout::lay_out;

use crate::expected::{expect, repository};
use crate::world::{HOME_LAN, OFFICE, World};

const CROOKED: &str = "# at home\n[group.home-lan]\ndevice=\"bond0\"\nmembers = [\"eth1\",\"eth0\"]   # the cable first\n\n\n\ndhcp=true\n";

#[test]
fn files_are_laid_out_checked_and_left_alone() {
    let world = World::new();
    world.file("crooked.toml", CROOKED.replace("home-lan", "crooked").replace("eth", "eno"));
    world.file("office.toml", OFFICE);
    let lines = ["fmt --check", "fmt", "fmt --check", "fmt DIR/etc/office.toml --json", "fmt --check -q"];
    let shown = world.script(&lines);
    world.file("broken.toml", "[group.a]\nmembers = [\"eth1\"\ndhcp = yes\n");
    expect(
        "fmt",
        &format!("{shown}\n{}", world.script(&["fmt DIR/etc/broken.toml DIR/etc/crooked.toml", "fmt DIR/no"])),
    );
    assert_eq!(
        fs::read_to_string(world.path("etc/broken.toml")).unwrap(),
        "[group.a]\nmembers = [\"eth1\"\ndhcp = yes\n"
    );
}

#[test]
fn nothing_is_written_where_one_file_is_broken() {
    let world = World::new();
    world.file("a.toml", CROOKED);
    world.file("b.toml", "[group.b\n");
    assert_eq!(world.run("fmt").code, 3);
    assert_eq!(fs::read_to_string(world.path("etc/a.toml")).unwrap(), CROOKED);
    assert_eq!(world.run("fmt DIR/etc/b.toml --check").code, 3);
}

/// What is wrong with groups is another matter.
#[test]
fn a_file_with_wrong_keys_is_laid_out_all_the_same() {
    let world = World::new();
    world.file("home-lan.toml", "[group.a]\nmembrs=[ 1 ]\n");
    assert_eq!(world.run("fmt -q").code, 0);
    assert_eq!(fs::read_to_string(world.path("etc/home-lan.toml")).unwrap(), "[group.a]\nmembrs = [1]\n");
}

#[test]
fn mode_owner_and_links_stay() {
    let world = World::new();
    let (link, file) = (world.path("etc/home-lan.toml"), world.path("elsewhere.toml"));
    fs::write(&file, CROOKED).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    fs::remove_file(&link).unwrap();
    symlink(&file, &link).unwrap();
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if is_root {
        std::os::unix::fs::chown(&file, Some(12), Some(34)).unwrap();
    }
    let before = fs::metadata(&file).unwrap();
    let run = world.run("fmt");
    assert_eq!(run.code, 0, "{run}");
    let after = fs::metadata(&file).unwrap();
    assert_ne!(before.ino(), after.ino(), "it is not a new file in the place of the old one");
    assert_eq!((before.mode(), before.uid(), before.gid()), (after.mode(), after.uid(), after.gid()));
    assert!(link.is_symlink());
    // What is laid out already is not touched.
    assert_eq!(world.run("fmt -q").code, 0);
    assert_eq!(fs::metadata(&file).unwrap().ino(), after.ino());
    assert_eq!(fs::read_dir(world.path("etc")).unwrap().count(), 1, "something was left behind");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let laid_out = lay_out(CROOKED).unwrap();
    assert_eq!(through(&["fmt", "-"], CROOKED), (laid_out.clone(), 0));
    assert_eq!(through(&["fmt", "-", "--check"], &laid_out), (String::new(), 0));
    assert_eq!(through(&["fmt", "-", "--check"], CROOKED).1, 4);
    assert_eq!(through(&["fmt", "-"], "[group"), (String::new(), 3));
}

fn through(arguments: &[&str], text: &str) -> (String, i32) {
    let mut mpath = Command::new(env!("CARGO_BIN_EXE_mpath"));
    mpath.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut mpath = mpath.spawn().unwrap();
    mpath.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = mpath.wait_with_output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

#[test]
fn the_documents_show_files_as_they_are_laid_out() {
    let mut examples = 0;
    for folder in ["README.md", "docs"] {
        below(&repository(folder), &mut |path, block| {
            let laid_out = lay_out(block).unwrap_or_else(|error| panic!("{}: {error}:\n{block}", path.display()));
            assert_eq!(block, laid_out, "{}", path.display());
            examples += 1;
        });
    }
    assert!(examples > 8, "only {examples} examples were found");
    assert_eq!(lay_out(HOME_LAN).unwrap(), HOME_LAN);
}

fn below(path: &Path, take: &mut dyn FnMut(&Path, &str)) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| below(&entry.unwrap().path(), take));
    } else if path.extension().is_some_and(|extension| extension == "md") {
        let text = fs::read_to_string(path).unwrap();
        let blocks = text.split("```toml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0));
        blocks.for_each(|block| take(path, block));
    }
}
