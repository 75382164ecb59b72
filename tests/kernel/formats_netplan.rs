//! Rendered files, taken by the real netplan and brought up by systemd-networkd, as Debian packages them.

use crate::formats::compare_leased;
use crate::formats_networkd::{GROUPS, config, is_brought_up, networkd, wanted};
use crate::managers::begin;
use crate::network::{settle_at_once, succeed};

crate::cases!(Managers:
    rendered_for_netplan_groups_are_those_of_up,
    rendered_for_netplan_a_lease_is_asked_for,
);

/// What netplan has no word for.
fn without_more(keys: &str) -> String {
    [", system-priority = 7", ", system = \"52:54:00:00:00:09\"", ", port-key = 9"]
        .iter()
        .fold(keys.to_owned(), |keys, more| keys.replace(more, ""))
}

fn rendered_for_netplan_groups_are_those_of_up() {
    let (_others, _segment) = begin();
    settle_at_once();
    for keys in GROUPS {
        // Otherwise systemd makes an address up.
        let mac = if keys.contains("mac = ") { "" } else { "mac = \"52:54:00:00:00:07\"\n" };
        let config = config(&(mac.to_owned() + &without_more(keys)));
        let wanted = wanted(&config);
        config.succeed("render bond0 --to netplan --root /");
        succeed("/usr/libexec/netplan/generate", &[]);
        is_brought_up(&config, &wanted);
        for folder in ["/etc/netplan", "/run/systemd/network"] {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
}

fn rendered_for_netplan_a_lease_is_asked_for() {
    let (_others, _segment) = begin();
    let mut manager = None;
    compare_leased("netplan", || {
        succeed("/usr/libexec/netplan/generate", &[]);
        manager = Some(networkd());
    });
}
