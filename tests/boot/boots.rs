//! Boots of hosts with all of their cards, with some and with none.

use crate::machine::{HOME_LAN, LAST_WORDS, Tree};

crate::cases!(
    the_group_is_up_before_what_needs_the_network_starts_and_until_all_has_stopped,
    a_boot_with_a_member_missing_is_online_and_the_agent_lets_it_in_when_it_comes,
    an_optional_member_that_is_missing_is_not_waited_for,
    cards_are_members_by_the_names_that_udev_gives_them,
    a_boot_without_any_member_is_held_up_for_a_moment_and_the_failure_is_seen,
    a_change_that_nobody_ended_is_undone_before_groups_come_up,
    the_guard_of_a_change_outlives_the_session_in_which_it_was_made,
);

/// Something that needs the network, as a database or a file system does: it notes what it finds. Which of the members is
/// active by then is a matter of the primary's up-delay.
const NEEDS_NETWORK: &str = "[Unit]
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
ExecStart=/bin/bash -c '{ echo active $(cat /sys/class/net/bond0/bonding/active_slave); ip -br address show bond0; \
    ping -c 1 -w 20 192.168.1.24; } >/run/found 2>&1'
";

const SHOW: &str = "
echo '== found'; cat /run/found
echo '== failed'; systemctl --failed --plain --no-legend
echo '== units'; systemctl is-active mpath@home-lan.service mpath-wait-online@home-lan.service mpath-agent.service
echo '== journal'; journalctl --no-pager -o cat -u 'mpath*' -u 'lab-cables*'
echo '== times'
for unit in network-online.target multi-user.target; do
    echo $unit=$(systemctl show -P ActiveEnterTimestampMonotonic $unit)
done
";

fn home_lan(cards: &[&str]) -> Tree {
    let tree = Tree::new(cards);
    tree.unit("lab-needs-network.service", NEEDS_NETWORK);
    tree.mpath("enable home-lan");
    tree
}

/// How the agent ended: outside of its sandbox, which writes nothing there.
const AGENT_ENDS: &str = "[Service]
ExecStopPost=+/bin/sh -c 'echo \"agent: $SERVICE_RESULT\" >/run/lab/said'
";

fn the_group_is_up_before_what_needs_the_network_starts_and_until_all_has_stopped() {
    let tree = home_lan(&["eth0", "eth1"]);
    tree.file("etc/systemd/system/mpath-agent.service.d/ends.conf", AGENT_ENDS);
    // It runs when all units have stopped, all processes are killed and all file systems unmounted (systemd-shutdown(8)).
    tree.program_file("usr/lib/systemd/system-shutdown/last-words", &format!("#!/bin/bash{LAST_WORDS}"));
    // The driver is not loaded, as on a fresh system.
    let seen = tree.shut_down(
        &["--modules", "absent"],
        &format!(
            "systemctl is-system-running --wait\n{SHOW}\nsystemctl show -P StatusText mpath-agent.service\n\
            until mpath status home-lan --check -q; do sleep 0.1; done; mpath status home-lan"
        ),
    );
    seen.has("active eth")
        .has("192.168.1.34/24")
        .has("1 received")
        .has("== failed\n== units\nactive\nactive\nactive\n");
    seen.has("home-lan: ok").has("home-lan: up on bond0");
    seen.has("agent: success").shut_down_well();
}

fn a_boot_with_a_member_missing_is_online_and_the_agent_lets_it_in_when_it_comes() {
    let seen = home_lan(&["eth0"]).boot(&format!(
        "{SHOW}
        mpath status home-lan
        ip link add eth1 type veth peer name to-eth1 netns sw; ip -n sw link set to-eth1 master br0 up
        until grep -q eth1 /sys/class/net/bond0/bonding/slaves; do sleep 0.1; done
        until mpath status home-lan --check -q; do sleep 0.1; done
        echo '== whole'; journalctl --no-pager -o cat -u mpath-agent.service
        "
    ));
    seen.has("active eth0\n").has("1 received").has("== failed\n== units\nactive\nactive\nactive\n");
    seen.has("member eth1 did not come within 10s; the group comes up without it").has("home-lan: degraded");
    seen.has("== whole").has("eth1 is let into the group");
    // The time of a member that does not come, and of a boot.
    assert!((10_000_000..60_000_000).contains(&seen.number("network-online.target")), "{seen:?}");
}

