//! Files that others have a hand on: what changes the host refuses them, what looks at it warns.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::expected::expect;
use crate::world::World;

fn mode(world: &World, path: &str, mode: u32) {
    fs::set_permissions(world.path(path), fs::Permissions::from_mode(mode)).unwrap();
}

/// Types the commands that a run hints at.
fn cure(world: &World, stderr: &str) {
    for hint in stderr.lines().filter_map(|line| line.trim_start().strip_prefix("hint: ")) {
        let command = hint.replace("DIR", &world.path("").display().to_string());
        assert!(Command::new("/bin/sh").args(["-c", &command]).status().unwrap().success(), "{command}");
    }
}

#[test]
fn a_file_that_everybody_may_write_changes_nothing_until_it_is_cured() {
    let world = World::new();
    mode(&world, "etc/home-lan.toml", 0o666);
    let text = world.script(&["check", "status -q", "up", "up --json", "down"]);
    assert_eq!(world.steps_done(), 0);
    assert!(!world.path("run").exists(), "nothing was begun");
    let refused = world.run("up");
    cure(&world, &refused.stderr);
    assert_eq!(world.run("up -q").code, 0);
    expect("not_trusted", &text);
}

#[test]
fn a_directory_that_everybody_may_write_is_as_bad_as_its_files() {
    let world = World::new();
    for bad in [0o777, 0o1777] {
        mode(&world, "etc", bad);
        let refused = world.run("up");
        assert_eq!(refused.code, 3, "{refused}");
        assert!(refused.stderr.contains("hint: chmod o-w DIR/etc\n"), "{refused}");
    }
    // A file of one's own in /tmp is nobody else's.
    let by_name = world.run("plan -q --config DIR/etc/home-lan.toml");
    assert_eq!((by_name.stderr.as_str(), by_name.code), ("", 0));
    let refused = world.run("up");
    cure(&world, &refused.stderr);
    assert_eq!(world.run("up -q").code, 0);
}

#[test]
fn a_link_is_followed_and_what_it_leads_by_is_looked_at() {
    let world = World::new();
    fs::create_dir(world.path("elsewhere")).unwrap();
    mode(&world, "elsewhere", 0o755);
    fs::rename(world.path("etc/home-lan.toml"), world.path("elsewhere/a")).unwrap();
    symlink("../elsewhere/a", world.path("etc/home-lan.toml")).unwrap();
    assert_eq!(world.run("check -q").stderr, "");
    mode(&world, "elsewhere", 0o757);
    let refused = world.run("up");
    assert_eq!((refused.code, world.steps_done()), (3, 0), "{refused}");
    assert!(refused.stderr.starts_with("error: everybody may write to DIR/elsewhere\n"), "{refused}");
}

/// A group that is named goes down without the file, as with any file that is wrong.
#[test]
fn down_goes_on_without_a_file_that_is_not_trusted() {
    let world = World::new();
    world.run("up -q");
    mode(&world, "etc/home-lan.toml", 0o666);
    let run = world.run("down home-lan");
    assert_eq!(run.code, 0, "{run}");
    assert!(
        run.stderr.starts_with("warning: going on without the configuration: the configuration is not to be trusted")
    );
}

#[test]
fn what_is_no_file_does_not_keep_mpath_waiting() {
    let world = World::new();
    let pipe = world.path("etc/a.toml");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let _socket = UnixListener::bind(world.path("etc/b.toml")).unwrap();
    symlink("/dev/zero", world.path("etc/c.toml")).unwrap();
    let begin = Instant::now();
    let text = world.script(&["check", "check --config DIR/etc/a.toml --json"]);
    assert!(begin.elapsed() < Duration::from_secs(5));
    expect("no_file", &text);
}

#[test]
fn a_state_directory_that_others_may_write_is_refused() {
    let world = World::new();
    fs::create_dir(world.path("run")).unwrap();
    mode(&world, "run", 0o777);
    let refused = world.run("up");
    assert_eq!((refused.code, world.steps_done()), (8, 0), "{refused}");
    let words = "error: the state directory DIR/run is not to be trusted: everybody may write to DIR/run\n";
    assert!(refused.stderr.starts_with(words), "{refused}");
    cure(&world, &refused.stderr);
    assert_eq!(world.run("up -q").code, 0);
}

