//! `mpath init`: from a host that has only cables to a group that works.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::mpath::{Outcome, run};
use crate::network::{Segment, ip, picture, succeed, wait_for_active, wait_for_picture};

crate::cases!(OwnNamespace: a_bare_host_is_on_the_air_by_init_and_up, what_a_card_has_is_moved_to_the_group_that_init_wrote);

/// Runs mpath on a configuration that is not there yet.
fn mpath(folder: &tempfile::TempDir, words: &str) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
    command.arg("--config").arg(folder.path().join("mpath")).args(words.split_whitespace());
    run(command)
}

fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("mpath").tempdir_in("/run").unwrap()
}

fn a_bare_host_is_on_the_air_by_init_and_up() {
    let segment = Segment::new(&["eth0", "eth1"]);
    let (folder, begun) = (folder(), Instant::now());
    let told = mpath(&folder, "init --yes --primary eth1 --address 192.168.1.34/24 --gateway 192.168.1.24").expect(0);
    assert!(told.stdout.contains("home-lan: 7 steps for home-lan"), "{told:?}");
    assert!(told.stdout.trim_end().ends_with("up home-lan"), "{told:?}");
    mpath(&folder, "up").expect(0);
    succeed("ping", &["-q", "-c", "1", "-W", "5", Segment::HOST]);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    wait_for_active("home-lan", "eth1");
    segment.cut("eth1");
    wait_for_active("home-lan", "eth0");
    succeed("ping", &["-q", "-c", "1", "-W", "5", Segment::HOST]);
    // There is no card left, and the file is there.
    mpath(&folder, "init --yes").expect(1).says("mpath import home-lan");
}

fn what_a_card_has_is_moved_to_the_group_that_init_wrote() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    ip("link set eth0 up");
    ip("address add 192.168.1.34/24 dev eth0");
    ip("route add default via 192.168.1.24 dev eth0 metric 100");
    let (folder, before) = (folder(), picture(&["eth0", "eth1"]));
    mpath(&folder, "init --yes").expect(0);
    mpath(&folder, "up").expect(0);
    assert!(ip("-4 address show dev home-lan").contains("192.168.1.34/24"));
    assert!(ip("route show default").contains("via 192.168.1.24 dev home-lan"));
    succeed("ping", &["-q", "-c", "1", "-W", "5", Segment::HOST]);
    mpath(&folder, "down").expect(0);
    wait_for_picture(&before, &["eth0", "eth1"]);
}
