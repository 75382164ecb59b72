//! in.mpathd: activation, flap guard, probes (facts §4).

use std::time::Duration;

use illumos_simulator::{Link, Simulator};
use pretty_assertions::assert_eq;

use crate::{NEW, home_lan, host, ok};

fn configure(host: &Simulator, text: &str) {
    std::fs::write(host.root_dir().join("etc/default/mpathd"), text).expect("a file of the host");
    ok(host, "svcadm refresh svc:/network/ipmp:default");
}

/// What `ipmpstat -g` says of the members of ipmp0.
#[track_caller]
fn members(host: &Simulator) -> String {
    ok(host, "ipmpstat -Pg -o state,interfaces").trim_end().to_owned()
}

/// home-lan with test addresses and a router.
fn probed(host: &Simulator) {
    home_lan(host);
    ok(host, "route add default 192.168.1.1");
    ok(host, "ipadm create-addr -T static -a 192.168.1.50/24 net0/test");
    ok(host, "ipadm create-addr -T static -a 192.168.1.51/24 wlan0/test");
}

#[test]
fn a_third_link_up_within_a_minute_waits() {
    // Facts §4.3, the flap guard
    let host = host(NEW);
    home_lan(&host);
    for _ in 0..2 {
        host.cut("net0");
        host.plug("net0");
        assert_eq!(members(&host), "ok:net0 (wlan0)");
        host.advance(Duration::from_secs(5));
    }
    host.cut("net0");
    host.plug("net0");
    assert_eq!(members(&host), "degraded:wlan0 [net0]");
    assert!(
        host.messages().contains(
            &"in.mpathd: The link has come up on net0 more than 2 times in the last minute; disabling repair until it \
          stabilizes"
                .to_owned()
        )
    );
    host.advance(Duration::from_secs(54));
    assert_eq!(members(&host), "degraded:wlan0 [net0]");
    host.advance(Duration::from_secs(1));
    assert_eq!(members(&host), "ok:net0 (wlan0)");
}

#[test]
fn messages_are_those_of_syslog() {
    // Facts §4.5
    let host = host(NEW);
    home_lan(&host);
    host.cut("net0");
    host.cut("wlan0");
    host.plug("net0");
    assert_eq!(
        host.messages(),
        [
            "in.mpathd: The link has gone down on net0",
            "in.mpathd: IP interface failure detected on net0 of group ipmp0",
            "in.mpathd: The link has gone down on wlan0",
            "in.mpathd: IP interface failure detected on wlan0 of group ipmp0",
            "in.mpathd: All IP interfaces in group ipmp0 are now unusable",
            "in.mpathd: The link has come up on net0",
            "in.mpathd: IP interface repair detected on net0 of group ipmp0",
            "in.mpathd: At least 1 IP interface (net0) in group ipmp0 is now usable",
        ]
    );
}

#[test]
fn probes_fail_after_the_detection_time_and_repair_takes_twice_as_long() {
    // Facts §4.3
    let host = host(NEW);
    probed(&host);
    assert_eq!(ok(&host, "ipmpstat -Pg -o state,fdt,interfaces"), "ok:10.00s:net0 (wlan0)\n");
    assert_eq!(ok(&host, "ipmpstat -Pi -o probe,state"), "ok:ok\nok:ok\n");
    host.silence("net0");
    host.advance(Duration::from_millis(9_999));
    assert_eq!(members(&host), "ok:net0 (wlan0)");
    host.advance(Duration::from_millis(1));
    assert_eq!(members(&host), "degraded:wlan0 [net0]");
    assert!(ok(&host, "ipmpstat -Pi -o interface,link,probe,state").contains("net0:up:failed:failed\n"));
    host.answer("net0");
    host.advance(Duration::from_millis(19_999));
    assert_eq!(members(&host), "degraded:wlan0 [net0]");
    host.advance(Duration::from_millis(1));
    assert_eq!(members(&host), "ok:net0 (wlan0)");
}

#[test]
fn with_test_addresses_a_cable_put_in_again_waits_for_replies() {
    // Facts §4.3
    let host = host(NEW);
    probed(&host);
    host.cut("net0");
    assert_eq!(members(&host), "degraded:wlan0 [net0]");
    host.plug("net0");
    assert_eq!(members(&host), "degraded:wlan0 [net0]");
    host.advance(Duration::from_secs(20));
    assert_eq!(members(&host), "ok:net0 (wlan0)");
}

