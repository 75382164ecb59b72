//! Routes and their files (facts §5.1), services (facts §4.6, §5.4).

use illumos_simulator::Dialect;
use pretty_assertions::assert_eq;

use crate::{home_lan, host, ok, run};

#[test]
fn a_persistent_route_is_in_the_file_and_in_force() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    assert_eq!(ok(&host, "route -p show"), "No persistent routes are defined\n");
    assert_eq!(
        ok(&host, "route -p add default 192.168.1.1"),
        "add net default: gateway 192.168.1.1\nadd persistent net default: gateway 192.168.1.1\n"
    );
    assert_eq!(ok(&host, "route -p show"), "persistent: route add default 192.168.1.1\n");
    let file = host.root_dir().join("etc/inet/static_routes");
    assert!(std::fs::read_to_string(&file).unwrap().ends_with("\ndefault 192.168.1.1\n"));
    assert!(!run(&host, "route add default 192.168.1.1").success());
    ok(&host, "route -p delete default 192.168.1.1");
    assert_eq!(ok(&host, "route -p show"), "No persistent routes are defined\n");
    assert!(!run(&host, "route delete default 192.168.1.1").success());
    assert!(!run(&host, "route add default 10.9.9.9").success());
}

#[test]
fn a_route_on_a_member_is_the_groups() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    ok(&host, "route add -net 10.0.0.0/8 192.168.1.1 -ifp net0");
    assert_eq!(host.state().routes[0].interface.as_deref(), Some("ipmp0"));
    assert!(!run(&host, "route delete -net 10.0.0.0/8 192.168.1.1 -ifp net0").success());
    ok(&host, "route delete -net 10.0.0.0/8 192.168.1.1 -ifp ipmp0");
}

#[test]
fn routes_go_with_the_address_that_they_are_reached_by() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    ok(&host, "route add default 192.168.1.1");
    ok(&host, "ipadm delete-addr ipmp0/v4");
    assert!(!ok(&host, "netstat -rn").contains("default"));
}

#[test]
fn the_default_router_of_the_file_is_used_at_boot() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    std::fs::write(host.root_dir().join("etc/defaultrouter"), "192.168.1.1\n").unwrap();
    host.reboot();
    assert!(ok(&host, "netstat -rn").contains("default              192.168.1.1          UG"));
}

#[test]
fn the_service_of_ipmp_is_the_daemon() {
    let host = host(Dialect::IllumosNew);
    assert_eq!(ok(&host, "svcs -H -o state svc:/network/ipmp:default"), "online\n");
    ok(&host, "svcadm disable svc:/network/ipmp:default");
    assert_eq!(ok(&host, "svcs -H -o state network/ipmp"), "disabled\n");
    assert!(!run(&host, "pgrep -x in.mpathd").success());
    ok(&host, "svcadm enable -s svc:/network/ipmp:default");
    assert_eq!(ok(&host, "pgrep -x in.mpathd"), "101\n");
}

#[test]
fn nwam_and_the_default_exclude_each_other() {
    let host = host(Dialect::IllumosNew);
    host.set_profile_manager(true);
    assert_eq!(ok(&host, "svcs -H -o state,fmri physical:nwam"), "online         svc:/network/physical:nwam\n");
    ok(&host, "svcadm disable svc:/network/physical:nwam");
    ok(&host, "svcadm enable svc:/network/physical:default");
    assert_eq!(ok(&host, "svcs -H -o state physical:nwam"), "disabled\n");
    let output = run(&host, "svcs -H -o state network/firewall");
    assert_eq!(output.stderr(), "svcs: Pattern 'network/firewall' doesn't match any instances\n");
    assert!(!output.success());
}
