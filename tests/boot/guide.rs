//! The guide is true: its blocks of `sh` are run, one after the other, on a machine that has just booted.

use std::fs;

use crate::machine::{Tree, repository};

crate::cases!(the_commands_of_the_guide_do_what_it_says);

fn the_commands_of_the_guide_do_what_it_says() {
    let guide = fs::read_to_string(repository("docs/guide/at-boot.md")).unwrap();
    let mut script = "set -ex\n".to_owned();
    let mut blocks = guide.split("\n```sh\n").skip(1);
    let first = blocks.next().expect("the guide shows commands");
    for block in std::iter::once(first).chain(blocks) {
        script += block.split_once("\n```").unwrap().0;
        script.push('\n');
    }
    let seen = Tree::new(&["eth0", "eth1"]).boot(&script);
    seen.has("home-lan: ok").has("it comes up at a boot (systemd)");
}