#[test]
fn the_detection_time_is_in_milliseconds_and_at_least_100() {
    // Facts §4.2
    let host = host(NEW);
    probed(&host);
    configure(&host, "FAILURE_DETECTION_TIME=2500\n");
    assert_eq!(ok(&host, "ipmpstat -Pg -o fdt"), "2.50s\n");
    host.silence("net0");
    host.advance(Duration::from_millis(2500));
    assert_eq!(members(&host), "degraded:wlan0 [net0]");
    configure(&host, "FAILURE_DETECTION_TIME=20\n");
    assert_eq!(ok(&host, "ipmpstat -Pg -o fdt"), "0.10s\n");
    assert_eq!(
        host.messages().last().unwrap(),
        "in.mpathd: Too small failure detection time of 20, assuming minimum of 100 ms"
    );
    configure(&host, "FAILURE_DETECTION_TIME=soon\n");
    assert_eq!(ok(&host, "ipmpstat -Pg -o fdt"), "10.00s\n");
}

#[test]
fn without_a_refresh_the_file_is_not_read_again() {
    // Facts §4.2
    let host = host(NEW);
    home_lan(&host);
    std::fs::write(host.root_dir().join("etc/default/mpathd"), "FAILBACK=no\n").unwrap();
    host.cut("net0");
    host.plug("net0");
    assert_eq!(members(&host), "ok:net0 (wlan0)");
    ok(&host, "pkill -HUP -x in.mpathd");
    host.cut("net0");
    host.plug("net0");
    assert_eq!(members(&host), "ok:wlan0 (net0)");
}

#[test]
fn targets_are_routers_then_hosts_then_nobody() {
    // Facts §3, §4.3
    let host = host(NEW);
    home_lan(&host);
    assert_eq!(ok(&host, "ipmpstat -Pt -o interface,mode"), "wlan0:disabled\nnet0:disabled\n");
    ok(&host, "ipadm create-addr -T static -a 192.168.1.50/24 net0/test");
    assert!(ok(&host, "ipmpstat -nPt -o interface,mode,testaddr,targets").contains("net0:multicast:192.168.1.50:\n"));
    assert!(ok(&host, "ipmpstat -Pi -o interface,probe,state").contains("net0:unknown:unknown\n"));
    assert_eq!(members(&host), "ok:net0 (wlan0)");
    host.with_link("net0", |link| link.hosts.push("192.168.1.9".parse().unwrap()));
    assert!(ok(&host, "ipmpstat -nPt -o interface,mode,targets").contains("net0:multicast:192.168.1.9\n"));
    ok(&host, "route add -host 192.168.1.60 192.168.1.60 -static");
    assert!(ok(&host, "ipmpstat -nPt -o interface,mode,targets").contains("net0:routes:192.168.1.60\n"));
    assert!(ok(&host, "ipmpstat -Pi -o interface,probe,state").contains("net0:ok:ok\n"));
}

#[test]
fn onlining_reclaims_activity_even_without_failback() {
    // Facts §4.1, §6
    let host = host(NEW);
    home_lan(&host);
    configure(&host, "FAILBACK=no\n");
    ok(&host, "if_mpadm -d net0");
    assert_eq!(members(&host), "degraded:wlan0 [net0]");
    ok(&host, "if_mpadm -r net0");
    assert_eq!(members(&host), "ok:net0 (wlan0)");
}

#[test]
fn without_failback_the_first_repaired_of_a_failed_group_is_active() {
    // Facts §4.4
    let host = host(NEW);
    home_lan(&host);
    configure(&host, "FAILBACK=no\n");
    host.cut("net0");
    host.cut("wlan0");
    host.plug("net0");
    assert_eq!(members(&host), "degraded:net0 [wlan0]");
    host.plug("wlan0");
    assert_eq!(members(&host), "ok:net0 (wlan0)");
}

#[test]
fn two_that_are_not_standby_are_both_active_until_one_fails_without_failback() {
    // Facts §4.4
    let host = host(NEW);
    home_lan(&host);
    ok(&host, "ipadm set-ifprop -p standby=off -m ip wlan0");
    assert_eq!(members(&host), "ok:wlan0 net0");
    configure(&host, "FAILBACK=no\n");
    host.cut("net0");
    host.plug("net0");
    assert_eq!(members(&host), "ok:wlan0 (net0)");
}

#[test]
fn data_addresses_are_spread_over_active_members() {
    // Facts §6
    let host = host(NEW);
    home_lan(&host);
    ok(&host, "ipadm set-ifprop -p standby=off -m ip wlan0");
    ok(&host, "ipadm create-addr -T static -a 192.168.1.35/24 ipmp0/b");
    assert_eq!(
        ok(&host, "ipmpstat -nPa -o address,inbound,outbound"),
        "192.168.1.35:wlan0:wlan0 net0\n192.168.1.34:net0:wlan0 net0\n"
    );
}