fn an_optional_member_that_is_missing_is_not_waited_for() {
    let tree = home_lan(&["eth0"]);
    let text = HOME_LAN.replace(r#"["eth1", "eth0"]"#, r#"[{ name = "eth1", optional = true }, "eth0"]"#);
    assert_ne!(text, HOME_LAN);
    tree.file("etc/mpath/home-lan.toml", &text);
    let seen = tree.boot(SHOW);
    seen.has("active eth0\n").has("1 received").has("== failed\n== units\nactive\nactive\nactive\n");
    seen.has_no("did not come");
}

fn cards_are_members_by_the_names_that_udev_gives_them() {
    let tree = home_lan(&["raw0 address 02:00:00:00:00:70", "raw1 address 02:00:00:00:00:71"]);
    tree.unpack("boot-udev", &["udev"]);
    for number in 0..2 {
        tree.file(
            &format!("etc/systemd/network/10-eth{number}.link"),
            &format!("[Match]\nMACAddress=02:00:00:00:00:7{number}\n[Link]\nName=eth{number}\nMACAddressPolicy=none\n"),
        );
    }
    let seen = tree.boot(&format!("{SHOW}\nsystemctl is-active systemd-udevd.service systemd-udev-settle.service"));
    seen.has("active eth").has("1 received").has("== failed\n== units\nactive\nactive\nactive\n");
    let (_, udev) = seen.stdout.split_once("multi-user.target=").unwrap();
    assert!(udev.ends_with("active\nactive\n"), "{seen:?}");
}

fn a_boot_without_any_member_is_held_up_for_a_moment_and_the_failure_is_seen() {
    let seen = home_lan(&[]).boot(SHOW);
    seen.has("mpath@home-lan.service").has("failed\ninactive\nactive\n").has("member eth1 is not there");
    // Ten seconds for the members, and a boot; nothing waits for what has failed already.
    assert!((10_000_000..40_000_000).contains(&seen.number("network-online.target")), "{seen:?}");
    assert!(seen.number("multi-user.target") < 60_000_000, "{seen:?}");
}

fn a_change_that_nobody_ended_is_undone_before_groups_come_up() {
    // In an initrd, say, whose /run becomes that of the system: a change waits, and who would end it is no more.
    const DIES: &str = "[Unit]
DefaultDependencies=no
After=lab-cables.service
Before=mpath-recover.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/bash -c 'mpath up home-lan --confirm 4s && systemctl kill --signal=KILL run-*.scope && sleep 5; \
    ls /run/mpath/journal'
";
    let tree = Tree::new(&["eth0", "eth1"]);
    tree.unit("lab-dies.service", DIES);
    tree.mpath("enable home-lan");
    let seen = tree.boot(
        "journalctl --no-pager -o short-monotonic -u 'mpath*' -u lab-dies.service
        echo '== failed'; systemctl --failed --plain --no-legend; systemctl is-active mpath@home-lan.service",
    );
    seen.has("home-lan.jsonl").has("was not confirmed in time").has("== failed\nactive\n");
    let line = |what: &str| seen.stdout.find(what).unwrap_or_else(|| panic!("no {what}: {seen:?}"));
    assert!(line("was not confirmed in time") < line("Starting mpath@home-lan.service"), "{seen:?}");
}

fn the_guard_of_a_change_outlives_the_session_in_which_it_was_made() {
    let tree = Tree::new(&["eth0", "eth1"]);
    // All processes of the unit are killed once its first one has ended, as logind does with those of a session.
    let seen = tree.boot(
        "systemd-run --quiet --wait --property=KillMode=control-group --property=KillSignal=SIGKILL \
            mpath up home-lan --confirm 10s || exit
        test -e /sys/class/net/bond0 && echo made
        mpath pending
        for moment in {1..300}; do test -e /sys/class/net/bond0 || break; sleep 0.1; done
        test -e /sys/class/net/bond0 || echo undone; mpath pending; ls /run/mpath/journal",
    );
    seen.has("made\n").has("mpath up home-lan --confirm").has("undone\n");
    let (_, after) = seen.stdout.split_once("undone\n").unwrap();
    assert_eq!(after.trim(), "no change waits to be confirmed", "{seen:?}");
}