#[test]
fn a_receipt_that_others_may_have_written_is_not_believed() {
    let world = World::new();
    world.run("up -q");
    let receipt = world.path("run/receipts/home-lan.json");
    mode(&world, "run/receipts/home-lan.json", 0o666);
    let down = world.run("down");
    assert_eq!(down.code, 8, "{down}");
    assert!(down.stderr.contains("the receipt DIR/run/receipts/home-lan.json is not to be trusted"), "{down}");
    fs::rename(&receipt, world.path("kept")).unwrap();
    symlink("../../kept", &receipt).unwrap();
    assert_eq!(world.run("down").code, 1, "a link is none of mpath's");
    fs::remove_file(&receipt).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &receipt, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert_eq!(world.run("down").code, 1, "nor is a pipe, and it is not waited for");
}

/// Another mpath, which has the lock.
fn holder(world: &World, says: &str) -> fs::File {
    fs::create_dir_all(world.path("run")).unwrap();
    fs::write(world.path("run/lock"), says).unwrap();
    mode(world, "run", 0o755);
    let lock = fs::File::options().write(true).open(world.path("run/lock")).unwrap();
    lock.try_lock().unwrap();
    lock
}

#[test]
fn the_second_waits_for_the_first_and_goes_on_at_once() {
    let world = World::new();
    let lock = holder(&world, "4711\nmpath up office\n");
    let freeing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(400));
        lock.unlock().unwrap();
        let freed = Instant::now();
        drop(lock);
        freed
    });
    let run = world.run("up --wait 30s");
    let late = freeing.join().unwrap().elapsed();
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.starts_with("note: waiting for mpath up office (pid 4711)\n"), "{run}");
    assert_eq!(run.stderr.matches("waiting").count(), 1, "{run}");
    assert!(late < Duration::from_millis(900), "it was woken, and did not look again after {late:?}");
}

#[test]
fn the_second_waits_so_long_and_no_longer() {
    let world = World::new();
    let _lock = holder(&world, "4711\nmpath up office\n");
    let begin = Instant::now();
    let run = world.run("down --wait 300ms");
    assert!((300..5000).contains(&begin.elapsed().as_millis()));
    assert_eq!(run.code, 12, "{run}");
    assert!(run.stderr.contains("error: another mpath is at work: mpath up office (pid 4711)\n"), "{run}");
}

#[test]
fn somebody_who_only_looks_whether_the_lock_is_held_turns_nobody_away() {
    let world = World::new();
    // As `mpath status` does beside a change that waits to be confirmed.
    let looks = holder(&world, "");
    looks.unlock().unwrap();
    looks.lock_shared().unwrap();
    let freeing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        drop(looks);
    });
    let run = world.run("up --wait 0");
    freeing.join().unwrap();
    assert_eq!(run.code, 0, "{run}");
    assert!(!run.stderr.contains("waiting"), "{run}");
}

#[test]
fn what_a_holder_says_of_itself_cannot_act() {
    let world = World::new();
    let says = [
        b"4711\nmpath \x1b[2J\x07\xff\xfe\xe2\x80\xae up\n".to_vec(),
        [b"4711\n".to_vec(), vec![b'x'; 10_000]].concat(),
        b"no number\nmpath\n".to_vec(),
        b"".to_vec(),
    ];
    for says in says {
        fs::create_dir_all(world.path("run")).unwrap();
        let lock = holder(&world, "");
        fs::write(world.path("run/lock"), says).unwrap();
        for line in ["up --wait 0", "up --wait 0 --json"] {
            let run = world.run(line);
            assert_eq!(run.code, 12);
            for text in [&run.stdout, &run.stderr] {
                assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
                assert!(!text.contains('\u{202e}') && text.len() < 2000, "{text:?}");
            }
            assert_eq!(run.stderr.lines().count(), 2, "{run}");
        }
        drop(lock);
    }
}

#[test]
fn a_captured_state_is_no_pipe_and_has_an_end() {
    let world = World::new();
    assert!(Command::new("mkfifo").arg(world.path("pipe")).status().unwrap().success());
    let run = world.run("plan --platform linux --state DIR/pipe");
    assert!(run.code == 1 && run.stderr.contains("it is a named pipe"), "{run}");
    let endless = world.run("plan --platform linux --state /dev/zero");
    assert!(endless.code == 1 && endless.stderr.contains("it is a device"), "{endless}");
    fs::File::create(world.path("long")).unwrap().set_len(65 << 20).unwrap();
    let long = world.run("plan --platform linux --state DIR/long");
    assert!(long.code == 1 && long.stderr.contains("longer than 64 MiB"), "{long}");
    fs::write(world.path("state"), "{}").unwrap();
    symlink(world.path("state"), world.path("link")).unwrap();
    let linked = world.run("plan --platform linux --state DIR/link");
    assert!(linked.stderr.contains("eth1"), "the state is read, and has no such card: {linked}");
}