#[test]
fn a_member_that_becomes_standby_in_a_group_goes_inactive_only_if_another_is_active() {
    // Facts §4.4, the standby flag changed
    let host = host(NEW);
    home_lan(&host);
    ok(&host, "ipadm remove-ipmp -i net0 ipmp0");
    assert_eq!(members(&host), "ok:wlan0");
    ok(&host, "ipadm set-ifprop -p standby=off -m ip wlan0");
    ok(&host, "ipadm set-ifprop -p standby=on -m ip wlan0");
    assert_eq!(members(&host), "ok:wlan0");
}

#[test]
fn of_standbys_only_one_is_active() {
    // Facts §4.4
    let host = host(NEW);
    home_lan(&host);
    ok(&host, "ipadm remove-ipmp -i net0 ipmp0");
    ok(&host, "ipadm set-ifprop -p standby=on -m ip net0");
    ok(&host, "ipadm add-ipmp -i net0 ipmp0");
    assert_eq!(members(&host), "ok:wlan0 (net0)");
    host.cut("wlan0");
    assert_eq!(members(&host), "degraded:net0 [wlan0]");
}

#[test]
fn a_standby_that_fails_and_returns_stays_inactive() {
    // Facts §4.4
    let host = host(NEW);
    home_lan(&host);
    host.cut("wlan0");
    assert_eq!(members(&host), "degraded:net0 [wlan0]");
    host.plug("wlan0");
    assert_eq!(members(&host), "ok:net0 (wlan0)");
}

#[test]
fn a_member_with_its_addresses_down_makes_the_group_degraded() {
    // Facts §3
    let host = host(NEW);
    home_lan(&host);
    ok(&host, "ifconfig wlan0 down");
    assert_eq!(members(&host), "degraded:net0 [wlan0]");
    assert!(ok(&host, "ipmpstat -Pi -o interface,flags,state").contains("wlan0:is---d-:ok\n"));
}

#[test]
fn the_later_of_two_members_with_one_hardware_address_is_offlined() {
    // Facts §4.3, §4.5
    let links = [Link::ether("net0", "0:c:29:84:3b:d8"), Link::ether("net1", "0:c:29:84:3b:d8")];
    let host = Simulator::with_binary(env!("CARGO_BIN_EXE_illumos-simulator").as_ref(), NEW, &links);
    ok(&host, "ipadm create-if net0");
    ok(&host, "ipadm create-if net1");
    ok(&host, "ipadm create-ipmp -i net0,net1 ipmp0");
    assert!(ok(&host, "ipmpstat -Pi -o interface,active,flags,state").contains("net1:no:------h:offline\n"));
    assert_eq!(
        host.messages(),
        ["in.mpathd: IP interface net1 has a hardware address which is not unique in group ipmp0; offlining"]
    );
    let output = crate::run(&host, "if_mpadm -r net1");
    assert_eq!(
        output.stderr(),
        "if_mpadm: fatal: cannot undo-offline net1: interface has duplicate hardware address\n"
    );
    host.with_link("net1", |link| "0:c:29:84:3b:d9".clone_into(&mut link.mac));
    assert_eq!(members(&host), "ok:net1 net0");
}

#[test]
fn a_driver_that_reports_nothing_is_believed_to_be_up() {
    // Facts §3
    let host = host(NEW);
    home_lan(&host);
    host.with_link("net0", |link| link.reports = false);
    host.cut("net0");
    assert!(ok(&host, "ipmpstat -Pi -o interface,active,link,state").contains("net0:yes:unknown:ok\n"));
    assert_eq!(ok(&host, "dladm show-link -p -o state net0"), "unknown\n");
}

#[test]
fn without_the_daemon_nothing_fails_over() {
    let host = host(NEW);
    home_lan(&host);
    host.stop_mpathd();
    host.cut("net0");
    let state = host.state();
    assert!(!state.interface("net0").unwrap().failed && state.interface("wlan0").unwrap().inactive);
    host.start_mpathd();
    // It has seen the members in the kernel's order.
    assert_eq!(members(&host), "degraded:wlan0 [net0]");
}

#[test]
fn if_mpadm_refuses_what_is_no_member() {
    // Facts §4.1
    let host = host(NEW);
    home_lan(&host);
    for (line, text) in [
        ("-d net9", "cannot get interface flags on net9: No such device or address"),
        ("-d ipmp0", "cannot offline ipmp0: not a physical interface or not in an IPMP group"),
        ("-d lo0", "cannot offline lo0: not a physical interface or not in an IPMP group"),
        ("-r net0", "interface net0 is not offline"),
    ] {
        crate::failed(&host, &format!("if_mpadm {line}"), &format!("if_mpadm: fatal: {text}"));
    }
    host.stop_mpathd();
    crate::failed(&host, "if_mpadm -d net0", "if_mpadm: fatal: cannot offline net0: cannot contact in.mpathd");
    crate::failed(&host, "if_mpadm", "Usage: if_mpadm -d | -r <ifname>");
}
