//! The real ifupdown with ifenslave, and ifupdown2, on what `mpath render` wrote.

use std::path::Path;

use crate::formats::{LACP, RICH, Seen, compare, compare_but, compare_leased, segment, story};
use crate::managers::{furnish, furnish_with};
use crate::network::succeed;
use crate::programs::interfaces;

crate::cases!(Managers:
    rendered_for_ifupdown_the_story_comes_up_and_goes_down,
    rendered_for_ifupdown_a_rich_group_is_the_same,
    rendered_for_ifupdown_options_that_ifenslave_does_not_know_are_set_all_the_same,
    rendered_for_ifupdown_a_lease_is_asked_for,
    rendered_for_ifupdown2_the_story_comes_up_and_goes_down,
    rendered_for_ifupdown2_a_rich_group_is_the_same,
    rendered_for_ifupdown2_a_lease_is_asked_for,
);

fn ifupdown(file: &str) {
    furnish();
    interfaces();
    let _segment = segment();
    compare("ifupdown", file, || drop(succeed("ifup", &["bond0"])));
    succeed("ifdown", &["bond0"]);
    assert!(!Path::new("/sys/class/net/bond0").exists());
}

fn rendered_for_ifupdown_the_story_comes_up_and_goes_down() {
    ifupdown(&story());
}

fn rendered_for_ifupdown_a_rich_group_is_the_same() {
    ifupdown(RICH);
}

fn rendered_for_ifupdown_options_that_ifenslave_does_not_know_are_set_all_the_same() {
    ifupdown(LACP);
}

/// It conflicts with ifupdown, and its programs have the same names.
fn ifupdown2(file: &str) {
    furnish_with(&["ifupdown2", "root"]);
    interfaces();
    let _segment = segment();
    // It has an option for the broadcast address, and fails with it.
    let forget = |seen: &mut Seen| {
        for address in &mut seen.addresses {
            address.truncate(address.find(" brd").unwrap());
        }
    };
    compare_but(forget, "ifupdown2", file, Path::new("/"), || drop(succeed("ifup", &["bond0"])));
    succeed("ifdown", &["bond0"]);
    assert!(!Path::new("/sys/class/net/bond0").exists());
}

fn rendered_for_ifupdown2_the_story_comes_up_and_goes_down() {
    ifupdown2(&story());
}

/// But for `mac`, which it has no option for.
fn rendered_for_ifupdown2_a_rich_group_is_the_same() {
    ifupdown2(&RICH.replace("mac                = \"active\"\n", ""));
}

/// Both let a client of the machine's ask.
fn a_lease_is_asked_for(format: &str) {
    interfaces();
    let _segment = segment();
    compare_leased(format, || drop(succeed("ifup", &["bond0"])));
    succeed("ifdown", &["bond0"]);
    assert!(!Path::new("/sys/class/net/bond0").exists());
}

fn rendered_for_ifupdown_a_lease_is_asked_for() {
    furnish();
    a_lease_is_asked_for("ifupdown");
}

fn rendered_for_ifupdown2_a_lease_is_asked_for() {
    furnish_with(&["ifupdown2", "root"]);
    a_lease_is_asked_for("ifupdown2");
}
