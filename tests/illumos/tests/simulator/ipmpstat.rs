//! ipmpstat: modes, errors, order (facts §3).

use illumos_simulator::Dialect;
use pretty_assertions::assert_eq;

use crate::{failed, home_lan, host, ok, run};

#[test]
fn what_ipmpstat_refuses() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    failed(&host, "ipmpstat -P -g", "ipmpstat: output fields must be specified in parsable mode");
    failed(&host, "ipmpstat -g -i", "ipmpstat: only one output format may be specified");
    failed(&host, "ipmpstat -P -o group,over -g", "ipmpstat: unknown output field: `over'");
    failed(&host, "ipmpstat -p", "ipmpstat: probe-based failure detection is disabled");
    assert!(!run(&host, "ipmpstat").success());
    host.set_user(illumos_simulator::User::ordinary("kim"));
    failed(&host, "ipmpstat -p", "ipmpstat: insufficient privileges for -p");
    host.stop_mpathd();
    failed(&host, "ipmpstat -g", "ipmpstat: cannot contact in.mpathd(8) -- is IPMP in use?");
}

#[test]
fn without_groups_there_is_no_output_at_all() {
    let host = host(Dialect::IllumosNew);
    for mode in ["-a", "-g", "-i", "-t"] {
        assert_eq!(ok(&host, &format!("ipmpstat {mode}")), "");
    }
}

#[test]
fn the_newest_comes_first() {
    // Facts §3, §10.7
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    ok(&host, "ipadm create-ipmp ipmp1");
    ok(&host, "ipadm create-addr -T static -a 192.168.1.35/24 ipmp0/b");
    assert_eq!(ok(&host, "ipmpstat -Pg -o group"), "ipmp1\nipmp0\n");
    assert_eq!(ok(&host, "ipmpstat -Pi -o interface"), "wlan0\nnet0\n");
    assert_eq!(ok(&host, "ipmpstat -nPa -o address"), "192.168.1.35\n192.168.1.34\n");
}

#[test]
fn colons_are_escaped_where_there_are_several_fields() {
    // Facts §3
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    ok(&host, "ipadm create-addr -T addrconf ipmp0/v6");
    ok(&host, "ipadm create-addr -T static -a fd00::1234/64 ipmp0/data");
    assert!(ok(&host, "ipmpstat -nPa -o address,state").starts_with("fd00\\:\\:1234:up\n"));
    assert!(ok(&host, "ipmpstat -nPa -o ADDRESS").starts_with("fd00::1234\n"));
}

#[test]
fn an_address_that_is_down_is_bound_to_nobody() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    ok(&host, "ipadm down-addr -t ipmp0/v4");
    assert_eq!(ok(&host, "ipmpstat -nPa -o address,state,group,inbound,outbound"), "192.168.1.34:down:ipmp0::\n");
}

#[test]
fn the_header_of_probes_has_no_deviation() {
    // Facts §3: 79 columns, RTTDEV is dropped. Without groups there are no rows, and no header either.
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    ok(&host, "ipadm create-addr -T static -a 192.168.1.50/24 net0/test");
    assert_eq!(run(&host, "ipmpstat -p").ending, illumos_simulator::Ending::Hang);
}

#[test]
fn the_view_of_the_daemon_can_lag_behind_the_kernel() {
    // Facts §3, §11
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    host.set_lag(2);
    ok(&host, "ipadm remove-ipmp -i wlan0 ipmp0");
    let shown = [(); 3].map(|()| ok(&host, "ipmpstat -Pg -o interfaces"));
    assert_eq!(shown, ["net0 (wlan0)\n", "net0 (wlan0)\n", "net0\n"]);
}
