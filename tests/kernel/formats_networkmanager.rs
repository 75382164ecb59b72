//! The real NetworkManager, on what `mpath render` wrote.

use std::os::unix::fs::PermissionsExt as _;

use crate::formats::{LACP, RICH, compare, compare_leased, story};
use crate::managers::{Daemon, begin};
use crate::mpath::{Config, HOME_LAN};
use crate::network::wait_for_active;

crate::cases!(Managers:
    rendered_for_networkmanager_the_story_comes_up_and_fails_over,
    rendered_for_networkmanager_a_rich_group_is_the_same,
    rendered_for_networkmanager_options_of_lacp_are_the_same,
    rendered_for_networkmanager_a_lease_is_asked_for,
);

const PROFILES: &str = "/etc/NetworkManager/system-connections";

/// What Debian 12's NetworkManager, which is 1.42, has no word for. Newer ones are told of in a note.
fn without_newer(file: &str) -> String {
    [("{ name = \"eth1\", prio = 7 }", "\"eth1\""), (", missed = 4", ""), ("active = false, ", "")]
        .iter()
        .fold(file.to_owned(), |file, (newer, older)| file.replace(newer, older))
}

fn networkmanager(file: &str, then: impl FnOnce()) {
    let (_others, segment) = begin();
    let mut manager = None;
    compare("networkmanager", &without_newer(file), || {
        for file in std::fs::read_dir(PROFILES).unwrap() {
            assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600, "it takes no others");
        }
        manager = Some(Daemon::start("NetworkManager", &["--no-daemon"]));
    });
    if file.contains("primary") {
        segment.cut("eth1");
        wait_for_active("bond0", "eth0");
        segment.plug("eth1");
    }
    then();
}

fn rendered_for_networkmanager_the_story_comes_up_and_fails_over() {
    // Who joins first is NetworkManager's choice, and with it the MAC address where none is pinned.
    let pinned = |text: &str| text.replace("device ", "mac = \"02:00:00:00:00:77\"\ndevice ");
    networkmanager(&pinned(&story()), || {
        let text = Config::new(HOME_LAN).succeed("import --from networkmanager").stdout;
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let expected = "[group.bond0] members = [\"eth1\", \"eth0\"] primary = \"eth1\" mode = \"active-backup\" \
            mac = \"02:00:00:00:00:77\" addresses = [\"192.168.1.34/24\"] gateway = \"192.168.1.24\" \
            [group.bond0.detection] link = { interval = \"100ms\", up-delay = \"200ms\", down-delay = \"200ms\" }";
        assert_eq!(words(&text), words(expected));
    });
}

fn rendered_for_networkmanager_a_rich_group_is_the_same() {
    networkmanager(RICH, || {});
}

fn rendered_for_networkmanager_options_of_lacp_are_the_same() {
    networkmanager(LACP, || {});
}

fn rendered_for_networkmanager_a_lease_is_asked_for() {
    let (_others, _segment) = begin();
    let mut manager = None;
    compare_leased("networkmanager", || manager = Some(Daemon::start("NetworkManager", &["--no-daemon"])));
}
